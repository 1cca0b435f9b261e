"""Which of its kinds of prices a 1C gives us is chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("one_c_key", sa.Column("price_kind", sa.String(100), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("one_c_key", "price_kind")
