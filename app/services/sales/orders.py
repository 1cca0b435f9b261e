"""Buyer orders: made and changed whole, corrected by documents, continued by what is left of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from app.domain.order_state import rest_by_line
from app.domain.words import DocumentKind
from app.errors import Refused
from app.formatting import plain
from app.models import authorship
from app.models.allocations import PaymentAllocation
from app.models.contacts import Contact
from app.models.corrections import CorrectionLine, OrderCorrection
from app.models.counterparties import ContactPerson
from app.models.deals import ExpectedDeal
from app.models.histories import OrderMove
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from app.models.tasks import Task
from app.models.users import User
from app.queries.sales.orders import last_prices
from app.services import checks, moves, numbering, own_fields, watching
from app.services.sales import posting
from app.services.typed import (
    ZERO,
    Changed,
    CorrectionDraft,
    LineDraft,
    OrderDraft,
    RestLine,
    differences,
    header,
)

HEADER = header(OrderDraft, BuyerOrder)
DAYS = ("ship_on", "pay_by")
EXPLAINED_WITHIN = timedelta(hours=1)  # after a move: the box for it is offered for seconds, but may be left open
LINE = ("item_id", "quantity", "price", "discount", "vat")

watching.watch(
    BuyerOrder,
    matters=("amount",),
    owners=("counterparty",),
    touches=(watching.ITSELF,),
    ties={Payment: (PaymentAllocation.order_id, PaymentAllocation.payment_id)},
)
watching.watch(OrderLine, owners=("order",), touches=("order",))
watching.watch(OrderCorrection, matters=("amount", "date"), owners=("order",), touches=("order",))
watching.watch(CorrectionLine, owners=("correction",), touches=("correction",))


def save_order(session: Session, draft: OrderDraft) -> BuyerOrder:
    """Make the order, or change it whole if nobody saved it since it was opened (else Changed says what)."""
    checks.check_days(draft, *DAYS)
    items = checks.check_lines(session, draft.lines)
    draft = replace(draft, lines=checks.with_vat(draft.lines, items, draft.date))
    if draft.order_id is None:
        _check_header(session, draft)
        posting.lock(session, [draft.counterparty_id])
        number = draft.number or numbering.next_number(session, DocumentKind.ORDER, draft.date.year)
        order = BuyerOrder(number=number)
        session.add(order)
    else:
        order = _opened(session, draft, draft.order_id)
        _check_header(session, draft, order)
        _check_plan(session, draft, order)
        _say_why(session, draft.why_moved)
        order.number = draft.number or order.number
    for name in HEADER:
        setattr(order, name, getattr(draft, name))
    if draft.own is not None:
        own_fields.write(session, order, draft.own, whole=True)
    _put_lines(order, draft.lines)
    order.amount = sum((line.amount for line in draft.lines), ZERO)
    flag_modified(order, "amount")  # a change of lines alone makes a new version too
    watching.post(session)
    return order


def check_header(session: Session, order: BuyerOrder) -> None:
    """A day or the manager of an order was changed alone: by the rules of the whole order."""
    _say_why(session, order.why_moved)  # before anything is asked of the base: the change is written then
    posting.lock(session, [order.counterparty_id])
    checks.check_changed_alone(session, order, *DAYS)


def correct(session: Session, draft: CorrectionDraft) -> OrderCorrection:
    """Change what the order plans by a document; never below what was shipped."""
    items = checks.check_lines(session, draft.lines, negative=True)
    checks.check_number(session, OrderCorrection, draft.number, draft.date)
    order = checks.order_for(session, draft.order_id)
    checks.check_open(order)
    if draft.date < order.date:
        raise Refused(_("A correction cannot be earlier than its order."), field="date")
    plan = checks.plan_of(session, order.id)
    for place, line in enumerate(draft.lines):
        left = max(min(plan.rest(line.item_id), plan.planned[line.item_id]), ZERO)
        if -line.quantity > left:
            raise Refused(
                _("No more than %(rest)s can be taken off.", rest=plain(left)), field=f"lines-{place}-quantity"
            )
        plan.planned[line.item_id] += line.quantity
    correction = OrderCorrection(
        number=draft.number or numbering.next_number(session, DocumentKind.CORRECTION, draft.date.year),
        date=draft.date,
        order_id=order.id,
        manager_id=draft.manager_id,
        comment=draft.comment,
        amount=sum((line.amount for line in draft.lines), ZERO),
        lines=[CorrectionLine(**_values(line)) for line in checks.with_vat(draft.lines, items, draft.date)],
    )
    session.add(correction)
    watching.post(session)
    return correction


def rest_of(session: Session, order_id: int) -> list[RestLine]:
    """What is left to ship, line by line at the line's price, for the document made from the order."""
    ordered = select(OrderLine, Item).join(OrderLine.item).where(OrderLine.order_id == order_id)
    corrected = (
        select(CorrectionLine, Item)
        .join(CorrectionLine.item)
        .join(CorrectionLine.correction)
        .where(OrderCorrection.order_id == order_id)
        .order_by(OrderCorrection.date, OrderCorrection.id, CorrectionLine.position)
    )
    done = checks.plan_of(session, order_id).done
    planned: dict[int, list[tuple[OrderLine | CorrectionLine, Item, Decimal]]] = defaultdict(list)
    for query in (ordered.order_by(OrderLine.position), corrected):
        for line, item in session.execute(query):
            _plan(planned[item.id], line, item)
    return [
        RestLine(item=item, quantity=rest, price=line.price, discount=line.discount, vat=line.vat)
        for item_id, rows in planned.items()
        for (line, item, _quantity), rest in zip(
            rows, rest_by_line([quantity for _line, _item, quantity in rows], done[item_id]), strict=True
        )
        if rest > 0
    ]


