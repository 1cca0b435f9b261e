"""What a calendar is narrowed by, and who may see its rows, stands in the indexes that it is read by."""

from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

OF_CONTACT = ["importance", "direction", "kind", "counterparty_id"]
OF_ORDER, OF_TASK = ["counterparty_id", "number"], ["author_id", "counterparty_id", "importance"]
TO_SHIP, TO_PAY = "closed_on IS NULL AND rest_quantity > 0", "closed_on IS NULL AND unpaid_amount > 0"
OPEN = "done_on IS NULL AND cancelled_on IS NULL"
INDEXES = {  # table, day, condition, what stands beside now and stood there before; each also without its user
    "ix_contact_planned": ("contact", "starts_at", "state = 'planned'", [*OF_CONTACT, "ends_at"], OF_CONTACT),
    "ix_buyer_order_to_ship": ("buyer_order", "ship_on", TO_SHIP, OF_ORDER, []),
    "ix_buyer_order_to_pay": ("buyer_order", "pay_by", TO_PAY, OF_ORDER, []),
    "ix_supplier_order_awaited": ("supplier_order", "receive_on", "rest_quantity > 0", OF_ORDER, []),
    "ix_supplier_order_to_pay": ("supplier_order", "pay_by", "unpaid_amount > 0", OF_ORDER, []),
    "ix_task_open": ("task", "due_on", OPEN, OF_TASK, []),
}


def upgrade() -> None:
    for name, (table, day, condition, beside, _before) in INDEXES.items():
        make(name, table, day, condition, beside)


def downgrade() -> None:
    for name, (table, day, condition, _beside, before) in INDEXES.items():
        make(name, table, day, condition, before)


def make(name: str, table: str, day: str, condition: str, beside: list[str]) -> None:
    user = "executor_id" if table == "task" else "manager_id"
    for index, columns, more in (
        (name, [user, day, "id"], beside),
        (f"{name}_all", [day, "id"], [user, *beside] if beside else []),
    ):
        op.drop_index(index, table_name=table)
        op.create_index(index, table, columns, postgresql_include=more, postgresql_where=condition)
