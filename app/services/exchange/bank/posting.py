"""Recognised documents of a statement become payments of buyers and to suppliers, each once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import ngettext
from sqlalchemy import ARRAY, Integer, cast, func, insert, select, update
from sqlalchemy.orm import Session

from app.domain.allocation import named_orders
from app.domain.formats.bank_statement import number_key
from app.domain.words import BankLineState, DocumentKind, Road
from app.models import authorship
from app.models.bank import BankLine
from app.models.counterparties import Counterparty
from app.models.jobs import Job
from app.models.movements import Payment
from app.models.supply import SupplierOrder, SupplierPayment
from app.queries.sql import one_of
from app.services import numbering
from app.services.exchange.bank.loading import SLUG
from app.services.jobs import Outcome, Progress, Run, unwatched
from app.services.journal import act_of
from app.services.purchasing import supply
from app.services.sales import posting

SETTLED = 2000  # documents whose buyers are settled together
PURPOSE = 500  # characters of a purpose that a payment keeps
LONG = 300  # documents that are the work of a worker


def recognised(session: Session, statement_id: int) -> int:
    """How many documents are ready to be posted."""
    ready = select(func.count()).where(BankLine.statement_id == statement_id, BankLine.state == BankLineState.KNOWN)
    return session.scalar(ready) or 0


def post(session: Session, statement_id: int, progress: Progress = unwatched) -> int:
    """Make the payments of all that is recognised, and lay them on orders by the rules; returns how many there are.

    A payment that somebody entered already (the same day, sum, counterparty and end of the number) is taken as the
    document, and none is made.
    """
    authorship.by(session, Road.IMPORT, SLUG)
    authorship.sign(session)
    query = (
        select(BankLine, Counterparty.is_buyer, Counterparty.is_supplier)
        .join(BankLine.counterparty)
        .where(BankLine.statement_id == statement_id, BankLine.state == BankLineState.KNOWN)
        .order_by(BankLine.on, BankLine.line, BankLine.id)
        .with_for_update(of=BankLine)
    )
    rows = session.execute(query.execution_options(populate_existing=True)).all()
    sales = [line for line, buyer, supplier in rows if not _of_supplier(line, is_buyer=buyer, is_supplier=supplier)]
    purchases = [line for line, buyer, supplier in rows if _of_supplier(line, is_buyer=buyer, is_supplier=supplier)]
    posting.lock(session, owners_of(sales))
    made = _post(session, sales, Payment, DocumentKind.PAYMENT, "payment_id", sign=1)
    total = len(made) + len(purchases)
    of_buyers = sorted(made, key=made.__getitem__)  # each buyer is settled once
    for first in range(0, total - len(purchases), SETTLED):
        progress(first, total)
        posting.settle(session, payments=of_buyers[first : first + SETTLED])
    orders = _orders_of(session, purchases)
    _post(session, purchases, SupplierPayment, DocumentKind.SUPPLIER_PAYMENT, "supplier_payment_id", -1, orders)
    supply.refresh(session, set(orders.values()))
    progress(total, total)
    session.flush()
    session.expire_all()
    return len(rows)


def owners_of(lines: Sequence[BankLine]) -> set[int]:
    return {line.counterparty_id for line in lines if line.counterparty_id is not None}


def _of_supplier(line: BankLine, *, is_buyer: bool, is_supplier: bool) -> bool:
    """We pay suppliers, buyers pay us; who is only one of both gives money back, or gets it back."""
    return is_supplier and (not line.incoming or not is_buyer)


def _post(
    session: Session,
    lines: Sequence[BankLine],
    model: Any,
    kind: DocumentKind,
    link: str,
    sign: int,
    orders: dict[int, int] | None = None,
) -> dict[int, int]:
    """The rows of the payments; `sign` is that of money that came. Returns whose each of the new ones is."""
    if not lines:
        return {}
    amounts = {line.id: line.amount * (sign if line.incoming else -sign) for line in lines}
    known = _entered(session, lines, model, amounts, link)
    new = [line for line in lines if line.id not in known]
    numbers = _numbers(session, new, model, kind)
    values = [
        {
            "number": numbers[line.id],
            "date": line.on,
            "counterparty_id": line.counterparty_id,
            "amount": amounts[line.id],
            "purpose": line.purpose[:PURPOSE],
        }
        | ({"order_id": orders.get(line.id)} if orders is not None else {})
        for line in new
    ]
    ids: list[int] = []
    if values:
        ids = list(session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), values))
    links = known | {line.id: made for line, made in zip(new, ids, strict=True)}
    pairs = func.unnest(cast(list(links), ARRAY(Integer)), cast(list(links.values()), ARRAY(Integer)))
    table = pairs.table_valued("line_id", "made_id").render_derived(name="made")
    session.execute(
        update(BankLine)
        .where(BankLine.id == table.c.line_id)
        .values({link: table.c.made_id, "state": BankLineState.POSTED})
        .execution_options(synchronize_session=False)
    )
    return {made: line.counterparty_id or 0 for made, line in zip(ids, new, strict=True)}


def _entered(
    session: Session, lines: Sequence[BankLine], model: Any, amounts: dict[int, Decimal], link: str
) -> dict[int, int]:
    """The payments that somebody entered before the statement came, by the document that each of them is."""
    of_statements = getattr(BankLine, link)
    taken = select(of_statements).where(of_statements.is_not(None))
    owners, days = owners_of(lines), {line.on for line in lines}
    query = (
        select(model.id, model.number, model.date, model.counterparty_id, model.amount)
        .where(one_of(model.counterparty_id, owners), model.date.between(min(days), max(days)), model.stands())
        .where(model.id.not_in(taken))
        .order_by(model.id)
    )
    standing: dict[tuple[Any, ...], list[int]] = {}
    for row in session.execute(query.execution_options(unscoped=True)):
        key = (number_key(row.number), row.date, row.counterparty_id, row.amount)
        standing.setdefault(key, []).append(row.id)
    found = {}
    for line in lines:
        same = standing.get((line.number_key, line.on, line.counterparty_id, amounts[line.id]), [])
        if same:
            found[line.id] = same.pop(0)
    return found


def _numbers(session: Session, lines: Sequence[BankLine], model: Any, kind: DocumentKind) -> dict[int, str]:
    """The number of the bank; a second one of a counterparty's day is told apart, none is given the next one."""
    if not lines:
        return {}
    days = {line.on for line in lines}
    query = select(model.number, model.date, model.counterparty_id).where(
        one_of(model.counterparty_id, owners_of(lines)),
        model.date.between(min(days), max(days)),
    )
    taken: set[tuple[Any, ...]] = {tuple(row) for row in session.execute(query.execution_options(unscoped=True))}
    numbers = {}
    for line in lines:
        number = line.number or numbering.next_number(session, kind, line.on.year)
        again = 1
        while (number, line.on, line.counterparty_id) in taken:
            again += 1
            number = f"{line.number[:45]}/{again}"
        taken.add((number, line.on, line.counterparty_id))
        numbers[line.id] = number
    return numbers


