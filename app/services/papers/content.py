"""What stands in a paper: everything as text, for the template to lay out. Papers are Russian, whoever makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import segno

from app import formatting
from app.domain.formats.pdf import FONT
from app.domain.papers.agreed import PaperLine, vat_by_rate
from app.domain.papers.amount_in_words import form_of, roubles_in_words
from app.domain.papers.payment_code import Payee, payment_code
from app.domain.periods import Period
from app.domain.vat import VatRate
from app.domain.words import CounterpartyKind, PaperKind
from app.models.counterparties import Counterparty
from app.models.organisation import BankAccount, Organisation
from app.models.papers import PaperTemplate

NAMES = ("наименование", "наименования", "наименований")
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Said:
    """The words of a template, its fields filled in."""

    title: str
    opening: str
    closing: str


@dataclass(frozen=True)
class ActRow:
    """A row of an act: a document that moved the debt of the client."""

    on: date
    document: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True)
class Asked:
    """What a buyer asked for, besides the lines."""

    buyer: str
    person: str
    address: str
    paid: Decimal
    purpose: str  # of the payment


@dataclass(frozen=True)
class Owed:
    """What moved the debt of a client over the period, what was owed before and is after it."""

    client: str
    requisites: str
    rows: Sequence[ActRow]
    before: Decimal
    after: Decimal
    period: Period


def day(on: date) -> str:
    return f"{on:%d.%m.%Y}"


def goods_paper(
    us: Organisation, template: PaperTemplate, said: Said, lines: Sequence[PaperLine], asked: Asked
) -> dict[str, Any]:
    """An offer, or a bill: it says where it is paid to."""
    is_bill = template.kind is PaperKind.BILL
    to_pay = total_of(lines) - asked.paid
    parties = [("Покупатель" if is_bill else "Для", asked.buyer), ("Кому", asked.person), ("Доставка", asked.address)]
    paper = frame(us, said, [("Поставщик", company(us)), *parties] if is_bill else parties)
    paper |= {
        "table": goods(lines, template),
        "totals": totals(lines, asked.paid),
        "words": words_of_goods(lines, to_pay),
    }
    if template.shows_signers:
        paper["signers"] = our_signers(us, accountant=is_bill)
    if is_bill and us.accounts:
        account = us.accounts[0]
        paper |= {"account": account_of(account), "code": code_of(us, account, to_pay, asked.purpose)}
    return paper


def act_paper(us: Organisation, template: PaperTemplate, said: Said, owed: Owed) -> dict[str, Any]:
    paper = frame(us, said, [("Между", company(us)), ("и", owed.requisites)])
    paper |= {"table": moves(owed), "words": words_of_debt(us, owed)}
    if template.shows_signers:
        mine = our_signers(us, accountant=False)[0]
        paper["signers"] = [{**mine, "of": us.name}, {"of": owed.client, "position": "", "name": ""}]
    return paper


def frame(us: Organisation, said: Said, parties: Pairs) -> dict[str, Any]:
    """What every paper has; the rest is added to it."""
    requisites = [("ИНН", us.inn), ("КПП", us.kpp), ("ОГРНИП" if len(us.ogrn) == 15 else "ОГРН", us.ogrn)]
    lines = [
        " · ".join(f"{name} {value}" for name, value in requisites if value),
        us.address,
        " · ".join(value for value in (us.phone, us.email, us.website) if value),
    ]
    content: dict[str, Any] = {
        "font": FONT,
        "title": said.title,
        "us": {"name": us.name, "inn": us.inn, "kpp": us.kpp, "lines": [line for line in lines if line]},
        "parties": [[who, what] for who, what in parties if what],
        "opening": said.opening,
        "closing": said.closing,
        "totals": [],
        "words": "",
        "signers": [],
    }
    if us.logo is not None:
        content["logo"] = list(us.logo.content)
    return content


def company(one: Organisation | Counterparty) -> str:
    """`ООО «Ромашка», ИНН 7707083893, КПП 770701001`."""
    requisites = [("ИНН", one.inn), ("КПП", one.kpp)]
    return ", ".join([one.full_name or one.name, *(f"{name} {value}" for name, value in requisites if value)])


def our_signers(us: Organisation, *, accountant: bool) -> list[dict[str, str]]:
    default = "Директор" if us.kind is CounterpartyKind.COMPANY else "Индивидуальный предприниматель"
    signers = [{"of": "", "position": us.head_position or default, "name": us.head_name}]
    if accountant and us.accountant_name:
        signers.append({"of": "", "position": "Главный бухгалтер", "name": us.accountant_name})
    return signers


def goods(lines: Sequence[PaperLine], template: PaperTemplate) -> dict[str, Any]:
    """The table of what is offered or billed."""
    discounts = template.shows_discounts and any(line.discount for line in lines)
    columns = [
        ("№", "right", True),
        ("Код", "left", template.shows_codes),
        ("Наименование", "left", True),
        ("Кол-во", "right", True),
        ("Ед.", "left", True),
        ("Цена", "right", True),
        ("Скидка", "right", discounts),
        ("НДС", "right", template.shows_vat),
        ("Сумма", "right", True),
    ]
    rows = [
        [
            str(number),
            line.code,
            line.name,
            formatting.quantity(line.quantity),
            line.unit,
            formatting.figure(line.price),
            f"{formatting.number(line.discount)} %" if line.discount else "",
            rate(line.vat),
            formatting.money(line.amount),
        ]
        for number, line in enumerate(lines, 1)
    ]
    return {
        "columns": [
            {"name": name, "align": align, "wide": name == "Наименование"} for name, align, shown in columns if shown
        ],
        "rows": [[cell for cell, (_, _, shown) in zip(row, columns, strict=True) if shown] for row in rows],
    }


def rate(vat: VatRate) -> str:
    return "без НДС" if vat is VatRate.NONE else f"{vat.percent} %"


def totals(lines: Sequence[PaperLine], paid: Decimal) -> Pairs:
    """The sum, VAT in it by its rates, what is paid already and what is left."""
    amount = total_of(lines)
    vat = vat_by_rate(lines)
    taxes = [(f"В том числе НДС {rate(of)}:", formatting.money(much)) for of, much in vat.items()]
    found = [("Итого:", formatting.money(amount)), *(taxes or [("Без НДС", "")])]
    if paid > 0:
        found += [("Оплачено:", formatting.money(paid)), ("К оплате:", formatting.money(amount - paid))]
    return found


def total_of(lines: Sequence[PaperLine]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


def words_of_goods(lines: Sequence[PaperLine], to_pay: Decimal) -> str:
    count = len(lines)
    return f"Всего {count} {form_of(count, NAMES)} на сумму {formatting.money(to_pay)} руб.\n{roubles_in_words(to_pay)}"


def account_of(account: BankAccount) -> dict[str, str]:
    return {
        "number": account.number,
        "bic": account.bic,
        "bank": account.bank,
        "correspondent": account.correspondent,
    }


def code_of(us: Organisation, account: BankAccount, amount: Decimal, purpose: str) -> list[int]:
    """The payment code as a picture (SVG), byte by byte."""
    payee = Payee(us.name, account.number, account.bank, account.bic, account.correspondent, us.inn, us.kpp)
    picture = BytesIO()
    # M: banks ask for it; the mark of the encoding would be read as a part of the text.
    segno.make(payment_code(payee, amount, purpose), error="m", encoding="utf-8", eci=False, micro=False).save(
        picture, kind="svg", border=2, xmldecl=False
    )
    return list(picture.getvalue())


def moves(owed: Owed) -> dict[str, Any]:
    """The table of an act: what was owed, each document, the turnover, what is owed."""
    columns = (("Дата", "left"), ("Документ", "left"), ("Дебет", "right"), ("Кредит", "right"))
    debit = sum((row.debit for row in owed.rows), Decimal(0))
    credit = sum((row.credit for row in owed.rows), Decimal(0))

    def sided(balance: Decimal) -> list[str]:
        return [formatting.money(balance), ""] if balance >= 0 else ["", formatting.money(-balance)]

    def shown(much: Decimal) -> str:
        return formatting.money(much) if much else ""

    return {
        "columns": [{"name": name, "align": align, "wide": name == "Документ"} for name, align in columns],
        "rows": [
            [day(owed.period.first), "Сальдо на начало", *sided(owed.before)],
            *([day(row.on), row.document, shown(row.debit), shown(row.credit)] for row in owed.rows),
            ["", "Обороты за период", formatting.money(debit), formatting.money(credit)],
            [day(owed.period.last), "Сальдо на конец", *sided(owed.after)],
        ],
    }


def words_of_debt(us: Organisation, owed: Owed) -> str:
    on, much = day(owed.period.last), abs(owed.after)
    if not much:
        return f"На {on} задолженность отсутствует."
    whose = us.name if owed.after > 0 else owed.client
    return f"На {on} задолженность в пользу {whose} — {formatting.money(much)} руб. ({roubles_in_words(much)})."
