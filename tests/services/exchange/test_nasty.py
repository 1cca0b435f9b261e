"""What else stands in the tables of other people."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.services import exchange
from tests.factories import added, buyer
from tests.services.exchange.conftest import NOW, TODAY, Imports, counts, wrong

pytestmark = pytest.mark.slow

ORDER = "Номер;Дата;Контрагент;Товар;Количество;Цена"


@pytest.fixture(autouse=True)
def trade(session: Session) -> None:
    buyer(session, "Башкирский мёд", code="К1", inn="0274062111")
    added(session, Item(code="A", name="Чай"))


def told(report: exchange.ImportReport) -> list[tuple[int, str]]:
    return [(warning.line, warning.field) for warning in report.warnings]


def read(session: Session, app: Any, kind: str, source: bytes, **more: Any) -> exchange.ImportReport:
    with app.test_request_context():
        return exchange.run_import(session, kind, source, now=NOW, today=TODAY, **more)


def days(session: Session) -> list[str]:
    return [day.isoformat() for day in session.scalars(select(BuyerOrder.date).order_by(BuyerOrder.number))]


def test_a_month_before_the_day_is_understood_when_the_whole_column_says_so(session: Session, imports: Imports) -> None:
    lines = (ORDER, "1;11/23/2026;К1;A;1;1", "2;03/04/2026 0:00;К1;A;1;1", "3;2/20/2026 3:15 PM;К1;A;1;1")
    report = imports("orders", *lines)
    assert (counts(report), told(report)) == ((3, 0, 0), [(2, "date")])
    assert days(session) == ["2026-11-23", "2026-03-04", "2026-02-20"]


@pytest.mark.parametrize("other", ["23/11/2026", "23.13.2026", "вчера"])
def test_a_month_before_the_day_is_refused_in_a_column_that_is_not_so(imports: Imports, other: str) -> None:
    report = imports("orders", ORDER, "1;11/23/2026;К1;A;1;1", f"2;{other};К1;A;1;1")
    assert (2, "date") in wrong(report)
    assert "11/23/2026" in report.wrong[0].text
    assert "месяц" in report.wrong[0].text


@pytest.mark.parametrize(
    "day",
    [
        *("15 января 2026 г.", "15 янв. 2026", "15-Jan-26", "15.01.2026г.", "15.01.2026 23:59:59", "2026-01-15T10:30"),
        *("2026-01-14T22:30:00Z", "2026-01-15T06:30:00+09:00"),  # when it is day here
    ],
)
def test_a_day_is_a_day_however_it_is_written(session: Session, imports: Imports, day: str) -> None:
    assert counts(imports("orders", ORDER, f"1;{day};К1;A;1;1")) == (1, 0, 0)
    assert days(session) == ["2026-01-15"]


def test_days_far_from_today_are_told_but_a_birthday_may_be_old(imports: Imports) -> None:
    report = imports("orders", ORDER, "1;15.01.1989;К1;A;1;1", "2;15.01.2032;К1;A;1;1", "3;15.01.2031;К1;A;1;1")
    assert (counts(report), told(report)) == ((3, 0, 0), [(2, "date"), (3, "date")])
    report = imports("payments", "Номер;Дата;Контрагент;Сумма", "1;15.01.1970;К1;5")
    assert told(report) == [(2, "date")]
    report = imports("persons", "Контрагент;Фамилия;День рождения", "К1;Иванов;01.02.1960")
    assert (counts(report), told(report)) == ((1, 0, 0), [])


@pytest.mark.parametrize("error", ["#N/A", "#ССЫЛКА!", "#VALUE!", "#Н/Д", "#DIV/0!", "########", "Err:502"])
def test_an_error_of_a_spreadsheet_is_refused_in_every_column(session: Session, imports: Imports, error: str) -> None:
    files = {
        "orders": "number,date,counterparty,item,quantity,price,discount,vat,manager,ship_on,comment,inn,phone",
        "persons": "counterparty,full_name,position,phone,extension,birthday",
        "counterparties": "code,name,kind,inn,is_buyer,email,address,registered_on,group",
        "contacts": "counterparty,starts_at,kind,subject,is_offer",
        "payments": "number,date,counterparty,amount",
    }
    for kind, header in files.items():
        names = header.split(",")
        report = imports(kind, header, ",".join([error] * len(names)))
        assert {(2, name) for name in names} <= set(wrong(report)), kind
        assert all("ошибка" in one.text for one in report.wrong if one.field in names)
    report = imports("counterparties", "name,one,two", f"Мак,84957000040,{error}", mapping={"phone": ["one", "two"]})
    assert wrong(report) == [(2, "phone")]


def test_a_client_is_named_by_an_inn_that_lost_its_zero(session: Session, imports: Imports) -> None:
    files = {
        "orders": (ORDER, "1;15.01.2026;{};A;1;1"),
        "shipments": (ORDER, "1;15.01.2026;{};A;1;1"),
        "payments": ("Номер;Дата;Контрагент;Сумма", "1;15.01.2026;{};5"),
        "contacts": ("Контрагент;Начало", "{};15.01.2026 10:00"),
    }
    for kind, (header, line) in files.items():
        report = imports(kind, header, line.format("274062111"))
        assert (counts(report), told(report)) == ((1, 0, 0), [(2, "counterparty")]), kind
        assert "0274062111" in report.warnings[0].text
        report = imports(kind, header, line.format("274062112"))
        assert wrong(report) == [(2, "counterparty")]
        assert "ИНН" in report.wrong[0].text
    assert counts(imports("orders", ORDER, "2;15.01.2026;0274 062 111;A;1;1")) == (1, 0, 0)
    assert (
        session.scalars(select(Payment.counterparty_id)).one() == session.scalars(select(Contact.counterparty_id)).one()
    )


def test_a_column_goes_to_two_fields_and_may_be_named_by_its_letter(session: Session, imports: Imports) -> None:
    lines = ("Имя фирмы;;Заметка", "Мак;84957000040;важный")
    mapping = {"code": "A", "name": ["Имя фирмы"], "phone": "Б" and "B", "comment": "С"}
    assert counts(imports("counterparties", *lines, mapping=mapping)) == (1, 0, 0)
    one = session.scalars(select(Counterparty).where(Counterparty.code == "Мак")).one()
    assert (one.name, one.comment) == ("Мак", "важный")
    with pytest.raises(Refused):
        imports("counterparties", *lines, mapping={"name": "Z"})


def test_inn_and_kpp_in_one_column_are_parted(session: Session, imports: Imports) -> None:
    assert counts(imports("counterparties", "Организация;ИНН/КПП", "Мак;7707083893/770701001", "ИП;")) == (2, 0, 0)
    one = session.scalars(select(Counterparty).where(Counterparty.name == "Мак")).one()
    assert (one.inn, one.kpp) == ("7707083893", "770701001")


def test_a_number_of_the_row_is_no_number_of_the_document(session: Session, imports: Imports) -> None:
    header = "№;Номер;Дата;Контрагент;Товар;Количество;Цена"
    report = imports("orders", header, "1;З-7;15.01.2026;К1;A;1;1", "2;З-7;15.01.2026;К1;A;2;1")
    assert (report.created, report.ignored) == (1, ["№ (A)"])
    assert session.scalars(select(BuyerOrder.number)).all() == ["З-7"]


def test_a_long_full_name_is_refused_and_not_cut(imports: Imports) -> None:
    report = imports("persons", "Контрагент;ФИО", f"К1;{'я' * 101} Пётр")
    assert wrong(report) == [(2, "full_name")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "utf-16"])
@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_every_usual_spelling_of_a_file_is_read(session: Session, app: Any, encoding: str, mark: str) -> None:
    rows = (["Список клиентов"], [], ["КОД *", "наименование:", "Контактный телефон"], ["К9", "Мак", "89167000010"])
    source = "\r\n".join(mark.join(row) for row in rows).encode(encoding)
    assert counts(read(session, app, "counterparties", source)) == (1, 0, 0)


def workbook(rows: list[list[Any]], merged: str = "", title: str = "Лист1") -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].title = title
    for row in rows:
        book.worksheets[0].append(row)
    if merged:
        book.worksheets[0].merge_cells(merged)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_printed_form_is_a_table_too(session: Session, app: Any) -> None:
    source = workbook(
        [
            ["Реестр заказов за январь 2026 г.", None, None, None, None, None],
            ["Организация: ООО «Мы»", None, None, None, None, None],
            [None] * 6,
            ["Номер заказа", "Дата заказа", "Покупатель", "Товар", "Кол-во", "Цена, руб."],
            ["З-1", "15.01.2026 10:30:00", "Башкирский мёд", "Чай", "2 шт", "1 234,50"],
            [None, None, None, "ИТОГО:", 2, "2 469,00"],
            ["Всего по реестру", None, None, None, 2, 2469],
        ],
        "A1:F1",
    )
    report = read(session, app, "orders", source, mapping={"price": "F"})
    assert (counts(report), told(report)) == ((1, 0, 0), [(6, ""), (7, "")])


def test_every_phone_keeps_its_extension(session: Session, app: Any) -> None:
    cell = "(495) 700-00-10 доб.12; 8-916-700-00-11 / 8 916 700 00 12 (Пётр)\n+7 (343) 7000013 вн. 5, факс 83437000014"
    assert counts(read(session, app, "counterparties", workbook([["Наименование", "Телефоны"], ["Мак", cell]]))) == (
        1,
        0,
        0,
    )
    found = {(info.phone, info.extension) for info in session.scalars(select(ContactInfo))}
    assert found == {
        ("+74957000010", "12"),
        ("+79167000011", ""),
        ("+79167000012", ""),
        ("+73437000013", "5"),
        ("+73437000014", ""),
    }


def test_numbers_that_are_texts_and_texts_that_are_numbers(session: Session, app: Any) -> None:
    source = workbook([["Код", "Название", "ИНН", "Телефон"], [7.0, 2026, 7707083893, 89167000010.0]])
    assert counts(read(session, app, "counterparties", source)) == (1, 0, 0)
    one = session.scalars(select(Counterparty).where(Counterparty.code == "7")).one()
    assert (one.name, one.inn) == ("2026", "7707083893")


def test_people_of_one_cell_and_of_several_are_the_same(session: Session, imports: Imports) -> None:
    imports("persons", "Контрагент;ФИО;Почта", "К1;Петров Пётр Петрович;p@a.ru")
    again = imports(
        "persons", "Контрагент;Фамилия;Имя;Отчество;Эл. адрес", "БАШКИРСКИЙ МЕД;ПЕТРОВ;петр;Петрович;P@A.RU"
    )
    assert (counts(again)[0], len(session.scalars(select(ContactPerson)).all())) == (0, 1)
