"""Shipments and returns, by an order or without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.domain.order_state import line_amount, round_money
from app.domain.vat import vat_of
from app.domain.words import DocumentKind, MovementKind
from app.errors import Refused
from app.formatting import plain
from app.models.movements import Shipment, ShipmentLine
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.services import checks, numbering, watching
from app.services.sales import posting
from app.services.typed import ZERO, Changed, ShipmentDraft, ShippedDraft, differences

watching.watch(
    Shipment, matters=("amount", "date", "reversed_on"), owners=("order", "counterparty"), touches=("order",)
)
watching.watch(ShipmentLine, owners=("shipment",), touches=("shipment",))


SERIES = {MovementKind.SHIPMENT: DocumentKind.SHIPMENT, MovementKind.RETURN: DocumentKind.RETURN}
LINE = ("item_id", "quantity", "price", "discount", "vat")


class OverRest(Refused):
    """More is shipped than is left of the order: refused unless the person confirms it."""


def ship(session: Session, draft: ShipmentDraft) -> Shipment:
    """Ship by an order what is left of it, or sell without an order."""
    return _move(session, draft, MovementKind.SHIPMENT)


def take_return(session: Session, draft: ShipmentDraft) -> Shipment:
    """Take back what was shipped; quantities are typed above zero and kept below it."""
    return _move(session, draft, MovementKind.RETURN)


def correct_shipment(session: Session, shipment_id: int, draft: ShipmentDraft, version: int | None = None) -> Shipment:
    """Make the shipment, or the return, what it should have been; whose it is and its order stay.

    Quantities of a return are above zero here too; a line without a cost keeps that of its item here.
    """
    shipment = _locked(session, shipment_id)
    sign = 1 if shipment.kind is MovementKind.SHIPMENT else -1
    if version is not None and shipment.version != version:
        typed = replace(draft, lines=[replace(line, quantity=sign * line.quantity) for line in draft.lines])
        raise Changed(differences(typed, shipment, LINE), shipment.version)
    checks.check_standing(shipment)
    items = checks.check_lines(session, draft.lines)
    same = Shipment.kind == shipment.kind
    checks.check_number(session, Shipment, draft.number, draft.date, shipment.id, same)
    if shipment.order_id is not None:
        _check_order(session, draft, shipment.kind, shipment.lines)
    cost = {line.item_id: line.cost for line in shipment.lines}
    lines = [
        replace(line, cost=cost.get(line.item_id) if line.cost is None else line.cost)
        for line in checks.with_vat(draft.lines, items, draft.date)
    ]
    shipment.number = draft.number or shipment.number
    shipment.date, shipment.manager_id = draft.date, draft.manager_id
    _put(shipment, [_line(line, items[line.item_id], shipment.kind) for line in lines])
    flag_modified(shipment, "amount")  # a change of lines alone makes a new version too
    watching.post(session)
    return shipment


def reverse_shipment(
    session: Session, shipment_id: int, reason: str, *, on: date, version: int | None = None
) -> Shipment:
    """The shipment, or the return, was wrong as a whole: it stays with the reason and moves no goods."""
    shipment = _locked(session, shipment_id)
    checks.check_version(shipment, version)
    checks.check_standing(shipment)
    if shipment.order_id is not None and shipment.kind is MovementKind.SHIPMENT:
        checks.check_open(checks.order_for(session, shipment.order_id))
        plan = checks.plan_of(session, shipment.order_id)
        for line in shipment.lines:
            plan.done[line.item_id] -= line.quantity
        if any(plan.done[line.item_id] < 0 for line in shipment.lines):
            raise Refused(_("Something of it is returned: reverse the return first."))
    checks.mark_reversed(shipment, reason, on)
    watching.post(session)
    return shipment


def _locked(session: Session, shipment_id: int) -> Shipment:
    """The document as it is now, nobody else posting for its buyer."""
    owner = session.scalar(select(Shipment.counterparty_id).where(Shipment.id == shipment_id))
    if owner is None:
        raise Refused(_("There is no such document."))
    posting.lock(session, [owner])
    query = select(Shipment).where(Shipment.id == shipment_id).execution_options(populate_existing=True)
    shipment = session.scalars(query).one()
    session.refresh(shipment, ["lines"])
    return shipment


def _move(session: Session, draft: ShipmentDraft, kind: MovementKind) -> Shipment:
    items = checks.check_lines(session, draft.lines)
    if draft.order_id is None:
        checks.check_counterparty(session, draft.counterparty_id)
    checks.check_number(session, Shipment, draft.number, draft.date, None, Shipment.kind == kind)
    manager_id = draft.manager_id
    if draft.order_id is None:
        posting.lock(session, [draft.counterparty_id])
    else:
        order = _check_order(session, draft, kind)
        manager_id = manager_id or order.manager_id
    shipment = Shipment(
        number=draft.number or numbering.next_number(session, SERIES[kind], draft.date.year),
        date=draft.date,
        kind=kind,
        counterparty_id=draft.counterparty_id,
        order_id=draft.order_id,
        manager_id=manager_id,
    )
    _put(shipment, [_line(line, items[line.item_id], kind) for line in checks.with_vat(draft.lines, items, draft.date)])
    session.add(shipment)
    watching.post(session)
    return shipment


def _put(shipment: Shipment, lines: Sequence[ShipmentLine]) -> None:
    """Lines keep their rows by place; the sums follow from them."""
    del shipment.lines[len(lines) :]
    for place, line in enumerate(lines):
        if place < len(shipment.lines):
            for name in (*LINE, "cost", "amount", "cost_amount"):
                setattr(shipment.lines[place], name, getattr(line, name))
        else:
            shipment.lines.append(line)
    shipment.amount = sum((line.amount for line in lines), ZERO)
    shipment.cost_amount = sum((line.cost_amount for line in lines), ZERO)
    shipment.quantity = sum((line.quantity for line in lines), ZERO)
    shipment.vat_amount = sum((vat_of(line.amount, line.vat) for line in lines), ZERO)


def _check_order(
    session: Session, draft: ShipmentDraft, kind: MovementKind, former: Sequence[ShipmentLine] = ()
) -> BuyerOrder:
    """The order, locked; refused when the document does not fit it, its `former` lines taken off."""
    assert draft.order_id is not None
    order = checks.order_for(session, draft.order_id, draft.counterparty_id)
    if draft.date < order.date:
        raise Refused(_("The document cannot be earlier than its order."), field="date")
    if kind is MovementKind.SHIPMENT:
        checks.check_open(order)
    _check_rest(session, draft, kind, former)
    return order


def _check_rest(session: Session, draft: ShipmentDraft, kind: MovementKind, former: Sequence[ShipmentLine]) -> None:
    """Ship what is ordered, not more than is left and not less than was returned; take back what was shipped."""
    assert draft.order_id is not None
    plan = checks.plan_of(session, draft.order_id)
    for was in former:
        plan.done[was.item_id] -= was.quantity
    before = {was.item_id for was in former}
    for place, line in enumerate(draft.lines):
        at = f"lines-{place}-quantity"
        if kind is MovementKind.RETURN:
            if line.quantity > plan.done[line.item_id]:
                shipped = plain(max(plan.done[line.item_id], ZERO))
                raise Refused(_("Only %(shipped)s is shipped by this order.", shipped=shipped), field=at)
            plan.done[line.item_id] -= line.quantity
            continue
        if plan.planned[line.item_id] <= 0 and line.item_id not in before:
            raise Refused(_("This item is not in the order."), field=f"lines-{place}-item")
        if line.quantity > plan.rest(line.item_id) and not draft.confirmed:
            rest = plain(max(plan.rest(line.item_id), ZERO))
            raise OverRest(_("Only %(rest)s is left to ship by this order.", rest=rest), field=at)
        plan.done[line.item_id] += line.quantity
    short = next((item_id for item_id in before if plan.done[item_id] < 0), None)
    if short is not None:
        name = session.scalar(select(Item.name).where(Item.id == short))
        raise Refused(_("%(item)s: more than this is already returned.", item=name), field="lines")


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
