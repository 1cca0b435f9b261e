"""Statements of banks and their documents by state."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from app.domain.words import BankLineState
from app.models.bank import BankLine, BankStatement


def latest_statements(most: int) -> Select[BankStatement]:
    """The newest first, each with whoever loaded it."""
    return select(BankStatement).options(joinedload(BankStatement.by)).order_by(BankStatement.id.desc()).limit(most)


def counts_by_state(statement_ids: Iterable[int]) -> Select[int, BankLineState, int]:
    """(statement_id, state, count)."""
    return (
        select(BankLine.statement_id, BankLine.state, func.count())
        .where(BankLine.statement_id.in_(statement_ids))
        .group_by(BankLine.statement_id, BankLine.state)
    )


def sums_by_state(statement_id: int) -> Select:
    """(state, count, amount) of one statement."""
    return (
        select(BankLine.state, func.count(), func.sum(BankLine.amount))
        .where(BankLine.statement_id == statement_id)
        .group_by(BankLine.state)
    )


def waiting_lines(statement_id: int) -> Select[BankLine]:
    """Documents that somebody is asked about, in the order of the file."""
    waiting = BankLine.statement_id == statement_id, BankLine.state == BankLineState.WAITING
    return select(BankLine).where(*waiting).order_by(BankLine.id)


def answered_lines(statement_id: int) -> Select[BankLine]:
    """The others, each with its counterparty."""
    answered = BankLine.statement_id == statement_id, BankLine.state != BankLineState.WAITING
    return select(BankLine).where(*answered).options(joinedload(BankLine.counterparty)).order_by(BankLine.id)
