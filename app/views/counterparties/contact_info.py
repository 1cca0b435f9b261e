"""Contact information of counterparties and persons, and the catalogue of its kinds."""

from __future__ import annotations

from collections.abc import Mapping

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson
from app.queries.counterparties.phones import phone_ends
from app.services import duplicates
from app.services.counterparties import contact_info
from app.services.remarks import Remark
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.forms.fields import row_number
from app.web.lookup import Lookup, pickable
from app.web.reach import reached
from app.web.views import CrmView


class ContactInfoView(CrmView):
    datamodel = DataModel(
        ContactInfo,
        searches={"phone": typed(lambda _model, text: phone_ends(text))},
        computed={"reach": lambda info: info},
        loads=["kind"],
    )
    route_base = "/contact-info"
    class_permission_name = "Contact information"
    exclude_route_methods = {"download", "show"}  # a row says all of itself
    list_title, add_title = _l("Contact information"), _l("New contact information")
    label_columns = {"phone": _l("Phone"), "reach": _l("Value")}
    formatters_columns = {"reach": reached}
    list_columns = ["kind", "reach", "comment", "person", "counterparty"]
    add_columns = ["counterparty", "person", "kind", "value", "extension", "comment"]
    optional_columns = ["counterparty"]
    description_columns = {
        "counterparty": _l("A person's own counterparty is taken when it is empty."),
        "value": _l("Several phones or e-mail addresses become a row each."),
    }
    search_columns = ["phone", "counterparty", "kind"]
    within = {"person": "counterparty"}

    watched = ("counterparty", "person", "kind", "value")

    def remarks(self, typed: Mapping[str, str], own: int | None) -> list[Remark]:
        session = self.datamodel.session
        company, person, kind = (row_number(typed[name]) for name in ("counterparty", "person", "kind"))
        chosen = kind and session.get(ContactInfoKind, kind)
        if not chosen or not typed["value"]:
            return []
        if company is None and person is not None:
            company = session.scalar(select(ContactPerson.counterparty_id).where(ContactPerson.id == person))
        return duplicates.of_info(session, chosen.type, typed["value"], company)

    def pre_add(self, item: ContactInfo) -> None:
        contact_info.complete(item)
        self.datamodel.session.add_all(contact_info.divided(item))

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
