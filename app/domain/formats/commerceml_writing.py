"""CommerceML 2 as it goes out: goods with prices, and orders of buyers; what is written can be read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, tostring

from app.domain.formats.commerceml import DELIVERED_TO, ORDER, ROOT, SHIP_ON, UNITS
from app.domain.vat import VatRate, vat_of

VERSION = "2.10"
NAMESPACE = "urn:1C.ru:commerceml_2"
MIME = "application/xml"
PRICES = "vizavi-prices"  # the key of the one kind of prices
CATALOGUE = "vizavi-catalogue"
OKEI = {unit: code for code, unit in UNITS.items()}


@dataclass(frozen=True)
class SoldBy:
    """Whose goods and prices these are."""

    name: str
    inn: str = ""
    kpp: str = ""


@dataclass(frozen=True)
class SoldItem:
    """An item; `key` is what 1C knows it by, or one of ours."""

    key: str
    code: str
    name: str
    unit: str
    group: str
    vat: VatRate
    is_service: bool
    price: Decimal
    stock: Decimal | None = None


@dataclass(frozen=True)
class SoldTo:
    """A buyer."""

    key: str
    name: str
    full_name: str
    is_person: bool
    inn: str = ""
    kpp: str = ""
    address: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True)
class SoldLine:
    """A line of an order; the amount is with VAT and without the discount."""

    good: SoldItem
    quantity: Decimal
    price: Decimal
    discount: Decimal
    amount: Decimal
    vat: VatRate


@dataclass(frozen=True)
class SoldOrder:
    """An order as 1C is told of it; `said` are its requisites by name."""

    key: str
    number: str
    on: date
    amount: Decimal
    buyer: SoldTo
    lines: tuple[SoldLine, ...]
    pay_by: date | None
    ship_on: date | None
    comment: str
    delivery_address: str
    said: dict[str, str]


def opening(now: datetime, encoding: str = "utf-8") -> bytes:
    root = f'<{ROOT} xmlns="{NAMESPACE}" ВерсияСхемы="{VERSION}" ДатаФормирования="{now:%Y-%m-%dT%H:%M:%S}">\n'
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{root}'.encode(encoding)


def closing(encoding: str = "utf-8") -> bytes:
    return f"</{ROOT}>\n".encode(encoding)


def catalogue(goods: Iterable[SoldItem], groups: Iterable[str], firm: SoldBy) -> Iterator[bytes]:
    """Классификатор with the groups, and Каталог with the goods, in blocks."""
    classifier = _headed("Классификатор", firm)
    kept = SubElement(classifier, "Группы")
    for group in groups:
        _filled(SubElement(kept, "Группа"), Ид=_group_key(group), Наименование=group)
    yield _written(classifier)
    head = _headed("Каталог", firm, ИдКлассификатора=CATALOGUE)
    head.set("СодержитТолькоИзменения", "false")
    yield from _around(head, "Товары", (_good(good) for good in goods))


def offers(goods: Iterable[SoldItem], firm: SoldBy, currency: str) -> Iterator[bytes]:
    """ПакетПредложений: what the goods cost, and how many there are where that is known."""
    head = _headed("ПакетПредложений", firm, ИдКаталога=CATALOGUE, ИдКлассификатора=CATALOGUE)
    kind = SubElement(SubElement(head, "ТипыЦен"), "ТипЦены")
    _filled(kind, Ид=PRICES, Наименование="Цена", Валюта=currency)
    _filled(SubElement(kind, "Налог"), Наименование="НДС", УчтеноВСумме="true")
    yield from _around(head, "Предложения", (_offer(good, currency) for good in goods))


def document(order: SoldOrder, currency: str, encoding: str = "utf-8") -> bytes:
    """An order that 1C is to have."""
    found = Element("Документ")
    _filled(
        found,
        Ид=order.key,
        Номер=order.number,
        Дата=order.on.isoformat(),
        ХозОперация=ORDER,
        Роль="Продавец",
        Валюта=currency,
        Курс="1",
        Сумма=f"{order.amount:f}",
    )
    _party(SubElement(SubElement(found, "Контрагенты"), "Контрагент"), order.buyer)
    _filled(found, СрокПлатежа=order.pay_by.isoformat() if order.pay_by else "", Комментарий=order.comment)
    lines = SubElement(found, "Товары")
    for line in order.lines:
        _line(lines, line)
    delivery = {SHIP_ON: order.ship_on.isoformat() if order.ship_on else "", DELIVERED_TO: order.delivery_address}
    _requisites(found, order.said | delivery)
    return _written(found, encoding)


def _line(parent: Element, line: SoldLine) -> None:
    found = _good(line.good, parent)
    amounts = {"ЦенаЗаЕдиницу": line.price, "Количество": line.quantity, "Сумма": line.amount}
    _filled(found, **{name: f"{amount:f}" for name, amount in amounts.items()})
    if line.discount:
        discount = SubElement(SubElement(found, "Скидки"), "Скидка")
        _filled(discount, Наименование="Скидка", Процент=f"{line.discount:f}", УчтеноВСумме="true")
    if line.vat is not VatRate.NONE:
        tax = SubElement(SubElement(found, "Налоги"), "Налог")
        amount = f"{vat_of(line.amount, line.vat):f}"
        _filled(tax, Наименование="НДС", УчтеноВСумме="true", Сумма=amount, Ставка=line.vat.value)


def _party(found: Element, buyer: SoldTo) -> None:
    _filled(found, Ид=buyer.key, Наименование=buyer.name, Роль="Покупатель")
    full_name = buyer.full_name or buyer.name
    if buyer.is_person:
        _filled(found, ПолноеНаименование=full_name, ИНН=buyer.inn)
    else:
        _filled(found, ОфициальноеНаименование=full_name, ИНН=buyer.inn, КПП=buyer.kpp)
    if buyer.address:
        place = SubElement(found, "АдресРегистрации" if buyer.is_person else "ЮридическийАдрес")
        _filled(place, Представление=buyer.address)
    if buyer.phones or buyer.emails:
        ways = SubElement(found, "Контакты")
        for kind, values in (("Телефон рабочий", buyer.phones), ("Почта", buyer.emails)):
            for value in values:
                _filled(SubElement(ways, "Контакт"), Тип=kind, Значение=value)


def _good(good: SoldItem, parent: Element | None = None) -> Element:
    found = Element("Товар") if parent is None else SubElement(parent, "Товар")
    _filled(found, Ид=good.key, Артикул=good.code, Наименование=good.name)
    unit = SubElement(found, "БазоваяЕдиница", {"Код": OKEI[good.unit]} if good.unit in OKEI else {})
    unit.text = good.unit
    if good.group:
        _filled(SubElement(found, "Группы"), Ид=_group_key(good.group))
    rate = "Без НДС" if good.vat is VatRate.NONE else good.vat.value
    _filled(SubElement(SubElement(found, "СтавкиНалогов"), "СтавкаНалога"), Наименование="НДС", Ставка=rate)
    kind = "Услуга" if good.is_service else "Товар"
    _requisites(found, {"ВидНоменклатуры": kind, "ТипНоменклатуры": kind})
    return found


def _offer(good: SoldItem, currency: str) -> Element:
    found = Element("Предложение")
    _filled(found, Ид=good.key, Артикул=good.code, Наименование=good.name)
    price = SubElement(SubElement(found, "Цены"), "Цена")
    _filled(price, ИдТипаЦены=PRICES, ЦенаЗаЕдиницу=f"{good.price:f}", Валюта=currency, Единица=good.unit)
    _filled(found, Количество="" if good.stock is None else f"{good.stock:f}")
    return found


def _requisites(parent: Element, said: dict[str, str]) -> None:
    rows = SubElement(parent, "ЗначенияРеквизитов")
    for name, value in said.items():
        if value:
            _filled(SubElement(rows, "ЗначениеРеквизита"), Наименование=name, Значение=value)


def _headed(name: str, firm: SoldBy, **more: str) -> Element:
    found = Element(name)
    _filled(found, Ид=CATALOGUE, Наименование="Номенклатура", **more)
    _filled(SubElement(found, "Владелец"), Ид=CATALOGUE, Наименование=firm.name, ИНН=firm.inn, КПП=firm.kpp)
    return found


def _group_key(group: str) -> str:
    return f"group-{group}"


def _around(head: Element, name: str, rows: Iterable[Element]) -> Iterator[bytes]:
    """The head with the rows in it, a row a block."""
    mark = SubElement(head, name)
    mark.text = "\0"
    before, _mark, after = tostring(head, "unicode").partition("\0")
    yield before.encode()
    for row in rows:
        yield _written(row)
    yield f"{after}\n".encode()


def _filled(parent: Element, **texts: str) -> None:
    """A child for every text that is there."""
    for name, text in texts.items():
        if text:
            SubElement(parent, name).text = text


def _written(found: Element, encoding: str = "utf-8") -> bytes:
    """Letters that the encoding does not have go as references."""
    return tostring(found, "unicode").encode(encoding, "xmlcharrefreplace") + b"\n"
