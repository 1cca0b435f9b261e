"""Plans of managers by month and indicator; contacts that ended in a period."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_target_month")),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["ab_user.id"], name=op.f("fk_target_manager_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
        sa.UniqueConstraint("month", "indicator", "manager_id", name=op.f("uq_target_month_indicator_manager_id")),
    )
    op.create_index("ix_target_manager_id", "target", ["manager_id"])
    op.create_index("ix_contact_done_ends_at", "contact", ["ends_at"], postgresql_where=sa.text("state = 'done'"))


def downgrade() -> None:
    op.drop_index("ix_contact_done_ends_at", "contact")
    op.drop_table("target")
