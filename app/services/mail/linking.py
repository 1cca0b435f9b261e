"""Whose letters are: addresses of the base find their letters, whichever came first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import event, inspect, text
from sqlalchemy.orm import Session

from app.domain.letters.addresses import spellings
from app.models.counterparties import ContactInfo
from app.models.letters import Letter
from app.queries.mail.owners import OWNERS
from app.services.mail import letter_contacts

NEW_ADDRESSES = "addresses_for_letters"  # what a session wrote and has not looked for yet
# A domain may be written in either alphabet, in a letter otherwise than in the base: `spellings` has both for each of
# `kept`. What is written as the base has it comes first.
WRITTEN = """
    WITH written AS (
        SELECT * FROM unnest(CAST(:spellings AS text[]), CAST(:kept AS text[])) AS one (spelling, address))"""
LINK = f"""{WRITTEN}, owner AS (
        SELECT DISTINCT ON (spelling) spelling, known.* FROM ({OWNERS}) known JOIN written USING (address)
        ORDER BY spelling, spelling <> address)
    UPDATE letter_party party SET counterparty_id = owner.counterparty_id, person_id = owner.person_id
    FROM owner
    WHERE lower(party.address) = owner.spelling AND party.counterparty_id IS NULL AND party.role <> 'about'
    """
# The letter is about the others too whose the address is.
ABOUT = f"""{WRITTEN}
    INSERT INTO letter_party (letter_id, role, at, counterparty_id, person_id)
    SELECT DISTINCT ON (party.letter_id, info.counterparty_id)
        party.letter_id, 'about', party.at, info.counterparty_id, info.person_id
    FROM contact_info info JOIN contact_info_kind kind ON kind.id = info.kind_id AND kind.type = 'email'
        JOIN written ON written.address = lower(info.value)
        JOIN letter_party party ON lower(party.address) = written.spelling
    WHERE lower(info.value) = ANY(CAST(:addresses AS text[]))
        AND NOT EXISTS (SELECT FROM letter_party other
            WHERE other.letter_id = party.letter_id AND other.counterparty_id = info.counterparty_id)
    """
IN_ORDER = "ORDER BY party.letter_id, info.counterparty_id, (info.person_id IS NULL), info.id"
OF_SOME = "AND party.letter_id = ANY(CAST(:letters AS int[]))"
LINK_ALL, LINK_SOME = text(f"{LINK} RETURNING party.letter_id"), text(f"{LINK} {OF_SOME}")
ABOUT_ALL, ABOUT_SOME = text(f"{ABOUT} {IN_ORDER}"), text(f"{ABOUT} {OF_SOME} {IN_ORDER}")


def link(session: Session, addresses: Collection[str]) -> int:
    """Give the letters of these addresses to those whose they are; returns how many letters moved."""
    session.flush()
    asked = _asked(addresses)
    moved = set(session.scalars(LINK_ALL, asked))
    session.execute(ABOUT_ALL, asked)
    if moved:
        letter_contacts.keep_of(session, sorted(moved))
    return len(moved)


def link_letters(session: Session, letters: Sequence[Letter], addresses: Collection[str]) -> None:
    """Find out whose these new letters are; `addresses` are those of them that stand in the base."""
    of_them = [letter.id for letter in letters if any(party.address.lower() in addresses for party in letter.parties)]
    if of_them:
        asked = _asked(addresses) | {"letters": of_them}
        session.execute(LINK_SOME, asked)
        session.execute(ABOUT_SOME, asked)
        letter_contacts.keep_of(session, of_them)


def _asked(addresses: Collection[str]) -> dict[str, Any]:
    pairs = sorted({(each, kept.lower()) for kept in addresses for each in spellings(kept)})
    return {
        "addresses": sorted({kept for _each, kept in pairs}),
        "spellings": [each for each, _kept in pairs],
        "kept": [kept for _each, kept in pairs],
    }


def look_for(session: Session, addresses: Collection[str]) -> None:
    """The letters of these addresses are looked for before the commit."""
    session.info.setdefault(NEW_ADDRESSES, set()).update(address.strip().lower() for address in addresses)


def init() -> None:
    """Watch every session of this process: a new or changed address searches old letters before the commit."""
    if not event.contains(Session, "before_flush", _before_flush):
        event.listen(Session, "before_flush", _before_flush)
        event.listen(Session, "before_commit", _before_commit)
        event.listen(Session, "after_rollback", _after_rollback)


def _before_flush(session: Session, *_: Any) -> None:
    for row in (*session.new, *session.dirty):
        if isinstance(row, ContactInfo) and inspect(row).attrs.value.history.has_changes() and "@" in (row.value or ""):
            look_for(session, [row.value])
            row.returned_on, row.returned_words = None, ""


def _before_commit(session: Session) -> None:
    session.flush()
    if addresses := session.info.pop(NEW_ADDRESSES, None):
        link(session, addresses)


def _after_rollback(session: Session) -> None:
    session.info.pop(NEW_ADDRESSES, None)
