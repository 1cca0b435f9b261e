"""How complete contact information is: three figures a manager, kept at the end of every month."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.words import InfoType
from app.models.completeness import CompletenessMonth
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.queries.counterparties.completeness import completeness_on
from app.services.counterparties.completeness import keep_month
from app.services.counterparties.contact_info import set_phone
from jobs import completeness as job
from tests.conftest import user_named
from tests.factories import added, buyer

TODAY = date(2026, 12, 1)
LONG_AGO = date(2026, 1, 1)


@pytest.fixture
def kinds(session: Session) -> dict[str, ContactInfoKind]:
    session.execute(delete(ContactInfoKind))
    types = {"office": InfoType.PHONE, "mobile": InfoType.PHONE, "mail": InfoType.EMAIL, "address": InfoType.ADDRESS}
    return {
        name: added(session, ContactInfoKind(name=name, type=type_, for_persons=name != "address"))
        for name, type_ in types.items()
    }


def told(
    session: Session, kind: ContactInfoKind, value: str, of: Counterparty, person: ContactPerson | None = None
) -> None:
    info = ContactInfo(counterparty=of, person=person, kind=kind, value=value, extension="")
    set_phone(info)
    added(session, info)


def client(session: Session, name: str, manager: str = "anna") -> Counterparty:
    return buyer(session, name, manager=user_named(session, manager), registered_on=LONG_AGO)


def figures(session: Session, manager: str = "anna") -> tuple[int, ...]:
    rows = {row[0]: tuple(row[1:]) for row in session.execute(completeness_on(TODAY))}
    return rows[user_named(session, manager).id]


def test_pairs_of_owners_and_kinds_are_counted_once(session: Session, kinds: dict[str, ContactInfoKind]) -> None:
    one, _two = client(session, "Один"), client(session, "Два")
    told(session, kinds["office"], "8 495 123-45-67", one)
    told(session, kinds["office"], "8 495 123-45-68", one)
    told(session, kinds["address"], "Москва", one)
    person = added(session, ContactPerson(counterparty=one, last_name="Иванов", position="Директор"))
    told(session, kinds["mail"], "ivanov@example.com", one, person)
    assert figures(session) == (2, 8, 1, 3, 1, 3)


@pytest.mark.parametrize(
    ("kind", "value", "counts"),
    [
        ("office", "8 495 123-45-67", 1),
        ("office", "22-33-44", 1),
        ("office", "доб. 12", 1),
        ("office", "нет", 0),
        ("office", "7,91612E+10", 0),
        ("office", "+7 916 700-00-2З", 0),
        ("mail", "a@b.ru", 1),
        ("mail", "не указан", 0),
        ("mail", "a@b", 0),
    ],
)
def test_a_phone_or_an_address_that_cannot_be_one_does_not_count(
    session: Session, kinds: dict[str, ContactInfoKind], kind: str, value: str, counts: int
) -> None:
    told(session, kinds[kind], value, client(session, "Один"))
    assert figures(session)[0] == counts


def test_the_month_before_is_kept_once_and_stays(session: Session, kinds: dict[str, ContactInfoKind]) -> None:
    one = client(session, "Один")
    told(session, kinds["mail"], "a@b.ru", one)
    assert keep_month(session, TODAY) == 1
    told(session, kinds["address"], "Москва", one)
    assert keep_month(session, date(2026, 12, 5)) == 0
    row = session.scalars(select(CompletenessMonth)).one()
    assert (row.on, row.manager.username) == (date(2026, 11, 30), "anna")
    assert (row.buyers_filled, row.buyers_possible) == (1, 4)


def test_what_is_filled_days_later_is_not_kept_as_that_of_the_end_of_the_month(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    client(session, "Один")
    kept = []
    for day in (6, 5):
        monkeypatch.setattr(job.clock, "today", lambda day=day: date(2026, 12, day))
        job.keep_month(session)
        kept.append(len(session.scalars(select(CompletenessMonth)).all()))
    assert kept == [0, 1]
