"""One box that finds everything: while one types, and on a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import jsonify, redirect, request, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.domain import phones, ways
from app.domain.own_fields import Owner, OwnKind
from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty
from app.models.letters import Letter
from app.models.own_fields import OwnField
from app.models.products import Item
from app.models.visibility import sees_all
from app.queries import omnibox, search
from app.queries.counterparties.phones import LOCAL
from app.services.own_fields import seen_fields
from app.views.commands import Destination, places_named
from app.web.display import card_url, display

SHOWN = 20  # of each group on the page
TYPED = 5  # of each group under the box
LEAST = 2  # letters that are answered while one types
LITTLE = 3  # hits: fewer are looked for in the middle of words too
REMEMBERED = 12  # rows opened last

IN_WORDS = {OwnKind.TEXT, OwnKind.LINK, OwnKind.CHOICE, OwnKind.CHOICES}
MODELS: dict[str, type[Any]] = {
    "Counterparties": Counterparty,
    "Contact persons": ContactPerson,
    "Items": Item,
    "Contacts": Contact,
    "Letters": Letter,
    **omnibox.DOCUMENTS,
}
# The groups in which hits are shown, in the order of those that are equally sure.
TITLES: dict[str, Any] = {
    "Counterparties": _l("Counterparties"),
    "Contact persons": _l("Contact persons"),
    "Documents": _l("Documents"),
    "Items": _l("Items"),
    "Phones": _l("Phones"),
    "E-mail addresses": _l("E-mail addresses"),
    "Contacts": _l("Contacts"),
    "Letters": _l("Letters"),
}
ICONS = {
    "Counterparties": "fa-building",
    "Contact persons": "fa-address-book",
    "Documents": "fa-file-lines",
    "Items": "fa-box",
    "Phones": "fa-phone",
    "E-mail addresses": "fa-envelope",
    "Contacts": "fa-comments",
    "Letters": "fa-envelope-open-text",
}
DOCUMENT_NAMES = {
    "Orders": _l("Order"),
    "Shipments": _l("Shipment"),
    "Payments": _l("Payment"),
    "Supplier orders": _l("Supplier order"),
    "Receipts": _l("Receipt"),
    "Supplier payments": _l("Supplier payment"),
}
SURE = omnibox.Rank.START  # what is meant no less surely than a command by its whole words


@dataclass(frozen=True)
class Hit:
    title: str
    url: str  # "": the reader has no screen for it
    about: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    hits: list[Hit]
    more: bool = False


class SearchView(BaseView):
    """Whoever is logged in may search; each group asks for the right to its own section."""

    route_base = "/search"
    default_view = "page"

    @expose("")
    def page(self) -> Any:
        if not current_user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_login)
        text = typed_text()
        groups = self.groups(text, SHOWN) if text else []
        if is_one_caller(text, groups):
            return redirect(url_for("CallView.page", phone=text))
        if url := only_address(groups):
            return redirect(url)
        return self.render_template("crm/search.html", title=_("Search"), text=text, groups=groups)

    @expose("/typed")
    def typed(self) -> Any:
        """What stands under the box while one types; `only`: where Enter leads when nothing is chosen."""
        if not current_user.is_authenticated:
            return jsonify(groups=[]), 401
        text = typed_text()
        groups = self.groups(text, TYPED) if len(text) >= LEAST else self.opened_last()
        only = only_address(groups) if text else ""
        return jsonify(groups=[asdict(group) for group in groups], only=only)

    def reads(self, section: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_read", section))

    def sections(self) -> frozenset[str]:
        return frozenset(section for section in (*MODELS, "Contact information") if self.reads(section))

    def groups(self, text: str, limit: int) -> list[Group]:
        """The surest first; commands and screens before them when they are called by whole words, after them else."""
        sections = self.sections()
        of_all = sees_all(db.session())
        rows = rows_of(omnibox.found(text, sections, fields_of_words(sections), limit + 1, of_all=of_all))
        if not search.is_email(text):
            if len(rows) < LITTLE:
                rows += rows_of(omnibox.found_inside(text, sections, limit + 1))
            if not rows:
                rows += rows_of(omnibox.found_misspelt(text, sections, limit + 1))
        places = places_named(text)
        surest = min((row.rank for row in rows), default=None)
        named = [place for place in places if place.is_whole and (surest is None or surest >= SURE)]
        others = [place for place in places if place not in named]
        return [*group_of_places(named, limit), *groups_of(rows, limit), *group_of_places(others, limit)]

    def opened_last(self) -> list[Group]:
        """The rows that the browser remembers, of those that the reader may still see."""
        sections, addresses = self.sections(), request.args.getlist("opened")[:REMEMBERED]
        cards = {card_url(MODELS[section], 0): section for section in sections if section in MODELS}
        keys: dict[str, dict[int, int]] = {}  # section: number of a row: its place
        for place, address in enumerate(addresses):
            root, _slash, number = address.rpartition("/")
            section = cards.get(f"{root}/0")
            if section and number.isdecimal() and len(number) < 10:
                keys.setdefault(section, {})[int(number)] = place
        rows = rows_of(omnibox.by_keys(keys)) if keys else []
        rows.sort(key=lambda row: keys[row.section][row.id])
        return [Group(_("Opened last"), [hit_of(row) for row in rows])] if rows else []


def typed_text() -> str:
    return request.args.get("q", "").strip()[: search.LONGEST]


def fields_of_words(sections: frozenset[str]) -> dict[Owner, list[OwnField]]:
    """The own fields that hold words and that the reader sees."""
    session = db.session()
    owners = (owner for section, owner in omnibox.OWNERS.items() if section in sections)
    return {owner: [each for each in seen_fields(session, owner) if each.kind in IN_WORDS] for owner in owners}


def rows_of(statement: Any) -> list[Any]:
    return [] if statement is None else list(db.session.execute(statement))


def groups_of(rows: list[Any], limit: int) -> list[Group]:
    """Each row once, as it was found the surest; the group of the surest row first."""
    ranked = sorted(rows, key=lambda row: row.rank)  # stable: within a rank as the base ordered them
    kept: dict[tuple[str, int], Any] = {}
    for row in ranked:
        kept.setdefault((row.section, row.id), row)
    groups: dict[str, list[Any]] = {}
    for row in kept.values():
        groups.setdefault(kind_of(row), []).append(row)
    order = list(TITLES)
    firsts = sorted(groups, key=lambda kind: (groups[kind][0].rank, order.index(kind)))
    return [
        Group(str(TITLES[kind]), [hit_of(row) for row in groups[kind][:limit]], len(groups[kind]) > limit)
        for kind in firsts
    ]


def group_of_places(places: list[Destination], limit: int) -> list[Group]:
    hits = [Hit(place.label, place.url, icon=place.icon) for place in places[:limit]]
    return [Group(_("Commands and screens"), hits)] if hits else []


def kind_of(row: Any) -> str:
    if row.section == "Contact information":
        return "Phones" if row.facts["is_phone"] else "E-mail addresses"
    return "Documents" if row.section in omnibox.DOCUMENTS else row.section


def is_one_caller(text: str, groups: list[Group]) -> bool:
    """A number was typed that belongs to one client, and nothing else begins with it."""
    number, _extension = phones.split(text)
    return (
        not any(c.isalpha() for c in number)
        and len(phones.search_tail(text)) >= LOCAL
        and [group.title for group in groups] == [_("Phones")]
        and len({hit.about for hit in groups[0].hits}) == 1
    )


def only_address(groups: list[Group]) -> str:
    """Where all that was found leads, if that is one card; letters only name what else was found."""
    letters = str(TITLES["Letters"])
    named = [group for group in groups if group.title != letters] or groups
    addresses = {hit.url for group in named for hit in group.hits}
    return addresses.pop() if len(addresses) == 1 else ""


def joined(*parts: Any) -> str:
    return ", ".join(str(part) for part in parts if part)


def hit_of(row: Any) -> Hit:
    facts: Mapping[str, Any] = row.facts
    kind = kind_of(row)
    match kind:
        case "Counterparties":
            about = joined(facts["code"], facts["inn"] and _("INN %(inn)s", inn=facts["inn"]), facts["manager"])
        case "Contact persons":
            about = joined(facts["position"], facts["whose"])
        case "Items":
            about = joined(facts["code"], display(Decimal(facts["price"])))
        case "Contacts":
            at = datetime.fromisoformat(facts["at"])
            about = joined(facts["subject"], facts["person"], facts["phone"], display(at))
        case "Letters":
            about = joined(facts["sender"], display(datetime.fromisoformat(facts["at"])))
            title = facts["name"] or _("No subject")
            return Hit(title, card_url(Letter, row.id), about, ICONS[kind])
        case "Documents":
            title = f"{DOCUMENT_NAMES[row.section]} {facts['name']}"
            on, amount = date.fromisoformat(facts["on"]), Decimal(facts["amount"])
            about = joined(display(on), facts["whose"], display(amount))
            return Hit(title, card_url(MODELS[row.section], row.id), about, ICONS[kind])
        case _:
            return way_hit(facts, ICONS[kind])
    title = facts["name"] or facts["subject"]
    return Hit(title, card_url(MODELS[row.section], row.id), about, ICONS[kind])


def way_hit(facts: Mapping[str, Any], icon: str) -> Hit:
    """A phone leads to the caller screen, an address to the card of its owner."""
    whose, person, counterparty = joined(facts["who"], facts["whose"]), facts["person"], facts["counterparty"]
    if not facts["is_phone"]:
        url = card_url(ContactPerson, person) if person else card_url(Counterparty, counterparty)
        return Hit(facts["name"], url, whose, icon)
    shown = ways.readable_way(facts["name"], facts["phone"])
    value = joined(shown, facts["extension"] and _("ext. %(number)s", number=facts["extension"]))
    owner: dict[str, Any] = {"counterparty": counterparty, "person": person}
    return Hit(value, url_for("CallView.page", phone=facts["name"], **owner), whose, icon)
