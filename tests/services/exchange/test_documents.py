"""Orders and shipments from files: one line of the file is one line of the document."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import MovementKind
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from app.services.exchange import table_named
from app.services.exchange.exporting import export_query
from app.services.exchange.staging import Staging
from app.services.exchange.writers import documents
from app.services.exchange.writers.documents import keep_known
from app.services.sales.payments import allocate_by_hand, refund, reverse_payment
from app.services.typed import RefundDraft
from tests.conftest import filled_once, user_named
from tests.factories import added, buyer
from tests.services.exchange.conftest import Imports, counts, wrong

pytestmark = pytest.mark.slow

ORDERS = "number,date,counterparty,item,quantity,price,manager,ship_on,comment"
SHIPMENTS = "number,date,counterparty,item,quantity,price,cost,order"


def fill(session: Session) -> None:
    for code, name, manager in (("К1", "Ромашка", "anna"), ("К2", "Василёк", "boris"), ("К3", "Ёж", None)):
        buyer(session, name, code=code, manager=manager and user_named(session, manager))
    for code, name in (("A", "Чай"), ("B", "Кофе"), ("C", "Сахар")):
        added(session, Item(code=code, name=name))


filled, session = filled_once(fill)


def test_an_order_gathers_its_lines_wherever_they_stand(session: Session, imports: Imports) -> None:
    lines = (
        ORDERS,
        "1,2026-11-20,К1,A,2,10.55,anna,2026-11-30,срочно",
        "2,21.11.2026,К2,B,1.5,3.33,,,",
        "1,2026-11-20,К1,C,1,0,anna,2026-11-30,срочно",
    )
    assert counts(imports("orders", *lines)) == (2, 0, 0)
    first = session.scalars(select(BuyerOrder).where(BuyerOrder.number == "1")).one()
    assert (first.amount, first.comment, str(first.counterparty)) == (Decimal("21.10"), "срочно", "Ромашка")
    assert [(line.position, line.item.code, line.quantity, line.amount) for line in first.lines] == [
        (1, "A", 2, Decimal("21.10")),
        (2, "C", 1, 0),
    ]
    second = session.scalars(select(BuyerOrder).where(BuyerOrder.number == "2")).one()
    assert second.amount == Decimal("5.00")  # 4.995, half up
    assert counts(imports("orders", *lines)) == (0, 0, 2)


@pytest.mark.parametrize(
    "changed",
    [
        ("1,2026-11-20,К1,A,2,11,,,", "1,2026-11-20,К1,B,1,5,,,"),
        ("1,2026-11-20,К1,B,1,5,,,", "1,2026-11-20,К1,A,2,10,,,"),
        ("1,2026-11-20,К1,A,2,10,,,",),
        ("1,2026-11-21,К1,A,2,10,,,", "1,2026-11-21,К1,B,1,5,,,"),
    ],
)
def test_a_changed_document_is_updated_whole(session: Session, imports: Imports, changed: tuple[str, ...]) -> None:
    same = ("9,2026-11-20,К2,A,1,1,,,",)
    imports("orders", ORDERS, "1,2026-11-20,К1,A,2,10,,,", "1,2026-11-20,К1,B,1,5,,,", *same)
    assert counts(imports("orders", ORDERS, *changed, *same)) == (0, 1, 1)
    order = session.scalars(select(BuyerOrder).where(BuyerOrder.number == "1")).one()
    assert len(order.lines) == len(changed)
    assert order.amount == sum(line.amount for line in order.lines)
    assert order.version == 2
    assert counts(imports("orders", ORDERS, *changed, *same)) == (0, 0, 2)


def test_a_line_that_comes_again_is_not_looked_for_among_all_of_the_file(
    session: Session, imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan of a base of a million lines, where nobody expects more than one of them to fit."""
    read = text("SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'import_line'")
    reads: list[int] = []

    def kept(staging: Staging) -> None:
        session.execute(text("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"))
        before = session.scalar(read) or 0
        keep_known(staging)
        reads.append((session.scalar(read) or 0) - before)
        session.execute(text("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on"))

    monkeypatch.setattr(documents, "keep_known", kept)
    lines = [ORDERS, *(f"{number // 50},2026-11-20,К1,A,1,{number},,," for number in range(200))]
    imports("orders", *lines)
    assert counts(imports("orders", *lines)) == (0, 0, 4)
    assert 0 < reads[0] < 200 * 200 / 10


