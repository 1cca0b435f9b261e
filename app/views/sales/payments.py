"""Payments of buyers, and which orders they pay."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Self

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.errors import Refused
from app.extensions import db
from app.models.allocations import PaymentAllocation
from app.models.counterparties import Counterparty
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.sales.allocations import orders_for
from app.queries.search import begins
from app.services.checks import given_back
from app.services.sales.payments import (
    allocate_by_hand,
    allocate_by_rule,
    correct_payment,
    free_of,
    pay,
    refund,
    reverse_payment,
)
from app.services.typed import ZERO, PaymentDraft, RefundDraft
from app.views.sales.order_forms import PayForm, RefundForm
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.forms.documents import DocumentForm, Sections, document_page
from app.web.forms.fields import NEXT_NUMBER, LookupField, MoneyField, VersionField, row_number, text_field
from app.web.forms.reversing import reversal, reversal_page, reversed_mark
from app.web.views import VERBS, CrmView

MOST_ORDERS = 200


def payment_url(payment_id: int) -> str:
    return url_for("PaymentView.show", pk=payment_id)


def advance(payment: Payment) -> Decimal:
    free = payment.amount - payment.allocated_amount
    return Decimal("0.00") if payment.reversed_on else free


class PaymentForm(PayForm):
    """Money from a buyer; without an order the rules find what it pays."""

    SECTIONS: Sections = (("", ("counterparty", "order", "date", "amount", "confirmed", "purpose", "number")),)

    order = LookupField(
        _l("Order"),
        model=BuyerOrder,
        within="counterparty",
        description=_l("Empty: the payment goes to orders by the rules, the oldest due first."),
    )
    number = text_field(_l("Number"), 50, NEXT_NUMBER)


class PaymentCorrectionForm(PaymentForm):
    """A payment, or a refund by what was given back, as it should have been."""

    SECTIONS: Sections = (("", (*PaymentForm.SECTIONS[0][1], "version")),)

    number = text_field(_l("Number"), 50)
    version = VersionField()

    @classmethod
    def of_payment(cls, payment: Payment) -> Self:
        names = ("counterparty", "order", "date", "purpose", "number", "version")
        return cls(data={**{name: getattr(payment, name) for name in names}, "amount": abs(payment.amount)})


class OwnPaymentCorrectionForm(PaymentCorrectionForm):
    """Of a counterparty that the reader does not see: whose it is cannot be changed."""

    SECTIONS = (("", PaymentCorrectionForm.SECTIONS[0][1][1:]),)

    counterparty = None


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
        computed={"advance": advance, "state": reversal},
    )
    route_base = "/payments"
    class_permission_name = "Payments"
    include_route_methods = {"list", "show", "add", "allocate", "by_rule", "edit", "reverse", "refund"}
    method_permission_name = VERBS | dict.fromkeys(("allocate", "by_rule", "reverse", "refund"), "write")
    show_template = "crm/sales/payment_card.html"
    list_title = _l("Payments")
    label_columns = {"advance": _l("Advance"), "state": _l("Reversal")}
    list_columns = ["number", "date", "counterparty", "order", "amount", "advance", "purpose"]
    more_columns = ["state", "refund_of"]
    show_columns = [*list_columns[1:5], "allocated_amount", "advance", "by_hand", "purpose", "refund_of"]
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

    def row_verbs(self, item: Payment) -> str:
        return reversed_mark(item)

    def beside(self, item: Payment) -> dict[str, Any]:
        refunds = select(Payment).where(Payment.refund_of_id == item.id).order_by(Payment.date, Payment.id)
        return {"refunds": db.session.scalars(refunds).all()}

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        """The payment, or the refund, as it should have been."""
        payment: Payment = self.row(pk)
        payment_id, given = payment.id, dict[str, Any]()
        if payment.counterparty is None:
            form: PaymentCorrectionForm = OwnPaymentCorrectionForm.of_payment(payment)
            given = {"counterparty_id": payment.counterparty_id}
        else:
            form = PaymentCorrectionForm.of_payment(payment)
        return document_page(
            self,
            _("Refund %(number)s", number=payment) if payment.amount < 0 else _("Payment %(number)s", number=payment),
            form,
            lambda: correct_payment(
                db.session, payment_id, form.draft_of(PaymentDraft, **given), version=form.version.data
            ),
            cancel_url=payment_url(payment_id),
            undoable=True,
        )

    @expose("/reverse/<pk>", methods=["GET", "POST"])
    @has_access
    def reverse(self, pk: str) -> str | Response:
        """The payment was wrong as a whole: it stays with the reason and pays nothing."""
        payment: Payment = self.row(pk)
        title = _("Reversal of payment %(number)s", number=payment)
        return reversal_page(self, title, payment, reverse_payment, cancel_url=payment_url(payment.id))

    @expose("/refund/<pk>", methods=["GET", "POST"])
    @has_access
    def refund(self, pk: str) -> str | Response:
        """Money of the payment is given back: what is free of it is filled in, else all of it."""
        payment: Payment = self.row(pk)
        left = payment.amount - given_back(db.session, payment)
        free = min(max(free_of(db.session, payment), ZERO), left)
        form = RefundForm.new(amount=(free or left) if left > 0 else None)
        given = {"counterparty_id": payment.counterparty_id, "payment_id": payment.id}
        return document_page(
            self,
            _("Refund of payment %(number)s", number=payment),
            form,
            lambda: refund(db.session, form.draft_of(RefundDraft, **given)),
            cancel_url=payment_url(payment.id),
            then=lambda made: payment_url(made.id),
            undoable=True,
        )

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
        url = payment_url(payment.id)
        try:
            allocate_by_rule(db.session, payment.id)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            flash(str(refused), "danger")
        else:
            flash(_("The payment is laid on orders by the rules."), "success")
        return redirect(url)


def allocation_form(order_ids: Sequence[int], own: dict[int, Decimal]) -> DocumentForm:
    """A sum for each order, filled with what it has of the payment now."""
    fields: dict[str, Any] = {f"order-{number}": MoneyField(str(number)) for number in order_ids}
    kind: type[DocumentForm] = type("AllocationForm", (DocumentForm,), fields)
    return kind(data={f"order-{number}": amount or None for number, amount in own.items()})
