"""What has waited longest is told by an index, however many letters and events wait."""

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0099"
branch_labels = None
depends_on = None

WAITING = sa.text("sent_at IS NULL AND dead_at IS NULL")
INDEXES = {
    "ix_outgoing_waits": (
        "outgoing",
        "mailbox_id",
        "(CASE WHEN error ~ '^[2-5][0-9][0-9] ' THEN next_try_at ELSE coalesce(first_try_at, next_try_at) END)",
    ),
    "ix_webhook_delivery_untold": (
        "webhook_delivery",
        "webhook_id",
        "(CASE WHEN answer = '' THEN next_try_at ELSE made_at END)",
    ),
}


def upgrade() -> None:
    for name, (table, owner, since) in INDEXES.items():
        op.create_index(name, table, [owner, sa.text(since)], postgresql_where=WAITING)


def downgrade() -> None:
    for name, (table, _owner, _since) in INDEXES.items():
        op.drop_index(name, table)
