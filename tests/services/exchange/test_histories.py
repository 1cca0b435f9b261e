"""Who was responsible when, who works with a client besides, and who came from where: by files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.counterparties import AdditionalManager, Counterparty
from app.models.histories import ManagerRecord, SourceRecord
from app.services.counterparties.counterparties import RESPONSIBLES
from app.services.exchange import TABLES, exporting
from app.services.exchange.report import ImportReport
from tests.clients import Clients
from tests.conftest import user_named
from tests.services.exchange.conftest import wrong

Imports = Callable[..., ImportReport]


@pytest.fixture
def client(session: Session) -> Counterparty:
    return Clients(session).company("Ромашка", "anna", registered_on=date(2026, 3, 1))


def counts(report: ImportReport) -> tuple[int, int, int]:
    assert report.wrong == []
    return report.created, report.updated, report.skipped


def managers(session: Session) -> list[tuple[date, str | None]]:
    rows = session.scalars(select(ManagerRecord).order_by(ManagerRecord.on).execution_options(populate_existing=True))
    return [(row.on, row.manager and row.manager.username) for row in rows]


def test_history_of_managers_comes_in_and_the_latest_day_is_in_the_card(
    imports: Imports, session: Session, client: Counterparty
) -> None:
    file = (
        "code;on;manager".replace("code", "counterparty"),
        f"{client.code};01.01.2026;",
        f"{client.code};2026-05-01;boris",
    )
    assert counts(imports("manager-history", *file)) == (2, 0, 0)
    assert managers(session) == [(date(2026, 1, 1), None), (date(2026, 3, 1), "anna"), (date(2026, 5, 1), "boris")]
    session.expire(client)
    assert client.manager.username == "boris"
    assert counts(imports("manager-history", *file)) == (0, 0, 2)


def test_history_of_sources_comes_in(imports: Imports, session: Session, client: Counterparty) -> None:
    file = ("counterparty;on;source", f"{client.code};01.04.2026;Выставка")
    assert counts(imports("source-history", *file)) == (1, 0, 0)
    assert counts(imports("source-history", *file)) == (0, 0, 1)
    session.expire(client)
    assert client.source.name == "Выставка"
    assert session.scalars(select(SourceRecord.on)).all() == [date(2026, 4, 1)]


def test_a_history_has_no_future(imports: Imports, client: Counterparty) -> None:
    report = imports("manager-history", "counterparty;on;manager", f"{client.code};01.01.2199;boris")
    assert [(error.line, error.field) for error in report.wrong] == [(2, "on")]


@pytest.mark.parametrize(("manager", "wrong"), [("boris", True), ("anna", False), ("", False)])
def test_a_file_gives_no_client_away_for_those_without_the_right(
    imports: Imports, session: Session, client: Counterparty, manager: str, wrong: bool
) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.ALL})
    lines: list[Any] = ["code;name;manager", f"{client.code};Ромашка;{manager}", f"Н-1;Новый;{manager}"]
    report = imports("counterparties", *lines, lacking=[RESPONSIBLES])
    assert [(error.line, error.field) for error in report.wrong] == ([(2, "manager"), (3, "manager")] if wrong else [])
    assert imports("counterparties", *lines).wrong == []


ADDITIONAL = "additional-managers"


def three_clients(imports: Imports) -> None:
    counts(imports("counterparties", "code;name;manager", "К1;Мак;anna", "К2;Лютик;boris", "К3;Роза;"))


def working(session: Session) -> list[tuple[str, str, str]]:
    rows = session.scalars(select(AdditionalManager).order_by(AdditionalManager.id)).all()
    return [(row.counterparty.code, row.user.username, row.since.isoformat()) for row in rows]


def test_additional_managers_come_in_and_go_out_so_that_they_come_in_again(imports: Imports, session: Session) -> None:
    three_clients(imports)
    lines = ("Мак;Борис Ёлкин;01.02.2026", "К1;vera;", "К3;anna;2026-03-01")
    assert counts(imports(ADDITIONAL, "Контрагент;Сотрудник;С", *lines)) == (3, 0, 0)
    today = session.scalar(select(AdditionalManager.since).join(AdditionalManager.user).filter_by(username="vera"))
    assert working(session) == [
        ("К1", "boris", "2026-02-01"),
        ("К1", "vera", f"{today}"),
        ("К3", "anna", "2026-03-01"),
    ]
    header, *rows = exporting.export_rows(session, TABLES[ADDITIONAL], exporting.PLAIN)
    again = [";".join(str(value or "") for value in row) for row in (header, *rows)]
    assert counts(imports(ADDITIONAL, *again)) == (0, 0, 3)


def test_a_wrong_line_of_additional_managers_is_told_and_changes_nothing(imports: Imports, session: Session) -> None:
    three_clients(imports)
    lines = ("К1;vera;", "К1;anna;", "К2;никто;", "К9;vera;", "К2;;", "К2;vera;01.01.2999")
    told = wrong(imports(ADDITIONAL, "counterparty;manager;on", *lines))
    assert told == [(3, "manager"), (4, "manager"), (5, "counterparty"), (6, "manager"), (7, "on")]
    assert working(session) == []


def test_nobody_shares_clients_that_he_does_not_see(imports: Imports, session: Session) -> None:
    three_clients(imports)
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    try:
        told = wrong(imports(ADDITIONAL, "counterparty;manager", "К2;vera"))
        counts(imports(ADDITIONAL, "counterparty;manager", "К1;vera"))
    finally:
        session.info.pop("viewer")
    assert told == [(2, "counterparty")]
    assert [row[:2] for row in working(session)] == [("К1", "vera")]


def test_a_file_that_makes_an_additional_manager_responsible_leaves_him_that_alone(
    imports: Imports, session: Session
) -> None:
    three_clients(imports)
    counts(imports(ADDITIONAL, "counterparty;manager", "К1;boris", "К1;vera", "К2;vera"))
    counts(imports("counterparties", "code;manager", "К1;boris"))
    assert [row[:2] for row in working(session)] == [("К1", "vera"), ("К2", "vera")]
