"""What users are told of by letter: each thing once, out of the company's mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.letters.addresses import Recipient, WrongRecipient, recipient
from app.domain.letters.writing import OF_MACHINES, Draft, Enclosure
from app.domain.words import ByLetter, LetterKind
from app.models.letters import Letter, ToldByLetter
from app.models.mailboxes import Mailbox
from app.models.users import User, UserProfile, full_name
from app.services.mail import sending

LOCK = 0x74656C6C  # the class of advisory locks: "tell"
KEPT = timedelta(days=90)
PRODUCT = "Визави"


def users_told(kind: ByLetter) -> Select[User]:
    """The active users who want to be told of it by letter."""
    wanted = UserProfile.by_letter.contains([kind.value])
    return select(User).join(UserProfile, UserProfile.user_id == User.id).where(User.active, wanted).order_by(User.id)


def takes(session: Session, user_id: int) -> bool:
    """False where another worker tells him now; the lock is this transaction's."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(LOCK, user_id))))


def untold(user_id: int, key: ColumnElement[str]) -> ColumnElement[bool]:
    """He was not told of the row with this key."""
    return ~exists().where(ToldByLetter.user_id == user_id, ToldByLetter.key == key)


def keep(session: Session, user_id: int, keys: Sequence[str], *, now: datetime) -> set[str]:
    """He counts as told of them from here on; returns those of which somebody else has not told him meanwhile."""
    if not keys:
        return set()
    rows = [{"user_id": user_id, "key": key, "at": now} for key in keys]
    told = insert(ToldByLetter).values(rows).on_conflict_do_nothing().returning(ToldByLetter.key)
    return set(session.scalars(told))


def tell(
    session: Session,
    user: User,
    subject: str,
    text: str,
    *,
    now: datetime,
    html: str = "",
    pictures: Sequence[Enclosure] = (),
    files: Sequence[Enclosure] = (),
) -> Letter | None:
    """A letter of the product to a user; None when he has no address."""
    try:
        to = recipient(user.email or "")
    except WrongRecipient:
        return None
    mailbox = session.scalars(select(Mailbox).where(Mailbox.is_company), execution_options={"unscoped": True}).one()
    draft = Draft(
        Recipient(mailbox.address, mailbox.name or PRODUCT),
        [Recipient(to.email, full_name(user))],
        " ".join(subject.split())[:200],
        text,
        headers=OF_MACHINES,
        html=html,
        pictures=pictures,
        files=files,
    )
    return sending.send(session, mailbox, draft, now=now, author_id=None, kind=LetterKind.AUTO)


def tidy(session: Session, *, now: datetime) -> int:
    """Forget what was told long ago."""
    old = delete(ToldByLetter).where(ToldByLetter.at < now - KEPT)
    return cast(CursorResult[Any], session.execute(old)).rowcount
