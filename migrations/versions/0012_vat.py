"""VAT: the rate of an item and of every line, and how much of a shipment it is."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# The lines, the column that names their document, and its table.
LINES = (
    ("buyer_order_line", "order_id", "buyer_order"),
    ("order_correction_line", "correction_id", "order_correction"),
    ("shipment_line", "shipment_id", "shipment"),
    ("supplier_order_line", "order_id", "supplier_order"),
    ("receipt_line", "receipt_id", "receipt"),
)
RATE = sa.Enum("none", "0", "5", "7", "10", "20", "22", name="vatrate", native_enum=False, length=20)


def upgrade() -> None:
    op.add_column("item", sa.Column("vat", RATE, server_default="22", nullable=False))
    for line, owner, document in LINES:
        # What stands had the standard rate of its day: 20 percent, from 2026 on 22.
        op.add_column(line, sa.Column("vat", RATE, server_default="20", nullable=False))
        op.execute(
            f"UPDATE {line} SET vat = '22' FROM {document} "
            f"WHERE {document}.id = {line}.{owner} AND {document}.date >= '2026-01-01'"
        )
        op.alter_column(line, "vat", server_default="none")
    op.add_column("shipment", sa.Column("vat_amount", sa.Numeric(15, 2), server_default="0", nullable=False))
    op.execute("""
        UPDATE shipment SET vat_amount = lines.vat_amount
        FROM (
            SELECT shipment_id, sum(round(amount * vat::int / (100 + vat::int), 2)) AS vat_amount
            FROM shipment_line GROUP BY 1
        ) lines
        WHERE lines.shipment_id = shipment.id""")


def downgrade() -> None:
    op.drop_column("shipment", "vat_amount")
    for line, _owner, _document in LINES:
        op.drop_column(line, "vat")
    op.drop_column("item", "vat")
