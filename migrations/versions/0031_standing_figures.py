"""The class and the stage that count today, kept beside each client by triggers on the records of both."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# What counts of a track, and what the run says where something else is held.
TRACKS = {"abc": ("abc_record", "computed"), "stage": ("stage_record", "computed_stage")}
WORDS = {
    "abc": sa.Enum("A", "B", "C", name="abcclass", native_enum=False, length=20),
    "stage": sa.Enum("potential", "one_time", "regular", "lost", name="stage", native_enum=False, length=20),
}
# The same as queries.classification.history.in_force_on says, with the last day on which it is so.
STANDING = """
    SELECT client, latest.standing, least(latest.until, later.on_date - 1) AS until
    FROM {clients}
    LEFT JOIN LATERAL (
        SELECT CASE WHEN held_until < today THEN {computed} ELSE {column} END AS standing,
            CASE WHEN held_until >= today THEN held_until END AS until
        FROM {table} WHERE counterparty_id = client AND on_date <= today
        ORDER BY on_date DESC, id DESC LIMIT 1
    ) latest ON true
    LEFT JOIN LATERAL (
        SELECT on_date FROM {table} WHERE counterparty_id = client AND on_date > today ORDER BY on_date LIMIT 1
    ) later ON true"""
# Two who write records of one client wait for each other before they look: the later one sees both.
STAND = """
    CREATE FUNCTION client_{column}_stands(clients integer[], today date) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM client_figure WHERE counterparty_id = ANY(clients) ORDER BY counterparty_id FOR UPDATE;
        UPDATE client_figure kept SET {column} = fresh.standing, {column}_until = fresh.until
        FROM ({standing}) fresh
        WHERE kept.counterparty_id = fresh.client
            AND (kept.{column}, kept.{column}_until) IS DISTINCT FROM (fresh.standing, fresh.until);
    END $$"""
FOLLOW = """
    CREATE FUNCTION client_{column}_after_{operation}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        clients integer[];
    BEGIN
        SELECT array_agg(DISTINCT counterparty_id) INTO clients FROM ({moved}) rows;
        IF clients IS NOT NULL THEN
            PERFORM client_{column}_stands(clients, current_date);
        END IF;
        RETURN NULL;
    END $$"""
ROWS = {
    "insert": ("NEW TABLE AS came", "SELECT counterparty_id FROM came"),
    "delete": ("OLD TABLE AS went", "SELECT counterparty_id FROM went"),
    "update": (
        "NEW TABLE AS came OLD TABLE AS went",
        "SELECT counterparty_id FROM came UNION ALL SELECT counterparty_id FROM went",
    ),
}


def upgrade() -> None:
    for column, (table, computed) in TRACKS.items():
        op.add_column("client_figure", sa.Column(column, WORDS[column], nullable=True))
        op.add_column("client_figure", sa.Column(f"{column}_until", sa.Date(), nullable=True))
        names = {"column": column, "table": table, "computed": computed}
        every = STANDING.format(
            clients="(SELECT counterparty_id AS client, current_date AS today FROM client_figure) every", **names
        )
        op.execute(
            f"UPDATE client_figure kept SET {column} = fresh.standing, {column}_until = fresh.until "
            f"FROM ({every}) fresh WHERE kept.counterparty_id = fresh.client AND fresh.standing IS NOT NULL"
        )
        op.create_index(f"ix_client_figure_{column}", "client_figure", [column, "counterparty_id"])
        op.create_index(
            f"ix_client_figure_{column}_until",
            "client_figure",
            [f"{column}_until"],
            postgresql_where=sa.text(f"{column}_until IS NOT NULL"),
        )
        op.execute(STAND.format(standing=STANDING.format(clients="unnest(clients) client", **names), column=column))
        for operation, (referencing, moved) in ROWS.items():
            function = f"client_{column}_after_{operation}"
            op.execute(FOLLOW.format(operation=operation, moved=moved, column=column))
            op.execute(
                f"CREATE TRIGGER {function} AFTER {operation} ON {table} REFERENCING {referencing} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            )


def downgrade() -> None:
    for column, (table, _computed) in TRACKS.items():
        for operation in ROWS:
            op.execute(f"DROP TRIGGER client_{column}_after_{operation} ON {table}")
            op.execute(f"DROP FUNCTION client_{column}_after_{operation}()")
        op.execute(f"DROP FUNCTION client_{column}_stands(integer[], date)")
        op.drop_column("client_figure", f"{column}_until")
        op.drop_column("client_figure", column)
