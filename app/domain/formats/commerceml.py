"""CommerceML 2, the exchange of 1C with sites: goods, offers and orders of XML as tables of named columns.

Elements are known by their local names: files come with the namespace and without it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, BinaryIO

from app.domain.formats import table
from app.domain.formats.limits import Limits
from app.domain.formats.table import Row, Table
from app.domain.formats.xml_records import Member, Node, members, records
from app.domain.order_state import round_money

ROOT = "КоммерческаяИнформация"
OWN = "vizavi-"  # how the key of a row begins that the product itself gave out
ORDER = "Заказ товара"
SHIP_ON, DELIVERED_TO = "Дата отгрузки", "Адрес доставки"
CANCELLED = ("Отменен", "ПометкаУдаления")
PHONES = ("телефон", "факс")
EMAIL = "почта"

# Units by their code in ОКЕИ, for files that write nothing else.
UNITS = {
    "006": "м",
    "055": "м2",
    "112": "л",
    "113": "м3",
    "163": "г",
    "166": "кг",
    "168": "т",
    "356": "ч",
    "704": "набор",
    "715": "пар",
    "736": "рул",
    "778": "упак",
    "796": "шт",
    "839": "компл",
    "876": "усл. ед",
}


class Holds(StrEnum):
    """The tables that a file may hold, in the order in which they come in."""

    ITEMS = "items"
    PRICES = "prices"
    ORDERS = "orders"


class Passed(StrEnum):
    """Why an element is left as it is."""

    DELETED = "deleted"
    CANCELLED = "cancelled"
    EMPTY = "empty"
    OTHER_KIND = "other_kind"


NAMES = ("Группа", "Товар", "ТипЦены", "Предложение", "Документ")  # all, so that a line has one number on every sheet
SHEET_OF = {"Товар": Holds.ITEMS, "Предложение": Holds.PRICES, "Документ": Holds.ORDERS}
ITEM_COLUMNS = ["outside_key", "code", "name", "unit", "group", "vat", "is_service"]
OFFER_COLUMNS = ["outside_key", "code", "name", "unit", "stock", "price"]
LINE_COLUMNS = ["item_key", "item_name", "unit", "item_is_service", "quantity", "price", "discount", "vat"]
ORDER_COLUMNS = [
    *("outside_key", "number", "date", "counterparty", "counterparty_name", "counterparty_full_name"),
    *("counterparty_kind", "inn", "kpp", "phone", "email", "address", "ship_on", "pay_by", "comment"),
    *("delivery_address", "said_amount"),
    *LINE_COLUMNS,
]


def answers(stream: BinaryIO, limits: Limits, **asked: Any) -> Iterator[Any]:
    """One sheet of the file in parts that can travel from one process to another."""
    yield from table.taken_apart(read(stream, limits, **asked))


def read(
    stream: BinaryIO, limits: Limits, *, known: Collection[str] = (), sheet: str = "", line: int = 0, member: str = ""
) -> Table:
    """A sheet of the file, the first it has unless one is named; of an archive all files, or the `member`."""
    files = members(stream, limits, member)
    met = {SHEET_OF[node.name] for node in records(files, ROOT, NAMES, limits) if node.name in SHEET_OF}
    sheets = [each.value for each in Holds if each in met]
    chosen = sheet or next(iter(sheets), "")
    found = Table([], iter(()), 0, chosen, sheets)
    if chosen in sheets:
        rows = READERS[Holds(chosen)](found, files, limits)
        found.header = next(rows)[1]
        found.rows = rows
    return found


# -- goods -----------------------------------------------------------------------------------------------


def _items(found: Table, files: list[Member], limits: Limits) -> Iterator[Row]:
    """Товары of a catalogue; their groups stand before them."""
    yield 0, ITEM_COLUMNS
    groups: dict[str, str] = {}
    for node in records(files, ROOT, NAMES, limits):
        if node.name == "Группа":
            groups.update(_groups(node))
        elif node.name == "Товар":
            if "Удален" in (node.attributes.get("Статус"), node.said("Статус")):
                found.passed.append((node.line, Passed.DELETED, node.said("Наименование")))
                continue
            group = next((groups[each.text] for each in node.all("Группы", "Ид") if each.text in groups), "")
            cells = (node.said("Ид"), node.said("Артикул"), _name(node), _unit(node), group, _vat(node), _service(node))
            yield node.line, list(cells)


def _groups(node: Node) -> Iterator[tuple[str, str]]:
    yield node.said("Ид"), node.said("Наименование")
    for child in node.all("Группы", "Группа"):
        yield from _groups(child)


def _name(node: Node) -> str:
    """With its variant, where the name does not say it."""
    name = node.said("Наименование")
    variant = [each.said("Значение") for each in node.all("ХарактеристикиТовара", "ХарактеристикаТовара")]
    return f"{name} ({', '.join(variant)})" if variant and "#" in node.said("Ид") and not name.endswith(")") else name


def _unit(node: Node) -> str:
    unit = node.find("БазоваяЕдиница") or node.find("Единица")
    if unit is None:
        return ""
    code = (unit.attributes.get("Код") or unit.text).strip().zfill(3)
    return UNITS.get(code) or unit.text or unit.attributes.get("НаименованиеПолное", "")


def _vat(node: Node) -> str:
    """A rate in percent, as the file writes it; a tax of another name is none of ours."""
    for path in (("СтавкиНалогов", "СтавкаНалога"), ("Налоги", "Налог")):
        for rate in node.all(*path):
            if rate.said("Наименование").casefold() == "ндс":
                return rate.said("Ставка").removesuffix("%").strip()
    return ""


def _requisites(node: Node) -> dict[str, str]:
    rows = node.all("ЗначенияРеквизитов", "ЗначениеРеквизита")
    return {row.said("Наименование"): row.said("Значение") for row in rows}


def _service(node: Node) -> str:
    kind = _requisites(node).get("ТипНоменклатуры", "")
    return str(kind == "Услуга").lower() if kind else ""


# -- offers ----------------------------------------------------------------------------------------------


def _offers(found: Table, files: list[Member], limits: Limits) -> Iterator[Row]:
    """Предложения; `price` is that of the first kind of prices, and each kind has a column of its name besides."""
    kinds: dict[str, str] = {}
    begun = False
    for node in records(files, ROOT, NAMES, limits):
        if node.name == "ТипЦены" and not begun:
            kinds[node.said("Ид")] = node.said("Наименование") or node.said("Ид")
        elif node.name == "Предложение":
            prices = {each.said("ИдТипаЦены"): each.said("ЦенаЗаЕдиницу") for each in node.all("Цены", "Цена")}
            if not begun:
                kinds = kinds or {kind: kind for kind in prices}
                yield 0, [*OFFER_COLUMNS, *kinds.values()]
                begun = True
            of_kinds = [prices.get(kind, "") for kind in kinds]
            first = of_kinds[0] if of_kinds else ""
            unit = "" if node.find("БазоваяЕдиница") is None else _unit(node)
            yield (
                node.line,
                [node.said("Ид"), node.said("Артикул"), _name(node), unit, _stock(node), first, *of_kinds],
            )


def _stock(node: Node) -> str:
    """How much there is in all warehouses."""
    if said := node.said("Количество"):
        return said
    rests = [each.said("Количество") or each.said("Склад", "Количество") for each in node.all("Остатки", "Остаток")]
    rests += [each.attributes.get("КоличествоНаСкладе", "") for each in node.all("Склад")]
    found = [number for rest in rests if (number := _number(rest)) is not None]
    return str(sum(found)) if found else ""


# -- orders ----------------------------------------------------------------------------------------------


def _orders(found: Table, files: list[Member], limits: Limits) -> Iterator[Row]:
    """Документы that are orders, one row a line."""
    yield 0, ORDER_COLUMNS
    for node in records(files, ROOT, NAMES, limits):
        if node.name != "Документ":
            continue
        number, requisites = node.said("Номер"), _requisites(node)
        lines = node.all("Товары", "Товар")
        if node.said("ХозОперация") != ORDER:
            found.passed.append((node.line, Passed.OTHER_KIND, f"{node.said('ХозОперация')} {number}"))
        elif any(requisites.get(name, "").lower() == "true" for name in CANCELLED):
            found.passed.append((node.line, Passed.CANCELLED, number))
        elif not lines:
            found.passed.append((node.line, Passed.EMPTY, number))
        else:
            head = _head(node, requisites)
            for line in lines:
                yield line.line, [*head, *_line(line)]


def _head(node: Node, requisites: dict[str, str]) -> list[str]:
    parties = node.all("Контрагенты", "Контрагент")
    buyers = [each for each in parties if each.said("Роль") in {"Покупатель", "Плательщик", "Получатель"}] or parties
    party = buyers[0] if buyers else Node("Контрагент", {}, node.line)
    key = party.said("Ид")
    ways = [
        (each.said("Тип").casefold(), each.said("Значение"))
        for each in (*party.all("Контакты", "Контакт"), *party.all("Контакты", "КонтактнаяИнформация"))
    ]
    is_company = bool(party.said("ОфициальноеНаименование") or party.said("КПП") or party.find("ЮридическийАдрес"))
    is_person = not is_company and bool(party.said("Фамилия") or party.said("ПолноеНаименование"))
    places = ("ЮридическийАдрес", "АдресРегистрации", "Адрес")
    address = next((said for place in places if (said := party.said(place, "Представление"))), "")
    return [
        node.said("Ид"),
        node.said("Номер"),
        node.said("Дата"),
        key.removeprefix(OWN) if key.startswith(OWN) else "",
        party.said("Наименование"),
        party.said("ОфициальноеНаименование") or party.said("ПолноеНаименование"),
        "person" if is_person else "company",
        party.said("ИНН"),
        party.said("КПП"),
        "; ".join(value for kind, value in ways if kind.startswith(PHONES) and value),
        "; ".join(value for kind, value in ways if kind == EMAIL and value),
        address,
        requisites.get(SHIP_ON, "").partition(" ")[0],
        node.said("СрокПлатежа"),
        node.said("Комментарий"),
        requisites.get(DELIVERED_TO, ""),
        node.said("Сумма"),
    ]


def _line(node: Node) -> list[str]:
    """The price is that of a unit with the tax, so that the line adds up to what the file says."""
    quantity, price, percent = node.said("Количество"), node.said("ЦенаЗаЕдиницу"), ""
    many, each, amount = _number(quantity), _number(price), _number(node.said("Сумма"))
    if many and amount is not None:
        beside = [tax for tax in node.all("Налоги", "Налог") if tax.said("УчтеноВСумме") == "false"]
        amount += sum(_number(tax.said("Сумма")) or 0 for tax in beside)
        if each is None or round_money(each * many) != amount:
            percent = node.said("Скидки", "Скидка", "Процент")
            share = _number(percent) or Decimal(0)
            if each is None or round_money(each * many * (100 - share) / 100) != amount:
                price, percent = f"{(amount / many).quantize(Decimal('0.00001')):f}", ""
    name, vat = node.said("Наименование"), _vat(node)
    return [node.said("Ид"), name, _unit(node), _service(node), quantity, price, percent, vat]


def _number(text: str) -> Decimal | None:
    with suppress(InvalidOperation):
        number = Decimal(text.replace(" ", "").replace(",", "."))
        return number if number.is_finite() else None
    return None


READERS = {Holds.ITEMS: _items, Holds.PRICES: _offers, Holds.ORDERS: _orders}
