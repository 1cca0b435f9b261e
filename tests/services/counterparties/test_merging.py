"""Merged rows become one: whatever hung on any of them hangs on it, and one undo gives them all back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.domain.periods import months_from
from app.domain.stages import Parameters
from app.domain.viewer import Sees, Viewer
from app.domain.words import AbcClass
from app.errors import Refused
from app.models.base import metadata
from app.models.classes import AbcRecord
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.duplicates import DuplicatePair, FormerCode
from app.models.histories import ManagerRecord
from app.models.journal import Act, is_journalled
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.models.sales import BuyerMonth
from app.services import undoing, watching
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from app.services.counterparties import merging
from app.services.sales import posting
from tests.clients import Clients
from tests.reports.trade import shipped

TODAY = date(2026, 11, 23)
JANUARY = months_from(date(2026, 1, 1), 1)
numbers = count(1)


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


def merge(session: Session, kept: Any, *others: Any, **choices: int) -> Any:
    session.flush()
    return merging.merge(session, type(kept), kept.id, [each.id for each in others], choices, today=TODAY)


# What a row must hold besides values that its types allow.
MUST: dict[str, dict[str, Any]] = {
    "hold": {"abc": "A"},
    "payment": {"amount": 10},
    "duplicate_pair": {"confidence": 90},
    "stage_record": {"stage": "potential"},
}
REFERRED = (Counterparty, ContactPerson)


class Maker:
    """Makes a row of any table, with whatever it hangs on."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.made: dict[str, int] = {}

    def row(self, table: Table, **values: Any) -> int:
        for column in table.columns:
            if column.name in values or column.computed is not None or column.name == "id":
                continue
            if column.foreign_keys and not column.nullable:
                (key,) = column.foreign_keys
                values[column.name] = self.any(key.column.table)
            elif not column.nullable and column.server_default is None:
                values[column.name] = self.value(column)
        made = self.session.execute(insert(table).values(**(values | MUST.get(table.name, {}))).returning(table.c.id))
        return int(made.scalar_one())

    def any(self, table: Table) -> int:
        if table.name not in self.made:
            known = self.session.scalar(select(func.min(table.c.id)))
            self.made[table.name] = known or self.row(table)
        return self.made[table.name]

    def value(self, column: Column[Any]) -> Any:
        kind, number = getattr(column.type, "impl_instance", column.type), next(numbers)
        match kind:
            case Enum():
                return kind.enums[0]
            case Boolean():
                return False
            case Integer() | Numeric():
                return 1
            case JSONB():
                return []
            case DateTime():
                return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
            case Date():
                return date(2026, 1, 1) + timedelta(days=number)
            case LargeBinary():
                return b"1"
            case String():
                return f"з{number}"[: kind.length or 20]
        raise AssertionError(f"{column} has a type that the test does not know")


@pytest.mark.slow
def test_everything_that_hung_on_a_merged_row_hangs_on_the_kept_one(clients: Clients) -> None:
    """Whichever tables there are: a new one is walked too."""
    session, maker = clients.session, Maker(clients.session)
    kept, gone = clients.company("Останется"), clients.company("Уйдет")
    third = clients.company("Третий")
    kept_person, gone_person = clients.person(kept, "Иванов"), clients.person(kept, "Иванов", "И.")
    session.flush()
    rows: list[tuple[Column[Any], int]] = []
    for model, goes in ((Counterparty, gone), (ContactPerson, gone_person)):
        for column in merging.references(model):
            more: dict[str, Any] = {}
            if column.table.name == "duplicate_pair":
                more = {"first_id": gone.id, "second_id": third.id, "is_distinct": column.name == "first_id"}
                if column.name == "second_id":
                    continue  # the same pair
            if "person_id" in column.table.c and column.name == "person_id" and "counterparty_id" in column.table.c:
                more["counterparty_id"] = kept.id
            rows.append((column, maker.row(column.table, **{**more, column.name: goes.id})))
    assert len({column.table.name for column, _row in rows}) > 15
    merge(session, kept, gone)
    merge(session, kept_person, gone_person)
    for column, number in rows:
        table = column.table
        if table.name == "duplicate_pair":
            (pair,) = session.scalars(select(DuplicatePair)).all()
            assert ({pair.first_id, pair.second_id}, pair.is_distinct) == ({kept.id, third.id}, True)
            continue
        owner = session.scalar(select(column).where(table.c.id == number))
        assert owner == (kept.id if column in merging.references(Counterparty) else kept_person.id), column
    for model, row in ((Counterparty, gone), (ContactPerson, gone_person)):
        assert session.scalar(select(model.id).where(model.id == row.id)) is None  # type: ignore[attr-defined]


