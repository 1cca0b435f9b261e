"""Letters that came back: which of ours, for whom, and what the server said."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.letters.addresses import spellings
from app.domain.letters.machines import Bounce, Failure
from app.domain.words import Direction, InfoType, PartyRole, RecipientState
from app.models.counterparties import ContactInfo, ContactInfoKind
from app.models.letters import Letter, LetterParty
from app.services.mail import troubles

LONGEST = 500


def take(session: Session, letter: Letter, bounce: Bounce, *, today: date) -> None:
    """Mark the recipients of our letter, and their addresses where it is for good.

    Nobody can mark an address by a report of a letter that we never sent there.
    """
    ours = select(Letter).where(Letter.message_id == bounce.of, Letter.direction == Direction.OUT)
    sent = session.scalar(ours.execution_options(unscoped=True)) if bounce.of else None
    if sent is None:
        return
    letter.references = [*letter.references, sent.message_id]
    parties = select(LetterParty).where(LetterParty.letter_id == sent.id, LetterParty.role != PartyRole.FROM)
    recipients = session.scalars(parties.execution_options(unscoped=True)).all()
    for failure in [each for each in bounce.failures if each.is_final][:1]:
        troubles.came_back(session, sent, failure.words or failure.status)
    for failure in bounce.failures:
        _mark(session, [party for party in recipients if party.address.lower() == failure.address], failure, today)


def _mark(session: Session, parties: list[LetterParty], failure: Failure, today: date) -> None:
    words = " ".join(filter(None, (failure.status, failure.words)))[:LONGEST]
    for party in parties:
        party.answer = words
        if failure.is_final:
            party.state = RecipientState.BOUNCED
    if parties and failure.is_final:
        emails = select(ContactInfoKind.id).where(ContactInfoKind.type == InfoType.EMAIL)
        known = update(ContactInfo).where(
            func.lower(ContactInfo.value).in_(spellings(failure.address)),
            ContactInfo.kind_id.in_(emails),
            ContactInfo.returned_on.is_(None),
        )
        marked = known.values(returned_on=today, returned_words=words)
        session.execute(marked.execution_options(unscoped=True, synchronize_session=False))
