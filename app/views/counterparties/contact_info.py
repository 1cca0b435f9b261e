"""Contact information of counterparties and persons, and the catalogue of its kinds."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.models.counterparties import ContactInfo, ContactInfoKind
from app.queries.counterparties.phones import phone_ends
from app.services.counterparties import contact_info
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.lookup import Lookup, pickable
from app.web.views import CrmView


class ContactInfoView(CrmView):
    datamodel = DataModel(ContactInfo, searches={"phone": typed(lambda _model, text: phone_ends(text))})
    route_base = "/contact-info"
    class_permission_name = "Contact information"
    exclude_route_methods = {"download", "show"}  # a row says all of itself
    list_title, add_title = _l("Contact information"), _l("New contact information")
    label_columns = {"phone": _l("Phone")}
    list_columns = ["kind", "value", "extension", "comment", "person", "counterparty"]
    add_columns = ["counterparty", "person", "kind", "value", "extension", "comment"]
    optional_columns = ["counterparty"]
    description_columns = {"counterparty": _l("A person's own counterparty is taken when it is empty.")}
    search_columns = ["phone", "counterparty", "kind"]
    within = {"person": "counterparty"}

    def pre_add(self, item: ContactInfo) -> None:
        contact_info.complete(item)

    pre_update = pre_add

    def after_save_url(self, item: ContactInfo) -> str:
        if item.person_id:
            return url_for("PersonView.show", pk=item.person_id)
        return url_for("CounterpartyView.show", pk=item.counterparty_id)

    after_delete_url = after_save_url


class ContactInfoKindView(CrmView):
    datamodel = DataModel(ContactInfoKind)
    route_base = "/contact-info-kinds"
    class_permission_name = "Catalogues"
    exclude_route_methods = {"download", "show"}
    list_title, add_title = _l("Kinds of contact information"), _l("New kind of contact information")
    list_columns = ["name", "type", "for_counterparties", "for_persons", "position"]
    add_columns = list_columns


pickable(
    Lookup(
        ContactInfoKind,
        section="",
        find=lambda model, text: model.name.icontains(text, autoescape=True),
        order=(ContactInfoKind.position, ContactInfoKind.id),
    )
)
