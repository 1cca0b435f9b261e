from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.errors import Refused
from app.models.counterparties import ContactPerson
from app.models.deals import ExpectedDeal
from app.models.tasks import Task
from app.services.sales.orders import correct, last_price, save_order
from app.services.sales.payments import pay
from app.services.sales.shipments import OverRest, ship, take_return
from app.services.typed import (
    Changed,
    CorrectionDraft,
    LineDraft,
    OrderDraft,
    PaymentDraft,
    ShipmentDraft,
    ShippedDraft,
)
from tests.clients import Clients
from tests.conftest import user_named
from tests.deals import DAY, D, item, order, paid, returned, shipped
from tests.factories import added, buyer


@pytest.fixture
def draft(session: Session) -> OrderDraft:
    lines = [LineDraft(item(session, 100).id, D(10), D(100)), LineDraft(item(session, 5).id, D(2), D(5))]
    return OrderDraft(buyer(session).id, DAY, lines)


def line(draft: OrderDraft, **change: Any) -> OrderDraft:
    return replace(draft, lines=[draft.lines[0], replace(draft.lines[1], **change)])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: replace(d, lines=[]), "lines"),
        (lambda d: line(d, price=D(-1)), "lines-1-price"),
        (lambda d: line(d, quantity=D(0)), "lines-1-quantity"),
        (lambda d: line(d, quantity=D(-1)), "lines-1-quantity"),
        (lambda d: line(d, discount=D(101)), "lines-1-discount"),
        (lambda d: line(d, item_id=0), "lines-1-item"),
        (lambda d: replace(d, ship_on=DAY - timedelta(days=1)), "ship_on"),
        (lambda d: replace(d, pay_by=DAY - timedelta(days=1)), "pay_by"),
        (lambda d: replace(d, counterparty_id=0), "counterparty"),
        (lambda d: replace(d, order_id=0), "order"),
    ],
)
def test_a_bad_order_is_refused_at_its_field(
    session: Session, draft: OrderDraft, change: Callable[[OrderDraft], OrderDraft], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        save_order(session, change(draft))
    assert refused.value.field == field


def test_a_taken_number_and_a_stranger_as_contact_person_are_refused(session: Session, draft: OrderDraft) -> None:
    save_order(session, replace(draft, number="7"))
    with pytest.raises(Refused) as refused:
        save_order(session, replace(draft, number="7"))
    assert refused.value.field == "number"
    a_year_ago = draft.date.replace(year=draft.date.year - 1)
    assert save_order(session, replace(draft, number="7", date=a_year_ago)).number == "7"  # numbers begin anew
    stranger = added(session, ContactPerson(counterparty_id=buyer(session).id, last_name="Чужой"))
    with pytest.raises(Refused) as refused:
        save_order(session, replace(draft, person_id=stranger.id))
    assert refused.value.field == "person"


def test_the_later_editor_sees_what_changed_and_may_save_over_it(session: Session, draft: OrderDraft) -> None:
    it = save_order(session, draft)
    opened = replace(draft, order_id=it.id, version=it.version)
    save_order(session, line(opened, quantity=D(3)))
    late = replace(opened, comment="срочно")
    with pytest.raises(Changed) as changed:
        save_order(session, late)
    assert [(d.field, d.mine, d.theirs, d.line) for d in changed.value.differences] == [
        ("comment", "срочно", "", None),
        ("quantity", D(2), D(3), 1),
    ]
    assert it.lines[1].quantity == 3  # nothing of the refused draft is kept
    save_order(session, replace(late, version=changed.value.version))
    assert (it.comment, it.lines[1].quantity, it.amount) == ("срочно", 2, 1010)


def test_lines_are_added_and_removed(session: Session, draft: OrderDraft) -> None:
    it = save_order(session, draft)
    save_order(session, replace(draft, order_id=it.id, lines=draft.lines[1:]))
    assert (len(it.lines), it.amount, it.quantity) == (1, 10, 2)
    save_order(session, replace(draft, order_id=it.id, lines=[*draft.lines, draft.lines[0]]))
    assert ([part.position for part in it.lines], it.amount, it.quantity) == ([1, 2, 3], 2010, 22)


def test_an_order_is_not_cut_below_what_was_shipped_nor_given_to_another(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)
    it = order(session, who, {bolt: 10})
    shipped(session, it, {bolt: 4})
    draft = OrderDraft(who.id, DAY, [LineDraft(bolt.id, D(3), D(100))], order_id=it.id)
    with pytest.raises(Refused) as refused:
        save_order(session, draft)
    assert refused.value.field == "lines"
    whole = replace(draft, lines=[LineDraft(bolt.id, D(4), D(100))])
    with pytest.raises(Refused) as refused:
        save_order(session, replace(whole, counterparty_id=buyer(session).id))
    assert refused.value.field == "counterparty"
    assert save_order(session, whole).shipment_state == "full"


def test_an_order_that_contacts_are_about_is_not_given_to_another(session: Session, draft: OrderDraft) -> None:
    it, clients = save_order(session, draft), Clients(session)
    alien = replace(draft, order_id=it.id, counterparty_id=buyer(session).id)
    anna = user_named(session, "anna")
    task = Task(text="Отгрузить", due_on=DAY, author=anna, executor=anna, counterparty_id=draft.counterparty_id)
    deal = ExpectedDeal(counterparty_id=draft.counterparty_id, expected_on=DAY, amount=D(1))
    for about in (clients.contact(it.counterparty, "Когда везти?"), clients.add(task), clients.add(deal)):
        about.order_id = it.id
        with pytest.raises(Refused, match="first take it out") as refused:
            save_order(session, alien)
        assert refused.value.field == "counterparty"
        about.order_id = None
    task.order_id, task.done_on = it.id, DAY  # nobody saves it any more
    assert save_order(session, alien).counterparty_id == alien.counterparty_id


def test_what_a_shipment_is_refused_for(session: Session) -> None:
    who, bolt, nut = buyer(session), item(session, 100), item(session, 10)
    it = order(session, who, {bolt: 10})

    def refused(**change: Any) -> tuple[type, str | None]:
        lines = change.pop("lines", [ShippedDraft(bolt.id, D(1), D(100))])
        with pytest.raises(Refused) as caught:
            ship(
                session,
                ShipmentDraft(**{"counterparty_id": who.id, "date": DAY, "order_id": it.id, **change}, lines=lines),
            )
        return caught.type, caught.value.field

    assert refused(lines=[ShippedDraft(nut.id, D(1), D(10))]) == (Refused, "lines-0-item")
    more = [ShippedDraft(bolt.id, D(6), D(100)), ShippedDraft(bolt.id, D(5), D(100))]
    assert refused(lines=more) == (OverRest, "lines-1-quantity")
    assert refused(lines=[]) == (Refused, "lines")
    assert refused(lines=[ShippedDraft(bolt.id, D(1), D(-1))]) == (Refused, "lines-0-price")
    assert refused(date=DAY - timedelta(days=1)) == (Refused, "date")
    assert refused(counterparty_id=buyer(session).id) == (Refused, "order")
    assert it.shipped_quantity == 0
    confirmed = ship(session, ShipmentDraft(who.id, DAY, more, order_id=it.id, confirmed=True))
    assert (confirmed.amount, it.shipped_quantity, it.rest_quantity) == (1100, 11, 0)


def test_no_more_is_taken_back_than_was_shipped(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100, cost=D(60))
    it = order(session, who, {bolt: 10})
    shipped(session, it, {bolt: 4})
    back = returned(session, it, {bolt: 3})
    assert (back.kind, back.amount, back.cost_amount, back.lines[0].quantity) == ("return", -300, -180, -3)
    draft = ShipmentDraft(who.id, DAY, [ShippedDraft(bolt.id, D(2), D(100))], order_id=it.id)
    with pytest.raises(Refused) as refused:
        take_return(session, draft)
    assert refused.value.field == "lines-0-quantity"


def test_a_sale_may_have_no_order(session: Session) -> None:
    bolt = item(session, 100, cost=D(70))
    draft = ShipmentDraft(buyer(session).id, DAY, [ShippedDraft(bolt.id, D(2), D(100), D(10))])
    sale = ship(session, draft)
    assert (sale.amount, sale.cost_amount, sale.order_id) == (180, 140, None)


def test_what_a_payment_is_refused_for(session: Session) -> None:
    who, bolt = buyer(session), item(session)
    it = order(session, who, {bolt: 1})
    for draft, field in (
        (PaymentDraft(who.id, DAY, D(0)), "amount"),
        (PaymentDraft(buyer(session).id, DAY, D(1), order_id=it.id), "order"),
        (PaymentDraft(0, DAY, D(1)), "counterparty"),
    ):
        with pytest.raises(Refused) as refused:
            pay(session, draft)
        assert refused.value.field == field


def test_a_correction_takes_off_no_more_than_is_left(session: Session) -> None:
    who, bolt, nut = buyer(session), item(session, 100), item(session, 10)
    it = order(session, who, {bolt: 10})
    shipped(session, it, {bolt: 4})
    for bad, field in (
        (LineDraft(bolt.id, D(-7), D(100)), "lines-0-quantity"),
        (LineDraft(nut.id, D(-1), D(1)), "lines-0-quantity"),
    ):
        with pytest.raises(Refused) as refused:
            correct(session, CorrectionDraft(it.id, DAY, [bad]))
        assert refused.value.field == field
    correct(session, CorrectionDraft(it.id, DAY, [LineDraft(bolt.id, D(-6), D(100)), LineDraft(nut.id, D(5), D(10))]))
    assert (it.quantity, it.rest_quantity, it.rest_amount, it.corrected_amount) == (9, 5, 50, -550)


def test_a_manager_posts_nothing_by_the_order_of_a_stranger(session: Session) -> None:
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    hers, his = buyer(session, manager_id=anna.id), buyer(session, manager_id=boris.id)
    bolt = item(session)
    it = order(session, his, {bolt: 1})
    own = order(session, hers, {bolt: 1})
    session.expunge_all()
    session.info["viewer"] = Viewer.of(anna.id, [Sees.OWN])
    for attempt in (
        lambda: shipped(session, it, {bolt: 1}),
        lambda: paid(session, his, 5),
        lambda: save_order(session, OrderDraft(his.id, DAY, [LineDraft(bolt.id, D(1), D(1))])),
    ):
        with pytest.raises(Refused, match=r"There is no such (counterparty|order)"):
            attempt()
    shipped(session, own, {bolt: 1})


def test_the_last_price_of_this_buyer_is_offered(session: Session) -> None:
    who, bolt = buyer(session), item(session, 100)

    def ordered(of: Any, price: int, days: int) -> int:
        lines = [LineDraft(bolt.id, D(1), D(price), D(days))]
        return save_order(session, OrderDraft(of.id, DAY + timedelta(days=days), lines)).id

    ordered(who, 90, 2)
    ordered(who, 95, 1)
    latest = ordered(who, 80, 5)
    ordered(buyer(session), 10, 9)
    assert last_price(session, who.id, [bolt.id, 0]) == {bolt.id: (Decimal(80), Decimal(5))}
    assert last_price(session, who.id, [bolt.id], other_than=latest) == {bolt.id: (Decimal(90), Decimal(2))}
