"""A one-time buyer may be lost after so many sub-periods without a purchase."""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stage_run", sa.Column("lost_after", sa.Integer(), server_default="0", nullable=False))
    # Drafts and work that were asked for before.
    for table in ("classification_draft", "job"):
        op.execute(f"""UPDATE {table} SET params = params || '{{"lost_after": 0}}' WHERE params ? 'z_to'""")


def downgrade() -> None:
    op.drop_column("stage_run", "lost_after")
