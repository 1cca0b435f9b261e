"""The statement of a bank that waits in the demo company: known and unknown payers, and where suppliers are paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.formats.bank_statement import number_key
from app.domain.words import BankLineState, RecognisedBy
from app.models.bank import BankLine, BankStatement
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.models.organisation import BankAccount
from app.models.supply import SupplierPayment
from app.services.demo.organisation import BANKS, whole

PAYERS, SUPPLIERS = 4, 3
BIC, BANK, CORRESPONDENT, _ours = BANKS[1]
# Who pays and is not among the clients: the name, the INN, the sum, what for.
STRANGERS = (
    ("ООО «Ромашка-Сервис»", "7728168971", "18400.00", "Оплата по счету за товар, в т. ч. НДС"),
    ("ИП Лебедев Павел Олегович", "500100732259", "7250.00", "Предоплата за товар"),
)


def write(session: Session, today: date) -> Iterator[tuple[str, int]]:
    ours = session.scalars(select(BankAccount).where(BankAccount.is_main)).one()
    day = today - timedelta(days=1)
    statement = BankStatement(name="kl_to_1c.txt", begins=day, ends=day)
    session.add(statement)
    rows = [*_payers(session), *_strangers(), *_suppliers(session)]
    for place, row in enumerate(rows, 1):
        number = row.pop("number", str(500 + place))
        account = whole(BIC, f"{2000 + place:010d}")
        line = BankLine(statement=statement, line=20 * place, account=ours.number, kind="Платежное поручение", **row)
        line.number, line.number_key, line.on = number, number_key(number), row.get("on", day)
        line.partner_account, line.kpp = account, line.kpp or ""
        side = "Плательщик" if line.incoming else "Получатель"
        line.said = {f"{side}Банк1": BANK, f"{side}БИК": BIC, f"{side}Корсчет": CORRESPONDENT}
        session.add(line)
    session.flush()
    yield "bank_line", len(rows)


def _payers(session: Session) -> Iterator[dict[str, Any]]:
    """Buyers who paid orders of theirs in full."""
    unpaid = (
        select(BuyerOrder).join(BuyerOrder.counterparty).where(BuyerOrder.unpaid_amount > 0, Counterparty.inn != "")
    )
    for order in session.scalars(unpaid.order_by(BuyerOrder.date.desc(), BuyerOrder.id).limit(PAYERS)):
        purpose = f"Оплата по заказу № {order.number} от {order.date:%d.%m.%Y}, в т. ч. НДС"
        known = {"state": BankLineState.KNOWN, "recognised_by": RecognisedBy.INN}
        yield _row(order.counterparty, order.unpaid_amount, purpose) | known | {"incoming": True}


def _strangers() -> Iterator[dict[str, Any]]:
    for name, inn, amount, purpose in STRANGERS:
        yield {"partner": name, "inn": inn, "amount": Decimal(amount), "purpose": purpose, "incoming": True}


def _suppliers(session: Session) -> Iterator[dict[str, Any]]:
    """Our latest payments to some suppliers, as the bank carried them out."""
    latest = select(SupplierPayment).where(SupplierPayment.amount > 0, SupplierPayment.stands())
    taken: set[int] = set()
    for payment in session.scalars(latest.order_by(SupplierPayment.date.desc(), SupplierPayment.id)):
        if payment.counterparty_id in taken or len(taken) == SUPPLIERS:
            continue
        taken.add(payment.counterparty_id)
        posted = {"state": BankLineState.POSTED, "recognised_by": RecognisedBy.INN, "supplier_payment": payment}
        said = {"number": payment.number, "on": payment.date, "incoming": False}
        yield _row(payment.counterparty, payment.amount, payment.purpose or "Оплата товара") | posted | said


def _row(partner: Counterparty, amount: Decimal, purpose: str) -> dict[str, Any]:
    said = {"partner": partner.name, "inn": partner.inn, "kpp": partner.kpp}
    return said | {"counterparty": partner, "amount": amount, "purpose": purpose}
