"""Classifications are prepared before they are posted: drafts with rows, comments of runs, corrections in records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name="fk_proposal_by_id_ab_user"),
        sa.PrimaryKeyConstraint("id", name="pk_proposal"),
    )
    op.create_index("ix_proposal_by_id", "proposal", ["by_id"])
    op.create_table(
        "proposal_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("old", sa.String(20), nullable=False),
        sa.Column("rule", sa.String(20), nullable=False),
        sa.Column("chosen", sa.String(20), nullable=True),
        sa.Column("left_out", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("value", sa.Numeric(17, 3), nullable=False),
        sa.Column("purchases", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("scatter", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("variation", sa.Numeric(14, 4), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name="fk_proposal_row_proposal_id_proposal", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name="fk_proposal_row_counterparty_id_counterparty",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_proposal_row"),
    )
    op.create_index(
        "ix_proposal_row_proposal_id_counterparty_id", "proposal_row", ["proposal_id", "counterparty_id"], unique=True
    )
    op.create_index("ix_proposal_row_counterparty_id", "proposal_row", ["counterparty_id"])
    for table in ("abc_run", "stage_run"):
        op.add_column(table, sa.Column("comment", sa.Text(), server_default="", nullable=False))
    for table in ("abc_record", "stage_record"):
        op.add_column(table, sa.Column("rule", sa.String(20), nullable=True))


def downgrade() -> None:
    for table in ("stage_record", "abc_record"):
        op.drop_column(table, "rule")
    for table in ("stage_run", "abc_run"):
        op.drop_column(table, "comment")
    op.drop_table("proposal_row")
    op.drop_table("proposal")
