"""A client answers in a letter, by one click, how satisfied he is."""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "satisfaction_ask",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("letter_id", sa.Integer(), sa.ForeignKey("letter.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "counterparty_id", sa.Integer(), sa.ForeignKey("counterparty.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("letter_id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_satisfaction_ask_counterparty_id", "satisfaction_ask", ["counterparty_id"])
    op.add_column("satisfaction_mark", sa.Column("ask_id", sa.Integer()))
    op.create_foreign_key(None, "satisfaction_mark", "satisfaction_ask", ["ask_id"], ["id"], ondelete="SET NULL")
    op.create_unique_constraint(None, "satisfaction_mark", ["ask_id"])


def downgrade() -> None:
    op.drop_column("satisfaction_mark", "ask_id")
    op.drop_table("satisfaction_ask")
