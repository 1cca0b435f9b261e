"""Shipments and returns, by an order or without one."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.order_state import line_amount, round_money
from app.domain.vat import vat_of
from app.domain.words import DocumentKind, MovementKind
from app.errors import Refused
from app.formatting import plain
from app.models.movements import Shipment, ShipmentLine
from app.models.products import Item
from app.services import checks, numbering, watching
from app.services.sales import posting
from app.services.typed import ZERO, ShipmentDraft, ShippedDraft

watching.watch(Shipment, matters=("amount", "date"), owners=("order", "counterparty"), touches=("order",))
watching.watch(ShipmentLine, owners=("shipment",), touches=("shipment",))


class OverRest(Refused):
    """More is shipped than is left of the order: refused unless the person confirms it."""


def ship(session: Session, draft: ShipmentDraft) -> Shipment:
    """Ship by an order what is left of it, or sell without an order."""
    return _move(session, draft, MovementKind.SHIPMENT)


def take_return(session: Session, draft: ShipmentDraft) -> Shipment:
    """Take back what was shipped; quantities are typed above zero and kept below it."""
    return _move(session, draft, MovementKind.RETURN)


def _move(session: Session, draft: ShipmentDraft, kind: MovementKind) -> Shipment:
    items = checks.check_lines(session, draft.lines)
    if draft.order_id is None:
        checks.check_counterparty(session, draft.counterparty_id)
    checks.check_number(session, Shipment, draft.number, draft.date, None, Shipment.kind == kind)
    manager_id = draft.manager_id
    if draft.order_id is None:
        posting.lock(session, [draft.counterparty_id])
    else:
        order = checks.order_for(session, draft.order_id, draft.counterparty_id)
        manager_id = manager_id or order.manager_id
        if draft.date < order.date:
            raise Refused(_("The document cannot be earlier than its order."), field="date")
        if kind is MovementKind.SHIPMENT:
            checks.check_open(order)
        _check_rest(session, draft, kind)
    series = DocumentKind.SHIPMENT if kind is MovementKind.SHIPMENT else DocumentKind.RETURN
    lines = [_line(line, items[line.item_id], kind) for line in checks.with_vat(draft.lines, items, draft.date)]
    shipment = Shipment(
        number=draft.number or numbering.next_number(session, series, draft.date.year),
        date=draft.date,
        kind=kind,
        counterparty_id=draft.counterparty_id,
        order_id=draft.order_id,
        manager_id=manager_id,
        amount=sum((line.amount for line in lines), ZERO),
        cost_amount=sum((line.cost_amount for line in lines), ZERO),
        quantity=sum((line.quantity for line in lines), ZERO),
        vat_amount=sum((vat_of(line.amount, line.vat) for line in lines), ZERO),
        lines=lines,
    )
    session.add(shipment)
    watching.post(session)
    return shipment


def _check_rest(session: Session, draft: ShipmentDraft, kind: MovementKind) -> None:
    """Ship what is ordered and not more than is left; take back not more than was shipped."""
    assert draft.order_id is not None
    plan = checks.plan_of(session, draft.order_id)
    for place, line in enumerate(draft.lines):
        at = f"lines-{place}-quantity"
        if kind is MovementKind.RETURN:
            if line.quantity > plan.done[line.item_id]:
                shipped = plain(max(plan.done[line.item_id], ZERO))
                raise Refused(_("Only %(shipped)s is shipped by this order.", shipped=shipped), field=at)
            plan.done[line.item_id] -= line.quantity
            continue
        if plan.planned[line.item_id] <= 0:
            raise Refused(_("This item is not in the order."), field=f"lines-{place}-item")
        if line.quantity > plan.rest(line.item_id) and not draft.confirmed:
            rest = plain(max(plan.rest(line.item_id), ZERO))
            raise OverRest(_("Only %(rest)s is left to ship by this order.", rest=rest), field=at)
        plan.done[line.item_id] += line.quantity


def _line(line: ShippedDraft, item: Item, kind: MovementKind) -> ShipmentLine:
    sign = 1 if kind is MovementKind.SHIPMENT else -1
    cost = item.cost if line.cost is None else line.cost
    quantity = sign * line.quantity
    return ShipmentLine(
        item_id=line.item_id,
        quantity=quantity,
        price=line.price,
        discount=line.discount,
        vat=line.vat,
        cost=cost,
        amount=line_amount(quantity, line.price, line.discount),
        cost_amount=round_money(quantity * (cost or Decimal(0))),
    )
