"""Payments to suppliers, and what of a supplier order is paid."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supplier_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("purpose", sa.String(length=500), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_supplier_payment_amount")),
        sa.ForeignKeyConstraint(
            ["counterparty_id"], ["counterparty.id"], name=op.f("fk_supplier_payment_counterparty_id_counterparty")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["supplier_order.id"], name=op.f("fk_supplier_payment_order_id_supplier_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_payment")),
    )
    op.create_index(
        "uq_supplier_payment_number", "supplier_payment", ["number", "date", "counterparty_id"], unique=True
    )
    op.create_index("ix_supplier_payment_date_id", "supplier_payment", ["date", "id"])
    op.create_index(
        "ix_supplier_payment_counterparty_id_date_id",
        "supplier_payment",
        ["counterparty_id", "date", "id"],
        postgresql_include=["amount"],
    )
    op.create_index("ix_supplier_payment_order_id", "supplier_payment", ["order_id"])
    paid = sa.Column("paid_amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False)
    op.add_column("supplier_order", paid)
    unpaid = sa.Computed("amount - paid_amount", persisted=True)
    op.add_column("supplier_order", sa.Column("unpaid_amount", sa.Numeric(precision=15, scale=2), unpaid))
    op.alter_column("supplier_order", "unpaid_amount", nullable=False)


def downgrade() -> None:
    op.drop_column("supplier_order", "unpaid_amount")
    op.drop_column("supplier_order", "paid_amount")
    op.drop_table("supplier_payment")
