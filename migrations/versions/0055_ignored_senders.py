"""Addresses that a mailbox has ignored."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ignored_sender",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_ignored_sender_mailbox_id_mailbox"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ignored_sender")),
    )
    op.create_index(
        "uq_ignored_sender_mailbox_id_address",
        "ignored_sender",
        ["mailbox_id", sa.literal_column("lower(address)")],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("ignored_sender")
