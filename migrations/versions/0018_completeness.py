"""How complete contact information was at the ends of months, by manager."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FIGURES = tuple(f"{what}_{part}" for what in ("buyers", "persons", "personal") for part in ("filled", "possible"))


def upgrade() -> None:
    op.create_table(
        "completeness_month",
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in FIGURES),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["ab_user.id"], name=op.f("fk_completeness_month_manager_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("on_date", "manager_id", name=op.f("pk_completeness_month")),
    )
    op.create_index(op.f("ix_completeness_month_manager_id"), "completeness_month", ["manager_id"])


def downgrade() -> None:
    op.drop_table("completeness_month")
