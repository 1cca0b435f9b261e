"""What is done with orders to suppliers and receipts on the screen."""

from __future__ import annotations

from flask import Response as Answer
from flask import abort, jsonify, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.supply import Receipt, SupplierOrder
from app.services.purchasing import supplier_facts
from app.services.purchasing.closing import SUPPLIER_ORDERS
from app.services.purchasing.supplier_documents import order_supply, receive, rest_of
from app.services.typed import SupplyDraft
from app.views.purchasing.supply_forms import ReceiptForm, SupplierOrderForm
from app.web.access.rights import require
from app.web.forms.closing import OrdersToClose
from app.web.forms.documents import document_page
from app.web.forms.fields import row_number
from app.web.forms.lines import items_to_pick, pasted_lines
from app.web.guard import takes_json
from app.web.views import CrmView


class SupplierOrderWork(OrdersToClose):
    closable = SUPPLIER_ORDERS

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        form = SupplierOrderForm.new(counterparty=given_supplier())
        return document_page(
            self,
            _("New order to a supplier"),
            form,
            lambda: order_supply(db.session, form.draft_of(SupplyDraft)),
            cancel_url=url_for("SupplierOrderView.list"),
            then=lambda order: order_url(order.id),
            client_url=url_for("SupplierOrderView.supplier", pk=""),
        )

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        order: SupplierOrder = self.row(pk)
        form, order_id = SupplierOrderForm.of(order), order.id
        return document_page(
            self,
            _("Order to a supplier %(number)s", number=order.number),
            form,
            lambda: order_supply(db.session, form.draft_of(SupplyDraft, row_id=order_id)),
            cancel_url=order_url(order_id),
            client_url=url_for("SupplierOrderView.supplier", pk=""),
        )

    @expose("/items")
    @has_access
    def items(self) -> Answer:
        """Items to pick, each with the supplier's price of today, else with what it costs us."""
        return items_to_pick(supplier_facts.prices_on(clock.today()))

    @expose("/items/paste", methods=["POST"])
    @has_access
    @takes_json
    def paste(self) -> Answer:
        return pasted_lines(supplier_facts.prices_on(clock.today()))

    @expose("/supplier/")
    @expose("/supplier/<pk>")
    @has_access
    def supplier(self, pk: str = "") -> Answer:
        """What the form says about the chosen supplier."""
        supplier = supplier_facts.supplier_on_day(db.session, row_number(pk) or 0, clock.today()) or abort(404)
        words = " · ".join(supplier_facts.in_words(supplier))
        return jsonify(addresses=[], lines=[{"text": words, "kind": "muted"}] if words else [])


class ReceiptWork(CrmView):
    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        """A receipt; `?order=` is the order that it comes by, what is left of it is filled in."""
        number = request.args.get("order") or request.args.get("_flt_0_order")  # of our button, of the list on the card
        order = order_received(number) if number else None
        form = ReceiptForm.new(counterparty=order.counterparty if order else given_supplier(), keep_prices=True)
        title, cancel_url, order_id = _("New receipt"), url_for("ReceiptView.list"), None
        if order is not None:
            title, order_id = _("Receipt by order %(number)s", number=order.number), order.id
            cancel_url = order_url(order_id)
            if form.is_submitted():
                form.lines.drop_empty()
            else:
                form.lines.fill(rest_of(db.session, order_id))
        return document_page(
            self, title, form, lambda: self._receive(form, order_id=order_id), cancel_url=cancel_url, then=receipt_url
        )

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        receipt: Receipt = self.row(pk)
        form, given = ReceiptForm.of(receipt, keep_prices=True), {"row_id": receipt.id, "order_id": receipt.order_id}
        title = _("Receipt %(number)s", number=receipt.number)
        return document_page(
            self, title, form, lambda: self._receive(form, **given), cancel_url=receipt_url(receipt), then=receipt_url
        )

    @staticmethod
    def _receive(form: ReceiptForm, **given: int | None) -> Receipt:
        return receive(db.session, form.draft_of(SupplyDraft, **given), keep_prices=form.keep_prices.data)


def order_url(order_id: int) -> str:
    return url_for("SupplierOrderView.show", pk=order_id)


def receipt_url(receipt: Receipt) -> str:
    return url_for("ReceiptView.show", pk=receipt.id)


def given_supplier() -> Counterparty | None:
    number = row_number(request.args.get("_flt_0_counterparty", ""))
    return db.session.get(Counterparty, number) if number else None


def order_received(pk: str) -> SupplierOrder:
    """The order that a receipt is made from; whoever may not read orders makes no receipts by them."""
    require("Supplier orders", "can_read")
    order: SupplierOrder = db.session.get(SupplierOrder, row_number(pk) or 0) or abort(404)
    return order
