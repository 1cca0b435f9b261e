"""The state of a buyer order: derived from what was planned and what was done, never typed.

The base derives the same states with the expressions of app.models.orders; a
property test keeps the two equal.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from app.domain.digits import rounded
from app.domain.words import OrderStatus, PaymentState, ShipmentState

ZERO = Decimal(0)


def percent_done(part: Decimal, whole: Decimal) -> int:
    """How much of the whole is done, 0 to 100; 100 only when nothing is left."""
    return min(max(int(part * 100 / whole), 0), 100) if whole > 0 else 0


@dataclass(frozen=True)
class Figures:
    """What the state of an order is made of.

    `rest` adds what is still to ship of every item: an item shipped beyond its
    plan does not make up for another. `planned_amount` is the sum of the order
    with its corrections.
    """

    planned: Decimal
    rest: Decimal
    planned_amount: Decimal
    paid: Decimal
    shipped_amount: Decimal = ZERO
    returned_amount: Decimal = ZERO
    closed: bool = False

    @property
    def due(self) -> Decimal:
        """What the buyer has to pay for the order in all.

        An open order awaits its whole sum, or what was shipped beyond it; closing
        writes the rest off, so only what was shipped remains owed.
        """
        net = self.shipped_amount - self.returned_amount
        return max(net, ZERO) if self.closed else max(self.planned_amount, net, ZERO)

    @property
    def unpaid(self) -> Decimal:
        """Left to pay, the one figure of every screen. Negative: more is allocated than the order may hold."""
        return self.due - self.paid


@dataclass(frozen=True)
class Verdicts:
    """The two verdicts of «Анализ заказа»: the original looks at the shipment alone."""

    shipped: bool
    paid: bool


def shipment_state(figures: Figures) -> ShipmentState:
    if figures.rest <= 0:
        return ShipmentState.FULL
    return ShipmentState.NONE if figures.rest >= figures.planned else ShipmentState.PARTLY


def payment_state(figures: Figures) -> PaymentState:
    """Paid in full only when nothing is left to pay; a closed order that nobody paid for is not paid."""
    if figures.paid <= 0 and (figures.unpaid > 0 or figures.closed):
        return PaymentState.NONE
    return PaymentState.PARTLY if figures.unpaid > 0 else PaymentState.FULL


def status(figures: Figures) -> OrderStatus:
    """New: nothing done; in work: one half is whole, the other not begun; partly: a half is begun."""
    if figures.closed:
        return OrderStatus.CLOSED
    halves = {str(shipment_state(figures)), str(payment_state(figures))}
    if halves == {"full"}:
        return OrderStatus.DONE
    if "partly" in halves:
        return OrderStatus.PARTLY
    return OrderStatus.IN_WORK if "full" in halves else OrderStatus.NEW


def verdicts(figures: Figures) -> Verdicts:
    return Verdicts(
        shipped=shipment_state(figures) == ShipmentState.FULL, paid=payment_state(figures) == PaymentState.FULL
    )


def line_amount(quantity: Decimal, price: Decimal, discount: Decimal) -> Decimal:
    """Quantity × price less the discount, to the kopeck; one rule for every document."""
    return round_money(quantity * price * (100 - discount) / 100)


def round_money(value: Decimal) -> Decimal:
    """To the kopeck."""
    return rounded(value)


def rest_by_line(lines: list[Decimal], done: Decimal) -> list[Decimal]:
    """What is left of several lines of one item: what was done is taken from the first of them first."""
    left = []
    for quantity in lines:
        taken = min(max(done, ZERO), quantity)
        left.append(quantity - taken)
        done -= taken
    return left


class DoneLine(NamedTuple):
    """A line of an order (None: an item that was corrected, and never ordered) with what is done of it."""

    line: Any
    item: Any
    shipped: Decimal
    rest: Decimal


def by_line(rows: Iterable[tuple[Any, Any, Decimal, Decimal]]) -> list[DoneLine]:
    """Rows of (line, item, shipped, rest), both of the item, as they are of each line.

    Of several lines of one item the first is filled first; the last has the remainder, corrections too.
    """
    told = [DoneLine(*row) for row in rows]
    places: dict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(told):
        places[row.item.id].append(place)
    for several in places.values():
        *firsts, last = several
        _line, _item, shipped, rest = told[last]
        for place in firsts:
            quantity = told[place].line.quantity
            went = min(max(shipped, ZERO), quantity)
            left = min(quantity - went, rest)
            told[place] = told[place]._replace(shipped=went, rest=left)
            shipped, rest = shipped - went, rest - left
        told[last] = told[last]._replace(shipped=shipped, rest=rest)
    return told
