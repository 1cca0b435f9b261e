"""The feed of a card in words: what is read by app.queries.feed, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from app import clock
from app.domain.abc import AbcMoves
from app.domain.letters.answers import parted
from app.domain.stages import StageMoves
from app.domain.words import (
    ContactKind,
    ContactState,
    Direction,
    FeedKind,
    LetterKind,
    LetterState,
    MovementKind,
    OrderDate,
    OrderStatus,
    TaskState,
)
from app.formatting import money
from app.models.captions import caption, letter_text, place_caption
from app.models.visibility import viewer_of
from app.queries.feed import BRANCHES, CHANGED, END, PAGE, REVERSED, FeedPlace, feed, feed_values
from app.queries.journal import fields_named
from app.web.display import NOTHING, display, reader_today

ORDER = _l("Order")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CHIPS: dict[str, tuple[Any, frozenset[FeedKind]]] = {
    "contacts": (_l("Contacts"), frozenset({FeedKind.CONTACT, FeedKind.LETTER, FeedKind.CONTACT_MOVE})),
    "tasks": (_l("Tasks"), frozenset({FeedKind.TASK, FeedKind.TASK_MOVE})),
    "letters": (_l("Letters"), frozenset({FeedKind.LETTER})),
    "deals": (
        _l("Deals"),
        frozenset(
            {
                FeedKind.ORDER,
                FeedKind.CORRECTION,
                FeedKind.SHIPMENT,
                FeedKind.PAYMENT,
                FeedKind.SHARE,
                FeedKind.PAPER,
                FeedKind.CLOSING,
                FeedKind.SUPPLIER_ORDER,
                FeedKind.RECEIPT,
                FeedKind.SUPPLIER_PAYMENT,
                FeedKind.SUPPLIER_CLOSING,
            }
        ),
    ),
    "changes": (
        _l("Changes"),
        frozenset(
            {
                *(FeedKind.ABC, FeedKind.STAGE, FeedKind.MANAGER, FeedKind.SOURCE, FeedKind.ORDER_MOVE),
                FeedKind.CHANGE,
            }
        ),
    ),
    "notes": (_l("Notes"), frozenset({FeedKind.NOTE})),
}
WHEN_CHOSEN = frozenset({FeedKind.CHANGE})  # the journal has many partitions: every card would pay for them
ICONS = {
    FeedKind.CONTACT: "fa-phone",
    FeedKind.CONTACT_MOVE: "fa-clock-rotate-left",
    FeedKind.TASK: "fa-list-check",
    FeedKind.TASK_MOVE: "fa-clock-rotate-left",
    FeedKind.LETTER: "fa-envelope",
    FeedKind.NOTE: "fa-note-sticky",
    FeedKind.SHARE: "fa-wallet",
    FeedKind.PAYMENT: "fa-wallet",
    FeedKind.SHIPMENT: "fa-truck",
    FeedKind.CORRECTION: "fa-pen-ruler",
    FeedKind.CLOSING: "fa-box-archive",
    FeedKind.PAPER: "fa-file-pdf",
    FeedKind.ORDER: "fa-file-invoice",
    FeedKind.ORDER_MOVE: "fa-calendar-day",
    FeedKind.SUPPLIER_PAYMENT: "fa-coins",
    FeedKind.RECEIPT: "fa-box-open",
    FeedKind.SUPPLIER_ORDER: "fa-cart-flatbed",
    FeedKind.SUPPLIER_CLOSING: "fa-box-archive",
    FeedKind.ABC: "fa-arrow-up-wide-short",
    FeedKind.STAGE: "fa-stairs",
    FeedKind.MANAGER: "fa-user-tie",
    FeedKind.SOURCE: "fa-signs-post",
    FeedKind.CHANGE: "fa-pen",
}
MACHINES = {LetterKind.AUTO, LetterKind.RECEIPT, LetterKind.BOUNCE}  # they are told folded
BY_WAY = {
    ContactKind.MEETING: "fa-handshake",
    ContactKind.EMAIL: "fa-envelope",
    ContactKind.LETTER: "fa-envelope-open-text",
    ContactKind.OTHER: "fa-comment",
}
TOLD: dict[str, set[str]] = {  # fields whose changes are events of other kinds
    "counterparty": {"manager_id", "source_id"},
    "contact_person": set(),
    "buyer_order": {"ship_on", "pay_by"},
    "contact": {"starts_at", "ends_at"},
    "task": {"due_on"},
}
SCREENS = {
    FeedKind.CONTACT: "ContactView",
    FeedKind.LETTER: "LetterView",
    FeedKind.TASK: "TaskView",
    FeedKind.PAPER: "PaperView",
    FeedKind.ORDER: "OrderView",
    FeedKind.SHIPMENT: "ShipmentView",
    FeedKind.PAYMENT: "PaymentView",
    FeedKind.SHARE: "PaymentView",
    FeedKind.SUPPLIER_ORDER: "SupplierOrderView",
    FeedKind.RECEIPT: "ReceiptView",
}


BY_ANOTHER = {FeedKind.SHARE, FeedKind.LETTER}  # the card that they lead to has another number


@dataclass(frozen=True)
class FeedEvent:
    """One line of a feed."""

    icon: str
    on: str
    title: str
    url: str = ""
    text: str = ""
    foot: Any = ""
    tag: str = ""
    late: bool = False
    change: int = 0  # the arrow


@dataclass(frozen=True)
class FeedPage:
    """A page of a feed: `chips` are what it may be narrowed to, `more` is where the next page begins."""

    events: Sequence[FeedEvent]
    chips: Sequence[tuple[str, Any]]
    chosen: str
    began: str
    more: str


def readable(kinds: Sequence[FeedKind]) -> tuple[FeedKind, ...]:
    """Those whose sections the reader may read."""
    may = current_app.appbuilder.sm.has_access  # type: ignore[attr-defined]
    return tuple(kind for kind in kinds if may("can_read", BRANCHES[kind].section))


def feed_page(
    session: Session, owner: str, owner_id: int, kinds: Sequence[FeedKind], *, chosen: str = "", began: str = ""
) -> FeedPage:
    """A page of what happened to the owner, all kinds or those of the chosen chip, in one statement."""
    may = readable(kinds)
    chips = [(name, words) for name, (words, group) in CHIPS.items() if group.intersection(may)]
    if chosen and chosen in CHIPS:
        may = tuple(kind for kind in may if kind in CHIPS[chosen][1])
    else:
        may = tuple(kind for kind in may if kind not in WHEN_CHOSEN)
    if not may:
        return FeedPage([], chips, chosen, "", "")
    zone, now = clock.zone(), clock.now()
    query, values = feed(owner, may, viewer_of(session)), feed_values(owner_id, may, zone, now, place(began))
    rows = session.execute(query, values).all()
    more = started(rows[PAGE - 1]) if len(rows) > PAGE else ""
    tell = Telling(zone, owner, owner_id)
    events = [event for row in rows[:PAGE] if (event := tell(row)).title]
    return FeedPage(events, chips, chosen, began, more)


def started(row: Any) -> str:
    """Where the page after the row begins, for an address and for an id of the page."""
    return f"{(row.at - EPOCH) // MICROSECOND}-{row.rank}-{row.id}"


def place(text: str) -> FeedPlace | None:
    """None for the beginning, and for what cannot be a place."""
    parts = text.removeprefix("-").split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts):
        return None
    moment, rank, number = map(int, parts)
    if text.startswith("-"):
        moment = -moment
    try:
        return FeedPlace(EPOCH + MICROSECOND * moment, rank, min(number, END))
    except OverflowError:
        return None


class Telling:
    """Puts rows of a feed into words; addresses are made once a page."""

    def __init__(self, zone: ZoneInfo, owner: str, owner_id: int) -> None:
        self.zone = zone
        self.owner, self.owner_id = owner, owner_id
        self.addresses: dict[str, str] = {}

    def __call__(self, row: Any) -> FeedEvent:
        kind = FeedKind(row.kind)
        words: Callable[[Telling, Any], dict[str, Any]] = WORDS[kind]
        told = words(self, row)
        url = self.card(SCREENS[kind], row.order_id if kind in BY_ANOTHER else row.id) if kind in SCREENS else ""
        day = display(row.at.astimezone(self.zone).date())
        return FeedEvent(**{"icon": ICONS[kind], "on": day, "url": url, **told})

    @property
    def history(self) -> str:
        return url_for("HistoryView.page", table=CHANGED[self.owner], row_id=self.owner_id)

    def card(self, endpoint: str, number: int) -> str:
        if endpoint not in self.addresses:
            self.addresses[endpoint] = url_for(f"{endpoint}.show", pk=0).removesuffix("0")
        return f"{self.addresses[endpoint]}{number}"

    def by_order(self, row: Any, endpoint: str = "OrderView") -> Any:
        """The order of a document, as a link."""
        if row.order_id is None:
            return ""
        link = Markup('<a href="{}">{}</a>').format(self.card(endpoint, row.order_id), row.order_number)
        return Markup(_("by order %(number)s")) % {"number": link}


def joined(*parts: Any, by: str = " · ") -> Any:
    return Markup(by).join(part for part in parts if part)


def of_contact(tell: Telling, row: Any) -> dict[str, Any]:
    kind, state = ContactKind(row.what), ContactState(row.now)
    how = f"{caption(kind)}, {caption(Direction(row.way)).lower()}"
    lasted = ngettext("%(num)s minute", "%(num)s minutes", row.minutes) if row.minutes else ""
    people = joined(row.who, (row.whom or "").strip(), by=" → ")
    late = state is ContactState.PLANNED
    return {
        "icon": BY_WAY.get(kind, ICONS[FeedKind.CONTACT]),
        "on": display(row.at),
        "title": row.title or how,
        "text": row.text,
        "foot": joined(how if row.title else "", lasted, people),
        "tag": "" if state is ContactState.DONE else caption(state),
        "late": late,
    }


def of_task(tell: Telling, row: Any) -> dict[str, Any]:
    state = TaskState(row.now)
    done = _("done on %(day)s", day=display(row.until)) if row.until else ""
    people = joined(row.who, row.whom if row.whom != row.who else "", by=" → ")
    return {
        "title": row.title,
        "text": row.text,
        "foot": joined(people, done),
        "tag": "" if state is TaskState.DONE else caption(state),
        "late": state is TaskState.OPEN and row.at.astimezone(tell.zone).date() < reader_today(),
    }


def of_task_move(tell: Telling, row: Any) -> dict[str, Any]:
    days = " → ".join(display(date.fromisoformat(day)) for day in (row.was, row.now))
    return {"title": _("Due on: %(days)s", days=days), "text": row.text, "foot": row.who or ""}


def of_letter(tell: Telling, row: Any) -> dict[str, Any]:
    kind, state, way = LetterKind(row.what), LetterState(row.now), Direction(row.way)
    files = ngettext("%(num)s file", "%(num)s files", row.minutes) if row.minutes else ""
    said = {LetterKind.LETTER: "" if state in {LetterState.RECEIVED, LetterState.SENT} else caption(state)}
    return {
        "icon": "fa-robot" if kind in MACHINES else "fa-envelope-open" if way is Direction.IN else "fa-paper-plane",
        "on": display(row.at),
        "title": row.title or _("No subject"),
        "text": "" if kind in MACHINES else letter_text(parted(row.text or "").own)[:400],
        "foot": joined(_("E-mail, %(way)s", way=caption(way).lower()), row.who, files),
        "tag": said.get(kind, caption(kind)),
        "late": kind is LetterKind.BOUNCE or state is LetterState.DEAD,
    }


def of_contact_move(tell: Telling, row: Any) -> dict[str, Any]:
    return {"title": _("Moved"), "on": display(row.at), "text": row.text, "foot": row.who or ""}


def of_note(tell: Telling, row: Any) -> dict[str, Any]:
    return {"on": display(row.at), "title": _("Note"), "text": row.text, "foot": row.who or ""}


def teller_of_document(words: Any, order_screen: str = "OrderView") -> Any:
    """A document: what it is, its number and sum, the order that it is by."""

    def told(tell: Telling, row: Any) -> dict[str, Any]:
        what = words(row) if callable(words) else words
        order = tell.by_order(row, order_screen) if row.order_number else ""
        title = joined(f"{what} {row.title}", money(row.amount))
        tag = _("Reversed") if row.now == REVERSED else ""
        return {"title": title, "text": row.text or "", "foot": joined(order, row.who), "tag": tag}

    return told


def of_order(tell: Telling, row: Any) -> dict[str, Any]:
    title = joined(f"{ORDER} {row.title}", money(row.amount))
    return {"title": title, "tag": caption(OrderStatus(row.now)), "foot": row.who or ""}


def of_paper(tell: Telling, row: Any) -> dict[str, Any]:
    return {"title": joined(row.title, money(row.amount)), "foot": row.who or ""}


def of_closing(tell: Telling, row: Any) -> dict[str, Any]:
    return {"title": _("Closed: %(reason)s", reason=row.title), "text": row.text, "foot": row.who or ""}


def of_order_move(tell: Telling, row: Any) -> dict[str, Any]:
    days = " → ".join(display(date.fromisoformat(day)) if day else NOTHING for day in (row.was, row.now))
    return {"title": f"{caption(OrderDate(row.what))}: {days}", "text": row.text, "foot": row.who or ""}


def class_move(words: Any, moves: Any) -> Any:
    """A class or a stage that became another one."""

    def told(tell: Telling, row: Any) -> dict[str, Any]:
        was, now = (moves.from_text(text or "") for text in (row.was, row.now))
        by = _("by hand") if row.by_hand else _("by the classification")
        until = _("until %(day)s", day=display(row.until)) if row.until and row.by_hand else ""
        return {
            "title": f"{words}: {place_caption(was)} → {place_caption(now)}",
            "text": row.text or "",
            "foot": joined(by, until, row.who),
            "change": moves.change(was, now),
        }

    return told


def became(words: Any) -> Any:
    """Who, or what, it is from a day on."""
    return lambda _tell, row: {"title": f"{words}: {row.now or NOTHING}", "foot": row.who or ""}


def of_change(tell: Telling, row: Any) -> dict[str, Any]:
    """Which fields were changed; what stood in them, the history tells."""
    names = fields_named(row.what, set((row.text or "").split(",")) - TOLD[row.what])
    return {
        "on": display(row.at),
        "title": _("Changed: %(fields)s", fields=", ".join(names)) if names else "",
        "url": tell.history,
        "text": "",
        "foot": row.who or "",
    }


def sale(row: Any) -> str:
    return caption(MovementKind(row.what))


def paid(row: Any) -> str:
    return str(_("Payment") if row.amount > 0 else _("Refund"))


WORDS: dict[FeedKind, Any] = {
    FeedKind.CONTACT: of_contact,
    FeedKind.CONTACT_MOVE: of_contact_move,
    FeedKind.LETTER: of_letter,
    FeedKind.TASK: of_task,
    FeedKind.TASK_MOVE: of_task_move,
    FeedKind.NOTE: of_note,
    FeedKind.SHARE: teller_of_document(paid),
    FeedKind.PAYMENT: teller_of_document(paid),
    FeedKind.SHIPMENT: teller_of_document(sale),
    FeedKind.CORRECTION: teller_of_document(_l("Correction")),
    FeedKind.CLOSING: of_closing,
    FeedKind.SUPPLIER_CLOSING: of_closing,
    FeedKind.PAPER: of_paper,
    FeedKind.ORDER: of_order,
    FeedKind.ORDER_MOVE: of_order_move,
    FeedKind.SUPPLIER_PAYMENT: teller_of_document(_l("Supplier payment"), "SupplierOrderView"),
    FeedKind.RECEIPT: teller_of_document(_l("Receipt"), "SupplierOrderView"),
    FeedKind.SUPPLIER_ORDER: teller_of_document(_l("Supplier order")),
    FeedKind.ABC: class_move(_l("Class"), AbcMoves),
    FeedKind.STAGE: class_move(_l("Stage"), StageMoves),
    FeedKind.MANAGER: became(_l("Responsible manager")),
    FeedKind.SOURCE: became(_l("Information source")),
    FeedKind.CHANGE: of_change,
}