def test_a_discount_lowers_the_amount(session: Session, imports: Imports) -> None:
    header = "number,date,counterparty,item,quantity,price,Скидка"
    assert counts(imports("orders", header, "1,2026-11-20,К1,A,3,9.99,15")) == (1, 0, 0)
    assert session.scalars(select(OrderLine.amount)).one() == Decimal("25.47")
    assert wrong(imports("orders", header, "2,2026-11-20,К1,A,3,9.99,101")) == [(2, "discount")]


@pytest.mark.parametrize("kind", ["orders", "shipments"])
@pytest.mark.parametrize("discount", ["", "0", "0.00", "5", "5.0"])
def test_the_same_number_in_another_spelling_changes_nothing(imports: Imports, kind: str, discount: str) -> None:
    lines = ("number,date,counterparty,item,quantity,price,discount", f"1,2026-11-20,К1,A,3.0,9.9,{discount}")
    assert counts(imports(kind, *lines)) == (1, 0, 0)
    assert counts(imports(kind, *lines)) == (0, 0, 1)
    assert counts(imports(kind, lines[0], lines[1].replace("3.0,9.9", "3,9.90000"))) == (0, 0, 1)


def test_lines_of_one_document_that_disagree_are_named_both(imports: Imports) -> None:
    report = imports(
        "orders", ORDERS, "1,2026-11-20,К1,A,2,10,,,", "2,2026-11-20,К1,A,2,10,,,", "1,2026-11-21,К2,B,1,5,,,"
    )
    assert wrong(report) == [(4, "date"), (4, "counterparty")]
    assert all("2" in error.text for error in report.wrong)


def test_what_is_not_known_or_not_possible_is_named_by_line(session: Session, imports: Imports) -> None:
    report = imports(
        "orders",
        ORDERS,
        "1,2026-11-20,К7,A,1,1,,,",
        "2,2026-11-20,К1,Z,1,1,,,",
        "3,2026-11-20,К1,A,0,1,,,",
        "4,2026-11-20,К1,A,1,-1,,,",
        "5,2026-11-20,К1,A,1,1,ghost,,",
    )
    assert wrong(report) == [(2, "counterparty"), (3, "item"), (4, "quantity"), (5, "price"), (6, "manager")]
    assert session.scalar(select(func.count()).select_from(BuyerOrder)) == 0


def test_a_shipment_keeps_sums_and_a_return_is_negative(session: Session, imports: Imports) -> None:
    imports("orders", ORDERS, "1,2026-11-20,К1,A,2,10,,,")
    lines = (SHIPMENTS, "Р1,2026-11-21,К1,A,2,10,7.5,1", "Р1,2026-11-21,К1,B,1,5,,1", "В1,2026-11-22,К1,A,-1,10,7.5,")
    assert counts(imports("shipments", *lines)) == (2, 0, 0)
    sale, back = session.scalars(select(Shipment).order_by(Shipment.date))
    assert (sale.kind, sale.amount, sale.cost_amount) == (MovementKind.SHIPMENT, 25, 15)
    assert (back.kind, back.amount, back.cost_amount) == (MovementKind.RETURN, -10, Decimal("-7.5"))
    assert sale.order is not None
    assert sale.order.number == "1"
    assert [(line.cost, line.cost_amount) for line in sale.lines] == [(Decimal("7.5"), 15), (None, 0)]
    assert counts(imports("shipments", *lines)) == (0, 0, 2)


def test_a_document_that_ships_and_takes_back_is_refused_with_both_lines(session: Session, imports: Imports) -> None:
    report = imports("shipments", SHIPMENTS, "Р1,2026-11-21,К1,A,2,10,,", "Р1,2026-11-21,К1,B,-1,5,,")
    assert wrong(report) == [(3, "quantity")]
    assert "2" in report.wrong[0].text
    assert wrong(imports("shipments", SHIPMENTS, "Р1,2026-11-21,К1,A,0,10,,")) == [(2, "quantity")]


