"""Notices, and who wants which; whose birthday is told and how long before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("facts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_notice_{column}_{table}"), ondelete="CASCADE"
            )
            for column, table in (
                ("user_id", "ab_user"),
                ("counterparty_id", "counterparty"),
                ("person_id", "contact_person"),
                ("order_id", "buyer_order"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_notice_user_id_key")),
    )
    op.create_index("ix_notice_user_id_id", "notice", ["user_id", "id"])
    op.create_index("ix_notice_unread", "notice", ["user_id", "id"], postgresql_where=sa.text("read_at IS NULL"))
    op.create_index("ix_notice_counterparty_id", "notice", ["counterparty_id"])
    for column in ("person_id", "order_id"):
        op.create_index(f"ix_notice_{column}", "notice", [column], postgresql_where=sa.text(f"{column} IS NOT NULL"))
    op.add_column("user_profile", sa.Column("notices_off", postgresql.JSONB(), server_default="[]", nullable=False))
    op.add_column("contact_person", sa.Column("birthday_told", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("contact_person", sa.Column("birthday_days", sa.Integer(), server_default="3", nullable=False))
    op.create_check_constraint(
        op.f("ck_contact_person_birthday_days"), "contact_person", "birthday_days BETWEEN 0 AND 60"
    )


def downgrade() -> None:
    op.drop_column("contact_person", "birthday_days")
    op.drop_column("contact_person", "birthday_told")
    op.drop_column("user_profile", "notices_off")
    op.drop_table("notice")
