"""Shipments and returns."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.models.movements import Shipment, ShipmentLine
from app.queries.search import begins
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.rest import RestApi
from app.web.views import CrmView

FIELDS = ["date", "kind", "counterparty", "order", "manager", "amount", "cost_amount"]


class ShipmentLineView(CrmView):
    """The lines of one shipment, on its card alone."""

    datamodel = DataModel(ShipmentLine, order_by={"position": "position"})
    route_base = "/shipment-lines"
    class_permission_name = "Shipments"
    include_route_methods: set[str] = set()
    related_size = 100
    list_title = _l("Lines")
    label_columns = {"position": "№"}
    list_columns = ["position", "item", "quantity", "price", "amount", "cost"]
    add_columns = list_columns
    base_order = ("position", "asc")


class ShipmentView(CrmView):
    datamodel = DataModel(
        Shipment,
        searches={"number": typed(lambda _model, text: begins(Shipment.number, text))},
        order_by={"date": "date", "number": "number"},
    )
    route_base = "/shipments"
    class_permission_name = "Shipments"
    include_route_methods = {"list", "show"}
    base_permissions = ["can_read", "can_write"]
    list_title = _l("Shipments and returns")
    list_columns = ["number", "date", "kind", "counterparty", "order", "manager", "amount"]
    show_columns = add_columns = FIELDS
    search_columns = ["number", "date", "kind", "counterparty", "manager"]
    base_order = ("date", "desc")
    related_views = [ShipmentLineView]


class ShipmentApi(RestApi):
    resource_name = "shipment"
    datamodel = DataModel(Shipment, order_by={"date": "date", "number": "number"})
    class_permission_name = "Shipments"
    include_route_methods = {"get", "get_list"}
    list_columns = [
        "id",
        "number",
        "date",
        "kind",
        "counterparty.id",
        "counterparty.code",
        "order.number",
        "manager.username",
        "amount",
        "cost_amount",
    ]
    search_columns = ["date", "kind", "counterparty", "manager"]
    base_order = ("date", "desc")
