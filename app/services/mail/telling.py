"""What users are told of by letter: each thing once, out of the company's mailbox."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import Group
from sqlalchemy import ARRAY, ColumnElement, Integer, Select, cast, delete, exists, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from app.domain.letters.addresses import Recipient, WrongRecipient, recipient
from app.domain.letters.writing import OF_MACHINES, Draft
from app.domain.words import ByLetter, LetterKind
from app.models.letters import Letter, ToldByLetter
from app.models.mailboxes import Mailbox
from app.models.users import User, UserProfile, full_name
from app.services.mail import sending

LOCK = 0x74656C6C  # the class of advisory locks: "tell"
RETENTION = timedelta(days=90)
PRODUCT = "Визави"


def users_told(kind: ByLetter) -> Select[User]:
    """The active users who want to be told of it by letter."""
    wanted = UserProfile.by_letter.contains([kind.value])
    return select(User).join(UserProfile, UserProfile.user_id == User.id).where(User.active, wanted).order_by(User.id)


def free(session: Session, user_ids: Sequence[int]) -> list[User]:
    """Those of the users whom no other worker tells now, with what they may see; the locks are this transaction's."""
    asked = func.unnest(cast(list(user_ids), ARRAY(Integer))).column_valued("asked")
    ours = select(asked).where(func.pg_try_advisory_xact_lock(LOCK, asked))
    sees = (joinedload(User.profile), selectinload(User.roles), selectinload(User.groups).selectinload(Group.roles))
    return list(session.scalars(select(User).where(User.id.in_(ours)).options(*sees).order_by(User.id)))


def untold(user_id: InstrumentedAttribute[int], key: ColumnElement[str]) -> ColumnElement[bool]:
    """He was not told of the row with this key."""
    return ~exists().where(ToldByLetter.user_id == user_id, ToldByLetter.key == key)


def already_told(session: Session, keys: Collection[str]) -> set[tuple[int, str]]:
    """Who was told of what has these keys."""
    known = select(ToldByLetter.user_id, ToldByLetter.key).where(ToldByLetter.key.in_(keys))
    return {(user_id, key) for user_id, key in session.execute(known)}


@dataclass(frozen=True)
class News:
    """What a user is told by one letter; by the keys he counts as told of it from here on."""

    user: User
    keys: Sequence[str]
    subject: str
    text: str


def tell_all(session: Session, news: Sequence[News], *, now: datetime) -> None:
    """A letter of each; who has no address counts as told too. Raises IntegrityError for what was told already."""
    rows = [{"user_id": each.user.id, "key": key, "at": now} for each in news for key in each.keys]
    session.execute(insert(ToldByLetter), rows)
    mailbox = _company(session)
    drafts = [draft for each in news if (draft := _draft(mailbox, each.user, each.subject, each.text)) is not None]
    who = sending.known_by(session, [draft.to[0].email for draft in drafts])
    letters = [
        sending.frozen(mailbox, draft, at=now, author_id=None, kind=LetterKind.AUTO, who=who) for draft in drafts
    ]
    sending.put_out(session, letters)


def tell(session: Session, user: User, subject: str, text: str, *, now: datetime, **more: Any) -> Letter | None:
    """A letter of the product to a user, `more` as a Draft has it; None when he has no address."""
    mailbox = _company(session)
    draft = _draft(mailbox, user, subject, text, **more)
    if draft is None:
        return None
    return sending.send(session, mailbox, draft, now=now, author_id=None, kind=LetterKind.AUTO)


def _company(session: Session) -> Mailbox:
    return session.scalars(select(Mailbox).where(Mailbox.is_company), execution_options={"unscoped": True}).one()


def _draft(mailbox: Mailbox, user: User, subject: str, text: str, **more: Any) -> Draft | None:
    try:
        to = recipient(user.email or "")
    except WrongRecipient:
        return None
    return Draft(
        Recipient(mailbox.address, mailbox.name or PRODUCT),
        [Recipient(to.email, full_name(user))],
        " ".join(subject.split())[:200],
        text,
        headers=OF_MACHINES,
        **more,
    )


def tidy(session: Session, *, now: datetime) -> int:
    """Forget what was told long ago."""
    old = delete(ToldByLetter).where(ToldByLetter.at < now - RETENTION).returning(ToldByLetter.id)
    return len(session.scalars(old).all())
