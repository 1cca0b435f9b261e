"""Who looked at what."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("screen", sa.String(length=100), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("counterparty_id", sa.Integer()),
        sa.Column("person_id", sa.Integer()),
    )
    op.create_index("ix_reading_at_id", "reading", ["at", "id"])
    op.create_index("ix_reading_by_id_at", "reading", ["by_id", "at", "id"])
    for column in ("counterparty_id", "person_id"):
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_reading_{column}_at", "reading", [column, "at", "id"], postgresql_where=given)
    op.add_column("policy", sa.Column("readings_months", sa.Integer(), server_default="36", nullable=False))
    op.create_check_constraint("readings_months", "policy", "readings_months BETWEEN 1 AND 1200")


def downgrade() -> None:
    op.drop_column("policy", "readings_months")
    op.drop_table("reading")
