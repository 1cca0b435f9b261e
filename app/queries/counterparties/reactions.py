"""How clients react to what they are offered and written, and how they say they are satisfied; each a row a client."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.domain.periods import DAY, Period
from app.domain.words import ContactState, Direction, LetterKind, LetterState, OfferOutcome, PartyRole
from app.models.contacts import Contact
from app.models.letters import Letter, LetterParty
from app.models.mailings import MailingRecipient
from app.models.satisfaction import SatisfactionMark


def offers(days: Period) -> Select:
    """`counterparty_id, offers, accepted, ordered`: done contacts that offered something, by what came of them."""
    return (
        select(
            Contact.counterparty_id,
            func.count().label("offers"),
            func.count().filter(Contact.outcome == OfferOutcome.ACCEPTED).label("accepted"),
            func.count(Contact.order_id).label("ordered"),
        )
        .where(offered_in(days), Contact.counterparty_id.is_not(None))
        .group_by(Contact.counterparty_id)
    )


def offered_in(days: Period) -> ColumnElement[bool]:
    return and_(
        Contact.is_offer,
        Contact.state == ContactState.DONE,
        Contact.starts_at >= days.first,
        Contact.starts_at < days.last + DAY,
    )


def conversations(days: Period, within: int) -> Select:
    """`counterparty_id, id, at, is_mailing, answered_at`: the letter that each conversation with a client began with,
    where we began it, and when he answered; an answer that took longer than so many days is none.
    """
    earlier, answer, sender = aliased(Letter), aliased(Letter), aliased(LetterParty)
    of_thread = earlier.thread_id == Letter.thread_id
    is_later = or_(earlier.at < Letter.at, and_(earlier.at == Letter.at, earlier.id < Letter.id))
    # Whoever answers from an address that nobody knows is of the client whom the conversation is with.
    his = or_(sender.counterparty_id == LetterParty.counterparty_id, sender.counterparty_id.is_(None))
    answered = (
        select(func.min(answer.at))
        .join(sender, and_(sender.letter_id == answer.id, sender.role == PartyRole.FROM))
        .where(
            answer.thread_id == Letter.thread_id,
            answer.direction == Direction.IN,
            answer.kind == LetterKind.LETTER,
            answer.at.between(Letter.at, Letter.at + timedelta(days=within)),
            his,
        )
        .correlate(Letter, LetterParty)
        .scalar_subquery()
    )
    return (
        select(
            LetterParty.counterparty_id,
            Letter.id,
            Letter.at,
            func.bool_or(MailingRecipient.id.is_not(None)).label("is_mailing"),
            answered.label("answered_at"),
        )
        .join(LetterParty, and_(LetterParty.letter_id == Letter.id, LetterParty.role == PartyRole.TO))
        .outerjoin(MailingRecipient, MailingRecipient.letter_id == Letter.id)
        .where(
            Letter.direction == Direction.OUT,
            Letter.kind == LetterKind.LETTER,
            Letter.state == LetterState.SENT,
            Letter.at >= days.first,
            Letter.at < days.last + DAY,
            LetterParty.counterparty_id.is_not(None),
            ~select(earlier.id).where(of_thread, is_later).exists(),
        )
        .group_by(Letter.id, LetterParty.counterparty_id)
    )


def answers(days: Period, within: int) -> Select:
    """`counterparty_id, letters, letters_answered, mailings, mailings_answered`: conversations that we began."""
    row = conversations(days, within).subquery("conversations").c
    of_mailing, is_answered = row.is_mailing, row.answered_at.is_not(None)
    return select(
        row.counterparty_id,
        func.count().filter(~of_mailing).label("letters"),
        func.count().filter(~of_mailing, is_answered).label("letters_answered"),
        func.count().filter(of_mailing).label("mailings"),
        func.count().filter(of_mailing, is_answered).label("mailings_answered"),
    ).group_by(row.counterparty_id)


def marks(day: date, days: Period) -> Select:
    """`counterparty_id, mark, trend, average`: the last mark by the day, whether it is better than the one before,
    and the mean of those of the period.
    """
    mark = SatisfactionMark
    before = func.lag(mark.mark).over(partition_by=mark.counterparty_id, order_by=(mark.on, mark.id))
    row = (
        select(
            mark.counterparty_id,
            mark.mark,
            mark.on,
            mark.id,
            func.sign(mark.mark - before).label("trend"),
            func.avg(mark.mark)
            .filter(mark.on.between(days.first, days.last))
            .over(partition_by=mark.counterparty_id)
            .label("average"),
        )
        .where(mark.on <= day)
        .subquery("marks")
        .c
    )
    return (
        select(
            row.counterparty_id,
            row.mark,
            cast(row.trend, Integer).label("trend"),
            func.round(row.average, 1).label("average"),
        )
        .ext(distinct_on(row.counterparty_id))
        .order_by(row.counterparty_id, row.on.desc(), row.id.desc())
    )
