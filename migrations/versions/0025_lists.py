"""Saved views of lists, and how each user opens them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("list", sa.String(60), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("choice", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_saved_view_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["ab_role.id"], name=op.f("fk_saved_view_role_id_ab_role"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("user_id", "list", "name", name=op.f("uq_saved_view_user_id_list_name")),
    )
    op.create_index("ix_saved_view_role_id_list", "saved_view", ["role_id", "list"])
    op.create_table(
        "list_habit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("list", sa.String(60), nullable=False),
        sa.Column("columns", sa.Text(), server_default="", nullable=False),
        sa.Column("opens_at", sa.String(60), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_list_habit_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_habit")),
        sa.UniqueConstraint("user_id", "list", name=op.f("uq_list_habit_user_id_list")),
    )


def downgrade() -> None:
    op.drop_table("list_habit")
    op.drop_table("saved_view")
