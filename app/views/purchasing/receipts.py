"""Receipts of goods from suppliers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.models.supply import Receipt, ReceiptLine
from app.queries.search import begins
from app.views.purchasing.supply_work import ReceiptWork
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.views import LinesView


class ReceiptLineView(LinesView):
    datamodel = DataModel(ReceiptLine, order_by={"position": "position"})
    route_base = "/receipt-lines"
    class_permission_name = "Receipts"
    list_columns = ["position", "item", "quantity", "price", "vat", "amount"]
    add_columns = list_columns


class ReceiptView(ReceiptWork):
    datamodel = DataModel(
        Receipt,
        searches={"number": typed(lambda _model, text: begins(Receipt.number, text))},
        order_by={"date": "date", "number": "number"},
    )
    route_base = "/receipts"
    class_permission_name = "Receipts"
    list_title = _l("Receipts of goods")
    list_columns = ["number", "date", "counterparty", "order", "manager", "amount"]
    show_columns = ["date", "counterparty", "order", "amount", "manager"]
    add_columns = ["counterparty", "date", "manager"]
    search_columns = ["number", "date", "counterparty", "manager"]
    base_order = ("date", "desc")
    related_views = [ReceiptLineView]
