"""Marks that clients give."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

TABLE = "satisfaction_mark"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_id", sa.Integer()),
        sa.Column("by_id", sa.Integer()),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("mark BETWEEN 1 AND 5", name=op.f("ck_satisfaction_mark_mark")),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_satisfaction_mark_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_satisfaction_mark_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["ab_user.id"], name=op.f("fk_satisfaction_mark_by_id_ab_user"), ondelete="SET NULL"
        ),
    )
    for name, columns, where in (
        ("counterparty_id_on_date_id", ["counterparty_id", "on_date", "id"], None),
        ("on_date_id", ["on_date", "id"], None),
        ("contact_id", ["contact_id"], "contact_id IS NOT NULL"),
        ("by_id", ["by_id"], "by_id IS NOT NULL"),
    ):
        op.create_index(f"ix_{TABLE}_{name}", TABLE, columns, postgresql_where=sa.text(where) if where else None)


def downgrade() -> None:
    op.drop_table(TABLE)