def last_price(
    session: Session, counterparty_id: int, item_ids: Sequence[int], *, other_than: int | None = None
) -> dict[int, tuple[Decimal, Decimal]]:
    """Price and discount of the items in the latest order of this counterparty, the order `but` left out."""
    rows = session.execute(last_prices(counterparty_id, item_ids, other_than))
    return {row.item_id: (row.price, row.discount) for row in rows}


def _check_header(session: Session, draft: OrderDraft, order: BuyerOrder | None = None) -> None:
    """Refuse what does not belong together; the counterparty and number that the `order` has already are its own."""
    if order is None or order.counterparty_id != draft.counterparty_id:
        checks.check_counterparty(session, draft.counterparty_id)
    if order is None or (order.number, order.date.year) != (draft.number, draft.date.year):
        checks.check_number(session, BuyerOrder, draft.number, draft.date, draft.order_id)
    if draft.person_id is not None:
        person = session.get(ContactPerson, draft.person_id, execution_options={"unscoped": True})
        if person is None or person.counterparty_id != draft.counterparty_id:
            raise Refused(_("This person belongs to another counterparty."), field="person")


def move_made(session: Session, order: BuyerOrder) -> int | None:
    """The move that this transaction has made last; None where no day that was planned was changed."""
    moved = select(OrderMove.id).where(OrderMove.order_id == order.id, OrderMove.at == func.now())
    return session.scalar(moved.order_by(OrderMove.id.desc()).limit(1))


def explain_move(session: Session, move: OrderMove, user: User, said: str, *, now: datetime) -> None:
    """Say why the user has just made this move; refused at `reason`, also where a reason is kept already."""
    reason = moves.optional_reason(said, field="reason")
    if not reason:
        raise Refused(_("Say why."), field="reason")
    is_his = (OrderMove.id == move.id, OrderMove.by_id == user.id, OrderMove.at > now - EXPLAINED_WITHIN)
    explained = update(OrderMove).where(*is_his, OrderMove.reason == "").values(reason=reason)
    if session.scalar(explained.returning(OrderMove.id)) is None:
        raise Refused(_("Why a day was moved is said once, by whoever moved it, within an hour."), field="reason")


