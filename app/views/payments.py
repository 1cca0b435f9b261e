"""Payments of buyers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.models.movements import Payment
from app.queries.search import begins
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.rest import RestApi
from app.web.views import CrmView


class PaymentView(CrmView):
    datamodel = DataModel(
        Payment,
        searches={"number": typed(lambda _model, text: begins(Payment.number, text))},
        order_by={"date": "date", "number": "number"},
    )
    route_base = "/payments"
    class_permission_name = "Payments"
    include_route_methods = {"list", "show"}
    base_permissions = ["can_read", "can_write"]
    list_title = _l("Payments")
    list_columns = ["number", "date", "counterparty", "order", "amount", "purpose"]
    show_columns = add_columns = ["date", "counterparty", "order", "amount", "purpose"]
    search_columns = ["number", "date", "counterparty"]
    base_order = ("date", "desc")


class PaymentApi(RestApi):
    resource_name = "payment"
    datamodel = DataModel(Payment, order_by={"date": "date", "number": "number"})
    class_permission_name = "Payments"
    include_route_methods = {"get", "get_list"}
    list_columns = ["id", "number", "date", "counterparty.id", "counterparty.code", "order.number", "amount", "purpose"]
    search_columns = ["date", "counterparty"]
    base_order = ("date", "desc")
