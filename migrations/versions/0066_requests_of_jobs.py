"""Long work keeps the id of the request that asked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("request_id", sa.String(length=48), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("job", "request_id")
