"""Pairs of counterparties that may be one, and the codes of those that were merged."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def counterparty(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_counterparty")
    return sa.ForeignKeyConstraint([column], ["counterparty.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "duplicate_pair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("signs", JSONB(), nullable=False),
        sa.Column("is_distinct", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_duplicate_pair_in_order")),
        counterparty("duplicate_pair", "first_id"),
        counterparty("duplicate_pair", "second_id"),
        sa.ForeignKeyConstraint(
            ["by_id"], ["ab_user.id"], name=op.f("fk_duplicate_pair_by_id_ab_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pair")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_duplicate_pair_first_id_second_id")),
    )
    op.create_index("ix_duplicate_pair_second_id", "duplicate_pair", ["second_id"])
    op.create_index(
        "ix_duplicate_pair_queue",
        "duplicate_pair",
        [sa.text("confidence DESC"), "id"],
        postgresql_where=sa.text("NOT is_distinct"),
    )
    op.create_index(
        "ix_duplicate_pair_by_id", "duplicate_pair", ["by_id"], postgresql_where=sa.text("by_id IS NOT NULL")
    )
    op.create_table(
        "former_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(50), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        counterparty("former_code", "counterparty_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_code")),
        sa.UniqueConstraint("code", name=op.f("uq_former_code_code")),
    )
    op.create_index("ix_former_code_counterparty_id", "former_code", ["counterparty_id"])


def downgrade() -> None:
    op.drop_table("former_code")
    op.drop_table("duplicate_pair")
