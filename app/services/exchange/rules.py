"""What the lines of a file must keep besides the types of their values; each table names its rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, func, not_, or_, select

from app.domain import requisites
from app.domain.words import CounterpartyKind
from app.models.captions import requisite_message
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.services.exchange.checking import each
from app.services.exchange.report import ImportReport
from app.services.exchange.staging import Staging


def warn_of_requisites(line: int, values: Mapping[str, Any], report: ImportReport) -> None:
    """INN, KPP and OGRN that cannot be right are kept with a warning (domain.md 8.3)."""
    inn, kpp, ogrn = (values.get(name) or "" for name in ("inn", "kpp", "ogrn"))
    if not (inn or kpp or ogrn):
        return
    kind = CounterpartyKind(values.get("kind") or CounterpartyKind.COMPANY)
    for problem in requisites.problems(inn=inn, kpp=kpp, ogrn=ogrn, kind=kind):
        report.warn(line, problem.field, requisite_message(problem))


def find_backward_times(staging: Staging, report: ImportReport) -> None:
    """Nothing ends before it starts."""
    if "ends_at" not in staging.present:
        return
    heads = staging.heads
    wrong = select(heads.c.line).where(heads.c.ends_at < heads.c.starts_at)
    each(staging, report, "ends_at", wrong, lambda: _("The end is before the start."))


def find_orders_of_others(staging: Staging, report: ImportReport) -> None:
    """The order of a shipment or payment must be its own counterparty's."""
    if not {"order", "counterparty"} <= staging.present:
        return
    heads = staging.heads
    wrong = (
        select(heads.c.line, heads.c.order)
        .join(BuyerOrder, BuyerOrder.id == staging.named("order"))
        .where(BuyerOrder.counterparty_id != staging.named("counterparty"))
    )
    each(
        staging,
        report,
        "order",
        wrong,
        lambda order: _("Order %(order)s is of another counterparty.", order=order),
    )


def find_mixed_signs(staging: Staging, report: ImportReport) -> None:
    """A document is a shipment or a return, never both."""
    lines = staging.lines
    first = func.first_value(lines.c.line).over(partition_by=lines.c.number, order_by=lines.c.line)
    sign = func.first_value(lines.c.quantity).over(partition_by=lines.c.number, order_by=lines.c.line)
    signs = select(lines.c.line, first.label("first"), lines.c.quantity, sign.label("sign")).subquery()
    opposite = or_(and_(signs.c.quantity > 0, signs.c.sign < 0), and_(signs.c.quantity < 0, signs.c.sign > 0))
    each(
        staging,
        report,
        "quantity",
        select(signs.c.line, signs.c.first).where(opposite),
        lambda line: _("A document cannot both ship and take back: the sign differs from line %(line)s.", line=line),
    )


def find_no_suppliers(staging: Staging, report: ImportReport) -> None:
    """Only a supplier has prices."""
    heads = staging.heads
    wrong = (
        select(heads.c.line, heads.c.supplier)
        .join(Counterparty, Counterparty.id == staging.named("supplier"))
        .where(not_(Counterparty.is_supplier))
    )
    each(staging, report, "supplier", wrong, lambda code: _("Counterparty %(code)s is not a supplier.", code=code))


def find_early_closings(staging: Staging, report: ImportReport) -> None:
    """An order is not closed before its day."""
    heads = staging.heads
    on = func.coalesce(heads.c.date, staging.today)
    wrong = (
        select(heads.c.line, heads.c.order)
        .join(BuyerOrder, BuyerOrder.id == staging.named("order"))
        .where(heads.c.is_new, BuyerOrder.date > on)
    )
    name = "date" if "date" in staging.present else "order"
    each(staging, report, name, wrong, lambda number: _("Order %(number)s is later than the closing.", number=number))
