"""Two mailings of the demo company: of prices, which one answered, one never got and one wants no more; and of how
satisfied clients are, which some have said by a click.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.words import FolderRole, InfoType, LetterState, RecipientState
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.letters import Letter, LetterParty, LetterTemplate, Outgoing
from app.models.mailboxes import Mailbox
from app.models.mailings import Mailing, MailingRecipient
from app.models.satisfaction import SatisfactionAsk
from app.models.users import User
from app.queries.sql import one_of
from app.services.demo.letters import Post, said_by
from app.services.mail import mailings, marks

MOST = 14
AGO = timedelta(days=6)
SUBJECT = "Новые цены и сроки на декабрь"
TEXT = """Здравствуйте, {имя}!

С первого декабря действуют новые цены, а крепёж со склада отгружаем за два дня.
Ответьте на это письмо, и мы пришлём прайс-лист.
"""
NO_SUCH = "550 5.1.1 No such user here"
ASKING_AGO = timedelta(days=12)
ASKING = "Довольны ли вы последней отгрузкой?"
ASKING_TEXT = """Здравствуйте, {имя}!

Пожалуйста, оцените, как прошла последняя отгрузка, — достаточно одного нажатия:

{оценка}
"""
SAID = ((5, "Привезли на день раньше"), (4, ""), (2, "Две банки разбиты, ждём замену"), (5, ""))


def write(session: Session, manager: int, now: datetime) -> Iterator[tuple[str, int]]:
    """To clients of the manager, out of his mailbox."""
    post, at = Post(session, now, first=1_000), now - AGO
    author = session.get_one(User, manager)
    mailbox = session.scalars(select(Mailbox).where(Mailbox.owner_id == manager)).one()
    reachable = (
        select(ContactPerson.id)
        .join(Counterparty, Counterparty.id == ContactPerson.counterparty_id)
        .where(Counterparty.manager_id == manager, Counterparty.is_buyer, ContactPerson.first_name != "")
        .where(
            ContactPerson.id.in_(
                select(ContactInfo.person_id).join(ContactInfoKind).where(ContactInfoKind.type == InfoType.EMAIL)
            )
        )
        .order_by(ContactPerson.id)
        .limit(MOST)
    )
    persons = session.scalars(reachable).all()
    asked = _sent(post, author, mailbox, ASKING, ASKING_TEXT, persons[: 2 * len(SAID)], now - ASKING_AGO)
    asks = select(SatisfactionAsk).where(SatisfactionAsk.letter_id.in_([row.letter_id for row in asked]))
    answers = zip(session.scalars(asks.order_by(SatisfactionAsk.id)), SAID, strict=False)
    for days, (ask, (mark, comment)) in enumerate(answers, 1):
        marks.give(session, ask, mark, comment, today=(now - ASKING_AGO + timedelta(days=days)).date())
    rows = _sent(post, author, mailbox, SUBJECT, TEXT, persons, at)
    for row, happens in zip(rows, (_answer, _come_back, _unsubscribe), strict=False):
        happens(post, mailbox, row, at)
    session.flush()
    for model in (Mailing, Letter, Contact):  # each letter is a contact too
        yield model.__tablename__, session.scalar(select(func.count(model.id))) or 0


def _sent(
    post: Post, author: User, mailbox: Mailbox, subject: str, text: str, persons: Sequence[int], at: datetime
) -> Sequence[MailingRecipient]:
    """Whoever got the letter."""
    session = post.session
    mailing = mailings.begin(session, author, subject, persons=persons)
    mailing.template = LetterTemplate(name=subject, subject=subject, text=text)
    mailing.subject, mailing.text, mailing.mailbox = subject, text, mailbox
    session.flush()
    mailings.prepare(session, mailing, site="https://crm.example", now=at, today=at.date())
    session.expire_all()
    got = select(MailingRecipient).where(
        MailingRecipient.mailing_id == mailing.id, MailingRecipient.letter_id.is_not(None)
    )
    rows = session.scalars(got.order_by(MailingRecipient.id)).all()
    _arrive(post, [row.letter_id for row in rows if row.letter_id], at)
    return rows


def _arrive(post: Post, ids: Sequence[int], at: datetime) -> None:
    for statement in (
        update(Outgoing).where(one_of(Outgoing.letter_id, ids)).values(sent_at=at, attempts=1),
        update(Letter).where(one_of(Letter.id, ids)).values(state=LetterState.SENT, at=at),
        update(LetterParty)
        .where(one_of(LetterParty.letter_id, ids), LetterParty.state == RecipientState.WAITING)
        .values(state=RecipientState.SENT, at=at),
    ):
        post.session.execute(statement.execution_options(synchronize_session=False))


def _answer(post: Post, mailbox: Mailbox, row: MailingRecipient, _at: datetime) -> None:
    assert row.letter is not None
    answer = said_by(row.address, mailbox.address, f"Re: {SUBJECT}", "Добрый день! Пришлите прайс-лист, пожалуйста.")
    answer["In-Reply-To"] = answer["References"] = f"<{row.letter.message_id}>"
    post.put(mailbox, FolderRole.INBOX, answer, AGO / 2)


def _come_back(post: Post, _mailbox: Mailbox, row: MailingRecipient, at: datetime) -> None:
    lost = update(LetterParty).where(
        LetterParty.letter_id == row.letter_id, func.lower(LetterParty.address) == row.address.lower()
    )
    post.session.execute(lost.values(state=RecipientState.BOUNCED, answer=NO_SUCH))
    marked = update(ContactInfo).where(func.lower(ContactInfo.value) == row.address.lower())
    post.session.execute(marked.values(returned_on=at.date(), returned_words=NO_SUCH))


def _unsubscribe(post: Post, _mailbox: Mailbox, row: MailingRecipient, at: datetime) -> None:
    mailings.unsubscribe(post.session, row, now=at + timedelta(hours=3), today=at.date())
