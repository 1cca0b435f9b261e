"""Own fields go into files and come out of them, by their names and their keys."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.own_fields import Owner, OwnKind
from app.domain.viewer import Sees, Viewer
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.models.own_fields import OwnField
from app.models.products import Item
from app.services import exchange, own_fields
from app.services.exchange import ImportReport, exporting
from tests.conftest import user_named
from tests.factories import added, buyer

TODAY = date(2026, 3, 10)


def field(session: Session, name: str, kind: OwnKind = OwnKind.TEXT, **more: Any) -> OwnField:
    made = OwnField(**{"owner": Owner.COUNTERPARTY, "name": name, "kind": kind, **more})
    own_fields.save_field(session, made)
    return made


def imported(session: Session, file: str | bytes, kind: str = "counterparties", **more: Any) -> ImportReport:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    return exchange.run_import(
        session, kind, file.encode() if isinstance(file, str) else file, now=now, today=TODAY, **more
    )


def exported(session: Session, kind: str = "counterparties") -> str:
    table = exchange.table_for(session, kind, (), to_write=False)
    return b"".join(block for _rows, block in exporting.csv_blocks(session, table)).decode()


def saved(session: Session, code: str) -> dict[str, Any]:
    session.expire_all()
    found: dict[str, Any] = session.scalars(select(Counterparty.own).where(Counterparty.code == code)).one()
    return found


@pytest.fixture
def fields(session: Session) -> None:
    field(session, "Регион")
    field(session, "Площадь", OwnKind.NUMBER)
    field(session, "Каналы", OwnKind.CHOICES, words=["Опт", "Розница"])
    field(session, "Договор до", OwnKind.DATE)
    field(session, "Ключевой", OwnKind.FLAG)
    field(session, "Логист", OwnKind.USER)


WHOLE = (
    "Код;Наименование;Регион;Площадь;Каналы;Договор до;Ключевой;Логист\n"
    'К-1;Вектор;"Урал ""Южный""";1 234,50;опт; 31.12.2026;да;ANNA\n'.replace("опт; ", "опт;")
    + "К-2;Клён;;;;;;\n"
)


@pytest.mark.usefixtures("fields")
def test_a_file_fills_own_fields_and_the_export_changes_nothing(session: Session) -> None:
    report = imported(session, WHOLE)
    assert (report.created, report.wrong) == (2, [])
    anna = user_named(session, "anna").id
    assert saved(session, "К-1") == {
        **{"region": 'Урал "Южный"', "ploschad": "1234.5", "kanaly": ["Опт"], "dogovor_do": "2026-12-31"},
        **{"klyuchevoy": True, "logist": anna},
    }
    assert saved(session, "К-2") == {}
    again = imported(session, exported(session))
    assert (again.created, again.updated, again.warnings, again.wrong) == (0, 0, [], [])
    book = io.BytesIO()
    exporting.write_xlsx(session, exchange.table_for(session, "counterparties", (), to_write=False), book)
    again = imported(session, book.getvalue())
    assert (again.created, again.updated, again.warnings, again.wrong) == (0, 0, [], [])


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("number", "kept"), [("123456789012.123456", str), ("-999999999999.999999", str), ("123456789.123456", float)]
)
def test_a_workbook_loses_no_digit_of_a_number(session: Session, number: str, kept: type) -> None:
    imported(session, f"code;name;ploschad\nК-1;Вектор;{number}\n")
    book = io.BytesIO()
    exporting.write_xlsx(session, exchange.table_for(session, "counterparties", (), to_write=False), book)
    again = imported(session, book.getvalue())
    assert (again.updated, again.warnings, again.wrong) == (0, [], [])
    assert saved(session, "К-1")["ploschad"] == number
    assert kept(number) in [cell.value for cell in openpyxl.load_workbook(book).worksheets[0][2]]


@pytest.mark.usefixtures("fields")
def test_an_empty_cell_leaves_a_value_and_clearing_takes_it_away(session: Session) -> None:
    imported(session, WHOLE)
    text = "code;own_ploschad;region\nК-1;;Сибирь\n"
    report = imported(session, text, dry_run=True)
    assert [(change.field, change.old, change.new) for change in report.changes] == [
        ("own_region", 'Урал "Южный"', "Сибирь")
    ]
    assert imported(session, text).updated == 1
    assert (saved(session, "К-1")["region"], saved(session, "К-1")["ploschad"]) == ("Сибирь", "1234.5")
    imported(session, text, clear=["own_ploschad"])
    assert "ploschad" not in saved(session, "К-1")


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("column", "value"),
    [("ploschad", "много"), ("kanaly", "Экспорт"), ("dogovor_do", "31.02.2026"), ("logist", "никто")],
)
def test_what_is_no_value_is_told_by_line(session: Session, column: str, value: str) -> None:
    report = imported(session, f"code;name;{column}\nК-1;Вектор;{value}\n")
    assert [(error.line, error.field) for error in report.wrong] == [(2, f"own_{column}")]
    assert report.created == 0


@pytest.mark.usefixtures("fields")
def test_a_user_is_known_by_his_names_and_several_words_stand_between_commas(session: Session) -> None:
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    anna.first_name, anna.last_name = boris.first_name, boris.last_name = "Семён", "Ёлкин"
    lines = "К-1;Вектор;ёлкин Семен;Розница, опт\n"
    report = imported(session, f"code;name;logist;kanaly\n{lines}")
    [namesakes] = report.wrong
    assert (namesakes.line, namesakes.field) == (2, "own_logist")
    assert "“ёлкин Семен”" in namesakes.text
    assert "login" in namesakes.text
    boris.first_name = "Борис"
    assert imported(session, f"code;name;logist;kanaly\n{lines}").created == 1
    assert saved(session, "К-1") == {"logist": anna.id, "kanaly": ["Розница", "Опт"]}


def test_a_new_row_gets_the_default_and_lacks_nothing_required(session: Session) -> None:
    field(session, "Регион", default="Урал")
    field(session, "Склад", is_required=True)
    report = imported(session, "code;name\nК-1;Вектор\n")
    assert [error.field for error in report.wrong] == ["own_sklad"]
    assert imported(session, "code;name;sklad\nК-1;Вектор;№ 5\n").created == 1
    assert saved(session, "К-1") == {"region": "Урал", "sklad": "№ 5"}


def test_a_field_of_others_has_no_column(session: Session) -> None:
    field(session, "Скидка", seen_by=["Commercial director"])
    added(session, Counterparty(code="К-1", name="Клен", own={"skidka": "5"}))
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.ALL}, ["Sales manager"])
    assert "skidka" not in exported(session)
    report = imported(session, "code;name;Скидка\nК-1;Клен;90\n")
    assert len(report.ignored) == 1
    assert saved(session, "К-1") == {"skidka": "5"}


def test_orders_have_them_once_a_document(session: Session) -> None:
    field(session, "Проект", owner=Owner.ORDER)
    buyer(session, code="К-1")
    added(session, Item(code="Т-1", name="Гвозди"))
    head = "number;date;counterparty;item;quantity;price;Проект\n"
    lines = "1;2026-03-01;К-1;Т-1;2;5;Мост\n1;2026-03-01;К-1;Т-1;3;6;Мост\n"
    report = imported(session, head + lines, "orders")
    assert (report.created, report.wrong) == (1, [])
    assert session.scalars(select(BuyerOrder.own)).all() == [{"proekt": "Мост"}]
    again = imported(session, exported(session, "orders"), "orders")
    assert (again.created, again.updated, again.wrong) == (0, 0, [])
    assert imported(session, head + lines.replace("Мост", "Дом"), "orders").updated == 1
