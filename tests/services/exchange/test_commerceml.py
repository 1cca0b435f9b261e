"""Files of CommerceML: goods, prices and orders of 1C come in once, whole or not at all."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.vat import VatRate
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from app.services import exchange
from app.services.exchange import exporting
from tests.services.exchange.conftest import NOW, TODAY, Imports, counts

FILES = Path(__file__).parents[2] / "domain" / "formats" / "files" / "commerceml"


def brought(session: Session, name: str, **options: Any) -> exchange.ImportReport:
    return exchange.run_import(session, "commerceml", FILES / name, now=NOW, today=TODAY, **options)


def items(session: Session) -> dict[str, Item]:
    return {item.name: item for item in session.scalars(select(Item))}


def test_goods_and_prices_of_a_real_1c_come_in_and_again_bring_nothing(session: Session, imports: Imports) -> None:
    assert counts(brought(session, "import.xml")) == (2, 0, 0)
    assert counts(brought(session, "offers.xml")) == (5, 0, 0)
    found = items(session)
    boots, variant = found["Женские ботфорты коричневые"], found["Женские ботфорты коричневые (38)"]
    assert (boots.code, boots.unit, boots.group) == ("Б-130001", "пар", "Обувь")
    assert (variant.price, variant.stock, variant.unit, variant.group) == (1719, 20, "пар", "Обувь")
    assert variant.code != boots.code
    assert counts(brought(session, "import.xml")) == (0, 0, 2)
    assert counts(brought(session, "offers.xml")) == (0, 0, 5)


def test_an_order_of_a_site_brings_its_buyer_and_goods_once(session: Session, imports: Imports) -> None:
    report = brought(session, "orders.xml")
    assert counts(report) == (1, 0, 0)
    assert report.brought == {"counterparties": 1, "items": 2}
    order = session.scalars(select(BuyerOrder)).one()
    assert (order.number, order.outside_key, order.amount) == ("20", "20", Decimal("9683.42"))
    assert order.counterparty.name == "Петр Петров"
    assert items(session)["Доставка заказа"].is_service
    assert counts(brought(session, "orders.xml")) == (0, 0, 1)
    assert len(session.scalars(select(Counterparty)).all()) == 1


CATALOGUE = """<?xml version="1.0" encoding="UTF-8"?>
<КоммерческаяИнформация ВерсияСхемы="2.05" ДатаФормирования="2026-11-23">
<Классификатор><Ид>c</Ид><Наименование>к</Наименование>
<Группы><Группа><Ид>g</Ид><Наименование>Чай</Наименование></Группа></Группы></Классификатор>
<Каталог><Ид>k</Ид><Наименование>Каталог</Наименование><Товары>
<Товар><Ид>tea</Ид><Артикул>Ч-1</Артикул><Наименование>Чай чёрный</Наименование>
<БазоваяЕдиница Код="166"/><Группы><Ид>g</Ид></Группы>
<СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование><Ставка>10</Ставка></СтавкаНалога></СтавкиНалогов></Товар>
<Товар Статус="Удален"><Ид>old</Ид><Наименование>Старый</Наименование></Товар>
</Товары></Каталог>
<ПакетПредложений><Ид>p</Ид><ТипыЦен><ТипЦены><Ид>r</Ид><Наименование>Розничная</Наименование></ТипЦены></ТипыЦен>
<Предложения><Предложение><Ид>tea</Ид><Цены><Цена><ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>150.5</ЦенаЗаЕдиницу>
</Цена></Цены><Остатки><Остаток><Склад><Количество>3</Количество></Склад></Остаток></Остатки></Предложение>
<Предложение><Ид>nobody</Ид><Количество>1</Количество></Предложение></Предложения></ПакетПредложений>
</КоммерческаяИнформация>"""


def catalogue(*changed: str) -> bytes:
    return CATALOGUE.replace(*(changed or ("", "", 0))).encode()


def order(**said: str) -> bytes:
    """An order of one line, 2 × 100, with some of its elements said otherwise."""
    head = {"Ид": "o-1", "Номер": "77", "Дата": "2026-11-20", "ХозОперация": "Заказ товара", "Роль": "Продавец"}
    head |= {"Валюта": "RUB", "Курс": "1", "Сумма": "200.00"} | said
    text = "".join(f"<{name}>{value}</{name}>" for name, value in head.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" '
        f'ВерсияСхемы="2.10" ДатаФормирования="2026-11-23T10:00:00"><Документ>{text}<Контрагенты><Контрагент>'
        "<Ид>x#1</Ид><Наименование>ООО «Ромашка»</Наименование><Роль>Покупатель</Роль><ИНН>7707083893</ИНН>"
        "<ОфициальноеНаименование>Общество «Ромашка»</ОфициальноеНаименование><Контакты>"
        "<Контакт><Тип>ТелефонРабочий</Тип><Значение>+7 495 700-00-12</Значение></Контакт>"
        "<Контакт><Тип>Почта</Тип><Значение>a@romashka.ru</Значение></Контакт></Контакты></Контрагент></Контрагенты>"
        "<Товары><Товар><Ид>tea</Ид><Наименование>Чай чёрный</Наименование><ЦенаЗаЕдиницу>100.00</ЦенаЗаЕдиницу>"
        "<Количество>2</Количество><Сумма>200.00</Сумма></Товар></Товары></Документ></КоммерческаяИнформация>"
    ).encode()


def of_file(session: Session, content: bytes, **options: Any) -> exchange.ImportReport:
    return exchange.run_import(session, "commerceml", content, now=NOW, today=TODAY, **options)


def test_a_catalogue_with_its_offers_is_one_file(session: Session, imports: Imports) -> None:
    assert counts(of_file(session, catalogue(), dry_run=True)) == (1, 1, 0)
    assert items(session) == {}
    report = of_file(session, catalogue())
    assert counts(report) == (1, 1, 0)
    assert [(part.kind, part.created, part.updated) for part in report.parts] == [
        ("commerceml-items", 1, 0),
        ("commerceml-prices", 0, 1),
    ]
    tea = items(session)["Чай чёрный"]
    told = (tea.code, tea.unit, tea.group, tea.vat.value, tea.price, tea.stock)
    assert told == ("Ч-1", "кг", "Чай", "10", Decimal("150.5"), 3)
    assert [warning.text for warning in report.warnings] == [
        "«Старый» удален в 1С: здесь он остается как есть.",
        "Номенклатуры «nobody» нет: ее цена пропущена.",
    ]


def test_a_wrong_offer_keeps_the_goods_of_its_file_out_too(session: Session, imports: Imports) -> None:
    report = of_file(session, catalogue("150.5", "дорого"))
    assert [(error.line, error.field) for error in report.wrong] == [(12, "price")]
    assert items(session) == {}


def test_an_order_that_adds_up_comes_in_and_again_until_it_is_shipped(session: Session, imports: Imports) -> None:
    report = of_file(session, order(Сумма="250.00"))
    assert [error.text for error in report.wrong] == ["Документ 77: указано 250,00, а по строкам 200,00."]
    assert counts(of_file(session, order())) == (1, 0, 0)
    assert counts(of_file(session, order(Комментарий="срочно"))) == (0, 1, 0)
    made = session.scalars(select(BuyerOrder)).one()
    assert (made.comment, made.counterparty.inn) == ("срочно", "7707083893")
    report = of_file(session, order(Комментарий="срочно", СрокПлатежа="2026-11-19"))
    assert (counts(report), made.pay_by) == ((0, 0, 1), None)
    assert [(warning.field, "раньше даты заказа" in warning.text) for warning in report.warnings] == [("pay_by", True)]
    columns = "number;date;counterparty;item;quantity;price;order"
    imports("shipments", columns, "1;2026-11-21;7707083893;Чай чёрный;1;100;77")
    report = of_file(session, order(Комментарий="не спешите"))
    assert counts(report) == (0, 0, 1)
    assert [warning.text for warning in report.warnings] == [
        "Заказ 77 уже отгружен, оплачен или закрыт: он остается как есть."
    ]


def test_a_bad_file_is_refused_in_words(session: Session, imports: Imports) -> None:
    with pytest.raises(Refused, match="файл обрезан или поврежден"):
        of_file(session, order()[:-40])


def test_what_goes_out_comes_in_again_and_changes_nothing(session: Session, imports: Imports) -> None:
    imports("items", "code;name;price", "ч-1;Чай;1")
    assert counts(of_file(session, catalogue())) == (0, 2, 0)  # what was here before the exchange is known by its code
    assert [(item.name, item.outside_key) for item in session.scalars(select(Item))] == [("Чай чёрный", "tea")]
    columns = "number;date;counterparty;counterparty_name;inn;kind;phone;item;quantity;price;discount;ship_on;pay_by"
    lines = [
        "1;2026-11-20;;ООО «Ромашка» & Ко;7707083893;company;+7 495 700-00-12;Ч-1;3;99.99;10;2026-12-01;2026-12-10",
        "2;2026-11-21;;Иванов Иван;;person;;Ч-1;2.5;40;;;",
    ]
    assert counts(imports("orders", columns, *lines)) == (2, 0, 0)
    table = exchange.table_for(session, "commerceml", (), to_write=False)
    line = session.scalars(select(OrderLine).order_by(OrderLine.id).limit(1)).one()
    line.vat = VatRate.TWENTY  # of its day; the item has another one since
    session.commit()
    rows, blocks = zip(*exchange.blocks(session, table, exporting.PLAIN), strict=True)
    assert sum(rows) == 3
    assert counts(of_file(session, b"".join(blocks))) == (0, 0, 4)


def test_a_kind_of_price_is_chosen_and_one_in_another_currency_is_not_taken_for_roubles(
    session: Session, imports: Imports
) -> None:
    kinds = "<ТипыЦен><ТипЦены><Ид>d</Ид><Наименование>Экспорт</Наименование><Валюта>USD</Валюта></ТипЦены>"
    kinds += "<ТипЦены><Ид>w</Ид><Наименование>Оптовая</Наименование><Валюта>RUB</Валюта></ТипЦены>"
    prices = "<Цены><Цена><ИдТипаЦены>d</ИдТипаЦены><ЦенаЗаЕдиницу>3</ЦенаЗаЕдиницу></Цена>"
    prices += "<Цена><ИдТипаЦены>w</ИдТипаЦены><ЦенаЗаЕдиницу>120</ЦенаЗаЕдиницу></Цена>"
    content = catalogue("<ТипыЦен>", kinds).replace("<Цены>".encode(), prices.encode())
    assert counts(of_file(session, content)) == (1, 1, 0)
    assert items(session)["Чай чёрный"].price == 120
    assert counts(of_file(session, content, mapping={"price": "Розничная"}))[1] == 1
    assert items(session)["Чай чёрный"].price == Decimal("150.5")
    report = of_file(session, content, mapping={"price": "Нет такой"})
    assert (report.warnings[0].text, report.updated) == ("В файле нет колонки «Нет такой».", 0)


def test_a_company_that_counts_in_another_currency_takes_its_own_documents(
    session: Session, imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(current_app.config, "CRM_CURRENCY", "KZT")
    report = of_file(session, order())
    assert (counts(report), report.warnings[0].text) == (
        (0, 0, 0),
        "«Заказ товара 77, RUB» — в другой валюте: документ пропущен.",
    )
    assert counts(of_file(session, order(Валюта="KZT"))) == (1, 0, 0)


def documents(*amounts: str) -> bytes:
    """An order with a shipment and a payment of it, and a payment of an order that nobody knows."""
    ours, stray = amounts or ("200.00", "50.00")
    whole = order().decode()
    shipment = re.sub("Заказ товара", "Отпуск товара", whole[whole.index("<Документ>") : whole.index("</Комм")])
    shipment = shipment.replace(
        "<Ид>o-1</Ид><Номер>77</Номер>", "<Ид>s-1</Ид><Номер>Р-5</Номер><Основание>o-1</Основание>"
    )
    paid = re.sub("<Товары>.*</Товары>", "", shipment).replace("Отпуск товара", "Выплата безналичных денег")
    paid = paid.replace("s-1", "p-1").replace("Р-5", "П-9").replace("200.00", ours)
    other = paid.replace("p-1", "p-2").replace("П-9", "П-10").replace("o-1", "нет").replace(ours, stray)
    return whole.replace("</Комм", f"{shipment}{paid}{other}</Комм").encode()


def test_shipments_and_payments_of_1c_come_in_with_their_order_and_once(session: Session, imports: Imports) -> None:
    report = of_file(session, documents())
    assert counts(report) == (4, 0, 0)
    assert [warning.text for warning in report.warnings if "«нет»" in warning.text] == ["Заказ «нет»: не найдено."]
    session.expire_all()
    made = session.scalars(select(BuyerOrder)).one()
    assert (made.shipped_amount, made.paid_amount) == (200, 200)
    assert session.scalars(select(Shipment.number)).all() == ["Р-5"]
    payments = session.execute(select(Payment.number, Payment.amount, Payment.order_id).order_by(Payment.amount)).all()
    assert payments == [("П-10", 50, None), ("П-9", 200, made.id)]
    assert counts(of_file(session, documents())) == (0, 0, 4)
    wrong = of_file(session, documents("200.00", "много").replace(b"77", b"78"))
    assert wrong.wrong_count
    assert len(session.scalars(select(BuyerOrder)).all()) == 1


def test_a_document_that_1c_numbers_anew_does_not_come_twice(session: Session, imports: Imports) -> None:
    of_file(session, documents().replace("<Ид>s-1</Ид>".encode(), b""))  # without its key at first
    assert counts(of_file(session, documents())) == (0, 1, 3)
    assert session.scalars(select(Shipment.outside_key)).all() == ["s-1"]
    paid = "<Ид>p-1</Ид><Номер>П-9</Номер>"
    text = documents().decode().replace("Р-5", "Р-50").replace(paid, paid.replace("П-9", "П-90"))
    report = of_file(session, text.encode())
    assert counts(report) == (0, 0, 4)
    assert [warning.text for warning in report.warnings if "теперь" in warning.text] == [
        "Документ Р-5 от 20.11.2026 теперь в 1С — Р-50: здесь он остается прежним.",
        "Документ П-9 от 20.11.2026 теперь в 1С — П-90: здесь он остается прежним.",
    ]
    another = of_file(session, documents().replace(b">s-1<", b">s-2<"))
    assert [error.text for error in another.wrong] == ["Документ Р-5 известен под другим ключом 1С."]
