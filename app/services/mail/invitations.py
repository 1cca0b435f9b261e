"""Our meetings: their participants are asked by letter, told of a new time or that it will not be; what they answer."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domain.formats.icalendar import Invited, write_invitation
from app.domain.letters.addresses import Recipient, WrongRecipient, recipient, spellings
from app.domain.letters.invites import InviteAnswer
from app.domain.letters.writing import CalendarPart, Draft
from app.domain.words import ContactState, InfoType, LetterKind
from app.errors import Refused
from app.models.contacts import Contact, ContactParticipant, MeetingInvitation
from app.models.counterparties import ContactInfo, ContactInfoKind
from app.models.letters import Letter
from app.models.mailboxes import Mailbox
from app.models.users import User, full_name
from app.queries.mail.people import mailboxes_of
from app.queries.sql import one_of
from app.services.mail.sending import send, sender_of


@dataclass(frozen=True)
class InvitedPeople:
    """Whom the letters went to, and who has no address."""

    reached: list[str] = field(default_factory=list)
    without_address: list[str] = field(default_factory=list)


def invite(session: Session, contact: Contact, author: User, *, now: datetime, zone: ZoneInfo) -> InvitedPeople:
    """Tell the participants how the meeting stands now; whoever takes part no more is told that it is not for him."""
    mailbox = _mailbox_of(session, author)
    person = contact.person
    if person is not None and person.id not in {one.person_id for one in contact.participants}:
        contact.participants.append(ContactParticipant(person=person))
    invitation, is_off = contact.invitation, contact.state is ContactState.CANCELLED
    if contact.state is ContactState.DONE or (contact.starts_at <= now and not is_off):
        raise Refused(_("The meeting has begun already: nobody is invited to it."))
    if is_off and (invitation is None or invitation.is_cancelled):
        raise Refused(_("Nobody was invited, or everybody knows already."))
    asked = everybody(session, contact)
    reached = [one for one in asked.values() if one is not None and one.email.lower() != mailbox.address.lower()]
    if not reached and invitation is None:
        raise Refused(_("No participant has an e-mail address: write it on his card first."))
    gone = _gone(invitation, reached)
    if invitation is None:
        invitation = MeetingInvitation(uid=f"{secrets.token_hex(16)}@vizavi", sequence=0, organizer=mailbox.address)
        contact.invitation = invitation
    elif not invitation.says(contact) or gone:
        invitation.sequence += 1
    if invitation.starts_at and (invitation.starts_at, invitation.ends_at) != (contact.starts_at, contact.ends_at):
        for one in contact.participants:
            one.answer = one.answered_at = None  # it was said of another time
    invitation.is_cancelled, invitation.what, invitation.place = is_off, str(contact)[:200], contact.place
    invitation.starts_at, invitation.ends_at, invitation.sent_at = contact.starts_at, contact.ends_at, now
    invitation.told = sorted(one.email.lower() for one in reached)
    session.flush()
    for people, off in ((reached, is_off), (gone, True)):
        if people:
            _letter(session, contact, mailbox, people, is_off=off, author=author, now=now, zone=zone)
    silent = [str(who).strip() for who, address in asked.items() if address is None]
    return InvitedPeople([one.name or one.email for one in reached], silent)


def is_expected(contact: Contact, now: datetime) -> bool:
    """Somebody was invited to it and would come."""
    told = contact.invitation
    return told is not None and bool(told.told) and not told.is_cancelled and told.ends_at > now


def call_off(session: Session, contact: Contact, author: User, *, now: datetime, zone: ZoneInfo) -> int:
    """Tell whoever was invited that it will not be, before it is deleted; returns to how many a letter goes.

    To be committed before: whoever undoes the deletion finds what the letters have said. It goes out of the mailbox
    that invited, whoever deletes: calendars believe nobody else.
    """
    invitation: MeetingInvitation = contact.invitation  # type: ignore[assignment]
    inviting = select(Mailbox).where(func.lower(Mailbox.address) == invitation.organizer.lower())
    mailbox = session.scalar(inviting.execution_options(unscoped=True)) or _mailbox_of(session, author)
    invitation.sequence, invitation.is_cancelled, invitation.sent_at = invitation.sequence + 1, True, now
    session.flush()
    people = [Recipient(address) for address in invitation.told]
    _letter(session, contact, mailbox, people, is_off=True, author=author, now=now, zone=zone)
    return len(people)


def _mailbox_of(session: Session, author: User) -> Mailbox:
    mailbox: Mailbox | None = session.scalars(mailboxes_of(author.id).limit(1)).one_or_none()
    if mailbox is None:
        raise Refused(_("You have no mailbox to send from: set one up first."))
    return mailbox


def everybody(session: Session, contact: Contact) -> dict[object, Recipient | None]:
    """The responsible and the participants: each with his first address that can be written to."""
    people = {person.id: person for person in contact.persons}
    users = [*contact.colleagues, *([contact.manager] if contact.manager is not None else [])]
    emails = (
        select(ContactInfo.person_id, ContactInfo.value)
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(one_of(ContactInfo.person_id, list(people)), ContactInfoKind.type == InfoType.EMAIL)
        .order_by(ContactInfo.returned_on.is_not(None), ContactInfo.id)
    )
    first: dict[int | None, str] = {}
    for person_id, value in session.execute(emails):
        first.setdefault(person_id, value)
    found: dict[object, Recipient | None] = {
        person: _recipient(first.get(number, ""), person.name) for number, person in people.items()
    }
    return found | {user: _recipient(user.email or "", full_name(user)) for user in users}


def _recipient(address: str, name: str) -> Recipient | None:
    try:
        return Recipient(recipient(address).email, name)
    except WrongRecipient:
        return None


def _gone(invitation: MeetingInvitation | None, reached: Iterable[Recipient]) -> list[Recipient]:
    here = {one.email.lower() for one in reached}
    told = invitation.told if invitation is not None and not invitation.is_cancelled else []
    return [Recipient(address) for address in told if address not in here]


def _letter(
    session: Session,
    contact: Contact,
    mailbox: Mailbox,
    people: list[Recipient],
    *,
    is_off: bool,
    author: User,
    now: datetime,
    zone: ZoneInfo,
) -> Letter:
    invitation: MeetingInvitation = contact.invitation  # type: ignore[assignment]
    sender = sender_of(mailbox, author)
    meeting = Invited(
        invitation.uid,
        invitation.sequence,
        contact.starts_at,
        contact.ends_at,
        invitation.what,
        Recipient(invitation.organizer, sender.name),
        people,
        invitation.place,
        is_off,
    )
    starts, ends = contact.starts_at.astimezone(zone), contact.ends_at.astimezone(zone)
    day = format_date(starts.date(), "EEEE, d MMMM yyyy")
    offset = f"{starts:%z}"
    when = f"{day}, {starts:%H:%M}–{ends:%H:%M} (UTC{offset[:3]}:{offset[3:]})"
    lines = [invitation.what, "", _("When: %(when)s", when=when)]
    lines += [_("Where: %(place)s", place=invitation.place)] if invitation.place else []
    subject = (
        _("Cancelled: %(what)s", what=invitation.what) if is_off else _("Invitation: %(what)s", what=invitation.what)
    )
    if is_off:
        lines.insert(0, _("The meeting will not take place, or is without you."))
    draft = Draft(
        sender,
        people,
        " ".join(subject.split()),
        "\n".join(lines),
        calendar=CalendarPart(meeting.method, write_invitation(meeting, now)),
    )
    return send(session, mailbox, draft, now=now, author_id=author.id, kind=LetterKind.INVITE, contact=contact)


def known_of(session: Session, uids: Set[str]) -> set[str]:
    """Those of the ids that are of our invitations."""
    asked = select(MeetingInvitation.uid).where(MeetingInvitation.uid.in_(uids))
    return set(session.scalars(asked.execution_options(unscoped=True))) if uids else set()


def hear(session: Session, letter: Letter, answer: InviteAnswer, *, now: datetime) -> None:
    """What a participant says to the invitation as it stands; one of an older time is no answer to this one.

    He says it for himself alone: by a letter of an address of his, which lies in the mailbox that invited him or was
    sent from his own one here.
    """
    asked = select(MeetingInvitation).where(MeetingInvitation.uid == answer.uid)
    invitation = session.scalar(asked.execution_options(unscoped=True))
    if invitation is None or answer.sequence < invitation.sequence:
        return
    here = spellings(letter.mailbox.address) if letter.mailbox is not None else set[str]()
    if here.isdisjoint({invitation.organizer.lower(), letter.sender}):
        return
    same = select(ContactParticipant).where(
        ContactParticipant.contact_id == invitation.contact_id,
        *(_is_of(written) for written in (spellings(answer.address), spellings(letter.sender))),
    )
    for one in session.scalars(same.execution_options(unscoped=True)):
        one.answer, one.answered_at = answer.says, now.replace(microsecond=0)  # as a file says it
    session.flush()


def _is_of(written: Set[str]) -> ColumnElement[bool]:
    """The participant has the address, in any of its spellings."""
    people = select(ContactInfo.person_id).where(func.lower(ContactInfo.value).in_(written))
    users = select(User.id).where(func.lower(User.email).in_(written))
    owners = select(Mailbox.owner_id).where(func.lower(Mailbox.address).in_(written))
    user = ContactParticipant.user_id
    return ContactParticipant.person_id.in_(people) | user.in_(users) | user.in_(owners)
