"""Files that bring their buyers with them."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.counterparties import ContactInfo, Counterparty
from app.models.movements import Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from tests.conftest import user_named
from tests.factories import added, buyer
from tests.services.exchange.conftest import Imports, counts, wrong

pytestmark = pytest.mark.slow

HEADER = "Номер;Дата;Покупатель;ИНН;КПП;Телефон;Товар;Количество;Цена"
NEW = "1;15.01.2026;ООО «Мак»;7736050003;773601001;84957000040, 84957000041;A;2;10"


@pytest.fixture(autouse=True)
def trade(session: Session) -> None:
    buyer(session, "Ромашка", code="К1", inn="7707083893", kpp="770701001", manager=user_named(session, "boris"))
    buyer(session, "Василёк", code="К2", manager=user_named(session, "anna"))
    for code in "AB":
        added(session, Item(code=code, name=f"Товар {code}"))


def clients(session: Session) -> list[str]:
    return list(session.scalars(select(Counterparty.name).order_by(Counterparty.id)))


@pytest.mark.parametrize("kind", ["orders", "shipments"])
def test_unknown_buyers_come_with_their_documents(session: Session, imports: Imports, kind: str) -> None:
    lines = (
        HEADER,
        NEW,
        NEW.replace(";A;2", ";B;1"),
        "2;16.01.2026;Мак;;;;A;1;10",  # by the name alone
        "3;16.01.2026;Мак ООО;7736050003;;84957000042;A;1;10",
        "4;16.01.2026;Другое имя;7707083893;770701001;;A;1;10",  # the INN says who it is
        "5;16.01.2026;василек;;;;A;1;10",
    )
    check = imports(kind, *lines, dry_run=True)
    assert (counts(check), check.brought) == ((5, 0, 0), {"counterparties": 1})
    assert clients(session) == ["Ромашка", "Василёк"]
    report = imports(kind, *lines)
    assert (counts(report), report.brought) == ((5, 0, 0), {"counterparties": 1})
    assert [(w.line, w.field) for w in report.warnings] == [(2, "counterparty")]
    assert clients(session) == ["Ромашка", "Василёк", "ООО «Мак»"]
    new = session.scalars(select(Counterparty).order_by(Counterparty.id.desc())).first()
    assert new is not None
    assert (new.code, new.inn, new.kpp, new.is_buyer) == (f"{new.id:09}", "7736050003", "773601001", True)
    phones = session.scalars(select(ContactInfo.phone).where(ContactInfo.counterparty_id == new.id)).all()
    assert sorted(phones) == ["+74957000040", "+74957000041", "+74957000042"]
    model: Any = BuyerOrder if kind == "orders" else Shipment
    owners = [document.counterparty.name for document in session.scalars(select(model).order_by(model.number))]
    assert owners == ["ООО «Мак»", "ООО «Мак»", "ООО «Мак»", "Ромашка", "Василёк"]
    again = imports(kind, *lines)
    assert (counts(again), again.brought, again.warnings) == ((0, 0, 5), {}, [])


def test_a_column_of_names_makes_buyers_with_the_codes_of_the_file(session: Session, imports: Imports) -> None:
    header = "Номер;Дата;Код контрагента;Наименование контрагента;Товар;Количество;Цена"
    lines = (header, "1;15.01.2026;Х-17;Мак;A;1;1", "2;15.01.2026;Х-17;Мак;A;1;1", "3;15.01.2026;к1;Ромашка;A;1;1")
    assert counts(imports("orders", *lines)) == (3, 0, 0)
    assert session.scalars(select(Counterparty.code).order_by(Counterparty.code)).all() == ["К1", "К2", "Х-17"]
    header = header.replace("Код контрагента;", "")
    assert counts(imports("orders", header, "4;15.01.2026;Мак;A;1;1", "5;15.01.2026;Астра;A;1;1")) == (2, 0, 0)
    assert clients(session) == ["Ромашка", "Василёк", "Мак", "Астра"]


def test_what_has_no_name_is_refused_by_line(session: Session, imports: Imports) -> None:
    lines = ("1;15.01.2026;К77;;;84957000040;A;1;1", "2;15.01.2026;7736050003;;;;A;1;1", "3;15.01.2026;;;;;A;1;1")
    assert wrong(imports("orders", HEADER, *lines)) == [(2, "counterparty"), (3, "counterparty"), (4, "counterparty")]
    assert clients(session) == ["Ромашка", "Василёк"]


def test_a_name_alone_makes_nobody_unless_it_is_asked_for(session: Session, imports: Imports) -> None:
    lines = ("Номер;Дата;Покупатель;Товар;Количество;Цена", "1;15.01.2026;Рамашка;A;1;1")
    assert wrong(imports("orders", *lines)) == [(2, "counterparty")]
    assert counts(imports("orders", *lines, make_unknown=True)) == (1, 0, 0)
    assert clients(session) == ["Ромашка", "Василёк", "Рамашка"]


def test_a_wrong_line_makes_no_buyer_either_and_spends_no_number(session: Session, imports: Imports) -> None:
    bad = "9;15.01.2026;Мак;7736050003;;;Z;1;1"
    for _ in range(3):
        assert wrong(imports("orders", HEADER, NEW, bad)) == [(3, "item")]
    report = imports("orders", HEADER, NEW, bad, skip_wrong=True)
    assert (report.created, report.left_out) == (1, 1)
    ids = session.scalars(select(Counterparty.id).order_by(Counterparty.id)).all()
    assert ids[-1] - ids[-2] == 1


def test_buyers_are_made_by_whoever_may_write_them_and_are_his(session: Session, imports: Imports) -> None:
    assert wrong(imports("orders", HEADER, NEW, lacking=["Counterparties"])) == [(2, "counterparty")]
    session.info["viewer"] = Viewer.of(user_named(session, "anna").id, {Sees.OWN})
    theirs = "4;16.01.2026;Ромашка;7707083893;770701001;;A;1;10"
    assert wrong(imports("orders", HEADER, theirs)) == [(2, "counterparty")]
    assert counts(imports("orders", HEADER, NEW)) == (1, 0, 0)
    del session.info["viewer"]
    mine = session.scalars(select(Counterparty).where(Counterparty.inn == "7736050003")).one()
    assert mine.manager is not None
    assert mine.manager.username == "anna"
    assert session.scalar(select(func.count()).select_from(BuyerOrder)) == 1
