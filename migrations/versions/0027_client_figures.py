"""What lists of clients are sorted and filtered by, kept by triggers beside each client."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# Rows that came count with their sign, those that went against it.
PARTS = {
    "insert": ("REFERENCING NEW TABLE AS came", "SELECT *, 1 AS sign FROM came"),
    "delete": ("REFERENCING OLD TABLE AS went", "SELECT *, -1 AS sign FROM went"),
    "update": (
        "REFERENCING NEW TABLE AS came OLD TABLE AS went",
        "SELECT *, 1 AS sign FROM came UNION ALL SELECT *, -1 AS sign FROM went",
    ),
}
DEBT = """
    CREATE FUNCTION client_debt_after_{table}_{operation}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE client_figure kept SET debt = kept.debt + moved.change
        FROM (
            SELECT counterparty_id, sum({way} amount * sign) AS change FROM ({moved}) rows
            GROUP BY 1 HAVING sum(amount * sign) <> 0 ORDER BY 1
        ) moved
        WHERE kept.counterparty_id = moved.counterparty_id;
        RETURN NULL;
    END $$"""
# Two who write contacts of one client wait for each other before they look: the later one sees both.
CONTACTS = """
    CREATE FUNCTION client_contacts_after_{operation}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        clients integer[];
    BEGIN
        SELECT array_agg(DISTINCT counterparty_id) INTO clients
        FROM ({moved}) rows WHERE counterparty_id IS NOT NULL;
        IF clients IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM 1 FROM client_figure WHERE counterparty_id = ANY(clients) ORDER BY counterparty_id FOR UPDATE;
        UPDATE client_figure kept SET last_contact_at = fresh.last, next_contact_at = fresh.next
        FROM (
            SELECT client,
                coalesce((SELECT starts_at FROM contact WHERE counterparty_id = client AND state = 'done'
                          ORDER BY starts_at DESC LIMIT 1), '-infinity') AS last,
                coalesce((SELECT starts_at FROM contact WHERE counterparty_id = client AND state = 'planned'
                          ORDER BY starts_at LIMIT 1), 'infinity') AS next
            FROM unnest(clients) client
        ) fresh
        WHERE kept.counterparty_id = fresh.client
            AND (kept.last_contact_at, kept.next_contact_at) IS DISTINCT FROM (fresh.last, fresh.next);
        RETURN NULL;
    END $$"""
CLIENTS = """
    CREATE FUNCTION client_figure_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO client_figure (counterparty_id) SELECT id FROM came ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$"""
FILL = """
    INSERT INTO client_figure (counterparty_id, debt, last_contact_at, next_contact_at)
    SELECT client.id, coalesce(moved.debt, 0), coalesce(talked.last, '-infinity'), coalesce(talked.next, 'infinity')
    FROM counterparty client
    LEFT JOIN (
        SELECT counterparty_id, sum(change) AS debt FROM (
            SELECT counterparty_id, amount AS change FROM shipment
            UNION ALL SELECT counterparty_id, -amount FROM payment
        ) documents GROUP BY 1
    ) moved ON moved.counterparty_id = client.id
    LEFT JOIN (
        SELECT counterparty_id, max(starts_at) FILTER (WHERE state = 'done') AS last,
            min(starts_at) FILTER (WHERE state = 'planned') AS next
        FROM contact GROUP BY 1
    ) talked ON talked.counterparty_id = client.id"""


def followed(table: str, operation: str, function: str) -> None:
    rows = PARTS[operation][0]
    op.execute(
        f"CREATE TRIGGER {function} AFTER {operation} ON {table} {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    )


def upgrade() -> None:
    op.create_table(
        "client_figure",
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("debt", sa.Numeric(15, 2), server_default="0", nullable=False),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False),
        sa.Column("next_contact_at", sa.DateTime(timezone=True), server_default=sa.text("'infinity'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_client_figure_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("counterparty_id", name=op.f("pk_client_figure")),
    )
    op.execute(FILL)
    for column, name in (("debt", "debt"), ("last_contact_at", "last_contact"), ("next_contact_at", "next_contact")):
        op.create_index(f"ix_client_figure_{name}", "client_figure", [column, "counterparty_id"])
    op.execute(CLIENTS)
    followed("counterparty", "insert", "client_figure_after_insert")
    for operation, (_rows, moved) in PARTS.items():
        for table, way in (("shipment", ""), ("payment", "-")):
            op.execute(DEBT.format(table=table, operation=operation, way=way, moved=moved))
            followed(table, operation, f"client_debt_after_{table}_{operation}")
        op.execute(CONTACTS.format(operation=operation, moved=moved))
        followed("contact", operation, f"client_contacts_after_{operation}")


def downgrade() -> None:
    for operation in PARTS:
        for table, function in (
            ("shipment", f"client_debt_after_shipment_{operation}"),
            ("payment", f"client_debt_after_payment_{operation}"),
            ("contact", f"client_contacts_after_{operation}"),
        ):
            op.execute(f"DROP TRIGGER {function} ON {table}")
            op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP TRIGGER client_figure_after_insert ON counterparty")
    op.execute("DROP FUNCTION client_figure_after_insert()")
    op.drop_table("client_figure")