def test_the_order_of_another_counterparty_is_refused(imports: Imports) -> None:
    imports("orders", ORDERS, "1,2026-11-20,К1,A,2,10,,,")
    assert wrong(imports("shipments", SHIPMENTS, "Р1,2026-11-21,К2,A,2,10,,1")) == [(2, "order")]
    assert wrong(imports("payments", "number,date,counterparty,amount,order", "П1,2026-11-21,К2,5,1")) == [(2, "order")]


@pytest.fixture
def as_anna(session: Session) -> Any:
    """The session of Anna, who sees only her own counterparties."""
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    yield
    del session.info["viewer"]


def test_a_manager_reaches_no_further_than_he_sees(session: Session, imports: Imports, as_anna: None) -> None:
    assert counts(imports("orders", ORDERS, "1,2026-11-20,К1,A,2,10,,,")) == (1, 0, 0)
    assert wrong(imports("orders", ORDERS, "2,2026-11-20,К2,A,2,10,,,")) == [(2, "counterparty")]
    assert wrong(imports("counterparties", "code,name", "К1,Моя", "К2,Чужая", "К3,Ничья")) == [(3, "code"), (4, "code")]
    assert counts(imports("counterparties", "code,name", "К1,Моя")) == (0, 1, 0)


def test_a_manager_does_not_overwrite_a_document_of_another_by_its_number(session: Session, imports: Imports) -> None:
    imports("orders", ORDERS, "1,2026-11-20,К2,A,2,10,,,")
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    assert wrong(imports("orders", ORDERS, "1,2026-11-20,К1,A,2,10,,,")) == [(2, "number")]
    assert wrong(imports("payments", "number,date,counterparty,amount,order", "П1,2026-11-21,К1,5,1")) == [(2, "order")]
    del session.info["viewer"]


def test_what_a_manager_imports_stays_his(session: Session, imports: Imports, as_anna: None) -> None:
    assert counts(imports("counterparties", "code,name", "К9,Новая")) == (1, 0, 0)
    assert session.scalars(select(Counterparty).where(Counterparty.code == "К9")).one().manager.username == "anna"
    assert wrong(imports("counterparties", "code,name,manager", "К8,Чужая,boris")) == [(2, "manager")]


def test_lines_count_as_documents_in_the_report_and_as_lines_beside_it(imports: Imports, session: Session) -> None:
    report = imports("shipments", SHIPMENTS, *(f"Р{i // 4},2026-11-21,К1,A,2,10,," for i in range(400)))
    assert (report.created, report.lines) == (100, 400)
    assert session.scalar(select(func.count()).select_from(ShipmentLine)) == 400


def test_orders_follow_the_shipments_and_payments_that_come_by_file(session: Session, imports: Imports) -> None:
    imports("orders", ORDERS, "1,2026-11-20,К1,A,2,10,,,", "2,2026-11-20,К1,A,1,10,,,")

    def states() -> list[tuple[str, str]]:
        session.expire_all()
        orders = session.scalars(select(BuyerOrder).order_by(BuyerOrder.number))
        return [(order.shipment_state.value, order.payment_state.value) for order in orders]

    assert states() == [("none", "none"), ("none", "none")]
    imports("shipments", SHIPMENTS, "Р1,2026-11-21,К1,A,2,10,,1")
    imports("payments", "number,date,counterparty,amount,order", "П1,2026-11-21,К1,10,1")
    assert states() == [("full", "partly"), ("none", "none")]
    # the same documents now belong to the other order: the first loses what it had
    imports("shipments", SHIPMENTS, "Р1,2026-11-21,К1,A,2,10,,2")
    imports("payments", "number,date,counterparty,amount,order", "П1,2026-11-21,К1,10,2")
    assert states() == [("none", "none"), ("full", "partly")]  # twice as much was shipped as ordered


def test_a_reversed_payment_is_known_and_a_file_does_not_bring_it_back(session: Session, imports: Imports) -> None:
    header = "number,date,counterparty,amount,purpose"
    imports("payments", header, "П1,2026-11-21,К1,10,")
    payment = session.scalars(select(Payment)).one()
    reverse_payment(session, payment.id, "не тот клиент", on=payment.date)
    session.commit()
    report = imports("payments", header, "П1,2026-11-21,К1,10,за чай")  # nor does it change anything of it
    assert (counts(report), report.warnings_count) == ((0, 0, 1), 1)
    session.expire_all()
    assert (payment.reversed_because, payment.purpose) == ("не тот клиент", "")
    assert session.execute(export_query(table_named("payments"))).all() == []


