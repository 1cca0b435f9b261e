"""Tables of other people: without our codes, half empty, with numbers of their own."""

from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.services import exchange
from app.services.counterparties import merging
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.services.exchange.conftest import Imports, counts, wrong

pytestmark = pytest.mark.slow

PAYMENT = "number,date,counterparty,amount"
ORDER = "number,date,counterparty,item,quantity,price"


@pytest.fixture
def known(session: Session) -> None:
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    requisites = {"inn": "7707083893", "kpp": "770701001"}
    buyer(session, "ООО «Первый покупатель»", code="К1", manager=anna, comment="важный", **requisites)
    buyer(session, "Второй покупатель", code="К2", manager=boris)
    added(session, Item(code="A", name="Гвоздь строительный"))


def number_of(session: Session, model: Any) -> Any:
    return session.scalar(select(func.count()).select_from(model))


def test_payments_of_two_payers_and_two_years_may_have_one_number(
    session: Session, imports: Imports, known: None
) -> None:
    assert counts(imports("payments", PAYMENT, "15,2026-01-20,К1,1000")) == (1, 0, 0)
    assert counts(imports("payments", PAYMENT, "15,2026-01-21,К2,2000", "15,2025-01-20,К1,5")) == (2, 0, 0)
    assert counts(imports("payments", PAYMENT, "15,2026-01-20,К1,1000")) == (0, 0, 1)
    assert number_of(session, Payment) == 3


@pytest.mark.parametrize("line", ["15,2026-01-20,К1,1001", "15,2026-01-22,К1,1000"])
def test_another_sum_or_day_of_a_payment_is_a_question(
    session: Session, imports: Imports, known: None, line: str
) -> None:
    imports("payments", PAYMENT, "15,2026-01-20,К1,1000")
    report = imports("payments", PAYMENT, line)
    assert wrong(report) == [(2, "date" if "22" in line else "amount")]
    report = imports("payments", PAYMENT, line, confirmed=True)
    assert (report.wrong_count, report.warnings_count, report.created + report.updated) == (0, 1, 1)


def test_numbers_of_documents_begin_anew_every_year(session: Session, imports: Imports, known: None) -> None:
    lines = (ORDER, "Н-1,2025-01-15,К1,A,10,100", "Н-1,2026-01-15,К2,A,3,700")
    assert counts(imports("orders", *lines)) == (2, 0, 0)
    assert counts(imports("orders", *lines)) == (0, 0, 2)
    assert wrong(imports("orders", ORDER, "Н-1,2026-01-15,К1,A,3,700")) == [(2, "counterparty")]
    shipments = (ORDER + ",order", "Р-1,2025-02-01,К1,A,10,100,н-1", "Р-1,2026-02-01,К2,A,3,700,Н-1")
    assert counts(imports("shipments", *shipments)) == (2, 0, 0)
    back = (ORDER + ",order", "Р-1,2026-02-03,К2,A,-1,700,Н-1")
    assert counts(imports("shipments", *back)) == (1, 0, 0)  # returns are numbered apart
    days = {(s.number, s.date.year, s.order.date.year) for s in session.scalars(select(Shipment)) if s.order}
    assert days == {("Р-1", 2025, 2025), ("Р-1", 2026, 2026)}


def test_empty_cells_leave_what_is_known_and_a_check_tells_what_will_change(
    session: Session, imports: Imports, known: None
) -> None:
    empty = ("code,name,inn,kpp,comment,manager", "К1,Первый,,,,")
    report = imports("counterparties", *empty, dry_run=True)
    assert [(c.line, c.field, c.old, c.new) for c in report.changes] == [
        (2, "name", "ООО «Первый покупатель»", "Первый")
    ]
    imports("counterparties", *empty)
    one = session.scalars(select(Counterparty).where(Counterparty.code == "К1")).one()
    assert (one.inn, one.kpp, one.comment, one.manager.username) == ("7707083893", "770701001", "важный", "anna")
    report = imports("counterparties", *empty, dry_run=True, clear=["manager", "comment"])
    assert {(c.field, c.old, c.new) for c in report.changes} == {("manager", "anna", ""), ("comment", "важный", "")}


