"""Shipments and returns."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.domain.words import MovementKind
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.movements import Shipment, ShipmentLine
from app.queries.sales.sales import sums_of
from app.queries.search import begins
from app.services.sales.shipments import ship, take_return
from app.services.typed import ShipmentDraft, ShippedDraft
from app.views.sales.order_forms import ITEMS
from app.web.datamodel import DataModel
from app.web.filters import CrmFilters, typed
from app.web.forms.documents import LINES, DocumentForm, document_page
from app.web.forms.fields import NEXT_NUMBER, EnumField, row_number, text_field
from app.web.forms.lines import LinesField
from app.web.views import CrmView, LinesView

FIELDS = ["date", "kind", "counterparty", "order", "manager", "amount", "vat_amount", "cost_amount"]


class ShipmentForm(DocumentForm):
    """A sale without an order, or a return of one."""

    MODEL = Shipment
    SECTIONS = (("", ("counterparty", "kind", "date", "manager", "number")), LINES)

    kind = EnumField(_l("Kind"), enum=MovementKind)
    number = text_field(_l("Number"), 50, NEXT_NUMBER)
    lines = LinesField(_l("Lines"), source=ITEMS, draft=ShippedDraft)


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
        computed={"profit": lambda shipment: shipment.amount - shipment.cost_amount},
    )
    route_base = "/shipments"
    class_permission_name = "Shipments"
    include_route_methods = {"list", "show", "add"}
    list_title = _l("Shipments and returns")
    list_template = "crm/sales/shipments.html"
    label_columns = {"profit": _l("Gross profit")}
    list_columns = ["number", "date", "kind", "counterparty", "order", "manager", "amount", "profit"]
    show_columns = add_columns = FIELDS
    search_columns = ["number", "date", "kind", "counterparty", "manager"]
    base_order = ("date", "desc")
    related_views = [ShipmentLineView]

    def beside_list(self, filters: CrmFilters) -> dict[str, Any]:
        """What all documents of the chosen client are worth: of everybody's it would be a long sum."""
        if not any(each.column_name == "counterparty" for each in filters.filters):
            return {}
        return {"sums": db.session.execute(sums_of(self.datamodel.filtered(filters))).one()}

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
