"""One figure of an order's money: due, left to pay and the states that follow from it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "buyer_order"
PLANNED = "amount + corrected_amount"
NET = "shipped_amount - returned_amount"
DUE = f"CASE WHEN closed_on IS NULL THEN greatest({PLANNED}, {NET}, 0) ELSE greatest({NET}, 0) END"
UNPAID = f"{DUE} - paid_amount"


def states(paid: str, payment_state: str) -> dict[str, str]:
    """The expressions of the columns that depend on what counts as paid."""
    done = f"rest_quantity <= 0 AND {paid}"
    return {
        "payment_state": payment_state,
        "status": "CASE WHEN closed_on IS NOT NULL THEN 'closed' "
        f"WHEN {done} THEN 'done' "
        f"WHEN rest_quantity > 0 AND rest_quantity < quantity OR paid_amount > 0 AND NOT ({paid}) THEN 'partly' "
        f"WHEN rest_quantity <= 0 OR {paid} THEN 'in_work' ELSE 'new' END",
        "done_on": f"CASE WHEN {done} THEN greatest(shipped_on, paid_on) END",
    }


def rewrite(expressions: dict[str, str], to_pay: str) -> None:
    for index in ("ix_buyer_order_status_date_id", "ix_buyer_order_to_pay", "ix_buyer_order_done_on"):
        op.drop_index(index, table_name=TABLE)
    for name in expressions:
        op.drop_column(TABLE, name)
    words = {
        "payment_state": sa.Enum("none", "partly", "full", name="paymentstate", native_enum=False, length=20),
        "status": sa.Enum(
            "new", "in_work", "partly", "done", "closed", name="orderstatus", native_enum=False, length=20
        ),
        "done_on": sa.Date(),
    }
    for name, expression in expressions.items():
        computed = sa.Computed(expression, persisted=True)
        op.add_column(TABLE, sa.Column(name, words[name], computed, nullable=name == "done_on"))
    op.create_index("ix_buyer_order_status_date_id", TABLE, ["status", "date", "id"])
    op.create_index("ix_buyer_order_done_on", TABLE, ["done_on"], postgresql_where=sa.text("done_on IS NOT NULL"))
    where = sa.text(f"closed_on IS NULL AND {to_pay}")
    op.create_index("ix_buyer_order_to_pay", TABLE, ["manager_id", "pay_by", "id"], postgresql_where=where)


def upgrade() -> None:
    due = sa.Computed(DUE, persisted=True)
    op.add_column(TABLE, sa.Column("due_amount", sa.Numeric(precision=15, scale=2), due, nullable=False))
    payment_state = (
        f"CASE WHEN paid_amount <= 0 AND ({UNPAID} > 0 OR closed_on IS NOT NULL) THEN 'none' "
        f"WHEN {UNPAID} > 0 THEN 'partly' ELSE 'full' END"
    )
    rewrite(states(f"{UNPAID} <= 0", payment_state), "unpaid_amount > 0")


def downgrade() -> None:
    payment_state = (
        f"CASE WHEN paid_amount >= {PLANNED} THEN 'full' WHEN paid_amount <= 0 THEN 'none' ELSE 'partly' END"
    )
    rewrite(states(f"paid_amount >= {PLANNED}", payment_state), f"paid_amount < {PLANNED}")
    op.drop_column(TABLE, "due_amount")