def test_nothing_refers_to_a_row_that_may_have_to_go(clients: Clients) -> None:
    """Rows of which only one may stand are dropped: what hung on them would go with them."""
    for model in REFERRED:
        for column in merging.references(model):
            if merging.unique_with(column) and column.table.name not in merging.DOCUMENTS:
                table = column.table
                referring = [
                    key.parent
                    for each in metadata.sorted_tables
                    for key in each.foreign_keys
                    if key.column.table is table
                ]
                assert referring == [], table.name
            for beside in merging.unique_with(column):
                assert all(isinstance(other, Column) for other in beside)


def test_of_a_day_and_of_a_run_the_row_of_the_kept_one_stays(clients: Clients) -> None:
    session = clients.session
    kept, gone = clients.company("Останется", "anna"), clients.company("Уйдет", "boris")
    day = date(2025, 5, 5)
    session.execute(text("DELETE FROM manager_record"))
    for company, user, on in ((kept, "anna", day), (gone, "boris", day), (gone, "vera", date(2025, 6, 6))):
        clients.add(ManagerRecord(counterparty_id=company.id, on=on, manager_id=clients.user(user).id))
    merge(session, kept, gone)
    history = session.execute(
        select(ManagerRecord.on, ManagerRecord.manager_id)
        .where(ManagerRecord.counterparty_id == kept.id)
        .order_by(ManagerRecord.on)
    ).all()
    anna, vera = clients.user("anna").id, clients.user("vera").id
    assert [tuple(row) for row in history] == [(day, anna), (date(2025, 6, 6), vera), (TODAY, anna)]
    assert kept.manager_id == anna


def test_money_is_never_dropped_and_everything_is_settled_anew(clients: Clients) -> None:
    session = clients.session
    watching.init()
    kept, gone = clients.company("Останется"), clients.company("Уйдет")
    shipped(session, kept, 70, JANUARY.first)
    shipped(session, gone, 30, JANUARY.first)
    for company in (kept, gone):
        clients.add(Payment(number="15", date=JANUARY.last, counterparty=company, amount=Decimal(50)))
    session.commit()
    merge(session, kept, gone)
    payments = session.scalars(select(Payment).where(Payment.counterparty_id == kept.id).order_by(Payment.id)).all()
    assert [payment.number for payment in payments] == ["15", f"15/{payments[1].id}"]
    months = session.scalars(select(BuyerMonth)).all()
    assert [(month.counterparty_id, month.revenue) for month in months] == [(kept.id, 10_000)]
    before = figures(session)
    list(posting.settle_all(session))
    assert figures(session) == before


def figures(session: Session) -> list[Any]:
    orders = select(BuyerOrder.id, BuyerOrder.paid_amount, BuyerOrder.due_amount, BuyerOrder.status)
    payments = select(Payment.id, Payment.allocated_amount)
    return [session.execute(query.order_by(query.selected_columns[0])).all() for query in (orders, payments)]


def test_an_advance_of_one_pays_the_debt_of_the_other(clients: Clients) -> None:
    session = clients.session
    kept, gone = clients.company("Останется"), clients.company("Уйдет")
    order = clients.order(kept, "З-7", shipped_amount=Decimal(500), amount=Decimal(500))
    payment = clients.add(Payment(number="1", date=date(2026, 11, 20), counterparty=gone, amount=Decimal(500)))
    posting.settle(session, orders=[order.id], payments=[payment.id])
    paid = "SELECT sum(amount) FROM payment_allocation"
    assert session.scalar(text(paid)) is None
    merge(session, kept, gone)
    list(posting.settle_all(session))
    settled = session.scalar(text(paid))
    assert (session.get_one(Payment, payment.id).allocated_amount or 0) == (settled or 0)


