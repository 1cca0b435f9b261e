"""Search knows full names, words that marks divide, letters without accents, OGRN, KPP, e-mails and ends of numbers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PERSON = "btrim(last_name || ' ' || first_name || ' ' || middle_name)"
# Table, column, what it was of, what it is of, where its index looks.
WORDS = (
    ("counterparty", "words", "name", "name || ' ' || full_name", None),
    ("contact_person", "words", PERSON, PERSON, None),
    ("item", "words", "name", "name", None),
    ("contact", "prospect_words", *["prospect || ' ' || prospect_person"] * 2, sa.text("prospect <> ''")),
)
ACCENTED, PLAIN = "àáâãäåāçćčèéêëēęìíîïīñńòóôõöøōùúûüūýÿžżšś", "aaaaaaaccceeeeeeiiiiinnooooooouuuuuyyzzss"
DOCUMENTS = ("buyer_order", "shipment", "payment")


def folded(expression: str) -> str:
    return f"lower(replace(replace({expression}, 'ё', 'е'), 'Ё', 'Е'))"


def words_before(expression: str) -> str:
    return f"to_tsvector('simple'::regconfig, regexp_replace({folded(expression)}, '[^[:alnum:]]+', ' ', 'g'))"


def words_now(expression: str) -> str:
    text = f"translate({folded(expression)}, '{ACCENTED}', '{PLAIN}')"
    apart = f"regexp_replace({text}, '[^[:alnum:]]+', ' ', 'g')"
    whole = f"regexp_replace({text}, '[^[:alnum:][:space:]]+', '', 'g')"
    return f"to_tsvector('simple'::regconfig, {apart} || ' ' || {whole})"


def rewrite(table: str, column: str, words: str, where: sa.TextClause | None) -> None:
    op.drop_column(table, column)  # its index goes with it
    op.add_column(table, sa.Column(column, TSVECTOR(), sa.Computed(words, persisted=True)))
    op.alter_column(table, column, nullable=False)
    op.create_index(f"ix_{table}_{column}", table, [column], postgresql_using="gin", postgresql_where=where)


def upgrade() -> None:
    for table, column, _before, now, where in WORDS:
        rewrite(table, column, words_now(now), where)
    op.create_index("ix_counterparty_kpp", "counterparty", ["kpp"])
    op.create_index("ix_counterparty_ogrn", "counterparty", ["ogrn"], postgresql_ops={"ogrn": "text_pattern_ops"})
    op.drop_index("ix_contact_info_value", "contact_info")
    op.create_index("ix_contact_info_value", "contact_info", [sa.text("lower(value) text_pattern_ops")])
    for table in DOCUMENTS:
        op.create_index(f"ix_{table}_number_tail", table, [sa.text("reverse(number) text_pattern_ops")])


def downgrade() -> None:
    for table in DOCUMENTS:
        op.drop_index(f"ix_{table}_number_tail", table)
    op.drop_index("ix_contact_info_value", "contact_info")
    op.create_index("ix_contact_info_value", "contact_info", [sa.text("lower(value)")])
    op.drop_index("ix_counterparty_ogrn", "counterparty")
    op.drop_index("ix_counterparty_kpp", "counterparty")
    for table, column, before, _now, where in WORDS:
        rewrite(table, column, words_before(before), where)
