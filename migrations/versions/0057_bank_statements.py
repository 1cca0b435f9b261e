"""Statements of banks and their documents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

STATES = ("waiting", "known", "posted", "aside")
SIGNS = ("account", "taxpayer", "inn", "person", "own")


def upgrade() -> None:
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("begins", sa.Date()),
        sa.Column("ends", sa.Date()),
        sa.Column("loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["by_id"], ["ab_user.id"], name=op.f("fk_bank_statement_by_id_ab_user"), ondelete="SET NULL"
        ),
    )
    op.create_index("ix_bank_statement_by_id", "bank_statement", ["by_id"])
    op.create_table(
        "bank_line",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(20), nullable=False),
        sa.Column("incoming", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("number", sa.String(50), nullable=False),
        sa.Column("number_key", sa.String(50), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(15, 2), nullable=False),
        sa.Column("partner_account", sa.String(40), nullable=False),
        sa.Column("inn", sa.String(20), nullable=False),
        sa.Column("kpp", sa.String(20), nullable=False),
        sa.Column("partner", sa.String(400), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="banklinestate", native_enum=False, length=20),
            server_default="waiting",
            nullable=False,
        ),
        sa.Column("recognised_by", sa.Enum(*SIGNS, name="recognisedby", native_enum=False, length=20)),
        sa.Column("counterparty_id", sa.Integer()),
        sa.Column("payment_id", sa.Integer()),
        sa.Column("supplier_payment_id", sa.Integer()),
        sa.CheckConstraint("amount > 0", name=op.f("ck_bank_line_amount")),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["bank_statement.id"],
            name=op.f("fk_bank_line_statement_id_bank_statement"),
            ondelete="CASCADE",
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"], [f"{table}.id"], name=op.f(f"fk_bank_line_{table}_id_{table}"), ondelete="SET NULL"
            )
            for table in ("counterparty", "payment", "supplier_payment")
        ),
    )
    op.create_index(
        "uq_bank_line_document",
        "bank_line",
        ["account", "incoming", "on", "number_key", "amount", "partner_account", "inn"],
        unique=True,
    )
    op.create_index("ix_bank_line_statement_id_state", "bank_line", ["statement_id", "state", "id"])
    op.create_index(
        "ix_bank_line_partner",
        "bank_line",
        ["partner_account", "inn", "id"],
        postgresql_where=sa.text("state <> 'waiting'"),
    )
    for name in ("counterparty_id", "payment_id", "supplier_payment_id"):
        op.create_index(f"ix_bank_line_{name}", "bank_line", [name])


def downgrade() -> None:
    op.drop_table("bank_line")
    op.drop_table("bank_statement")
