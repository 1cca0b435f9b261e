"""Whose papers the demo company gives out."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.domain.requisites import account_sum
from app.models.organisation import BankAccount
from app.services.papers.organisation import complete, complete_account, ours

REQUISITES = {
    "name": "ООО «Вектор Снабжения»",
    "full_name": "Общество с ограниченной ответственностью «Вектор Снабжения»",
    "inn": "9701123455",
    "kpp": "970101001",
    "ogrn": "1187746123454",
    "address": "105005, Москва, ул. Бауманская, д. 7, стр. 1, офис 305",
    "phone": "+7 495 100-20-30",
    "email": "info@vektor.example",
    "website": "vektor.example",
    "head_position": "Генеральный директор",
    "head_name": "Воронцов А. С.",
    "accountant_name": "Белова Н. П.",
}
BANKS = (  # BIC, bank, correspondent account, the middle of our account
    ("044525225", "ПАО Сбербанк, г. Москва", "30101810400000000225", "0000000180"),
    ("044525187", "Банк ВТБ (ПАО), г. Москва", "30101810700000000187", "0000000181"),
)


def write(session: Session) -> None:
    organisation = ours(session)
    for field, value in REQUISITES.items():
        setattr(organisation, field, value)
    complete(organisation)
    for bic, bank, correspondent, tail in BANKS:
        account = BankAccount(organisation=organisation, number=whole(bic, tail), bic=bic, bank=bank)
        account.correspondent = correspondent
        session.add(account)
        complete_account(session, account)
        session.flush()


def whole(bic: str, tail: str) -> str:
    """An account of a company in roubles whose key makes its check sum right."""
    candidates = (f"40702810{key}0{tail}" for key in range(10))
    return next(number for number in candidates if account_sum(bic[-3:] + number) == 0)
