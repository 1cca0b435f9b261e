"""Undo: the base is as it was before, table by table; what is newer is not trampled on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import ContactState, InfoType
from app.errors import Refused
from app.extensions import db
from app.models.bell import Reminder
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.duplicates import DuplicatePair
from app.models.journal import DERIVED, Act, watched
from app.models.mailings import Mailing, MailingRecipient
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.queries.journal import field_changes
from app.services.exchange import run_import
from app.services.sales.closing import close_orders
from app.services.sales.payments import allocate_by_hand
from app.services.undoing import undo
from tests.conftest import user_named
from tests.deals import DAY, item, order, paid, shipped
from tests.factories import added, buyer
from tests.services.sales.test_closing import REASON

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
State = dict[str, list[dict[str, Any]]]


@pytest.fixture
def own(committed: Flask) -> Iterator[Session]:
    """A session whose commits are real: each is an act."""
    with committed.app_context(), Session(db.engine) as session:
        yield session


def state(session: Session) -> State:
    """Every row of every table; versions and moments of change only grow, allocations are known by what they say."""
    found: State = {name: [] for name in (*watched(), "buyer_month", "client_figure")}
    queries = []
    for name in found:
        out = "ARRAY['version', 'changed_at'" + (", 'id'" if name in DERIVED else "") + "]"
        queries.append(f"SELECT '{name}', to_jsonb(t) - {out} FROM {name} t")
    for name, row in session.execute(text(f"{' UNION ALL '.join(queries)} ORDER BY 1, 2")):
        found[name].append(row)
    return found


def last_act(session: Session) -> int:
    return session.scalars(select(Act.id).order_by(Act.id.desc()).limit(1)).one()


def differences(one: State, other: State) -> dict[str, tuple[Any, Any]]:
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


def put_back(session: Session, change: Callable[[], object]) -> None:
    """The change, undone, leaves the base as it was; the undo, undone, as the change had left it."""
    session.commit()
    before = state(session)
    change()
    session.commit()
    after = state(session)
    assert differences(before, after)
    act = last_act(session)
    undo(session, act)
    session.commit()
    assert differences(before, state(session)) == {}
    undo(session, last_act(session))
    session.commit()
    assert differences(after, state(session)) == {}
    undo(session, last_act(session))
    session.commit()
    assert differences(before, state(session)) == {}


def trade(session: Session) -> tuple[Counterparty, BuyerOrder]:
    who = buyer(session, "Ромашка", manager_id=user_named(session, "anna").id, registered_on=DAY)
    it = order(session, who, {item(session, 100): 5})
    shipped(session, it, {it.lines[0].item: 5})
    paid(session, who, 500)
    return who, it


def test_a_deleted_client_comes_back_with_what_hung_on_it(own: Session) -> None:
    who = buyer(own, "Ромашка", manager_id=user_named(own, "anna").id)
    person = added(own, ContactPerson(counterparty=who, last_name="Иванов"))
    asked = Contact(prospect="Кто-то", person=person, manager_id=who.manager_id, subject="Звонок")
    asked.starts_at = asked.ends_at = NOW
    added(own, asked)
    # what another user has on them goes along, though who deletes does not see it
    call = added(own, Contact(counterparty=who, subject="Звонок", starts_at=NOW, ends_at=NOW))
    boris = user_named(own, "boris")
    added(own, Reminder(contact=call, user=boris, due_at=NOW, minutes_before=15, zone="UTC"))
    mailing = added(own, Mailing(name="Новинки", author_id=boris.id))
    added(own, MailingRecipient(mailing=mailing, counterparty=who, address="a@b.example"))
    own.commit()
    own.info["viewer"] = Viewer.of(user_named(own, "anna").id, {Sees.OWN})

    def gone() -> None:
        own.delete(own.get_one(Contact, call.id))
        own.flush()
        own.delete(own.get_one(Counterparty, who.id))

    put_back(own, gone)


def test_a_deleted_order_and_its_money_come_back(own: Session) -> None:
    who, _done = trade(own)
    it = order(own, who, {item(own, 70): 1})
    paid(own, who, 70)
    put_back(own, lambda: own.delete(own.get_one(BuyerOrder, it.id)))


def test_a_new_payment_a_changed_and_a_deleted_one_are_put_back(own: Session) -> None:
    who, _done = trade(own)
    order(own, who, {item(own, 300): 1})
    payment = paid(own, who, 100)
    put_back(own, lambda: paid(own, who, 50))
    put_back(own, lambda: setattr(own.get_one(Payment, payment.id), "amount", 300))
    put_back(own, lambda: own.delete(own.get_one(Payment, payment.id)))


def test_lines_and_days_of_an_order_are_put_back(own: Session) -> None:
    _who, it = trade(own)

    def change() -> None:
        changed = own.get_one(BuyerOrder, it.id)
        changed.ship_on = date(2026, 12, 1)
        changed.lines[0].quantity = 9
        changed.amount = 900

    own.get_one(BuyerOrder, it.id).ship_on = DAY
    put_back(own, change)


def test_a_closed_order_is_open_again(own: Session) -> None:
    who, _done = trade(own)
    it = order(own, who, {item(own, 70): 1})
    put_back(own, lambda: close_orders(own, {it.id: REASON(own)}, on=DAY, by_id=None))


def test_a_bulk_change_is_put_back_with_its_histories(own: Session) -> None:
    anna, boris = (user_named(own, name).id for name in ("anna", "boris"))
    for number in range(5):
        buyer(own, f"Клиент {number}", manager_id=anna, registered_on=DAY)
    put_back(own, lambda: own.execute(update(Counterparty).values(manager_id=boris)))


def test_additional_managers_are_put_back_whatever_took_them_away(own: Session) -> None:
    anna, boris, vera = (user_named(own, name) for name in ("anna", "boris", "vera"))
    who = buyer(own, "Ромашка", manager_id=anna.id, registered_on=DAY)
    put_back(own, lambda: setattr(who, "additional_managers", [boris, vera]))
    who.additional_managers = [boris, vera]
    put_back(own, lambda: setattr(who, "additional_managers", [vera]))
    put_back(own, lambda: setattr(who, "manager", boris))  # who is no additional one any more
    put_back(own, lambda: own.delete(own.get_one(Counterparty, who.id)))


def test_an_undo_never_makes_the_responsible_an_additional_one(own: Session) -> None:
    anna, boris = (user_named(own, name) for name in ("anna", "boris"))
    who = buyer(own, "Ромашка", manager_id=anna.id, registered_on=DAY)
    own.commit()
    who.manager = boris
    own.commit()
    handed_over = last_act(own)
    who.additional_managers = [anna]
    own.commit()
    undo(own, handed_over)
    own.commit()
    assert (who.manager, who.additional) == (anna, [])


def test_an_import_with_updates_is_put_back(own: Session) -> None:
    trade(own)
    known = buyer(own, "Известный", code="К-1", needs="гвозди")
    file = "code;name;needs;phone\nК-1;Иначе;болты;+7 999 123-45-67\nК-2;Новый;;\n".encode()
    put_back(own, lambda: run_import(own, "counterparties", file, now=NOW, today=NOW.date()))
    assert known.needs == "гвозди"


def test_an_import_of_documents_is_put_back(own: Session) -> None:
    who, it = trade(own)
    file = f"number;date;counterparty;amount\nп-1;2026-11-01;{who.code};120\n".encode()
    put_back(own, lambda: run_import(own, "payments", file, now=NOW, today=NOW.date()))
    lines = f"number;date;counterparty;item;quantity;price\nз-9;2026-11-01;{who.code};{it.lines[0].item.code};2;55\n"
    put_back(own, lambda: run_import(own, "orders", lines.encode(), now=NOW, today=NOW.date()))


def test_a_move_and_an_end_of_a_contact_are_put_back(own: Session) -> None:
    call = added(own, Contact(prospect="Кто-то", starts_at=NOW, ends_at=NOW))
    moved = NOW.replace(day=25)
    put_back(own, lambda: own.execute(update(Contact).values(starts_at=moved, ends_at=moved)))
    put_back(own, lambda: setattr(own.get_one(Contact, call.id), "state", ContactState.DONE))


def test_what_is_newer_refuses_the_undo_and_is_told(own: Session) -> None:
    own.info["viewer"] = Viewer.of(user_named(own, "vera").id, {Sees.ALL})
    who = buyer(own, "Ромашка")
    own.commit()
    who.needs = "гвозди"
    own.commit()
    first = last_act(own)
    who.needs = "болты"
    own.commit()
    with pytest.raises(Refused, match=r"Ромашка.*Вера Орлова"):
        undo(own, first)
    own.rollback()
    assert own.get_one(Counterparty, who.id).needs == "болты"
    undo(own, last_act(own))  # what was newer is gone
    own.commit()
    undo(own, first)
    own.commit()
    assert own.get_one(Counterparty, who.id).needs == ""
    with pytest.raises(Refused):
        undo(own, first)


def test_a_new_row_with_something_newer_on_it_stays(own: Session) -> None:
    who = buyer(own, "Ромашка")
    own.commit()
    born = last_act(own)
    added(own, ContactPerson(counterparty=who, last_name="Иванов"))
    own.commit()
    with pytest.raises(Refused, match="1"):
        undo(own, born)
    own.rollback()
    assert own.get(Counterparty, who.id) is not None


def test_a_number_that_was_taken_meanwhile_refuses_in_words(own: Session) -> None:
    who = buyer(own, code="К-1")
    own.commit()
    own.delete(who)
    own.commit()
    gone = last_act(own)
    buyer(own, code="К-1")
    own.commit()
    with pytest.raises(Refused):
        undo(own, gone)


def test_nobody_undoes_what_he_does_not_see(own: Session) -> None:
    anna, boris = (user_named(own, name).id for name in ("anna", "boris"))
    mine, other = buyer(own, "Моя", manager_id=anna), buyer(own, "Чужая", manager_id=boris)
    own.commit()
    own.execute(update(Counterparty).values(needs="всё"))
    own.commit()
    own.info["viewer"] = Viewer.of(anna, {Sees.OWN})
    with pytest.raises(Refused):
        undo(own, last_act(own))
    own.rollback()
    mine.manager_id = boris  # handed over by herself: she sees it again when it is put back
    own.commit()
    undo(own, last_act(own))
    own.commit()
    assert own.scalars(select(Counterparty.name)).all() == ["Моя"]
    assert other.id


def test_a_deleted_client_comes_back_whoever_sees_what_he_resembled(own: Session) -> None:
    anna = user_named(own, "anna").id
    mine, other = buyer(own, "Ромашка", manager_id=anna), buyer(own, "Ромашки")
    own.flush()
    added(own, DuplicatePair(first=mine, second=other, confidence=80, signs=["name"], is_distinct=True))
    own.commit()
    own.delete(mine)
    own.commit()
    own.info["viewer"] = Viewer.of(anna, {Sees.OWN})
    undo(own, last_act(own))
    own.commit()
    assert own.scalar(text("SELECT is_distinct FROM duplicate_pair"))  # as somebody said
    undo(own, last_act(own))
    own.commit()
    assert own.scalar(text("SELECT count(*) FROM duplicate_pair")) == 0


def test_nobody_undoes_what_he_allocated_of_a_client_whom_he_sees_no_more(own: Session) -> None:
    who, one = trade(own)
    other = order(own, who, {item(own, 400): 1})
    payment = paid(own, who, 400)
    allocate_by_hand(own, payment.id, {one.id: Decimal(100), other.id: Decimal(300)})
    own.commit()
    allocate_by_hand(own, payment.id, {other.id: Decimal(400)})
    own.commit()
    done = last_act(own)
    who.manager_id = user_named(own, "boris").id
    own.commit()
    own.info["viewer"] = Viewer.of(user_named(own, "anna").id, {Sees.OWN})
    with pytest.raises(Refused, match="не видны"):
        undo(own, done)


def test_a_form_opened_before_the_undo_does_not_save_over_it(own: Session) -> None:
    who = buyer(own, "Ромашка")
    own.commit()
    who.needs = "гвозди"
    own.commit()
    version = who.version
    undo(own, last_act(own))
    own.commit()
    assert who.version == version + 1


def test_two_connections_undo_one_act_once(committed: Flask) -> None:
    with committed.app_context(), Session(db.engine) as one, Session(db.engine) as two:
        who = buyer(one, "Ромашка")
        one.commit()
        who.needs = "гвозди"
        one.commit()
        act = last_act(one)
        undo(one, act)
        two.execute(text("SET lock_timeout = '100ms'"))
        with pytest.raises(Exception, match="lock"):
            undo(two, act)
        two.rollback()
        one.commit()
        with pytest.raises(Refused):
            undo(two, act)


def test_the_history_of_a_card_says_fields_in_words(own: Session) -> None:
    anna, boris = (user_named(own, name) for name in ("anna", "boris"))
    who, it = trade(own)
    own.commit()
    who.manager, who.needs = boris, "болты"
    added(own, ContactPerson(counterparty=who, last_name="Иванов"))
    own.commit()
    it.lines[0].quantity = 9
    own.commit()
    newest, *_born = field_changes(own, "counterparty", who.id)
    people = [each for each in field_changes(own, "counterparty", who.id) if each.table == "contact_person"]
    mine = [each for each in field_changes(own, "counterparty", who.id) if each.table == "counterparty"]
    assert {each.label: (each.old, each.new) for each in mine[0].fields} == {
        "Ответственный менеджер": (anna, boris),
        "Потребности и предпочтения": ("", "болты"),
    }
    assert (mine[-1].what, people[0].what, people[0].title.endswith("Иванов")) == ("insert", "insert", True)
    lines = field_changes(own, "buyer_order", it.id)
    assert [(each.label, each.old, each.new) for each in lines[0].fields] == [("Количество", 5, 9)]
    older = field_changes(own, "counterparty", who.id, before=newest.act.id)
    assert {each.act.id for each in older} == {mine[-1].act.id}


def test_an_act_before_a_column_was_added_is_undone(own: Session) -> None:
    who = buyer(own, "Ромашка", needs="гвозди")
    own.commit()
    who.needs = "болты"
    own.commit()
    act = last_act(own)
    who.needs = "шурупы"
    own.commit()
    undo(own, last_act(own))
    own.commit()
    own.execute(text("UPDATE journal_change SET old = old - 'distinct_reason' - 'own'"))  # columns of a later day
    own.commit()
    undo(own, act)
    own.commit()
    assert own.get_one(Counterparty, who.id).needs == "гвозди"


def test_what_an_act_before_a_column_left_is_still_compared(own: Session) -> None:
    who = buyer(own, "Ромашка", needs="гвозди")
    own.commit()
    who.needs = "болты"
    own.commit()
    act = last_act(own)
    who.needs = "шурупы"
    own.commit()
    own.execute(text("UPDATE journal_change SET old = old - 'distinct_reason' - 'own'"))
    own.commit()
    with pytest.raises(Refused):
        undo(own, act)


def test_the_history_of_a_person_tells_the_phones_too(own: Session) -> None:
    who = buyer(own, "Ромашка")
    kind = added(own, ContactInfoKind(name="Телефон истории", type=InfoType.PHONE))
    person, other = (added(own, ContactPerson(counterparty=who, last_name=name)) for name in ("Иванов", "Петров"))
    values = {"counterparty": who, "kind": kind}
    phone = added(own, ContactInfo(person=person, value="+7 912 000-00-01", **values))
    gone = added(own, ContactInfo(person=person, value="+7 912 000-00-02", **values))
    added(own, ContactInfo(person=other, value="+7 912 000-00-03", **values))
    own.commit()
    phone.value = "+7 912 000-00-09"
    own.delete(gone)
    own.commit()
    told = field_changes(own, "contact_person", person.id)
    assert {(change.what, change.title.partition(": ")[2]) for change in told if change.table == "contact_info"} == {
        ("insert", "+7 912 000-00-01"),
        ("insert", "+7 912 000-00-02"),
        ("update", "+7 912 000-00-09"),
        ("delete", "+7 912 000-00-02"),
    }
