"""Notices: what the product tells by itself, each user once; looking twice, or after days, tells nothing twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import roles
from app.domain.birthdays import GREETED, MOST_DAYS, birthday_in, is_near, next_birthday
from app.domain.periods import DAY, Period
from app.domain.stages import Standing, change
from app.domain.words import NoticeKind
from app.models.bell import Notice
from app.queries.bell import notices as queries
from app.queries.own_fields import told_fields
from app.queries.rights import Right, rights_of, users_in

LEAP_DAY = date(2000, 2, 29)
LOOKED_BACK = 7 * DAY  # what happened while nobody looked is told later
GIVES_CLIENTS = ("can_write", "Responsible managers")  # who is told of clients that nobody has
BUYS = ("can_write", "Supplier orders")  # who is told of prices

Row = dict[str, Any]


class Readers:
    """Who is told: the active ones among those named, else whoever gives clients to managers."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(queries.switches()).all()
        self.off = {user_id: set(off or ()) for user_id, off in rows}
        self._session = session

    @cached_property
    def _holders(self) -> dict[Right, list[int]]:
        """A statement a user: not asked for until somebody is told by what he may do."""
        found: dict[Right, list[int]] = defaultdict(list)
        for user_id in self.off:
            for right in rights_of(self._session, user_id):
                found[right].append(user_id)
        return found

    def who_may(self, right: Right) -> list[int]:
        return self._holders.get(right, [])

    def present(self, managers: Iterable[int | None]) -> list[int]:
        """Those who work here, each once."""
        return [each for each in dict.fromkeys(managers) if each is not None and each in self.off]

    def of(self, *managers: int | None) -> list[int]:
        return self.present(managers) or self.who_may(GIVES_CLIENTS)

    def wants(self, user_id: int, kind: NoticeKind) -> bool:
        return user_id in self.off and kind.value not in self.off[user_id]


def make(session: Session, today: date, *, zone: ZoneInfo) -> int:
    """Tell what is worth telling today; returns how many were told something new."""
    readers = Readers(session)
    days = Period(today - LOOKED_BACK, today)
    told = 0
    for rows in (
        _birthdays(session, readers, today, zone),
        _anniversaries(session, readers, today),
        _overdue(session, readers, Period(days.first, today - DAY)),
        _over_limit(session, readers, today),
        _fallen(session, readers, days),
        _prices(session, readers, days),
    ):
        told += tell(session, readers, rows)
    return told


def tell(session: Session, readers: Readers, rows: Iterable[Row]) -> int:
    """Give the notices to those who want them and have not got them; returns how many are new."""
    wanted = [row for row in rows if readers.wants(row["user_id"], row["kind"])]
    if not wanted:
        return 0
    made = insert(Notice).on_conflict_do_nothing(index_elements=["user_id", "key"]).returning(Notice.id)
    return len(session.scalars(made, wanted).all())


def row_of(kind: NoticeKind, user_id: int, key: str, counterparty_id: int | None = None, **more: Any) -> Row:
    """A notice to be told; `key` says of what, among those of its kind."""
    empty: Row = {"person_id": None, "order_id": None, "letter_id": None, "mailbox_id": None, "facts": {}}
    made = {"kind": kind, "user_id": user_id, "key": f"{kind}:{key}", "counterparty_id": counterparty_id}
    return empty | made | more


def _birthdays(session: Session, readers: Readers, today: date, zone: ZoneInfo) -> Iterator[Row]:
    days = _days_of_a_year(today, MOST_DAYS, "%m%d")
    near = [
        each
        for each in session.execute(queries.born_on(days)).all()
        if is_near(each.birthday, today, each.birthday_days)
    ]
    greeted = defaultdict(list)
    for person_id, at in session.execute(queries.congratulations([each.id for each in near])):
        greeted[person_id].append(at.astimezone(zone).date())
    for person_id, born, _days, counterparty_id, managers in near:
        birthday = next_birthday(born, today)
        if any(abs(on - birthday) <= GREETED for on in greeted[person_id]):
            continue
        facts = {"birthday": birthday.isoformat()}
        for user_id in readers.of(*managers):
            key = f"{person_id}:{birthday}"
            yield row_of(NoticeKind.BIRTHDAY, user_id, key, counterparty_id, person_id=person_id, facts=facts)


