"""Contact persons of counterparties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app.domain.words import FeedKind
from app.formatting import birthday
from app.models.counterparties import ContactInfo, ContactPerson
from app.queries.search import email_is, person_matches
from app.services import duplicates
from app.services.counterparties import card
from app.services.remarks import Remark
from app.views.client_columns import OF_PERSON
from app.views.counterparties.cards import cards_url, may_export
from app.views.counterparties.merging import may_merge, merge_url
from app.web.cards.paper import PaperTable
from app.web.cards.story import STORY_VERBS, StoryView
from app.web.datamodel import DataModel
from app.web.display import display
from app.web.filters import typed
from app.web.forms.fields import row_number
from app.web.lists.chosen import ChosenRows, mail_to, may_mail
from app.web.lookup import Lookup, pickable
from app.web.reach import on_paper
from app.web.rest import RestApi

USUAL_DAYS = 3  # before a birthday
TOLD = ["birthday_told", "birthday_days"]
FIELDS = ["counterparty", "last_name", "first_name", "middle_name", "position", "role", "birthday", *TOLD, "comment"]


def by_email(_model: Any, text: str) -> ColumnElement[bool]:
    return ContactPerson.id.in_(select(ContactInfo.person_id).where(email_is(text)))


class PersonView(StoryView):
    datamodel = DataModel(
        ContactPerson,
        searches={"words": typed(lambda _model, text: person_matches(text))},
        order_by={"name": "name_sort"},
    )
    route_base = "/persons"
    class_permission_name = "Contact persons"
    list_title, add_title = _l("Contact persons"), _l("New contact person")
    label_columns = {"words": _l("Name"), "name": _l("Name")}
    facts = OF_PERSON
    safe_columns = ["position", "role", "birthday"]
    list_columns = ["name", "counterparty", "position", "role", "phone"]
    more_columns = ["birthday", "comment"]
    related_columns = {"counterparty": ["name", "position", "role", "birthday"]}
    formatters_columns = {"birthday": lambda day: display(birthday(day))}
    description_columns = {"birthday": _l("Where the year is not known, write 1904: it is not shown.")}
    card_facts = ["counterparty", "position", "role", "birthday", "comment"]
    show_columns = card_facts
    story = ("person", (FeedKind.CONTACT, FeedKind.LETTER, FeedKind.ORDER, FeedKind.CHANGE))
    show_template = "crm/counterparties/person_card.html"
    add_columns = FIELDS
    optional_columns = ["birthday_days"]
    search_columns = ["words", "counterparty"]
    base_order = ("name", "asc")
    method_permission_name = STORY_VERBS | {"merge": "write", "mailing": "write", "vcard": "read"}
    of_chosen = frozenset({"mailing"})
    watched = ("counterparty", "last_name", "first_name", "middle_name")

    def new_values(self) -> dict[str, Any]:
        return {"birthday_told": True, "birthday_days": USUAL_DAYS}

    def pre_add(self, item: ContactPerson) -> None:
        if item.birthday_days is None:
            item.birthday_days = USUAL_DAYS

    pre_update = pre_add

    def beside(self, item: ContactPerson) -> dict[str, Any]:
        found = card.ways_of_person(self.datamodel.session, item.id)
        return {"ways": found, "call": card.first(found, "tel:"), "letter": card.first(found, "mailto:")}

    def paper_tables(self, item: ContactPerson) -> list[PaperTable]:
        ways = [(way.kind, on_paper(way), way.comment) for way in self.beside(item)["ways"]]
        heads = (_("Kind"), _("Value"), _("Comment"))
        return [PaperTable(_("Contact information"), heads, ways), *super().paper_tables(item)]

    def after_save_url(self, item: ContactPerson) -> str:
        """Whoever came from a client goes back to it."""
        if request.args.get("_flt_0_counterparty"):
            return url_for("CounterpartyView.show", pk=item.counterparty_id)
        return super().after_save_url(item)

    def remarks(self, typed: Mapping[str, str], own: int | None) -> list[Remark]:
        company, *names = typed.values()
        return duplicates.namesakes(self.datamodel.session, row_number(company), " ".join(names), own)

    def offered_actions(self) -> dict[str, Any]:
        may = {"merge": may_merge, "vcard": may_export, "mailing": may_mail}
        return {name: action for name, action in self.actions.items() if may[name]()}

    @action("mailing", _l("Mailing"), icon="fa-paper-plane", single=False)
    def mailing(self, _chosen: ChosenRows) -> Response:
        """The same form goes on to the screen of mailings: all that was chosen, however many."""
        return mail_to(self)

    @action("merge", _l("Merge"), icon="fa-code-merge")
    def merge(self, items: ContactPerson | list[ContactPerson]) -> Response:
        return redirect(merge_url(items, "persons"))

    @action("vcard", _l("vCard"), icon="fa-address-card")
    def vcard(self, items: ContactPerson | list[ContactPerson]) -> Response:
        return redirect(cards_url(items, "persons"))


class PersonApi(RestApi):
    resource_name = "person"
    datamodel = DataModel(ContactPerson, searches={"email": typed(by_email, "eq")}, order_by={"name": "name_sort"})
    class_permission_name = "Contact persons"
    list_columns = ["id", "counterparty.id", "counterparty.name", *FIELDS[1:]]
    add_columns = edit_columns = FIELDS
    search_columns = ["counterparty", "email"]
    base_order = ("name", "asc")
    remarks = staticmethod(duplicates.of_person)


pickable(
    Lookup(
        ContactPerson,
        section="Contact persons",
        find=lambda _model, text: person_matches(text),
        order=(ContactPerson.name_sort, ContactPerson.id),
        hint=lambda row: str(row.counterparty),
        within=("counterparty",),
        options=(joinedload(ContactPerson.counterparty),),
    )
)
