"""Payments of buyers, and which orders they pay."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import HiddenField

from app.extensions import db
from app.models.allocations import PaymentAllocation
from app.models.counterparties import Counterparty
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.sales.allocations import orders_for
from app.queries.search import begins
from app.services.sales.payments import allocate_by_hand, allocate_by_rule, correct, pay
from app.services.typed import PaymentDraft
from app.views.sales.order_forms import PayForm
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.forms.documents import DocumentForm, Sections, document_page
from app.web.forms.fields import NEXT_NUMBER, LookupField, MoneyField, row_number, text_field
from app.web.views import VERBS, CrmView

MOST_ORDERS = 200


class PaymentForm(PayForm):
    """Money from a buyer; without an order the rules find what it pays."""

    SECTIONS: Sections = (("", ("counterparty", "order", "date", "amount", "purpose", "number")),)

    order = LookupField(
        _l("Order"),
        model=BuyerOrder,
        within="counterparty",
        description=_l("Empty: the payment goes to orders by the rules, the oldest due first."),
    )
    number = text_field(_l("Number"), 50, NEXT_NUMBER)


class CorrectForm(PaymentForm):
    """A payment that was typed wrong; `version` is the one that is being corrected."""

    SECTIONS: Sections = (("", (*PaymentForm.SECTIONS[0][1], "version")),)

    version = HiddenField()


class AllocationView(CrmView):
    """Which orders a payment went to; on the cards of both."""

    datamodel = DataModel(PaymentAllocation, computed={"paid_on": lambda share: share.payment.date}, loads=["payment"])
    route_base = "/allocations"
    class_permission_name = "Payments"
    include_route_methods: set[str] = set()
    related_size = 50
    list_title = _l("What orders are paid")
    label_columns = {"paid_on": _l("Date of the payment")}
    list_columns = ["payment", "order", "paid_on", "amount"]
    add_columns = ["payment", "order", "amount"]


class PaymentView(CrmView):
    datamodel = DataModel(
        Payment,
        searches={"number": typed(lambda _model, text: begins(Payment.number, text))},
        order_by={"date": "date", "number": "number"},
        computed={"advance": lambda payment: payment.amount - payment.allocated_amount},
    )
    route_base = "/payments"
    class_permission_name = "Payments"
    include_route_methods = {"list", "show", "add", "edit", "allocate", "by_rule"}
    method_permission_name = VERBS | dict.fromkeys(("allocate", "by_rule"), "write")
    show_template = "crm/sales/payment_card.html"
    list_title = _l("Payments")
    label_columns = {"advance": _l("Advance")}
    list_columns = ["number", "date", "counterparty", "order", "amount", "advance", "purpose"]
    show_columns = [*list_columns[1:5], "allocated_amount", "advance", "by_hand", "purpose"]
    add_columns = ["date", "counterparty", "order", "amount", "purpose"]
    search_columns = ["number", "date", "counterparty"]
    base_order = ("date", "desc")
    related_views = [AllocationView]

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        given = {name: row_number(request.args.get(f"_flt_0_{name}", "")) for name in ("counterparty", "order")}
        order = db.session.get(BuyerOrder, given["order"]) if given["order"] else None
        counterparty = order.counterparty if order else db.session.get(Counterparty, given["counterparty"] or 0)
        form = PaymentForm.new(counterparty=counterparty, order=order)
        return document_page(
            self,
            _("New payment"),
            form,
            lambda: pay(db.session, form.draft_of(PaymentDraft)),
            cancel_url=url_for("PaymentView.list"),
            then=lambda payment: url_for("PaymentView.show", pk=payment.id),
        )

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        """Put a wrong payment right."""
        payment: Payment = self.row(pk)
        number, url = payment.id, url_for("PaymentView.show", pk=payment.id)
        names = ("counterparty", "order", "date", "amount", "purpose", "number", "version")
        form = CorrectForm.new(**{name: getattr(payment, name) for name in names})

        def save() -> Payment:
            version = row_number(form.version.data) or 0
            return correct(db.session, number, version, form.draft_of(PaymentDraft))

        return document_page(self, _("Payment %(number)s: put right", number=payment), form, save, cancel_url=url)

    @expose("/allocate/<pk>", methods=["GET", "POST"])
    @has_access
    def allocate(self, pk: str) -> str | Response:
        """Which orders the payment pays, decided by a person."""
        payment: Payment = self.row(pk)
        orders = db.session.execute(orders_for(payment, MOST_ORDERS)).all()
        form = allocation_form([order.id for order, _own in orders], {order.id: own for order, own in orders})
        url = url_for("PaymentView.show", pk=payment.id)
        title = _("Which orders payment %(number)s pays", number=payment)

        def save() -> Payment:
            fields = {order.id: form[f"order-{order.id}"] for order, _own in orders}
            shares = {number: field.data for number, field in fields.items() if field.data}
            return allocate_by_hand(db.session, payment.id, shares)

        template, more = "crm/sales/allocate.html", {"orders": orders, "payment": payment, "most": MOST_ORDERS}
        return document_page(self, title, form, save, cancel_url=url, template=template, back=url, **more)

    @expose("/by-rule/<pk>", methods=["POST"])
    @has_access
    def by_rule(self, pk: str) -> Response:
        """Let the rules decide again."""
        payment: Payment = self.row(pk)
        allocate_by_rule(db.session, payment.id)
        db.session.commit()
        flash(_("The payment is laid on orders by the rules."), "success")
        return redirect(url_for("PaymentView.show", pk=payment.id))


def allocation_form(order_ids: Sequence[int], own: dict[int, Decimal]) -> DocumentForm:
    """A sum for each order, filled with what it has of the payment now."""
    fields: dict[str, Any] = {f"order-{number}": MoneyField(str(number)) for number in order_ids}
    kind: type[DocumentForm] = type("AllocationForm", (DocumentForm,), fields)
    return kind(data={f"order-{number}": amount or None for number, amount in own.items()})
