"""Buyer orders."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from app import clock
from app.domain.order_state import DoneLine, by_line, percent_done
from app.domain.vat import vat_of
from app.domain.words import FeedKind, OrderStatus, PaymentState, ShipmentState
from app.extensions import db
from app.formatting import money, of_language
from app.models.captions import caption
from app.models.contacts import Contact
from app.models.orders import BuyerOrder
from app.models.tasks import Task
from app.queries.sales.board import to_pay_by, to_ship_by
from app.queries.sales.orders import lines_of_order
from app.queries.search import begins
from app.services.moves import LONGEST_REASON
from app.services.sales.board import Awaited, to_pay, to_ship
from app.services.sales.orders import check_header
from app.views.sales.order_forms import WHY_MOVED, OrderForm
from app.views.sales.order_work import OrderWork
from app.web.cards.ahead import ahead
from app.web.cards.paper import PaperTable
from app.web.cards.story import STORY_VERBS, StoryView
from app.web.datamodel import DataModel
from app.web.display import day_text, display
from app.web.filters import due_by_today, typed
from app.web.forms.documents import field_names
from app.web.forms.remarks import answering
from app.web.lists.tabs import Tab
from app.web.lookup import Lookup, pickable

FIELDS = [name for name in field_names(OrderForm.SECTIONS) if name not in {"date", "number", "lines", "version"}]


def done_lines(order: BuyerOrder) -> list[DoneLine]:
    """Its lines, with what is shipped and left of each."""
    return by_line(db.session.execute(lines_of_order(order.id)))


def half(state: ShipmentState | PaymentState, day: date | None, awaited: Awaited | None, left: Decimal) -> Markup:
    """How much of a half of an order is done: a sign, its day (red when late, plain when today), what is left of it."""
    look = LOOKS[awaited.urgency] if awaited else "muted"
    sign = of_language("signs_of_orders", signs_of_orders)[type(state), state]
    rest = f" <b>{display(left)}</b>" if left > 0 else ""
    return Markup(f'{sign}&nbsp;<span class="{look}">{day_text(day) if day else ""}</span>{rest}')


def signs_of_orders() -> dict[tuple[type, StrEnum], str]:
    """Read by what they mean."""
    words = {(type(state), state): escape(caption(state)) for state in (*ShipmentState, *PaymentState)}
    return {
        (kind, state): f'<span title="{word}" aria-hidden="true">{SIGNS[state.value]}</span>'
        f'<span class="sr-only">{word}</span>'
        for (kind, state), word in words.items()
    }


def shipping(order: BuyerOrder) -> Markup:
    left = Decimal(0) if order.closed_on else order.rest_amount
    return half(order.shipment_state, order.ship_on, to_ship(order, clock.today()), left)


def paying(order: BuyerOrder) -> Markup:
    return half(order.payment_state, order.pay_by, to_pay(order, clock.today()), order.unpaid_amount)


SIGNS = {"none": "○", "partly": "◐", "full": "●"}
LOOKS = {"overdue": "late", "today": "", "later": "muted"}
STORY = (
    *(FeedKind.SHIPMENT, FeedKind.SHARE, FeedKind.CORRECTION, FeedKind.PAPER, FeedKind.CLOSING),
    *(FeedKind.ORDER_MOVE, FeedKind.CONTACT, FeedKind.LETTER, FeedKind.TASK, FeedKind.CHANGE),
)


DUE = {"ship": (_l("To ship by today"), to_ship_by), "pay": (_l("To be paid by today"), to_pay_by)}


class OrderView(OrderWork, StoryView):
    datamodel = DataModel(
        BuyerOrder,
        searches={"number": typed(lambda _model, text: begins(BuyerOrder.number, text)), "due": due_by_today(DUE)},
        order_by={"date": "date", "number": "number"},
        computed={"shipping": shipping, "paying": paying},
    )
    route_base = "/orders"
    class_permission_name = "Orders"
    exclude_route_methods = {"delete", "download"}
    method_permission_name = STORY_VERBS | {
        **dict.fromkeys(
            ("ship", "take_return", "correct", "pay", "refund", "close", "reopen", "paste", "close_orders"), "write"
        ),
        **dict.fromkeys(("items", "client"), "read"),
    }
    show_template = "crm/sales/order_card.html"
    list_title = _l("Buyer orders")
    label_columns = {"shipping": _l("Left to ship"), "paying": _l("Left to pay"), "due": _l("Due")}
    list_columns = ["number", "date", "counterparty", "amount", "status", "shipping", "paying"]
    kinds = dict.fromkeys(["number", "shipping", "paying"], "whole") | {"counterparty": "name"}
    more_columns = ["manager", "person", "ship_on", "pay_by", "paid_amount", "unpaid_amount", "shipped_amount"]
    related_columns = {"counterparty": [c for c in list_columns if c != "counterparty"]}
    card_facts = [
        *("status", "date", "counterparty", "person", "manager", "ship_on", "pay_by", "delivery_address"),
        *(
            "corrected_amount",
            "shipped_amount",
            "returned_amount",
            "paid_amount",
            "unpaid_amount",
            "closed_on",
            "comment",
        ),
    ]
    show_columns = card_facts
    formatters_columns = dict.fromkeys(("corrected_amount", "returned_amount"), lambda amount: display(amount or None))
    safe_columns = ["manager", "ship_on", "pay_by"]
    answer = "why_moved"
    explained = ("ship_on", "pay_by")
    edit_form_extra_fields = answering(answer, WHY_MOVED, LONGEST_REASON)
    not_in_place = sorted({*FIELDS} - {*safe_columns})  # its form settles what follows of these
    story = ("order", STORY)
    add_columns = FIELDS
    search_columns = [
        *("number", "counterparty", "status", "due", "manager"),
        *("shipment_state", "payment_state", "date", "ship_on", "pay_by"),
    ]
    tabs = [
        *(Tab(key, label, {"_flt_0_due": key}) for key, (label, _is_due) in DUE.items()),
        Tab("closed", _l("Closed orders"), {"_flt_0_status": OrderStatus.CLOSED}),
    ]
    base_order = ("date", "desc")

    def complete_alone(self, session: Session, row: BuyerOrder, name: str) -> None:
        check_header(session, row)

    def title_of(self, item: BuyerOrder) -> str:
        return f"{item.number} · {item.counterparty or item.counterparty_name} · {money(item.planned_amount)}"

    def beside(self, item: BuyerOrder) -> dict[str, Any]:
        """Its lines with what is shipped and left of each, how much of it is done, and what is planned about it."""
        rows = done_lines(item)
        return {
            "lines": rows,
            "vat": sum((vat_of(row.line.amount, row.line.vat) for row in rows if row.line), Decimal(0)),
            "shipped_percent": percent_done(item.planned_amount - item.rest_amount, item.planned_amount),
            "paid_percent": percent_done(item.paid_amount, item.due_amount),
            **ahead(self.datamodel.session, Contact.order_id == item.id, Task.order_id == item.id),
        }

    def paper_tables(self, item: BuyerOrder) -> list[PaperTable]:
        heads = (_("Item"), _("Quantity"), _("Shipped"), _("Left"), _("Price"), _("Amount"))
        lines = [
            (row.item.name, line and line.quantity, row.shipped, row.rest, line and line.price, line and line.amount)
            for row in done_lines(item)
            for line in [row.line]
        ]
        right = frozenset(range(1, len(heads)))
        return [PaperTable(_("Lines"), heads, lines, right), *super().paper_tables(item)]


pickable(
    Lookup(
        BuyerOrder,
        section="Orders",
        find=lambda _model, text: begins(BuyerOrder.number, text),
        order=(BuyerOrder.date.desc(), BuyerOrder.id.desc()),
        within=("counterparty",),
    )
)