def test_a_counterparty_is_recognised_without_a_code(session: Session, imports: Imports, known: None) -> None:
    header = "Контрагент;ИНН;КПП;Телефон"
    lines = ("Иное имя;7707083893;770701001;84957000040", '"второй покупатель, ЗАО";;;84957000041')
    assert counts(imports("counterparties", header, *lines)) == (0, 2, 0)
    assert counts(imports("counterparties", header, "Новый;;;", "Новый;;;84957000042")) == (1, 0, 0)
    new = session.scalars(select(Counterparty).where(Counterparty.name == "Новый")).one()
    assert new.code == f"{new.id:09}"
    phones = select(ContactInfo.value).where(ContactInfo.counterparty_id == new.id)
    assert session.scalars(phones).all() == ["84957000042"]
    imports("counterparties", "code,name", "К8,Близнец", "К9,ООО Близнец")
    assert wrong(imports("counterparties", "name", "Близнец")) == [(2, "name")]


def test_references_are_names_inns_and_full_names_too(session: Session, imports: Imports, known: None) -> None:
    header = "Номер;Дата;Контрагент;Товар;Количество;Цена;Ответственный"
    lines = (
        "1;15.01.2026;Первый покупатель;гвоздь строительный;1;1;anna",
        "2;15.01.2026;7707083893;a;1;1;ANNA",
        "3;15.01.2026;к2;A;1;1;",
    )
    assert counts(imports("orders", header, *lines)) == (3, 0, 0)
    owners = [order.counterparty.code for order in session.scalars(select(BuyerOrder).order_by(BuyerOrder.number))]
    assert owners == ["К1", "К1", "К2"]
    imports("counterparties", "code,name", "К3,Второй покупатель")
    report = imports("orders", header, "4;15.01.2026;Второй покупатель;A;1;1;")
    assert wrong(report) == [(2, "counterparty")]


def test_a_full_name_in_one_cell_is_parted(session: Session, imports: Imports, known: None) -> None:
    assert counts(imports("persons", "Контрагент;ФИО;Телефон", "К1;Петров Пётр Петрович;+79160000779")) == (1, 0, 0)
    person = session.scalars(select(ContactPerson)).one()
    assert (person.last_name, person.first_name, person.middle_name) == ("Петров", "Пётр", "Петрович")


def test_every_phone_of_a_cell_and_of_several_columns_is_a_phone(session: Session, imports: Imports) -> None:
    header = "Код;Наименование;Телефон;Телефон 2;E-mail"
    line = "К1;Ёж;Иванов 89167000010 доб. 12, Петров 89167000011;84957000012;a@b.ru, c@d.ru"
    assert counts(imports("counterparties", header, line)) == (1, 0, 0)
    infos = session.scalars(select(ContactInfo).order_by(ContactInfo.id)).all()
    assert {(i.phone, i.extension, i.comment) for i in infos if i.phone} == {
        ("+79167000010", "12", "Иванов"),
        ("+79167000011", "", "Петров"),
        ("+74957000012", "", ""),
    }
    assert {i.value for i in infos if not i.phone} == {"a@b.ru", "c@d.ru"}
    assert counts(imports("counterparties", header, line)) == (0, 0, 1)


def test_what_is_no_phone_or_address_is_kept_with_a_warning(imports: Imports) -> None:
    report = imports(
        "counterparties", "code;name;phone;email", "К1;А;7,91612E+10;не указан", "К2;Б;нет;", "К3;В;+7 916 700-00-2З;"
    )
    assert counts(report) == (3, 0, 0)
    assert [(w.line, w.field) for w in report.warnings] == [(2, "phone"), (2, "email"), (3, "phone"), (4, "phone")]


def test_codes_in_another_case_are_the_same_and_lost_zeros_are_noticed(session: Session, imports: Imports) -> None:
    imports("items", "code,name", "00012,Болт М6", "AB-1,Гайка")
    assert counts(imports("items", "code,name", "ab-1,Гайка")) == (0, 0, 1)
    report = imports("items", "code,name", "12,Болт М6")
    assert (report.created, [(w.line, w.field) for w in report.warnings]) == (1, [(2, "code")])


def test_duplicates_are_warned_of_in_the_base_and_in_the_file(imports: Imports, known: None) -> None:
    report = imports(
        "counterparties",
        "code,name,inn,kpp",
        "Д1,Двойник,7736050003,773601001",
        "Д2,ООО Двойник,7736050003,773601001",
        "Д3,Филиал,7736050003,773602002",
        "Д4,Первый покупатель ООО,,",
    )
    assert report.created == 4
    assert [(w.line, w.field) for w in report.warnings if w.field in {"inn", "name"}] == [(3, "inn"), (5, "name")]


