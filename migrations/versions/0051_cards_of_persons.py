"""The lines of the vCard that a person came with."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact_person", sa.Column("card", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("contact_person", "card")
