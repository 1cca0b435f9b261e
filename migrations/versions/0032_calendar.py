"""The calendar: indexes of what is to be done, whoever does it, and its secret address."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_contact_planned_all", "contact", ["starts_at", "id"], "state = 'planned'"),
    ("ix_buyer_order_to_ship_all", "buyer_order", ["ship_on", "id"], "closed_on IS NULL AND rest_quantity > 0"),
    ("ix_buyer_order_to_pay_all", "buyer_order", ["pay_by", "id"], "closed_on IS NULL AND unpaid_amount > 0"),
    ("ix_supplier_order_awaited_all", "supplier_order", ["receive_on", "id"], "rest_quantity > 0"),
    ("ix_supplier_order_to_pay", "supplier_order", ["manager_id", "pay_by", "id"], "unpaid_amount > 0"),
    ("ix_supplier_order_to_pay_all", "supplier_order", ["pay_by", "id"], "unpaid_amount > 0"),
)


def upgrade() -> None:
    for name, table, columns, where in INDEXES:
        op.create_index(name, table, columns, postgresql_where=sa.text(where))
    op.add_column("user_profile", sa.Column("calendar_key", sa.String(64), nullable=True))
    op.create_unique_constraint(op.f("uq_user_profile_calendar_key"), "user_profile", ["calendar_key"])


def downgrade() -> None:
    op.drop_column("user_profile", "calendar_key")
    for name, table, _columns, _where in INDEXES:
        op.drop_index(name, table)
