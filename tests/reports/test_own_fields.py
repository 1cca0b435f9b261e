"""Own fields in reports: a column, a grouping and a choice beside whatever leads to their row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.domain.own_fields import Owner, OwnKind
from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.own_fields import OwnField
from app.services import own_fields
from reports.classification.abc_buyers import AbcBuyers
from reports.kit.plain import json_pieces
from tests.conftest import user_named
from tests.factories import added

TODAY = date(2026, 3, 10)
CHOSEN = "buyer,own_counterparty_kanal,own_counterparty_ploschad,own_counterparty_logist,own_counterparty_seti"


@pytest.fixture(autouse=True)
def in_russian(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("ru"):
        yield


@pytest.fixture(autouse=True)
def clients(session: Session) -> None:
    anna = user_named(session, "anna")
    for name, kind, words, seen_by in (
        ("Канал", OwnKind.CHOICE, ["Опт", "Розница"], []),
        ("Площадь", OwnKind.NUMBER, [], []),
        ("Логист", OwnKind.USER, [], []),
        ("Сети", OwnKind.CHOICES, ["А", "Б"], []),
        ("Тайна", OwnKind.TEXT, [], ["Commercial director"]),
    ):
        field = OwnField(owner=Owner.COUNTERPARTY, name=name, kind=kind, words=words, seen_by=seen_by)
        own_fields.save_field(session, field)
    for code, own in (
        ("Вектор", {"kanal": "Опт", "ploschad": "12.5", "logist": anna.id, "seti": ["А", "Б"], "tayna": "икс"}),
        ("Клен", {"kanal": "Розница", "ploschad": "100"}),
        ("Мак", {}),
    ):
        added(session, Counterparty(code=code, name=code, manager=anna, own=own))


def report(session: Session, **asked: str) -> Any:
    return json.loads("".join(json_pieces(AbcBuyers().tables(session, asked, today=TODAY))))[0]


def names(session: Session, **asked: str) -> list[str]:
    return sorted(row["buyer"] for row in report(session, columns=CHOSEN, **asked)["rows"])


def test_columns_are_there_for_whoever_ticks_them(session: Session) -> None:
    rows = {row["buyer"]: row for row in report(session, columns=CHOSEN)["rows"]}
    assert rows["Вектор"] == {
        "buyer": "Вектор",
        "own_counterparty_kanal": "Опт",
        "own_counterparty_ploschad": "12.5",
        "own_counterparty_logist": "Анна Петрова",
        "own_counterparty_seti": "А, Б",
    }
    assert rows["Мак"]["own_counterparty_kanal"] is None
    assert "own_counterparty_kanal" not in report(session)["rows"][0]


def test_rows_are_grouped_by_a_word_of_a_list(session: Session) -> None:
    (table,) = AbcBuyers().tables(session, {"group": "own_counterparty_kanal"}, today=TODAY)
    assert {key for key in table.totals if key} == {("Опт",), ("Розница",), (None,)}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("kanal", "опт", ["Вектор"]),
        ("ploschad", "50..", ["Клен"]),
        ("ploschad", "..50", ["Вектор"]),
        ("ploschad", "100", ["Клен"]),
        ("logist", "Anna", ["Вектор"]),
        ("seti", "Б", ["Вектор"]),
        ("tayna", "икс", ["Вектор"]),
    ],
)
def test_a_report_is_narrowed_by_them(session: Session, name: str, text: str, found: list[str]) -> None:
    assert names(session, **{f"own_counterparty_{name}": text}) == found


@pytest.mark.parametrize(("name", "text"), [("kanal", "Экспорт"), ("ploschad", "много"), ("nothing", "1")])
def test_what_means_nothing_is_refused_at_its_name(session: Session, name: str, text: str) -> None:
    with pytest.raises(Refused) as refused:
        names(session, **{f"own_counterparty_{name}": text})
    assert refused.value.field == f"own_counterparty_{name}"


def test_nobody_asks_for_the_fields_of_others(session: Session) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN}, ["Sales manager"])
    with pytest.raises(Refused):
        names(session, own_counterparty_tayna="икс")
    with pytest.raises(Refused):
        report(session, columns="buyer,own_counterparty_tayna")
