"""Buyer orders."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.models.orders import BuyerOrder, OrderLine
from app.queries.search import begins
from app.views.order_work import OrderWork
from app.views.payments import AllocationView
from app.views.shipments import ShipmentView
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.lookup import Lookup, pickable
from app.web.views import VERBS, CrmView

FIELDS = ["counterparty", "person", "manager", "ship_on", "pay_by", "delivery_address", "comment"]


class OrderLineView(CrmView):
    """The lines of one order, on its card alone."""

    datamodel = DataModel(OrderLine, order_by={"position": "position"})
    route_base = "/order-lines"
    class_permission_name = "Orders"
    include_route_methods: set[str] = set()
    related_size = 100
    list_title = _l("Lines")
    label_columns = {"position": "№"}
    list_columns = ["position", "item", "quantity", "price", "discount", "amount"]
    add_columns = list_columns
    base_order = ("position", "asc")


class OrderView(OrderWork, CrmView):
    datamodel = DataModel(
        BuyerOrder,
        searches={"number": typed(lambda _model, text: begins(BuyerOrder.number, text))},
        order_by={"date": "date", "number": "number"},
    )
    route_base = "/orders"
    class_permission_name = "Orders"
    exclude_route_methods = {"delete", "download"}
    method_permission_name = VERBS | {
        **dict.fromkeys(("ship", "take_return", "correct", "pay", "close", "paste", "close_orders"), "write"),
        **dict.fromkeys(("items", "client"), "read"),
    }
    show_template = "crm/order_card.html"
    list_title = _l("Buyer orders")
    list_columns = [
        *("number", "date", "counterparty", "manager", "status", "shipment_state", "payment_state"),
        *("ship_on", "pay_by", "amount", "rest_quantity", "unpaid_amount"),
    ]
    show_columns = [
        *("date", "status", "shipment_state", "payment_state", "amount", "corrected_amount"),
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


pickable(
    Lookup(
        BuyerOrder,
        section="Orders",
        find=lambda _model, text: begins(BuyerOrder.number, text),
        order=(BuyerOrder.date.desc(), BuyerOrder.id.desc()),
        within=("counterparty",),
    )
)
