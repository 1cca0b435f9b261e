"""Counterparties, persons, items, payments and contacts from files."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import (
    ContactKind,
    ContactState,
    CounterpartyKind,
    Direction,
    Importance,
    LetterState,
    PartyRole,
    PriceSource,
)
from app.errors import Refused
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty, CounterpartyGroup
from app.models.letters import Letter, LetterParty
from app.models.movements import Payment
from app.models.products import Item
from app.models.suppliers import SupplierItem, SupplierPrice
from app.models.tasks import Task
from tests import deals
from tests.conftest import user_named
from tests.factories import buyer
from tests.services.exchange.conftest import TODAY, Imports, counts, wrong

pytestmark = pytest.mark.slow

BUYERS = ("code,name", "К1,Ромашка", "К2,Василёк")


def test_every_field_of_a_counterparty_finds_its_place(session: Session, imports: Imports) -> None:
    report = imports(
        "counterparties",
        "code;name;full_name;kind;inn;kpp;is_buyer;is_supplier;manager;group;phone;email;address;website;comment;source;"
        "registered_on",
        "К1;Ромашка;ООО «Ромашка»;company;7707083893;770701001;да;нет;anna;Опт;8 (912) 345-67-89 доб. 12;r@example.com;"
        "Москва, ул. Мира, 1;example.com;хороший;Выставка;01.02.2024",
    )
    assert counts(report) == (1, 0, 0)
    assert report.warnings == []
    one = session.scalars(select(Counterparty)).one()
    assert (one.code, one.name, one.full_name, one.kind) == ("К1", "Ромашка", "ООО «Ромашка»", CounterpartyKind.COMPANY)
    assert (one.inn, one.kpp, one.is_buyer, one.is_supplier) == ("7707083893", "770701001", True, False)
    assert one.manager is not None
    assert one.manager.username == "anna"
    assert (str(one.group), str(one.source), one.comment) == ("Опт", "Выставка", "хороший")
    assert one.registered_on == date(2024, 2, 1)
    infos = {i.kind.type: i for i in session.scalars(select(ContactInfo))}
    assert {kind.value: info.value for kind, info in infos.items()} == {
        "phone": "8 (912) 345-67-89 доб. 12",
        "email": "r@example.com",
        "address": "Москва, ул. Мира, 1",
        "web": "example.com",
    }
    phone = next(info for info in infos.values() if info.phone)
    assert (phone.phone, phone.extension, phone.phone_tail) == ("+79123456789", "12", "98765432197")


def test_the_same_file_again_changes_nothing(session: Session, imports: Imports) -> None:
    lines = ("code,name,phone,email,group", "К1,Ромашка,+7 912 345-67-89; 495 123-45-67,a@b.ru,Опт")
    assert counts(imports("counterparties", *lines)) == (1, 0, 0)
    assert counts(imports("counterparties", *lines)) == (0, 0, 1)
    spelled = ("code,name,phone,email,group", "К1,Ромашка,8(912)3456789,A@B.ru,Опт")
    assert counts(imports("counterparties", *spelled)) == (0, 0, 1)
    assert session.scalar(select(func.count()).select_from(ContactInfo)) == 3


def test_only_the_columns_of_the_file_are_written(session: Session, imports: Imports) -> None:
    imports("counterparties", "code,name,comment,inn", "К1,Ромашка,важный,7707083893")
    version = session.scalars(select(Counterparty.version)).one()
    assert counts(imports("counterparties", "code,name", "К1,Ромашка-2")) == (0, 1, 0)
    one = session.scalars(select(Counterparty)).one()
    assert (one.name, one.comment, one.inn) == ("Ромашка-2", "важный", "7707083893")
    assert one.version == version + 1  # whoever has the form open is told
    assert counts(imports("counterparties", "code,name,comment", "К1,Ромашка-2,")) == (0, 0, 1)
    assert counts(imports("counterparties", "code,name,comment", "К1,Ромашка-2,", clear=["comment"])) == (0, 1, 0)
    assert session.scalars(select(Counterparty.comment)).one() == ""


def test_new_information_is_added_and_counts_as_an_update(session: Session, imports: Imports) -> None:
    imports("counterparties", "code,name,phone", "К1,Ромашка,4951234567")
    assert counts(imports("counterparties", "code,name,phone", "К1,Ромашка,4951234568")) == (0, 1, 0)
    assert session.scalar(select(func.count()).select_from(ContactInfo)) == 2


def test_russian_headers_any_case_and_columns_in_any_order(session: Session, imports: Imports) -> None:
    report = imports("counterparties", "НАИМЕНОВАНИЕ;эл. почта;Ответственный;Прочее;код", "Ёж;a@b.ru;boris;?;К9")
    assert counts(report) == (1, 0, 0)
    assert report.ignored == ["Прочее (D)"]
    assert session.scalars(select(Counterparty.code)).one() == "К9"


def test_a_mapping_names_columns_by_header_or_place(session: Session, imports: Imports) -> None:
    report = imports("items", "art,title,name", "A1,Чай,tea", mapping={"code": "ART", "name": 1})
    assert counts(report) == (1, 0, 0)
    assert session.scalars(select(Item.name)).one() == "Чай"
    wrong = {"нет колонки «нет такой»": {"code": "нет такой"}, "colour": {"colour": "art"}, "7": {"code": 7}}
    for told, mapping in wrong.items():
        with pytest.raises(Refused, match=told):
            imports("items", "art,title", "A1,Чай", mapping=mapping)


def test_a_file_without_a_required_column_is_refused_by_its_name(imports: Imports) -> None:
    with pytest.raises(Refused, match="date"):
        imports("payments", "number,counterparty,amount", "1,К1,5")


def test_requisites_that_fail_their_check_sum_are_kept_with_a_warning(session: Session, imports: Imports) -> None:
    report = imports("counterparties", "code,name,inn,kpp", "К1,Ромашка,1234567890,770701001", "К2,Ёж,0056123412,")
    assert counts(report) == (2, 0, 0)
    assert [(w.line, w.field) for w in report.warnings] == [(2, "inn"), (3, "inn")]
    assert session.scalars(select(Counterparty.inn).order_by(Counterparty.code)).all() == ["1234567890", "0056123412"]


def test_every_wrong_value_is_named_by_line_and_field_and_nothing_is_imported(
    session: Session, imports: Imports
) -> None:
    report = imports(
        "counterparties",
        "code,name,kind,is_buyer,registered_on,manager,inn",
        "К1,Ромашка,company,да,2024-01-01,anna,",
        "К2,,company,да,2024-01-01,,",
        "К3,А,зверь,может быть,2024-02-30,nobody,",
        "К4,Б,,,,nobody,",
        "К1,Лютик,,,,,",
        "К5,В,,,,,1234567890123",
        f"К6,{'я' * 201},,,,,",
        "К7,Г,,,,,,лишнее",
    )
    assert wrong(report) == [
        (3, "name"),
        (4, "kind"),
        (4, "is_buyer"),
        (4, "registered_on"),
        (4, "manager"),
        (5, "manager"),
        (6, "code"),
        (7, "inn"),
        (8, "name"),
        (9, ""),
    ]
    assert session.scalar(select(func.count()).select_from(Counterparty)) == 0


def test_catalogues_are_not_made_by_a_file_that_is_wrong(session: Session, imports: Imports) -> None:
    assert wrong(imports("counterparties", "code,name,group", "К1,Ромашка,Опт", "К2,,Розница"))
    assert session.scalars(select(CounterpartyGroup)).all() == []


def test_a_dry_run_counts_and_changes_nothing(session: Session, imports: Imports) -> None:
    assert counts(imports("counterparties", *BUYERS, dry_run=True)) == (2, 0, 0)
    assert session.scalar(select(func.count()).select_from(Counterparty)) == 0


def test_one_bad_date_among_ten_thousand_rows_is_named_and_nothing_is_imported(
    session: Session, imports: Imports
) -> None:
    imports("counterparties", *BUYERS)
    lines = [f"P{i},2026-11-{i % 28 + 1:02},К1,{i}.50" for i in range(1, 10_001)]
    lines[6789] = "P6790,31.11.2026,К1,5"
    report = imports("payments", "number,date,counterparty,amount", *lines)
    assert wrong(report) == [(6791, "date")]
    assert "31.11.2026" in report.wrong[0].text
    assert report.lines == 10_000
    assert session.scalar(select(func.count()).select_from(Payment)) == 0


def test_at_most_a_thousand_errors_are_kept_and_all_are_counted(imports: Imports) -> None:
    report = imports("items", "code,name,price", *(f"{i},Чай,дорого" for i in range(1500)))
    assert len(report.wrong) == 1000
    assert report.wrong_count == 1500
    report = imports("persons", "counterparty,last_name", *(f"{i},Ёж" for i in range(1500)))
    assert (len(report.wrong), report.wrong_count) == (1000, 1500)


def test_items_take_decimals_with_a_comma(session: Session, imports: Imports) -> None:
    lines = ("Код;Наименование;Ед. изм.;Цена;Себестоимость;Услуга", "А1;Чай;кг;1 250,50;900;нет", "А2;Доставка;;;;да")
    assert counts(imports("items", *lines)) == (2, 0, 0)
    tea, delivery = session.scalars(select(Item).order_by(Item.code))
    assert (tea.unit, tea.price, tea.cost, tea.is_service) == ("кг", Decimal("1250.50"), Decimal(900), False)
    assert (delivery.unit, delivery.price, delivery.cost, delivery.is_service) == ("шт", 0, None, True)
    assert counts(imports("items", *lines)) == (0, 0, 2)
    assert wrong(imports("items", "code,name,price", "А1,Чай,-5")) == [(2, "price")]


def test_persons_are_recognised_by_counterparty_and_full_name(session: Session, imports: Imports) -> None:
    imports("counterparties", *BUYERS)
    header = "counterparty,last_name,first_name,middle_name,position,birthday,phone,extension,email"
    first = "К1,Семёнов,Иван,,Директор,12.05.1980,495 123-45-67,101,s@b.ru"
    assert counts(imports("persons", header, first, "К2,Семёнов,Иван,,,,,,")) == (2, 0, 0)
    again = "К1,СЕМЕНОВ,Иван,,Бухгалтер,1980-05-12,+74951234567,101,"
    assert counts(imports("persons", header, again)) == (0, 1, 0)
    person = session.scalars(select(ContactPerson).join(Counterparty).where(Counterparty.code == "К1")).one()
    assert (person.last_name, person.position, person.birthday) == ("СЕМЕНОВ", "Бухгалтер", date(1980, 5, 12))
    infos = session.scalars(select(ContactInfo).where(ContactInfo.person_id == person.id)).all()
    assert {(i.value, i.extension) for i in infos} == {("495 123-45-67", "101"), ("s@b.ru", "")}
    assert {i.counterparty_id for i in infos} == {person.counterparty_id}
    assert wrong(imports("persons", header, "К7,Ёж,,,,,,,", "К1,,Ёж,,,,,,")) == [(2, "counterparty"), (3, "last_name")]


def test_an_extension_without_a_phone_is_kept(session: Session, imports: Imports) -> None:
    imports("counterparties", *BUYERS)
    lines = ("counterparty,last_name,extension", "К1,Ёж,205")
    assert counts(imports("persons", *lines)) == (1, 0, 0)
    assert session.scalars(select(ContactInfo.extension)).one() == "205"
    assert counts(imports("persons", *lines)) == (0, 0, 1)


def test_payments_belong_to_a_counterparty_and_are_not_zero(session: Session, imports: Imports) -> None:
    imports("counterparties", *BUYERS)
    header = "number,date,counterparty,amount,purpose"
    assert counts(imports("payments", header, 'П1,23.11.2026,К1,"1 000,50",За чай', "П2,2026-11-23,К2,-5,")) == (
        2,
        0,
        0,
    )
    assert session.scalars(select(Payment.amount).order_by(Payment.number)).all() == [Decimal("1000.50"), Decimal(-5)]
    assert wrong(imports("payments", header, "П3,2026-11-23,К1,0,")) == [(2, "amount")]
    assert wrong(imports("payments", header + ",order", "П3,2026-11-23,К1,5,,нет")) == [(2, "order")]


def test_contacts_take_captions_local_times_and_persons(session: Session, imports: Imports) -> None:
    imports("counterparties", *BUYERS)
    imports("persons", "counterparty,last_name,first_name", "К1,Семёнов,Иван")
    lines = (
        "Контрагент;Начало;Вид;Направление;Состояние;Важность;Окончание;Контактное лицо;Ответственный;Тема;"
        "Источник;Мероприятие",
        "К1;23.11.2026 10:00;Звонок;Входящее;Завершено;Высокая;23.11.2026 10:20;семенов иван;anna;Чай;Сайт;Выставка",
        "К1;24.11.2026 10:00;;;;;;;;;;",
        "К2;22.11.2026 10:00;Личная встреча;;;;;;;;;",
    )
    assert counts(imports("contacts", *lines)) == (3, 0, 0)
    past, done, coming = session.scalars(select(Contact).order_by(Contact.starts_at))
    assert (done.kind, done.direction, done.state) == (ContactKind.CALL, Direction.IN, ContactState.DONE)
    assert (done.importance, str(done.person), done.manager_id) == (
        Importance.HIGH,
        "Семёнов Иван",
        user_named(session, "anna").id,
    )
    assert (str(done.source), str(done.campaign)) == ("Сайт", "Выставка")
    assert done.starts_at == datetime(2026, 11, 23, 7, tzinfo=UTC)  # Moscow
    assert (coming.state, coming.ends_at) == (ContactState.PLANNED, coming.starts_at)
    assert (past.state, past.kind) == (ContactState.DONE, ContactKind.MEETING)
    assert counts(imports("contacts", *lines)) == (0, 0, 3)
    backward = ("counterparty,starts_at,ends_at", "К1,2026-11-23 10:00,2026-11-23 09:00")
    assert wrong(imports("contacts", *backward)) == [(2, "ends_at")]
    assert wrong(imports("contacts", "counterparty,starts_at,person", "К2,2026-11-23,Семёнов Иван")) == [(2, "person")]


def test_a_contact_is_with_a_counterparty_or_with_a_prospect(session: Session, imports: Imports) -> None:
    """A prospect is recognised by his name; his phone is found when he calls; he is seen by whoever brought him."""
    imports("counterparties", *BUYERS)
    header = "counterparty,starts_at,prospect,prospect_phone"
    lines = (header, "К1,2026-11-23 10:00,,", ",2026-11-23 10:00,Ёлочка,8 846 215-20-67", ",2026-11-23 10:00,Уют,")
    anna = user_named(session, "anna")
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN})
    assert counts(imports("contacts", *lines[:1], *lines[2:])) == (2, 0, 0)
    assert counts(imports("contacts", "prospect,starts_at", "Ёлочка,2026-11-23 10:00")) == (0, 0, 1)
    del session.info["viewer"]
    assert counts(imports("contacts", *lines)) == (1, 0, 2)
    known = session.scalars(select(Contact).where(Contact.prospect == "Ёлочка")).one()
    assert (known.counterparty, known.manager_id, known.prospect_tail) == (None, anna.id, "76025126487")
    assert counts(imports("contacts", header, ",2026-11-23 10:00,Ёлочка,8 846 215-20-68")) == (0, 1, 0)
    session.refresh(known)
    assert known.prospect_tail == "86025126487"
    for nobody in ((header, ",2026-11-24 10:00,,"), ("starts_at", "2026-11-24 10:00")):
        report = imports("contacts", *nobody)
        assert [(error.line, error.text) for error in report.wrong] == [
            (2, "Выберите контрагента или назовите потенциального клиента.")
        ]
    cleared = imports("contacts", header, "К1,2026-11-23 10:00,,", clear=["counterparty"])
    assert cleared.wrong_count == 0
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN})
    assert wrong(imports("contacts", header, ",2026-11-23 10:00,Ёлочка,1")) == [(2, "counterparty")]


def test_two_equal_contacts_are_two_and_stay_two(session: Session, imports: Imports) -> None:
    imports("counterparties", *BUYERS)
    lines = ("counterparty,starts_at,text", "К1,2026-11-23 10:00,один", "К1,2026-11-23 10:00,два")
    assert counts(imports("contacts", *lines)) == (2, 0, 0)
    assert counts(imports("contacts", *lines)) == (0, 0, 2)
    session.execute(
        update(Contact).values(text="о\xadд\u200bин\n\u2009\x85").where(Contact.text == "один")
    )  # as letters are
    assert counts(imports("contacts", *lines)) == (0, 0, 2)
    assert counts(imports("contacts", lines[0], lines[1], "К1,2026-11-23 10:00,три")) == (0, 1, 1)


def test_a_new_counterparty_is_registered_today(session: Session, imports: Imports) -> None:
    imports("counterparties", "code,name,registered_on", "К1,Ромашка,")
    assert session.scalars(select(Counterparty.registered_on)).one() == TODAY


@pytest.mark.parametrize(
    ("source", "told"),
    [(b"", "Файл пуст"), (b"\xff\x98", "не UTF-8 и не windows-1251"), (b"PK\x03\x04no", "Книгу не удалось прочитать")],
)
def test_a_file_that_is_no_table_is_refused(session: Session, app: Any, source: bytes, told: str) -> None:
    from app.services import exchange  # noqa: PLC0415
    from tests.services.exchange.conftest import NOW  # noqa: PLC0415

    with app.test_request_context(), pytest.raises(Refused, match=told):
        exchange.run_import(session, "items", source, now=NOW, today=TODAY)


def test_prices_of_suppliers_are_kept_by_day_with_the_suppliers_code(session: Session, imports: Imports) -> None:
    imports("counterparties", "code,name,is_supplier", "П1,Плантация,да", "К1,Ромашка,нет")
    imports("items", "code,name", "A,Чай")
    header = "Поставщик;Номенклатура;Дата;Цена;Срок поставки;Код у поставщика"
    lines = (header, "П1;A;01.11.2026;9,50;14;ЧАЙ-1", "П1;A;20.11.2026;9,80;;ЧАЙ-1")
    assert counts(imports("supplier-prices", *lines)) == (2, 0, 0)
    assert counts(imports("supplier-prices", *lines)) == (0, 0, 2)
    first, second = session.scalars(select(SupplierPrice).order_by(SupplierPrice.on))
    assert (first.price, first.lead_days, first.source) == (Decimal("9.50"), 14, PriceSource.IMPORT)
    assert (second.price, second.lead_days) == (Decimal("9.80"), None)
    assert session.scalars(select(SupplierItem.code)).one() == "ЧАЙ-1"
    assert counts(imports("supplier-prices", header, "П1;A;01.11.2026;9,50;14;TEA")) == (0, 1, 0)
    assert session.scalars(select(SupplierItem.code)).one() == "TEA"
    wrong_lines = ("К1;A;01.11.2026;1;;", "П1;A;02.11.2026;1;-1;", "П1;A;03.11.2026;1;;", "П1;A;03.11.2026;2;;")
    report = imports("supplier-prices", header, *wrong_lines)
    assert wrong(report) == [(2, "supplier"), (3, "lead_days"), (5, "supplier")]
    assert report.wrong[-1].text == "«П1, A, 03.11.2026» уже есть в строке 4."


def test_letters_of_an_address_that_a_file_brings_are_the_clients(session: Session, imports: Imports) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    party = LetterParty(role=PartyRole.FROM, address="Ivan@rom.ru", at=at)
    state = {"direction": Direction.IN, "state": LetterState.RECEIVED}
    session.add(Letter(message_id="x@y", at=at, subject="Прайс", sender="Ivan@rom.ru", parties=[party], **state))
    session.flush()
    assert counts(imports("counterparties", "code,name,email", "К1,Ромашка,ivan@rom.ru")) == (1, 0, 0)
    session.commit()
    session.expire_all()
    assert party.counterparty_id == session.scalars(select(Counterparty.id)).one()


def test_of_several_phones_of_a_cell_the_first_stays_the_first(session: Session, imports: Imports) -> None:
    imports("counterparties", "code,name,phone", "К9,Мак,8 495 999-99-99; 8 495 111-11-11")
    imports("persons", "counterparty,last_name,phone,extension", "К9,Маков,8 495 888-88-88; 8 495 222-22-22,12")
    values = session.scalars(select(ContactInfo.value).order_by(ContactInfo.id)).all()
    assert values == ["8 495 999-99-99", "8 495 111-11-11", "8 495 888-88-88", "8 495 222-22-22"]


def test_a_name_of_a_catalogue_in_another_case_is_the_same_name(session: Session, imports: Imports) -> None:
    """Of new ones as the first line writes it, in the order of the file."""
    lines = "code,name,group,source", "К8,Лен,Ягоды,САЙТ", "К9,Мак,ягоды,Ёлка", "К10,Рис,Арбузы,елка"
    assert counts(imports("counterparties", *lines)) == (3, 0, 0)
    assert session.scalars(select(CounterpartyGroup.name).order_by(CounterpartyGroup.id)).all() == ["Ягоды", "Арбузы"]
    sources = {each.code: str(each.source) for each in session.scalars(select(Counterparty)) if each.source}
    assert (sources["К8"], sources["К9"], sources["К10"]) == ("САЙТ", "Ёлка", "Ёлка")
    assert counts(imports("counterparties", lines[0], "к8,Лен,ягоды,сайт")) == (0, 0, 1)


def test_a_line_that_looks_like_another_one_without_a_code_names_that_line(imports: Imports) -> None:
    report = imports("counterparties", "name,phone", "Мак,84951234567", "Лен,84951234567")
    (warning,) = report.warnings
    assert (warning.line, warning.field) == (3, "phone")
    assert "«Мак» (строка 2)" in warning.text


def test_a_file_changes_a_task_as_its_form_does(session: Session, imports: Imports) -> None:
    """Its author says what is to be done, what is cancelled was not done, and it is about one client."""
    header = "text,executor,due_on,author,done_on,counterparty,order"
    anna, vera = (user_named(session, name) for name in ("anna", "vera"))
    orders = [deals.order(session, buyer(session, code=code), {deals.item(session): 1}, number=code) for code in "12"]
    task = Task(text="Узнать", executor=anna, author=vera, due_on=TODAY, counterparty=orders[0].counterparty)
    called_off = Task(text="Забрать", executor=anna, author=vera, due_on=TODAY, cancelled_on=TODAY)
    session.add_all([task, called_off])
    user_named(session, "boris").active = False
    session.flush()
    right = f"Новое,anna,{TODAY},,,,"
    for line, field in (
        (f"Забрать,anna,{TODAY},,{TODAY},,", "done_on"),
        (f"Узнать,anna,{TODAY},,,,2", "order"),
        (f"Еще,anna,{TODAY},,,1,2", "order"),
    ):
        assert wrong(imports("tasks", header, right, line)) == [(3, field)]
    report = imports("tasks", header, f"Еще,boris,{TODAY},,,,", f"Раньше,boris,{TODAY},,{TODAY},,")
    assert (counts(report), [(warning.line, warning.field) for warning in report.warnings]) == (
        (2, 0, 0),
        [(2, "executor")],
    )
    assert counts(imports("tasks", header, f"Узнать,anna,{TODAY},,,,1")) == (0, 1, 0)
    orders[0].counterparty = orders[1].counterparty  # it leaves what is done, and what a file does not touch
    session.flush()
    assert counts(imports("tasks", header, f"Узнать,anna,{TODAY},,,1,1")) == (0, 0, 1)
    assert counts(imports("tasks", header, f"Узнать,anna,{TODAY},,,2,", clear={"order"})) == (0, 1, 0)
    session.info["viewer"] = Viewer.of(anna.id, {Sees.OWN})
    assert wrong(imports("tasks", header, right, f"Узнать,anna,{TODAY},anna,,,")) == [(3, "author")]
    assert counts(imports("tasks", header, f"Узнать,anna,{TODAY},,{TODAY},,")) == (0, 1, 0)
