"""Moving an order over the board: a state follows from documents, so a move asks for the document that makes it."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from app.domain.order_state import Figures, status
from app.domain.words import DocumentKind, OrderStatus

ZERO = Decimal(0)


def document_for(figures: Figures, to: OrderStatus) -> DocumentKind | None:
    """The document that brings the order to the state, or the first of the two that do; None when none can."""
    now = status(figures)
    if now in (to, OrderStatus.CLOSED):
        return None
    if to is OrderStatus.CLOSED:
        return DocumentKind.CLOSING
    for document, after in _next(figures):
        if status(after) is to:
            return document
    if to is OrderStatus.DONE:
        return DocumentKind.SHIPMENT
    return None


def _next(figures: Figures) -> Iterator[tuple[DocumentKind, Figures]]:
    """What a shipment or a payment can make of the order: of a part, and of all that is left."""
    if figures.rest > 0:
        yield DocumentKind.SHIPMENT, replace(figures, rest=figures.rest / 2)
        yield DocumentKind.SHIPMENT, replace(figures, rest=ZERO)
    left = figures.due - figures.paid
    if left > 0:
        yield DocumentKind.PAYMENT, replace(figures, paid=figures.paid + left / 2)
        yield DocumentKind.PAYMENT, replace(figures, paid=figures.due)
