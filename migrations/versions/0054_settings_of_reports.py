"""Settings of reports: what stands on the first page, and what was chosen last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("saved_view", sa.Column("on_home", sa.Boolean(), server_default="false", nullable=False))
    last = sa.Column("last", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False)
    op.add_column("list_habit", last)


def downgrade() -> None:
    op.drop_column("list_habit", "last")
    op.drop_column("saved_view", "on_home")