def _orders_of(session: Session, lines: Sequence[BankLine]) -> dict[int, int]:
    """The order to a supplier that each document pays: the one that its purpose names, else the only one of its sum."""
    query = select(
        SupplierOrder.id, SupplierOrder.number, SupplierOrder.counterparty_id, SupplierOrder.unpaid_amount
    ).where(one_of(SupplierOrder.counterparty_id, owners_of(lines)), SupplierOrder.unpaid_amount > 0)
    unpaid: dict[int, list[Any]] = {}
    for row in session.execute(query):
        unpaid.setdefault(row.counterparty_id, []).append(row)
    found = {}
    for line in lines:
        mine = unpaid.get(line.counterparty_id or 0, [])
        keys = {number_key(name.number) for name in named_orders(line.purpose)}
        fits = [row for row in mine if number_key(row.number) in keys] or [
            row for row in mine if row.unpaid_amount == line.amount
        ]
        if len(fits) == 1 and not line.incoming:
            found[line.id] = fits[0].id
    return found


def post_job(session: Session, job: Job, run: Run) -> Outcome:
    """A statement that was posted in the browser: `params` has the number of the statement."""
    count = post(session, job.params["statement"], run.progress)
    told = ngettext("Posted: %(num)s document.", "Posted: %(num)s documents.", count)
    return Outcome({"told": told, "act": act_of(session)})