def _anniversaries(session: Session, readers: Readers, today: date) -> Iterator[Row]:
    """The days of clients in own fields, told to those of the managers who see the field."""
    for field in session.scalars(told_fields()).all():
        ahead = field.told_days or 0
        seen_by = set(session.scalars(users_in([*field.seen_by, roles.ADMIN]))) if field.seen_by else None
        for number, text, managers in session.execute(queries.days_of(field, _days_of_a_year(today, ahead, "%m-%d"))):
            first = date.fromisoformat(text)
            day = next_birthday(first, today)
            if day < first:  # it is ahead still
                continue
            facts = {"what": field.name, "day": day.isoformat(), "years": day.year - first.year}
            for user_id in readers.of(*managers):
                if seen_by is None or user_id in seen_by:
                    key = f"{field.id}:{number}:{day}"
                    yield row_of(NoticeKind.ANNIVERSARY, user_id, key, number, facts=facts)


def _days_of_a_year(today: date, ahead: int, written: str) -> set[str]:
    """From today on; what is of 29 February comes on the 28th of other years."""
    days = [today + n * DAY for n in range(ahead + 1)]
    leap = [LEAP_DAY] if any(birthday_in(day.year, LEAP_DAY) == day for day in days) else []
    return {day.strftime(written) for day in [*days, *leap]}


def _overdue(session: Session, readers: Readers, days: Period) -> Iterator[Row]:
    for each in session.execute(queries.overdue(days)).all():
        late = {"ship": each.ship_on if each.ship else None, "pay": each.pay_by if each.pay else None}
        for what, day in late.items():
            if day is None:
                continue
            for user_id in readers.of(each.manager_id, *each.managers):
                facts, key = {"what": what, "day": day.isoformat()}, f"{what}:{each.id}:{day}"
                yield row_of(NoticeKind.OVERDUE, user_id, key, each.counterparty_id, order_id=each.id, facts=facts)


def _over_limit(session: Session, readers: Readers, today: date) -> Iterator[Row]:
    """Once a month while it lasts, and again when the limit is another."""
    for number, managers, debt, limit in session.execute(queries.over_limit()).all():
        for user_id in readers.of(*managers):
            key, facts = f"{number}:{limit}:{today:%Y-%m}", {"debt": str(debt), "limit": str(limit)}
            yield row_of(NoticeKind.OVER_LIMIT, user_id, key, number, facts=facts)


def _fallen(session: Session, readers: Readers, days: Period) -> Iterator[Row]:
    for number, counterparty_id, managers, old, new in session.execute(queries.classes_changed(days)).all():
        if old is not None and (new is None or new > old):
            for user_id in readers.of(*managers):
                facts = {"old": old, "new": new}
                yield row_of(NoticeKind.CLASS_FELL, user_id, str(number), counterparty_id, facts=facts)
    for number, counterparty_id, managers, *places in session.execute(queries.stages_changed(days)).all():
        old, new = Standing(*places[:2]), Standing(*places[2:])
        if old.stage is not None and change(old, new) < 0:
            for user_id in readers.of(*managers):
                facts = {"old": old.text, "new": new.text}
                yield row_of(NoticeKind.STAGE_FELL, user_id, str(number), counterparty_id, facts=facts)


def _prices(session: Session, readers: Readers, days: Period) -> Iterator[Row]:
    for counterparty_id, on, managers, count, percent in session.execute(queries.prices_rose(days)).all():
        for user_id in dict.fromkeys([*readers.who_may(BUYS), *readers.present(managers)]):
            facts = {"items": count, "percent": str(percent), "on": on.isoformat()}
            yield row_of(NoticeKind.PRICE_ROSE, user_id, f"{counterparty_id}:{on}", counterparty_id, facts=facts)


def mark_read(session: Session, user_id: int, *, now: datetime, number: int | None = None) -> None:
    """He has seen them: one of them, or all."""
    mine = select(Notice.id).where(Notice.user_id == user_id, queries.unread_ones())
    mine = mine if number is None else mine.where(Notice.id == number)
    session.execute(update(Notice).where(Notice.id.in_(mine)).values(read_at=now))
