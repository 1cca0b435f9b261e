"""INN, KPP, OGRN and accounts in banks: what their form and check sums say."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from stdnum.ru import inn as inn_number

from app.domain.words import CounterpartyKind

INN_LENGTH = {CounterpartyKind.COMPANY: 10, CounterpartyKind.PERSON: 12}
OGRN_LENGTH = {CounterpartyKind.COMPANY: 13, CounterpartyKind.PERSON: 15}
KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
PARTING = re.compile(r"[\s-]+")
DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one requisite: the field and one of the codes digits, length, checksum, form, needless."""

    field: str
    code: str


def kind_of(inn: str) -> CounterpartyKind:
    """Whose the number is, by its length, when nobody says it."""
    return CounterpartyKind.PERSON if len(inn) == INN_LENGTH[CounterpartyKind.PERSON] else CounterpartyKind.COMPANY


def bare(text: str) -> str:
    """The number without the spaces and hyphens that people part it with."""
    return PARTING.sub("", text)


def is_inn(text: str) -> bool:
    """Whether the text can be nothing else: its check sum is right, with the zero that a spreadsheet may have taken."""
    return inn_number.is_valid(text) or bool(_with_zero(text, INN_LENGTH, inn_number.is_valid))


def with_zeros(*, inn: str, kpp: str, ogrn: str) -> dict[str, str]:
    """Those that a spreadsheet took for numbers, with their zero again: a check sum or the fixed length proves it."""
    found = {
        "inn": _with_zero(inn, INN_LENGTH, inn_number.is_valid),
        "kpp": _with_zero(kpp, {None: 9}, lambda _kpp: True),
        "ogrn": _with_zero(ogrn, OGRN_LENGTH, ogrn_is_valid),
    }
    return {name: value for name, value in found.items() if value}


def _with_zero(number: str, lengths: Mapping[Any, int], is_valid: Callable[[str], bool]) -> str:
    whole = "0" + number
    proved = len(whole) in lengths.values() and DIGITS.fullmatch(number) and is_valid(whole)
    return whole if proved else ""


def problems(*, inn: str, kpp: str, ogrn: str, kind: CounterpartyKind) -> list[Problem]:
    """Everything wrong with what was filled in; an empty requisite is never wrong."""
    found = (
        ("inn", number_problem(inn, INN_LENGTH[kind], inn_number.is_valid)),
        ("kpp", kpp_problem(kpp, kind)),
        ("ogrn", number_problem(ogrn, OGRN_LENGTH[kind], ogrn_is_valid)),
    )
    return [Problem(field, code) for field, code in found if code]


def number_problem(number: str, length: int, is_valid: Callable[[str], bool]) -> str:
    if not number:
        return ""
    if not DIGITS.fullmatch(number):
        return "digits"
    if len(number) != length:
        return "length"
    return "" if is_valid(number) else "checksum"


def kpp_problem(kpp: str, kind: CounterpartyKind) -> str:
    if not kpp:
        return ""
    if kind is CounterpartyKind.PERSON:
        return "needless"
    return "" if KPP.fullmatch(kpp) else "form"


def ogrn_is_valid(ogrn: str) -> bool:
    """The last digit is the rest of the others by 11 (of a company) or by 13 (of an entrepreneur)."""
    return int(ogrn[:-1]) % (len(ogrn) - 2) % 10 == int(ogrn[-1])


def account_problem(number: str, bic: str) -> str:
    """What is wrong with an account in the bank of that BIC."""
    return number_problem(number, 20, lambda account: account_sum(bic[-3:] + account) == 0)


def correspondent_problem(number: str, bic: str) -> str:
    """What is wrong with the account of the bank itself at the Bank of Russia."""
    return number_problem(number, 20, lambda account: account_sum("0" + bic[4:6] + account) == 0)


def bic_problem(bic: str) -> str:
    return number_problem(bic, 9, lambda _bic: True)


def account_sum(digits: str) -> int:
    return sum(int(digit) * weight % 10 for digit, weight in zip(digits, cycle((7, 1, 3)), strict=False)) % 10
