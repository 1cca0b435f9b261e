"""One box that finds everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.domain import phones
from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.products import Item
from app.queries import search
from app.queries.counterparties.phones import ENOUGH, LOCAL
from app.web.display import card_url, display

SHOWN = 7  # of each group


@dataclass(frozen=True)
class Hit:
    title: str
    url: str  # "": the reader has no screen for it
    about: str


@dataclass(frozen=True)
class Group:
    title: str
    hits: list[Hit]
    more: bool


class SearchView(BaseView):
    """Whoever is logged in may search; each group asks for the right to its own section."""

    route_base = "/search"
    default_view = "page"

    @expose("")
    def page(self) -> Any:
        if not current_user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_login)
        text = request.args.get("q", "").strip()[: search.LONGEST]
        groups = list(self.groups(text)) if text else []
        if is_one_caller(text, groups):
            return redirect(url_for("CallView.page", phone=text))
        if url := only_hit(groups):
            return redirect(url)
        return self.render_template("crm/search.html", title=_("Search"), text=text, groups=groups)

    def reads(self, section: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_read", section))

    def groups(self, text: str) -> Iterator[Group]:
        """Only those that the text can name: a name has letters, the number of a document digits, neither has an @."""
        has_letters, has_digits = any(c.isalpha() for c in text), any(c.isdecimal() for c in text)
        knows_ways = self.reads("Contact information")
        if knows_ways and is_phone(text):
            yield from group_of(_("Phones"), search.phone_numbers(text), phone_hit)
        if knows_ways and search.is_address(text):
            yield from group_of(_("E-mail addresses"), search.addresses(text), address_hit)
        if search.is_email(text):
            return
        if self.reads("Counterparties"):
            yield from group_of(_("Counterparties"), search.counterparties(text), counterparty_hit)
        if self.reads("Contact persons") and has_letters:
            yield from group_of(_("Contact persons"), search.persons(text), person_hit)
        if self.reads("Contacts"):
            yield from group_of(_("Prospects"), search.prospects(text), prospect_hit)
        sections = [section for section in search.DOCUMENTS if self.reads(section)]
        if sections and has_digits:
            rows = db.session.execute(search.documents(text, sections, SHOWN + 1)).all()
            yield from group(_("Documents"), [document_hit(row) for row in rows])
        if self.reads("Items"):
            yield from group_of(_("Items"), search.items(text), item_hit)


def is_phone(text: str) -> bool:
    number, _extension = phones.split(text)
    return not any(c.isalpha() for c in number) and len(phones.search_tail(text)) >= ENOUGH


def is_one_caller(text: str, groups: list[Group]) -> bool:
    """A number was typed that belongs to one client, and nothing else begins with it."""
    return (
        is_phone(text)
        and len(phones.search_tail(text)) >= LOCAL
        and [group.title for group in groups] == [_("Phones")]
        and len({hit.about for hit in groups[0].hits}) == 1
    )


def only_hit(groups: list[Group]) -> str:
    """The card of what alone was found."""
    hits = [hit for group in groups for hit in group.hits]
    return hits[0].url if len(hits) == 1 else ""


def group_of(title: str, statement: Any, hit: Callable[[Any], Hit]) -> Iterator[Group]:
    rows = db.session.scalars(statement.limit(SHOWN + 1)).all()
    yield from group(title, [hit(row) for row in rows])


def group(title: str, hits: list[Hit]) -> Iterator[Group]:
    if hits:
        yield Group(title, hits[:SHOWN], len(hits) > SHOWN)


def joined(*parts: Any) -> str:
    return ", ".join(str(part) for part in parts if part)


def phone_hit(info: ContactInfo) -> Hit:
    whom: dict[str, Any] = {"counterparty": info.counterparty_id, "person": info.person_id}
    value = joined(info.shown, info.extension and _("ext. %(number)s", number=info.extension))
    return Hit(value, url_for("CallView.page", phone=info.value, **whom), joined(info.person, info.counterparty))


def address_hit(info: ContactInfo) -> Hit:
    whose: Any = info.person or info.counterparty
    return Hit(info.value, card_url(type(whose), whose.id), joined(info.person, info.counterparty))


def counterparty_hit(counterparty: Counterparty) -> Hit:
    about = joined(counterparty.code, counterparty.inn and _("INN %(inn)s", inn=counterparty.inn), counterparty.manager)
    return Hit(counterparty.name, card_url(Counterparty, counterparty.id), about)


def person_hit(person: ContactPerson) -> Hit:
    return Hit(person.name, card_url(ContactPerson, person.id), joined(person.position, person.counterparty))


def prospect_hit(contact: Contact) -> Hit:
    about = joined(contact.prospect_person, contact.prospect_phone, display(contact.starts_at))
    return Hit(contact.prospect, card_url(Contact, contact.id), about)


def item_hit(item: Item) -> Hit:
    return Hit(item.name, card_url(Item, item.id), joined(item.code, display(item.price)))


DOCUMENT_NAMES = {"Orders": _l("Order"), "Shipments": _l("Shipment"), "Payments": _l("Payment")}


def document_hit(row: Any) -> Hit:
    title = f"{DOCUMENT_NAMES[row.section]} {row.number}"
    return Hit(
        title,
        card_url(search.DOCUMENTS[row.section], row.id),
        joined(display(row.date), row.buyer, display(row.amount)),
    )
