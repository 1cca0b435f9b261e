"""The payment code of a bill: ГОСТ Р 56042-2014, which programs of banks read off a QR."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

FORMAT = "ST00012"  # the standard's sign, its version, UTF-8
PARTING = "|"
LONGEST = {"Name": 160, "BankName": 45, "Purpose": 210}


@dataclass(frozen=True)
class Payee:
    """Whom and where a bill is paid to."""

    name: str
    account: str
    bank: str
    bic: str
    correspondent: str
    inn: str
    kpp: str


def payment_code(payee: Payee, amount: Decimal, purpose: str) -> str:
    """What the QR says; the sum in kopecks, the texts as long as the standard lets them be."""
    values = {
        "Name": payee.name,
        "PersonalAcc": payee.account,
        "BankName": payee.bank,
        "BIC": payee.bic,
        "CorrespAcc": payee.correspondent or "0",  # must stand: accounts in the Bank of Russia itself have none
        "PayeeINN": payee.inn,
        "KPP": payee.kpp,
        "Sum": str(int(amount * 100)) if amount > 0 else "",
        "Purpose": purpose,
    }
    said = {name: value.replace(PARTING, " ")[: LONGEST.get(name)] for name, value in values.items() if value}
    return PARTING.join([FORMAT, *(f"{name}={value}" for name, value in said.items())])
