"""Closed orders of buyers with their reasons, and the catalogue of reasons."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.models.closing import ClosingReason
from app.services.sales.closing import BUYER_ORDERS
from app.views.catalogues import CatalogueView
from app.web.datamodel import DataModel
from app.web.forms.closing import ClosingsList, closings_of


class ClosingReasonView(CatalogueView):
    datamodel = DataModel(ClosingReason, order_by={"position": "position"})
    route_base = "/closing-reasons"
    list_title, add_title = _l("Reasons of closing"), _l("New reason of closing")
    list_columns = add_columns = ["name", "position"]
    base_order = ("position", "asc")


class ClosingView(ClosingsList):
    datamodel = closings_of(BUYER_ORDERS)
    closable, orders_section = BUYER_ORDERS, "Orders"
    route_base = "/closings"
    class_permission_name = "Closings"
    list_title = _l("Closed orders")
    label_columns = {"counterparty": _l("Counterparty"), "manager": _l("Responsible for the order")}
