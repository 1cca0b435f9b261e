"""What is done with a buyer order on the screen: making and changing it, and the documents made from it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response as Answer
from flask import abort, jsonify, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.movements import Shipment
from app.models.orders import BuyerOrder
from app.services.sales import order_entry
from app.services.sales.closing import BUYER_ORDERS
from app.services.sales.orders import correct, rest_of, save_order
from app.services.sales.payments import pay, refund
from app.services.sales.shipments import ship, take_return
from app.services.typed import ZERO, CorrectionDraft, OrderDraft, PaymentDraft, RefundDraft, RestLine, ShipmentDraft
from app.views.sales.order_forms import (
    CorrectionForm,
    MoveForm,
    OrderEditForm,
    OrderForm,
    OwnOrderForm,
    PayForm,
    RefundForm,
)
from app.web.access.rights import require
from app.web.forms.closing import OrdersToClose
from app.web.forms.documents import document_page
from app.web.forms.fields import id_of, row_number
from app.web.forms.lines import items_to_pick, pasted_lines
from app.web.guard import takes_json


class OrderWork(OrdersToClose):
    closable = BUYER_ORDERS

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        given = row_number(request.args.get("_flt_0_counterparty", ""))
        form = OrderForm.new(counterparty=db.session.get(Counterparty, given) if given else None)
        return document_page(
            self,
            _("New buyer order"),
            form,
            lambda: save_order(db.session, form.draft_of(OrderDraft)),
            cancel_url=url_for("OrderView.list"),
            then=lambda order: card_url(order.id),
            client_url=url_for("OrderView.client"),
        )

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        order: BuyerOrder = self.row(pk)
        order_id, given = order.id, {"order_id": order.id}
        form: OrderEditForm
        if order.counterparty is None:
            form = OwnOrderForm.of(order)
            given |= {"counterparty_id": order.counterparty_id, "person_id": order.person_id}
        else:
            form = OrderEditForm.of(order)
        return document_page(
            self,
            _("Order %(number)s", number=order.number),
            form,
            lambda: save_order(db.session, form.draft_of(OrderDraft, **given)),
            cancel_url=card_url(order_id),
            client_url=url_for("OrderView.client"),
        )

    @expose("/ship/<pk>", methods=["GET", "POST"])
    @has_access
    def ship(self, pk: str) -> str | Response:
        """A shipment of what is left of the order."""
        order: BuyerOrder = self.row(pk)
        return self._move(order, _("Shipment by order %(number)s", number=order.number), rest_of, ship)

    @expose("/take-return/<pk>", methods=["GET", "POST"])
    @has_access
    def take_return(self, pk: str) -> str | Response:
        """A return of what was shipped by the order."""
        order: BuyerOrder = self.row(pk)
        title = _("Return by order %(number)s", number=order.number)
        return self._move(order, title, order_entry.shipped_of, take_return)

    def _move(
        self,
        order: BuyerOrder,
        title: str,
        offered: Callable[[Session, int], list[RestLine]],
        move: Callable[[Session, ShipmentDraft], Shipment],
    ) -> str | Response:
        require("Shipments")
        form = MoveForm.new()
        given = {"counterparty_id": order.counterparty_id, "order_id": order.id}
        if form.is_submitted():
            form.lines.drop_empty()
        else:
            form.lines.fill(offered(db.session, order.id))
        return document_page(
            self,
            title,
            form,
            lambda: move(db.session, form.draft_of(ShipmentDraft, **given)),
            cancel_url=card_url(order.id),
        )

    @expose("/correct/<pk>", methods=["GET", "POST"])
    @has_access
    def correct(self, pk: str) -> str | Response:
        """A correction of what the order plans."""
        order: BuyerOrder = self.row(pk)
        form, given = CorrectionForm.new(), {"order_id": order.id, "manager_id": id_of(current_user)}
        return document_page(
            self,
            _("Correction of order %(number)s", number=order.number),
            form,
            lambda: correct(db.session, form.draft_of(CorrectionDraft, **given)),
            cancel_url=card_url(order.id),
        )

    @expose("/pay/<pk>", methods=["GET", "POST"])
    @has_access
    def pay(self, pk: str) -> str | Response:
        """A payment by the order: what is not yet paid is filled in."""
        require("Payments")
        order: BuyerOrder = self.row(pk)
        form = PayForm.new(amount=order.unpaid_amount if order.unpaid_amount > 0 else None)
        given = {"counterparty_id": order.counterparty_id, "order_id": order.id}
        return document_page(
            self,
            _("Payment by order %(number)s", number=order.number),
            form,
            lambda: pay(db.session, form.draft_of(PaymentDraft, **given)),
            cancel_url=card_url(order.id),
        )

    @expose("/refund/<pk>", methods=["GET", "POST"])
    @has_access
    def refund(self, pk: str) -> str | Response:
        """Money paid by the order is given back: what is paid beyond the goods that he has is filled in, else all."""
        require("Payments")
        order: BuyerOrder = self.row(pk)
        beyond = order.paid_amount - max(order.shipped_amount - order.returned_amount, ZERO)
        form = RefundForm.new(amount=beyond if beyond > 0 else order.paid_amount or None)
        given = {"counterparty_id": order.counterparty_id, "order_id": order.id}
        return document_page(
            self,
            _("Refund by order %(number)s", number=order.number),
            form,
            lambda: refund(db.session, form.draft_of(RefundDraft, **given)),
            cancel_url=card_url(order.id),
            undoable=True,
        )

    @expose("/items")
    @has_access
    def items(self) -> Answer:
        """Items to pick, each with the price at which this counterparty last ordered it, else its own."""
        return items_to_pick(order_entry.SALE)

    @expose("/items/paste", methods=["POST"])
    @has_access
    @takes_json
    def paste(self) -> Answer:
        return pasted_lines(order_entry.SALE)

    @expose("/client/")
    @expose("/client/<pk>")
    @has_access
    def client(self, pk: str = "") -> Answer:
        """What the form of an order says about the chosen counterparty."""
        counterparty = db.session.get(Counterparty, row_number(pk) or 0) or abort(404)
        summary = order_entry.summary_of(db.session, counterparty, today=clock.today())
        lines = [
            {"text": summary.balance, "kind": "bad" if summary.is_overdue else "muted"},
            {"text": summary.needs, "kind": "muted"},
        ]
        return jsonify(addresses=summary.addresses, lines=[line for line in lines if line["text"]])


def card_url(order_id: int) -> str:
    return url_for("OrderView.show", pk=order_id)
