"""The day first promised of an order to a supplier, beside the one that holds: what he moves is told.

Of orders that are there the journal knows it, as far back as it is kept.
"""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None

FIRST = """
    SELECT DISTINCT ON (row_id) row_id, (old ->> 'receive_on')::date AS day FROM journal_change
    WHERE table_name = 'supplier_order' AND old ->> 'receive_on' IS NOT NULL ORDER BY row_id, act_id, id"""


def upgrade() -> None:
    op.add_column("supplier_order", sa.Column("first_receive_on", sa.Date(), nullable=True))
    # Nobody changed these orders: neither the journal nor programs that follow changes are told.
    op.execute("ALTER TABLE supplier_order DISABLE TRIGGER USER")
    op.execute("UPDATE supplier_order SET first_receive_on = receive_on WHERE receive_on IS NOT NULL")
    op.execute(f"UPDATE supplier_order SET first_receive_on = first.day FROM ({FIRST}) first WHERE id = first.row_id")
    op.execute("ALTER TABLE supplier_order ENABLE TRIGGER USER")
    op.execute("""
        CREATE FUNCTION supplier_order_first_day() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.first_receive_on := NEW.receive_on;
            RETURN NEW;
        END $$""")
    op.execute(
        "CREATE TRIGGER supplier_order_first_day BEFORE INSERT OR UPDATE ON supplier_order FOR EACH ROW "
        "WHEN (NEW.first_receive_on IS NULL AND NEW.receive_on IS NOT NULL) EXECUTE FUNCTION supplier_order_first_day()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER supplier_order_first_day ON supplier_order")
    op.execute("DROP FUNCTION supplier_order_first_day()")
    op.drop_column("supplier_order", "first_receive_on")
