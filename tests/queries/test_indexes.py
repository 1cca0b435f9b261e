"""What people open first and look for most is answered by an index, in a base of some size, whoever looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from app.extensions import db
from tests.bases import Bases
from tests.conftest import moved, user_named
from tests.plans import Plan

pytestmark = pytest.mark.slow

SIZE = 50_000  # of clients, persons, phones and contacts
FEWER = 20_000  # of all else
BIG = {
    "counterparty",
    "contact_person",
    "contact_info",
    "contact",
    "buyer_order",
    "shipment",
    "payment",
    "item",
    "abc_record",
    "client_figure",
}

# Where a thousand rows are asked by each way to see them, these may be joined whole: he has a good part of all.
JOINED = {"client_figure", "payment"}

# Anna manages one in twenty; Boris too, and is an additional manager of one in fifty besides.
MANAGER = "CASE i % 20 WHEN 0 THEN :anna WHEN 1 THEN :boris ELSE 1000 + i % 20 END"
DIGITS = "(79000000000 + i::bigint * 7919 % 999999999)::text"
FILL = (
    """INSERT INTO ab_user (id, first_name, last_name, username, active, email, password)
    SELECT 1000 + i, 'Имя', 'Фамилия' || i, 'user' || i, true, 'user' || i || '@example.com', '!'
    FROM generate_series(1, 19) i""",
    f"""INSERT INTO counterparty (id, code, name, inn, manager_id, is_supplier, registered_on)
    SELECT i, 'К-' || i, (ARRAY['ООО', 'АО', 'ИП', 'ООО'])[1 + i % 4] || ' «'
            || (ARRAY['Гранит', 'Вектор', 'Луч'])[1 + i % 3] || i || '»',
        lpad((7700000000 + i::bigint * 7919)::text, 10, '0'), {MANAGER}, i % 20 = 0, DATE '2020-01-01' + i % 2000
    FROM generate_series(1, :size) i""",
    """INSERT INTO additional_manager (counterparty_id, user_id)
    SELECT i, :boris FROM generate_series(20, :size, 50) i""",
    """INSERT INTO contact_person (id, counterparty_id, last_name, first_name)
    SELECT i, i, 'Иванов' || i, 'Пётр' FROM generate_series(1, :size) i""",
    "INSERT INTO contact_info_kind (id, name, type) VALUES (1000, 'Телефон для теста', 'phone')",
    f"""INSERT INTO contact_info (counterparty_id, person_id, kind_id, value, phone, phone_tail, extension)
    SELECT i, i, 1000, '+' || {DIGITS}, '+' || {DIGITS}, reverse({DIGITS}),
        CASE WHEN i % 50 = 0 THEN (i / 50)::text ELSE '' END
    FROM generate_series(1, :size) i""",
    f"""INSERT INTO contact (counterparty_id, manager_id, starts_at, ends_at, state, prospect, prospect_tail)
    SELECT CASE WHEN i % 50 > 0 THEN i END, {MANAGER}, at, at,
        CASE WHEN i % 20 < 2 THEN 'planned' ELSE 'done' END,
        CASE WHEN i % 50 = 0 THEN 'Новичок' || i ELSE '' END,
        CASE WHEN i % 50 = 0 THEN reverse((79100000000 + i)::text) ELSE '' END
    FROM (SELECT i, TIMESTAMPTZ '2026-01-01' - make_interval(mins => i) AS at FROM generate_series(1, :size) i) x""",
    "INSERT INTO item (code, name) SELECT 'Т-' || i, 'Дрель ' || i FROM generate_series(1, :fewer) i",
    f"""INSERT INTO buyer_order (number, date, counterparty_id, manager_id, ship_on, pay_by, rest_quantity, amount)
    SELECT 'ЗК-' || i, DATE '2026-01-01' - i % 900, i, {MANAGER}, DATE '2026-01-01' - i % 900,
        DATE '2026-02-01' - i % 900, CASE WHEN i % 30 = 0 THEN 5 ELSE 0 END, CASE WHEN i % 30 = 10 THEN 100 ELSE 0 END
    FROM generate_series(1, :fewer) i""",
    f"""INSERT INTO task (text, author_id, executor_id, due_on, done_on)
    SELECT 'Дело ' || i, :anna, m.id, DATE '2026-01-01' - i % 900, CASE WHEN i % 20 > 0 THEN DATE '2026-01-01' END
    FROM (SELECT i, {MANAGER} AS id FROM generate_series(1, :fewer) i) m""",
    f"""INSERT INTO shipment (number, date, counterparty_id, manager_id)
    SELECT 'РН-' || i, DATE '2026-01-01' - i % 900, i, {MANAGER} FROM generate_series(1, :fewer) i""",
    """INSERT INTO payment (number, date, counterparty_id, amount)
    SELECT 'ПП-' || i, DATE '2026-01-01' - i % 900, i, 100 FROM generate_series(1, :fewer) i""",
    """INSERT INTO client_figure (counterparty_id, debt, last_contact_at, next_contact_at, abc, stage)
    SELECT i, CASE WHEN i % 30 = 0 THEN i ELSE 0 END, TIMESTAMPTZ '2026-01-01' - make_interval(mins => i),
        CASE WHEN i % 20 = 0 THEN TIMESTAMPTZ '2026-01-01' - make_interval(mins => i) ELSE 'infinity' END,
        CASE WHEN i % 500 = 0 THEN 'A' WHEN i % 3 > 0 THEN 'C' END, CASE i % 500 WHEN 0 THEN 'lost' ELSE 'regular' END
    FROM generate_series(1, :size) i""",
    """INSERT INTO abc_run (id, on_date, period_start, period_end, measure, share_a, share_b, share_c)
    VALUES (1000, '2026-01-01', '2025-01-01', '2025-12-31', 'revenue', 70, 20, 10)""",
    """INSERT INTO abc_record (run_id, counterparty_id, on_date, abc, value)
    SELECT 1000, i, '2026-01-01', 'B', 1 FROM generate_series(1, :fewer) i""",
)

WORD_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '% USING gin %'"
)
SAMPLES = 4


@pytest.fixture(scope="module")
def large(app: Flask, bases: Bases, furnished: str) -> Iterator[Flask]:
    """The application on a base of its own with tens of thousands of rows in every table."""
    address = bases.new("large", of=furnished)
    with moved(app, address):
        with app.app_context():
            with db.engine.begin() as connection:
                users = dict(connection.execute(text("SELECT username, id FROM ab_user")).all())
                # References are not checked: all are to what is generated, and half a million would take half the time.
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                # Indexes of words are made of all rows faster than row by row.
                words = connection.execute(text(WORD_INDEXES)).all()
                for name, _definition in words:
                    connection.execute(text(f"DROP INDEX {name}"))
                for statement in FILL:
                    asked = {"size": SIZE, "fewer": FEWER, "anna": users["anna"], "boris": users["boris"]}
                    connection.execute(text(statement), {n: v for n, v in asked.items() if f":{n}" in statement})
                for _name, definition in words:
                    connection.execute(text(definition))
            with db.engine.connect() as connection:
                # As autovacuum leaves it: with statistics, and nothing waiting to enter the indexes of words.
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        yield app
    bases.let_go(address)


class Reader:
    """Opens pages as one user and looks at the plan of every statement that they run."""

    def __init__(self, app: Flask, username: str) -> None:
        self.app, self.username = app, username
        self.seen: dict[tuple[Any, ...], list[Plan]] = {}
        with app.app_context():
            number = user_named(db.session(), username).id
            db.session.remove()
        self.client: FlaskClient = app.test_client()
        with self.client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = str(number), True

    def plans(self, address: str, **query: str) -> list[Plan]:
        """Of the page as it was opened first."""
        key = (address, *query.items())
        if key not in self.seen:
            self.seen[key] = self._plans(address, query)
        return self.seen[key]

    def _plans(self, address: str, query: dict[str, str]) -> list[Plan]:
        seen: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            seen.append((statement, parameters))

        event.listen(Engine, "before_cursor_execute", note)
        try:
            answer = self.client.get(address, query_string=query)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert answer.status_code in (200, 302), answer.status  # what is found alone opens its card
        with self.app.app_context(), db.engine.connect() as connection:
            return [
                Plan.of(
                    statement,
                    connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one(),
                )
                for statement, parameters in seen
                # Counts stop at a cap: whichever way they are the cheapest, they are bounded.
                if statement.startswith(("SELECT", "WITH")) and not statement.startswith("SELECT count(")
            ]


def read_whole(plans: list[Plan]) -> list[tuple[str, set[str]]]:
    """The statements that read a big table whole, and which."""
    return [
        (plan.statement, scans)
        for plan in plans
        if (scans := plan.scans & BIG - (JOINED if " AS met " in plan.statement else set()))
    ]


def indexes(plans: list[Plan]) -> set[str]:
    return set().union(*(plan.indexes for plan in plans))


@pytest.fixture(scope="module", params=["admin", "anna", "boris"])
def reader(large: Flask, request: pytest.FixtureRequest) -> Reader:
    """Who sees everything, a manager whom the row rules narrow, and one with clients of others besides."""
    return Reader(large, request.param)


# Address, what is asked, and an index that answers whoever sees everything (a manager's may be a better one).
LISTS = [
    ("/", {}, "ix_contact_planned"),
    ("/", {}, "ix_abc_record_fell"),
    ("/", {}, "ix_contact_inquiries"),
    ("/", {}, "ix_buyer_order_to_pay|ix_buyer_order_unpaid"),
    ("/counterparties/list/", {}, "ix_counterparty_name_sort_id"),
    (
        "/counterparties/list/",
        {"_oc_CounterpartyView": "registered_on", "_od_CounterpartyView": "desc"},
        "ix_counterparty_registered_on_id",
    ),
    ("/persons/list/", {}, "ix_contact_person_name_sort_id"),
    ("/contacts/list/", {}, "ix_contact_starts_at_id"),
    ("/contacts/list/", {"_flt_0_when": "overdue"}, "ix_contact_planned_all"),
    ("/contacts/list/", {"view": "all"}, "ix_contact_starts_at_id"),
    ("/orders/list/", {}, "ix_buyer_order_date_id"),
    ("/shipments/list/", {}, "ix_shipment_date_id"),
    ("/payments/list/", {}, "ix_payment_date_id"),
    ("/items/list/", {}, "ix_item_name_sort_id"),
    *(
        (
            "/counterparties/list/",
            {"_oc_CounterpartyView": column, "_od_CounterpartyView": way},
            f"ix_client_figure_{column}",
        )
        for column in ("debt", "last_contact", "next_contact", "abc")
        for way in ("asc", "desc")
    ),
    ("/counterparties/list/", {"_flt_0_debt": "1000000"}, "ix_client_figure_debt"),
    ("/counterparties/list/", {"_flt_0_abc": "A"}, "ix_client_figure_abc"),
    ("/counterparties/list/", {"_flt_0_stage": "lost"}, "ix_client_figure_stage"),
]
CALENDAR = [
    ("/calendar/", {}, "ix_contact_planned"),
    ("/calendar/", {"responsible": "all"}, "ix_contact_planned_all"),
    ("/calendar/", {"responsible": "all"}, "ix_buyer_order_to_ship_all"),
    ("/calendar/", {"responsible": "all"}, "ix_buyer_order_to_pay_all"),
    ("/calendar/", {"responsible": "all"}, "ix_task_open_all"),
    ("/calendar/", {"responsible": "all", "importance": "high"}, "ix_contact_planned_all"),
    ("/calendar/", {"responsible": "all", "after": "1735689600000000_3_20"}, "ix_contact_planned_all"),
    ("/calendar/", {"event": "shipment", "span": "today"}, "ix_buyer_order_to_ship"),
    ("/calendar/", {"after": "1735689600000000_1_20"}, "ix_contact_planned"),
    (
        "/calendar/",
        {"counterparty": "20", "event": "contact"},
        "ix_contact_counterparty_id_starts_at_id|ix_contact_planned",
    ),
    ("/calendar/count", {}, "ix_contact_planned"),
    ("/calendar/grid", {"view": "month", "start": "2025-12-01", "end": "2026-01-12"}, "ix_contact_planned"),
    ("/calendar/json", {"span": "2025-12-01..2025-12-31"}, "ix_contact_planned"),
]
WORDS = [
    ("/counterparties/list/", {"_flt_0_words": "никогда никого"}, "ix_counterparty_words"),
    ("/counterparties/list/", {"_flt_0_words": "луч123"}, "ix_counterparty_words"),
    ("/counterparties/list/", {"_flt_0_words": "ооо"}, "ix_counterparty_words"),
    ("/counterparties/list/", {"_flt_0_words": "7700237570"}, "ix_counterparty_inn"),
    ("/counterparties/list/", {"_flt_0_words": "К-123"}, "uq_counterparty_code"),
    ("/persons/list/", {"_flt_0_words": "иванов15"}, "ix_contact_person_words"),
    ("/items/list/", {"_flt_0_words": "дрель 15"}, "ix_item_words"),
    ("/lookup/Counterparty", {"q": "луч15"}, "ix_counterparty_words"),
    ("/lookup/Counterparty", {"q": "луч"}, "ix_counterparty_name_sort_id"),
    ("/lookup/ContactPerson", {"q": "иванов15"}, "ix_contact_person_words"),
    ("/lookup/Item", {"q": "15"}, "ix_item_words"),
    ("/search", {"q": "луч123"}, "ix_counterparty_words"),
    ("/search", {"q": "иванов15"}, "ix_contact_person_words"),
    ("/search", {"q": "новичок150"}, "ix_contact_prospect_words"),
    ("/search", {"q": "ЗК-15"}, "uq_buyer_order_number"),
    ("/search", {"q": "ооо"}, "ix_counterparty_words"),
    ("/search", {"q": "kex123"}, "ix_counterparty_words"),
    ("/search", {"q": "8765"}, "ix_buyer_order_number_tail"),
    ("/search", {"q": "zakaz@"}, "ix_contact_info_value"),
    ("/search", {"q": "zakaz"}, "ix_contact_info_value"),
    ("/search", {"q": "1027700132195"}, "ix_counterparty_ogrn"),
    ("/search", {"q": "770701001"}, "ix_counterparty_kpp"),
    ("/search/typed", {"q": "лу"}, "ix_counterparty_name_key"),
    ("/search/typed", {"q": "ооо луч1"}, "ix_counterparty_name_key"),
    ("/search/typed", {"q": "luch123"}, "ix_counterparty_words"),
    ("/search/typed", {"q": "ектор12"}, "ix_counterparty_middle"),
    ("/search/typed", {"q": "рель 151"}, "ix_item_middle"),
    ("/search/typed", {"q": "граинт"}, "ix_counterparty_words"),
    ("/search/typed", {"q": "заказ 8765"}, "ix_buyer_order_number_tail"),
    ("/search/typed", {"q": "4567"}, "ix_contact_info_phone_tail"),
    ("/counterparties/list/", {"_flt_0_words": "ООО Луч123"}, "ix_counterparty_words"),
    ("/lookup/Counterparty", {"q": "zakaz@firm"}, "ix_contact_info_value"),
]
PHONES = [
    ("/counterparties/list/", {"_flt_0_phone": "4567"}, "ix_contact_info_phone_tail"),
    ("/search", {"q": "4567"}, "ix_contact_info_phone_tail"),
    ("/call", {"phone": "4567"}, "ix_contact_info_phone_tail"),
    ("/call", {"phone": "8 900 123-45-67"}, "ix_contact_info_phone_tail"),
    ("/call", {"phone": "x15"}, "ix_contact_info_extension"),
    ("/call", {"phone": "+79100000050"}, "ix_contact_prospect_tail"),
]
TYPED = [
    ("/counterparties/remarks", {"inn": "7700237570"}, "ix_counterparty_inn"),
    ("/counterparties/remarks", {"name": "ООО Гранит15"}, "ix_counterparty_name_key"),
    ("/contacts/remarks", {"prospect_phone": "8 900 123-45-67"}, "ix_contact_info_phone_key"),
    ("/contacts/remarks", {"prospect_email": "zakaz@firm.example"}, "ix_contact_info_value"),
    (
        "/persons/remarks",
        {"counterparty": "20", "last_name": "Иванов"},
        "ix_contact_person_counterparty_id_name_sort_id",
    ),
]
CLIENT = [
    ("/call", {"phone": "x20"}, "ix_abc_record_counterparty_id_on_date_id"),
    ("/call", {"phone": "x20"}, "ix_contact_counterparty_id_starts_at_id"),
    ("/call", {"phone": "x20"}, "ix_buyer_order_counterparty_id_date_id"),
]
CARD = [
    ("/counterparties/show/20", {}, "ix_contact_counterparty_id_starts_at_id"),
    ("/counterparties/show/20", {}, "ix_buyer_order_counterparty_id_date_id"),
    ("/counterparties/show/20", {}, "ix_shipment_counterparty_id_date_id"),
    ("/counterparties/show/20", {}, "ix_payment_counterparty_id_date_id"),
    ("/counterparties/show/20", {}, "ix_abc_record_counterparty_id_on_date_id"),
    ("/counterparties/show/20", {}, "ix_contact_info_person_id"),
    ("/counterparties/feed/20", {"after": "1766188800000000-0-7"}, "ix_contact_counterparty_id_starts_at_id"),
    ("/persons/show/20", {}, "ix_contact_person_id_starts_at_id"),
    ("/orders/show/20", {}, "ix_shipment_order_id"),
]


def answers(index: str, plans: list[Plan]) -> bool:
    """One of the indexes, where two of them are as good."""
    return not indexes(plans).isdisjoint(index.split("|"))


@pytest.mark.parametrize(("address", "query", "index"), LISTS + CALENDAR + WORDS + PHONES + TYPED + CLIENT + CARD)
def test_an_index_answers(reader: Reader, address: str, query: dict[str, str], index: str) -> None:
    for _sample in range(SAMPLES):
        plans = reader.plans(address, **query)
        if (reader.username != "admin" or answers(index, plans)) and not read_whole(plans):
            break
        # Statistics are of a sample of the rows: an unlucky one is taken again, as autovacuum would.
        with reader.app.app_context(), db.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        reader.seen.clear()
    assert read_whole(plans) == []
    if reader.username == "admin":
        assert answers(index, plans), indexes(plans)


def test_the_list_of_a_manager_is_read_by_his_own_index(large: Flask) -> None:
    assert "ix_counterparty_manager_id_name_sort_id" in indexes(Reader(large, "anna").plans("/counterparties/list/"))


def test_the_calendars_of_some_people_are_read_each_by_his_own_index(large: Flask) -> None:
    some = ",".join(["anna", *(f"user{number}" for number in range(1, 11))])
    for more in ({}, {"importance": "high"}, {"after": "1735689600000000_3_20"}, {"event": "payment,shipment"}):
        plans = Reader(large, "admin").plans("/calendar/", responsible=some, **more)
        assert read_whole(plans) == []
        assert answers("ix_buyer_order_to_ship" if "event" in more else "ix_contact_planned", plans)


def test_a_page_of_one_row_is_not_planned_each_time(large: Flask) -> None:
    reader = Reader(large, "admin")
    with large.app_context():
        db.engine.dispose()  # what is asked below goes by one connection
    for address, asked in (("/counterparties/list/", {"_flt_0_code": "К-20"}), ("/call", {"phone": "x20"})):
        for _time in range(7):
            assert reader.client.get(address, query_string=asked).status_code == 200
    kept = text("SELECT statement, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%INTEGER[]%'")
    with large.app_context(), db.engine.connect() as connection:
        plans = dict(connection.execute(kept).all())
    assert len(plans) > 3
    assert [statement for statement, made in plans.items() if made > 5] == []


def test_a_table_read_whole_would_be_noticed(large: Flask) -> None:
    with large.app_context(), db.engine.connect() as connection:
        statement = "SELECT id FROM counterparty WHERE comment = 'x'"
        plan = Plan.of(statement, connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}").scalar_one())
    assert plan.scans & BIG == {"counterparty"}
