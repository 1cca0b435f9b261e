"""The stamp of rights changes with everybody's working time too: processes keep diaries by it."""

from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

WATCHED = ("working_hours", "absence", "workday_exception")


def upgrade() -> None:
    for table in WATCHED:
        op.execute(
            f"CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION rights_changed()"
        )


def downgrade() -> None:
    for table in WATCHED:
        op.execute(f"DROP TRIGGER rights_changed ON {table}")
