"""What may be done from any page: the commands of the search box and of the first page, each with its right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l

from app.queries.search import spellings, words_of
from app.web.page import page_menu
from app.web.report_links import report_endpoint

LOOK_ALIKE = str.maketrans("abcehkmoptxy", "авсенкмортху")  # keys of either layout that show one letter: ABC is АВС
LEAST = 2  # letters of the beginning of a word


@dataclass(frozen=True)
class Command:
    """A screen or a form offered to whoever has the right to it; `words` are other names that people have for it."""

    endpoint: str
    right: str
    section: str
    label: Any
    icon: str
    words: str = ""
    asked: dict[str, str] = field(default_factory=dict)
    at_home: bool = False

    @property
    def url(self) -> str:
        return url_for(self.endpoint, **self.asked)  # type: ignore[arg-type]

    @property
    def offered(self) -> bool:
        known = self.endpoint in current_app.view_functions
        return known and bool(current_app.appbuilder.sm.has_access(self.right, self.section))  # type: ignore[attr-defined]


COMMANDS = (
    Command("ContactView.add", "can_write", "Contacts", _l("New contact"), "fa-phone", "звонок", at_home=True),
    Command("TaskView.add", "can_write", "Tasks", _l("New task"), "fa-list-check", "поручение", at_home=True),
    Command(
        "CallView.page", "can_read", "Contact persons", _l("Who is calling?"), "fa-headset", "звонят", at_home=True
    ),
    Command(
        *("CounterpartyView.add", "can_write", "Counterparties", _l("New counterparty"), "fa-building"),
        words="клиент покупатель client",
        at_home=True,
    ),
    Command(
        "ImportView.page", "can_write", "Import", _l("Load a file"), "fa-file-import", "импорт import", at_home=True
    ),
    Command(
        *(report_endpoint("call-these"), "can_read", "Report call-these", _l("Call these"), "fa-phone-volume"),
        at_home=True,
    ),
    Command("ReportsView.page", "can_read", "Reports", _l("Reports"), "fa-chart-column", at_home=True),
    Command("OrderView.add", "can_write", "Orders", _l("New buyer order"), "fa-cart-shopping"),
    Command("PersonView.add", "can_write", "Contact persons", _l("New contact person"), "fa-address-book"),
    Command("ShipmentView.add", "can_write", "Shipments", _l("New shipment or return"), "fa-truck", "реализация"),
    Command("PaymentView.add", "can_write", "Payments", _l("New payment"), "fa-wallet", "платеж"),
    Command("SupplierOrderView.add", "can_write", "Supplier orders", _l("New order to a supplier"), "fa-cart-flatbed"),
    Command("ReceiptView.add", "can_write", "Receipts", _l("New receipt"), "fa-box-open", "приход"),
    Command("SupplierPaymentView.add", "can_write", "Supplier payments", _l("New supplier payment"), "fa-wallet"),
    Command("ItemView.add", "can_write", "Items", _l("New item"), "fa-box", "товар"),
    Command("JournalView.page", "can_read", "Journal", _l("Journal"), "fa-clock-rotate-left", "история изменений"),
    Command("JournalView.bin", "can_read", "Journal", _l("Bin"), "fa-trash-can", "удаленные"),
)


@dataclass(frozen=True)
class Destination:
    """Where a command or a line of the menu leads; `is_whole`: every word typed is a whole word of it."""

    label: str
    url: str
    icon: str
    is_whole: bool


def at_home() -> list[Command]:
    return [command for command in COMMANDS if command.at_home and command.offered]


def places_named(text: str) -> list[Destination]:
    """What the reader may do and open by these words, commands first; each address once."""
    ways = map(words_as_seen, spellings(text))
    typed = [way for way in ways if len("".join(way)) >= LEAST]
    found: dict[str, Destination] = {}
    for place in _matching(typed):
        found.setdefault(place.url, place)
    return sorted(found.values(), key=lambda place: not place.is_whole)


@lru_cache(maxsize=1024)  # of each command and line of the menu in each language, and of what is typed
def words_as_seen(text: str) -> tuple[str, ...]:
    return tuple(word.translate(LOOK_ALIKE) for word in words_of(text))


def _matching(typed: list[tuple[str, ...]]) -> Iterator[Destination]:
    for command in COMMANDS:
        label = str(command.label)
        is_whole = _meant(typed, f"{label} {command.words}")
        if is_whole is not None and command.offered:
            yield Destination(label, command.url, command.icon, is_whole)
    for section in page_menu(here=""):
        for link in section.links:
            is_whole = _meant(typed, link.label)
            if is_whole is not None:
                yield Destination(link.label, link.url, link.icon, is_whole)


def _meant(typed: list[tuple[str, ...]], names: str) -> bool | None:
    """Whether the words typed are whole words of the names; None where they do not even begin any."""
    known = words_as_seen(names)
    ways = [way for way in typed if all(any(word.startswith(each) for word in known) for each in way)]
    return any(set(way) <= set(known) for way in ways) if ways else None
