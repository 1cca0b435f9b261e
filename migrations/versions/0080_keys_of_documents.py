"""Shipments and payments that come from 1C are known by its keys."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

TABLES = ("shipment", "payment")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("outside_key", sa.String(80), nullable=True))
        op.create_index(
            f"uq_{table}_outside_key",
            table,
            ["outside_key"],
            unique=True,
            postgresql_where=sa.text("outside_key IS NOT NULL"),
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"uq_{table}_outside_key", table)
        op.drop_column(table, "outside_key")