def test_the_last_class_is_that_of_both_together(clients: Clients) -> None:
    session = clients.session
    small, same, big = (clients.company(name) for name in ("Малый", "Он же", "Большой"))
    for company, amount in ((small, 30), (same, 40), (big, 45)):
        shipped(session, company, amount, JANUARY.first)
    classify_stages(session, Parameters(JANUARY.last), today=TODAY)
    run = classify_abc(session, JANUARY, today=TODAY)
    session.flush()

    def classes() -> dict[int, AbcClass | None]:
        rows = session.execute(select(AbcRecord.counterparty_id, AbcRecord.abc).where(AbcRecord.run_id == run.id))
        return {row.counterparty_id: row.abc for row in rows}

    assert classes()[small.id] is not AbcClass.A
    merge(session, small, same)
    assert classes()[small.id] is AbcClass.A
    record = session.scalars(select(AbcRecord).where(AbcRecord.counterparty_id == small.id)).one()
    assert record.value == 70


def test_values_are_chosen_field_by_field_and_the_best_filled_are_offered(clients: Clients) -> None:
    session = clients.session
    kept = clients.company("Контур", inn="", comment="первый", is_supplier=False, registered_on=date(2026, 2, 2))
    gone = clients.company(
        *("Контур АО", "boris"),
        **{"inn": "7736050003", "kpp": "773601001", "comment": "второй", "is_supplier": True},
        registered_on=date(2025, 1, 1),
    )
    offered = {choice.name: choice.offered for choice in merging.choices_of(clients.session, [kept, gone], kept.id)}
    assert offered == {
        **{"name": kept.id, "inn": gone.id, "kpp": gone.id, "is_supplier": gone.id, "manager_id": kept.id},
        **{"registered_on": gone.id, "comment": merging.ALL},
    }
    merged = merge(session, kept, gone, name=gone.id, comment=kept.id)
    told = (merged.name, merged.inn, merged.kpp, merged.comment, merged.is_supplier, merged.manager.username)
    assert told == ("Контур АО", "7736050003", "773601001", "первый", True, "anna")
    with pytest.raises(Refused):
        merge(session, clients.company("Один"), clients.company("Два"), name=kept.id)


def test_texts_of_both_may_stay(clients: Clients) -> None:
    merged = merge(
        clients.session, clients.company("Контур", comment="первый"), clients.company("Контур", comment="второй")
    )
    assert merged.comment == "первый\nвторой"


def test_the_same_phone_and_the_same_person_stay_once(clients: Clients) -> None:
    session = clients.session
    kept, gone = clients.company("Останется"), clients.company("Уйдет")
    clients.phone(kept, "8 (495) 700-00-02")
    clients.phone(gone, "+7 495 7000002").comment = "склад"
    clients.email(kept, "A@b.example")
    clients.email(gone, "a@B.example")
    one = clients.person(kept, "Семёнов", "Пётр")
    same = clients.person(gone, "Семенов", "Петр", position="Директор")
    clients.person(gone, "Семёнов", "Иван")
    clients.phone(kept, "+7 912 345-67-89", one)
    clients.phone(gone, "89123456789", same)
    contact = clients.contact(gone, "Звонок", person=same)
    merge(session, kept, gone)
    infos = session.scalars(select(ContactInfo).where(ContactInfo.counterparty_id == kept.id)).all()
    assert sorted((info.person_id or 0, info.comment) for info in infos) == [(0, ""), (0, "склад"), (one.id, "")]
    persons = session.scalars(select(ContactPerson).order_by(ContactPerson.id)).all()
    assert [(person.name, person.position) for person in persons] == [
        ("Семёнов Пётр", "Директор"),
        ("Семёнов Иван", ""),
    ]
    assert contact.person_id == one.id


