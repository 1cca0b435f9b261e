"""The smallest files that others' tables were refused or spoiled by, each as it has to be taken now."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import CounterpartyKind
from app.errors import Refused
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.services import exchange
from app.services.exchange import TABLES, exporting
from tests.conftest import filled_once
from tests.services.exchange.conftest import NOW, TODAY

pytestmark = pytest.mark.slow

CASES = Path(__file__).parent / "cases"
Kept = Callable[[Session], Any]
Places = list[tuple[int, str]]


@dataclass(frozen=True)
class Case:
    """What comes of a file: the counts, lines and fields that are wrong or warned of, and what the base has then."""

    kind: str
    counts: tuple[int, int, int] = (1, 0, 0)
    after: tuple[str, ...] = ()  # the files that come before
    wrong: Places = field(default_factory=list)
    warnings: Places = field(default_factory=list)
    kept: Kept | None = None
    then: Any = None  # what `kept` gives


def client(code: str, *names: str) -> Kept:
    def of(session: Session) -> Any:
        one = session.scalars(select(Counterparty).where(Counterparty.code == code)).one()
        return tuple(getattr(one, name) for name in names)

    return of


def every(column: Any, *more: Any) -> Kept:
    return lambda session: [*map(tuple, session.execute(select(column, *more).order_by(column)))]


def phones(code: str) -> Kept:
    query = select(ContactInfo.phone, ContactInfo.extension).join(Counterparty).where(Counterparty.code == code)
    return lambda session: {tuple(row) for row in session.execute(query)}


def orders(session: Session) -> list[Any]:
    rows = session.scalars(select(BuyerOrder).order_by(BuyerOrder.number, BuyerOrder.date))
    return [(row.number, row.date.isoformat(), row.counterparty.code, str(row.amount)) for row in rows]


def payments(session: Session) -> list[Any]:
    rows = session.scalars(select(Payment).order_by(Payment.date))
    return [(row.number, row.counterparty.code, int(row.amount)) for row in rows]


def in_office_csv(session: Session) -> bool:
    text = b"".join(block for _rows, block in exporting.csv_blocks(session, TABLES["counterparties"], exporting.OFFICE))
    return ";'=1+1;" in text.decode() and "\"'=HYPERLINK" in text.decode()


ONE_ORDER = [("N-0003", "2026-01-15", "OP1", "1.00")]
FILES = {
    "00-clients.csv": Case("counterparties", (0, 0, 3)),  # they are there before every case
    "00-items.csv": Case("items", (0, 0, 1)),
    "02-payment-15-of-OP1.csv": Case("payments"),
    "02-payment-15-of-OP2.csv": Case(
        "payments",
        after=("02-payment-15-of-OP1.csv",),
        kept=payments,
        then=[("15", "OP1", 1000), ("15", "OP2", 2000)],
    ),
    "02-order-0001-of-2025.csv": Case("orders"),
    "02-order-0001-of-2026.csv": Case(
        "orders",
        after=("02-order-0001-of-2025.csv",),
        kept=orders,
        then=[("N-0001", "2025-01-15", "OP1", "1000.00"), ("N-0001", "2026-01-15", "OP2", "2100.00")],
    ),
    "03-twins.csv": Case("counterparties", (2, 0, 0), warnings=[(3, "inn")]),
    "04-several-phones.csv": Case(
        "counterparties",
        (5, 0, 0),
        kept=lambda session: (phones("PH2")(session), len(session.scalars(select(ContactInfo)).all())),
        then=({("+73437000004", "12"), ("+73437000005", "13")}, 10),
    ),
    "04-two-phone-columns.csv": Case(
        "counterparties", kept=phones("PH6"), then={("+74957000030", ""), ("+74957000031", "")}
    ),
    "05-empty-cells-before.csv": Case("counterparties"),
    "05-empty-cells-after.csv": Case(
        "counterparties",
        (0, 0, 1),
        after=("05-empty-cells-before.csv",),
        kept=client("EM1", "inn", "kpp", "comment"),
        then=("7707083893", "770701001", "важно"),
    ),
    "06-no-code-column.csv": Case("counterparties", kept=every(Counterparty.inn), then=[("",)] * 3 + [("7707083893",)]),
    "06-order-by-name.csv": Case("orders", kept=orders, then=ONE_ORDER),
    "06-fio-in-one-column.csv": Case(
        "persons",
        kept=every(ContactPerson.last_name, ContactPerson.first_name, ContactPerson.middle_name),
        then=[("Петров", "Пётр", "Петрович")],
    ),
    "07-date-with-time.csv": Case("orders", kept=orders, then=[("N-0004", "2026-01-15", "OP1", "1.00")]),
    "07-date-with-time.xlsx": Case("orders", kept=orders, then=[("N-0005", "2026-01-15", "OP1", "1.00")]),
    "08-hidden-first-sheet.xlsx": Case("counterparties", kept=client("SH2", "name"), then=("Скрытый лист",)),
    "08-merged-header.xlsx": Case(
        "counterparties", kept=phones("MG1"), then={("+74957000060", ""), ("+74957000061", "")}
    ),
    "08-second-sheet.xlsx": Case("counterparties", kept=client("SH1", "name"), then=("Второй лист",)),
    "08-sep-line.csv": Case("counterparties", kept=client("SE1", "name"), then=("Подсказка для Excel",)),
    "08-title-and-total.xlsx": Case("counterparties", warnings=[(5, "")], kept=client("TT1", "name"), then=("Титул",)),
    "09-search.csv": Case("counterparties", kept=client("SR1", "ogrn"), then=("1027700132195",)),
    "10-order.csv": Case("orders"),
    "10-shipment-of-12.csv": Case("shipments", after=("10-order.csv",), warnings=[(2, "quantity")]),
    "10-return-of-50.csv": Case(
        "shipments",
        after=("10-order.csv", "10-shipment-of-12.csv"),
        warnings=[(2, "quantity")],
        kept=every(Shipment.amount),
        then=[(-5000,), (1200,)],
    ),
    "11-price-rounded.csv": Case(
        "orders",
        (3, 0, 0),
        kept=lambda session: [row[3] for row in orders(session)],
        then=["345.00", "1.23", "4.00"],
    ),
    "12-contact-info-nonsense.csv": Case(
        "counterparties",
        (3, 0, 0),
        warnings=[(2, "phone"), (2, "email"), (3, "phone"), (4, "phone")],
        kept=lambda session: sorted(session.scalars(select(ContactInfo.value).where(ContactInfo.value.contains("@")))),
        then=["a@b.ru", "c@d.ru"],
    ),
    "13-zeros-lost.xlsx": Case(
        "counterparties",
        warnings=[(2, "inn"), (2, "kpp")],
        kept=client("ZL1", "inn", "kpp"),
        then=("0274062111", "027801001"),
    ),
    "13-code-00012.csv": Case("items"),
    "13-code-00012-as-12.xlsx": Case("items", after=("13-code-00012.csv",), warnings=[(2, "code")]),
    "14-invisible.csv": Case("counterparties", kept=client("IN1", "inn"), then=("7707083893",)),
    "14-visible.csv": Case("counterparties", (0, 0, 1), after=("14-invisible.csv",)),
    "15-words.csv": Case(
        "counterparties",
        (3, 0, 0),
        kept=lambda session: [client(code, "kind")(session)[0] for code in ("WD1", "WD2", "WD4")],
        then=[CounterpartyKind.COMPANY, CounterpartyKind.PERSON, CounterpartyKind.PERSON],
    ),
    "15-inn-of-12-without-kind.csv": Case(
        "counterparties", kept=client("WD6", "kind"), then=(CounterpartyKind.PERSON,)
    ),
    "18-formula.csv": Case("counterparties", kept=in_office_csv, then=True),
    "19-year.csv": Case("orders", (0, 0, 0), wrong=[(2, "date")]),
    "20-two-ivanovs.csv": Case("persons", (2, 0, 0)),
    "20-second-ivanov-again.csv": Case(
        "persons",
        (0, 1, 0),
        after=("20-two-ivanovs.csv",),
        kept=lambda session: [p.position for p in session.scalars(select(ContactPerson).order_by(ContactPerson.id))],
        then=["", "кладовщик"],
    ),
    "21-letter-case.csv": Case("counterparties", (0, 0, 1)),
    "22-money-and-dates.csv": Case("orders", kept=orders, then=[("N-0022", "2026-01-15", "OP1", "12345.00")]),
    "26-excel-errors.csv": Case("counterparties", (0, 0, 0), wrong=[(2, "name"), (2, "comment")]),
    "28-empty-discount-twice.csv": Case("shipments"),
}
REFUSED = {"01-quote-inside-quotes.csv": "строка 2", "01-quote-swallows-rows.csv": "строке 2"}


def taken(session: Session, name: str, kind: str) -> exchange.ImportReport:
    return exchange.run_import(session, kind, CASES / name, now=NOW, today=TODAY)


def fill(session: Session) -> None:
    for name in ("00-clients.csv", "00-items.csv"):
        assert taken(session, name, FILES[name].kind).wrong == []


filled, session = filled_once(fill)


@pytest.fixture
def load(session: Session, app: Any) -> Any:
    with app.test_request_context():
        yield partial(taken, session)


def test_every_file_has_its_case() -> None:
    assert {path.name for path in CASES.iterdir()} == {*FILES, *REFUSED}


@pytest.mark.parametrize("name", FILES)
def test_a_strangers_file_is_taken_as_it_was_meant(session: Session, load: Any, name: str) -> None:
    case = FILES[name]
    for before in case.after:
        assert load(before, FILES[before].kind).wrong == []
    report = load(name, case.kind)
    assert [(one.line, one.field) for one in report.wrong] == case.wrong
    assert [(one.line, one.field) for one in report.warnings] == case.warnings
    assert (report.created, report.updated, report.skipped) == case.counts
    session.expire_all()
    if case.kept is not None:
        assert case.kept(session) == case.then
    again = load(name, case.kind)
    assert (again.created, again.updated) == (0, 0)


@pytest.mark.parametrize("name", REFUSED)
def test_a_quotation_mark_out_of_place_is_refused_with_its_line(session: Session, load: Any, name: str) -> None:
    before = len(session.scalars(select(Counterparty.id)).all())
    with pytest.raises(Refused, match=f"(?i){REFUSED[name]}"):
        load(name, "counterparties")
    assert len(session.scalars(select(Counterparty.id)).all()) == before
