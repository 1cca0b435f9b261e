"""By what 1C knows items and orders, and how many items it has."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("item", "buyer_order"):
        op.add_column(table, sa.Column("outside_key", sa.String(length=80), nullable=True))
        op.create_unique_constraint(op.f(f"uq_{table}_outside_key"), table, ["outside_key"])
    op.add_column("item", sa.Column("stock", sa.Numeric(15, 3), nullable=True))


def downgrade() -> None:
    op.drop_column("item", "stock")
    for table in ("item", "buyer_order"):
        op.drop_column(table, "outside_key")
