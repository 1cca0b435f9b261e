"""Orders to suppliers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session
from wtforms import SelectField

from app import clock
from app.domain.order_state import by_line, percent_done
from app.domain.vat import vat_of
from app.domain.words import FeedKind
from app.formatting import money
from app.models.supply import SupplierOrder
from app.models.tasks import Task
from app.queries.purchasing.suppliers import awaited, lines_of_supplier_order, to_pay_by, to_receive_by
from app.queries.search import begins
from app.services.purchasing.supplier_documents import check_header
from app.views.purchasing.supply_work import SupplierOrderWork
from app.web.cards.ahead import ahead
from app.web.cards.story import STORY_VERBS, StoryView
from app.web.datamodel import DataModel
from app.web.filters import Filter, due_by_today, one_of_list, typed
from app.web.forms.fields import offered
from app.web.lists.tabs import Tab
from app.web.lookup import Lookup, pickable

STATES = {
    "awaited": _l("Awaited"),
    "late": _l("Late"),
    "week": _l("Due within a week"),
    "received": _l("Received in full"),
    "closed": _l("Order closed"),
}
DUE = {"receive": (_l("To be received by today"), to_receive_by), "pay": (_l("To be paid by today"), to_pay_by)}
DAY, WEEK = timedelta(days=1), timedelta(days=7)


STORY = (FeedKind.RECEIPT, FeedKind.SUPPLIER_PAYMENT, FeedKind.SUPPLIER_CLOSING, FeedKind.TASK)


class ByState(Filter):
    """How far the receipt of an order is, seen from today."""

    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        today, closed = clock.today(), SupplierOrder.closed_on.is_not(None)
        within_a_week = and_(to_receive_by(today + WEEK - DAY), SupplierOrder.receive_on >= today)
        known = {
            "awaited": awaited(),
            "late": to_receive_by(today - DAY),
            "week": within_a_week,
            "received": and_(SupplierOrder.rest_quantity == 0, ~closed),
            "closed": closed,
        }
        return one_of_list(value, known)

    def input(self) -> Any:
        return SelectField(choices=offered(STATES))


def state_of(order: SupplierOrder) -> str:
    if order.closed_on:
        return str(STATES["closed"])
    if order.rest_quantity == 0:
        return str(STATES["received"])
    late = days_late(order)
    return _("Late, days: %(days)s", days=late) if late else str(STATES["awaited"])


def days_late(order: SupplierOrder) -> int:
    """0 of what has come, is not late, or is not awaited any more."""
    is_awaited = not order.closed_on and order.rest_quantity > 0
    return max(0, (clock.today() - order.receive_on).days) if is_awaited and order.receive_on else 0


class SupplierOrderView(SupplierOrderWork, StoryView):
    datamodel = DataModel(
        SupplierOrder,
        searches={
            "number": typed(lambda _model, text: begins(SupplierOrder.number, text)),
            "state": ByState,
            "due": due_by_today(DUE),
        },
        order_by={"date": "date", "number": "number"},
        computed={"state": state_of},
    )
    route_base = "/supplier-orders"
    class_permission_name = "Supplier orders"
    method_permission_name = STORY_VERBS | {
        **dict.fromkeys(("paste", "close", "reopen", "close_orders"), "write"),
        **dict.fromkeys(("items", "supplier"), "read"),
    }
    show_template = "crm/purchasing/supplier_order_card.html"
    list_title = _l("Supplier orders")
    label_columns = {"state": _l("Receipt of goods"), "due": _l("Due")}
    list_columns = [
        *("number", "date", "counterparty", "receive_on", "state", "rest_quantity"),
        *("manager", "amount", "unpaid_amount"),
    ]
    kinds = {"counterparty": "name", "state": "whole"}
    card_facts = [
        *("state", "date", "counterparty", "manager", "receive_on", "received_on", "pay_by"),
        *("received_amount", "paid_amount", "unpaid_amount", "closed_on", "comment"),
    ]
    show_columns = card_facts
    add_columns = ["counterparty", "manager", "date", "receive_on", "pay_by", "comment"]
    search_columns = ["number", "date", "counterparty", "state", "due", "manager", "receive_on", "pay_by"]
    tabs = [
        *(Tab(key, STATES[key], {"_flt_0_state": key}) for key in ("awaited", "late")),
        Tab("pay", DUE["pay"][0], {"_flt_0_due": "pay"}),
        Tab("closed", STATES["closed"], {"_flt_0_state": "closed"}),
    ]
    base_order = ("date", "desc")
    safe_columns = ["manager", "receive_on", "pay_by"]
    not_in_place = sorted({*add_columns} - {*safe_columns})  # its form settles what follows of these
    story = ("supplier_order", STORY)

    def complete_alone(self, session: Session, row: SupplierOrder, name: str) -> None:
        check_header(session, row)

    def is_overdue(self, item: SupplierOrder) -> bool:
        return days_late(item) > 0

    def title_of(self, item: SupplierOrder) -> str:
        return f"{item.number} · {item.counterparty} · {money(item.amount)}"

    def beside(self, item: SupplierOrder) -> dict[str, Any]:
        """Its lines with what has come and is left of each, how much of it is done, and what is to be done about it."""
        session = self.datamodel.session
        rows = by_line(session.execute(lines_of_supplier_order(item.id)))
        left = sum((row.rest * row.line.price for row in rows), Decimal(0))
        return {
            "lines": rows,
            "vat": sum((vat_of(row.line.amount, row.line.vat) for row in rows), Decimal(0)),
            "received_percent": percent_done(item.amount - left, item.amount),
            "paid_percent": percent_done(item.paid_amount, item.due_amount),
            **ahead(session, None, Task.supplier_order_id == item.id),
        }


pickable(
    Lookup(
        SupplierOrder,
        section="Supplier orders",
        find=lambda _model, text: begins(SupplierOrder.number, text),
        order=(SupplierOrder.date.desc(), SupplierOrder.id.desc()),
        within=("counterparty",),
    )
)
