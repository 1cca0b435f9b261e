"""The storage of Radicale over our books: a request is a transaction, an item a row of `device_item`."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext as _
from radicale import item as radicale_item
from radicale import pathutils
from radicale.storage import BaseCollection, BaseStorage
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, defer

from app.dav.questions import matching
from app.domain.words import DeviceBookKind
from app.errors import Refused
from app.models.captions import caption
from app.models.devices import DeviceBook, DeviceItem
from app.queries.rights import Right
from app.services.exchange.devices import books
from app.services.exchange.devices.books import BookSource, Key
from app.services.exchange.devices.calendars import EventsSource, TasksSource
from app.services.exchange.devices.cards_in import CardRights, take_card
from app.services.exchange.devices.entries_in import EntryWriter
from app.services.exchange.devices.people import PeopleSource

PATHS = {kind.value: kind for kind in DeviceBookKind}
COMPONENTS = {DeviceBookKind.PEOPLE: "VCARD", DeviceBookKind.CALENDAR: "VEVENT", DeviceBookKind.TASKS: "VTODO"}
SECTIONS = {
    DeviceBookKind.PEOPLE: ("Contact persons", "Counterparties"),
    DeviceBookKind.CALENDAR: ("Contacts",),
    DeviceBookKind.TASKS: ("Tasks",),
}
TOKEN = "urn:vizavi:sync:"


@dataclass
class Device:
    """Who asks in this request, and what for."""

    session: Session
    user_id: int
    rights: set[Right]
    now: datetime
    zone: ZoneInfo
    locale: str
    with_texts: bool  # whether the answer has texts of items in it: lists of their versions need none
    body: str = ""  # of an item that came: our own reader loses nothing of it
    rewritten: bool = False  # the item is not letter by letter what came: the device is to read it again
    error: Exception | None = None
    given: list[Key] = field(default_factory=list)  # whose cards the answer has
    _books: dict[DeviceBookKind, DeviceBook] = field(default_factory=dict)

    def reads(self, kind: DeviceBookKind) -> bool:
        return any(self._may("read", kind))

    def writes(self, kind: DeviceBookKind) -> bool:
        return any(self._may("write", kind))

    def _may(self, verb: str, kind: DeviceBookKind) -> list[bool]:
        """In each section that the book is of."""
        return [(f"can_{verb}", section) in self.rights for section in SECTIONS[kind]]

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def source(self, kind: DeviceBookKind) -> BookSource:
        if kind is not DeviceBookKind.PEOPLE:
            made = EventsSource if kind is DeviceBookKind.CALENDAR else TasksSource
            return made(self.user_id, self.zone, self.today, self.locale)
        persons, companies = self._may("read", kind)
        return PeopleSource(self.user_id, persons, companies)

    def take(self, kind: DeviceBookKind, href: str, uid: str, known: DeviceItem | None) -> None:
        """Do with the row what the item says, and make the book equal to it."""
        book = self.book(kind)
        if (
            len(href) > books.LONGEST_NAME
            or len(uid) > books.LONGEST_NAME
            or (known is None and books.is_ours(book, href, uid))
        ):
            raise Refused(_("The name of the card is not one that a device gives."))
        key = (known.subject, known.row_id) if known else books.free(self.session, book, href, uid)
        key, kept = self._taken(kind, key)
        books.bind(self.session, book, href, uid, key, kept)
        del self._books[kind]
        self.book(kind)

    def _taken(self, kind: DeviceBookKind, key: Key | None) -> tuple[Key, str]:
        match kind:
            case DeviceBookKind.CALENDAR:
                return self._writer().take_event(key, self.body)
            case DeviceBookKind.TASKS:
                return self._writer().take_task(key, self.body)
        return take_card(self.session, key, self.body, self._card_rights(), today=self.today)

    def _writer(self) -> EntryWriter:
        return EntryWriter(self.session, self.user_id, self.zone, self.now, self.today)

    def remove(self, kind: DeviceBookKind, href: str) -> None:
        """A person is only taken off the devices; what was planned is cancelled."""
        book = self.book(kind)
        item = self.session.scalars(books.items(book, [href])).one()
        if kind is DeviceBookKind.PEOPLE or not self._writer().remove((item.subject, item.row_id)):
            books.hide(self.session, book, href)

    def _card_rights(self) -> CardRights:
        persons, companies = self._may("write", DeviceBookKind.PEOPLE)
        return CardRights(persons, companies, deletes=("can_delete", "Contact information") in self.rights)

    def book(self, kind: DeviceBookKind) -> DeviceBook:
        """Made equal to the base once a request."""
        if kind not in self._books:
            self._books[kind] = books.fresh(self.session, self.user_id, kind, self.source(kind))
        return self._books[kind]


class BookItem(radicale_item.Item):
    """An item whose text was written beforehand."""

    def __init__(self, row: DeviceItem, collection: BookCollection, text: str) -> None:
        super().__init__(
            collection=collection,
            text=text,
            href=row.href,
            uid=row.uid,
            etag=f'"{row.etag}"',
            name="VCARD" if collection.kind is DeviceBookKind.PEOPLE else "VCALENDAR",
            component_name="" if collection.kind is DeviceBookKind.PEOPLE else collection.component,
            last_modified=email.utils.format_datetime(row.changed_at.astimezone(UTC), usegmt=True),
        )


class BookCollection(BaseCollection):
    """The root, the user's own place, or one of his books."""

    def __init__(self, path: str, kind: DeviceBookKind | None = None) -> None:
        self._path, self.kind = path, kind
        self.book = g.device.book(kind) if kind else None
        self.token = books.token_of(self.book) if self.book else ""

    @property
    def path(self) -> str:
        return self._path

    @property
    def etag(self) -> str:
        return f'"{self.token}"'

    @property
    def last_modified(self) -> str:
        return email.utils.formatdate(usegmt=True)

    @property
    def component(self) -> str:
        return COMPONENTS[self.kind] if self.kind else ""

    def get_meta(self, key: str | None = None) -> Any:
        meta = {}
        if self.kind is not None:
            meta = {"tag": "VCALENDAR", "C:supported-calendar-component-set": self.component}
            if self.kind is DeviceBookKind.PEOPLE:
                meta = {"tag": "VADDRESSBOOK"}
            meta["D:displayname"] = f"Vizavi: {caption(self.kind)}"
        return meta if key is None else meta.get(key)

    def set_meta(self, props: Mapping[str, str]) -> None:
        """Names and colours stay as they are: programs keep their own."""

    def get_all(self) -> Iterator[BookItem]:
        return self._items()

    def get_multi(self, hrefs: Iterable[str]) -> Iterator[tuple[str, BookItem | None]]:
        asked = list(dict.fromkeys(hrefs))
        found = {item.href: item for item in self._items(asked)} if asked else {}
        return iter([(href, found.get(href)) for href in asked])

    def get_filtered(self, filters: Iterable[Element]) -> Iterator[tuple[BookItem, bool]]:
        """By the base: Radicale would read every text."""
        return ((item, True) for item in self._items(where=matching(filters, self.component)))

    def has_uid(self, uid: str) -> bool:
        return next(self._items(where=DeviceItem.uid == uid), None) is not None

    def upload(self, href: str, item: radicale_item.Item) -> tuple[BookItem, BookItem | None]:
        assert self.kind is not None
        query = books.items(g.device.book(self.kind), [href])
        known = g.device.session.scalars(query).one_or_none()
        old = BookItem(known, self, known.text) if known else None
        g.device.take(self.kind, href, item.uid, known)
        new = g.device.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        if new is None:
            raise Refused(_("You would not see it: your role sees other rows."))
        g.device.rewritten = new.text != g.device.body
        return BookItem(new, self, new.text), old

    def delete(self, href: str | None = None) -> None:
        assert href is not None
        assert self.kind is not None
        g.device.remove(self.kind, href)

    def sync(self, old_token: str = "") -> tuple[str, Iterable[str]]:
        assert self.book is not None
        told = TOKEN + self.token
        if not old_token:
            return told, [str(item.href) for item in self._items()]
        number = books.number_of(self.book, old_token.removeprefix(TOKEN))
        if number is None:
            raise ValueError("another base, or an earlier one: start anew")
        return told, books.changed_since(g.device.session, self.book, number)

    def _items(
        self, hrefs: Iterable[str] | None = None, where: ColumnElement[bool] | None = None
    ) -> Iterator[BookItem]:
        if self.book is None:
            return
        query = books.items(self.book, hrefs).options(defer(DeviceItem.kept))
        query = query if where is None else query.where(where)
        if not g.device.with_texts:
            query = query.options(defer(DeviceItem.text))
        for row in g.device.session.scalars(query):
            if g.device.with_texts and self.kind is DeviceBookKind.PEOPLE:
                g.device.given.append((row.subject, row.row_id))
            yield BookItem(row, self, row.text if g.device.with_texts else "-")


