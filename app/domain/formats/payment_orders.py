"""Payment orders as programs of banks take them: the exchange format of 1C (1CClientBankExchange), outwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.domain.formats.bank_statement import CODE_PAGES, FIRST

KIND = "Платежное поручение"
MIME = "text/plain"
LONGEST = 210  # letters of a purpose that a bank takes


@dataclass(frozen=True)
class PaymentSide:
    """Who pays, or who is paid, with the account in a bank."""

    name: str
    inn: str
    kpp: str
    account: str
    bank: str
    bic: str
    correspondent: str


@dataclass(frozen=True)
class PaymentOrder:
    number: str
    on: date
    amount: Decimal
    payee: PaymentSide
    purpose: str


def file_bytes(orders: Sequence[PaymentOrder], payer: PaymentSide, *, now: datetime) -> bytes:
    """The file, in windows-1251; letters that it does not have become question marks."""
    days = [order.on for order in orders]
    lines = [
        FIRST,
        "ВерсияФормата=1.03",
        "Кодировка=Windows",
        "Отправитель=Vizavi",
        "Получатель=",
        f"ДатаСоздания={now:%d.%m.%Y}",
        f"ВремяСоздания={now:%H:%M:%S}",
        f"ДатаНачала={min(days):%d.%m.%Y}",
        f"ДатаКонца={max(days):%d.%m.%Y}",
        f"РасчСчет={payer.account}",
        f"Документ={KIND}",
    ]
    for order in orders:
        lines += [
            f"СекцияДокумент={KIND}",
            *(f"{key}={_one_line(value)}" for key, value in _said(order, payer).items()),
        ]
        lines.append("КонецДокумента")
    return "\r\n".join([*lines, "КонецФайла", ""]).encode(CODE_PAGES["windows"], "replace")


def _said(order: PaymentOrder, payer: PaymentSide) -> dict[str, str]:
    head = {"Номер": order.number, "Дата": f"{order.on:%d.%m.%Y}", "Сумма": f"{order.amount:.2f}"}
    tail = {"ВидОплаты": "01", "Очередность": "5", "НазначениеПлатежа": _one_line(order.purpose)[:LONGEST]}
    return head | _of_side("Плательщик", payer) | _of_side("Получатель", order.payee) | tail


def _of_side(side: str, one: PaymentSide) -> dict[str, str]:
    return {
        f"{side}Счет": one.account,
        side: f"ИНН {one.inn} {one.name}" if one.inn else one.name,
        f"{side}ИНН": one.inn,
        f"{side}КПП": one.kpp,
        f"{side}1": one.name,
        f"{side}РасчСчет": one.account,
        f"{side}Банк1": one.bank,
        f"{side}БИК": one.bic,
        f"{side}Корсчет": one.correspondent,
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
