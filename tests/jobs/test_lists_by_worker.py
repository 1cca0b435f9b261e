"""What a list leaves to a worker is done there as the list would: no page and nobody logged in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.viewer import Sees, Viewer
from app.domain.words import JobKind
from app.models.counterparties import Counterparty, CounterpartyGroup
from app.models.jobs import Job
from app.queries.rights import rights_of
from app.services.jobs import Outcome, Run
from app.web.work import KINDS
from tests.clients import Clients
from tests.conftest import user_named


@pytest.fixture(autouse=True)
def in_the_app(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def work(session: Session, kind: JobKind, **params: Any) -> Outcome:
    """Done for Anna, who sees her own clients."""
    anna = user_named(session, "anna")
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN})
    rows = {"view": "CounterpartyView", "choice": {"_flt_0_words": "Ромашка"}, "ids": None, "hidden": []}
    job = Job(kind=kind, params={**rows, **params}, user_id=anna.id, user=anna)
    run = Run(clock.now(), clock.today(), lambda _done, _total: None, rights_of(session, anna.id))
    return KINDS[kind].handler(session, job, run)


def test_a_workbook_has_the_rows_that_its_reader_sees(session: Session) -> None:
    clients = Clients(session)
    mine = clients.company("Ромашка Анны")
    clients.debt(mine, shipped=500, paid=100)
    clients.company("Ромашка Бориса", "boris")
    columns = ["name", "debt", "phone", "stage"]
    made = work(session, JobKind.LIST_WORKBOOK, columns=columns, title="Контрагенты", name="к.xlsx")
    assert made.output
    sheet = openpyxl.load_workbook(io.BytesIO(made.output.content)).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [["Ромашка Анны", 400, None, None]]


def test_many_rows_are_changed_and_those_of_others_are_not(session: Session) -> None:
    clients = Clients(session)
    group = clients.add(CounterpartyGroup(name="Опт"))
    mine = [clients.company(f"Ромашка {n}") for n in range(3)]
    foreign = clients.company("Ромашка Бориса", "boris")
    ids = [row.id for row in (*mine, foreign)]
    told = work(session, JobKind.BULK_CHANGE, ids=ids, field="group", values=[str(group.id)]).result
    assert told["rows"] == 3
    assert "Не ваши: 1." in told["told"]
    del session.info["viewer"]
    session.expire_all()
    found: dict[Any, Any] = dict(map(tuple, session.execute(select(Counterparty.id, Counterparty.group_id))))
    assert [found[number] for number in ids] == [group.id] * 3 + [None]
