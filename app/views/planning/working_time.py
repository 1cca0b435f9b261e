"""When employees work: the hours of each and his absences, said by whoever leads people."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TimeField, validators

from app.domain.contact_times import CLOSING, OPENING
from app.models.working_time import WEEKDAYS, Absence, WorkingHours
from app.web.datamodel import DataModel
from app.web.views import CrmView

SECTION = "Working time"


def day_names() -> tuple[str, ...]:
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


def days_of(hours: WorkingHours) -> str:
    """«Mon, Tue, Wed»."""
    return ", ".join(word for word, day in zip(day_names(), WEEKDAYS, strict=True) if getattr(hours, day))


class WorkingHoursView(CrmView):
    datamodel = DataModel(
        WorkingHours,
        order_by={"user": "user_id"},
        computed={"days": days_of, "time": lambda hours: f"{hours.opens:%H:%M}–{hours.closes:%H:%M}"},
    )
    route_base = "/working-hours"
    class_permission_name = SECTION
    exclude_route_methods = {"download", "show"}
    list_title, add_title = _l("Working hours"), _l("Hours of an employee")
    label_columns = {"days": _l("Days of the week"), "time": _l("Hours")}
    list_columns = ["user", "days", "time"]
    add_columns = ["user", "opens", "closes", *WEEKDAYS]
    add_form_extra_fields = edit_form_extra_fields = {
        "opens": TimeField(_l("Works from"), [validators.InputRequired()]),
        "closes": TimeField(_l("Works until"), [validators.InputRequired()]),
    }
    search_columns = ["user"]

    def new_values(self) -> dict[str, Any]:
        return {"opens": OPENING, "closes": CLOSING, **{day: day not in WEEKDAYS[5:] for day in WEEKDAYS}}


class AbsenceView(CrmView):
    datamodel = DataModel(Absence, order_by={"first_day": "first_day"})
    route_base = "/absences"
    class_permission_name = SECTION
    exclude_route_methods = {"download", "show"}
    list_title, add_title = _l("Absences"), _l("New absence")
    list_columns = add_columns = ["user", "kind", "first_day", "last_day", "comment"]
    search_columns = ["user", "kind", "first_day", "last_day"]
    base_order = ("first_day", "desc")