def test_duplicates_in_a_file_are_known_by_their_phones_and_addresses(imports: Imports) -> None:
    columns = "code,name,phone,email"
    imports("counterparties", columns, "Ж1,Жасмин,8 (495) 700-00-02,zakaz@jasmin.example")
    report = imports(
        "counterparties",
        columns,
        'Ж2,Жасмин-Юг,"+7 916 111-22-33, +7 495 700 00 02 доб. 5",',
        "Ж3,Жасмин-Север,,Zakaz@Jasmin.example",
        "Ж4,Лаванда,84957000003,",
        "Ж5,Мята,+7 (495) 700-00-03,",
        "Ж6,Тмин,700-00-02,other@jasmin.example",
    )
    assert report.created == 5
    assert [(w.line, w.field) for w in report.warnings] == [(2, "phone"), (3, "email"), (5, "phone")]


def test_a_refused_row_is_told_at_a_column_that_the_file_has(imports: Imports) -> None:
    report = imports("counterparties", "name,inn", "Лютик,7707083893", "Лютик-Юг,7707083893")
    assert wrong(report) == [(3, "inn")]


def test_more_than_ordered_or_shipped_is_told_by_line(imports: Imports, known: None) -> None:
    imports("orders", ORDER, "1,2026-02-11,К1,A,5,100")
    report = imports("shipments", ORDER + ",order", "Р1,2026-02-14,К1,A,12,100,1")
    assert [(w.line, w.field) for w in report.warnings] == [(2, "quantity")]
    report = imports("shipments", ORDER + ",order", "В1,2026-02-16,К1,A,-50,100,1")
    assert [(w.line, w.field) for w in report.warnings] == [(2, "quantity")]


def test_the_length_of_an_inn_tells_a_person_from_a_company(session: Session, imports: Imports) -> None:
    report = imports("counterparties", "name,inn", "ИП Сидоров С. С.,500100732259")
    assert (counts(report), report.warnings) == ((1, 0, 0), [])
    assert session.scalars(select(Counterparty.kind)).one().value == "person"


def test_a_check_and_a_wrong_file_spend_no_numbers(session: Session, imports: Imports) -> None:
    for _ in range(3):
        imports("items", "name", *(f"Товар {i}" for i in range(50)), dry_run=True)
        imports("items", "name,price", *(f"Товар {i},дорого" for i in range(50)))
    imports("items", "name", "Первый", "Второй")
    first, second = session.scalars(select(Item).order_by(Item.id))
    assert (second.id - first.id, first.code) == (1, f"{first.id:09}")


def test_the_right_lines_come_in_and_the_wrong_ones_go_back_with_reasons(
    session: Session, imports: Imports, known: None
) -> None:
    report = imports(
        "orders",
        ORDER,
        "1,2026-01-15,К1,A,1,1",
        "2,2026-01-15,К1,A,1,1",
        "2,2026-01-15,К1,A,много,1",
        "3,2026-01-15,К7,A,1,1",
        skip_wrong=True,
    )
    assert (report.created, report.wrong_count, report.left_out) == (1, 2, 3)
    assert session.scalars(select(BuyerOrder.number)).all() == ["1"]
    book = BytesIO()
    exchange.write_wrong(report, book)
    rows = list(openpyxl.load_workbook(book).worksheets[0].iter_rows(values_only=True))
    assert [row[:4] for row in rows] == [
        ("number", "date", "counterparty", "item"),
        ("2", "2026-01-15", "К1", "A"),
        ("2", "2026-01-15", "К1", "A"),
        ("3", "2026-01-15", "К7", "A"),
    ]
    assert all(row[-1] for row in rows)


def test_documents_without_a_number_get_the_next_one(session: Session, imports: Imports, known: None) -> None:
    assert counts(imports("orders", ORDER[7:], "2026-01-15,К1,A,1,1", "2026-01-15,К1,A,2,2")) == (1, 0, 0)
    assert session.scalars(select(BuyerOrder.number)).one() == "ЗП-2026-00001"


def test_digits_that_cannot_be_kept_are_told_by_line(session: Session, imports: Imports, known: None) -> None:
    lines = ("1,2026-01-15,К1,A,1000,0.345", "2,2026-01-15,К1,A,1,10.0050001", "3,2026-01-15,К1,A,1.2345,0.004")
    report = imports("orders", ORDER, *lines)
    assert counts(report) == (3, 0, 0)
    assert [(w.line, w.field) for w in report.warnings] == [(3, "price"), (4, "quantity")]
    sums = session.scalars(select(BuyerOrder.amount).order_by(BuyerOrder.number)).all()
    assert [str(amount) for amount in sums] == ["345.00", "10.01", "0.00"]
    report = imports("payments", PAYMENT, "1,2026-01-15,К1,5.005")
    assert (report.created, [(w.line, w.field) for w in report.warnings]) == (1, [(2, "amount")])


