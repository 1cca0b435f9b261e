"""Hours in which employees work, and the days that they are away."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

WORKED = ("monday", "tuesday", "wednesday", "thursday", "friday")


def upgrade() -> None:
    op.create_table(
        "working_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        *(sa.Column(day, sa.Boolean(), server_default="true", nullable=False) for day in WORKED),
        *(sa.Column(day, sa.Boolean(), server_default="false", nullable=False) for day in ("saturday", "sunday")),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("closes > opens", name=op.f("ck_working_hours_closes_after_opens")),
        owner("working_hours"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_hours")),
        sa.UniqueConstraint("user_id", name=op.f("uq_working_hours_user_id")),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="vacation", nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("comment", sa.String(length=200), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_absence_ends_after_begin")),
        owner("absence"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_user_id_last_day", "absence", ["user_id", "last_day"])
    op.create_index("ix_absence_first_day_id", "absence", ["first_day", "id"])


def owner(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id_ab_user")
    return sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    op.drop_table("absence")
    op.drop_table("working_hours")
