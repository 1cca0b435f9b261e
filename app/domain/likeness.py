"""When two counterparties are probably one: what each sign says, whatever way it comes in."""

from __future__ import annotations

from enum import StrEnum

WHOLE = 10  # last digits of a phone that make it one number: fewer may belong to anybody


class Likeness(StrEnum):
    """What two counterparties have in common, the strongest sign first."""

    TAXPAYER = "taxpayer"  # the INN and the KPP
    INN = "inn"  # the INN, and of one of them no KPP is known
    BRANCH = "branch"  # the INN with another KPP: a branch is told, it is not the same
    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"  # whatever the legal form, and no INN that says they are two


# The field of a counterparty that each sign is spoken of at.
FIELDS = {
    Likeness.TAXPAYER: "inn",
    Likeness.INN: "inn",
    Likeness.BRANCH: "inn",
    Likeness.PHONE: "phone",
    Likeness.EMAIL: "email",
    Likeness.NAME: "name",
}

# How companies are registered: no part of the name that people say.
LEGAL_FORMS = (
    "общество с ограниченной ответственностью", "публичное акционерное общество", "закрытое акционерное общество",
    "открытое акционерное общество", "непубличное акционерное общество", "акционерное общество",
    "индивидуальный предприниматель", "крестьянское фермерское хозяйство", "некоммерческая организация",
    "ооо", "пао", "зао", "оао", "нао", "ао", "ип", "кфх", "нко", "ано", "тоо", "гуп", "муп", "фгуп", "llc", "ltd",
)  # fmt: skip


def phone_key(tail: str) -> str:
    """What the spellings of one number have in common, of its digits backwards; "" of a number that is not whole."""
    return tail[:WHOLE] if len(tail) >= WHOLE else ""


def email_key(address: str) -> str:
    return address.strip().lower()