def test_an_order_plans_no_less_than_is_shipped_and_nothing_is_shipped_by_a_closed_one(
    session: Session, imports: Imports
) -> None:
    imports("orders", ORDERS, "1,2026-11-20,К1,A,9,10,,,", "1,2026-11-20,К1,B,9,10,,,", "2,2026-11-20,К1,A,9,10,,,")
    came = (SHIPMENTS, "Р1,2026-11-19,К1,A,5,10,,1", "Р1,2026-11-19,К1,C,1,10,,1")
    report = imports("shipments", *came)
    assert counts(report) == (1, 0, 0)
    assert [(warning.line, warning.field) for warning in report.warnings] == [(2, "date"), (3, "quantity")]
    for line in ("1,2026-11-20,К1,A,4,10,,,", "1,2026-11-20,К1,B,1,10,,,"):
        assert wrong(imports("orders", ORDERS, line)) == [(2, "quantity")]
    assert counts(imports("orders", ORDERS, "1,2026-11-20,К1,A,5,10,,,")) == (0, 1, 0)
    assert imports("shipments", *came).warnings == []  # it was told when it came
    session.scalars(select(BuyerOrder).order_by(BuyerOrder.id)).all()[1].comment = "до\r\nобеда"
    imports("order-closings", "order,reason", "1,Прочее", "2,Прочее")
    assert counts(imports("orders", ORDERS, '2,2026-11-20,К1,A,9,10,,,"до\nобеда"')) == (0, 0, 1)
    more = "Р2,2026-11-22,К1,B,1,10,,2"
    for line in (more, "Р1,2026-11-19,К1,A,4,10,,", "Р3,2026-11-22,К1,A,1,10,,1"):
        assert wrong(imports("shipments", came[0], "Р9,2026-11-21,К1,A,1,10,,", line)) == [(3, "order")]
    assert counts(imports("shipments", *came, "В1,2026-11-22,К1,A,-1,10,,1")) == (1, 0, 1)


def test_what_was_given_back_or_laid_by_hand_holds_a_payment(session: Session, imports: Imports) -> None:
    header = "number,date,counterparty,amount,order"
    imports("orders", ORDERS, *(f"{number},2026-11-20,К1,A,1,100,,," for number in (1, 2)))
    imports("payments", header, "П1,2026-11-21,К1,50,1", "П2,2026-11-21,К1,20,1")
    first, second = session.scalars(select(Payment).order_by(Payment.id))
    one, two = session.scalars(select(BuyerOrder).order_by(BuyerOrder.id))
    refund(session, RefundDraft(first.counterparty_id, first.date, Decimal(30), payment_id=first.id, number="В1"))
    allocate_by_hand(session, second.id, {two.id: Decimal(20)})
    session.commit()
    for line in ("П1,2026-11-21,К1,29,", "В1,2026-11-21,К1,-51,", "В1,2026-11-21,К1,5,"):
        assert wrong(imports("payments", header, line, confirmed=True)) == [(2, "amount")]
    assert counts(imports("payments", header, "П1,2026-11-21,К1,30,", "В1,2026-11-21,К1,-20,", confirmed=True))[1] == 2
    assert counts(imports("payments", f"{header},purpose", "П2,2026-11-21,К1,20,,за чай")) == (0, 1, 0)
    session.expire_all()
    assert (second.by_hand, one.paid_amount, two.paid_amount) == (True, 10, 20)
    assert counts(imports("payments", header, "П2,2026-11-21,К1,20,2")) == (0, 1, 0)
    session.expire_all()
    assert not second.by_hand


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("РОМАШКА", []),
        ("«Ромашка», ООО", []),
        ("к1", []),
        ("К2", [(3, "counterparty")]),
        ("", [(3, "counterparty")]),
        ("Никто", [(3, "counterparty")]),
    ],
)
def test_lines_of_one_document_may_name_its_buyer_in_different_words(
    imports: Imports, other: str, told: list[tuple[int, str]]
) -> None:
    lines = ORDERS, "1,2026-11-20,К1,A,2,10,,,", f'1,2026-11-20,"{other}",B,1,5,,,'
    report = imports("orders", *lines)
    assert wrong(report) == told if told else counts(report) == (1, 0, 0)
