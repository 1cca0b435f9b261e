"""Contacts: every call, meeting and letter, planned and past."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from app import clock
from app.domain.contact_times import USUAL_LENGTH
from app.domain.words import Importance
from app.models.captions import caption
from app.models.contacts import Contact
from app.services.contacts import contacts, verbs
from app.services.remarks import Remark
from app.views.contacts.verbs import ContactVerbs
from app.web.datamodel import DataModel
from app.web.display import display
from app.web.lookup import Lookup, pickable
from app.web.rest import RestApi

WHO = ["counterparty", "person"]
PROSPECT = ["prospect", "prospect_person", "prospect_phone", "prospect_email"]
WHAT = ["kind", "direction", "state", "importance", "subject", "text"]
WHEN = ["starts_at", "ends_at", "manager"]
WHY = ["source", "campaign", "basis"]
OFFER = ["is_offer", "outcome", "reason", "order"]
SIGNS = {Importance.HIGH: ("!", "mark-high"), Importance.LOW: ("↓", "mark-low")}


def sign(importance: Importance) -> Any:
    """«!» for the most important, an arrow down for the least."""
    if importance not in SIGNS:
        return ""
    text, style = SIGNS[importance]
    return Markup('<span class="{}" title="{}">{}</span>').format(style, caption(importance), text)


class ContactView(ContactVerbs):
    datamodel = DataModel(
        Contact,
        order_by={"starts_at": "starts_at"},
        computed={"who": lambda contact: contact.counterparty or contact.counterparty_name or contact.prospect},
        loads=["counterparty", "person"],
    )
    route_base = "/contacts"
    class_permission_name = "Contacts"
    list_title, add_title = _l("Contacts"), _l("New contact")
    label_columns = {"who": _l("With whom")}
    list_columns = ["starts_at", "who", "kind", "direction", "state", "importance", "subject", "manager"]
    related_columns = {
        "counterparty": ["starts_at", "person", "kind", "direction", "state", "importance", "subject", "manager"]
    }
    formatters_columns = {"importance": sign}
    show_fieldsets = [
        ("", {"fields": [*WHEN, *WHO, *WHAT[:4], "text"]}),
        (_l("Offer"), {"fields": OFFER}),
        (_l("Where from"), {"fields": [*PROSPECT, *WHY]}),
    ]
    add_fieldsets = [
        (_l("With whom"), {"fields": WHO}),
        (_l("Contact"), {"fields": [*WHAT, *WHEN]}),
        (_l("Offer"), {"fields": OFFER}),
        (_l("Prospect"), {"fields": PROSPECT}),
        (_l("Where from"), {"fields": WHY}),
    ]
    search_columns = [
        *("starts_at", "counterparty", "manager", "kind", "direction", "state", "importance", "source"),
        *("is_offer", "outcome"),
    ]
    within = {"person": "counterparty", "basis": "counterparty", "order": "counterparty"}
    base_order = ("starts_at", "desc")

    watched = ("counterparty", *contacts.PROSPECT.values())

    def remarks(self, typed: Mapping[str, str], own: int | None) -> list[Remark]:
        """Whom the prospect resembles."""
        return [] if typed["counterparty"] else contacts.remarks(self.datamodel.session, typed)

    def new_values(self) -> dict[str, Any]:
        now = clock.now()
        start = verbs.diary_of(self.datamodel.session, current_user, now=now, zone=clock.zone()).next_hour(now)
        return {"starts_at": start, "ends_at": start + USUAL_LENGTH, "manager": current_user}

    def pre_add(self, item: Contact) -> None:
        contacts.complete(self.datamodel.session, item, now=clock.now())

    pre_update = pre_add


class ContactApi(RestApi):
    resource_name = "contact"
    datamodel = DataModel(Contact, order_by={"starts_at": "starts_at"})
    class_permission_name = "Contacts"
    list_columns = [
        "id",
        "counterparty.id",
        "counterparty.name",
        "person.id",
        "manager.username",
        *WHAT,
        *PROSPECT,
        "starts_at",
        "ends_at",
        "source.name",
        "campaign.name",
        *OFFER[:-1],
        "order.id",
        "order.number",
    ]
    add_columns = edit_columns = [*WHO, *PROSPECT, *WHAT, *WHEN, *WHY, *OFFER]
    search_columns = [
        *("starts_at", "counterparty", "person", "manager", "kind", "direction", "state", "importance"),
        *("is_offer", "outcome"),
    ]
    base_order = ("starts_at", "desc")
    before_save = staticmethod(lambda session, contact: contacts.complete(session, contact, now=clock.now()))


pickable(
    Lookup(
        Contact,
        section="Contacts",
        find=lambda model, text: model.subject.icontains(text, autoescape=True),
        order=(Contact.starts_at.desc(), Contact.id.desc()),
        hint=lambda row: str(display(row.starts_at)),
        within=("counterparty",),
        only_within=True,
        options=(joinedload(Contact.counterparty),),
    )
)
