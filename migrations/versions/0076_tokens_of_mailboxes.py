"""A mailbox may be reached by what its owner gave at his provider, in place of a password."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailbox", sa.Column("sealed_refresh", sa.LargeBinary(), nullable=True))
    op.add_column("mailbox", sa.Column("sealed_token", sa.LargeBinary(), nullable=True))
    op.add_column("mailbox", sa.Column("token_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("token_until", "sealed_token", "sealed_refresh"):
        op.drop_column("mailbox", name)
