"""For tests; production runs queries.classification.classes: who brings the first 70 % is A."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from operator import itemgetter

from app.domain.abc import Shares
from app.domain.words import AbcClass

KOPECK = Decimal("0.01")
DEFAULT = Shares(Decimal(70), Decimal(20), Decimal(10))


def classify(values: Mapping[int, Decimal], shares: Shares = DEFAULT) -> dict[int, AbcClass]:
    """Give every key its class; whoever crosses a boundary gets the better class.

    Keys with no value, or a negative one (more returns than sales), are C and
    take no part in the total. Equal values share the class of the first of them.
    In both the original does otherwise.
    """
    classes = dict.fromkeys(values, AbcClass.C)
    positive = sorted(((v, k) for k, v in values.items() if v > 0), key=lambda vk: -vk[0])
    top_of_a, top_of_b = boundaries(shares, sum((v for v, _ in positive), Decimal(0)))
    before = Decimal(0)
    for value, equals in groupby(positive, key=itemgetter(0)):
        keys = [key for _, key in equals]
        if before < top_of_b:
            classes |= dict.fromkeys(keys, AbcClass.A if before < top_of_a else AbcClass.B)
        before += value * len(keys)
    return classes


def boundaries(shares: Shares, total: Decimal) -> tuple[Decimal, Decimal]:
    """Where A ends and where B ends, in money."""
    top_of_a = _kopecks(total * shares.a / 100)
    return top_of_a, top_of_a + _kopecks(total * shares.b / 100)


def _kopecks(amount: Decimal) -> Decimal:
    return amount.quantize(KOPECK, ROUND_HALF_UP)
