"""Which order a letter is about."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("order_id", sa.Integer(), nullable=True))
    name = op.f("fk_letter_order_id_buyer_order")
    op.create_foreign_key(name, "letter", "buyer_order", ["order_id"], ["id"], ondelete="SET NULL")
    op.create_index("ix_letter_order_id", "letter", ["order_id"], postgresql_where=sa.text("order_id IS NOT NULL"))


def downgrade() -> None:
    op.drop_column("letter", "order_id")
