"""Books of items: made equal to the base when a program asks, with a number by which it learns what changed since."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ARRAY, Select, String, and_, cast, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session, load_only

from app.domain.words import DeviceBookKind, DeviceSubject
from app.models.devices import DeviceBook, DeviceItem
from app.queries.sql import one_of

BATCH = 500  # items in memory
OWN_NAME = re.compile(rf"({'|'.join(DeviceSubject)})-\d+\.\w+")
LONGEST_NAME = 255
Key = tuple[DeviceSubject, int]


@dataclass(frozen=True)
class WrittenItem:
    """An item as a program reads it."""

    text: str
    name: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class KnownItem:
    """What a book knows of an item before it is written: how programs call it, what they wrote of it."""

    uid: str
    kept: str = ""


class BookSource(Protocol):
    """Where the items of a book come from."""

    ending: str  # of their names

    def seen(self) -> Select[Any]:
        """The rows that belong into the book: subject, row_id, and a stamp that changes with what they say."""

    def write(self, session: Session, rows: dict[Key, KnownItem]) -> Iterator[tuple[Key, WrittenItem]]: ...


def fresh(session: Session, user_id: int, kind: DeviceBookKind, source: BookSource) -> DeviceBook:
    """The book, equal to what its user sees now. It stays locked until the commit."""
    book = _locked(session, user_id, kind)
    number = book.number + 1
    changed = False
    there = select(DeviceItem).where(DeviceItem.book_id == book.id).subquery()
    seen = source.seen().subquery()
    same = and_(seen.c.subject == there.c.subject, seen.c.row_id == there.c.row_id)
    other = or_(there.c.id.is_(None), there.c.gone, there.c.stamp != seen.c.stamp)
    differ = or_(and_(seen.c.row_id.is_not(None), other), and_(seen.c.row_id.is_(None), ~there.c.gone))
    columns = (seen.c.subject, seen.c.row_id, seen.c.stamp, there.c.id)
    rows = session.execute(
        select(*columns)
        .select_from(seen.join(there, same, full=True))
        .where(differ, there.c.hidden.is_not(True))
        .order_by(seen.c.subject, seen.c.row_id)
    ).all()
    if lost := [row.id for row in rows if row.row_id is None]:
        gone = update(DeviceItem).where(one_of(DeviceItem.id, lost))
        nothing = {"text": "", "kept": "", "name": ""}  # of what he sees no more
        session.execute(gone.values(gone=True, number=number, changed_at=func.now(), **nothing))
        changed = True
    other_now = [row for row in rows if row.row_id is not None]
    for at in range(0, len(other_now), BATCH):
        changed |= _write(session, book, number, source, other_now[at : at + BATCH])
    if changed:
        book.number = number
        session.flush()
    return book


def _locked(session: Session, user_id: int, kind: DeviceBookKind) -> DeviceBook:
    mine = select(DeviceBook).where(DeviceBook.user_id == user_id, DeviceBook.kind == kind).with_for_update()
    mine = mine.execution_options(populate_existing=True)
    book = session.scalars(mine).one_or_none()
    if book is None:
        begun = pg_insert(DeviceBook).values(user_id=user_id, kind=kind).on_conflict_do_nothing()
        session.execute(begun)
        book = session.scalars(mine).one()
    return book


def _write(session: Session, book: DeviceBook, number: int, source: BookSource, rows: Sequence[Any]) -> bool:
    """Write these items anew; whether a program would see another text."""
    known = {
        item.id: item
        for item in session.scalars(
            select(DeviceItem)
            .where(one_of(DeviceItem.id, [row.id for row in rows if row.id is not None]))
            .options(load_only(DeviceItem.uid, DeviceItem.kept, DeviceItem.etag, DeviceItem.gone))
        )
    }
    asked: dict[Key, KnownItem] = {}
    by_key = {}
    for row in rows:
        key = (DeviceSubject(row.subject), row.row_id)
        item = known.get(row.id)
        asked[key] = KnownItem(item.uid, item.kept) if item else KnownItem(uid_of(book, key))
        by_key[key] = (row.stamp, item)
    new, changed = [], False
    for key, written in source.write(session, asked):
        stamp, item = by_key[key]
        etag = etag_of(written.text)
        values = {
            "stamp": stamp,
            "etag": etag,
            "text": written.text,
            "name": written.name,
            "starts_at": written.starts_at,
            "ends_at": written.ends_at,
            "gone": False,
            "number": number,
        }
        if item is None:
            subject, row_id = key
            href = f"{subject}-{row_id}.{source.ending}"
            new.append(
                {"book_id": book.id, "subject": subject, "row_id": row_id, "href": href, "uid": asked[key].uid} | values
            )
        elif item.gone or item.etag != etag:
            for name, value in values.items():
                setattr(item, name, value)
            item.changed_at = func.now()
            changed = True
        else:
            item.stamp = stamp
    session.flush()
    for item in known.values():
        session.expunge(item)
    if new:
        session.execute(insert(DeviceItem), new)
    return changed or bool(new)


def bind(session: Session, book: DeviceBook, href: str, uid: str, key: Key, kept: str) -> None:
    """The device knows the row by this name from now on; the book is to be made equal again."""
    subject, row_id = key
    of_row = select(DeviceItem).where(
        DeviceItem.book_id == book.id, DeviceItem.subject == subject, DeviceItem.row_id == row_id
    )
    item = session.scalars(of_row).one_or_none()
    if item is None:
        item = DeviceItem(book_id=book.id, subject=subject, row_id=row_id, etag="", text="", number=book.number)
        session.add(item)
    item.href, item.uid, item.kept = href, uid, kept
    item.stamp, item.hidden = "", False
    session.flush()


def free(session: Session, book: DeviceBook, href: str, uid: str) -> Key | None:
    """Make the name and the uid free for a new item. The row, if it is one that the user took away himself."""
    known = select(DeviceItem).where(
        DeviceItem.book_id == book.id, DeviceItem.gone, or_(DeviceItem.href == href, DeviceItem.uid == uid)
    )
    rows = session.scalars(known).all()
    if len(rows) == 1 and rows[0].hidden:
        return rows[0].subject, rows[0].row_id
    for row in rows:
        if row.href == href:
            session.delete(row)
        else:
            row.uid = f"gone-{row.id}"
    session.flush()
    return None


def hide(session: Session, book: DeviceBook, href: str) -> None:
    """Taken away on a device: it stays in the base, and away from the devices of this user."""
    book.number += 1
    away = {"hidden": True, "gone": True, "text": "", "number": book.number, "changed_at": func.now()}
    session.execute(update(DeviceItem).where(DeviceItem.book_id == book.id, DeviceItem.href == href).values(away))
    session.flush()


def uid_of(book: DeviceBook, key: Key) -> str:
    """How programs call what came from the product; no program makes such a one itself."""
    subject, row_id = key
    return f"{own_uids(book)}{subject}-{row_id}"


def hidden_of(session: Session, user_id: int) -> Sequence[DeviceItem]:
    """What the user took away on his devices."""
    mine = select(DeviceItem).join(DeviceBook, DeviceBook.id == DeviceItem.book_id).where(DeviceItem.hidden)
    mine = mine.where(DeviceBook.user_id == user_id).options(load_only(DeviceItem.name, DeviceItem.changed_at))
    return session.scalars(mine.order_by(DeviceItem.changed_at.desc(), DeviceItem.id).limit(100)).all()


def show_again(session: Session, user_id: int, number: int) -> bool:
    """It comes back with the next question of a device; False when the user hid no such."""
    own = select(DeviceBook.id).where(DeviceBook.user_id == user_id)
    back = update(DeviceItem).where(DeviceItem.id == number, DeviceItem.hidden, DeviceItem.book_id.in_(own))
    return session.scalar(back.values(hidden=False).returning(DeviceItem.id)) is not None


def is_ours(book: DeviceBook, href: str, uid: str) -> bool:
    """Whether an item is called as those that the product makes itself."""
    return OWN_NAME.fullmatch(href) is not None or uid.startswith((own_uids(book), "gone-"))


def own_uids(book: DeviceBook) -> str:
    return f"vizavi-{book.line.hex[:12]}-"


def etag_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def token_of(book: DeviceBook) -> str:
    return f"{book.line.hex}-{book.number}"


def number_of(book: DeviceBook, token: str) -> int | None:
    """The number of the book when the token was told; None for one that is not of this book."""
    line, _dash, number = token.rpartition("-")
    known = line == book.line.hex and number.isascii() and number.isdecimal() and len(number) < 19
    return int(number) if known and int(number) <= book.number else None


def begin_anew(session: Session) -> None:
    """After a copy was restored no token of before is good: devices ask for everything again."""
    session.execute(update(DeviceBook).values(line=func.gen_random_uuid()))


def items(book: DeviceBook, hrefs: Iterable[str] | None = None) -> Select[DeviceItem]:
    """What is in the book: all of it, or the items of these names."""
    there = select(DeviceItem).where(DeviceItem.book_id == book.id, ~DeviceItem.gone)
    if hrefs is not None:
        there = there.where(DeviceItem.href == func.any(cast(list(hrefs), ARRAY(String))))
    return there.order_by(DeviceItem.id)


def changed_since(session: Session, book: DeviceBook, number: int) -> Sequence[str]:
    """The names of items that are other, or no more, since the book had this number."""
    later = select(DeviceItem.href).where(DeviceItem.book_id == book.id, DeviceItem.number > number)
    return session.scalars(later.order_by(DeviceItem.id)).all()
