"""What is done with orders to suppliers and receipts on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response as Answer
from flask import abort, jsonify, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.supply import Receipt, SupplierOrder
from app.services import order_entry, supplier_facts
from app.services.supplier_documents import order_supply, receive, rest_of
from app.services.typed import Changed
from app.views.order_forms import differences_in_words, may, rest_rows
from app.views.order_work import described
from app.views.supply_forms import ReceiptForm, SupplierOrderForm, SupplyForm
from app.web.documents import page, saved
from app.web.fields import row_number
from app.web.lines import pasted_rows


class SupplyWork:
    """Mixed into the views of both documents before CrmView: the form of one, with what it says of the supplier."""

    datamodel: Any
    endpoint: str

    def document_page(
        self, title: str, form: SupplyForm, save: Callable[[], Any], *, cancel_url: str
    ) -> str | Response:
        changes: list[Any] = []

        def attempt() -> Any:
            try:
                return save()
            except Changed as changed:
                changes.extend(differences_in_words(changed))
                form.version.data, form.version.raw_data = str(changed.version), None
                raise

        made = saved(db.session, form, attempt)
        if made:
            return redirect(url_for(f"{self.endpoint}.show", pk=made.id))
        supplier_url = url_for("SupplierOrderView.supplier", pk="") if isinstance(form, SupplierOrderForm) else ""
        return page(self, title, form, form.SECTIONS, cancel_url=cancel_url, client_url=supplier_url, changes=changes)

    def card_url(self, pk: int) -> str:
        return url_for(f"{self.endpoint}.show", pk=pk)


class SupplierOrderWork(SupplyWork):
    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        form = SupplierOrderForm.new(given_supplier())
        return self.document_page(
            _("New order to a supplier"),
            form,
            lambda: order_supply(db.session, form.draft()),
            cancel_url=url_for("SupplierOrderView.list"),
        )

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        order: SupplierOrder = self.row(pk)  # type: ignore[attr-defined]
        form, number = SupplierOrderForm.of(order), order.id
        title = _("Order to a supplier %(number)s", number=order.number)
        return self.document_page(
            title, form, lambda: order_supply(db.session, form.draft(number)), cancel_url=self.card_url(number)
        )

    @expose("/items")
    @has_access
    def items(self) -> Answer:
        """Items to pick, each with the supplier's price of today, else with what it costs us."""
        supplier = row_number(request.args.get("counterparty", ""))
        number = max(request.args.get("page", 1, int), 1)
        prices = supplier_facts.prices_on(clock.today())
        found = order_entry.items(db.session, request.args.get("q", ""), supplier, page=number, prices=prices)
        return jsonify(results=[described(choice) for choice in found.choices], pagination={"more": found.more})

    @expose("/items/paste", methods=["POST"])
    @has_access
    def paste(self) -> Answer:
        """Rows copied from a spreadsheet as lines; what names no item comes back as unknown."""
        rows, supplier = pasted_rows()
        prices = supplier_facts.prices_on(clock.today())
        pasted = order_entry.paste(db.session, rows, supplier, prices=prices)
        found = [
            {"item": described(line.choice), "quantity": line.quantity, "price": line.price} for line in pasted.lines
        ]
        return jsonify(rows=found, unknown=pasted.unknown)

    @expose("/supplier/")
    @expose("/supplier/<pk>")
    @has_access
    def supplier(self, pk: str = "") -> Answer:
        """What the form says about the chosen supplier."""
        told = supplier_facts.whole(db.session, row_number(pk) or 0, clock.today()) or abort(404)
        words = " · ".join(supplier_facts.in_words(told))
        return jsonify(addresses=[], lines=[{"text": words, "kind": "muted"}] if words else [])


class ReceiptWork(SupplyWork):
    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        """A receipt; `?order=` is the order that it comes by, what is left of it is filled in."""
        asked = request.args.get("order") or request.args.get("_flt_0_order")  # of our button, of the list on the card
        order = ordered(asked) if asked else None
        form = ReceiptForm.new(order.counterparty if order else given_supplier(), keep_prices=True)
        title, url, order_id = _("New receipt"), url_for("ReceiptView.list"), None
        if order is not None:
            title, order_id = _("Receipt by order %(number)s", number=order.number), order.id
            url = url_for("SupplierOrderView.show", pk=order_id)
            if request.method == "GET":
                form.lines.fill(rest_rows(rest_of(db.session, order_id)))
            else:  # a line of which nothing came
                form.lines.data = [row for row in form.lines.data if row.typed.get("quantity") not in ("", "0")]
        return self.document_page(
            title,
            form,
            lambda: receive(db.session, form.draft(order_id=order_id), keep_prices=form.keep_prices.data),
            cancel_url=url,
        )

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        receipt: Receipt = self.row(pk)  # type: ignore[attr-defined]
        form, number, order_id = ReceiptForm.of(receipt, data={"keep_prices": True}), receipt.id, receipt.order_id
        return self.document_page(
            _("Receipt %(number)s", number=receipt.number),
            form,
            lambda: receive(db.session, form.draft(number, order_id=order_id), keep_prices=form.keep_prices.data),
            cancel_url=self.card_url(number),
        )


def given_supplier() -> Counterparty | None:
    number = row_number(request.args.get("_flt_0_counterparty", ""))
    return db.session.get(Counterparty, number) if number else None


def ordered(pk: str) -> SupplierOrder:
    """The order that a receipt is made from; whoever may not read orders makes no receipts by them."""
    may("Supplier orders", "can_read")
    order: SupplierOrder = db.session.get(SupplierOrder, row_number(pk) or 0) or abort(404)
    return order
