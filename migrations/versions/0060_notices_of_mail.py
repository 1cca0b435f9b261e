"""Notices of letters that were not delivered, and of mailboxes that stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("notice", "counterparty_id", nullable=True)
    for table in ("letter", "mailbox"):
        column = f"{table}_id"
        op.add_column("notice", sa.Column(column, sa.Integer(), nullable=True))
        name = op.f(f"fk_notice_{column}_{table}")
        op.create_foreign_key(name, "notice", table, [column], ["id"], ondelete="CASCADE")
        op.create_index(f"ix_notice_{column}", "notice", [column], postgresql_where=sa.text(f"{column} IS NOT NULL"))


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE counterparty_id IS NULL")
    op.drop_column("notice", "letter_id")
    op.drop_column("notice", "mailbox_id")
    op.alter_column("notice", "counterparty_id", nullable=False)
