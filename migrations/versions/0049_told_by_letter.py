"""What users were told of by letter."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_by_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_told_by_letter_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_by_letter")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_told_by_letter_user_id_key")),
    )
    op.create_index("ix_told_by_letter_at", "told_by_letter", ["at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_table("told_by_letter")
