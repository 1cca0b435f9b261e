"""Counterparties: buyers, suppliers, subcontractors and others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import validators

from app import clock
from app.domain import phones
from app.domain.viewer import Sees
from app.domain.words import FeedKind
from app.models.counterparties import ContactInfo, Counterparty, Note
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries.counterparties.phones import phone_ends
from app.queries.search import counterparty_matches, email_is
from app.services import duplicates
from app.services.counterparties import card, counterparties
from app.services.counterparties.counterparties import RESPONSIBLES
from app.services.purchasing import supplier_facts
from app.services.remarks import Remark
from app.views.client_columns import OF_CLIENT, ORDERS, SEARCH_LABELS, SEARCHES, WorkedWithBy
from app.views.counterparties.cards import cards_url, may_export
from app.views.counterparties.hand_over import complete, may_hand_over
from app.views.counterparties.merging import may_merge, merge_url
from app.web.access.rowsec import look_unlogged
from app.web.cards.paper import PaperTable
from app.web.cards.story import STORY_VERBS, StoryView
from app.web.datamodel import DataModel
from app.web.filters import Contains, Exactly, typed
from app.web.forms.fields import LookupsField
from app.web.forms.people import PeopleField, WaysField
from app.web.forms.remarks import answering
from app.web.lists.chosen import ChosenRows, mail_to, may_mail, numbers_of
from app.web.lookup import Lookup, pickable
from app.web.reach import on_paper
from app.web.readings import opened_again
from app.web.rest import RestApi

FEWEST_DIGITS = 4  # of a phone
FLAGS = ["is_buyer", "is_supplier", "is_subcontractor", "is_other"]
REQUISITES = ["code", "name", "full_name", "kind", "inn", "kpp", "ogrn", "requisites_accepted"]
MANAGED = ["manager", "group", "source"]
ABOUT = ["needs", "comment"]
TERMS = ["allowed_debt", "allowed_days"]
SIDES = ("buyer", "supplier")  # whoever both buys and supplies has a card of two sides
AS_BUYER = (FeedKind.ORDER, FeedKind.SHIPMENT, FeedKind.PAYMENT, FeedKind.PAPER, FeedKind.ABC, FeedKind.STAGE)
AS_SUPPLIER = (FeedKind.SUPPLIER_ORDER, FeedKind.RECEIPT, FeedKind.SUPPLIER_PAYMENT)
AS_BOTH = (
    *(FeedKind.CONTACT, FeedKind.LETTER, FeedKind.TASK, FeedKind.NOTE),
    *(FeedKind.MANAGER, FeedKind.SOURCE, FeedKind.CHANGE),
)
LONGEST_NOTE = 4000


def by_phone(_model: Any, text: str) -> ColumnElement[bool]:
    return Counterparty.id.in_(select(ContactInfo.counterparty_id).where(phone_ends(text)))


def by_email(_model: Any, text: str) -> ColumnElement[bool]:
    return Counterparty.id.in_(select(ContactInfo.counterparty_id).where(email_is(text)))


def roles_of(counterparty: Counterparty) -> list[str]:
    """Buyer, supplier …: one may be several at once."""
    return [str(Counterparty.__table__.c[flag].info["label"]) for flag in FLAGS if getattr(counterparty, flag)]


def sees_own_alone(session: Session) -> bool:
    viewer = viewer_of(session)
    return viewer is not None and not viewer.sees_all and Sees.OWN in viewer.sees


class CounterpartyView(StoryView):
    datamodel = DataModel(
        Counterparty,
        searches={
            "words": typed(lambda _model, text: counterparty_matches(text)),
            "phone": typed(by_phone),
            "anybody": WorkedWithBy,
            **SEARCHES,
        },
        order_by={"name": "name_sort", "registered_on": "registered_on"} | ORDERS,
        computed={"roles": roles_of, "additional": lambda row: ", ".join(map(str, row.additional))},
    )
    route_base = "/counterparties"
    class_permission_name = "Counterparties"
    method_permission_name = STORY_VERBS | dict.fromkeys(("hand_over", "merge", "note", "mailing"), "write")
    of_chosen = frozenset({"mailing"})
    list_title, add_title = _l("Counterparties"), _l("New counterparty")
    label_columns = SEARCH_LABELS | {
        "words": _l("Name, code or INN"),
        "phone": _l("Phone"),
        "roles": _l("Roles"),
        "anybody": _l("Works with the client"),
    }
    facts = OF_CLIENT
    safe_columns = ["manager", "group", "source", *FLAGS, *TERMS]
    field_rights = {"manager": [("can_write", RESPONSIBLES)]}
    list_columns = ["name", "abc", "stage", "manager", "phone", "last_contact", "next_contact", "debt"]
    more_columns = [
        "additional",
        "code",
        "inn",
        "kpp",
        "roles",
        "kind",
        "group",
        "source",
        "registered_on",
        *TERMS,
        *ABOUT,
    ]
    card_facts = [
        *("manager", "additional", *MANAGED[1:], "inn", "kpp", *TERMS),
        *("roles", "kind", "full_name", "ogrn", "registered_on", "code", *ABOUT),
    ]
    show_columns = card_facts
    add_fieldsets = [
        ("", {"fields": ["name", "full_name", "kind", *FLAGS]}),
        (_l("Contact persons"), {"fields": ["people"]}),
        (_l("Contact information"), {"fields": ["ways"]}),
        (_l("Requisites"), {"fields": ["inn", "kpp", "ogrn", "requisites_accepted", "code"]}),
        (_l("Work"), {"fields": ["manager", "additional_managers", *MANAGED[1:], *TERMS, *ABOUT]}),
    ]
    search_columns = ["words", "manager", "anybody", *SEARCHES, "phone", "group", "source", "registered_on", *FLAGS]
    optional_columns = ["code"]
    description_columns = {
        "code": _l("Empty: the next number is given."),
        "allowed_debt": _l("Empty: debt is not limited."),
        "allowed_days": _l("Days after a shipment; empty: by the day of payment of the order."),
    }
    validators_columns = {name: [validators.NumberRange(min=0, message=_l("Not less than zero."))] for name in TERMS}
    show_template = "crm/counterparties/counterparty_card.html"
    base_order = ("name", "asc")
    watched = ("inn", "kpp", "name")
    answer = "distinct_reason"
    add_form_extra_fields = edit_form_extra_fields = {
        "people": PeopleField(_l("Contact persons")),
        "ways": WaysField(_l("Contact information")),
        "additional_managers": LookupsField(
            _l("Additional managers"),
            model=User,
            description=_l("They see the client and are told of it as the responsible one is."),
        ),
        **answering(answer, _l("Why it is another counterparty"), 200),
    }
    not_in_place = ("people", "ways", "additional_managers")

    def remarks(self, typed: Mapping[str, str], own: int | None) -> list[Remark]:
        return duplicates.remarks(self.datamodel.session, own=own, **typed)

    def _form_of(self, name: str, **filled: Any) -> Any:
        """With the persons and ways that are there, unless the form itself was sent."""
        form, item = super()._form_of(name, **filled), filled.get("obj")
        if item is not None and (filled.get("formdata", request.form) is None or request.method == "GET"):
            persons, ways = card.people_of(self.datamodel.session, item.id)
            form.people.show(persons)
            form.ways.show(ways)
        return form

    def new_values(self) -> dict[str, Any]:
        """Whoever sees his own clients alone adds a client of his own."""
        return {"manager": current_user} if sees_own_alone(self.datamodel.session) else {}

    def side(self, item: Counterparty) -> str:
        """What the card shows the counterparty as; nothing where there is no choice."""
        if not item.is_supplier or not self.appbuilder.sm.has_access("can_read", "Suppliers"):
            return ""
        asked = request.args.get("side")
        buys = self.appbuilder.sm.has_access("can_write", "Supplier orders")
        sells = self.appbuilder.sm.has_access("can_write", "Orders")
        return asked if asked in SIDES else "buyer" if item.is_buyer and (sells or not buys) else "supplier"

    def beside(self, item: Counterparty) -> dict[str, Any]:
        session, today, may = self.datamodel.session, clock.today(), self.appbuilder.sm.has_access
        side = self.side(item)
        is_buyer = side != "supplier"
        wanted = {
            "contacts": may("can_read", "Contacts"),
            "tasks": may("can_read", "Tasks"),
            "orders": is_buyer and may("can_read", "Orders"),
            "supplies": not is_buyer and may("can_read", "Supplier orders"),
            "debt": is_buyer and may("can_read", "Payments"),
            "classes": is_buyer and item.is_buyer and may("can_read", "Classification"),
        }
        parts = frozenset(part for part, asked in wanted.items() if asked)
        told = card.summary(session, item.id, parts, today)
        if told.noted:
            opened_again(item)
        shown = {"side": side, "told": told, "today": today, "now": clock.now()}
        if is_buyer:
            return shown
        items, more = supplier_facts.items_of(session, item.id, today)
        known = supplier_facts.supplier_on_day(session, item.id, today)
        return shown | {
            "supplier": known,
            "supplied": items,
            "more_supplied": more,
            "may_supply": may("can_write", "Supplier orders"),
        }

    def paper_tables(self, item: Counterparty) -> list[PaperTable]:
        told = card.summary(self.datamodel.session, item.id, frozenset(), clock.today())
        people = [(each.name, each.position, ", ".join(map(on_paper, each.ways))) for each in told.people]
        ways = [(way.kind, on_paper(way), way.comment) for way in told.ways]
        return [
            PaperTable(_("Contact persons"), (_("Name"), _("Position"), _("Contact information")), people),
            PaperTable(_("Contact information"), (_("Kind"), _("Value"), _("Comment")), ways),
            *super().paper_tables(item),
        ]

    def story_of(self, item: Counterparty) -> tuple[str, tuple[FeedKind, ...]]:
        return "counterparty", (*AS_BOTH, *(AS_SUPPLIER if self.side(item) == "supplier" else AS_BUYER))

    def after_save_url(self, item: Counterparty) -> str:
        """Whoever is its additional manager no more since then does not see it."""
        if sees_own_alone(self.datamodel.session):
            look_unlogged(self.datamodel.session, current_user)
        return super().after_save_url(item)

    @expose("/note/<pk>", methods=["POST"])
    @has_access
    def note(self, pk: str) -> Response:
        """Keep a note of the counterparty; its feed tells it."""
        item, text = self.row(pk), request.form.get("text", "").strip()
        if text:
            self.datamodel.session.add(Note(counterparty=item, by_id=current_user.id, text=text[:LONGEST_NOTE]))
            self.datamodel.session.commit()
        else:
            flash(_("Write something first."), "warning")
        return redirect(url_for("CounterpartyView.show", pk=item.id, _anchor="feed"))

    def pre_add(self, item: Counterparty) -> None:
        complete(self.datamodel.session, item)

    pre_update = pre_add

    def complete_many(self, session: Session, row: Counterparty, name: str) -> None:
        counterparties.complete(session, row)

    def offered_actions(self) -> dict[str, Any]:
        may = {"hand_over": may_hand_over, "merge": may_merge, "vcard": may_export, "mailing": may_mail}
        return {name: action for name, action in self.actions.items() if may[name]()}

    @action("hand_over", _l("Hand over"), icon="fa-people-arrows")
    def hand_over(self, items: Counterparty | list[Counterparty]) -> Response:
        return redirect(url_for("HandOverView.page", clients=numbers_of(items)))

    @action("mailing", _l("Mailing"), icon="fa-paper-plane", single=False)
    def mailing(self, _chosen: ChosenRows) -> Response:
        """The same form goes on to the screen of mailings: all that was chosen, however many."""
        return mail_to(self)

    @action("merge", _l("Merge"), icon="fa-code-merge")
    def merge(self, items: Counterparty | list[Counterparty]) -> Response:
        return redirect(merge_url(items, "clients"))

    @action("vcard", _l("vCard"), icon="fa-address-card")
    def vcard(self, items: Counterparty | list[Counterparty]) -> Response:
        return redirect(cards_url(items, "clients"))


class CounterpartyApi(RestApi):
    resource_name = "counterparty"
    datamodel = DataModel(
        Counterparty,
        searches={
            **dict.fromkeys(("code", "inn"), (Contains, Exactly)),
            **dict.fromkeys(("kpp", "ogrn"), Exactly),
            "email": typed(by_email, "eq"),
            "phone": typed(by_phone, "eq"),
            "anybody": WorkedWithBy,
        },
        order_by={"name": "name_sort", "registered_on": "registered_on"},
    )
    class_permission_name = "Counterparties"
    list_columns = [
        *("id", *REQUISITES, *FLAGS, "manager.username", "additional.user_id", "additional.since"),
        *("group.name", "source.name", "registered_on"),
    ]
    row_lists: ClassVar[dict[str, Any]] = {"additional_managers": User}
    show_columns = [*list_columns, "distinct_reason", *TERMS, *ABOUT]
    add_columns = edit_columns = [*REQUISITES, "distinct_reason", *FLAGS, *MANAGED, *TERMS, *ABOUT]
    search_columns = ["code", "inn", "kpp", "ogrn", "email", "phone", "manager", "anybody", "group", *FLAGS]
    base_order = ("name", "asc")
    optional_columns = ["code"]
    before_save = staticmethod(complete)
    remarks = staticmethod(duplicates.of_counterparty)


def by_letters_or_digits(_model: Any, text: str) -> ColumnElement[bool]:
    """Of whatever a person on the telephone is known by: words of the name, INN, code, digits of a phone."""
    if len(phones.digits_of(text)) < FEWEST_DIGITS:
        return counterparty_matches(text)
    named = select(Counterparty.id).where(counterparty_matches(text))
    reached = select(ContactInfo.counterparty_id).where(phone_ends(text))
    return Counterparty.id.in_(named.union(reached))


pickable(
    Lookup(
        Counterparty,
        name="Client",
        section="Counterparties",
        find=by_letters_or_digits,
        order=(Counterparty.name_sort, Counterparty.id),
        hint=lambda row: _("INN %(inn)s", inn=row.inn) if row.inn else row.code,
    )
)
pickable(
    Lookup(
        Counterparty,
        section="Counterparties",
        find=lambda _model, text: counterparty_matches(text),
        order=(Counterparty.name_sort, Counterparty.id),
        hint=lambda row: _("INN %(inn)s", inn=row.inn) if row.inn else row.code,
    )
)
