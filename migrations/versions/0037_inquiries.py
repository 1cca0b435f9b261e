"""Inquiries from sites: keys of their forms, who is on duty, how often somebody sent."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inquiry_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=200), server_default="", nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["information_source.id"], name=op.f("fk_inquiry_key_source_id_information_source")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_inquiry_key_campaign_id_campaign")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_inquiry_key_hash")),
    )
    for column in ("source_id", "campaign_id"):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_inquiry_key_{column}", "inquiry_key", [column], postgresql_where=where)
    op.create_table(
        "inquiry_duty",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.Column("last_id", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_inquiry_duty_one_row")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_inquiry_duty_user_id_ab_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["ab_role.id"], name=op.f("fk_inquiry_duty_role_id_ab_role"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_duty")),
    )
    op.execute("INSERT INTO inquiry_duty (id) VALUES (1)")
    op.create_table(
        "inquiry_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("many", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_count")),
        sa.UniqueConstraint("mark", name=op.f("uq_inquiry_count_mark")),
    )


def downgrade() -> None:
    for table in ("inquiry_count", "inquiry_duty", "inquiry_key"):
        op.drop_table(table)
