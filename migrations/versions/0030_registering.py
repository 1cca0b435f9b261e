"""Contacts of a prospect are found by his address when he becomes a client."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("prospect_email <> ''")
    op.create_index("ix_contact_prospect_email", "contact", [sa.text("lower(prospect_email)")], postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_contact_prospect_email", "contact")
