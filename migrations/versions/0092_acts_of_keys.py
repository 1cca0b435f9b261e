"""A request of a program that is repeated with its key is done once."""

import sqlalchemy as sa
from alembic import op

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("journal_act", sa.Column("once", sa.LargeBinary()))
    op.create_index(
        "uq_journal_act_once", "journal_act", ["once"], unique=True, postgresql_where=sa.text("once IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("uq_journal_act_once", "journal_act")
    op.drop_column("journal_act", "once")
