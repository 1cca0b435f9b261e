"""Marks that clients gave us."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import validators

from app import clock
from app.errors import Refused
from app.models.satisfaction import SatisfactionMark
from app.web.datamodel import DataModel
from app.web.views import CrmView

FIELDS = ["counterparty", "on", "mark", "comment", "contact"]


def noted_by(mark: SatisfactionMark) -> str:
    return _("The client himself, by letter") if mark.ask_id else str(mark.by or "")


class SatisfactionView(CrmView):
    datamodel = DataModel(
        SatisfactionMark, order_by={"on": "on"}, loads=["counterparty", "by"], computed={"noted_by": noted_by}
    )
    route_base = "/satisfaction"
    class_permission_name = "Satisfaction"
    list_title, add_title = _l("Satisfaction of clients"), _l("New mark of a client")
    label_columns = {"noted_by": _l("Noted by")}
    list_columns = ["on", "counterparty", "mark", "comment", "noted_by"]
    show_columns = [*FIELDS, "noted_by"]
    add_columns = edit_columns = FIELDS
    search_columns = ["counterparty", "on", "mark", "by"]
    validators_columns = {"mark": [validators.NumberRange(1, 5, _l("A mark is from 1 to 5."))]}
    within = {"contact": "counterparty"}
    base_order = ("on", "desc")

    def new_values(self) -> dict[str, Any]:
        return {"on": clock.today()}

    def pre_add(self, item: SatisfactionMark) -> None:
        item.by_id = current_user.id

    def pre_update(self, item: SatisfactionMark) -> None:
        if item.ask_id is not None:
            raise Refused(_("The client gave this mark himself: he alone changes it, by the link in his letter."))

    pre_delete = pre_update
