"""Receipts of goods from suppliers."""

from __future__ import annotations

from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.models.supply import Receipt, ReceiptLine
from app.queries.search import begins
from app.services.purchasing.supplier_documents import reverse_receipt
from app.views.purchasing.supply_work import ReceiptWork, receipt_url
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.forms.reversing import reversal, reversal_page, reversed_mark
from app.web.views import VERBS, LinesView


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
        computed={"state": reversal},
    )
    route_base = "/receipts"
    class_permission_name = "Receipts"
    method_permission_name = VERBS | {"reverse": "write"}
    show_template = "crm/document_card.html"
    label_columns = {"state": _l("Reversal")}
    list_title = _l("Receipts of goods")
    list_columns = ["number", "date", "counterparty", "order", "manager", "amount"]
    more_columns = ["state"]
    show_columns = ["date", "counterparty", "order", "amount", "manager"]
    add_columns = ["counterparty", "date", "manager"]
    search_columns = ["number", "date", "counterparty", "manager"]
    base_order = ("date", "desc")
    related_views = [ReceiptLineView]

    def row_verbs(self, item: Receipt) -> str:
        return reversed_mark(item)

    @expose("/reverse/<pk>", methods=["GET", "POST"])
    @has_access
    def reverse(self, pk: str) -> str | Response:
        """The receipt was wrong as a whole: it stays with the reason and brought no goods."""
        receipt: Receipt = self.row(pk)
        title = _("Reversal of receipt %(number)s", number=receipt)
        return reversal_page(self, title, receipt, reverse_receipt, cancel_url=receipt_url(receipt))
