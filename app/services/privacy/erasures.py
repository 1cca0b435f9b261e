"""Who was erased is kept beside the copies of the base too: a copy that is brought back knows him still."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import DisposalKind
from app.models.counterparties import ContactPerson
from app.models.disposals import Disposal
from app.services.privacy import personal_data

FILE = "erasures.json"


@dataclass(frozen=True, order=True)
class Erasure:
    """Numbers alone: the person, and the code of the client whose person he was."""

    at: str
    person_id: int
    client_code: str


@dataclass(frozen=True)
class Again:
    """What came of erasing people again: how many were, and the numbers of those who may be somebody else."""

    erased: int
    doubted: list[int]


def keep(session: Session, folder: Path) -> None:
    """The file beside the copies has everybody who was erased here; whom it had already stays."""
    rows = session.scalars(select(Disposal).where(Disposal.kind == DisposalKind.PERSON))
    known = {Erasure(row.at.isoformat(), row.person_id or 0, row.client_code) for row in rows}
    found = read(folder)
    if known <= found:
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / f"{FILE}.part"
    part.write_text(json.dumps([asdict(one) for one in sorted(known | found)], indent=1))
    part.chmod(0o600)
    os.replace(part, folder / FILE)


def read(folder: Path) -> set[Erasure]:
    """Everybody whom the file in that folder names; nobody where there is none."""
    try:
        return {Erasure(**one) for one in json.loads((folder / FILE).read_text())}
    except FileNotFoundError:
        return set()


def again(session: Session, erasures: Iterable[Erasure], since: datetime) -> Again:
    """Erase in a base that was brought back whoever was erased after that moment.

    In a base that lived on after another copy the same number may be somebody else's: who is a person of another
    client than then is left as he is and named.
    """
    erased, doubted = 0, []
    for one in sorted(erasures):
        person = session.get(ContactPerson, one.person_id)
        if person is None or datetime.fromisoformat(one.at) < since:
            continue
        if (person.counterparty.code or "") != one.client_code:
            doubted.append(one.person_id)
            continue
        personal_data.erase(session, person)
        erased += 1
    return Again(erased, doubted)
