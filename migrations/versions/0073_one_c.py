"""Exchange with 1C over HTTP: keys, sessions, files, and which orders each 1C has."""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def key(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def index_of_some(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column], postgresql_where=sa.text(f"{column} IS NOT NULL"))


def upgrade() -> None:
    op.create_table(
        "one_c_key",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=50), nullable=False, unique=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("goods", sa.Boolean(), nullable=False),
        sa.Column("orders", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("in_1251", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        key("one_c_key", "user_id", "ab_user", "CASCADE"),
    )
    op.create_index("ix_one_c_key_user_id", "one_c_key", ["user_id"])
    op.create_table(
        "one_c_session",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False, unique=True),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("given", sa.Integer(), server_default="0", nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("refused", sa.String(length=300), server_default="", nullable=False),
        key("one_c_session", "key_id", "one_c_key", "CASCADE"),
    )
    op.create_index("ix_one_c_session_key_id", "one_c_session", ["key_id", "id"])
    op.create_table(
        "one_c_file",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_hash", sa.String(length=64), server_default="", nullable=False),
        sa.Column("archive_id", sa.Integer()),
        sa.Column("job_id", sa.Integer()),
        sa.UniqueConstraint("session_id", "name", name=op.f("uq_one_c_file_session_id_name")),
        key("one_c_file", "session_id", "one_c_session", "CASCADE"),
        key("one_c_file", "archive_id", "one_c_file", "CASCADE"),
        key("one_c_file", "job_id", "job", "SET NULL"),
    )
    for column in ("archive_id", "job_id"):
        index_of_some("one_c_file", column)
    op.create_table(
        "one_c_order",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("given_version", sa.Integer()),
        sa.Column("session_id", sa.Integer()),
        sa.UniqueConstraint("key_id", "order_id", name=op.f("uq_one_c_order_key_id_order_id")),
        key("one_c_order", "key_id", "one_c_key", "CASCADE"),
        key("one_c_order", "order_id", "buyer_order", "CASCADE"),
        key("one_c_order", "session_id", "one_c_session", "SET NULL"),
    )
    op.create_index("ix_one_c_order_order_id", "one_c_order", ["order_id"])
    index_of_some("one_c_order", "session_id")


def downgrade() -> None:
    for table in ("one_c_order", "one_c_file", "one_c_session", "one_c_key"):
        op.drop_table(table)
