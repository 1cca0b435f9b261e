"""Whose a document that was not recognised may be, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, func, literal, select
from sqlalchemy.orm import Session

from app.domain.allocation import named_orders
from app.domain.formats.bank_statement import number_key
from app.models.bank import BankLine
from app.models.base import NameKey
from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder

MOST = 4  # of one document
NEAR = 8  # letters of a name that are looked for


class ClientSign(IntEnum):
    """Why somebody may be meant; a greater one says more, and several add up."""

    NEAR = 1
    SUM = 2
    NAME = 4
    INN = 8
    ORDER = 16


SIGNS: dict[ClientSign, LazyString] = {
    ClientSign.ORDER: _l("his order is named"),
    ClientSign.INN: _l("the same INN"),
    ClientSign.NAME: _l("the same name"),
    ClientSign.SUM: _l("he owes this sum"),
    ClientSign.NEAR: _l("a similar name"),
}


@dataclass(frozen=True)
class ClientGuess:
    counterparty: Counterparty
    signs: tuple[ClientSign, ...]


def guesses(session: Session, line: BankLine) -> Sequence[ClientGuess]:
    """At most four, of whom whoever asks sees."""
    signs: dict[int, set[ClientSign]] = {}
    for sign, counterparty_id in _found(session, line):
        signs.setdefault(counterparty_id, set()).add(sign)
    ids = sorted(signs, key=lambda each: (-sum(signs[each]), each))[:MOST]
    named = {each.id: each for each in session.scalars(select(Counterparty).where(Counterparty.id.in_(ids)))}
    return [ClientGuess(named[each], tuple(sorted(signs[each], reverse=True))) for each in ids if each in named]


def _found(session: Session, line: BankLine) -> Iterator[tuple[ClientSign, int]]:
    client = Counterparty.id
    if line.incoming:
        owing = select(BuyerOrder.counterparty_id).where(BuyerOrder.unpaid_amount > 0).limit(MOST)
        for name in named_orders(line.purpose)[:3]:
            tail = func.reverse(BuyerOrder.number).like(literal(number_key(name.number)[::-1] + "%"))
            for each in session.scalars(owing.where(tail)):
                yield ClientSign.ORDER, each
        for each in session.scalars(owing.where(BuyerOrder.unpaid_amount == line.amount)):
            yield ClientSign.SUM, each
    if line.inn:
        for each in session.scalars(select(client).where(Counterparty.inn == line.inn).limit(MOST)):
            yield ClientSign.INN, each
    if line.partner:
        key = session.scalar(select(NameKey(literal(line.partner)))) or ""
        for each in session.scalars(select(client).where(Counterparty.name_key == key).limit(MOST)):
            yield ClientSign.NAME, each
        if len(key) >= NEAR // 2:
            near = and_(Counterparty.name_key.startswith(key[:NEAR], autoescape=True), Counterparty.name_key != key)
            for each in session.scalars(select(client).where(near).limit(MOST)):
                yield ClientSign.NEAR, each
