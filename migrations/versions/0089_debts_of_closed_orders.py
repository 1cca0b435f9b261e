"""What is still owed for closed orders stands in the calendar by the day when it was to be paid."""

import sqlalchemy as sa
from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

OWED = sa.text("closed_on IS NOT NULL AND unpaid_amount > 0")


def upgrade() -> None:
    op.create_index("ix_buyer_order_owed", "buyer_order", ["manager_id", "pay_by", "id"], postgresql_where=OWED)
    op.create_index("ix_buyer_order_owed_all", "buyer_order", ["pay_by", "id"], postgresql_where=OWED)


def downgrade() -> None:
    op.drop_index("ix_buyer_order_owed_all", "buyer_order")
    op.drop_index("ix_buyer_order_owed", "buyer_order")
