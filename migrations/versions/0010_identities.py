"""Documents are known by number and year, payments by number, day and payer; prices have parts of a kopeck; names a key."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BY_YEAR = {"buyer_order": [], "shipment": ["kind"], "supplier_order": [], "receipt": [], "order_correction": []}
PRICES = {
    "item": ("price", "cost"),
    "supplier_price": ("price",),
    "buyer_order_line": ("price",),
    "order_correction_line": ("price",),
    "shipment_line": ("price", "cost"),
    "supplier_order_line": ("price",),
    "receipt_line": ("price",),
}
FOLDED = "lower(replace(replace(name, 'ё', 'е'), 'Ё', 'Е'))"
WORDS = f"btrim(regexp_replace({FOLDED}, '[^[:alnum:]]+', ' ', 'g'))"
FORMS = (
    "общество с ограниченной ответственностью|публичное акционерное общество|закрытое акционерное общество|"
    "открытое акционерное общество|непубличное акционерное общество|акционерное общество|"
    "индивидуальный предприниматель|крестьянское фермерское хозяйство|некоммерческая организация|"
    "ооо|пао|зао|оао|нао|ао|ип|кфх|нко|ано|тоо|гуп|муп|фгуп|llc|ltd"
)
BARE = f"btrim(regexp_replace(regexp_replace({WORDS}, '(^| )({FORMS})(?= |$)', ' ', 'g'), ' +', ' ', 'g'))"


def upgrade() -> None:
    for table, beside in BY_YEAR.items():
        op.drop_constraint(f"uq_{table}_number", table)
        op.create_index(
            f"uq_{table}_number", table, ["number", sa.text("EXTRACT(year FROM date)"), *beside], unique=True
        )
    op.drop_constraint("uq_payment_number", "payment")
    op.create_index("uq_payment_number", "payment", ["number", "date", "counterparty_id"], unique=True)
    for table, columns in PRICES.items():
        for column in columns:
            op.alter_column(table, column, type_=sa.Numeric(18, 5))
    name_key = sa.Column("name_key", sa.String(), sa.Computed(f"coalesce(nullif({BARE}, ''), {WORDS})", persisted=True))
    op.add_column("counterparty", name_key)
    op.alter_column("counterparty", "name_key", nullable=False)
    op.create_index("ix_counterparty_name_key", "counterparty", ["name_key"])


def downgrade() -> None:
    op.drop_index("ix_counterparty_name_key", "counterparty")
    op.drop_column("counterparty", "name_key")
    for table, columns in PRICES.items():
        for column in columns:
            op.alter_column(table, column, type_=sa.Numeric(15, 2))
    for table in (*BY_YEAR, "payment"):
        op.drop_index(f"uq_{table}_number", table)
        op.create_unique_constraint(f"uq_{table}_number", table, ["number"])
