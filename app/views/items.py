"""Items: goods and services that the company trades in."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app import clock
from app.models.products import Item
from app.queries.search import item_matches
from app.services.counterparties import counterparties
from app.services.purchasing import supplier_facts
from app.web.datamodel import DataModel
from app.web.filters import Contains, Exactly, typed
from app.web.lookup import Lookup, pickable
from app.web.rest import RestApi
from app.web.views import CrmView

FIELDS = ["code", "name", "unit", "group", "price", "cost", "vat", "is_service"]


class ItemView(CrmView):
    datamodel = DataModel(
        Item,
        searches={"words": typed(lambda _model, text: item_matches(text))},
        order_by={"name": "name_sort", "code": "code"},
    )
    route_base = "/items"
    class_permission_name = "Items"
    list_title, add_title = _l("Items"), _l("New item")
    label_columns = {"words": _l("Name or code")}
    safe_columns = ["group", "unit", "vat", "is_service"]
    list_columns = ["name", "code", "group", "unit", "price", "is_service"]
    show_columns = [*FIELDS, "stock", "outside_key"]
    add_columns = ["name", "code", *FIELDS[2:]]
    search_columns = ["words", "vat", "is_service"]
    optional_columns = ["code"]
    description_columns = {"code": _l("Empty: the next number is given.")}
    base_order = ("name", "asc")
    show_template = "crm/item_card.html"

    def beside(self, item: Item) -> dict[str, Any]:
        """Who supplies the item, for whoever may know."""
        if not self.appbuilder.sm.has_access("can_read", "Suppliers"):
            return {}
        return {"offers": supplier_facts.offers(self.datamodel.session, item.id, clock.today())}

    def pre_add(self, item: Item) -> None:
        counterparties.give_code(self.datamodel.session, item)

    pre_update = pre_add


class ItemApi(RestApi):
    resource_name = "item"
    datamodel = DataModel(Item, searches={"code": (Contains, Exactly)}, order_by={"name": "name_sort", "code": "code"})
    class_permission_name = "Items"
    list_columns = ["id", *FIELDS]
    add_columns = edit_columns = FIELDS
    search_columns = ["code", "is_service"]
    base_order = ("name", "asc")
    optional_columns = ["code"]
    before_save = staticmethod(counterparties.give_code)


pickable(
    Lookup(
        Item,
        section="Items",
        find=lambda _model, text: item_matches(text),
        order=(Item.name_sort, Item.id),
        hint=lambda row: row.code,
        extra=("price", "unit"),
    )
)
