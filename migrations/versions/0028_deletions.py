"""Programs ask what was deleted since a time."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("what = 'delete'")
    op.create_index("ix_journal_change_deleted", "journal_change", ["table_name", "id"], postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_journal_change_deleted", "journal_change")
