"""Receipts and payments of suppliers are reversed with a reason and count nowhere; what a supplier gave back knows its payment."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

INDEX = "ix_supplier_payment_counterparty_id_date_id"
COLUMNS = ["counterparty_id", "date", "id"]


def upgrade() -> None:
    for table in ("receipt", "supplier_payment"):
        op.add_column(table, sa.Column("reversed_on", sa.Date()))
        op.add_column(table, sa.Column("reversed_because", sa.String(500), server_default="", nullable=False))
    op.drop_index(INDEX, "supplier_payment")
    op.create_index(INDEX, "supplier_payment", COLUMNS, postgresql_include=["amount", "reversed_on"])
    op.add_column("supplier_payment", sa.Column("refund_of_id", sa.Integer()))
    key = op.f("fk_supplier_payment_refund_of_id_supplier_payment")
    op.create_foreign_key(key, "supplier_payment", "supplier_payment", ["refund_of_id"], ["id"])
    op.create_index(
        "ix_supplier_payment_refund_of_id",
        "supplier_payment",
        ["refund_of_id"],
        postgresql_where=sa.text("refund_of_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_column("supplier_payment", "refund_of_id")
    op.drop_index(INDEX, "supplier_payment")
    op.create_index(INDEX, "supplier_payment", COLUMNS, postgresql_include=["amount"])
    for table in ("receipt", "supplier_payment"):
        op.drop_column(table, "reversed_because")
        op.drop_column(table, "reversed_on")
