"""Kept from day to day: managers and sources of counterparties, moves of planned days, the day an order was done."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

AUTHOR = "nullif(current_setting('vizavi.user', true), '')::int"
REASON = "coalesce(current_setting('vizavi.reason', true), '')"
# The column of the card and its history: the same for managers and for sources.
CARD = (("manager_record", "manager_id"), ("source_record", "source_id"))


def history_of_card(table: str, column: str) -> None:
    """Triggers that keep a column of the card and its history equal, whichever of them is written."""
    op.execute(f"""
        CREATE FUNCTION {table}_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO {table} (counterparty_id, on_date, {column}, by_id)
            SELECT id, least(registered_on, current_date), {column}, {AUTHOR} FROM added WHERE {column} IS NOT NULL;
            RETURN NULL;
        END $$""")
    op.execute(
        f"CREATE TRIGGER {table}_of_new AFTER INSERT ON counterparty REFERENCING NEW TABLE AS added "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_of_new()"
    )
    op.execute(f"""
        CREATE FUNCTION {table}_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.{column} IS DISTINCT FROM (
                SELECT {column} FROM {table} WHERE counterparty_id = NEW.id AND on_date <= current_date
                ORDER BY on_date DESC LIMIT 1
            ) THEN
                INSERT INTO {table} AS kept (counterparty_id, on_date, {column}, by_id)
                VALUES (NEW.id, current_date, NEW.{column}, {AUTHOR})
                ON CONFLICT (counterparty_id, on_date) DO UPDATE
                SET {column} = excluded.{column}, by_id = excluded.by_id;
            END IF;
            RETURN NULL;
        END $$""")
    op.execute(
        f"CREATE TRIGGER {table}_of_changed AFTER UPDATE OF {column} ON counterparty FOR EACH ROW "
        f"WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION {table}_of_changed()"
    )
    op.execute(f"""
        CREATE FUNCTION {table}_to_card() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE counterparty SET {column} = latest.{column}, version = version + 1
            FROM (
                SELECT DISTINCT ON (counterparty_id) counterparty_id, {column} FROM {table}
                WHERE on_date <= current_date AND counterparty_id IN (SELECT counterparty_id FROM written)
                ORDER BY counterparty_id, on_date DESC
            ) latest
            WHERE id = latest.counterparty_id AND counterparty.{column} IS DISTINCT FROM latest.{column};
            RETURN NULL;
        END $$""")
    for operation in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER {table}_to_card_{operation.lower()} AFTER {operation} ON {table} "
            f"REFERENCING NEW TABLE AS written FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) "
            f"EXECUTE FUNCTION {table}_to_card()"
        )
    op.execute(
        f"INSERT INTO {table} (counterparty_id, on_date, {column}) "
        f"SELECT id, least(registered_on, current_date), {column} FROM counterparty WHERE {column} IS NOT NULL"
    )


def sources_of_contacts() -> None:
    """An incoming contact that names a source registers it from its day on."""
    op.execute(f"""
        CREATE FUNCTION source_record_of_contact() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO source_record AS kept (counterparty_id, on_date, source_id, contact_id, by_id)
            VALUES (NEW.counterparty_id, NEW.starts_at::date, NEW.source_id, NEW.id, {AUTHOR})
            ON CONFLICT (counterparty_id, on_date) DO UPDATE
            SET source_id = excluded.source_id, contact_id = excluded.contact_id, by_id = excluded.by_id;
            UPDATE counterparty SET source_id = latest.source_id, version = version + 1
            FROM (
                SELECT source_id FROM source_record
                WHERE counterparty_id = NEW.counterparty_id AND on_date <= current_date ORDER BY on_date DESC LIMIT 1
            ) latest
            WHERE id = NEW.counterparty_id AND counterparty.source_id IS DISTINCT FROM latest.source_id;
            RETURN NULL;
        END $$""")
    told = (
        "NEW.source_id IS NOT NULL AND NEW.counterparty_id IS NOT NULL AND NEW.direction = 'in' AND NEW.state = 'done'"
    )
    known = "(OLD.source_id, OLD.counterparty_id, OLD.direction, OLD.state, OLD.starts_at) IS DISTINCT FROM " + (
        "(NEW.source_id, NEW.counterparty_id, NEW.direction, NEW.state, NEW.starts_at)"
    )
    for name, event, when in (("new", "INSERT", told), ("changed", "UPDATE", f"{told} AND {known}")):
        op.execute(
            f"CREATE TRIGGER source_record_of_{name}_contact AFTER {event} ON contact FOR EACH ROW "
            f"WHEN ({when}) EXECUTE FUNCTION source_record_of_contact()"
        )


def moves_of_orders() -> None:
    op.execute("""
        CREATE FUNCTION buyer_order_first_days() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.first_ship_on := coalesce(NEW.first_ship_on, NEW.ship_on);
            NEW.first_pay_by := coalesce(NEW.first_pay_by, NEW.pay_by);
            RETURN NEW;
        END $$""")
    op.execute(
        "CREATE TRIGGER buyer_order_first_days BEFORE INSERT OR UPDATE ON buyer_order FOR EACH ROW "
        "WHEN (NEW.first_ship_on IS NULL AND NEW.ship_on IS NOT NULL OR NEW.first_pay_by IS NULL AND NEW.pay_by IS NOT NULL) "
        "EXECUTE FUNCTION buyer_order_first_days()"
    )
    op.execute(f"""
        CREATE FUNCTION order_move_keep() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO order_move (order_id, what, was_on, now_on, by_id, reason)
            SELECT NEW.id, what, was_on, now_on, {AUTHOR}, {REASON}
            FROM (VALUES ('shipment', OLD.ship_on, NEW.ship_on), ('payment', OLD.pay_by, NEW.pay_by))
                AS days (what, was_on, now_on)
            WHERE was_on IS NOT NULL AND was_on IS DISTINCT FROM now_on;
            RETURN NULL;
        END $$""")
    op.execute(
        "CREATE TRIGGER order_move_keep AFTER UPDATE OF ship_on, pay_by ON buyer_order FOR EACH ROW "
        "WHEN (OLD.ship_on IS DISTINCT FROM NEW.ship_on OR OLD.pay_by IS DISTINCT FROM NEW.pay_by) "
        "EXECUTE FUNCTION order_move_keep()"
    )


def moves_of_contacts() -> None:
    op.execute(f"""
        CREATE FUNCTION contact_move_keep() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO contact_move (contact_id, was_at, now_at, by_id, reason)
            VALUES (NEW.id, OLD.starts_at, NEW.starts_at, {AUTHOR}, {REASON});
            RETURN NULL;
        END $$""")
    op.execute(
        "CREATE TRIGGER contact_move_keep AFTER UPDATE OF starts_at ON contact FOR EACH ROW "
        "WHEN (OLD.state = 'planned' AND NEW.state = 'planned' AND OLD.starts_at <> NEW.starts_at) "
        "EXECUTE FUNCTION contact_move_keep()"
    )


def record(table: str, column: str, target: str, *more: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column(column, sa.Integer(), nullable=True),
        *more,
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f(f"fk_{table}_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f(f"fk_{table}_by_id_ab_user"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("counterparty_id", "on_date", name=op.f(f"uq_{table}_counterparty_id_on_date")),
    )
    op.create_index(f"ix_{table}_{column}_on_date", table, [column, "on_date"])
    by(table)


def move(table: str, owner: str, target: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(owner, sa.Integer(), nullable=False),
        *columns,
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            [owner], [f"{target}.id"], name=op.f(f"fk_{table}_{owner}_{target}"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f(f"fk_{table}_by_id_ab_user"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_{owner}_id", table, [owner, "id"])
    by(table)


def by(table: str) -> None:
    op.create_index(f"ix_{table}_by_id", table, ["by_id"], postgresql_where=sa.text("by_id IS NOT NULL"))


def upgrade() -> None:
    record("manager_record", "manager_id", "ab_user")
    record("source_record", "source_id", "information_source", sa.Column("contact_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_source_record_contact_id_contact"),
        "source_record",
        "contact",
        ["contact_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(
        "ix_source_record_contact_id",
        "source_record",
        ["contact_id"],
        postgresql_where=sa.text("contact_id IS NOT NULL"),
    )
    what = sa.Enum("shipment", "payment", name="orderdate", native_enum=False, length=20)
    days = (sa.Column(name, sa.Date(), nullable=True) for name in ("was_on", "now_on"))
    move("order_move", "order_id", "buyer_order", sa.Column("what", what, nullable=False), *days)
    moments = (sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("was_at", "now_at"))
    move("contact_move", "contact_id", "contact", *moments)
    for name in ("first_ship_on", "first_pay_by", "completed_on"):
        op.add_column("buyer_order", sa.Column(name, sa.Date(), nullable=True))
    op.execute("UPDATE buyer_order SET first_ship_on = ship_on, first_pay_by = pay_by, completed_on = done_on")
    op.create_index(
        "ix_buyer_order_completed_on",
        "buyer_order",
        ["completed_on"],
        postgresql_where=sa.text("completed_on IS NOT NULL"),
    )
    op.create_index(
        "ix_buyer_order_newly_done",
        "buyer_order",
        ["counterparty_id"],
        postgresql_where=sa.text("done_on IS NOT NULL AND completed_on IS NULL"),
    )
    for table, column in CARD:
        history_of_card(table, column)
    sources_of_contacts()
    moves_of_orders()
    moves_of_contacts()


def downgrade() -> None:
    op.execute("DROP FUNCTION contact_move_keep() CASCADE")
    op.execute("DROP FUNCTION order_move_keep() CASCADE")
    op.execute("DROP FUNCTION buyer_order_first_days() CASCADE")
    op.execute("DROP FUNCTION source_record_of_contact() CASCADE")
    for table, _ in CARD:
        for function in ("of_new", "of_changed", "to_card"):
            op.execute(f"DROP FUNCTION {table}_{function}() CASCADE")
    for name in ("newly_done", "completed_on"):
        op.drop_index(f"ix_buyer_order_{name}", table_name="buyer_order")
    for name in ("completed_on", "first_pay_by", "first_ship_on"):
        op.drop_column("buyer_order", name)
    for table in ("contact_move", "order_move", "source_record", "manager_record"):
        op.drop_table(table)
