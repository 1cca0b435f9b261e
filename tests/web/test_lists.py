"""A list costs little, whatever the address asks, and never falls."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.web import datamodel
from app.web.datamodel import DataModel
from app.web.display import AtLeast, count_text
from app.web.views import CrmView
from tests.clients import Clients

Login = Callable[..., FlaskClient]
ENGLISH = True


def many(session: Session, count: int) -> None:
    """So many counterparties of one another's neighbours in the order of names."""
    rows = [{"code": f"М{n}", "name": f"Фирма {n:05}", "registered_on": date(2026, 1, 1)} for n in range(count)]
    session.execute(insert(Counterparty), rows)


NONSENSE = [
    "page_CounterpartyView=abc",
    "page_CounterpartyView=-5",
    "page_CounterpartyView=99999999999999999999",
    "page_X=abc",
    "psize_CounterpartyView=abc",
    "psize_CounterpartyView=0",
    "_flt_9_words=x",
    "_flt_0_manager=zzz",
    "_flt_0_manager=99999999999999",
    "_flt_0_is_buyer=maybe",
    "_flt_0_name_sort=x",
    "_flt_0_words=%27%25%5C:*%26",
    "_flt_0_phone=%2B",
    "_oc_CounterpartyView=no_such&_od_CounterpartyView=asc",
    "_oc_CounterpartyView=manager&_od_CounterpartyView=asc",
    "_oc_CounterpartyView=manager.password&_od_CounterpartyView=asc",
]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_the_address_is_not_an_error(login: Login, session: Session, query: str) -> None:
    Clients(session).company("Ромашка")
    assert login("admin").get(f"/counterparties/list/?{query}").status_code == 200


@pytest.mark.parametrize("query", ["_flt_0_starts_at=abc", "_flt_1_starts_at=9999-12-31", "_flt_0_kind=dream"])
def test_a_filter_of_a_wrong_kind_finds_nothing(login: Login, session: Session, query: str) -> None:
    clients = Clients(session)
    clients.contact(clients.company("Ромашка"), "Обсудить цены")
    page = login("admin").get(f"/contacts/list/?{query}")
    assert page.status_code == 200
    assert "Обсудить" not in page.text


def test_a_nul_in_the_address_is_a_bad_request(login: Login) -> None:
    assert login("admin").get("/counterparties/list/?_flt_0_words=%00").status_code == 400


def test_nobody_sorts_by_the_password_of_the_manager(login: Login, sql: list[str]) -> None:
    client = login("admin")
    sql.clear()
    client.get("/counterparties/list/?_oc_CounterpartyView=manager.password&_od_CounterpartyView=asc")
    orders = re.findall(r"ORDER BY [^\n)]*", "\n".join(sql))
    assert any("name_sort" in order for order in orders)
    assert not any("password" in order for order in orders)


def test_a_page_never_has_more_than_a_hundred_rows(login: Login, session: Session) -> None:
    many(session, 150)
    page = login("admin").get("/counterparties/list/?psize_CounterpartyView=100000").text
    assert page.count('class="lead-link"') == 100


def test_counting_stops(login: Login, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datamodel, "COUNT_CAP", 40)
    many(session, 60)
    client = login("admin")
    assert "40+" in client.get("/counterparties/list/").text
    # Deeper than the cap one still reaches every row.
    assert "Фирма 00059" in client.get("/counterparties/list/?page_CounterpartyView=2").text


@pytest.mark.parametrize(("rows", "page", "is_counted"), [(3, 0, False), (60, 0, True), (60, 2, False), (3, 1, True)])
def test_a_page_that_is_the_last_is_counted_by_its_own_rows(
    app: Flask, session: Session, rows: int, page: int, is_counted: bool
) -> None:
    many(session, rows)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "count(" in statement:
            asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    with app.app_context():
        assert DataModel(Counterparty).page(None, None, page, 25)[0] == rows
    event.remove(Engine, "before_cursor_execute", note)
    (statement, values) = asked[0]
    plan = session.connection().exec_driver_sql(f"EXPLAIN ANALYZE {statement}", values).scalars().all()
    counting = [line for line in plan if "Aggregate" in line]
    assert counting
    assert all(("never executed" not in line) is is_counted for line in counting)


