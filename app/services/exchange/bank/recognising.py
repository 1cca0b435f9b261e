"""Whose a document of a statement is: by its account and INN as before, by INN and KPP, by INN; else a person tells."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session, aliased

from app.domain.requisites import kind_of
from app.domain.words import BankLineState, CounterpartyKind, RecognisedBy
from app.errors import Refused
from app.models.bank import BankLine
from app.models.base import NameKey
from app.models.counterparties import Counterparty
from app.models.visibility import viewer_of
from app.services.counterparties.counterparties import complete

ALL = {"synchronize_session": False}


def recognise(session: Session, statement_id: int) -> None:
    """Find the counterparties of the documents that wait, the surest sign first."""
    waiting = and_(BankLine.statement_id == statement_id, BankLine.state == BankLineState.WAITING)
    _as_before(session, waiting)
    whole = and_(Counterparty.inn == BankLine.inn, Counterparty.kpp == BankLine.kpp, BankLine.kpp != "")
    _by_requisites(session, waiting, whole, RecognisedBy.TAXPAYER)
    _by_requisites(session, waiting, Counterparty.inn == BankLine.inn, RecognisedBy.INN)


def _as_before(session: Session, waiting: ColumnElement[bool]) -> None:
    """Such an account with such an INN meant somebody, or nobody, the last time."""
    before = aliased(BankLine)
    same = and_(
        before.partner_account == BankLine.partner_account,
        before.inn == BankLine.inn,
        before.state != BankLineState.WAITING,
        before.recognised_by.is_distinct_from(RecognisedBy.OWN),
        before.partner_account != "",
    )
    last = select(before.id).where(same).order_by(before.id.desc()).limit(1).correlate(BankLine).scalar_subquery()
    found = select(BankLine.id, last.label("before_id")).where(waiting).subquery()
    is_client = before.counterparty_id.is_not(None)
    found_lines = (
        select(found.c.id, before.counterparty_id, is_client.label("is_client"))
        .join(before, before.id == found.c.before_id)
        .subquery()
    )
    for client, state in ((True, BankLineState.KNOWN), (False, BankLineState.ASIDE)):
        session.execute(
            update(BankLine)
            .where(BankLine.id == found_lines.c.id, found_lines.c.is_client.is_(client))
            .values(counterparty_id=found_lines.c.counterparty_id, state=state, recognised_by=RecognisedBy.ACCOUNT)
            .execution_options(**ALL)
        )


def _by_requisites(
    session: Session, waiting: ColumnElement[bool], same: ColumnElement[bool], how: RecognisedBy
) -> None:
    """Those that one counterparty fits, and no other."""
    found = (
        select(BankLine.id, func.min(Counterparty.id).label("counterparty_id"))
        .join(Counterparty, same)
        .where(waiting, BankLine.inn != "")
        .group_by(BankLine.id)
        .having(func.count() == 1)
        .subquery()
    )
    session.execute(
        update(BankLine)
        .where(BankLine.id == found.c.id)
        .values(counterparty_id=found.c.counterparty_id, state=BankLineState.KNOWN, recognised_by=how)
        .execution_options(**ALL)
    )


def answer(session: Session, line_id: int, counterparty: Counterparty | None) -> int:
    """A person tells whose the document is, or that it is nobody's: all that wait from that account follow.

    Returns how many documents were told.
    """
    line = _locked(session, line_id)
    same = [BankLine.id == line.id]
    if line.partner_account:
        same = [
            BankLine.partner_account == line.partner_account,
            BankLine.inn == line.inn,
            (BankLine.id == line.id) | (BankLine.state == BankLineState.WAITING),
        ]
    told = (
        update(BankLine)
        .where(*same)
        .values(
            counterparty_id=counterparty.id if counterparty else None,
            state=BankLineState.KNOWN if counterparty else BankLineState.ASIDE,
            recognised_by=RecognisedBy.PERSON,
        )
    )
    count = len(session.scalars(told.returning(BankLine.id).execution_options(**ALL)).all())
    session.expire_all()
    return count


def ask_again(session: Session, line_id: int) -> None:
    """What was recognised, or set aside, wrongly waits for an answer again."""
    line = _locked(session, line_id)
    line.state, line.counterparty_id, line.recognised_by = BankLineState.WAITING, None, None
    session.flush()


def client_of(session: Session, line_id: int) -> Counterparty:
    """A new client, or supplier, as the bank names the other side."""
    line = _locked(session, line_id)
    if not line.partner:
        raise Refused(_("The bank does not say who it is: choose a client."))
    known = select(Counterparty).where(Counterparty.name_key == NameKey(line.partner))
    if session.scalars(known.limit(1)).first() is not None:
        raise Refused(_("“%(name)s” is known already: choose it.", name=line.partner))
    viewer = viewer_of(session)
    made = Counterparty(
        name=line.partner[:200],
        inn=line.inn[:12],
        kpp=line.kpp[:9] if kind_of(line.inn) is CounterpartyKind.COMPANY else "",
        kind=kind_of(line.inn),
        requisites_accepted=True,
        is_buyer=line.incoming,
        is_supplier=not line.incoming,
        manager_id=viewer.user_id if viewer else None,
    )
    complete(session, made)
    session.add(made)
    session.flush()
    return made


def _locked(session: Session, line_id: int) -> BankLine:
    query = select(BankLine).where(BankLine.id == line_id).with_for_update(of=BankLine)
    line = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if line is None or line.state is BankLineState.POSTED:
        raise Refused(_("This document is posted already, or gone."))
    return line
