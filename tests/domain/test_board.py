"""Which document moves an order to a state of the board."""

from decimal import Decimal

import pytest

from app.domain.board import document_for
from app.domain.order_state import Figures
from app.domain.words import DocumentKind as K
from app.domain.words import OrderStatus as S


def order(rest: int, paid: int, *, closed: bool = False) -> Figures:
    return Figures(
        planned=Decimal(10), rest=Decimal(rest), planned_amount=Decimal(1000), paid=Decimal(paid), closed=closed
    )


@pytest.mark.parametrize(
    ("figures", "to", "document"),
    [
        (order(10, 0), S.PARTLY, K.SHIPMENT),
        (order(10, 0), S.IN_WORK, K.SHIPMENT),
        (order(10, 0), S.DONE, K.SHIPMENT),
        (order(10, 1000), S.PARTLY, K.SHIPMENT),
        (order(10, 1000), S.DONE, K.SHIPMENT),
        (order(0, 0), S.PARTLY, K.PAYMENT),
        (order(0, 0), S.DONE, K.PAYMENT),
        (order(4, 0), S.IN_WORK, K.SHIPMENT),
        (order(10, 400), S.IN_WORK, K.PAYMENT),
        (order(4, 400), S.DONE, K.SHIPMENT),
        (order(10, 0), S.CLOSED, K.CLOSING),
        (order(0, 1000), S.CLOSED, K.CLOSING),
        # no document does these
        (order(10, 0), S.NEW, None),
        (order(4, 0), S.NEW, None),
        (order(4, 400), S.IN_WORK, None),
        (order(0, 1000), S.NEW, None),
        (order(0, 1000), S.PARTLY, None),
        (order(10, 0, closed=True), S.DONE, None),
        (order(10, 0, closed=True), S.CLOSED, None),
    ],
)
def test_a_move_asks_for_the_document_that_makes_it(figures: Figures, to: S, document: K | None) -> None:
    assert document_for(figures, to) is document