class BookStorage(BaseStorage):
    _is_collision_free = _supports_unicode = _supports_trailing_whitespace = _supports_problematic_chars = True

    def discover(
        self,
        path: str,
        depth: str = "0",
        child_context_manager: Callable[..., Any] | None = None,
        user_groups: Any = frozenset(),
    ) -> Iterator[BookCollection | BookItem]:
        parts = [part for part in pathutils.strip_path(path).split("/") if part]
        if parts and parts[0] != str(g.device.user_id):
            return
        if len(parts) < 2:
            yield BookCollection("/".join(parts))
            if parts and depth != "0":
                for name, each in PATHS.items():
                    if g.device.reads(each):
                        yield BookCollection(f"{parts[0]}/{name}", each)
            return
        kind = PATHS.get(parts[1])
        if kind is None or not g.device.reads(kind):
            return
        collection = BookCollection("/".join(parts[:2]), kind)
        if len(parts) == 3:
            yield from (item for _href, item in collection.get_multi(parts[2:]) if item)
        elif len(parts) == 2:
            yield collection
            if depth != "0":
                yield from collection.get_all()

    @contextmanager
    def acquire_lock(self, mode: str, user: str = "", *_args: Any, **_more: Any) -> Iterator[None]:
        """The base itself locks what is written; what fails goes back with the request."""
        yield
        g.device.session.flush()

    def create_collection(self, *_args: Any, **_more: Any) -> Any:
        raise ValueError("books are made by the product")

    def move(self, *_args: Any, **_more: Any) -> None:
        raise ValueError("items are not moved")

    def verify(self) -> bool:
        return True
