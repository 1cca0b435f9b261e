"""What the first page counts is found by indexes: falls of class, fresh prices, inquiries."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    worse, strangers = sa.text("abc > old"), sa.text("counterparty_id IS NULL")
    op.create_index("ix_abc_record_fell", "abc_record", ["run_id", "counterparty_id"], postgresql_where=worse)
    op.create_index("ix_supplier_price_on_date", "supplier_price", ["on_date"])
    op.create_index("ix_contact_inquiries", "contact", ["starts_at", "id"], postgresql_where=strangers)


def downgrade() -> None:
    op.drop_index("ix_contact_inquiries", "contact")
    op.drop_index("ix_supplier_price_on_date", "supplier_price")
    op.drop_index("ix_abc_record_fell", "abc_record")
