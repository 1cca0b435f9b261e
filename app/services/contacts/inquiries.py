"""Inquiries from sites: keys that are shown once, limits, and the contact of whoever is on duty."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import roles
from app.domain.contact_times import USUAL_LENGTH
from app.domain.passwords import digest
from app.domain.words import ContactKind, ContactState, Direction
from app.models.access import InquiryCount, InquiryDuty, InquiryKey
from app.models.contacts import Contact
from app.models.counterparties import InformationSource
from app.models.users import Role, User
from app.services.access import keys
from app.services.access.guessing import network
from app.services.contacts.contacts import set_prospect_phone
from app.services.contacts.sources import campaign_of

HEADS = ("Commercial director", roles.ADMIN)  # who gets what nobody is on duty for
SPAN = timedelta(minutes=10)
FROM_ADDRESS = 10  # in a span: a family, or an office, behind one address
BY_KEY = 200  # in a span: more than a site of a trade company gets from people
LONGEST = {"name": 200, "company": 200, "phone": 50, "email": 200, "text": 4000, "page": 500}
CALLS_BY_KEY = 5000  # in a span: two messages a call of a hundred people who do nothing else
TRAP = "website"  # a field that no person sees


@dataclass(frozen=True)
class Limit:
    """A mark that tells nothing of whom it counts, and how many it may send in a span."""

    mark: str
    most: int

    @classmethod
    def of_address(cls, address: str, secret: str, what: str = "inquiry", most: int = FROM_ADDRESS) -> Limit:
        told = f"{what}\n{network(address)}".encode("utf-8", "replace")
        return cls(hmac.new(secret.encode(), told, hashlib.sha256).hexdigest(), most)

    @classmethod
    def of_key(cls, key: InquiryKey) -> Limit:
        most = CALLS_BY_KEY if key.for_calls else BY_KEY
        return cls(hashlib.sha256(f"key {key.id}".encode()).hexdigest(), most)


def wait(session: Session, limit: Limit, *, now: datetime) -> timedelta:
    """Count one more; nothing when it may be taken, else how long to wait."""
    count: Any = InquiryCount.__table__
    is_over = count.c.since <= now - SPAN
    row = session.execute(
        insert(count)
        .values(mark=limit.mark, since=now, many=1)
        .on_conflict_do_update(
            index_elements=["mark"],
            set_={
                "since": case((is_over, now), else_=count.c.since),
                "many": case((is_over, 1), else_=count.c.many + 1),
            },
        )
        .returning(count.c.since, count.c.many)
    ).one()
    since: datetime = row.since
    return max(since + SPAN - now, timedelta(seconds=1)) if row.many > limit.most else timedelta(0)


def tidy(session: Session, *, now: datetime) -> int:
    """Forget counts that are over; returns how many."""
    gone = session.scalars(delete(InquiryCount).where(InquiryCount.since < now - SPAN).returning(InquiryCount.id))
    return len(gone.all())


def make_key(session: Session, key: InquiryKey, *, now: datetime) -> str:
    """Keep the key; gives it as it is, which nobody can ask for again."""
    return keys.keep(session, key, secrets.token_urlsafe(24), now=now)


def key_of(session: Session, secret: str, *, for_calls: bool = False) -> InquiryKey | None:
    """The key that is in force, of a site or of a telephone exchange; None for one that was revoked or never was."""
    in_force = InquiryKey.revoked_at.is_(None), InquiryKey.for_calls.is_(for_calls)
    return session.scalar(select(InquiryKey).where(InquiryKey.hash == digest(secret), *in_force))


def wrong(sent: Mapping[str, Any]) -> dict[str, str]:
    """What cannot be taken, by fields, in the reader's language."""
    told = {}
    for name, most in LONGEST.items():
        value = sent.get(name, "")
        if not isinstance(value, str):
            told[name] = _("A text is expected.")
        elif len(value.strip()) > most:
            told[name] = _("No more than %(most)s letters.", most=most)
    if told:
        return told
    if not sent.get("name", "").strip():
        told["name"] = _("Fill this in.")
    if not (sent.get("phone", "").strip() or sent.get("email", "").strip()):
        told["phone"] = _("A phone or an e-mail is needed to answer.")
    return told


def take(session: Session, key: InquiryKey, sent: Mapping[str, str], *, now: datetime, today: date) -> Contact:
    """The incoming contact that the inquiry becomes; it is planned, as somebody has to answer."""
    said = {name: sent.get(name, "").strip() for name in LONGEST}
    source: InformationSource | None = key.source
    campaign = key.campaign or campaign_of(session, key.source_id, today)
    contact = Contact(
        prospect=said["company"] or said["name"],
        prospect_person=said["name"],
        prospect_phone=said["phone"],
        prospect_email=said["email"],
        kind=ContactKind.OTHER,
        direction=Direction.IN,
        state=ContactState.PLANNED,
        subject=_("Inquiry from the site: %(form)s", form=key.name),
        text="\n".join(filter(None, (said["text"], said["page"]))),
        starts_at=now,
        ends_at=now + USUAL_LENGTH,
        source=source,
        campaign=campaign,
        manager=on_duty(session),
    )
    set_prospect_phone(contact)
    session.add(contact)
    session.flush()
    return contact


def on_duty(session: Session) -> User | None:
    """Whose turn it is: the user on duty, the next of the role, the head."""
    duty = session.scalars(select(InquiryDuty).with_for_update().execution_options(populate_existing=True)).one()
    if duty.user is not None and duty.user.active:
        return duty.user
    for role in filter(None, (duty.role and duty.role.name, *HEADS)):
        users = _active(session, role)
        if users:
            chosen = next((user for user in users if user.id > duty.last_id), users[0])
            duty.last_id = chosen.id
            return chosen
    return None


def _active(session: Session, role: str) -> list[User]:
    query = select(User).join(User.roles).where(Role.name == role, User.active.is_(True)).order_by(User.id)
    return list(session.scalars(query))