def test_additional_managers_of_both_stay_and_the_responsible_is_none(clients: Clients) -> None:
    session = clients.session
    kept, gone = clients.company("Останется", "anna"), clients.company("Уйдет", "boris")
    kept.additional_managers = [clients.user("maria")]
    gone.additional_managers = [clients.user(name) for name in ("anna", "maria", "pavel")]
    session.flush()
    since = kept.additional[0].id
    merge(session, kept, gone)
    assert {one.user.username: one.id == since for one in kept.additional} == {"maria": True, "pavel": False}
    other = clients.company("Другой", "boris")
    merge(session, other, kept, manager_id=kept.id)
    assert other.manager.username == "anna"
    assert [one.user.username for one in other.additional] == ["maria", "pavel"]
    last = clients.company("Последний", "maria")
    merge(session, last, other)
    assert [one.user.username for one in last.additional] == ["pavel"]


def test_old_codes_lead_to_the_kept_one(clients: Clients) -> None:
    session = clients.session
    kept, gone, last = (clients.company(name) for name in ("Останется", "Уйдет", "Последний"))
    codes = {gone.code}
    merge(session, kept, gone)
    codes.add(kept.code)
    merge(session, last, kept)
    assert set(session.scalars(select(FormerCode.code).where(FormerCode.counterparty_id == last.id))) == codes


def test_whoever_does_not_see_one_of_them_merges_nothing(clients: Clients) -> None:
    session = clients.session
    mine, foreign = clients.company("Мой", "anna"), clients.company("Чужой", "boris")
    session.flush()
    session.info["viewer"] = Viewer.of(clients.user("anna").id, [Sees.OWN])
    with pytest.raises(Refused):
        merge(session, mine, foreign)
    with pytest.raises(Refused):
        merge(session, mine, mine)


def test_persons_of_two_clients_do_not_become_one(clients: Clients) -> None:
    one = clients.person(clients.company("Первый"), "Зуев")
    with pytest.raises(Refused):
        merge(clients.session, one, clients.person(clients.company("Второй"), "Зуев"))


def everything(session: Session) -> dict[str, list[str]]:
    """Every row of every table that the journal watches or triggers keep, without what each save counts."""
    told: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        if is_journalled(table.name) or table.name in {"buyer_month", "client_figure"}:
            rows = session.scalars(text(f"SELECT to_jsonb(t) - '{{version,changed_at}}'::text[] FROM {table.name} t"))
            told[table.name] = sorted(map(str, rows))
    return told


@pytest.mark.slow
def test_one_undo_gives_all_of_them_back(clients: Clients) -> None:
    session = clients.session
    kept, gone = clients.company("Контур", "anna", comment="а"), clients.company("Контур АО", "boris", comment="б")
    third = clients.company("Третий")
    for company, amount in ((kept, 70), (gone, 30)):
        shipped(session, company, amount, JANUARY.first)
        clients.add(Payment(number="15", date=JANUARY.last, counterparty=company, amount=Decimal(amount - 5)))
        clients.phone(company, "+7 495 700-00-02")
        clients.phone(company, "+7 912 345-67-89", clients.person(company, "Семёнов", "Пётр"))
        clients.order(company, f"З-{amount}")
    clients.add(DuplicatePair(first_id=kept.id, second_id=gone.id, confidence=97, signs=["name"]))
    clients.add(DuplicatePair(first_id=gone.id, second_id=third.id, confidence=97, signs=[], is_distinct=True))
    classify_stages(session, Parameters(JANUARY.last), today=TODAY)
    classify_abc(session, JANUARY, today=TODAY)
    list(posting.settle_all(session))
    before = everything(session)
    session.info.pop("verb", None)
    session.execute(text("SELECT set_config('vizavi.act', '', true)"))  # the test is one transaction of several acts
    merge(session, kept, gone)
    after = everything(session)
    assert after != before
    act = session.scalars(select(Act).order_by(Act.id.desc()).limit(1)).one()
    assert act.verb == "merge"
    session.execute(text("SELECT set_config('vizavi.act', '', true)"))
    undoing.undo(session, act.id)
    now = everything(session)
    assert {name: rows for name, rows in now.items() if rows != before[name]} == {}
