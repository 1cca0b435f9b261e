"""Every table is taken out in every format, by whoever may read it."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.services import exchange
from tests.conftest import filled_once
from tests.services.exchange.conftest import NOW, TODAY

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("warm_gate")]
Login = Callable[..., FlaskClient]


def fill(session: Session) -> None:
    for kind, source in (
        ("counterparties", "code,name,manager\nК1,Ромашка,anna\nК2,Ёж,boris"),
        ("items", "code,name,price\nA,Чай,10.5"),
        ("orders", "number,date,counterparty,item,quantity,price\n1,2026-11-20,К1,A,2,10.5\n2,2026-11-20,К2,A,1,1"),
    ):
        assert exchange.run_import(session, kind, source.encode(), now=NOW, today=TODAY).created


filled, session = filled_once(fill)


@pytest.mark.parametrize(
    ("kind", "ending"), [(kind, ending) for kind, table in exchange.TABLES.items() for ending in table.endings]
)
def test_every_table_can_be_taken_out(login: Login, kind: str, ending: str) -> None:
    with login("vera").get(f"/export/{kind}.{ending}") as answer:
        assert answer.status_code == 200
        assert f".{ending}" in answer.headers["Content-Disposition"]


def test_the_export_of_a_manager_has_his_rows_only(login: Login) -> None:
    text = login("anna").get("/export/orders.csv").data.decode("utf-8-sig")
    assert [line.split(";")[2] for line in text.splitlines()[1:]] == ["К1"]
    book = openpyxl.load_workbook(io.BytesIO(login("boris").get("/export/counterparties.xlsx").data))
    assert [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)] == ["К2"]
    text = login("vera").get("/export/orders.csv").data.decode("utf-8-sig")
    assert len(text.splitlines()) == 3


def test_only_tables_that_may_be_read_are_offered(login: Login) -> None:
    pavel = login("pavel")
    with pavel.get("/export/items.csv") as answer:
        assert answer.status_code == 200
    assert login("vera").get("/export/nothing.csv").status_code == 404
    assert "/export/orders.xlsx" in login("vera").get("/export/").text
