"""Shipments and returns."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField

from app.domain.words import MovementKind
from app.extensions import db
from app.models.captions import caption
from app.models.counterparties import Counterparty
from app.models.movements import Shipment, ShipmentLine
from app.queries.sales.sales import sums_of
from app.queries.search import begins
from app.services.sales.shipments import OverRest, correct_shipment, reverse_shipment, ship, take_return
from app.services.typed import RestLine, ShipmentDraft, ShippedDraft
from app.views.sales.order_forms import ITEMS
from app.web.datamodel import DataModel
from app.web.filters import CrmFilters, typed
from app.web.forms.documents import LINES, AskingForm, DocumentForm, document_page
from app.web.forms.fields import NEXT_NUMBER, EnumField, VersionField, row_number, text_field
from app.web.forms.lines import LinesField
from app.web.forms.reversing import reversal, reversal_page, reversed_mark
from app.web.views import VERBS, CrmView, LinesView

FIELDS = ["date", "kind", "counterparty", "order", "manager", "amount", "vat_amount", "cost_amount"]


def taken_back(line: ShipmentLine) -> RestLine:
    """A line of a return as it is typed."""
    return RestLine(item=line.item, quantity=-line.quantity, price=line.price, discount=line.discount, vat=line.vat)


class ShipmentForm(DocumentForm):
    """A sale without an order, or a return of one."""

    MODEL = Shipment
    SECTIONS = (("", ("counterparty", "kind", "date", "manager", "number")), LINES)

    kind = EnumField(_l("Kind"), enum=MovementKind)
    number = text_field(_l("Number"), 50, NEXT_NUMBER)
    lines = LinesField(_l("Lines"), source=ITEMS, draft=ShippedDraft)


class ShipmentCorrectionForm(AskingForm):
    """A shipment or a return as it should have been; whose it is and its order stay. Returned is above zero."""

    MODEL = Shipment
    SECTIONS = (("", ("date", "manager", "number", "confirmed")), LINES, ("", ("version",)))
    ASKS = OverRest

    number = text_field(_l("Number"), 50)
    confirmed = BooleanField(_l("Ship more than is left of the order"))
    lines = LinesField(_l("Lines"), source=ITEMS, draft=ShippedDraft)
    version = VersionField()


class ShipmentLineView(LinesView):
    datamodel = DataModel(ShipmentLine, order_by={"position": "position"})
    route_base = "/shipment-lines"
    class_permission_name = "Shipments"
    list_columns = ["position", "item", "quantity", "price", "vat", "amount", "cost"]
    add_columns = list_columns


class ShipmentView(CrmView):
    datamodel = DataModel(
        Shipment,
        searches={"number": typed(lambda _model, text: begins(Shipment.number, text))},
        order_by={"date": "date", "number": "number"},
        computed={"profit": lambda shipment: shipment.amount - shipment.cost_amount, "state": reversal},
    )
    route_base = "/shipments"
    class_permission_name = "Shipments"
    include_route_methods = {"list", "show", "add", "edit", "reverse"}
    method_permission_name = VERBS | {"reverse": "write"}
    show_template = "crm/sales/shipment_card.html"
    list_title = _l("Shipments and returns")
    list_template = "crm/sales/shipments.html"
    label_columns = {"profit": _l("Gross profit"), "state": _l("Reversal")}
    list_columns = ["number", "date", "kind", "counterparty", "order", "manager", "amount", "profit"]
    more_columns = ["state"]
    show_columns = add_columns = FIELDS
    search_columns = ["number", "date", "kind", "counterparty", "manager"]
    base_order = ("date", "desc")
    related_views = [ShipmentLineView]

    def row_verbs(self, item: Shipment) -> str:
        return reversed_mark(item)

    def beside_list(self, filters: CrmFilters) -> dict[str, Any]:
        """What all documents of the chosen client are worth: of everybody's it would be a long sum."""
        if not any(each.column_name == "counterparty" for each in filters.filters):
            return {}
        return {"sums": db.session.execute(sums_of(self.datamodel.filtered(filters))).one()}

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        """The shipment, or the return, as it should have been."""
        shipment: Shipment = self.row(pk)
        form, shipment_id = ShipmentCorrectionForm.of(shipment), shipment.id
        if shipment.kind is MovementKind.RETURN and not form.is_submitted():
            form.lines.fill([taken_back(line) for line in shipment.lines])
        given = {"counterparty_id": shipment.counterparty_id, "order_id": shipment.order_id}
        return document_page(
            self,
            f"{caption(shipment.kind)} {shipment}",
            form,
            lambda: correct_shipment(
                db.session, shipment_id, form.draft_of(ShipmentDraft, **given), version=form.version.data
            ),
            cancel_url=url_for("ShipmentView.show", pk=shipment_id),
            undoable=True,
        )

    @expose("/reverse/<pk>", methods=["GET", "POST"])
    @has_access
    def reverse(self, pk: str) -> str | Response:
        """The document was wrong as a whole: it stays with the reason and moves no goods."""
        shipment: Shipment = self.row(pk)
        title = _("Reversal: %(document)s", document=f"{caption(shipment.kind)} {shipment}")
        url = url_for("ShipmentView.show", pk=shipment.id)
        return reversal_page(self, title, shipment, reverse_shipment, cancel_url=url)

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        """A sale or a return without an order; by an order its own form is opened."""
        given = {name: row_number(request.args.get(f"_flt_0_{name}", "")) for name in ("counterparty", "order")}
        if given["order"]:
            return redirect(url_for("OrderView.ship", pk=given["order"]))
        counterparty = db.session.get(Counterparty, given["counterparty"] or 0)
        form = ShipmentForm.new(counterparty=counterparty)

        def save() -> Shipment:
            move = ship if form.kind.data is MovementKind.SHIPMENT else take_return
            return move(db.session, form.draft_of(ShipmentDraft))

        return document_page(
            self,
            _("New shipment or return"),
            form,
            save,
            cancel_url=url_for("ShipmentView.list"),
            then=lambda shipment: url_for("ShipmentView.show", pk=shipment.id),
        )
