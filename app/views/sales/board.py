"""The board of orders by state."""

from __future__ import annotations

from flask import Response, abort, jsonify, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.domain.words import DocumentKind, OrderStatus
from app.errors import Refused
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.models.users import User
from app.services.sales import board
from app.web.forms.fields import LookupField, row_number
from app.web.forms.words import PlainForm

FORMS = {  # the form of a document, and the section that must be writable for it
    DocumentKind.SHIPMENT: ("OrderView.ship", "Shipments"),
    DocumentKind.PAYMENT: ("OrderView.pay", "Payments"),
}
CAPTIONS = {
    OrderStatus.PARTLY: _l("Partly done"),
    OrderStatus.DONE: _l("Done in 30 days"),
    OrderStatus.CLOSED: _l("Closed in 30 days"),
}


class BoardForm(PlainForm):
    manager = LookupField(_l("Responsible"), model=User)
    counterparty = LookupField(_l("Counterparty"), model=Counterparty)

    def number(self, name: str) -> int | None:
        """The chosen row; 0, which no row has, when it is not there for the reader."""
        field = self[name]
        return (field.data.id if field.data else 0) if request.args.get(name) else None


class BoardView(BaseView):
    """Columns of orders by state; a card is moved by the document that changes its state."""

    route_base = "/board"
    default_view = "page"
    class_permission_name = "Orders"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        form = BoardForm(request.args)
        asked = {name: number for name in ("manager", "counterparty") if (number := form.number(name)) is not None}
        columns = board.columns(
            db.session(),
            today=clock.today(),
            manager_id=asked.get("manager"),
            counterparty_id=asked.get("counterparty"),
        )
        self.update_redirect()
        page: str = self.render_template(
            "crm/sales/board.html",
            title=_("Board of orders"),
            columns=columns,
            captions=CAPTIONS,
            form=form,
            asked={f"_flt_0_{name}": number for name, number in asked.items()},
            may={kind: self.may(section) for kind, (_form, section) in FORMS.items()},
            may_close=self.may("Orders"),
        )
        return page

    @expose("/drop")
    @has_access
    @permission_name("read")
    def drop(self) -> Response:
        """Where the document is made that moves the order to the state; a message when none can."""
        order = db.session.get(BuyerOrder, row_number(request.args.get("order", "")) or 0) or abort(404)
        to = request.args.get("to", "")
        if to not in set(OrderStatus):
            abort(404)
        try:
            kind = board.document_of_move(order, OrderStatus(to))
        except Refused as refused:
            return jsonify(message=str(refused))
        if kind is DocumentKind.CLOSING:
            section, address = "Orders", url_for("OrderView.close", orders=order.id)
        else:
            endpoint, section = FORMS[kind]
            address = url_for(endpoint, pk=order.id)
        if not self.may("Orders") or not self.may(section):
            return jsonify(message=_("You may not make the document that this move asks for."))
        return jsonify(url=address)

    def may(self, section: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_write", section))
