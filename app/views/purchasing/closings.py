"""Closed orders to suppliers with their reasons."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.services.purchasing.closing import SUPPLIER_ORDERS
from app.web.forms.closing import ClosingsList, closings_of


class SupplierClosingView(ClosingsList):
    datamodel = closings_of(SUPPLIER_ORDERS)
    closable, orders_section = SUPPLIER_ORDERS, "Supplier orders"
    route_base = "/supplier-closings"
    class_permission_name = "Supplier closings"
    list_title = _l("Closed supplier orders")
    label_columns = {"counterparty": _l("Supplier"), "manager": _l("Responsible for the order")}
