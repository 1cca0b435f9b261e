"""Shipments and payments are reversed with a reason and count nowhere any more; a refund knows its payment."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

EVENTS = ("insert", "update", "delete")
# What the functions of triggers read, and what they read from now on: only of documents that stand.
SALES = (
    ("FROM new_rows", "FROM new_rows WHERE reversed_on IS NULL"),
    ("FROM old_rows", "FROM old_rows WHERE reversed_on IS NULL"),
    ("AND kind = 'shipment'\n", "AND kind = 'shipment' AND reversed_on IS NULL\n"),
)
DEBTS = (
    ("FROM came", "FROM came WHERE reversed_on IS NULL"),
    ("FROM went", "FROM went WHERE reversed_on IS NULL"),
)
FUNCTIONS = {
    **{f"buyer_month_after_{event}": SALES for event in EVENTS},
    **{f"client_debt_after_{table}_{event}": DEBTS for table in ("shipment", "payment") for event in EVENTS},
}


def rewrite(backwards: bool = False) -> None:
    bind = op.get_bind()
    for function, pairs in FUNCTIONS.items():
        body = bind.scalar(sa.text(f"SELECT pg_get_functiondef('{function}'::regproc)"))
        for before, after in pairs:
            body = body.replace(after, before) if backwards else body.replace(before, after)
        bind.exec_driver_sql(body)


def index(table: str, include: list[str]) -> None:
    name = f"ix_{table}_counterparty_id_date_id"
    op.drop_index(name, table)
    op.create_index(name, table, ["counterparty_id", "date", "id"], postgresql_include=include)


def free(where: str) -> None:
    op.drop_index("ix_payment_free", "payment")
    op.create_index("ix_payment_free", "payment", ["counterparty_id"], postgresql_where=sa.text(where))


def upgrade() -> None:
    for table in ("shipment", "payment"):
        op.add_column(table, sa.Column("reversed_on", sa.Date()))
        op.add_column(table, sa.Column("reversed_because", sa.String(500), server_default="", nullable=False))
        index(table, ["order_id", "amount", "reversed_on"])
    op.add_column("payment", sa.Column("refund_of_id", sa.Integer()))
    op.create_foreign_key(op.f("fk_payment_refund_of_id_payment"), "payment", "payment", ["refund_of_id"], ["id"])
    op.create_index(
        "ix_payment_refund_of_id", "payment", ["refund_of_id"], postgresql_where=sa.text("refund_of_id IS NOT NULL")
    )
    free("allocated_amount <> amount AND NOT by_hand AND reversed_on IS NULL")
    rewrite()


def downgrade() -> None:
    rewrite(backwards=True)
    free("allocated_amount <> amount AND NOT by_hand")
    op.drop_index("ix_payment_refund_of_id", "payment")
    op.drop_column("payment", "refund_of_id")
    for table in ("shipment", "payment"):
        index(table, ["order_id", "amount"])
        op.drop_column(table, "reversed_because")
        op.drop_column(table, "reversed_on")
