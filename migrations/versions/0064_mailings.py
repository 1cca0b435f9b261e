"""Mailings to a selection, and the addresses that want none."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

SET_NULL, CASCADE = "SET NULL", "CASCADE"


def keys(table: str, *named: tuple[str, str, str | None]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)
        for column, to, ondelete in named
    ]


def index(table: str, name: str, columns: list[str]) -> None:
    op.create_index(f"ix_{table}_{name}", table, columns)


def index_of_some(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column], postgresql_where=sa.text(f"{column} IS NOT NULL"))


def upgrade() -> None:
    op.create_table(
        "mailing",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer()),
        sa.Column("mailbox_id", sa.Integer()),
        sa.Column("campaign_id", sa.Integer()),
        sa.Column("subject", sa.String(length=500), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *keys(
            "mailing",
            ("author_id", "ab_user", None),
            ("template_id", "letter_template", SET_NULL),
            ("mailbox_id", "mailbox", SET_NULL),
            ("campaign_id", "campaign", None),
        ),
    )
    index("mailing", "author_id_id", ["author_id", "id"])
    for column in ("template_id", "mailbox_id", "campaign_id"):
        index_of_some("mailing", column)
    op.create_table(
        "mailing_recipient",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer()),
        sa.Column("address", sa.String(length=500), server_default="", nullable=False),
        sa.Column("left_out", sa.String(length=20)),
        sa.Column("letter_id", sa.Integer()),
        sa.Column("secret", sa.String(length=50)),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True)),
        *keys(
            "mailing_recipient",
            ("mailing_id", "mailing", CASCADE),
            ("counterparty_id", "counterparty", CASCADE),
            ("person_id", "contact_person", SET_NULL),
            ("letter_id", "letter", SET_NULL),
        ),
        sa.UniqueConstraint("letter_id", name=op.f("uq_mailing_recipient_letter_id")),
        sa.UniqueConstraint("secret", name=op.f("uq_mailing_recipient_secret")),
    )
    index("mailing_recipient", "mailing_id_id", ["mailing_id", "id"])
    index("mailing_recipient", "counterparty_id", ["counterparty_id"])
    index_of_some("mailing_recipient", "person_id")
    op.create_index("ix_mailing_recipient_address", "mailing_recipient", [sa.text("lower(address)")])
    op.create_table(
        "stop_address",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("on_date", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("mailing_id", sa.Integer()),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *keys("stop_address", ("by_id", "ab_user", SET_NULL), ("mailing_id", "mailing", SET_NULL)),
    )
    op.create_index("uq_stop_address", "stop_address", [sa.text("lower(address)")], unique=True)
    index_of_some("stop_address", "by_id")
    index_of_some("stop_address", "mailing_id")
    index("stop_address", "on_date_id", ["on_date", "id"])


def downgrade() -> None:
    for table in ("stop_address", "mailing_recipient", "mailing"):
        op.drop_table(table)
