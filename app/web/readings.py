"""Notes who looked at what: cards of clients and people that an answer shows, files that it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, request
from sqlalchemy.orm import Session

from app.domain.words import ReadingKind
from app.extensions import db
from app.models.counterparties import ContactPerson, Counterparty
from app.models.visibility import viewer_of
from app.services.access.readings import Look, not_noted
from app.services.access.readings import note as write

ASKS = {"GET", "REPORT"}  # a telephone reads by the latter
PROGRAMS = ("/api/", "/dav/")
OPENED = "vizavi.opened"  # in request.environ: the client and the person of each card that the answer shows


def note_shown(row: Any) -> None:
    """The answer shows this row; of what is no client and no person nothing is noted."""
    if isinstance(row, ContactPerson):
        _opened(row.counterparty_id, row.id)
    elif isinstance(row, Counterparty):
        _opened(row.id, None)


def opened_again(row: Counterparty) -> None:
    """The answer shows the card of this row, and the base has just said that this is a part of a reading before it."""
    request.environ[OPENED].discard((row.id, None))


def note_shown_many(model: type) -> None:
    """A program is given rows of this model, whichever they are."""
    if model in (ContactPerson, Counterparty):
        _opened(None, None)


def _opened(counterparty_id: int | None, person_id: int | None) -> None:
    request.environ.setdefault(OPENED, set()).add((counterparty_id, person_id))


def looks(by_id: int, answer: Response) -> Iterator[Look]:
    """What the answer gives to its reader."""
    screen = (request.endpoint or "").partition(".")[0]
    if is_file(answer):
        yield Look(by_id, ReadingKind.FILE, screen, request.path)
    elif request.method in ASKS:
        kind = ReadingKind.PROGRAM if request.path.startswith(PROGRAMS) else ReadingKind.CARD
        for counterparty_id, person_id in request.environ.get(OPENED, ()):
            yield Look(by_id, kind, screen, request.path, counterparty_id, person_id)


def is_file(answer: Response) -> bool:
    """Whatever has the name of a file is one; a picture in a page is a part of it."""
    return "Content-Disposition" in answer.headers and not (answer.mimetype or "").startswith("image/")


def note(answer: Response) -> Response:
    """Before the answer leaves: what cannot be noted is not shown."""
    viewer = viewer_of(db.session())
    if viewer is None or viewer.user_id is None or answer.status_code not in {200, 207}:
        return answer
    if found := not_noted(db.session(), [*looks(viewer.user_id, answer)]):
        db.session.rollback()  # what the request left undone is not kept with it
        with Session(db.engine) as session:
            for look in found:
                write(session, look, waits=False)
            session.commit()
    return answer


def init_app(app: Flask) -> None:
    app.after_request(note)
