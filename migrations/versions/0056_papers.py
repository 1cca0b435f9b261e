"""Papers for clients and what they look like."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

TEMPLATES = (
    {
        "kind": "offer",
        "name": "Коммерческое предложение",
        "title": "Коммерческое предложение № {номер документа} от {дата документа}",
        "opening": "Предлагаем вам поставку следующих товаров и услуг.",
        "closing": "Предложение действует до {действует до}.\nС вопросами обращайтесь: {менеджер}.",
        "valid_days": 14,
    },
    {
        "kind": "bill",
        "name": "Счет на оплату",
        "title": "Счет на оплату № {номер документа} от {дата документа}",
        "opening": "",
        "closing": "Счет действителен до {действует до}. Оплата счета означает согласие с условиями поставки.",
        "valid_days": 5,
    },
    {
        "kind": "act",
        "name": "Акт сверки",
        "title": "Акт сверки № {номер документа} от {дата документа}",
        "opening": "Мы, нижеподписавшиеся, составили настоящий акт о состоянии взаимных расчетов за период {период}.",
        "closing": "При расхождениях просим сообщить о них в течение 10 дней; иначе задолженность считается подтвержденной.",
        "valid_days": 0,
    },
)


def upgrade() -> None:
    template = op.create_table(
        "paper_template",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("opening", sa.Text(), server_default="", nullable=False),
        sa.Column("closing", sa.Text(), server_default="", nullable=False),
        sa.Column("shows_codes", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("shows_discounts", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("shows_vat", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("shows_signers", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("valid_days", sa.Integer(), server_default="5", nullable=False),
        sa.Column("is_main", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("valid_days BETWEEN 0 AND 1000", name=op.f("ck_paper_template_valid_days")),
        sa.UniqueConstraint("name", name=op.f("uq_paper_template_name")),
    )
    op.create_index(
        "uq_paper_template_is_main", "paper_template", ["kind"], unique=True, postgresql_where=sa.text("is_main")
    )
    op.bulk_insert(template, [{**each, "is_main": True} for each in TEMPLATES])
    op.create_table(
        "paper",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.String(50), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("counterparty_id", sa.Integer()),
        sa.Column("order_id", sa.Integer()),
        sa.Column("deal_id", sa.Integer()),
        sa.Column("template_id", sa.Integer()),
        sa.Column("amount", sa.Numeric(15, 2), nullable=False),
        sa.Column("blob_id", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer()),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_paper_{column}_{table}"), ondelete=gone)
            for column, table, gone in (
                ("counterparty_id", "counterparty", "CASCADE"),
                ("order_id", "buyer_order", "CASCADE"),
                ("deal_id", "expected_deal", "SET NULL"),
                ("template_id", "paper_template", "SET NULL"),
                ("blob_id", "blob", None),
                ("made_by_id", "ab_user", "SET NULL"),
            )
        ),
    )
    op.create_index("uq_paper_number", "paper", ["number", sa.text("EXTRACT(year FROM date)")], unique=True)
    for columns, where in (
        (["date", "id"], None),
        (["counterparty_id", "date", "id"], None),
        (["order_id", "date", "id"], "order_id IS NOT NULL"),
        (["deal_id"], "deal_id IS NOT NULL"),
        (["template_id"], None),
        (["made_by_id"], None),
        (["blob_id"], None),
    ):
        op.create_index(
            f"ix_paper_{'_'.join(columns)}", "paper", columns, postgresql_where=sa.text(where) if where else None
        )


def downgrade() -> None:
    op.drop_table("paper")
    op.drop_table("paper_template")
