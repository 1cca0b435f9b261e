"""Reports by letter: subscriptions, their recipients, what came of each time."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

OUTCOMES = ("sent", "empty", "no_right", "no_address", "failed")


def upgrade() -> None:
    op.create_table(
        "report_subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("view_id", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("month_day", sa.Integer(), nullable=True),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("skip_empty", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("month_day BETWEEN 1 AND 31", name=op.f("ck_report_subscription_month_day")),
        sa.CheckConstraint("weekdays ~ '^[0-6]{0,7}$'", name=op.f("ck_report_subscription_weekdays")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_report_subscription_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["view_id"], ["saved_view.id"], name=op.f("fk_report_subscription_view_id_saved_view"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_subscription")),
    )
    op.create_index(
        "ix_report_subscription_due",
        "report_subscription",
        ["next_at", "id"],
        postgresql_where=sa.text("NOT paused"),
    )
    op.create_index("ix_report_subscription_user_id", "report_subscription", ["user_id"])
    op.create_index("ix_report_subscription_view_id", "report_subscription", ["view_id"])
    op.create_table(
        "report_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["report_subscription.id"],
            name=op.f("fk_report_recipient_subscription_id_report_subscription"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_report_recipient_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_recipient")),
        sa.UniqueConstraint("subscription_id", "user_id", name=op.f("uq_report_recipient_subscription_id_user_id")),
    )
    op.create_index("ix_report_recipient_user_id", "report_recipient", ["user_id"])
    op.create_table(
        "report_mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Enum(*OUTCOMES, name="mailingoutcome", native_enum=False, length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["report_subscription.id"],
            name=op.f("fk_report_mailing_subscription_id_report_subscription"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_report_mailing_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_report_mailing_letter_id_letter"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_mailing")),
        sa.UniqueConstraint(
            "subscription_id", "due_at", "user_id", name=op.f("uq_report_mailing_subscription_id_due_at_user_id")
        ),
    )
    op.create_index("ix_report_mailing_user_id", "report_mailing", ["user_id"])
    op.create_index(
        "ix_report_mailing_letter_id",
        "report_mailing",
        ["letter_id"],
        postgresql_where=sa.text("letter_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("report_mailing")
    op.drop_table("report_recipient")
    op.drop_table("report_subscription")
