"""The demo company is one that the product itself could have made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from app import clock
from app.domain import phones, requisites
from app.domain.calendar import midnight
from app.domain.stages import Stage
from app.domain.words import (
    AbcClass,
    BankLineState,
    ContactKind,
    ContactState,
    DocumentKind,
    Importance,
    InfoType,
    PaymentState,
    Reliability,
    ShipmentState,
)
from app.errors import Refused
from app.extensions import db
from app.models.bank import BankLine
from app.models.classes import AbcRecord, AbcRun, StageRecord, StageRun
from app.models.contacts import Contact
from app.models.counterparties import AdditionalManager, ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.duplicates import DuplicatePair
from app.models.histories import SourceRecord
from app.models.movements import Payment, Shipment
from app.models.numbering import NumberSeries
from app.models.orders import BuyerOrder
from app.models.supply import Receipt, SupplierOrder, SupplierPayment
from app.queries.purchasing.suppliers import measured
from app.services import demo, numbering
from app.services.counterparties.counterparties import DIGITS
from app.services.demo import histories
from app.services.demo.load import bare_tables
from app.services.purchasing import supply
from app.services.sales import posting
from tests.bases import Bases
from tests.rules.abc import classify
from tests.rules.supplier_measure import kept_share, reliability
from tests.services.conftest import NOW, TODAY, told

pytestmark = pytest.mark.slow

# As many lines and goods as the large one has, and more users than the small one.
LIKE_LARGE = demo.Size(
    buyers=300, others=150, persons=900, goods=900, orders=1_600, lines=11, contacts=3_000, managers=5, classified=12
)


def scheme(session: Session) -> list[Any]:
    """Every index and constraint of the base."""
    indexes = session.execute(text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"))
    constraints = session.execute(
        text(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2, 3"
        )
    )
    return [*indexes, *constraints]


class Company:
    """A filled base, and what filling told."""

    def __init__(self, session: Session, size: demo.Size) -> None:
        self.session, self.size = session, size
        found = told(session)
        self.password: str = found["password"]
        self.counts: dict[str, int] = found["counts"]

    def wrong(self, statement: str) -> int:
        """How many rows the query of wrong rows finds."""
        return self.session.scalars(text(f"SELECT count(*) FROM ({statement}) wrong")).one()

    def counted(self, model: Any, *conditions: Any) -> int:
        return self.session.scalars(select(func.count()).select_from(model).where(*conditions)).one()


@pytest.fixture(scope="module", params=["small", "large"])
def company(bases: Bases, filled: Callable[[str, demo.Size], str], request: pytest.FixtureRequest) -> Iterator[Company]:
    size = {"small": demo.SIZES["small"], "large": LIKE_LARGE}[request.param]
    address = bases.new("demo", of=filled(request.param, size))
    engine = create_engine(address)
    with Session(engine) as session:
        yield Company(session, size)
    engine.dispose()
    bases.let_go(address)


def test_a_statement_of_the_bank_waits_for_whoever_tries_the_product(company: Company) -> None:
    states = company.session.scalars(select(BankLine.state)).all()
    waits = {BankLineState.WAITING: 2, BankLineState.KNOWN: 4, BankLineState.POSTED: 3}
    assert Counter(states) == (waits if company.size.buyers < demo.base.MANY else {})


def test_clients_who_order_most_are_looked_after_by_two(company: Company) -> None:
    works = company.session.scalars(select(AdditionalManager)).all()
    assert len({each.counterparty_id for each in works}) == (3 if company.size.buyers < demo.base.MANY else 0)
    assert all(each.user_id != each.counterparty.manager_id for each in works)


def test_it_has_the_rows_it_tells_of(company: Company) -> None:
    for table, count in company.counts.items():
        assert company.session.scalars(text(f"SELECT count(*) FROM {table}")).one() == count > 0, table


@pytest.mark.parametrize(
    ("header", "lines", "key"),
    [("buyer_order", "buyer_order_line", "order_id"), ("shipment", "shipment_line", "shipment_id")],
)
def test_every_document_is_the_sum_of_its_lines(company: Company, header: str, lines: str, key: str) -> None:
    cost = "sum(cost_amount)" if header == "shipment" else "0"
    own = "h.cost_amount" if header == "shipment" else "0"
    assert not company.wrong(
        f"""SELECT FROM {header} h LEFT JOIN
                (SELECT {key}, sum(amount) AS amount, {cost} AS cost FROM {lines} GROUP BY 1) l ON l.{key} = h.id
            WHERE h.amount IS DISTINCT FROM l.amount OR {own} IS DISTINCT FROM l.cost"""
    )


def test_every_line_is_its_quantity_by_its_price(company: Company) -> None:
    amount = "round(quantity * price * (100 - discount) / 100, 2)"
    assert not company.wrong(f"SELECT FROM buyer_order_line WHERE amount <> {amount}")
    assert not company.wrong(
        f"""SELECT FROM shipment_line
            WHERE amount <> {amount} OR cost_amount <> coalesce(round(quantity * cost, 2), 0)"""
    )


def test_no_document_names_an_item_twice_and_lines_are_numbered_from_one(company: Company) -> None:
    for table, key in (("buyer_order_line", "order_id"), ("shipment_line", "shipment_id")):
        assert not company.wrong(
            f"""SELECT FROM {table} GROUP BY {key} HAVING count(*) <> count(DISTINCT item_id)
                    OR min(position) <> 1 OR max(position) <> count(*)"""
        )


def test_posting_finds_nothing_to_mend(company: Company) -> None:
    def figures() -> list[Any]:
        return [
            company.session.scalars(text(f"SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {table} t")).one()
            for table in ("buyer_order", "payment", "payment_allocation")
        ]

    before = figures()
    list(posting.settle_all(company.session))
    assert figures() == before


def test_suppliers_keep_their_word_in_every_way_and_posting_finds_nothing_to_mend(company: Company) -> None:
    session = company.session
    kept = select(SupplierOrder.id, *(getattr(SupplierOrder, name) for name in supply.FIGURES))
    before = session.execute(kept.order_by(SupplierOrder.id)).all()
    supply.refresh(session, [row.id for row in before])
    assert session.execute(kept.order_by(SupplierOrder.id)).all() == before
    for header, key in (("supplier_order", "order_id"), ("receipt", "receipt_id")):
        assert not company.wrong(
            f"""SELECT FROM {header} h LEFT JOIN (SELECT {key}, sum(amount) AS amount FROM {header}_line GROUP BY 1) l
                ON l.{key} = h.id WHERE h.amount IS DISTINCT FROM l.amount"""
        )
    measures = session.execute(measured(TODAY)).all()
    levels = [reliability(kept_share(row.kept, row.promised)) for row in measures]
    assert {*levels} == {*Reliability, None}
    assert company.counted(SupplierOrder, SupplierOrder.rest_quantity > 0, SupplierOrder.receive_on < TODAY)
    assert company.counted(SupplierOrder, SupplierOrder.received_on < SupplierOrder.receive_on)
    assert company.counted(SupplierOrder, SupplierOrder.received_on > SupplierOrder.receive_on)
    assert not company.wrong("SELECT FROM receipt r JOIN supplier_order o ON o.id = r.order_id WHERE r.date < o.date")
    assert not company.counted(Receipt, Receipt.date > TODAY)


def test_most_orders_to_suppliers_are_paid_some_late_some_in_parts(company: Company) -> None:
    orders, unpaid = company.counted(SupplierOrder), SupplierOrder.unpaid_amount > 0
    assert 0 < company.counted(SupplierOrder, unpaid) < orders * 0.3
    assert company.counted(SupplierOrder, unpaid, SupplierOrder.paid_amount > 0)
    assert company.counted(SupplierOrder, unpaid, SupplierOrder.pay_by < TODAY)
    assert not company.counted(SupplierOrder, SupplierOrder.unpaid_amount < 0)
    assert not company.counted(SupplierPayment, SupplierPayment.date > TODAY)
    late = "SELECT FROM supplier_payment p JOIN supplier_order o ON o.id = p.order_id WHERE p.date"
    assert 0 < company.wrong(f"{late} > o.pay_by") < company.counted(SupplierPayment) * 0.3
    assert not company.wrong(f"{late} < o.date")


def test_the_base_keeps_its_sales_by_month(company: Company) -> None:
    assert not company.wrong(
        """SELECT FROM buyer_month m FULL JOIN (
               SELECT counterparty_id, date_trunc('month', date)::date AS month, sum(amount) * 100 AS revenue,
                      sum(quantity) * 1000 AS quantity
               FROM shipment GROUP BY 1, 2) s USING (counterparty_id, month)
           WHERE m.revenue IS DISTINCT FROM s.revenue OR m.quantity IS DISTINCT FROM s.quantity"""
    )


def test_requisites_pass_their_check_sums(company: Company) -> None:
    found = company.session.scalars(select(Counterparty)).all()
    assert not [
        (c.name, wrong) for c in found if (wrong := requisites.problems(inn=c.inn, kpp=c.kpp, ogrn=c.ogrn, kind=c.kind))
    ]
    assert sum(1 for c in found if c.inn) > len(found) * 0.8


def test_phones_are_kept_as_the_look_up_reads_them(company: Company) -> None:
    query = select(ContactInfo).join(ContactInfo.kind).where(ContactInfoKind.type == InfoType.PHONE)
    found = company.session.scalars(query).all()
    assert len(found) > 400
    for info in found:
        phone = phones.parse(info.value)
        assert phone is not None
        assert (info.phone, info.phone_tail) == (phone.e164, phone.tail)
    prospects = company.session.scalars(select(Contact).where(Contact.prospect_phone != "")).all()
    assert prospects
    assert all(c.prospect_tail == phones.search_tail(c.prospect_phone) + "7" for c in prospects)


def test_orders_of_yesterday_today_and_tomorrow_are_in_every_state(company: Company) -> None:
    query = select(BuyerOrder.ship_on, BuyerOrder.shipment_state, BuyerOrder.payment_state)
    found = set(company.session.execute(query.where(BuyerOrder.ship_on == BuyerOrder.pay_by)))
    for shift, shipped, paid in product((-1, 0, 1), ShipmentState, PaymentState):
        assert (TODAY + timedelta(days=shift), shipped, paid) in found


def test_nothing_has_happened_before_its_cause_or_after_today(company: Company) -> None:
    assert not company.counted(BuyerOrder, BuyerOrder.date > TODAY)
    assert not company.counted(Payment, Payment.date > TODAY)
    assert not company.wrong(f"SELECT FROM order_closing WHERE on_date > '{TODAY}'")
    assert not company.wrong(
        f"""SELECT FROM shipment s JOIN buyer_order o ON o.id = s.order_id
            WHERE s.date < o.date OR s.date > '{TODAY}'"""
    )


def test_contacts_are_of_all_kinds_and_states(company: Company) -> None:
    start = midnight(ZoneInfo("Europe/Moscow"), TODAY)
    planned = Contact.state == ContactState.PLANNED
    for column, values in (
        (Contact.kind, ContactKind),
        (Contact.state, ContactState),
        (Contact.importance, Importance),
    ):
        assert set(company.session.scalars(select(column).distinct())) == set(values)
    assert company.counted(Contact, planned, Contact.starts_at < start)
    assert company.counted(Contact, planned, Contact.starts_at.between(start, start + timedelta(days=1)))
    assert company.counted(Contact, planned, Contact.starts_at > start + timedelta(days=1))
    assert not company.counted(Contact, ~planned, Contact.starts_at > NOW)


def test_buyers_differ_in_how_much_and_how_often_they_buy(company: Company) -> None:
    query = select(
        Shipment.counterparty_id,
        func.sum(Shipment.amount).label("value"),
        func.count().label("times"),
        func.max(Shipment.date).label("last"),
    ).group_by(Shipment.counterparty_id)
    found = company.session.execute(query).all()
    classes = list(classify({row.counterparty_id: row.value for row in found}).values())
    assert classes.count(AbcClass.A) < classes.count(AbcClass.C)
    assert {AbcClass.A, AbcClass.B, AbcClass.C} == set(classes)
    assert [row for row in found if row.times == 1]
    assert [row for row in found if row.times >= 30]
    assert [row for row in found if row.times >= 3 and row.last < TODAY - timedelta(days=200)]


def test_the_buyers_have_classes_of_the_months_before(company: Company) -> None:
    runs = company.session.scalars(select(AbcRun).order_by(AbcRun.id)).all()
    assert runs[-1].on == date(2026, 10, 31)
    assert len({run.on for run in runs}) == len(runs) >= 2
    buyers = company.counted(Counterparty, Counterparty.is_buyer)
    # All but those who were lost before they had a class.
    assert buyers * 0.8 < company.counted(AbcRecord, AbcRecord.run == runs[-1]) <= buyers * 1.1
    stages = company.session.scalars(select(StageRun).order_by(StageRun.id)).all()
    assert [run.on for run in stages] == [run.on for run in runs]
    # Whoever is lost and buys nothing is not written again.
    assert set(company.session.scalars(select(StageRecord.stage).distinct())) == set(Stage)


def test_summer_sells_more_than_winter(company: Company) -> None:
    month = func.extract("month", BuyerOrder.date)
    assert company.counted(BuyerOrder, month.in_((5, 6, 7))) > 1.2 * company.counted(BuyerOrder, month.in_((12, 1, 2)))


def test_indexes_and_foreign_keys_are_as_before(company: Company, session: Session) -> None:
    assert scheme(company.session) == scheme(session)


def test_new_rows_and_numbers_go_on_after_its_own(company: Company) -> None:
    orders = company.counted(BuyerOrder, func.extract("year", BuyerOrder.date) == TODAY.year)
    last = select(NumberSeries.last).where(NumberSeries.kind == DocumentKind.ORDER, NumberSeries.year == TODAY.year)
    assert company.session.scalars(last).one() == orders
    assert numbering.next_number(company.session, DocumentKind.ORDER, TODAY.year) == f"ЗП-2026-{orders + 1:05}"
    newcomer = Counterparty(code="новый", name="Новый")
    company.session.add(newcomer)
    company.session.flush()
    assert newcomer.id == company.counts["counterparty"] + 1
    company.session.delete(newcomer)
    company.session.flush()


def test_a_few_clients_were_typed_twice_and_wait_for_a_decision(company: Company) -> None:
    assert 3 <= company.counted(DuplicatePair) < 60


def test_a_source_told_on_the_day_that_a_client_changed_hands_stands(company: Company) -> None:
    def told() -> int:
        return company.counted(SourceRecord)

    before = told()
    with company.session.begin_nested() as again:  # every client that changed hands has something on that day now
        histories.change_hands(company.session.connection(), TODAY)
        assert told() == before > 0
        again.rollback()


def test_a_filled_base_is_refused(company: Company, app: Flask) -> None:
    with app.app_context(), pytest.raises(Refused, match=r"не пуст|not empty"):
        demo.fill(company.session, "small", today=TODAY, now=NOW)


def face(session: Session) -> list[Any]:
    names = select(Counterparty.name, Counterparty.inn).order_by(Counterparty.id)
    people = select(ContactPerson.last_name, ContactPerson.birthday).order_by(ContactPerson.id)
    orders = select(BuyerOrder.number, BuyerOrder.date, BuyerOrder.amount, BuyerOrder.status).order_by(BuyerOrder.id)
    talks = select(Contact.subject, Contact.starts_at).order_by(Contact.id)
    return [session.execute(query).all() for query in (names, people, orders, talks)]


@pytest.mark.parametrize("company", ["large"], indirect=True)  # the small one is made by the command, below
def test_one_day_always_gives_one_company(company: Company, committed: Flask) -> None:
    with committed.app_context(), Session(db.engine) as session:
        again = demo.fill(session, company.size, today=TODAY, now=NOW)
        assert face(session) == face(company.session)
    assert again.password != company.password


@pytest.mark.parametrize("company", ["small"], indirect=True)
def test_the_command_fills_an_empty_base_once_with_the_company_of_its_day(
    company: Company, committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    first = committed.test_cli_runner().invoke(args=["demo"])
    assert first.exit_code == 0, first.output
    assert "smirnova" in first.output
    assert company.password not in first.output
    with committed.app_context(), Session(db.engine) as session:
        assert face(session) == face(company.session)
    second = committed.test_cli_runner().invoke(args=["demo"])
    assert second.exit_code == 2
    assert len(second.stderr.strip().splitlines()) == 1


def test_codes_have_the_width_of_those_that_the_product_gives(company: Company) -> None:
    assert {*company.session.scalars(select(func.length(Counterparty.code)))} == {DIGITS}


def test_figures_kept_meanwhile_find_the_contacts_of_a_client_by_their_index(session: Session) -> None:
    """Filling a bigger company would otherwise read all contacts once a client."""
    session.execute(text("SET LOCAL enable_seqscan = off"))
    last = text("EXPLAIN SELECT starts_at FROM contact WHERE counterparty_id = 1 ORDER BY starts_at DESC LIMIT 1")
    with bare_tables(session):
        assert any("ix_contact_counterparty_id" in line for line in session.scalars(last))
