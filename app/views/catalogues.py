"""Small catalogues that users extend."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.models.closing import ClosingReason
from app.models.counterparties import CounterpartyGroup, InformationSource
from app.models.users import User
from app.models.work_plan import WorkdayException, WorkPlanRule
from app.queries.sql import user_name
from app.web.datamodel import DataModel
from app.web.lookup import Lookup, pickable
from app.web.views import CrmView


class CatalogueView(CrmView):
    class_permission_name = "Catalogues"
    exclude_route_methods = {"download", "show"}
    list_columns = add_columns = ["name"]
    search_columns = ["name"]
    base_order = ("name", "asc")


class SourceView(CatalogueView):
    datamodel = DataModel(InformationSource, order_by={"name": "name"})
    route_base = "/sources"
    list_title, add_title = _l("Information sources"), _l("New information source")
    list_columns = add_columns = ["name", "kind", "valid_days"]
    search_columns = ["name", "kind"]


class GroupView(CatalogueView):
    datamodel = DataModel(CounterpartyGroup, order_by={"name": "name"})
    route_base = "/groups"
    list_title, add_title = _l("Counterparty groups"), _l("New counterparty group")


class WorkPlanRuleView(CatalogueView):
    datamodel = DataModel(
        WorkPlanRule,
        order_by={"abc": "abc", "stage": "stage", "every_days": "every_days"},
        computed={"abc": lambda rule: rule.abc or _("No class")},
    )
    class_permission_name = "Work plan rules"
    route_base = "/work-plan-rules"
    list_title, add_title = _l("Rules of the contact plan"), _l("New rule of the contact plan")
    list_columns = add_columns = ["abc", "stage", "xyz", "every_days", "kind", "importance", "subject"]
    search_columns = ["abc", "stage", "xyz"]
    description_columns = {
        "abc": _l("Empty: clients without a class."),
        "xyz": _l("Only a regular client has one."),
    }
    base_order = ("abc", "asc")


class WorkdayExceptionView(CatalogueView):
    datamodel = DataModel(WorkdayException, order_by={"day": "day"})
    class_permission_name = "Work plan rules"
    route_base = "/workday-exceptions"
    list_title, add_title = _l("Exceptions of the production calendar"), _l("New exception of the calendar")
    list_columns = add_columns = ["day", "works", "comment"]
    search_columns = ["day"]
    base_order = ("day", "desc")


for model in (InformationSource, CounterpartyGroup, ClosingReason):
    pickable(
        Lookup(
            model,
            section="",
            find=lambda model, text: model.name.icontains(text, autoescape=True),
            order=(model.name, model.id),
        )
    )

pickable(
    Lookup(
        User,
        section="",
        find=lambda _model, text: (user_name(User) + " " + User.first_name).icontains(text, autoescape=True),
        order=(User.last_name, User.first_name, User.id),
    )
)
