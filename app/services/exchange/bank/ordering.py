"""Payments to suppliers as payment orders for the bank; where a supplier is paid is known from statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, joinedload

from app.domain.formats.bank_statement import number_key
from app.domain.formats.payment_orders import PaymentOrder, PaymentSide, file_bytes
from app.errors import Refused
from app.models.bank import BankLine
from app.models.organisation import BankAccount
from app.models.supply import SupplierPayment
from app.queries.sql import one_of

NAMED = 5  # suppliers in a refusal


def payment_orders(session: Session, ids: Sequence[int], *, now: datetime) -> bytes:
    """The payments of these numbers that stand, as one file from our main account."""
    query = select(SupplierPayment).options(joinedload(SupplierPayment.counterparty))
    query = query.where(one_of(SupplierPayment.id, ids), SupplierPayment.stands(), SupplierPayment.amount > 0)
    payments = session.scalars(query.order_by(SupplierPayment.date, SupplierPayment.id)).all()
    if not payments:
        raise Refused(
            _("Choose payments to suppliers that are not reversed: money that came back is ordered by nobody.")
        )
    payer = _ours(session)
    payees = _payees(session, {payment.counterparty_id for payment in payments})
    lacking = {each.counterparty.name: None for each in payments if each.counterparty_id not in payees}
    if lacking:
        told = _(
            "Where to pay is not known of: %(names)s. It is taken from statements of the bank: load one that has them.",
            names=", ".join(list(lacking)[:NAMED]),
        )
        raise Refused(told)
    orders = [
        PaymentOrder(
            number_key(payment.number),
            payment.date,
            payment.amount,
            payees[payment.counterparty_id],
            payment.purpose or _("Supplier payment"),
        )
        for payment in payments
    ]
    return file_bytes(orders, payer, now=now)


def _ours(session: Session) -> PaymentSide:
    main = select(BankAccount).options(joinedload(BankAccount.organisation)).where(BankAccount.is_main)
    account = session.scalar(main)
    if account is None:
        raise Refused(_("Name the main account in “Our organisation”."))
    us = account.organisation
    return PaymentSide(us.name, us.inn, us.kpp, account.number, account.bank, account.bic, account.correspondent)


def _payees(session: Session, ids: set[int]) -> dict[int, PaymentSide]:
    """Of each supplier the account of his latest document in a statement."""
    latest = select(BankLine).options(joinedload(BankLine.counterparty))
    latest = latest.where(one_of(BankLine.counterparty_id, ids), BankLine.partner_account != "")
    latest = latest.ext(distinct_on(BankLine.counterparty_id))
    latest = latest.order_by(BankLine.counterparty_id, BankLine.on.desc(), BankLine.id.desc())
    found = {}
    for line in session.scalars(latest):
        if line.counterparty is None or line.counterparty_id is None:
            continue
        side = "Плательщик" if line.incoming else "Получатель"
        bank, bic, correspondent = (line.said.get(side + part, "") for part in ("Банк1", "БИК", "Корсчет"))
        name, inn, kpp = line.counterparty.name, line.counterparty.inn, line.counterparty.kpp
        found[line.counterparty_id] = PaymentSide(name, inn, kpp, line.partner_account, bank, bic, correspondent)
    return found
