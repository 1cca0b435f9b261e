"""Closed orders with their reasons, and the catalogue of reasons."""

from __future__ import annotations

from typing import Any

from flask import get_template_attribute, url_for
from flask_appbuilder.actions import action
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from app.models.closing import ClosingReason, OrderClosing
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.models.users import User
from app.views.catalogues import CatalogueView
from app.views.sales.order_work import reopened
from app.web.datamodel import DataModel
from app.web.filters import Filter, row_asked
from app.web.forms.fields import LookupField
from app.web.views import CrmView


def of_order(column: str, model: type[Any]) -> type[Filter]:
    """A filter by who the closed order belongs to."""

    class OfOrder(Filter):
        name, arg_name = _l("Equal to"), "rel_o_m"

        def condition(self, value: str) -> ColumnElement[bool]:
            return OrderClosing.order.has(getattr(BuyerOrder, column) == row_asked(value))

        def input(self) -> Any:
            return LookupField(model=model)

    return OfOrder


class ClosingReasonView(CatalogueView):
    datamodel = DataModel(ClosingReason, order_by={"position": "position"})
    route_base = "/closing-reasons"
    list_title, add_title = _l("Reasons of closing"), _l("New reason of closing")
    list_columns = add_columns = ["name", "position"]
    base_order = ("position", "asc")


class ClosingView(CrmView):
    """What was written off by every closing; orders are closed by their own form."""

    datamodel = DataModel(
        OrderClosing,
        searches={
            "manager": of_order("manager_id", User),
            "counterparty": of_order("counterparty_id", Counterparty),
        },
        order_by={"on": "on"},
        computed={
            "counterparty": lambda closing: closing.order.counterparty or closing.order.counterparty_name,
            "manager": lambda closing: closing.order.manager,
        },
        loads=["order.counterparty", "order.manager"],
    )
    route_base = "/closings"
    class_permission_name = "Closings"
    include_route_methods = {"list", "show", "action", "action_post"}
    list_title = _l("Closed orders")
    label_columns = {"counterparty": _l("Counterparty"), "manager": _l("Responsible for the order")}
    list_columns = ["order", "on", "counterparty", "reason", "closing_amount", "order_amount", "manager", "by"]
    add_columns = ["reason", "comment"]
    show_columns = [
        *("number", "on", "reason", "order", "counterparty", "manager"),
        *("closing_amount", "unpaid_amount", "order_amount", "by", "comment"),
    ]
    search_columns = ["reason", "on", "manager", "counterparty"]
    base_order = ("on", "desc")

    @action("reopen", _l("Return to work"), icon="fa-rotate-left")
    def reopen(self, items: OrderClosing | list[OrderClosing]) -> Response:
        closings = items if isinstance(items, list) else [items]
        return reopened([closing.order_id for closing in closings], url_for("ClosingView.list"))

    def may_act(self, name: str) -> bool:
        """Whoever closes orders returns them to work."""
        return bool(self.appbuilder.sm.has_access("can_write", "Orders"))

    def offered_actions(self) -> dict[str, Any]:
        return super().offered_actions() if self.may_act("reopen") else {}

    def row_verbs(self, item: OrderClosing) -> Any:
        macro: Any = get_template_attribute("crm/sales/_verbs.html", "reopens")
        return macro(item) if self.may_act("reopen") else ""
