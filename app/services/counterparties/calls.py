"""Calls that a telephone exchange tells of: ringing, they open the caller's card; ended, they are contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain import phones
from app.domain.contact_times import USUAL_LENGTH
from app.domain.words import ContactKind, ContactState, Direction, Importance
from app.errors import Refused
from app.models.access import InquiryKey
from app.models.bell import PhoneCall
from app.models.contacts import Contact
from app.models.users import User, UserProfile
from app.services.contacts.contacts import set_prospect_phone
from app.services.counterparties import callers

RINGS = timedelta(seconds=60)  # what was not picked up by then opens no card any more
RETENTION = timedelta(days=30)  # a message that comes later than this is a new call
LONGEST = {"id": 100, "phone": 50, "user": 64, "extension": 20, "recording": 500}
LONGEST_CALL = 24 * 60 * 60  # seconds
AHEAD = timedelta(minutes=5)  # clocks differ
EXAMPLE = "2026-11-23T10:00:00+03:00"
INTERNAL = 6  # digits: a shorter number is a colleague's


@dataclass(frozen=True)
class CallNews:
    """What the exchange says of one call; `seconds` None: it rings or is being talked."""

    call_id: str
    phone: str
    user: User
    direction: Direction
    at: datetime
    seconds: int | None
    recording: str


def read(session: Session, sent: Mapping[str, Any], *, now: datetime, zone: ZoneInfo) -> CallNews:
    """What was sent, checked; Refused with the field that cannot be so."""
    said = {name: _text(sent, name, most) for name, most in LONGEST.items()}
    if not said["id"]:
        raise Refused(
            _("The exchange's own number of the call is needed: by it a repeated message is known."), field="id"
        )
    if phones.parse(said["phone"]) is None:
        raise Refused(_("A phone number is expected."), field="phone")
    if said["recording"] and not said["recording"].startswith(("https://", "http://")):
        raise Refused(_("An address of a recording begins with %(scheme)s.", scheme="https://"), field="recording")
    direction = _text(sent, "direction", 10) or Direction.IN
    if direction not in set(Direction):
        raise Refused(_("One of these is expected: %(words)s.", words=", ".join(Direction)), field="direction")
    return CallNews(
        said["id"],
        said["phone"],
        _user(session, said["user"], said["extension"]),
        Direction(direction),
        _moment(sent.get("at"), now=now, zone=zone),
        _seconds(sent.get("seconds")),
        said["recording"],
    )


def take(session: Session, key: InquiryKey, news: CallNews, *, now: datetime) -> PhoneCall:
    """Keep what is told of the call; the same message again changes nothing."""
    made = insert(PhoneCall).values(
        key_id=key.id,
        call_id=news.call_id,
        user_id=news.user.id,
        phone=news.phone,
        direction=news.direction,
        rings_since=news.at,
    )
    session.execute(made.on_conflict_do_nothing(index_elements=["key_id", "call_id"]))
    known = select(PhoneCall).where(PhoneCall.key_id == key.id, PhoneCall.call_id == news.call_id)
    call = session.scalars(known.with_for_update().execution_options(populate_existing=True)).one()
    if call.ended_at is not None:
        return call
    call.user_id = news.user.id  # a call that was handed on rings at whoever has it now
    if news.seconds is not None:
        call.ended_at = now
        if len(phones.search_tail(news.phone)) >= INTERNAL:
            call.contact = _contact(session, call, news, now=now)
    session.flush()
    return call


def ringing(session: Session, user_id: int, *, now: datetime) -> PhoneCall | None:
    """The incoming call that rings at the user just now, the latest of them."""
    query = select(PhoneCall).where(
        PhoneCall.user_id == user_id,
        PhoneCall.ended_at.is_(None),
        PhoneCall.rings_since > now - RINGS,
        PhoneCall.direction == Direction.IN,
    )
    return session.scalars(query.order_by(PhoneCall.rings_since.desc(), PhoneCall.id.desc()).limit(1)).first()


def caller_of(session: Session, phone: str) -> str:
    """Who calls, as the viewer of the session may know it."""
    known = callers.find(session, phone)
    names = dict.fromkeys(str(info.counterparty) for info in known.numbers)
    return next(iter(names), "") or next((each.prospect for each in known.prospects), "")


def keep_extension(session: Session, profile: UserProfile, extension: str) -> None:
    """By which the exchange knows the user; an empty one: by his login alone."""
    extension = extension.strip()
    if extension and not (extension.isascii() and extension.isalnum() and len(extension) <= LONGEST["extension"]):
        raise Refused(_("An extension is digits or Latin letters, 20 at most."), field="extension")
    taken = select(UserProfile.id).where(UserProfile.extension == extension, UserProfile.id != profile.id)
    if extension and session.scalar(taken) is not None:
        raise Refused(_("Another user has this extension."), field="extension")
    profile.extension = extension or None
    session.flush()


def tidy(session: Session, *, now: datetime) -> int:
    """Forget calls that nobody will tell of any more; their contacts stay. Returns how many."""
    gone = session.scalars(delete(PhoneCall).where(PhoneCall.rings_since < now - RETENTION).returning(PhoneCall.id))
    return len(gone.all())


def _contact(session: Session, call: PhoneCall, news: CallNews, *, now: datetime) -> Contact:
    """What the ended call becomes: a talk of so many minutes, or a call back of one that nobody took."""
    seconds = timedelta(seconds=news.seconds or 0)
    begins = min(call.rings_since, now - seconds)
    contact = Contact(
        manager_id=news.user.id,
        kind=ContactKind.CALL,
        direction=news.direction,
        state=ContactState.DONE,
        starts_at=begins,
        ends_at=begins + seconds,
        recording=news.recording,
    )
    if not news.seconds and news.direction is Direction.IN:
        contact.state, contact.direction = ContactState.PLANNED, Direction.OUT
        contact.subject, contact.importance = _("Call back: nobody took the call"), Importance.HIGH
        contact.starts_at, contact.ends_at = now, now + USUAL_LENGTH
    _name(session, contact, news)
    session.add(contact)
    session.flush()
    return contact


def _name(session: Session, contact: Contact, news: CallNews) -> None:
    """With whom: the only client (or the only own one) of the number, else whoever called by it before."""
    known = callers.find(session, news.phone)
    clients = {info.counterparty_id: info.counterparty for info in known.numbers}
    own = [client for client in clients.values() if client.manager_id == news.user.id]
    chosen = next(iter(clients.values())) if len(clients) == 1 else own[0] if len(own) == 1 else None
    if chosen is not None:
        contact.counterparty = chosen
        people = {info.person_id for info in known.numbers if info.counterparty_id == chosen.id and info.person_id}
        contact.person_id = people.pop() if len(people) == 1 else None
        return
    before = next(iter(known.prospects), None)
    contact.prospect = before.prospect if before else _("Unknown caller")
    contact.prospect_person = before.prospect_person if before else ""
    contact.prospect_phone = news.phone
    set_prospect_phone(contact)


def _text(sent: Mapping[str, Any], name: str, most: int) -> str:
    value = sent.get(name, "")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Refused(_("A text is expected."), field=name)
    value = value.strip()
    if len(value) > most or not value.isprintable():
        raise Refused(_("No more than %(most)s letters.", most=most), field=name)
    return value


def _user(session: Session, login: str, extension: str) -> User:
    if not login and not extension:
        raise Refused(_("Say at whom it rings: a user or an extension."), field="extension")
    named = func.lower(User.username) == login.lower() if login else UserProfile.extension == extension
    query = select(User).outerjoin(UserProfile, UserProfile.user_id == User.id).where(User.active.is_(True), named)
    found = session.scalars(query).first()
    if found is None:
        raise Refused(_("No user has this login or extension."), field="user" if login else "extension")
    return found


def _moment(text: Any, *, now: datetime, zone: ZoneInfo) -> datetime:
    if text in (None, ""):
        return now
    try:
        at = datetime.fromisoformat(str(text).strip().replace(" ", "T", 1))
    except ValueError:
        raise Refused(_("A moment is expected, such as %(example)s.", example=EXAMPLE), field="at") from None
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if not now - RETENTION < at <= now + AHEAD:
        raise Refused(_("The call is of another time than now."), field="at")
    return min(at, now)


def _seconds(value: Any) -> int | None:
    if value in (None, ""):
        return None
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= LONGEST_CALL):
        raise Refused(_("Whole seconds are expected, a day at most."), field="seconds")
    return int(text)
