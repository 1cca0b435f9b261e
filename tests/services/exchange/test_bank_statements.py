"""Statements of banks become payments: known by requisites, laid on orders, never twice; bad files change nothing."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.formats.bank_statement import read
from app.domain.formats.limits import LIMITS
from app.errors import Refused
from app.models.bank import BankLine, BankStatement
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.models.organisation import BankAccount
from app.models.supply import SupplierPayment
from app.services.exchange.bank.guessing import guesses
from app.services.exchange.bank.loading import Loaded, TotalsDiffer, load
from app.services.exchange.bank.ordering import payment_orders
from app.services.exchange.bank.posting import post
from app.services.exchange.bank.recognising import answer, client_of
from tests.factories import added, buyer
from tests.services.exchange.conftest import NOW

OURS, THEIRS = "40702810900000000001", "40702810100000000777"
FILE = Path(__file__).parents[2] / "domain" / "formats" / "files" / "kl_to_1c.txt"


def document(number: str, amount: str, inn: str = "7707083893", *, out: bool = False, **more: str) -> str:
    partner, us = ("Получатель", "Плательщик") if out else ("Плательщик", "Получатель")
    said = {
        "Номер": number,
        "Дата": "20.11.2026",
        "Сумма": amount,
        f"{us}Счет": OURS,
        f"{partner}Счет": THEIRS,
        f"{partner}ИНН": inn,
        f"{partner}1": 'ООО "Ромашка"',
        "НазначениеПлатежа": "Оплата за чай",
    } | more
    lines = "\n".join(f"{key}={value}" for key, value in said.items())
    return f"СекцияДокумент=Платежное поручение\n{lines}\nКонецДокумента\n"


def statement(*documents: str, total: str = "", ending: str = "КонецФайла", code_page: str = "cp1251") -> bytes:
    section = f"СекцияРасчСчет\nРасчСчет={OURS}\nВсегоПоступило={total}\nКонецРасчСчет\n" if total else ""
    head = f"1CClientBankExchange\nВерсияФормата=1.03\nКодировка=Windows\nРасчСчет={OURS}\n"
    return (head + section + "".join(documents) + ending).encode(code_page)


Loads = Callable[..., Loaded]


@pytest.fixture
def loads(session: Session, app: Any) -> Any:
    added(session, BankAccount(number=OURS, bic="044525225", bank="Банк", is_main=True))
    with app.test_request_context():
        yield lambda *documents, **more: load(session, statement(*documents, **more), "выписка.txt")


def states(session: Session) -> list[tuple[str, str]]:
    query = select(BankLine.number, BankLine.state).order_by(BankLine.id)
    return [(number, state.value) for number, state in session.execute(query)]


def test_a_payer_is_known_by_his_inn_and_pays_the_order_that_he_names(session: Session, loads: Loads) -> None:
    client = buyer(session, inn="7707083893", kpp="770701001")
    older, named = (
        added(session, BuyerOrder(number=f"ЗП-2026-0000{n}", date=date(2026, 11, n), counterparty=client, amount=500))
        for n in (1, 2)
    )
    loaded = loads(document("000017", "500.00", НазначениеПлатежа="Оплата по счету № 2 от 02.11.2026"))
    assert (loaded.new, states(session)) == (1, [("000017", "known")])
    assert post(session, loaded.statement.id) == 1
    payment = session.scalars(select(Payment)).one()
    assert (payment.number, payment.amount, payment.date) == ("000017", Decimal("500.00"), date(2026, 11, 20))
    session.refresh(named)
    session.refresh(older)
    assert (named.paid_amount, older.paid_amount) == (Decimal("500.00"), Decimal("0.00"))


def test_the_same_document_in_two_files_is_one_payment(session: Session, loads: Loads) -> None:
    buyer(session, inn="7707083893")
    first = loads(document("1", "10.00"))
    post(session, first.statement.id)
    again = loads(document("1", "10.00"), document("2", "10.00"))
    assert (again.new, again.known) == (1, 1)
    assert post(session, again.statement.id) == 1
    assert session.scalar(select(func.count()).select_from(Payment)) == 2


def test_a_payment_that_was_entered_by_hand_is_the_document(session: Session, loads: Loads) -> None:
    client = buyer(session, inn="7707083893")
    entered = added(session, Payment(number="ОП-0017", date=date(2026, 11, 20), counterparty=client, amount=10))
    loaded = loads(document("17", "10.00"))
    post(session, loaded.statement.id)
    assert session.scalars(select(BankLine.payment_id)).one() == entered.id
    assert session.scalar(select(func.count()).select_from(Payment)) == 1


def test_two_of_one_inn_are_told_apart_by_the_kpp_or_asked_about(session: Session, loads: Loads) -> None:
    north = buyer(session, "Север", inn="7707083893", kpp="770701001")
    buyer(session, "Юг", inn="7707083893", kpp="230801001")
    loads(document("1", "1.00", ПлательщикКПП="770701001"), document("2", "2.00", ПлательщикСчет="4" * 20))
    assert states(session) == [("1", "known"), ("2", "waiting")]
    assert session.scalars(select(BankLine.counterparty_id).where(BankLine.number == "1")).one() == north.id


def test_an_answer_is_remembered_for_the_account(session: Session, loads: Loads) -> None:
    client = buyer(session, "Ромашка плюс")
    loads(document("1", "1.00"), document("2", "2.00"))
    line = session.scalars(select(BankLine).order_by(BankLine.id)).first()
    assert line is not None
    assert [guess.counterparty.id for guess in guesses(session, line)] == [client.id]
    assert answer(session, line.id, client) == 2
    loads(document("3", "3.00"))
    assert states(session) == [("1", "known"), ("2", "known"), ("3", "known")]


def test_what_is_nobodys_is_remembered_too(session: Session, loads: Loads) -> None:
    loads(document("1", "1.00"))
    answer(session, session.scalars(select(BankLine.id)).one(), None)
    loads(document("2", "2.00"))
    assert states(session) == [("1", "aside"), ("2", "aside")]


def test_a_stranger_becomes_a_client_as_the_bank_names_him(session: Session, loads: Loads) -> None:
    loads(document("1", "1.00"))
    client = client_of(session, session.scalars(select(BankLine.id)).one())
    assert (client.name, client.inn, client.is_buyer) == ('ООО "Ромашка"', "7707083893", True)


def test_money_that_goes_to_a_supplier_is_a_payment_to_him(session: Session, loads: Loads) -> None:
    supplier = buyer(session, inn="7707083893", is_buyer=False, is_supplier=True)
    loaded = loads(document("5", "70.00", out=True), document("6", "7.00"))
    post(session, loaded.statement.id)
    made = select(SupplierPayment.number, SupplierPayment.amount, SupplierPayment.counterparty_id)
    assert session.execute(made.order_by(SupplierPayment.number)).all() == [
        ("5", Decimal("70.00"), supplier.id),
        ("6", Decimal("-7.00"), supplier.id),
    ]


def test_between_our_own_accounts_no_payment_is_made(session: Session, loads: Loads) -> None:
    added(session, BankAccount(number=THEIRS, bic="044525225", bank="Банк"))
    loaded = loads(document("1", "1.00"))
    assert post(session, loaded.statement.id) == 0
    assert states(session) == [("1", "aside")]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (statement(document("1", "10.00"), total="11.00"), "10,00"),
        (statement(document("1", "10.00"), ending=""), "14"),
        (statement(document("1", "10.00"))[:-40], "5"),
        (statement(document("1", "десять")), "5"),
        (statement(document("1", "10.00")).replace(OURS.encode(), b"4" * 20), "4" * 20),
        (b"name;amount\n1;2", "1С"),
        (b"", "пуст"),
    ],
    ids=["totals", "no end", "cut", "no sum", "of others", "no statement", "empty"],
)
def test_a_bad_file_is_refused_in_a_line_and_changes_nothing(
    session: Session, loads: Loads, source: bytes, told: str
) -> None:
    with pytest.raises(Refused) as refused:
        load(session, source, "a.txt")
    assert told in str(refused.value)
    assert session.scalar(select(func.count()).select_from(BankStatement)) == 0


def test_a_real_file_comes_in_once_its_totals_are_confirmed(session: Session, loads: Loads) -> None:
    added(session, BankAccount(number="40702810000000074935", bic="044525411", bank="ВТБ"))
    with pytest.raises(TotalsDiffer):
        load(session, FILE.read_bytes(), FILE.name)
    loaded = load(session, FILE.read_bytes(), FILE.name, confirmed=True)
    assert (loaded.new, loaded.known, loaded.foreign, loaded.unknown_keys) == (2, 0, 1, ())


@pytest.mark.parametrize("code_page", ["cp1251", "cp866", "utf-8", "utf-8-sig"])
def test_any_code_page_of_banks_is_read(session: Session, loads: Loads, code_page: str) -> None:
    loads(document("1", "1.00"), code_page=code_page)
    assert session.scalars(select(BankLine.partner)).one() == 'ООО "Ромашка"'


def test_payments_to_suppliers_go_to_the_bank_and_are_read_back(session: Session, app: Any) -> None:
    account = added(session, BankAccount(number=OURS, bic="044525225", bank="Банк", is_main=True))
    account.organisation.name, account.organisation.inn = "ООО «Визави»", "7736050003"
    seller = buyer(session, "Чайный двор", is_supplier=True, inn="7707083893", kpp="770701001")
    day = date(2026, 11, 21)
    paid = added(session, SupplierPayment(number="ОП-0012", date=day, counterparty=seller, amount=Decimal("1500.5")))
    with app.test_request_context():
        with pytest.raises(Refused, match="Чайный двор"):
            payment_orders(session, [paid.id], now=NOW)
        more = {"ПолучательБИК": "044525187", "ПолучательБанк1": "Банк продавца"}
        load(session, statement(document("1", "9.00", out=True, **more)), "выписка.txt")
        content = payment_orders(session, [paid.id], now=NOW)
    (order,) = read(content, LIMITS).papers
    assert (order.kind, order.number, order.on, order.amount) == ("Платежное поручение", "12", day, Decimal("1500.50"))
    assert (order.payer.account, order.payer.inn, order.payer.name) == (OURS, "7736050003", "ООО «Визави»")
    payee = order.payee
    assert (payee.account, payee.inn, payee.kpp, payee.name) == (THEIRS, "7707083893", "770701001", "Чайный двор")
    assert (payee.bic, order.purpose) == ("044525187", "Оплата поставщику")