def _say_why(session: Session, said: str) -> None:
    """The moves of days that are written from here on keep the reason."""
    if reason := moves.optional_reason(said, field="why_moved"):
        authorship.sign(session, reason)


def _opened(session: Session, draft: OrderDraft, order_id: int) -> BuyerOrder:
    """The order being edited with its lines as they are now, locked; refused when it cannot be changed so."""
    known = session.get(BuyerOrder, order_id, execution_options={"unscoped": True})
    posting.lock(session, {draft.counterparty_id, *([known.counterparty_id] if known else ())})
    query = select(BuyerOrder).where(BuyerOrder.id == order_id).options(selectinload(BuyerOrder.lines))
    order = session.scalars(query, execution_options={"populate_existing": True, "keeps_plan": True}).one_or_none()
    if order is None:
        raise Refused(_("There is no such order."), field="order")
    if draft.version is not None and order.version != draft.version:
        raise Changed(differences(draft, order, LINE), order.version)
    checks.check_open(order)
    if order.counterparty_id != draft.counterparty_id:
        _check_tied(session, order.id)
    return order


def _check_tied(session: Session, order_id: int) -> None:
    """Refuse to give the order to another counterparty while something of the first one is by it or about it."""

    def has(model: Any, *conditions: Any) -> bool:
        found = select(select(model.id).where(model.order_id == order_id, *conditions).exists())
        return bool(session.scalar(found.execution_options(unscoped=True)))

    if has(Shipment) or has(Payment):
        raise Refused(_("The order has documents: its counterparty cannot be changed."), field="counterparty")
    if has(Contact) or has(ExpectedDeal) or has(Task, Task.done_on.is_(None), Task.cancelled_on.is_(None)):
        raise Refused(
            _("Contacts, tasks or coming deals of its counterparty are about the order: first take it out of them."),
            field="counterparty",
        )


def _check_plan(session: Session, draft: OrderDraft, order: BuyerOrder) -> None:
    """Refuse to plan less of an item than is shipped."""
    now: dict[int, Decimal] = defaultdict(Decimal)
    for line in order.lines:
        now[line.item_id] -= line.quantity
    for draft_line in draft.lines:
        now[draft_line.item_id] += draft_line.quantity
    less = {item_id: change for item_id, change in now.items() if change < 0}
    if not less:
        return
    plan = checks.plan_of(session, order.id)
    for item_id, change in less.items():
        if plan.planned[item_id] + change < plan.done[item_id]:
            name = session.scalar(select(Item.name).where(Item.id == item_id))
            raise Refused(more_is_shipped(name or ""), field="lines")


def more_is_shipped(item: str) -> str:
    return str(_("%(item)s: more than this is already shipped.", item=item))


def _put_lines(order: BuyerOrder, lines: Sequence[LineDraft]) -> None:
    """Lines keep their rows by place; the rest are added or removed."""
    del order.lines[len(lines) :]
    for place, line in enumerate(lines):
        if place < len(order.lines):
            kept = order.lines[place]
            for name, value in _values(line).items():
                if getattr(kept, name) != value:  # a row that is set anew is looked through by each flush
                    setattr(kept, name, value)
        else:
            order.lines.append(OrderLine(**_values(line)))


def _values(line: LineDraft) -> dict[str, Any]:
    return {**{name: getattr(line, name) for name in LINE}, "amount": line.amount}


def _plan(
    rows: list[tuple[OrderLine | CorrectionLine, Item, Decimal]], line: OrderLine | CorrectionLine, item: Item
) -> None:
    """Add a planned line of an item; a correction below zero takes from the last lines."""
    if line.quantity > 0:
        rows.append((line, item, line.quantity))
        return
    off = -line.quantity
    for place in range(len(rows) - 1, -1, -1):
        planned_line, _item, quantity = rows[place]
        taken = min(off, quantity)
        rows[place] = (planned_line, item, quantity - taken)
        off -= taken
