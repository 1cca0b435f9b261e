"""Own fields: written by their rules, by those who may, and found by an index."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.own_fields import Owner, OwnKind
from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from app.models.counterparties import Counterparty
from app.models.own_fields import OwnField
from app.queries import own_fields as found
from app.services import own_fields
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.plans import plan_of

pytestmark = pytest.mark.slow


def field(session: Session, kind: OwnKind = OwnKind.TEXT, name: str = "Регион", **more: Any) -> OwnField:
    made = OwnField(**{"owner": Owner.COUNTERPARTY, "name": name, "kind": kind, **more})
    own_fields.save_field(session, made)
    return made


def looks_as(session: Session, *roles: str) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.ALL}, roles)


def test_values_are_put_into_the_row_and_emptied(session: Session) -> None:
    field(session)
    field(session, OwnKind.NUMBER, "Площадь")
    client = buyer(session)
    own_fields.write(session, client, {"region": "Урал", "ploschad": "12.5"})
    session.flush()
    session.refresh(client)
    assert client.own == {"region": "Урал", "ploschad": "12.5"}
    own_fields.write(session, client, {"region": None})
    session.flush()
    session.refresh(client)
    assert client.own == {"ploschad": "12.5"}


def test_a_new_row_has_the_defaults_and_lacks_nothing_required(session: Session) -> None:
    field(session, default="Урал")
    field(session, name="Склад", is_required=True)
    new = Counterparty(code="Н-1", name="Новый")
    with pytest.raises(Refused) as refused:
        own_fields.write(session, new, {}, whole=True)
    assert refused.value.field == "own_sklad"
    own_fields.write(session, new, {"sklad": "№ 5"}, whole=True)
    assert new.own == {"region": "Урал", "sklad": "№ 5"}


def test_what_one_may_not_change_is_refused_and_stays(session: Session) -> None:
    field(session, seen_by=["Sales manager", "Commercial director"], changed_by=["Commercial director"])
    client = added(session, Counterparty(code="К-1", name="Клен", own={"region": "Урал"}))
    looks_as(session, "Sales manager")
    assert [each.key for each in own_fields.seen_fields(session, Owner.COUNTERPARTY)] == ["region"]
    with pytest.raises(Refused):
        own_fields.write(session, client, {"region": "Сибирь"})
    own_fields.write(session, client, {"region": "Урал"})  # what a form gives back unchanged
    looks_as(session, "Marketing specialist")
    assert own_fields.seen_fields(session, Owner.COUNTERPARTY) == []
    looks_as(session, "Commercial director")
    own_fields.write(session, client, {"region": "Сибирь"})
    assert client.own == {"region": "Сибирь"}


def test_a_field_that_does_not_exist_is_refused(session: Session) -> None:
    with pytest.raises(Refused):
        own_fields.write(session, buyer(session), {"nothing": "1"})


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"kind": OwnKind.CHOICE}, "words"),
        ({"kind": OwnKind.CHOICE, "words": ["a;b"]}, "words"),
        ({"kind": OwnKind.CHOICES, "words": ["я" * 101]}, "words"),
        ({"kind": OwnKind.NUMBER, "default": "много"}, "default"),
        ({"kind": OwnKind.USER, "default": "999999"}, "default"),
    ],
)
def test_a_field_that_could_hold_nothing_is_refused(session: Session, more: dict[str, Any], at: str) -> None:
    with pytest.raises(Refused) as refused:
        field(session, **more)
    assert refused.value.field == at


def test_keys_never_meet_columns_nor_each_other(session: Session) -> None:
    assert field(session, name="Name").key == "name_2"
    assert field(session, name="Регион!").key == "region"
    assert field(session, name="Регион?").key == "region_2"


def test_rows_are_found_by_their_values(session: Session) -> None:
    region, area, kinds, rank = (
        field(session),
        field(session, OwnKind.NUMBER, "Площадь"),
        field(session, OwnKind.CHOICES, "Каналы", words=["Опт", "Розница"]),
        field(session, OwnKind.DATE, "Договор до"),
    )
    a = added(session, Counterparty(code="К-1", name="А", own={"region": "Южный Урал", "ploschad": "9"}))
    b = added(session, Counterparty(code="К-2", name="Б", own={"ploschad": "10.5", "kanaly": ["Опт", "Розница"]}))
    c = added(session, Counterparty(code="К-3", name="В", own={"dogovor_do": "2026-12-31", "region": "Алёшкино"}))

    def ids(condition: Any) -> set[int]:
        return set(session.scalars(select(Counterparty.id).where(condition)))

    assert ids(found.words(Counterparty, "урал", region)) == {a.id}
    assert ids(found.words(Counterparty, "алешк")) == {c.id}
    assert ids(found.equal(Counterparty, kinds, "Опт")) == {b.id}
    assert ids(found.equal(Counterparty, region, "Южный Урал") | found.equal(Counterparty, region, "Алёшкино")) == {
        a.id,
        c.id,
    }
    assert ids(found.between(Counterparty, area, Decimal(9), Decimal(10))) == {a.id}
    assert ids(found.between(Counterparty, area, Decimal(10), None)) == {b.id}
    day = found.value(Counterparty, rank)
    assert ids((day >= "2026-12-01") & found.has(Counterparty, rank)) == {c.id}
    assert list(session.scalars(select(found.value(Counterparty, area)).order_by(found.value(Counterparty, area)))) == [
        Decimal(9),
        Decimal("10.5"),
        None,
    ]


def test_a_field_that_goes_takes_its_values_along(session: Session) -> None:
    area = field(session, OwnKind.NUMBER, "Площадь")
    client = added(session, Counterparty(code="К-1", name="А", own={"ploschad": "9", "other": "1"}))
    own_fields.empty_field(session, area)
    session.refresh(client)
    assert client.own == {"other": "1"}


@pytest.mark.parametrize("question", ["equal", "between", "words", "order"])
def test_thousands_of_rows_are_asked_by_an_index(session: Session, question: str) -> None:
    region = field(session)
    area = field(session, OwnKind.NUMBER, "Площадь")
    session.execute(
        text(
            "INSERT INTO counterparty (code, name, own) SELECT 'Т-' || n, 'Клиент ' || n, "
            "jsonb_build_object('region', 'Край ' || n, 'ploschad', n::text) FROM generate_series(1, 5000) n"
        )
    )
    statement = select(Counterparty.id)
    match question:
        case "equal":
            statement = statement.where(found.equal(Counterparty, region, "Край 77"))
        case "between":
            statement = statement.where(found.between(Counterparty, area, Decimal(10), Decimal(12)))
        case "words":
            statement = statement.where(found.words(Counterparty, "край 77", region))
        case "order":
            statement = statement.where(found.has(Counterparty, area))
            statement = statement.order_by(found.value(Counterparty, area), Counterparty.id).limit(25)
    assert plan_of(session, statement).scans == set()
