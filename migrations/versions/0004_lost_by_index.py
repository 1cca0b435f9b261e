"""Who is or would be lost is found in one index; the planner knows the sums by month."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INDEX, TABLE = "ix_stage_record_lost", "stage_record"


def upgrade() -> None:
    op.drop_index(INDEX, table_name=TABLE)
    where = sa.text("stage = 'lost' OR computed_stage = 'lost'")
    op.create_index(INDEX, TABLE, ["counterparty_id"], postgresql_where=where)
    op.execute("ANALYZE buyer_month")


def downgrade() -> None:
    op.drop_index(INDEX, table_name=TABLE)
    op.create_index(INDEX, TABLE, ["counterparty_id"], postgresql_where=sa.text("stage = 'lost'"))
