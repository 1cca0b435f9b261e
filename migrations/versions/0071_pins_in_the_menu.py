"""Kept settings of reports stand in the menu."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("saved_view", sa.Column("in_menu", sa.Boolean(), server_default="false", nullable=False))
    # The menu is kept with the rights of its reader.
    for event, pinned in (
        ("INSERT", "NEW.in_menu"),
        ("DELETE", "OLD.in_menu"),
        ("UPDATE", "NEW.in_menu OR OLD.in_menu"),
    ):
        op.execute(
            f"CREATE TRIGGER rights_changed_by_{event.lower()} AFTER {event} ON saved_view"
            f" FOR EACH ROW WHEN ({pinned}) EXECUTE FUNCTION rights_changed()"
        )


def downgrade() -> None:
    for event in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER rights_changed_by_{event} ON saved_view")
    op.drop_column("saved_view", "in_menu")
