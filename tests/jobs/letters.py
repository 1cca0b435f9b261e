"""Letters that are due, and what a server that writes down what it takes has of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.letters.addresses import Recipient
from app.domain.letters.writing import Draft
from app.domain.words import LetterKind, WireSecurity
from app.models.letters import Letter, Outgoing
from app.models.mailboxes import Mailbox
from app.services.mail import sending


def write(session: Session, port: int, many: int) -> None:
    """Letters that are due; every third has three recipients."""
    box = Mailbox(address="firm@vizavi.test", smtp_host="127.0.0.1", smtp_port=port, smtp_security=WireSecurity.NONE)
    session.add(box)
    for number in range(many):
        names = ("a", "b", "c") if number % 3 == 0 else ("a",)
        to = [Recipient(f"{name}{number}@client.test") for name in names]
        draft = Draft(Recipient(box.address), to, f"Письмо {number}", "Здравствуйте! " * 50)
        sending.send(session, box, draft, now=clock.now(), author_id=None, after=timedelta(0))
    session.commit()


def left(session: Session) -> int:
    session.rollback()
    going = select(func.count()).select_from(Outgoing).where(Outgoing.sent_at.is_(None), Outgoing.dead_at.is_(None))
    return session.scalar(going) or 0


def letters(session: Session) -> dict[str, Any]:
    query = select(Letter.message_id, Letter.state, Outgoing.error, Outgoing.may_have_arrived).join(Outgoing)
    found = session.execute(query.where(Letter.kind != LetterKind.AUTO)).all()
    return {row.message_id: row for row in found}


def copies(lines: list[list[str]]) -> tuple[Counter[str], dict[str, set[str]]]:
    """How often each recipient of a letter got it, and how many different bytes a letter had."""
    got: Counter[str] = Counter()
    printed: dict[str, set[str]] = defaultdict(set)
    for what, message_id, *more in lines:
        if what == "taken":
            got.update(f"{message_id} {each}" for each in more[0].split(","))
            printed[message_id].add(more[1])
    return got, printed
