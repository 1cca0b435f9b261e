"""Files that bring their buyers, suppliers and items with them."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.counterparties import ContactInfo, Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.services.exchange.conftest import Imports, counts, wrong

pytestmark = pytest.mark.slow

HEADER = "Номер;Дата;Покупатель;ИНН;КПП;Телефон;Товар;Количество;Цена"
NEW = "1;15.01.2026;ООО «Мак»;7736050003;773601001;84957000040, 84957000041;A;2;10"


@pytest.fixture(autouse=True)
def trade(session: Session) -> None:
    buyer(session, "Ромашка", code="К1", inn="7707083893", kpp="770701001", manager=user_named(session, "boris"))
    buyer(session, "Василёк", code="К2", manager=user_named(session, "anna"))
    for code in "AB":
        added(session, Item(code=code, name=f"Товар {code}"))


def clients(session: Session) -> list[str]:
    return list(session.scalars(select(Counterparty.name).order_by(Counterparty.id)))


@pytest.mark.parametrize("kind", ["orders", "shipments"])
def test_unknown_buyers_come_with_their_documents(session: Session, imports: Imports, kind: str) -> None:
    lines = (
        HEADER,
        NEW,
        NEW.replace(";A;2", ";B;1"),
        "2;16.01.2026;Мак;;;;A;1;10",  # by the name alone
        "3;16.01.2026;Мак ООО;7736050003;;84957000042;A;1;10",
        "4;16.01.2026;Другое имя;7707083893;770701001;;A;1;10",  # the INN says who it is
        "5;16.01.2026;василек;;;;A;1;10",
    )
    check = imports(kind, *lines, dry_run=True)
    assert (counts(check), check.brought) == ((5, 0, 0), {"counterparties": 1})
    assert clients(session) == ["Ромашка", "Василёк"]
    report = imports(kind, *lines)
    assert (counts(report), report.brought) == ((5, 0, 0), {"counterparties": 1})
    assert [(w.line, w.field) for w in report.warnings] == [(2, "counterparty")]
    assert clients(session) == ["Ромашка", "Василёк", "ООО «Мак»"]
    new = session.scalars(select(Counterparty).order_by(Counterparty.id.desc())).first()
    assert new is not None
    assert (new.code, new.inn, new.kpp, new.is_buyer) == (f"{new.id:09}", "7736050003", "773601001", True)
    phones = session.scalars(select(ContactInfo.phone).where(ContactInfo.counterparty_id == new.id)).all()
    assert sorted(phones) == ["+74957000040", "+74957000041", "+74957000042"]
    model: Any = BuyerOrder if kind == "orders" else Shipment
    owners = [document.counterparty.name for document in session.scalars(select(model).order_by(model.number))]
    assert owners == ["ООО «Мак»", "ООО «Мак»", "ООО «Мак»", "Ромашка", "Василёк"]
    again = imports(kind, *lines)
    assert (counts(again), again.brought, again.warnings) == ((0, 0, 5), {}, [])


def test_a_column_of_names_makes_buyers_with_the_codes_of_the_file(session: Session, imports: Imports) -> None:
    header = "Номер;Дата;Код контрагента;Наименование контрагента;Товар;Количество;Цена"
    lines = (header, "1;15.01.2026;Х-17;Мак;A;1;1", "2;15.01.2026;Х-17;Мак;A;1;1", "3;15.01.2026;к1;Ромашка;A;1;1")
    assert counts(imports("orders", *lines)) == (3, 0, 0)
    assert session.scalars(select(Counterparty.code).order_by(Counterparty.code)).all() == ["К1", "К2", "Х-17"]
    header = header.replace("Код контрагента;", "")
    assert counts(imports("orders", header, "4;15.01.2026;Мак;A;1;1", "5;15.01.2026;Астра;A;1;1")) == (2, 0, 0)
    assert clients(session) == ["Ромашка", "Василёк", "Мак", "Астра"]


def test_what_has_no_name_is_refused_by_line(session: Session, imports: Imports) -> None:
    lines = ("1;15.01.2026;К77;;;84957000040;A;1;1", "2;15.01.2026;7736050003;;;;A;1;1", "3;15.01.2026;;;;;A;1;1")
    assert wrong(imports("orders", HEADER, *lines)) == [(2, "counterparty"), (3, "counterparty"), (4, "counterparty")]
    assert clients(session) == ["Ромашка", "Василёк"]


def test_a_name_alone_makes_nobody_unless_it_is_asked_for(session: Session, imports: Imports) -> None:
    lines = ("Номер;Дата;Покупатель;Товар;Количество;Цена", "1;15.01.2026;Рамашка;A;1;1")
    assert wrong(imports("orders", *lines)) == [(2, "counterparty")]
    assert counts(imports("orders", *lines, make_unknown=True)) == (1, 0, 0)
    assert clients(session) == ["Ромашка", "Василёк", "Рамашка"]


def test_a_wrong_line_makes_no_buyer_either_and_spends_no_number(session: Session, imports: Imports) -> None:
    bad = "9;15.01.2026;Мак;7736050003;;;Z;1;1"
    for _ in range(3):
        assert wrong(imports("orders", HEADER, NEW, bad)) == [(3, "item")]
    report = imports("orders", HEADER, NEW, bad, skip_wrong=True)
    assert (report.created, report.left_out) == (1, 1)
    ids = session.scalars(select(Counterparty.id).order_by(Counterparty.id)).all()
    assert ids[-1] - ids[-2] == 1


def test_buyers_are_made_by_whoever_may_write_them_and_are_his(session: Session, imports: Imports) -> None:
    assert wrong(imports("orders", HEADER, NEW, lacking=["Counterparties"])) == [(2, "counterparty")]
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    theirs = "4;16.01.2026;Ромашка;7707083893;770701001;;A;1;10"
    assert wrong(imports("orders", HEADER, theirs)) == [(2, "counterparty")]
    assert counts(imports("orders", HEADER, NEW)) == (1, 0, 0)
    del session.info["viewer"]
    mine = session.scalars(select(Counterparty).where(Counterparty.inn == "7736050003")).one()
    assert mine.manager is not None
    assert mine.manager.username == "anna"
    assert session.scalar(select(func.count()).select_from(BuyerOrder)) == 1


GOODS = "Номер;Дата;Покупатель;Артикул;Товар;Ед. изм.;Количество;Цена"


def goods(session: Session) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in session.execute(select(Item.code, Item.name, Item.unit).order_by(Item.id).offset(2))]


@pytest.mark.parametrize("kind", ["orders", "shipments"])
def test_unknown_items_come_with_their_lines(session: Session, imports: Imports, kind: str) -> None:
    lines = (
        GOODS,
        "1;15.01.2026;К1;Г-10;Гвозди;кг;2;61",
        "1;15.01.2026;К1;A;Совсем другое;;1;10",  # the article says which one it is
        "2;16.01.2026;К1;г-10;Гвозди;кг;1;10",
        "2;16.01.2026;К1;;Товар B;;1;10",
        "3;16.01.2026;К1;;Клей момент;;1;10",
    )
    check = imports(kind, *lines, dry_run=True)
    assert (counts(check), check.brought, goods(session)) == ((3, 0, 0), {"items": 2}, [])
    report = imports(kind, *lines)
    assert (counts(report), report.brought) == ((3, 0, 0), {"items": 2})
    assert [(each.line, each.field) for each in report.warnings] == [(2, "item"), (6, "item")]
    new = goods(session)
    assert [(name, unit) for _code, name, unit in new] == [("Гвозди", "кг"), ("Клей момент", "шт")]
    assert new[0][0] == "Г-10"
    if kind == "shipments":  # 22 percent of the new item are within the sum
        assert session.scalar(select(Shipment.vat_amount).where(Shipment.number == "3")) == Decimal("1.80")
    again = imports(kind, *lines)
    assert (counts(again), again.brought, again.warnings) == ((0, 0, 3), {}, [])


def test_an_article_alone_makes_no_item_unless_it_is_asked_for(session: Session, imports: Imports) -> None:
    lines = (
        "Номер;Дата;Покупатель;Артикул;Ед.;Количество;Цена",
        "1;15.01.2026;К1;Г-10;кг;2;61",
        "1;15.01.2026;К1;100500;;1;1",
        "1;15.01.2026;К1;Клей момент;;1;1",
    )
    assert wrong(imports("orders", *lines)) == [(2, "item"), (3, "item"), (4, "item")]
    report = imports("orders", *lines, make_unknown=True)
    assert (counts(report), report.brought) == ((1, 0, 0), {"items": 3})
    (nails, figures, glue) = goods(session)
    assert (nails, figures) == (("Г-10", "Г-10", "кг"), ("100500", "100500", "шт"))
    assert (glue[1], glue[0].isdigit()) == ("Клей момент", True)
    lacking = imports("orders", lines[0], "2;15.01.2026;К1;Новое;;1;1", make_unknown=True, lacking=["Items"])
    assert wrong(lacking) == [(2, "item")]
    assert "нет права" in lacking.wrong[0].text


def test_a_strangers_file_of_orders_loads_at_the_first_try(session: Session, imports: Imports) -> None:
    lines = (
        "Реестр заказов за январь",
        "",
        "№ п/п;№ заказа;Дата заказа;Клиент;ИНН;Артикул;Наименование товара;Ед.;Кол-во;Цена;Сумма",
        "1;77;15.01.2026;ООО «Мак»;7736050003;Г-10;Гвозди 100 мм;кг;2;61,00 руб.;122,00",
        "2;77;15.01.2026;ООО «Мак»;7736050003;Ш-3;Шурупы;уп;1;1 250,50;1 250,50",
        "3;78;16.01.2026;Ромашка;7707083893;Г-10;Гвозди 100 мм;кг;5;61;305",
        "Итого;;;;;;;;;;1 677,50",
    )
    header = lines[2].replace("№ заказа", "Номер заказа")
    report = imports("orders", *lines[:2], header, *lines[3:])
    assert (counts(report), report.brought) == ((2, 0, 0), {"counterparties": 1, "items": 2})
    sums = session.scalars(select(BuyerOrder.amount).order_by(BuyerOrder.number)).all()
    assert sums == [Decimal("1372.50"), 305]


def test_unknown_payers_come_with_their_payments(session: Session, imports: Imports) -> None:
    lines = (
        "Номер;Дата;Плательщик;ИНН плательщика;Сумма",
        "1;15.01.2026;ООО «Мак»;7736050003;10",
        "2;15.01.2026;Мак;7736050003;20",
        "3;15.01.2026;Кто угодно;7707083893;30",
    )
    assert (imports("payments", *lines, dry_run=True).brought, len(clients(session))) == ({"counterparties": 1}, 2)
    report = imports("payments", *lines)
    assert (counts(report), report.brought, len(report.warnings)) == ((3, 0, 0), {"counterparties": 1}, 1)
    payers = [(row.number, row.counterparty.name) for row in session.scalars(select(Payment).order_by(Payment.number))]
    assert payers == [("1", "ООО «Мак»"), ("2", "ООО «Мак»"), ("3", "Ромашка")]
    assert (counts(imports("payments", *lines)), len(clients(session))) == ((0, 0, 3), 3)
    alone = ("Номер;Дата;Контрагент;Сумма", "4;15.01.2026;Астра;1", "5;15.01.2026;Астра;2")
    assert wrong(imports("payments", *alone)) == [(2, "counterparty"), (3, "counterparty")]
    assert counts(imports("payments", *alone, make_unknown=True)) == (2, 0, 0)


def test_a_price_list_brings_its_supplier_and_its_items(session: Session, imports: Imports) -> None:
    lines = (
        "Поставщик;ИНН поставщика;Артикул;Наименование;Ед.;Дата;Цена",
        "Завод;7736050003;Г-10;Гвозди;кг;15.01.2026;61",
        "Завод;7736050003;A;Товар A;;15.01.2026;10",
    )
    report = imports("supplier-prices", *lines)
    assert (counts(report), report.brought) == ((2, 0, 0), {"counterparties": 1, "items": 1})
    plant = session.scalars(select(Counterparty).where(Counterparty.name == "Завод")).one()
    assert (plant.is_supplier, plant.is_buyer, plant.inn) == (True, False, "7736050003")
    assert [item[:2] for item in goods(session)] == [("Г-10", "Гвозди")]
    paid = ("Номер;Дата;Поставщик;Сумма", "1;15.01.2026;Фабрика;7", "2;15.01.2026;завод;8")
    assert wrong(imports("supplier-payments", *paid)) == [(2, "supplier")]
    report = imports("supplier-payments", *paid, make_unknown=True)
    assert (counts(report), report.brought) == ((2, 0, 0), {"counterparties": 1})
