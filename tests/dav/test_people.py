"""The address book of a telephone: what its user sees in the base, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy.orm import Session

from app.domain.words import InfoType
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from tests.conftest import user_named
from tests.dav.conftest import SPACES, Telephone
from tests.factories import added, buyer


def person_of(session: Session, client: Counterparty, last_name: str, phone: str = "+7 495 123-45-67") -> ContactPerson:
    person = added(session, ContactPerson(counterparty=client, last_name=last_name, first_name="Ольга"))
    kind = session.query(ContactInfoKind).filter_by(type=InfoType.PHONE).order_by(ContactInfoKind.id).first()
    added(session, ContactInfo(counterparty=client, person=person, kind=kind, value=phone))
    return person


def test_a_telephone_shows_what_its_user_sees(session: Session, anna: Telephone) -> None:
    mine = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    theirs = buyer(session, "Чужая", manager=user_named(session, "boris"))
    seen, unseen = person_of(session, mine, "Ёлкина"), person_of(session, theirs, "Чужова")
    session.commit()
    anna.sync()
    assert set(anna.holds["people"]) >= {f"person-{seen.id}.vcf", f"counterparty-{mine.id}.vcf"}
    assert f"person-{unseen.id}.vcf" not in anna.holds["people"]
    card = anna.read()[f"person-{seen.id}.vcf"]
    assert "FN:Ёлкина Ольга" in card
    assert "ORG:Ромашка" in card
    assert "+7 495 123-45-67" in card


def test_what_changes_is_told_once_and_what_is_mine_no_more_leaves(session: Session, anna: Telephone) -> None:
    mine = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    person, other = person_of(session, mine, "Ёлкина"), person_of(session, mine, "Палкина")
    session.commit()
    anna.sync()
    assert anna.sync() == set()
    person.position = "Директор"
    session.commit()
    assert anna.sync() == {f"person-{person.id}.vcf"}
    mine.manager = user_named(session, "boris")
    session.commit()
    gone = {f"person-{person.id}.vcf", f"person-{other.id}.vcf", f"counterparty-{mine.id}.vcf"}
    assert anna.sync() == gone
    assert gone.isdisjoint(anna.holds["people"])
    mine.manager = user_named(session, "anna")
    session.commit()
    assert anna.sync() == gone
    assert gone <= set(anna.holds["people"])


def test_another_user_s_books_are_not_there(
    session: Session, anna: Telephone, telephone: Callable[..., Telephone]
) -> None:
    boris = telephone("boris")
    assert anna.ask("PROPFIND", boris.book("people"), Depth="1").status_code in {403, 404}


def test_a_program_searches_by_name_and_phone(session: Session, anna: Telephone) -> None:
    mine = buyer(session, "Ромашка", manager=user_named(session, "anna"))
    long = "Ы" * 70  # a line that is folded inside the word
    found, _other = person_of(session, mine, f"{long}лкин"), person_of(session, mine, "Палкина", "8 812 700-00-01")
    session.commit()

    def search(name: str, text: str, test: str = "anyof") -> set[str]:
        match = f"<R:prop-filter name='{name}'><R:text-match>{text}</R:text-match></R:prop-filter>"
        query = f"<prop><getetag/></prop><R:filter test='{test}'>{match}</R:filter>"
        body = f"<R:addressbook-query {SPACES}>{query}</R:addressbook-query>"
        answer = anna.ask("REPORT", anna.book("people"), body)
        return set(re.findall(r"(person-\d+\.vcf)", answer.text))

    assert search("FN", "ЛКИН ольга") == {f"person-{found.id}.vcf"}
    assert len(search("TEL", "700-00-01")) == 1
    assert search("FN", "700-00-01") == set()
    assert len(search("FN", "ольга", "allof")) == 2
