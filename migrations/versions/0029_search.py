"""Names are found by the middle of a word, documents of suppliers by the end of their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MIDDLES = {"counterparty": "name_key", "contact_person": "name_sort", "item": "name_sort"}
NUMBERED = ("supplier_order", "receipt", "supplier_payment")


def middle_of(column: str) -> str:
    shifted = (f"' ' || {column}", column, f"substr({column}, 2)")
    first, second, third = (f"regexp_replace({text}, '(...)', '\\1|', 'g')" for text in shifted)
    return f"string_to_array(((({first} || '|') || {second}) || '|') || {third}, '|')"


def upgrade() -> None:
    for table, column in MIDDLES.items():
        op.create_index(f"ix_{table}_middle", table, [sa.literal_column(middle_of(column))], postgresql_using="gin")
    for table in NUMBERED:
        expression = sa.literal_column("reverse(number)").label("expression")
        op.create_index(
            f"ix_{table}_number_tail", table, [expression], postgresql_ops={"expression": "text_pattern_ops"}
        )
    op.drop_index("ix_counterparty_name_key", "counterparty")
    op.create_index(
        "ix_counterparty_name_key", "counterparty", ["name_key"], postgresql_ops={"name_key": "text_pattern_ops"}
    )


def downgrade() -> None:
    op.drop_index("ix_counterparty_name_key", "counterparty")
    op.create_index("ix_counterparty_name_key", "counterparty", ["name_key"])
    for table in NUMBERED:
        op.drop_index(f"ix_{table}_number_tail", table)
    for table in MIDDLES:
        op.drop_index(f"ix_{table}_middle", table)
