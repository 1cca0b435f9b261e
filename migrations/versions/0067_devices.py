"""Passwords of programs, and what the books of telephones hold."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_password",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("agent", sa.String(200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_app_password_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("hash", name=op.f("uq_app_password_hash")),
    )
    op.create_index("ix_app_password_user_id", "app_password", ["user_id"])
    op.create_table(
        "device_book",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("line", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_device_book_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("user_id", "kind", name=op.f("uq_device_book_user_id_kind")),
    )
    op.create_table(
        "device_item",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(20), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("href", sa.String(255), nullable=False),
        sa.Column("uid", sa.String(255), nullable=False),
        sa.Column("stamp", sa.String(64), nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("hidden", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["book_id"], ["device_book.id"], name=op.f("fk_device_item_book_id_device_book"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("book_id", "href", name=op.f("uq_device_item_book_id_href")),
        sa.UniqueConstraint("book_id", "uid", name=op.f("uq_device_item_book_id_uid")),
        sa.UniqueConstraint("book_id", "subject", "row_id", name=op.f("uq_device_item_book_id_subject_row_id")),
    )
    op.create_index("ix_device_item_book_id_number", "device_item", ["book_id", "number"])
    op.create_index("ix_device_item_hidden", "device_item", ["book_id"], postgresql_where=sa.text("hidden"))


def downgrade() -> None:
    op.drop_table("device_item")
    op.drop_table("device_book")
    op.drop_table("app_password")
