"""Buyer orders."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import get_template_attribute
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import clock
from app.extensions import db
from app.models.captions import caption
from app.models.histories import OrderMove
from app.models.orders import BuyerOrder, OrderLine
from app.queries.sales.vat import vat_of_order
from app.queries.search import begins
from app.services.sales.board import days_of
from app.views.sales.order_forms import OrderForm
from app.views.sales.order_work import OrderWork
from app.views.sales.payments import AllocationView
from app.views.sales.shipments import ShipmentView
from app.web.datamodel import DataModel
from app.web.display import CardEvent, display
from app.web.filters import typed
from app.web.forms.documents import field_names
from app.web.lookup import Lookup, pickable
from app.web.views import VERBS, LinesView

FIELDS = [name for name in field_names(OrderForm.SECTIONS) if name not in {"date", "number", "lines", "version"}]


SHOWN_MOVES = 20


class OrderLineView(LinesView):
    datamodel = DataModel(OrderLine, order_by={"position": "position"})
    route_base = "/order-lines"
    class_permission_name = "Orders"
    list_columns = ["position", "item", "quantity", "price", "discount", "vat", "amount"]
    add_columns = list_columns


def half(*of: Any) -> Markup:
    macro: Callable[..., Markup] = get_template_attribute("crm/sales/_order_half.html", "half")
    return macro(*of)


def shipping(order: BuyerOrder) -> Markup:
    left = Decimal(0) if order.closed_on else order.rest_amount
    return half(order.shipment_state, order.ship_on, days_of(order, clock.today()).get("ship"), left)


def paying(order: BuyerOrder) -> Markup:
    return half(order.payment_state, order.pay_by, days_of(order, clock.today()).get("pay"), order.unpaid_amount)


def moved(move: OrderMove) -> CardEvent:
    days = " → ".join("—" if day is None else display(day) for day in (move.was, move.now))
    return CardEvent(move.at, caption(move.what), days, ", ".join(filter(None, (move.reason, str(move.by or "")))))


def including_vat(order: BuyerOrder) -> Decimal:
    return db.session.scalars(vat_of_order(order.id)).one()


class OrderView(OrderWork):
    datamodel = DataModel(
        BuyerOrder,
        searches={"number": typed(lambda _model, text: begins(BuyerOrder.number, text))},
        order_by={"date": "date", "number": "number"},
        computed={"shipping": shipping, "paying": paying, "vat_amount": including_vat},
    )
    route_base = "/orders"
    class_permission_name = "Orders"
    exclude_route_methods = {"delete", "download"}
    method_permission_name = VERBS | {
        **dict.fromkeys(("ship", "take_return", "correct", "pay", "close", "paste", "close_orders"), "write"),
        **dict.fromkeys(("items", "client"), "read"),
    }
    show_template = "crm/sales/order_card.html"
    list_title = _l("Buyer orders")
    label_columns = {"shipping": _l("Left to ship"), "paying": _l("Left to pay"), "vat_amount": _l("Including VAT")}
    list_columns = ["number", "date", "counterparty", "amount", "status", "shipping", "paying"]
    kinds = dict.fromkeys(["number", "shipping", "paying"], "whole")
    more_columns = ["manager", "person", "ship_on", "pay_by", "paid_amount", "unpaid_amount", "shipped_amount"]
    related_columns = {"counterparty": [c for c in list_columns if c != "counterparty"]}
    show_columns = [
        *("date", "status", "shipment_state", "payment_state", "amount", "vat_amount", "corrected_amount"),
        *("shipped_amount", "returned_amount", "rest_quantity", "paid_amount", "unpaid_amount", "closed_on"),
        *FIELDS,
    ]
    add_columns = FIELDS
    search_columns = [
        *("number", "counterparty", "status", "manager"),
        *("shipment_state", "payment_state", "date", "ship_on", "pay_by"),
    ]
    base_order = ("date", "desc")
    related_views = [OrderLineView, ShipmentView, AllocationView]

    def beside(self, item: BuyerOrder) -> dict[str, Any]:
        """The moves of its planned days, asked for where there are any."""
        if (item.first_ship_on, item.first_pay_by) == (item.ship_on, item.pay_by):
            return super().beside(item)
        moves = select(OrderMove).where(OrderMove.order_id == item.id).order_by(OrderMove.id.desc())
        found = db.session.scalars(moves.options(joinedload(OrderMove.by)).limit(SHOWN_MOVES)).all()
        return super().beside(item) | {"moves": [moved(move) for move in found]}


pickable(
    Lookup(
        BuyerOrder,
        section="Orders",
        find=lambda _model, text: begins(BuyerOrder.number, text),
        order=(BuyerOrder.date.desc(), BuyerOrder.id.desc()),
        within=("counterparty",),
    )
)
