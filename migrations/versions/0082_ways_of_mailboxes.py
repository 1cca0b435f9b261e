"""Whether servers of a mailbox have let us in since it was set up as it is."""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("sending_works", "fetching_works"):
        op.add_column("mailbox", sa.Column(name, sa.Boolean(), server_default="false", nullable=False))
    op.execute(
        "UPDATE mailbox SET "
        "sending_works = smtp_host <> '' AND EXISTS (SELECT FROM outgoing WHERE mailbox_id = mailbox.id AND sent_at IS NOT NULL), "
        "fetching_works = EXISTS (SELECT FROM mailbox_folder WHERE mailbox_id = mailbox.id AND uidvalidity IS NOT NULL)"
    )


def downgrade() -> None:
    for name in ("sending_works", "fetching_works"):
        op.drop_column("mailbox", name)
