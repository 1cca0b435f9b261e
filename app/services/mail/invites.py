"""Invitations: what a letter asks for becomes a planned contact on a click, and follows the next letters about it."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.letters.invites import Invite
from app.domain.words import ContactKind, ContactState, Direction, PartyRole
from app.errors import Refused
from app.models.contacts import Contact
from app.models.letters import Letter, LetterInvite
from app.models.users import User


def take(session: Session, letter: Letter, invite: Invite, *, now: datetime) -> None:
    """Keep what is asked for. A contact that came of an earlier letter of the same sender is moved or cancelled.

    What has a lower number than a letter that came before is old news.
    """
    row = LetterInvite(
        letter_id=letter.id,
        uid=invite.uid,
        sequence=invite.sequence,
        is_cancelled=invite.is_cancelled,
        starts_at=invite.starts,
        ends_at=invite.ends,
        title=invite.title or letter.subject[:200],
        place=invite.place,
        about=invite.about,
    )
    latest = session.scalar(_same(invite.uid, letter.sender).limit(1))
    session.add(row)
    session.flush()
    if latest is None or latest.contact_id is None or latest.sequence > invite.sequence:
        return
    row.contact_id = latest.contact_id
    contact = session.get(Contact, latest.contact_id, execution_options={"unscoped": True})
    if contact is None or contact.state is not ContactState.PLANNED:
        return
    if invite.is_cancelled:
        contact.state = ContactState.CANCELLED
    elif invite.starts >= now:
        contact.starts_at, contact.ends_at = invite.starts, invite.ends


def _same(uid: str, sender: str) -> Select[LetterInvite]:
    """What else its sender said of the meeting, the latest first."""
    said = select(LetterInvite).join(Letter).where(LetterInvite.uid == uid, Letter.sender == sender)
    latest = said.order_by(LetterInvite.sequence.desc(), LetterInvite.id.desc())
    return latest.execution_options(unscoped=True)


def plan(session: Session, letter: Letter, *, user: User) -> Contact:
    """The meeting is in the plan of the user, with whoever asks for it."""
    invite = letter.invite
    if invite is None or invite.is_cancelled:
        raise Refused(_("The letter invites to nothing."))
    if invite.contact is not None:
        raise Refused(_("This meeting is planned already."))
    newer = session.scalar(_same(invite.uid, letter.sender).limit(1))
    if newer is not None and newer.sequence > invite.sequence:
        raise Refused(_("A later letter says something else about this meeting."))
    sender = next((party for party in letter.parties if party.role is PartyRole.FROM), None)
    client_id = sender.counterparty_id if sender else None
    contact = Contact(
        counterparty_id=client_id,
        person_id=sender.person_id if sender else None,
        prospect="" if client_id else (sender and sender.name) or letter.sender or _("Unknown"),
        prospect_email="" if client_id else letter.sender[:200],
        manager_id=user.id,
        kind=ContactKind.MEETING,
        direction=Direction.IN,
        state=ContactState.PLANNED,
        subject=invite.title[:200],
        text="\n".join(filter(None, (invite.place, invite.about))),
        starts_at=invite.starts_at,
        ends_at=invite.ends_at,
    )
    session.add(contact)
    session.flush()
    invite.contact_id = contact.id
    session.flush()
    return contact
