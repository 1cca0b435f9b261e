"""Payments to suppliers."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import validators

from app import clock
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.supply import SupplierOrder, SupplierPayment
from app.queries.search import begins
from app.services.checks import given_back
from app.services.purchasing.supplier_payments import complete, reverse_supplier_payment, take_back
from app.services.typed import RefundDraft
from app.views.purchasing.supply_forms import MoneyBackForm
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.forms.documents import document_page
from app.web.forms.fields import NEXT_NUMBER, LookupField, MoneyField, row_number
from app.web.forms.reversing import reversal, reversal_page, reversed_mark
from app.web.lists.chosen import numbers_of
from app.web.lists.state import presets
from app.web.views import VERBS, CrmView


def payment_url(payment_id: int) -> str:
    return url_for("SupplierPaymentView.show", pk=payment_id)


class SupplierPaymentView(CrmView):
    datamodel = DataModel(
        SupplierPayment,
        searches={"number": typed(lambda _model, text: begins(SupplierPayment.number, text))},
        order_by={"date": "date", "number": "number"},
        computed={"state": reversal},
    )
    route_base = "/supplier-payments"
    class_permission_name = "Supplier payments"
    method_permission_name = VERBS | dict.fromkeys(("reverse", "refund"), "write") | {"bank": "read"}
    show_template = "crm/purchasing/supplier_payment_card.html"
    label_columns = {"state": _l("Reversal")}
    list_title, add_title = _l("Supplier payments"), _l("New supplier payment")
    list_columns = ["number", "date", "counterparty", "order", "amount", "purpose"]
    more_columns = ["state", "refund_of"]
    show_columns = [*list_columns[1:], "refund_of"]
    add_columns = ["counterparty", "order", "date", "amount", "purpose", "number"]
    search_columns = ["number", "date", "counterparty"]
    optional_columns = ["number"]
    description_columns = {"number": NEXT_NUMBER}
    within = {"order": "counterparty"}
    base_order = ("date", "desc")
    add_form_extra_fields = edit_form_extra_fields = {
        "counterparty": LookupField(_l("Supplier"), [validators.DataRequired()], model=Counterparty, offers="Supplier"),
        "amount": MoneyField(_l("Amount"), [validators.InputRequired()], description=_l("A minus: he gave it back.")),
    }

    def new_values(self) -> dict[str, Any]:
        """Of today; by an order what is left to pay of it."""
        number = row_number(presets(self.add_columns).get("order", ""))
        order = self.datamodel.session.get(SupplierOrder, number) if number else None
        if order is None:
            return {"date": clock.today()}
        left = max(order.unpaid_amount, 0) or None
        return {"date": clock.today(), "counterparty": order.counterparty, "amount": left}

    def pre_add(self, item: SupplierPayment) -> None:
        complete(self.datamodel.session, item)

    pre_update = pre_add

    def row_verbs(self, item: SupplierPayment) -> str:
        return reversed_mark(item)

    def beside(self, item: SupplierPayment) -> dict[str, Any]:
        query = select(SupplierPayment).where(SupplierPayment.refund_of_id == item.id)
        return {"refunds": db.session.scalars(query.order_by(SupplierPayment.date, SupplierPayment.id)).all()}

    def offered_actions(self) -> dict[str, Any]:
        may = self.appbuilder.sm.has_access("can_read", "Bank statements")
        return dict(self.actions) if may else {}

    @action("bank", _l("Payment orders for the bank"), icon="fa-building-columns")
    def bank(self, items: SupplierPayment | list[SupplierPayment]) -> Response:
        """The chosen payments as a file that the program of the bank takes."""
        return redirect(url_for("BankView.orders", ids=numbers_of(items)))

    @expose("/reverse/<pk>", methods=["GET", "POST"])
    @has_access
    def reverse(self, pk: str) -> str | Response:
        """The payment was wrong as a whole: it stays with the reason and pays nothing."""
        payment: SupplierPayment = self.row(pk)
        title = _("Reversal of payment %(number)s", number=payment)
        return reversal_page(self, title, payment, reverse_supplier_payment, cancel_url=payment_url(payment.id))

    @expose("/refund/<pk>", methods=["GET", "POST"])
    @has_access
    def refund(self, pk: str) -> str | Response:
        """The supplier gave money of the payment back: what is left of it is filled in."""
        payment: SupplierPayment = self.row(pk)
        left = payment.amount - given_back(db.session, payment)
        form = MoneyBackForm.new(amount=left if left > 0 else None)
        given = {"counterparty_id": payment.counterparty_id, "payment_id": payment.id}
        return document_page(
            self,
            _("Refund of payment %(number)s", number=payment),
            form,
            lambda: take_back(db.session, form.draft_of(RefundDraft, **given)),
            cancel_url=payment_url(payment.id),
            then=lambda made: payment_url(made.id),
            undoable=True,
        )
