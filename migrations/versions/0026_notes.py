"""Notes of counterparties, and supplier orders of one counterparty in the order of their days."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_note_text")),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f("fk_note_by_id_ab_user"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_note_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_counterparty_id_made_at_id", "note", ["counterparty_id", "made_at", "id"])
    op.create_index("ix_note_by_id", "note", ["by_id"], postgresql_where=sa.text("by_id IS NOT NULL"))
    op.create_index("ix_supplier_order_counterparty_id_date_id", "supplier_order", ["counterparty_id", "date", "id"])


def downgrade() -> None:
    op.drop_index("ix_supplier_order_counterparty_id_date_id", table_name="supplier_order")
    op.drop_table("note")
