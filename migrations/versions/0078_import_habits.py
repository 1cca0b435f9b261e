"""What the columns of a file meant is remembered for the next file with the same header."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_habit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("header", sa.String(64), nullable=False),
        sa.Column("columns", postgresql.JSONB()),
        sa.Column("search", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_import_habit_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_habit")),
        sa.UniqueConstraint(
            "user_id",
            "kind",
            "header",
            name=op.f("uq_import_habit_user_id_kind_header"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def downgrade() -> None:
    op.drop_table("import_habit")
