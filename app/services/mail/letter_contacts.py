"""Letters of clients are contacts with them: one a letter, of whoever wrote it, or was written to first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from app.domain.letters.answers import parted
from app.domain.letters.keeping import WORTH_A_CONTACT
from app.domain.words import ContactKind, ContactState, Direction, LetterState, PartyRole
from app.models.captions import letter_text
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.letters import Letter, LetterParty
from app.models.orders import BuyerOrder
from app.queries.sql import one_of

LONGEST_TEXT = 4000
MOST_ORDERS = 50  # whose numbers stand in one subject
DECIDES = {Direction.IN: (PartyRole.FROM,), Direction.OUT: (PartyRole.TO, PartyRole.CC)}


def keep_of(session: Session, letter_ids: Sequence[int]) -> None:
    """Make the contacts of letters whose people are known now."""
    letters = select(Letter).where(one_of(Letter.id, letter_ids)).order_by(Letter.at, Letter.id)
    loaded = letters.options(selectinload(Letter.parties), joinedload(Letter.mailbox), undefer(Letter.text))
    found = session.scalars(loaded.execution_options(unscoped=True, populate_existing=True)).all()
    with session.no_autoflush:  # all contacts are written at once
        for letter in found:
            keep(session, letter)
    session.flush()


def keep(session: Session, letter: Letter) -> Contact | None:
    """The contact of the letter; None where it is a machine's, or with nobody whom the base knows."""
    if letter.contact_id or letter.kind not in WORTH_A_CONTACT or letter.state is LetterState.WAITING:
        return None
    with_whom = _decisive(letter)
    if with_whom is None:
        return None
    mailbox = letter.mailbox
    client = session.get_one(Counterparty, with_whom.counterparty_id, execution_options={"unscoped": True})
    contact = contact_of(
        session,
        letter,
        counterparty_id=client.id,
        person_id=with_whom.person_id,
        manager_id=letter.author_id or (mailbox.owner_id if mailbox else None) or client.manager_id,
    )
    letter.order_id = order_named(session, client.id, letter.subject)
    return contact


def contact_of(session: Session, letter: Letter, **whose: Any) -> Contact:
    """The letter as a contact with somebody: `whose` are its other columns."""
    contact = Contact(
        kind=ContactKind.EMAIL,
        direction=letter.direction,
        state=ContactState.DONE,
        subject=letter.subject[:200],
        text=letter_text(parted(letter.text).own)[:LONGEST_TEXT],
        starts_at=letter.at,
        ends_at=letter.at,
        **whose,
    )
    session.add(contact)
    letter.contact = contact
    return contact


def order_named(session: Session, counterparty_id: int, subject: str) -> int | None:
    """The order of the client whose number stands in the subject, as a word of its own."""
    named = select(BuyerOrder.id, BuyerOrder.number).where(
        BuyerOrder.counterparty_id == counterparty_id, func.strpos(subject, BuyerOrder.number) > 0
    )
    found = session.execute(named.order_by(BuyerOrder.id.desc()).limit(MOST_ORDERS).execution_options(unscoped=True))
    whole = [row for row in found if re.search(rf"(?<!\w){re.escape(row.number)}(?!\w)", subject)]
    return max(whole, key=lambda row: len(row.number)).id if whole else None


def _decisive(letter: Letter) -> LetterParty | None:
    """From decides, To and Cc only add participants."""
    for role in DECIDES[letter.direction]:
        for party in letter.parties:
            if party.role is role and party.counterparty_id is not None:
                return party
    return None
