"""When a letter was put among those that go out is asked by nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("outgoing", "queued_at")


def downgrade() -> None:
    queued_at = sa.Column(
        "queued_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
    )
    op.add_column("outgoing", queued_at)
