"""The lines of an order as they stand after its corrections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain.digits import PRICE
from app.domain.vat import VatRate, vat_of


@dataclass(frozen=True)
class PaperLine:
    """A line of a paper; `item` tells which lines are about one thing."""

    item: int
    code: str
    name: str
    unit: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    vat: VatRate
    amount: Decimal


def agreed(ordered: Iterable[PaperLine], corrections: Iterable[PaperLine]) -> list[PaperLine]:
    """What was ordered, more or less by each correction; a line of which nothing is left is not told.

    Two prices of one item become their mean: the quantity and the amount are what was agreed.
    """
    lines = list(ordered)
    for change in corrections:
        same = [n for n, line in enumerate(lines) if line.item == change.item]
        alike = [n for n in same if _terms(lines[n]) == _terms(change)]
        if not same:
            lines.append(change)
            continue
        place = (alike or same)[0]
        line = lines[place]
        whole = replace(line, quantity=line.quantity + change.quantity, amount=line.amount + change.amount)
        if not alike and whole.quantity > 0:
            mean = (whole.amount / whole.quantity).quantize(Decimal(1).scaleb(-PRICE))
            whole = replace(whole, price=mean, discount=Decimal(0))
        lines[place] = whole
    return [line for line in lines if line.quantity > 0]


def _terms(line: PaperLine) -> tuple[Decimal, Decimal]:
    return line.price, line.discount


def vat_by_rate(lines: Iterable[PaperLine]) -> dict[VatRate, Decimal]:
    """How much of the amounts is VAT, the greater rates first; without those that are not subject to it."""
    sums: dict[VatRate, Decimal] = {}
    for line in lines:
        if line.vat is not VatRate.NONE:
            sums[line.vat] = sums.get(line.vat, Decimal(0)) + vat_of(line.amount, line.vat)
    return dict(sorted(sums.items(), key=lambda pair: -pair[0].percent))