def test_zeros_that_a_spreadsheet_ate_come_back_where_it_is_proved(session: Session, imports: Imports) -> None:
    header = "code,name,inn,kpp,ogrn"
    report = imports("counterparties", header, "К1,А,274062111,27401001,", "К2,Б,274062112,,")
    assert counts(report) == (2, 0, 0)
    told = [(w.line, w.field, "0274062111" in w.text or "027401001" in w.text) for w in report.warnings]
    assert told == [(2, "inn", True), (2, "kpp", True), (3, "inn", False)]
    one, other = session.scalars(select(Counterparty).order_by(Counterparty.code))
    assert (one.inn, one.kpp, other.inn) == ("0274062111", "027401001", "274062112")
    assert imports("counterparties", "name,inn,kpp", "А,274062111,27401001").skipped == 1


def test_among_namesakes_the_phone_or_the_email_chooses(session: Session, imports: Imports, known: None) -> None:
    header = "counterparty,last_name,first_name,phone,email,position"
    both = ("К1,Иванов,Иван,89160000777,,", "К1,Иванов,Иван,89160000778,i@b.ru,")
    assert counts(imports("persons", header, *both)) == (2, 0, 0)
    assert counts(imports("persons", header, *reversed(both))) == (0, 0, 2)
    assert counts(imports("persons", header, "К1,иванов,иван,8 (916) 000-07-78,,кладовщик")) == (0, 1, 0)
    assert counts(imports("persons", header, "К1,Иванов,Иван,,I@b.ru,сторож")) == (0, 1, 0)
    people = session.scalars(select(ContactPerson).order_by(ContactPerson.id)).all()
    assert [person.position for person in people] == ["", "сторож"]
    for line in ("К1,Иванов,Иван,,,директор", "К1,Иванов,Иван,89160000779,,директор"):
        report = imports("persons", header, line, clear=["position"])
        assert (counts(report), [(w.line, w.field) for w in report.warnings]) == ((0, 0, 1), [(2, "last_name")])
    assert number_of(session, ContactInfo) == 3
    assert [person.position for person in people] == ["", "сторож"]
    in_order = imports("persons", header, "К1,Иванов,Иван,,,а", "К1,Иванов,Иван,,,б")
    assert (counts(in_order), in_order.warnings) == ((0, 2, 0), [])  # as many lines as there are namesakes


@pytest.mark.parametrize("kind", ["orders", "shipments", "payments"])
def test_documents_without_numbers_are_known_again_by_what_stands_in_them(
    imports: Imports, known: None, kind: str
) -> None:
    files = {
        "payments": (PAYMENT[7:], "2026-01-20,К1,1000", "2026-01-20,К1,1000", "2026-01-20,К1,5", "2026-01-21,К1,1000"),
        "orders": (ORDER[7:], "2026-01-20,К1,A,1,10.5", "2026-01-20,К1,A,2,10", "2026-01-20,К2,A,1,10"),
        "shipments": (ORDER[7:], "2026-01-20,К1,A,1,10.5", "2026-01-20,К1,A,2,10", "2026-01-21,К2,A,-1,10"),
    }
    made = {"payments": 4, "orders": 2, "shipments": 2}[kind]
    assert counts(imports(kind, *files[kind])) == (made, 0, 0)
    again = imports(kind, *files[kind])
    assert (counts(again), again.warnings) == ((0, 0, made), [])
    header, first, *_rest = files[kind]
    assert counts(imports(kind, header, first.rpartition(",")[0] + ",77")) == (1, 0, 0)


def test_files_find_a_merged_counterparty_by_its_old_code(session: Session, imports: Imports) -> None:
    imports("counterparties", "code,name", "Н1,Новое имя", "С1,Старое имя")
    kept, gone = session.scalars(select(Counterparty).order_by(Counterparty.code)).all()
    merging.merge(session, Counterparty, kept.id, [gone.id], {"name": kept.id}, today=date(2026, 11, 23))
    imports("items", "code,name", "A,Гвоздь")
    report = imports("counterparties", "code,name,comment", "С1,,из старого файла")
    assert (counts(report), report.wrong) == ((0, 1, 0), [])
    assert counts(imports("orders", ORDER, "1,2026-02-11,С1,A,5,100")) == (1, 0, 0)
    session.expire_all()
    (known,) = session.scalars(select(Counterparty)).all()
    assert (known.code, known.name, known.comment) == ("Н1", "Новое имя", "из старого файла")
    assert session.scalars(select(BuyerOrder.counterparty_id)).all() == [kept.id]
