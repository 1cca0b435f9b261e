"""A reminder rings before what it is about, wherever that goes; put off it stays where it was put."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.reminding import Snooze, put_off
from app.domain.words import ContactState, Happening
from app.errors import Refused
from app.models.bell import Reminder
from app.models.contacts import Contact
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.queries.bell.reminders import About, bell_state, ringing
from app.services.bell import reminders
from app.services.contacts import verbs
from app.services.diaries import diary_of
from tests.clients import NOON, Clients
from tests.conftest import user_named

MOSCOW = ZoneInfo("Europe/Moscow")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NINE = datetime(2026, 12, 1, 6, tzinfo=UTC)


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def contact(clients: Clients) -> Contact:
    return clients.contact(clients.company("Ромашка"), "Цены", days=10, manager=clients.user("anna"))


def remind(session: Session, about: About, **more: object) -> Reminder:
    user = user_named(session, "anna")
    made = reminders.remind(session, about, user.id, zone=MOSCOW, **more)  # type: ignore[arg-type]
    session.flush()
    session.refresh(made)
    return made


def rings(session: Session, now: datetime) -> list[Reminder]:
    session.expire_all()
    return list(session.scalars(ringing(user_named(session, "anna").id, now)))


def test_it_rings_before_the_contact_and_not_earlier(session: Session, contact: Contact) -> None:
    made = [remind(session, contact, minutes=minutes) for minutes in (15, 60, 0)]
    start = contact.starts_at
    assert [each.due_at for each in made] == [start - timedelta(minutes=m) for m in (15, 60, 0)]
    assert rings(session, start - 2 * HOUR) == []
    assert rings(session, start - HOUR) == [made[1]]
    assert rings(session, start) == [made[1], made[0], made[2]]


def moved_by_a_verb(session: Session, contact: Contact) -> None:
    verbs.move(session, contact, contact.starts_at + DAY, now=NOON)


def moved_by_a_form(session: Session, contact: Contact) -> None:
    contact.starts_at, contact.ends_at = contact.starts_at + DAY, contact.ends_at + DAY
    session.flush()


def moved_by_one_statement(session: Session, contact: Contact) -> None:
    """As imports, bulk changes and undoing write."""
    session.execute(update(Contact).values(starts_at=Contact.starts_at + DAY, ends_at=Contact.ends_at + DAY))


@pytest.mark.parametrize("move", [moved_by_a_verb, moved_by_a_form, moved_by_one_statement])
def test_it_moves_with_the_contact_whoever_moves_it(session: Session, contact: Contact, move: object) -> None:
    start = contact.starts_at
    before, chosen = remind(session, contact, minutes=15), remind(session, contact, at=start - DAY)
    snoozed = remind(session, contact, minutes=60)
    reminders.put_off(session, snoozed, start - timedelta(minutes=20), now=start - HOUR)
    move(session, contact)  # type: ignore[operator]
    session.expire_all()
    assert before.due_at == start + DAY - timedelta(minutes=15)
    assert chosen.due_at == start - DAY
    assert snoozed.due_at == start - timedelta(minutes=20)


def test_a_day_before_is_the_same_hour_across_a_change_of_clocks(session: Session, contact: Contact) -> None:
    berlin, user = ZoneInfo("Europe/Berlin"), user_named(session, "anna")
    contact.starts_at = datetime(2025, 3, 30, 10, tzinfo=berlin)  # the clocks were put on that night
    contact.ends_at = contact.starts_at + HOUR
    made = [reminders.remind(session, contact, user.id, zone=berlin, minutes=minutes) for minutes in (480, 1440, 2880)]
    due = [datetime(2025, 3, day, hour, tzinfo=berlin) for day, hour in ((30, 1), (29, 10), (28, 10))]
    assert [each.due_at for each in made] == due
    session.flush()
    session.expire_all()
    assert [each.due_at for each in made] == due


@pytest.mark.parametrize("minutes", [15, 1440])
@pytest.mark.parametrize("hour", ["2025-03-31 00:30", "2025-10-26 00:30", "2025-10-26 01:30", "2025-10-27 01:30"])
def test_an_hour_that_comes_twice_or_never_is_read_as_the_base_reads_it(
    session: Session, contact: Contact, hour: str, minutes: int
) -> None:
    contact.starts_at = datetime.fromisoformat(f"{hour}+00:00")
    contact.ends_at = contact.starts_at + HOUR
    berlin = ZoneInfo("Europe/Berlin")
    made = reminders.remind(session, contact, user_named(session, "anna").id, zone=berlin, minutes=minutes)
    before = made.due_at
    if minutes < 1440:
        assert before == contact.starts_at - timedelta(minutes=minutes)
    session.flush()
    session.refresh(made)
    assert made.due_at == before


def test_what_was_done_rings_again_when_its_contact_is_put_off(session: Session, contact: Contact) -> None:
    made, start = remind(session, contact, minutes=15), contact.starts_at
    reminders.finish(session, made, now=start)
    assert rings(session, start) == []
    moved_by_a_form(session, contact)
    assert rings(session, start) == []
    assert rings(session, start + DAY) == [made]


@pytest.mark.parametrize("state", [ContactState.DONE, ContactState.CANCELLED])
def test_what_is_over_rings_no_more_until_it_is_undone(session: Session, contact: Contact, state: ContactState) -> None:
    made, start = remind(session, contact, minutes=15), contact.starts_at
    session.execute(update(Contact).values(state=state))
    assert rings(session, start + DAY) == []
    session.execute(update(Contact).values(state=ContactState.PLANNED))
    assert rings(session, start + DAY) == [made]


def test_it_goes_to_whoever_is_responsible_now(session: Session, contact: Contact) -> None:
    made, boris = remind(session, contact, minutes=15), user_named(session, "boris")
    session.execute(update(Contact).values(manager_id=boris.id))
    session.expire_all()
    assert made.user_id == boris.id


def test_an_order_is_reminded_of_from_nine_of_its_day(session: Session, clients: Clients) -> None:
    order = clients.order(clients.company("Ромашка"), "1", ship_on=date(2026, 12, 1))
    made = remind(session, order, minutes=1440)
    assert made.due_at == NINE - DAY
    session.execute(update(BuyerOrder).values(ship_on=date(2026, 12, 3)))
    session.expire_all()
    assert made.due_at == NINE + DAY
    assert rings(session, NINE + DAY) == [made]
    session.execute(update(BuyerOrder).values(rest_quantity=0))
    assert rings(session, NINE + DAY) == []
    with pytest.raises(Refused) as refused:
        remind(session, order, happening=Happening.PAY, minutes=15)  # no day of payment yet
    assert refused.value.field == "minutes_before"


def test_of_a_closed_order_the_money_that_is_owed_alone_is_reminded_of(session: Session, clients: Clients) -> None:
    days = {"ship_on": date(2026, 12, 1), "pay_by": date(2026, 12, 1)}
    order = clients.order(clients.company("Ромашка"), "1", **days)
    shipping, payment = (remind(session, order, happening=each, minutes=0) for each in (Happening.SHIP, Happening.PAY))
    assert {*rings(session, NINE)} == {shipping, payment}
    session.execute(update(BuyerOrder).values(closed_on=date(2026, 11, 20), shipped_amount=500))
    assert rings(session, NINE) == [payment]
    assert remind(session, order, happening=Happening.PAY, minutes=1440).is_live
    with pytest.raises(Refused):
        remind(session, order, happening=Happening.SHIP, minutes=1440)
    session.execute(update(BuyerOrder).values(paid_amount=500))
    assert rings(session, NINE) == []
    for closed_on in (date(2026, 11, 20), None):
        session.execute(update(BuyerOrder).values(closed_on=closed_on, amount=500))
        session.expire_all()
        with pytest.raises(Refused, match="happened already"):
            remind(session, order, happening=Happening.PAY, minutes=1440)


def test_a_supplier_order_is_reminded_of_until_it_has_come(session: Session, clients: Clients) -> None:
    supplier = clients.company("Завод", is_supplier=True)
    order = clients.add(
        SupplierOrder(
            number="1",
            date=date(2026, 11, 1),
            counterparty=supplier,
            receive_on=date(2026, 12, 1),
            rest_quantity=Decimal(1),
        )
    )
    made = remind(session, order, minutes=0)
    assert (made.happening, made.due_at) == (Happening.RECEIVE, NINE)
    session.execute(update(SupplierOrder).values(rest_quantity=0))
    assert rings(session, NINE) == []


def test_it_is_put_off_by_the_working_time_of_its_owner(session: Session, contact: Contact) -> None:
    friday = datetime(2026, 11, 27, 15, 2, tzinfo=UTC)
    diary = diary_of(session, user_named(session, "anna"), now=friday, zone=MOSCOW)
    ten = datetime(2026, 11, 28, 10, tzinfo=MOSCOW)
    assert [put_off(snooze, friday, diary) for snooze in Snooze] == [
        friday + timedelta(minutes=15),
        friday + HOUR,
        ten,
        ten + 2 * DAY,
    ]
    with pytest.raises(Refused):
        reminders.put_off(session, remind(session, contact, minutes=15), friday, now=friday)


def test_a_reminder_is_of_one_thing_that_is_to_happen(
    session: Session, contact: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in ({"minutes": 7}, {}, {"minutes": 15, "happening": Happening.SHIP}):
        with pytest.raises(Refused):
            remind(session, contact, **wrong)
    monkeypatch.setattr(reminders, "MOST", 1)
    remind(session, contact, minutes=15)
    with pytest.raises(Refused, match="There are 1 reminders"):
        remind(session, contact, minutes=30)
    with pytest.raises(Refused, match="one contact"):
        reminders.complete(session, Reminder(minutes_before=15, zone="UTC"))
    contact.state = ContactState.CANCELLED
    with pytest.raises(Refused):
        remind(session, contact, minutes=15)


def test_a_poll_is_one_statement_that_says_what_has_changed(session: Session, contact: Contact) -> None:
    user, start = user_named(session, "anna").id, contact.starts_at
    first, second = remind(session, contact, minutes=60), remind(session, contact, minutes=0)
    assert session.execute(bell_state(user, start - 2 * HOUR)).one() == (0, "", start - HOUR, 0)
    count, mark, following, _unread = session.execute(bell_state(user, start - HOUR)).one()
    assert (count, following) == (1, start)
    reminders.finish(session, first, now=start)
    later = session.execute(bell_state(user, start)).one()
    assert later[0] == 1
    assert later[1] != mark
    assert session.scalars(select(Reminder.done_at).where(Reminder.id == second.id)).one() is None
