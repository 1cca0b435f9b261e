"""Suppliers of the demo company: terms, prices over time, orders, receipts and payments - early, late, in parts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.domain.vat import rate_on
from app.domain.words import DocumentKind, PriceSource, Reliability
from app.models.counterparties import Counterparty
from app.models.numbering import NumberSeries
from app.models.products import Item
from app.services.demo.load import copy, go_on_after
from app.services.demo.words import listed
from app.services.numbering import PREFIXES

TABLES = (
    "supplier_terms",
    "supplier_item",
    "supplier_price",
    "supplier_order",
    "supplier_order_line",
    "receipt",
    "receipt_line",
    "supplier_payment",
)
DAYS = 540  # of trade with suppliers
# Every so many orders one fails: of a reliable supplier none, of the others an eighth and a third.
FAILS = {Reliability.HIGH: 0, Reliability.MEDIUM: 8, Reliability.LOW: 3}
DELIVERY = (
    "Доставка поставщика, до склада",
    "Самовывоз со склада поставщика",
    "Транспортная компания, за наш счёт",
    "Доставка по вторникам и пятницам",
)
PURPOSE = "Оплата по заказу "
MOVED = 7  # one order of so many was promised for an earlier day first
CREDIT = (7, 14, 14, 30)  # days from the day of delivery to that of payment
WHY = ("По итогам года", "Участились задержки", "Новый договор поставки", "Сменился склад поставщика")


@dataclass
class Supplier:
    """Whom we order from: how reliable he is, in how many days he delivers, and his prices by item and day."""

    id: int
    level: Reliability
    lead: int
    items: list[Item]
    prices: dict[int, dict[date, tuple[Decimal, PriceSource, str]]] = field(default_factory=lambda: defaultdict(dict))

    def price(self, item: Item, on: date) -> Decimal:
        known = [day for day in self.prices[item.id] if day <= on]
        return self.prices[item.id][max(known)][0]


@dataclass
class Order:
    """An order to a supplier with its receipts (the day and, line by line, how much came) and payments."""

    supplier: Supplier
    on: date
    receive_on: date
    lines: list[tuple[Item, int, Decimal]]
    receipts: list[tuple[date, list[int]]]
    pay_by: date = date.max
    payments: list[tuple[date, Decimal]] = field(default_factory=list)

    @property
    def amount(self) -> Decimal:
        return sum((quantity * price for _item, quantity, price in self.lines), Decimal(0))

    @property
    def received(self) -> Decimal:
        """What came, at the prices of its lines."""
        prices = [price for _item, _quantity, price in self.lines]
        return sum(
            (quantity * price for _day, came in self.receipts for quantity, price in zip(came, prices, strict=True)),
            Decimal(0),
        )

    @property
    def paid(self) -> Decimal:
        return sum((amount for _day, amount in self.payments), Decimal(0))

    @property
    def rest(self) -> int:
        came = sum(sum(quantities) for _day, quantities in self.receipts)
        return sum(quantity for _item, quantity, _price in self.lines) - came


class Supply:
    """Makes all of it from random numbers of its own, so that the rest of the company stays as it is."""

    def __init__(self, session: Session, seed: int, suppliers: int, buyer_id: int, today: date) -> None:
        self.session, self.buyer_id, self.today = session, buyer_id, today
        self.random = Random(f"{seed} supply")
        self.purse = Random(f"{seed} payments")
        ids = session.scalars(
            select(Counterparty.id).where(Counterparty.is_supplier).order_by(Counterparty.id).limit(suppliers)
        )
        query = select(Item).where(~Item.is_service).order_by(Item.id).limit(40 * suppliers)
        goods = session.scalars(query).all()
        levels = list(Reliability)
        self.suppliers = []
        for place, number in enumerate(ids):
            items = self.random.sample(goods, min(len(goods), self.random.randint(8, 16)))
            self.suppliers.append(Supplier(number, levels[place % 3], self.random.randint(3, 18), items))

    def write(self) -> Iterator[tuple[str, int]]:
        session = self.session
        columns = listed("counterparty_id on_date reliability lead_days delivery comment by_id")
        yield "supplier_terms", copy(session, "supplier_terms", columns, self.terms())
        columns = listed("counterparty_id item_id code article name unit")
        yield "supplier_item", copy(session, "supplier_item", columns, self.items())
        for supplier in self.suppliers:
            self.price(supplier)
        # The latest supplier has prices alone: what he promises was never put to the test.
        made = [order for supplier in self.suppliers[:-1] for order in self.orders(supplier)]
        orders = sorted([*made, *self.awaited()], key=lambda order: (order.on, order.supplier.id))
        for order in orders:
            self.pay(order)
        yield from self.documents(orders)
        columns = listed("counterparty_id item_id on_date price lead_days min_quantity source note")
        yield "supplier_price", copy(session, "supplier_price", columns, self.prices())
        go_on_after(session, TABLES)

    def terms(self) -> Iterator[tuple[Any, ...]]:
        """What was thought of the supplier two years ago, and since: often other than what he shows."""
        random = self.random
        for place, supplier in enumerate(self.suppliers):
            delivery = random.choice(DELIVERY)
            first = self.today - timedelta(days=random.randint(600, 900))
            was = Reliability.MEDIUM if place % 2 else supplier.level
            yield supplier.id, first, was.value, supplier.lead, delivery, "", self.buyer_id
            if place % 3 != 1:
                since = self.today - timedelta(days=random.randint(30, 300))
                days = max(1, supplier.lead + random.randint(-2, 1))
                yield supplier.id, since, supplier.level.value, days, delivery, random.choice(WHY), self.buyer_id

    def items(self) -> Iterator[tuple[Any, ...]]:
        for supplier in self.suppliers:
            for item in supplier.items:
                code = f"{supplier.id:03d}-{item.id * 7 % 10_000:04d}"
                yield supplier.id, item.id, code, f"A{item.id * 13 % 100_000:05d}", item.name, item.unit

    def price(self, supplier: Supplier) -> None:
        """A price for every item, changed every few months, mostly upwards."""
        random = self.random
        for item in supplier.items:
            value = (item.cost or item.price) * random.randint(82, 104) / 100
            day = self.today - timedelta(days=random.randint(DAYS + 60, DAYS + 300))
            while day <= self.today:
                source = PriceSource.IMPORT if random.random() < 0.6 else PriceSource.HAND
                supplier.prices[item.id][day] = (round(Decimal(value), 2), source, "")
                value = value * random.randint(97, 108) / 100
                day += timedelta(days=random.randint(80, 170))

    def orders(self, supplier: Supplier) -> Iterator[Order]:
        random, number = self.random, 0
        day = self.today - timedelta(days=DAYS - random.randint(0, 20))
        while day < self.today:
            number += 1
            chosen = random.sample(supplier.items, random.randint(2, 5))
            lines = [(item, 10 * random.randint(1, 12), supplier.price(item, day)) for item in chosen]
            due = day + timedelta(days=supplier.lead)
            fails = FAILS[supplier.level]
            bad = bool(fails) and number % fails == 1
            receipts = [receipt for receipt in self.receipts(day, due, lines, bad) if receipt[0] <= self.today]
            yield Order(supplier, day, due, lines, receipts)
            day += timedelta(days=random.randint(12, 22))

    def awaited(self) -> Iterator[Order]:
        """Orders that should have come a few days ago: nothing came of one, half of the other."""
        unreliable = [supplier for supplier in self.suppliers[:-1] if supplier.level is not Reliability.HIGH]
        for place, supplier in enumerate(unreliable[:2]):
            due = self.today - timedelta(days=3 + place)
            day = due - timedelta(days=supplier.lead)
            lines = [(item, 40, supplier.price(item, day)) for item in supplier.items[:3]]
            yield Order(supplier, day, due, lines, [(due, [20, 20, 20])] if place else [])

    def receipts(
        self, day: date, due: date, lines: list[tuple[Item, int, Decimal]], bad: bool
    ) -> list[tuple[date, list[int]]]:
        """All at once or in two parts; what is `bad` is whole only after the day promised."""
        random = self.random
        whole = [quantity for _item, quantity, _price in lines]
        came = due + timedelta(days=random.randint(1, 9)) if bad else due - timedelta(days=random.choice((0, 0, 1, 2)))
        if random.random() > (0.5 if bad else 0.1):
            return [(max(day, came), whole)]
        half = [quantity // 2 for quantity in whole]
        first = max(day, min(due, came) - timedelta(days=1))
        return [(first, half), (max(first, came), [all_ - part for all_, part in zip(whole, half, strict=True)])]

    def pay(self, order: Order) -> None:
        """A third with the order or nothing, the rest by its day: one in six late, one in twelve not at all so far."""
        random = self.purse
        order.pay_by = order.receive_on + timedelta(days=random.choice(CREDIT))
        advance = round(order.amount * 3 / 10, 2) if random.random() < 0.3 else Decimal(0)
        late = random.randint(2, 25) if random.random() < 1 / 6 else -random.choice((0, 0, 1, 3))
        rest = [(order.pay_by + timedelta(days=late), order.amount - advance)] if random.random() > 1 / 12 else []
        order.payments = [
            (day, amount)
            for day, amount in [(order.on, advance), *rest]
            if amount and day <= self.today and (order.receipts or day == order.on)
        ]

    def documents(self, orders: list[Order]) -> Iterator[tuple[str, int]]:
        """Headers and lines; prices that receipts taught join those of the suppliers."""
        taken: dict[DocumentKind, Counter[int]] = defaultdict(Counter)
        heads, lines, coming, spent = [], [], [], []
        for number, order in enumerate(orders, 1):
            name = self.named(taken, DocumentKind.SUPPLIER_ORDER, order.on)
            whole = order.receipts[-1][0] if not order.rest else None
            who = (order.supplier.id, self.buyer_id)
            first = order.receive_on - timedelta(days=number % 5 if number % MOVED == 0 else 0)
            days = (order.receive_on, max(order.on, first), order.pay_by)
            sums = (order.amount, order.rest, whole, order.received, order.paid)
            heads.append((number, name, order.on, *who, *days, *sums))
            lines += [
                (number, place, item.id, quantity, price, rate_on(item.vat, order.on).value, quantity * price)
                for place, (item, quantity, price) in enumerate(order.lines, 1)
            ]
            coming += [(day, number, order, quantities) for day, quantities in order.receipts]
            spent += [(day, number, name, order.supplier.id, amount) for day, amount in order.payments]
        columns = listed(
            "id number date counterparty_id manager_id receive_on first_receive_on pay_by "
            "amount rest_quantity received_on received_amount paid_amount"
        )
        yield "supplier_order", copy(self.session, "supplier_order", columns, heads)
        columns = listed("order_id position item_id quantity price vat amount")
        yield "supplier_order_line", copy(self.session, "supplier_order_line", columns, lines)
        coming.sort(key=lambda receipt: receipt[:2])
        arrived, parts = [], []
        for number, (day, order_id, order, quantities) in enumerate(coming, 1):
            name = self.named(taken, DocumentKind.RECEIPT, day)
            mine = [(item, q, price) for (item, _all, price), q in zip(order.lines, quantities, strict=True) if q]
            total = sum(quantity * price for _item, quantity, price in mine)
            arrived.append((number, name, day, order.supplier.id, order_id, self.buyer_id, total))
            for place, (item, quantity, price) in enumerate(mine, 1):
                rate = rate_on(item.vat, day).value
                parts.append((number, place, item.id, quantity, price, rate, quantity * price))
                order.supplier.prices[item.id][day] = (price, PriceSource.RECEIPT, name)
        columns = listed("id number date counterparty_id order_id manager_id amount")
        yield "receipt", copy(self.session, "receipt", columns, arrived)
        columns = listed("receipt_id position item_id quantity price vat amount")
        yield "receipt_line", copy(self.session, "receipt_line", columns, parts)
        columns = listed("number date counterparty_id order_id amount purpose")
        payments = [
            (self.named(taken, DocumentKind.SUPPLIER_PAYMENT, day), day, supplier_id, order_id, amount, PURPOSE + name)
            for day, order_id, name, supplier_id, amount in sorted(spent)
        ]
        yield "supplier_payment", copy(self.session, "supplier_payment", columns, payments)
        series = [
            {"kind": kind, "year": year, "last": last} for kind, years in taken.items() for year, last in years.items()
        ]
        self.session.execute(insert(NumberSeries), series)

    @staticmethod
    def named(taken: dict[DocumentKind, Counter[int]], kind: DocumentKind, on: date) -> str:
        taken[kind][on.year] += 1
        return f"{PREFIXES[kind]}-{on.year}-{taken[kind][on.year]:05}"

    def prices(self) -> Iterator[tuple[Any, ...]]:
        for supplier in self.suppliers:
            least = self.random.choice((None, 1, 5, 10, 50))
            for item_id, days in supplier.prices.items():
                for day, (price, source, note) in sorted(days.items()):
                    yield supplier.id, item_id, day, price, supplier.lead, least, source.value, note
