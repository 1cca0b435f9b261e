"""CommerceML 2, the exchange of 1C with sites: goods, offers and documents of XML as tables of named columns.

Elements are known by their local names: files come with the namespace and without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, BinaryIO

from app.domain.formats.limits import BadTable, Limits, Unreadable
from app.domain.formats.table import BATCH, BATCH_LENGTH, Row
from app.domain.formats.xml_records import Node, members, records
from app.domain.order_state import round_money

ROOT = "КоммерческаяИнформация"
OWN = "vizavi-"  # how the key of a row begins that the product itself gave out
ORDER = "Заказ товара"
SHIPPED = {"Отпуск товара": "", "Возврат товара": "-"}  # with the sign of what moves
PAID = {
    "Выплата безналичных денег": "",
    "Выплата наличных денег": "",
    "Возврат безналичных денег": "-",
    "Возврат наличных денег": "-",
}
WE_BUY = {"Покупатель", "Плательщик"}  # what we are in a document of a supplier
SHIP_ON, DELIVERED_TO = "Дата отгрузки", "Адрес доставки"
CANCELLED = ("Отменен", "ПометкаУдаления")
OF_ORDER = ("Номер заказа", "Заказ", "НомерЗаказа", "Заказ покупателя")  # requisites that name the order
PURPOSE = "Назначение платежа"
ROUBLES = {"руб", "руб.", "rub", "rur", "643", "810"}
MOST_DIGITS = 15  # before the point: no number of ours has more
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
    SHIPMENTS = "shipments"
    PAYMENTS = "payments"


class Passed(StrEnum):
    """Why an element is left as it is."""

    DELETED = "deleted"
    CANCELLED = "cancelled"
    EMPTY = "empty"
    OTHER_KIND = "other_kind"
    CURRENCY = "currency"
    UNPOSTED = "unposted"


NAMES = ("Группа", "Товар", "ТипЦены", "Предложение", "Документ")  # all, so that a line has one number on every sheet
ITEM_COLUMNS = ["outside_key", "code", "name", "unit", "group", "vat", "is_service"]
OFFER_COLUMNS = ["outside_key", "code", "name", "unit", "stock", "price"]
LINE_COLUMNS = ["item_key", "item_name", "unit", "item_is_service", "quantity", "price", "discount", "vat"]
BUYER_COLUMNS = [
    *("counterparty", "counterparty_name", "counterparty_full_name", "counterparty_kind", "inn", "kpp"),
    *("phone", "email", "address"),
]
ORDER_COLUMNS = [
    *("outside_key", "number", "date"),
    *BUYER_COLUMNS,
    *("ship_on", "pay_by", "comment", "delivery_address", "said_amount"),
    *LINE_COLUMNS,
]
SHIPMENT_COLUMNS = ["outside_key", "number", "date", *BUYER_COLUMNS, "order", "said_amount", *LINE_COLUMNS]
PAYMENT_COLUMNS = ["outside_key", "number", "date", *BUYER_COLUMNS, "order", "amount", "purpose"]
HEADERS = {
    Holds.ITEMS: ITEM_COLUMNS,
    Holds.ORDERS: ORDER_COLUMNS,
    Holds.SHIPMENTS: SHIPMENT_COLUMNS,
    Holds.PAYMENTS: PAYMENT_COLUMNS,
}
Passing = tuple[int, str, str]


def answers(
    stream: BinaryIO, limits: Limits, *, member: str = "", currency: str = "RUB", **_asked: Any
) -> Iterator[Any]:
    """All sheets of the file, or of the `member` of an archive, read once: rows by sheet, the first is its header.

    What is not in this `currency` is left out.
    """
    reading = _FileReading(currency, limits.columns)
    batches: dict[str, list[Row]] = {}
    length: Counter[str] = Counter()
    for sheet, row in reading.rows(records(members(stream, limits, member), ROOT, NAMES, limits)):
        batch = batches.setdefault(sheet, [])
        batch.append(row)
        length[sheet] += sum(map(len, row[1]))
        if len(batch) == BATCH or length[sheet] > BATCH_LENGTH:
            yield sheet, batch
            batches[sheet], length[sheet] = [], 0
    yield from ((sheet, batch) for sheet, batch in batches.items() if batch)
    yield {"passed": reading.passed}


class _FileReading:
    """One file on its way: what stands at its beginning is needed to its end."""

    def __init__(self, currency: str, columns: int) -> None:
        self.most = columns
        home = currency.casefold()
        self.home = {"", home, *(ROUBLES if home in ROUBLES else ())}
        self.passed: dict[str, list[Passing]] = {each.value: [] for each in Holds}
        self.groups: dict[str, str] = {}
        self.kinds: dict[str, tuple[str, str]] = {}  # of prices: what each is called, and its currency
        self.begun: set[Holds] = set()

    def rows(self, nodes: Iterator[Node]) -> Iterator[tuple[str, Row]]:
        for node in nodes:
            match node.name:
                case "Группа":
                    self.groups.update(_groups(node))
                case "ТипЦены" if Holds.PRICES not in self.begun:
                    name = node.said("Наименование") or node.said("Ид")
                    self.kinds[node.said("Ид")] = name, node.said("Валюта")
                case "Товар":
                    yield from self.sheet(Holds.ITEMS, self.item(node))
                case "Предложение":
                    yield from self.offer(node)
                case "Документ":
                    yield from self.document(node)

    def is_home(self, currency: str) -> bool:
        return currency.strip().casefold() in self.home

    def sheet(self, sheet: Holds, rows: Iterable[Row], header: Sequence[str] = ()) -> Iterator[tuple[str, Row]]:
        if sheet not in self.begun:
            self.begun.add(sheet)
            yield sheet.value, (0, list(header or HEADERS[sheet]))
        yield from ((sheet.value, row) for row in rows)

    def passes(self, sheet: Holds, line: int, why: Passed, what: str) -> Iterator[Row]:
        self.passed[sheet.value].append((line, why.value, what))
        return iter(())

    def item(self, node: Node) -> Iterable[Row]:
        """Товар of a catalogue; its groups stand before it."""
        if "Удален" in (node.attributes.get("Статус"), node.said("Статус")):
            return self.passes(Holds.ITEMS, node.line, Passed.DELETED, node.said("Наименование"))
        found = self.groups
        group = next((found[each.text] for each in node.all("Группы", "Ид") if each.text in found), "")
        cells = (node.said("Ид"), node.said("Артикул"), _name(node), _unit(node), group, _vat(node), _service(node))
        return [(node.line, list(cells))]

    def offer(self, node: Node) -> Iterator[tuple[str, Row]]:
        """Предложение: `price` is of the first kind in our currency, and each kind has a column of its name besides."""
        prices = {each.said("ИдТипаЦены"): each for each in node.all("Цены", "Цена")}
        if Holds.PRICES not in self.begun:
            for kind, each in prices.items():
                name, currency = self.kinds.get(kind, (kind, ""))
                self.kinds[kind] = name, currency or each.said("Валюта")
        if len(self.kinds) > self.most:
            raise BadTable(Unreadable.COLUMNS, node.line, self.most)
        header = [name if self.is_home(currency) else f"{name}, {currency}" for name, currency in self.kinds.values()]
        of_kinds = [prices[kind].said("ЦенаЗаЕдиницу") if kind in prices else "" for kind in self.kinds]
        home = next((n for n, (_name, currency) in enumerate(self.kinds.values()) if self.is_home(currency)), None)
        unit = "" if node.find("БазоваяЕдиница") is None else _unit(node)
        cells = [node.said("Ид"), node.said("Артикул"), _name(node), unit, _stock(node)]
        row = (node.line, [*cells, "" if home is None else of_kinds[home], *of_kinds])
        return self.sheet(Holds.PRICES, [row], [*OFFER_COLUMNS, *header])

    def document(self, node: Node) -> Iterator[tuple[str, Row]]:
        """An order, a shipment or a payment, and those that hang on it."""
        requisites = _requisites(node)
        buyer = _buyer(node)
        sheet, rows = self.written(node, requisites, buyer, "")
        yield from self.sheet(sheet, rows)
        named = node.said("Ид") or node.said("Номер")
        for below in node.all("ПодчиненныеДокументы", "ПодчиненныйДокумент"):
            below.line = below.line or node.line
            sheet, rows = self.written(below, _requisites(below), _buyer(below) or buyer, named)
            yield from self.sheet(sheet, rows)

    def written(
        self, node: Node, requisites: dict[str, str], buyer: Node | None, order: str
    ) -> tuple[Holds, Iterable[Row]]:
        """The rows of a document of this buyer."""
        kind, number = node.said("ХозОперация"), node.said("Номер")
        sheet = Holds.SHIPMENTS if kind in SHIPPED else Holds.PAYMENTS if kind in PAID else Holds.ORDERS
        lines = node.all("Товары", "Товар")
        is_off = any(requisites.get(name, "").lower() == "true" for name in CANCELLED)
        if (kind != ORDER and sheet is Holds.ORDERS) or node.said("Роль") in WE_BUY:
            return sheet, self.passes(sheet, node.line, Passed.OTHER_KIND, f"{kind} {number}")
        if sheet is not Holds.ORDERS and (is_off or requisites.get("Проведен", "").lower() == "false"):
            return sheet, self.passes(sheet, node.line, Passed.UNPOSTED, f"{kind} {number}")
        if is_off:
            return sheet, self.passes(sheet, node.line, Passed.CANCELLED, number)
        if not self.is_home(node.said("Валюта")):
            return sheet, self.passes(sheet, node.line, Passed.CURRENCY, f"{kind} {number}, {node.said('Валюта')}")
        head = _head(node, requisites, buyer) | {"order": order or _order_of(node, requisites)}
        if sheet is Holds.PAYMENTS:
            return sheet, [(node.line, [head[name] for name in PAYMENT_COLUMNS])]
        if not lines:
            return sheet, self.passes(sheet, node.line, Passed.EMPTY, number)
        columns = [name for name in HEADERS[sheet] if name not in LINE_COLUMNS]
        sign = SHIPPED.get(kind, "")
        return sheet, [(line.line, [*(head[name] for name in columns), *_line(line, sign)]) for line in lines]


def _order_of(node: Node, requisites: dict[str, str]) -> str:
    """By what the order is known that a shipment or a payment is of."""
    named = next((said for name in OF_ORDER if (said := requisites.get(name))), "")
    return node.said("Основание") or named


# -- goods -----------------------------------------------------------------------------------------------


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
    """A rate in percent, that of the line itself before that of its item; a tax of another name is none of ours."""
    for path in (("Налоги", "Налог"), ("СтавкиНалогов", "СтавкаНалога")):
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


def _stock(node: Node) -> str:
    """How much there is in all warehouses."""
    if said := node.said("Количество"):
        return said
    rests = [each.said("Количество") or each.said("Склад", "Количество") for each in node.all("Остатки", "Остаток")]
    rests += [each.attributes.get("КоличествоНаСкладе", "") for each in node.all("Склад")]
    found = [number for rest in rests if (number := _number(rest)) is not None]
    return str(sum(found)) if found else ""


# -- documents -------------------------------------------------------------------------------------------


def _buyer(node: Node) -> Node | None:
    parties = node.all("Контрагенты", "Контрагент")
    roles = {"Покупатель", "Плательщик", "Получатель"}
    return next((each for each in parties if each.said("Роль") in roles), parties[0] if parties else None)


def _head(node: Node, requisites: dict[str, str], buyer: Node | None) -> dict[str, str]:
    party = buyer or Node("Контрагент", {}, node.line)
    key = party.said("Ид")
    ways = [
        (each.said("Тип").casefold(), each.said("Значение"))
        for each in (*party.all("Контакты", "Контакт"), *party.all("Контакты", "КонтактнаяИнформация"))
    ]
    is_company = bool(party.said("ОфициальноеНаименование") or party.said("КПП") or party.find("ЮридическийАдрес"))
    is_person = not is_company and bool(party.said("Фамилия") or party.said("ПолноеНаименование"))
    places = ("ЮридическийАдрес", "АдресРегистрации", "Адрес")
    address = next((said for place in places if (said := party.said(place, "Представление"))), "")
    sign = (SHIPPED | PAID).get(node.said("ХозОперация"), "")
    amount = f"{sign}{said}" if (said := node.said("Сумма")) else ""
    comment = node.said("Комментарий")
    return {
        "outside_key": node.said("Ид"),
        "number": node.said("Номер"),
        "date": node.said("Дата"),
        "counterparty": key.removeprefix(OWN) if key.startswith(OWN) else "",
        "counterparty_name": party.said("Наименование"),
        "counterparty_full_name": party.said("ОфициальноеНаименование") or party.said("ПолноеНаименование"),
        "counterparty_kind": "person" if is_person else "company",
        "inn": party.said("ИНН"),
        "kpp": party.said("КПП"),
        "phone": "; ".join(value for kind, value in ways if kind.startswith(PHONES) and value),
        "email": "; ".join(value for kind, value in ways if kind == EMAIL and value),
        "address": address,
        "ship_on": requisites.get(SHIP_ON, "").partition(" ")[0],
        "pay_by": node.said("СрокПлатежа"),
        "comment": comment,
        "delivery_address": requisites.get(DELIVERED_TO, ""),
        "said_amount": amount,
        "amount": amount,
        "purpose": requisites.get(PURPOSE, "") or comment,
    }


def _line(node: Node, sign: str = "") -> list[str]:
    """A number that nobody can count with is told by whoever reads the cells."""
    quantity, price, percent = node.said("Количество"), node.said("ЦенаЗаЕдиницу"), ""
    with suppress(ArithmeticError):
        price, percent = _agreed(node, quantity, price)
    name, vat = node.said("Наименование"), _vat(node)
    return [node.said("Ид"), name, _unit(node), _service(node), f"{sign}{quantity}", price, percent, vat]


def _agreed(node: Node, quantity: str, price: str) -> tuple[str, str]:
    """The price of a unit with the tax, and the discount in percent: by them the line adds up to what the file says."""
    percent = ""
    many, each, amount = _number(quantity), _number(price), _number(node.said("Сумма"))
    if many and amount is not None:
        beside = [tax for tax in node.all("Налоги", "Налог") if tax.said("УчтеноВСумме") == "false"]
        amount += sum(_number(tax.said("Сумма")) or 0 for tax in beside)
        if each is None or round_money(each * many) != amount:
            percent = node.said("Скидки", "Скидка", "Процент")
            share = _number(percent) or Decimal(0)
            if each is None or round_money(each * many * (100 - share) / 100) != amount:
                price, percent = f"{(amount / many).quantize(Decimal('0.00001')):f}", ""
    return price, percent


def _number(text: str) -> Decimal | None:
    with suppress(InvalidOperation):
        number = Decimal(text.replace(" ", "").replace(",", "."))
        return number if number.is_finite() and number.adjusted() < MOST_DIGITS else None
    return None
