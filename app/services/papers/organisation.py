"""Our organisation: its requisites and accounts, made whole and checked before they are kept."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.domain import requisites
from app.domain.requisites import Problem
from app.errors import Refused
from app.models.captions import requisite_message
from app.models.organisation import BankAccount, Organisation
from app.services.mail.sending import blob_of
from app.services.papers.main_one import settle_main

LARGEST_LOGO = 300 << 10  # bytes: it stands in every paper
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")  # how a PNG and a JPEG begin


def ours(session: Session) -> Organisation:
    """Our organisation with its accounts, the main one first."""
    return session.scalars(select(Organisation).options(selectinload(Organisation.accounts))).one()


def complete(organisation: Organisation) -> None:
    """Refuse requisites that fail their check: money would go to somebody else."""
    for field in ("inn", "kpp", "ogrn"):
        setattr(organisation, field, requisites.bare(getattr(organisation, field) or ""))
    inn, kpp, ogrn = organisation.inn, organisation.kpp, organisation.ogrn
    for problem in requisites.problems(inn=inn, kpp=kpp, ogrn=ogrn, kind=organisation.kind):
        refuse(problem)


def complete_account(session: Session, account: BankAccount) -> None:
    """Refuse an account that its bank cannot have; the first one, and one that is said to be, is the main one."""
    for field in ("number", "bic", "correspondent"):
        setattr(account, field, requisites.bare(getattr(account, field) or ""))
    refuse(Problem("bic", requisites.bic_problem(account.bic)))
    refuse(Problem("account", requisites.account_problem(account.number, account.bic)), "number")
    refuse(Problem("account", requisites.correspondent_problem(account.correspondent, account.bic)), "correspondent")
    settle_main(session, account)


def refuse(problem: Problem, field: str = "") -> None:
    if problem.code:
        raise Refused(requisite_message(problem), field=field or problem.field)


def take_logo(session: Session, organisation: Organisation, content: bytes) -> None:
    if len(content) > LARGEST_LOGO:
        raise Refused(_("A logo may have up to 300 KB."), field="new_logo")
    if not content.startswith(PICTURES):
        raise Refused(_("A logo is a PNG or a JPEG."), field="new_logo")
    organisation.logo_id = blob_of(session, content)
