"""The time zone of a user; without one it is the company's."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_profile", sa.Column("timezone", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("user_profile", "timezone")
