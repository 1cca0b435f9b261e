"""Which orders a payment pays: the named one, else the one of exactly that sum, else the oldest due."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from heapq import heappop, heappush

ZERO = Decimal(0)

# «по счету № 12 от 03.02.2026», «оплата заказа ЗП-2026-00012», «сч. №7, 8 и 9»
NUMBER = r"(?:[^\W\d]|[/-]){0,50}+\d[\w/-]*+"
NAMED = re.compile(
    r"\b(?:сч[её]т[^\W\d]*+|сч\.|заказ[^\W\d]*+|зак\.|invoices?|orders?)"
    r"(?:\s+(?:на\s+оплату|покупателя|клиента))?"
    r"\s*+(?:№№?|N[o№]?\.?|#)?\s*+"
    rf"(?P<numbers>{NUMBER}(?:\s*+(?:,|;|и|and)\s*+(?:№|N|#)?\s*+{NUMBER}(?![.\w]))*)"
    r"(?:\s*(?:от|dd\.?|of)\s*(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}))?",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"(?<!\s)\s*(?:,|;|\bи\b|\band\b)\s*(?:№|N|#)?\s*", re.IGNORECASE)
LAST_DIGITS = re.compile(r"(?<!\d)0*+(\d++)\D*+$")


@dataclass(frozen=True)
class Named:
    """An order as a purpose names it; `on` is its day, when the purpose tells it."""

    number: str
    on: date | None


@dataclass(frozen=True)
class Debt:
    """An order that may take money: `unpaid` of it is still awaited, `paid` was allocated to it before."""

    order_id: int
    number: str
    on: date
    pay_by: date | None
    unpaid: Decimal
    paid: Decimal = ZERO


@dataclass(frozen=True)
class FreeMoney:
    """A payment (or, negative, a refund) and what of it is not allocated yet."""

    payment_id: int
    on: date
    free: Decimal
    order_id: int | None = None
    purpose: str = ""


@dataclass(frozen=True)
class Share:
    """So much of the payment goes to the order."""

    payment_id: int
    order_id: int
    amount: Decimal


def named_orders(purpose: str) -> list[Named]:
    """The orders and invoices that a purpose of payment names, as they are written there."""
    found = []
    for match in NAMED.finditer(purpose):
        on = _day(match["year"], match["month"], match["day"]) if match["year"] else None
        found += [Named(number, on) for number in BETWEEN.split(match["numbers"])]
    return found


def allocate(payments: Iterable[FreeMoney], debts: Sequence[Debt]) -> list[Share]:
    """Share the free money of one counterparty among his orders; what is left over is an advance.

    Payments go by date. No order gets more than it awaits, none gives back more
    than was paid. A refund is taken from the order it names, then from advances,
    then from the orders paid last.
    """
    ordered = sorted(payments, key=lambda money: (money.on, money.payment_id))
    table = _Table(debts)
    incoming = [money for money in ordered if money.free > 0]
    advance = sum((money.free for money in incoming), ZERO)
    refunds = [(money, table.named(money)) for money in ordered if money.free < 0]
    held = ZERO  # advances that went back to their payers
    for money, named in refunds:
        rest = table.give_back(money, -money.free, named)
        from_advance = min(rest, advance - held)
        held += from_advance
        table.give_back(money, rest - from_advance, table.paid_last())
    for money in incoming:
        back = min(money.free, held)
        held -= back
        table.take(money, money.free - back)
    return table.shares


class _Table:
    """The orders of one counterparty while money is laid on them."""

    def __init__(self, debts: Sequence[Debt]) -> None:
        self.shares: list[Share] = []
        self._debts = {debt.order_id: debt for debt in debts}
        self._unpaid = {debt.order_id: max(debt.unpaid, ZERO) for debt in debts}
        self._paid = {debt.order_id: debt.paid for debt in debts}
        self._by_due = sorted(debts, key=lambda d: (d.pay_by or date.max, d.on, d.order_id))
        self._by_number = _numbers(debts)
        self._place = {debt.order_id: place for place, debt in enumerate(self._by_due)}
        self._by_sum: dict[Decimal, list[int]] = {}  # heaps of places in _by_due; some are out of date
        for debt in self._by_due:
            self._note_sum(debt.order_id)
        self._first = 0  # before it in _by_due everything is paid

    def named(self, money: FreeMoney) -> list[int]:
        """The orders that the payment names; a number that fits several orders names none of them."""
        if money.order_id is not None:
            return [money.order_id] if money.order_id in self._debts else []
        found: list[int] = []
        for name in named_orders(money.purpose) if self._debts else ():
            fits = self._by_number.get(name.number.lower()) or self._by_number.get(_tail(name.number), [])
            fits = [order_id for order_id in fits if self._debts[order_id].on == name.on] or fits
            if len(fits) == 1:
                found += fits
        return found

    def paid_last(self) -> list[int]:
        return [debt.order_id for debt in sorted(self._by_due, key=lambda d: (d.on, d.order_id), reverse=True)]

    def take(self, money: FreeMoney, amount: Decimal) -> None:
        for order_id in self.named(money):
            amount -= self._lay(money, order_id, min(amount, self._unpaid[order_id]))
        same = self._awaiting(amount)
        if same is not None:
            amount -= self._lay(money, same, amount)
        while amount > 0 and self._first < len(self._by_due):
            order_id = self._by_due[self._first].order_id
            amount -= self._lay(money, order_id, min(amount, self._unpaid[order_id]))
            if not self._unpaid[order_id]:
                self._first += 1

    def give_back(self, money: FreeMoney, amount: Decimal, order_ids: Iterable[int]) -> Decimal:
        """Take the refund from these orders; returns what they could not return."""
        for order_id in order_ids:
            amount += self._lay(money, order_id, -min(amount, max(self._paid[order_id], ZERO)))
        return amount

    def _awaiting(self, amount: Decimal) -> int | None:
        """The order, the first due, that awaits exactly so much now."""
        places = self._by_sum.get(amount, [])
        while places:
            order_id = self._by_due[places[0]].order_id
            if self._unpaid[order_id] == amount:
                return order_id
            heappop(places)
        return None

    def _note_sum(self, order_id: int) -> None:
        heappush(self._by_sum.setdefault(self._unpaid[order_id], []), self._place[order_id])

    def _lay(self, money: FreeMoney, order_id: int, amount: Decimal) -> Decimal:
        if amount:
            self.shares.append(Share(money.payment_id, order_id, amount))
            self._unpaid[order_id] -= amount
            self._paid[order_id] += amount
            self._note_sum(order_id)
        return amount


def _numbers(debts: Iterable[Debt]) -> Mapping[str, list[int]]:
    """Orders by their number and, as banks shorten it, by its last digits."""
    found: dict[str, list[int]] = {}
    for debt in debts:
        for key in {debt.number.lower(), _tail(debt.number)} - {""}:
            found.setdefault(key, []).append(debt.order_id)
    return found


def _tail(number: str) -> str:
    match = LAST_DIGITS.search(number)
    return match[1] if match else ""


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
