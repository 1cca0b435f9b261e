"""Tries of sending that told no end."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outgoing", sa.Column("interrupted", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("outgoing", "interrupted")
