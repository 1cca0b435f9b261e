"""Orders to suppliers."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, false
from wtforms import SelectField

from app import clock
from app.models.supply import SupplierOrder, SupplierOrderLine
from app.queries.search import begins
from app.views.purchasing.receipts import ReceiptView
from app.views.purchasing.supplier_payments import SupplierPaymentView
from app.views.purchasing.supply_work import SupplierOrderWork
from app.web.datamodel import DataModel
from app.web.filters import Filter, typed
from app.web.forms.fields import offered
from app.web.lookup import Lookup, pickable
from app.web.views import VERBS, LinesView

STATES = {"awaited": _l("Awaited"), "late": _l("Late"), "received": _l("Received in full")}


class ByState(Filter):
    """How far the receipt of an order is, seen from today."""

    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        awaited = SupplierOrder.rest_quantity > 0
        known = {
            "awaited": awaited,
            "late": and_(awaited, SupplierOrder.receive_on < clock.today()),
            "received": SupplierOrder.rest_quantity == 0,
        }
        return known.get(value, false())

    def input(self) -> Any:
        return SelectField(choices=offered(STATES))


def state_of(order: SupplierOrder) -> str:
    if order.rest_quantity == 0:
        return str(STATES["received"])
    late = (clock.today() - order.receive_on).days if order.receive_on else 0
    return _("Late, days: %(days)s", days=late) if late > 0 else str(STATES["awaited"])


class SupplierOrderLineView(LinesView):
    datamodel = DataModel(SupplierOrderLine, order_by={"position": "position"})
    route_base = "/supplier-order-lines"
    class_permission_name = "Supplier orders"
    list_columns = ["position", "item", "quantity", "price", "vat", "amount"]
    add_columns = list_columns


class SupplierOrderView(SupplierOrderWork):
    datamodel = DataModel(
        SupplierOrder,
        searches={"number": typed(lambda _model, text: begins(SupplierOrder.number, text)), "state": ByState},
        order_by={"date": "date", "number": "number"},
        computed={"state": state_of},
    )
    route_base = "/supplier-orders"
    class_permission_name = "Supplier orders"
    method_permission_name = VERBS | {"items": "read", "supplier": "read", "paste": "write"}
    show_template = "crm/purchasing/supplier_order_card.html"
    list_title = _l("Supplier orders")
    label_columns = {"state": _l("Receipt of goods")}
    list_columns = [
        *("number", "date", "counterparty", "receive_on", "state", "rest_quantity"),
        *("manager", "amount", "unpaid_amount"),
    ]
    show_columns = [
        *("date", "counterparty", "state", "amount", "receive_on", "received_on"),
        *("rest_quantity", "pay_by", "paid_amount", "unpaid_amount", "manager", "comment"),
    ]
    add_columns = ["counterparty", "manager", "date", "receive_on", "pay_by", "comment"]
    search_columns = ["number", "date", "counterparty", "state", "manager"]
    base_order = ("date", "desc")
    related_views = [SupplierOrderLineView, ReceiptView, SupplierPaymentView]


pickable(
    Lookup(
        SupplierOrder,
        section="Supplier orders",
        find=lambda _model, text: begins(SupplierOrder.number, text),
        order=(SupplierOrder.date.desc(), SupplierOrder.id.desc()),
        within=("counterparty",),
    )
)
