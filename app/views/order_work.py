"""What is done with a buyer order on the screen: making and changing it, and the documents made from it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Response as Answer
from flask import abort, flash, jsonify, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from app import clock
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.services import order_entry
from app.services.closing import close_orders
from app.services.orders import correct, rest_of, save_order
from app.services.payments import pay
from app.services.shipments import OverRest, ship, take_return
from app.services.typed import Changed, CorrectionDraft, PaymentDraft, ShipmentDraft
from app.views.order_forms import (
    CloseForm,
    CorrectionForm,
    MoveForm,
    OrderForm,
    PayForm,
    differences_in_words,
    drafts,
    id_of,
    may,
    rest_rows,
)
from app.web.documents import page, saved
from app.web.fields import row_number
from app.web.lines import pasted_rows

DATE = ("", ("date", "number", "confirmed"))
LINES = (_l("Lines"), ("lines",))


class OrderWork:
    """Mixed into OrderView before CrmView."""

    datamodel: Any

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        given = row_number(request.args.get("_flt_0_counterparty", ""))
        form = OrderForm.new(db.session.get(Counterparty, given) if given else None)
        made = saved(db.session, form, lambda: save_order(db.session, form.draft()))
        if made:
            return self._card(made.id)
        return page(
            self,
            _("New buyer order"),
            form,
            form.SECTIONS,
            cancel_url=url_for("OrderView.list"),
            client_url=url_for("OrderView.client"),
        )

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        order = self._order(pk)
        form, changes = OrderForm.of(order), []
        title, number = _("Order %(number)s", number=order.number), order.id

        def save() -> BuyerOrder:
            nonlocal changes
            try:
                return save_order(db.session, form.draft(number))
            except Changed as changed:
                changes = differences_in_words(changed)
                form.version.data, form.version.raw_data = str(changed.version), None
                raise

        if saved(db.session, form, save):
            return self._card(number)
        return page(
            self,
            title,
            form,
            form.SECTIONS,
            cancel_url=self._url(number),
            changes=changes,
            client_url=url_for("OrderView.client"),
        )

    @expose("/ship/<pk>", methods=["GET", "POST"])
    @has_access
    def ship(self, pk: str) -> str | Response:
        """A shipment of what is left of the order."""
        return self._move(pk, _l("Shipment by order %(number)s"), ship)

    @expose("/take-return/<pk>", methods=["GET", "POST"])
    @has_access
    def take_return(self, pk: str) -> str | Response:
        """A return of what was shipped by the order."""
        return self._move(pk, _l("Return by order %(number)s"), take_return)

    def _move(self, pk: str, title: Any, move: Any) -> str | Response:
        may("Shipments")
        order = self._order(pk)
        form = MoveForm(data={"date": clock.today()})
        if request.method == "GET":
            rest = rest_of(db.session, order.id) if move is ship else order_entry.shipped_of(db.session, order.id)
            form.lines.fill(rest_rows(rest))
        else:
            form.lines.data = [row for row in form.lines.data if row.typed.get("quantity") not in ("", "0")]

        def save() -> Any:
            draft = ShipmentDraft(
                order.counterparty_id,
                form.date.data,
                form.moved(),
                order_id=order.id,
                number=(form.number.data or "").strip(),
                confirmed=form.confirmed.data,
            )
            try:
                return move(db.session, draft)
            except OverRest:
                form.over = True
                raise

        url, caption = self._url(order.id), str(title) % {"number": order.number}
        if saved(db.session, form, save):
            return redirect(url)
        if not getattr(form, "over", False) and not form.confirmed.data:
            del form.confirmed
        names = [name for name in DATE[1] if name in form]
        return page(self, caption, form, [("", names), LINES], cancel_url=url)

    @expose("/correct/<pk>", methods=["GET", "POST"])
    @has_access
    def correct(self, pk: str) -> str | Response:
        """A correction of what the order plans."""
        order = self._order(pk)
        form, url, number = CorrectionForm(data={"date": clock.today()}), self._url(order.id), order.number

        def save() -> Any:
            lines = drafts(form.lines.data)
            return correct(
                db.session,
                CorrectionDraft(
                    order.id,
                    form.date.data,
                    lines,
                    manager_id=id_of(current_user),
                    comment=(form.comment.data or "").strip(),
                ),
            )

        if saved(db.session, form, save):
            return redirect(url)
        title = _("Correction of order %(number)s", number=number)
        return page(self, title, form, [("", ("date", "comment")), LINES], cancel_url=url)

    @expose("/pay/<pk>", methods=["GET", "POST"])
    @has_access
    def pay(self, pk: str) -> str | Response:
        """A payment by the order: what is not yet paid is filled in."""
        may("Payments")
        order = self._order(pk)
        unpaid = order.unpaid_amount if order.unpaid_amount > 0 else None
        form, url, number = PayForm(data={"date": clock.today(), "amount": unpaid}), self._url(order.id), order.number

        def save() -> Any:
            return pay(
                db.session,
                PaymentDraft(
                    order.counterparty_id,
                    form.date.data,
                    form.amount.data or Decimal(0),
                    order_id=order.id,
                    purpose=(form.purpose.data or "").strip(),
                ),
            )

        if saved(db.session, form, save):
            return redirect(url)
        title = _("Payment by order %(number)s", number=number)
        return page(self, title, form, [("", ("date", "amount", "purpose"))], cancel_url=url)

    @expose("/close", methods=["GET", "POST"])
    @has_access
    def close(self) -> str | Response:
        """Closing of one order or of many, always with a reason."""
        asked = request.values.get("orders", "").split(",")[:500]
        ids = [number for number in (row_number(text) for text in asked) if number]
        form = CloseForm(data={"date": clock.today(), "orders": ",".join(map(str, ids))})

        def save() -> Any:
            return close_orders(
                db.session,
                dict.fromkeys(ids, id_of(form.reason.data)),
                on=form.date.data,
                by_id=id_of(current_user),
                comment=(form.comment.data or "").strip(),
            )

        url = self._url(ids[0]) if len(ids) == 1 else url_for("OrderView.list")
        closed = saved(db.session, form, save)
        if closed:
            if closed.message:
                flash(closed.message, "warning")
            return redirect(url)
        orders = order_entry.named(db.session, ids) or abort(404)
        title = _("Closing of orders: %(numbers)s", numbers=", ".join(orders[:10]) + (" …" if len(orders) > 10 else ""))
        return page(self, title, form, [("", ("reason", "date", "comment", "orders"))], cancel_url=url)

    @action("close_orders", _l("Close orders"), icon="fa-circle-xmark", single=False)
    def close_orders(self, items: list[BuyerOrder]) -> Response:
        return redirect(url_for("OrderView.close", orders=",".join(str(item.id) for item in items)))

    @expose("/items")
    @has_access
    def items(self) -> Answer:
        """Items to pick, each with the price at which this counterparty last ordered it, else its own."""
        counterparty = row_number(request.args.get("counterparty", ""))
        found = order_entry.items(
            db.session, request.args.get("q", ""), counterparty, page=max(request.args.get("page", 1, int), 1)
        )
        return jsonify(results=[described(choice) for choice in found.choices], pagination={"more": found.more})

    @expose("/items/paste", methods=["POST"])
    @has_access
    def paste(self) -> Answer:
        """Rows copied from a spreadsheet as lines; what names no item comes back as unknown."""
        rows, counterparty = pasted_rows()
        pasted = order_entry.paste(db.session, rows, counterparty)
        return jsonify(
            rows=[
                {
                    "item": described(line.choice),
                    "quantity": line.quantity,
                    "price": line.price,
                    "discount": line.discount,
                }
                for line in pasted.lines
            ],
            unknown=pasted.unknown,
        )

    @expose("/client/")
    @expose("/client/<pk>")
    @has_access
    def client(self, pk: str = "") -> Answer:
        """What the form of an order says about the chosen counterparty."""
        counterparty = db.session.get(Counterparty, row_number(pk) or 0) or abort(404)
        known = order_entry.client(db.session, counterparty, today=clock.today())
        return jsonify(addresses=known.addresses, lines=[{"text": text, "kind": kind} for text, kind in known.lines])

    def _order(self, pk: str) -> BuyerOrder:
        order: BuyerOrder = self.row(pk)  # type: ignore[attr-defined]
        return order

    @staticmethod
    def _url(order_id: int) -> str:
        return url_for("OrderView.show", pk=order_id)

    def _card(self, order_id: int) -> Response:
        return redirect(self._url(order_id))


def described(choice: order_entry.Choice) -> dict[str, Any]:
    """An item as a row of a document takes it."""
    hint = choice.item.code
    if choice.last:
        hint = _("%(code)s, last price %(price)s", code=hint, price=choice.price)
    return {
        "id": choice.item.id,
        "text": choice.item.name,
        "hint": hint,
        "unit": choice.item.unit,
        "price": choice.price,
        "discount": choice.discount,
    }
