"""Small catalogues that users extend."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.models.closing import ClosingReason
from app.models.contacts import Campaign
from app.models.counterparties import CounterpartyGroup, InformationSource
from app.models.users import User
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
    list_columns = add_columns = ["name", "valid_days"]


class CampaignView(CatalogueView):
    datamodel = DataModel(Campaign, order_by={"name": "name"})
    route_base = "/campaigns"
    list_title, add_title = _l("Marketing campaigns"), _l("New marketing campaign")


class GroupView(CatalogueView):
    datamodel = DataModel(CounterpartyGroup, order_by={"name": "name"})
    route_base = "/groups"
    list_title, add_title = _l("Counterparty groups"), _l("New counterparty group")


for model in (InformationSource, Campaign, CounterpartyGroup, ClosingReason):
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
        find=lambda _model, text: (User.last_name + " " + User.first_name).icontains(text, autoescape=True),
        order=(User.last_name, User.first_name, User.id),
    )
)
