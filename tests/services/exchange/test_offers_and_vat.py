"""Outcomes of offers and rates of VAT from files."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.periods import DAY
from app.domain.vat import VatRate
from app.domain.words import ContactState, OfferOutcome
from app.models.contacts import Contact
from app.models.movements import Shipment
from app.models.products import Item
from tests.factories import buyer
from tests.services.exchange.conftest import TODAY, Imports, counts, wrong


def test_files_bring_outcomes_and_refuse_what_a_form_would(session: Session, imports: Imports) -> None:
    company = buyer(session)
    head = "counterparty,starts_at,kind,subject,is_offer,outcome,reason"
    line = f"{company.code},2026-11-20 10:00,call,Скидка"
    assert wrong(imports("contacts", head, f"{line},0,accepted,")) == [(2, "outcome")]
    assert wrong(imports("contacts", head, f"{line},1,refused,")) == [(2, "reason")]
    assert wrong(imports("contacts", head, f"{line},1,,Дорого")) == [(2, "reason")]
    assert counts(imports("contacts", head, f"{line},да,Отказ,Дорого")) == (1, 0, 0)
    contact = session.scalars(select(Contact)).one()
    assert (contact.is_offer, contact.outcome, contact.reason) == (True, OfferOutcome.REFUSED, "Дорого")
    said_again = "counterparty,starts_at,kind,subject,outcome"
    assert wrong(imports("contacts", said_again, f"{line},accepted")) == [(2, "outcome")]


def test_rates_of_vat_come_in_every_spelling_and_else_from_the_item_by_the_day(
    session: Session, imports: Imports
) -> None:
    company = buyer(session)
    assert counts(
        imports("items", "code;name;vat", "Т1;Чай;10%", "Т2;Мёд;0,1", "Т3;Доставка;Без НДС", "Т4;Сахар;")
    ) == (4, 0, 0)
    rates = {item.code: item.vat for item in session.scalars(select(Item).where(Item.code.like("Т_")))}
    ten = VatRate.TEN
    assert rates == {"Т1": ten, "Т2": ten, "Т3": VatRate.NONE, "Т4": VatRate.TWENTY_TWO}
    head = "number;date;counterparty;item;quantity;price;vat"
    lines = (f"Р1;2025-12-31;{company.code};Т4;1;120;", f"Р1;2025-12-31;{company.code};Т4;1;110;10")
    assert counts(imports("shipments", head, *lines)) == (1, 0, 0)
    sale = session.scalars(select(Shipment)).one()
    assert ([line.vat for line in sale.lines], sale.vat_amount) == ([VatRate.TWENTY, ten], 30)
    assert counts(imports("shipments", head, *lines)) == (0, 0, 1)


def test_files_bring_nothing_that_has_happened_in_the_future(session: Session, imports: Imports) -> None:
    company = buyer(session)
    head = "counterparty,starts_at,ends_at,subject,state"
    first, last = f"{TODAY - DAY} 10:00", f"{TODAY + DAY} 10:00"
    assert wrong(imports("contacts", head, f"{company.code},{last},{last},А,done")) == [(2, "starts_at")]
    assert wrong(imports("contacts", head, f"{company.code},{first},{last},Б,done")) == [(2, "starts_at")]
    assert counts(imports("contacts", head, f"{company.code},{first},{last},В,")) == (1, 0, 0)
    contact = session.scalars(select(Contact)).one()
    assert contact.state is ContactState.PLANNED  # it has not ended yet
    again = "counterparty,starts_at,subject,state"
    assert wrong(imports("contacts", again, f"{company.code},{first},В,done")) == [(2, "starts_at")]
