"""Counterparties are recognised by a whole phone; why two with one INN and KPP are two is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("counterparty", sa.Column("distinct_reason", sa.String(200), server_default="", nullable=False))
    op.create_index(
        "ix_contact_info_phone_key",
        "contact_info",
        [sa.text("left(phone_tail, 10)")],
        postgresql_where=sa.text("phone_tail <> ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_contact_info_phone_key", table_name="contact_info")
    op.drop_column("counterparty", "distinct_reason")
