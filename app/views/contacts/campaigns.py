"""Marketing campaigns: period, budget, and the sources that they use with what each costs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from app.extensions import db
from app.models.contacts import Campaign, CampaignCost
from app.models.counterparties import InformationSource
from app.services.contacts import campaigns
from app.web.datamodel import DataModel
from app.web.forms.fields import row_number
from app.web.forms.rows import FormRow, RowsField
from app.web.lookup import Lookup, pickable
from app.web.views import CrmView

FIELDS = ["name", "kind", "begins", "ends", "window_days", "budget", "manager"]
DEAREST = Decimal(10) ** 13


class CostsField(RowsField):
    """A source and its cost a row; without a source it is the cost of the campaign itself."""

    section = "Catalogues"
    cells = ("kind", "cost")
    labels = {"kind": _l("Information source"), "cost": _l("Cost")}
    of_nothing = _l("The campaign itself")

    @property
    def choices(self) -> Sequence[Any]:
        if not hasattr(self, "_known"):
            self._known = db.session.scalars(select(InformationSource).order_by(InformationSource.name)).all()
        return self._known

    def is_filled(self, row: Any) -> bool:
        return bool(row["kind"] or row["cost"])

    def check(self, row: FormRow) -> None:
        if row.typed["kind"] and row.typed["kind"] not in {str(source.id) for source in self.choices}:
            row.errors["kind"] = _("Choose one of the list.")
        if [other.typed["kind"] for other in self.data].index(row.typed["kind"]) != self.data.index(row):
            row.errors["kind"] = _("This line is there twice.")
        cost = number_of(row.typed["cost"])
        if cost is None or not 0 <= cost < DEAREST:
            row.errors["cost"] = _("This is not an amount.")

    def show(self, rows: Sequence[CampaignCost]) -> None:
        self.fill(
            [
                {"id": str(row.id), "kind": str(row.source_id or ""), "cost": f"{row.cost:.2f}".replace(".", ",")}
                for row in rows
                if row.source_id or row.cost
            ]
        )

    def populate_obj(self, obj: Any, name: str) -> None:
        """The view keeps them when the campaign has its number."""
        obj.typed_costs = self.costs()

    def costs(self) -> dict[int | None, Decimal]:
        return {row_number(row.typed["kind"]): number_of(row.typed["cost"]) or Decimal(0) for row in self.data}


def number_of(text: str) -> Decimal | None:
    """An amount as people type it; nothing is zero."""
    try:
        number = Decimal("".join(text.split()).replace(",", ".") or 0)
    except InvalidOperation:
        return None
    return number.quantize(Decimal("0.01")) if number.is_finite() and abs(number) < DEAREST else None


class CampaignView(CrmView):
    datamodel = DataModel(Campaign, order_by={"name": "name", "begins": "begins", "ends": "ends"})
    route_base = "/campaigns"
    class_permission_name = "Catalogues"
    list_title, add_title = _l("Marketing campaigns"), _l("New marketing campaign")
    list_columns = ["name", "kind", "begins", "ends", "budget", "manager"]
    more_columns = ["window_days"]
    kinds = {"name": "name"}
    safe_columns = ["kind", "manager"]
    show_columns = FIELDS
    add_fieldsets = [("", {"fields": FIELDS}), (_l("Sources and costs"), {"fields": ["costs"]})]
    search_columns = ["name", "kind", "begins", "ends", "manager"]
    description_columns = {"window_days": _l("For so many days after a contact sales are put down to the campaign.")}
    add_form_extra_fields = edit_form_extra_fields = {"costs": CostsField(_l("Sources and costs"))}
    show_template = "crm/contacts/campaign_card.html"
    base_order = ("begins", "desc")

    def new_values(self) -> dict[str, Any]:
        return {"manager": current_user}

    def _form_of(self, name: str, **filled: Any) -> Any:
        form, item = super()._form_of(name, **filled), filled.get("obj")
        if item is not None and (filled.get("formdata", request.form) is None or request.method == "GET"):
            form.costs.show(item.costs)
        return form

    def beside(self, item: Campaign) -> dict[str, Any]:
        shown = [row for row in item.costs if row.source_id or row.cost]
        return {"costs": shown, "total": sum((row.cost for row in shown), Decimal(0))}

    def pre_add(self, item: Campaign) -> None:
        campaigns.keep(self.datamodel.session, item, getattr(item, "typed_costs", None))

    pre_update = pre_add


pickable(
    Lookup(
        Campaign,
        section="",
        find=lambda model, text: model.name.icontains(text, autoescape=True),
        order=(Campaign.begins.desc().nulls_last(), Campaign.name, Campaign.id),
    )
)