@pytest.mark.parametrize(("page", "is_kept"), [(0, True), (1, False)])
def test_a_plan_that_is_kept_is_made_for_as_few_rows_as_a_page_has(
    app: Flask, session: Session, page: int, is_kept: bool
) -> None:
    """Where the base did not see how few, it would make ready to give a tenth of the table."""
    many(session, 30)
    asked: list[tuple[str, bool]] = []

    def note(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        if "count(" in statement:
            asked.append((statement, "keeps_plan" in context.execution_options))

    event.listen(Engine, "before_cursor_execute", note)
    with app.app_context():
        DataModel(Counterparty).page(None, None, page, 25)
    event.remove(Engine, "before_cursor_execute", note)
    [(statement, kept)] = asked
    assert (kept, "LIMIT 25" in statement, "LIMIT 1001" in statement) == (is_kept,) * 3


def test_the_pages_of_a_list_have_every_row_once(login: Login, session: Session) -> None:
    many(session, 60)
    client = login("admin")
    pages = [client.get(f"/counterparties/list/?page_CounterpartyView={n}").text for n in range(3)]
    assert [sum(f"Фирма {n:05}" in page for page in pages) for n in range(60)] == [1] * 60


def test_where_counting_stopped_is_seen() -> None:
    assert count_text(AtLeast(10_001)) == "10\u00a0000+"
    assert count_text(1234) == "1\u00a0234"


@pytest.mark.parametrize("place", ["show", "edit", "delete"])
@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648", "-1", "abc", "1.5", "²"])
def test_a_number_that_no_row_can_have_is_not_found(login: Login, place: str, number: str) -> None:
    client = login("admin")
    ask = client.post if place == "delete" else client.get
    assert ask(f"/counterparties/{place}/{number}").status_code == 404


def test_a_search_by_text_takes_percent_and_underscore_as_they_are(login: Login, session: Session) -> None:
    clients = Clients(session)
    clients.order(clients.company("Ромашка"), "А-1")
    client = login("admin")
    assert "А-1" in client.get("/orders/list/?_flt_0_number=а-").text
    assert "А-1" not in client.get("/orders/list/?_flt_0_number=%25").text
    assert "А-1" not in client.get("/orders/list/?_flt_0_number=_").text


def views_of(app: Flask) -> list[Any]:
    return [view for view in app.appbuilder.baseviews if isinstance(view, CrmView)]


def test_no_view_gives_the_folder_of_uploads(app: Flask) -> None:
    assert [rule.rule for rule in app.url_map.iter_rules() if "download" in rule.rule] == []


SMALL = {
    "mailbox",
    "own_field",
    "ab_user",
    "ab_role",
    "information_source",
    "campaign",
    "counterparty_group",
    "contact_info_kind",
    "closing_reason",
    "policy",
    "webhook",
    "organisation",
    "bank_account",
    "work_plan_rule",
}


def test_every_order_of_a_list_has_an_index(app: Flask) -> None:
    missing = []
    for view in views_of(app):
        table = view.datamodel.obj.__table__
        starts = {tuple(c.name for c in index.columns)[:2] for index in table.indexes}
        starts |= {(c.name, "id") for c in table.columns if c.unique or c.primary_key}
        # Few rows share what begins a unique index: a number of every year, a number of every payer.
        starts |= {
            (next(iter(index.columns)).name, "id") for index in table.indexes if index.unique and len(index.columns)
        }
        columns = view.datamodel.obj.__mapper__.columns
        kept = [behind for behind in view.datamodel.order_by.values() if not isinstance(behind, str)]
        for behind in kept:  # figures kept beside the rows, by their number
            of_figures = behind.class_.__table__
            starts_of = {tuple(c.name for c in index.columns) for index in of_figures.indexes}
            assert (behind.key, next(iter(of_figures.primary_key)).name) in starts_of, behind
        own_orders = [behind for behind in view.datamodel.order_by.values() if isinstance(behind, str)]
        for column in {columns[name].name for name in own_orders}:
            own = any(
                c.endswith("_id") and (c, column) in starts for c in [*table.columns.keys()]
            )  # lines of a document
            if table.name not in SMALL and (column, "id") not in starts and not own:
                missing.append((table.name, column))
    assert missing == []


def test_every_order_is_one_of_those_with_an_index(app: Flask) -> None:
    assert [type(v).__name__ for v in views_of(app) if v.base_order and v.base_order[0] not in v.order_columns] == []


def test_a_foreign_key_of_an_order_is_not_loaded_row_by_row(login: Login, session: Session, sql: list[str]) -> None:
    clients = Clients(session)
    for n in range(20):
        company = clients.company(f"Фирма {n}", ["anna", "boris"][n % 2])
        session.add(BuyerOrder(number=f"З{n}", date=date(2026, 1, 1), counterparty=company, manager=company.manager))
    session.flush()
    session.expire_all()
    client = login("admin")
    sql.clear()
    assert client.get("/orders/list/").text.count("Фирма ") >= 20
    assert len(sql) <= 6, "\n".join(sql)
