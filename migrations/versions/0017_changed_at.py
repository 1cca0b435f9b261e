"""The moment of the last change of what programs follow, kept by the base."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("counterparty", "contact_person", "contact", "item", "buyer_order", "shipment", "payment")


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION keep_changed_at() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.changed_at := clock_timestamp();
            RETURN NEW;
        END $$""")
    for table in TABLES:
        moment = sa.DateTime(timezone=True)
        # now() once: a default of each row's own would write the table anew.
        op.add_column(table, sa.Column("changed_at", moment, server_default=sa.text("now()"), nullable=False))
        op.alter_column(table, "changed_at", server_default=sa.text("clock_timestamp()"))
        op.create_index(f"ix_{table}_changed_at", table, ["changed_at"], postgresql_using="brin")
        op.execute(
            f"CREATE TRIGGER changed_at BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_changed_at()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER changed_at ON {table}")
        op.drop_column(table, "changed_at")
    op.execute("DROP FUNCTION keep_changed_at()")
