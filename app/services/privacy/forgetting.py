"""How rows come to say nothing of a person, in the journal neither, and how bytes that nothing names go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, delete, exists, select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.domain.words import ChangeKind
from app.models.base import metadata
from app.models.bell import Reminder
from app.models.contacts import Contact
from app.models.journal import RowChange
from app.models.letters import Blob, Letter, LetterFile, LetterParty
from app.queries.sql import one_of

# What is left of a contact; the rest of it, days and figures, stays.
OF_CONTACT: dict[str, Any] = {
    "subject": "",
    "text": "",
    "place": "",
    "recording": "",
    "own": {},
    "prospect_person": "",
    "prospect_phone": "",
    "prospect_tail": "",
    "prospect_email": "",
}


def ids_of(session: Session, query: Select[Any]) -> list[int]:
    """Whoever may see it: what is to be forgotten is forgotten everywhere."""
    return list(session.scalars(query.execution_options(unscoped=True)))


def write(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(unscoped=True, synchronize_session=False))


def blank(session: Session, model: Any, ids: Sequence[int], left: dict[str, Any]) -> None:
    """Nothing but that is left in these columns of the rows, today and in the journal."""
    write(session, update(model).where(one_of(model.id, ids)).values(**left))
    forget(session, model, one_of(RowChange.row_id, ids), left)


def forget(session: Session, model: Any, which: ColumnElement[bool], left: dict[str, Any]) -> None:
    """The journal keeps that rows were changed, and not what of the person stood in them; `which` is of its changes."""
    changes = RowChange.table_name == model.__tablename__, which, RowChange.old.is_not(None)
    write(session, update(RowChange).where(*changes).values(old=RowChange.old.op("||")(type_coerce(left, JSONB))))


def deleted_ids(session: Session, model: Any, *conditions: Any) -> list[int]:
    """The numbers of rows that the journal alone keeps; the conditions are of its `RowChange`."""
    gone = RowChange.table_name == model.__tablename__, RowChange.what == ChangeKind.DELETE
    is_back = exists().where(model.id == RowChange.row_id)
    return ids_of(session, select(RowChange.row_id).where(*gone, *conditions, ~is_back))


def blank_contacts(session: Session, ids: Sequence[int], prospect: str) -> None:
    """Of contacts, deleted ones too, the events stay; what people wrote down to be reminded of them goes."""
    blank(session, Contact, ids, OF_CONTACT | {"prospect": prospect})
    reminders = ids_of(session, select(Reminder.id).where(one_of(Reminder.contact_id, ids)))
    reminders += deleted_ids(session, Reminder, one_of(RowChange.old["contact_id"].as_integer(), ids))
    blank(session, Reminder, reminders, {"text": ""})


def blank_prospects(session: Session, ids: Sequence[int]) -> None:
    """Of who asked and became no client the event stays."""
    blank_contacts(session, ids, erased_name())


def drop_letters(session: Session, ids: Sequence[int]) -> None:
    """The letters go whole, from the journal too."""
    blobs = blobs_of(session, ids)
    parts: dict[Any, list[int]] = {Letter: list(ids)}
    for part in (LetterParty, LetterFile):
        parts[part] = ids_of(session, select(part.id).where(one_of(part.letter_id, ids)))
    write(session, delete(Letter).where(one_of(Letter.id, ids)))
    for model, gone in parts.items():
        changes = RowChange.table_name == model.__tablename__, one_of(RowChange.row_id, gone)
        write(session, delete(RowChange).where(*changes))
    drop_blobs(session, blobs)


def blobs_of(session: Session, letters: Sequence[int]) -> list[int]:
    """What is attached to the letters."""
    named = one_of(LetterFile.letter_id, letters), LetterFile.blob_id.is_not(None)
    return ids_of(session, select(LetterFile.blob_id).where(*named))


def drop_blobs(session: Session, ids: Iterable[int]) -> None:
    """Bytes that no row names any more go."""
    named = [
        exists().where(column == Blob.id)
        for table in metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table is Blob.__table__
    ]
    write(session, delete(Blob).where(one_of(Blob.id, ids), *(~found for found in named)))


def erased_name() -> str:
    """What stands where a name has to."""
    return str(_("Erased"))
