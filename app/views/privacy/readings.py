"""Who looked at what, for administrators."""

from __future__ import annotations

from flask import current_app
from flask_babel import lazy_gettext as _l

from app.models.readings import Reading
from app.web.datamodel import DataModel
from app.web.views import CrmView


def what_of(reading: Reading) -> str:
    """Whose card, or which file of which screen."""
    if row := reading.person or reading.counterparty:
        return str(row)
    appbuilder = current_app.appbuilder  # type: ignore[attr-defined]
    view = next((view for view in appbuilder.baseviews if type(view).__name__ == reading.screen), None)
    line = appbuilder.menu.find(reading.screen)
    title = line.label if line else getattr(view, "list_title", "")
    return f"{title}: {reading.path.rpartition('/')[2]}" if title else reading.path


class ReadingView(CrmView):
    datamodel = DataModel(Reading, order_by={"at": "at"}, computed={"what": what_of}, loads=["counterparty", "person"])
    route_base = "/readings"
    class_permission_name = "Readings"
    include_route_methods = {"list"}
    list_title = _l("Who looked at what")
    label_columns = {"what": _l("What"), "path": _l("Address")}
    list_columns = ["what", "at", "by", "kind", "counterparty"]
    more_columns = ["person", "path"]
    search_columns = ["by", "kind", "counterparty", "person", "at"]
    base_order = ("at", "desc")
