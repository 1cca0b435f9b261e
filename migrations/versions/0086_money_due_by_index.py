"""How much the buyers of one manager have to pay stands in the index of what they have to pay."""

from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

NAME, BESIDE = "ix_buyer_order_to_pay", ["counterparty_id", "number"]


def upgrade() -> None:
    make([*BESIDE, "unpaid_amount"])


def downgrade() -> None:
    make(BESIDE)


def make(beside: list[str]) -> None:
    op.drop_index(NAME, table_name="buyer_order")
    op.create_index(
        NAME,
        "buyer_order",
        ["manager_id", "pay_by", "id"],
        postgresql_include=beside,
        postgresql_where="closed_on IS NULL AND unpaid_amount > 0",
    )
