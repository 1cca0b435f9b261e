"""Own fields: adding one to a table, and what is written into it by forms, programs and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from app.domain.birthdays import MOST_DAYS
from app.domain.formats.values import BadValue, Wrong
from app.domain.own_fields import (
    LONGEST,
    MOST_FIELDS,
    MOST_WORDS,
    PREFIX,
    BadLink,
    Kept,
    Owner,
    OwnKind,
    OwnReader,
    TooLong,
    key_of,
)
from app.domain.viewer import is_allowed
from app.errors import Refused
from app.models.own_fields import OwnField
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries.own_fields import MODELS, OWNERS, equal, fields_of

STAMP = "vizavi.stamp"  # in session.info: the stamp of rights as this request found it; own fields change it too
CACHED: dict[tuple[str, Owner], Sequence[OwnField]] = {}
MOST_CACHED = 50
EXPECTED = {
    Wrong.DATE: _l("A date is expected."),
    Wrong.YEAR: _l("The year is not possible."),
    Wrong.NUMBER: _l("A number is expected."),
    Wrong.BIG: _l("The number is too big."),
    Wrong.FINE: _l("The number has too many digits after the point."),
    Wrong.FLAG: _l("Yes or no is expected."),
}


def fields_kept(session: Session, owner: Owner) -> Sequence[OwnField]:
    """The fields of the table, in the order of its form; kept while the stamp of rights is the same, belonging to no
    session then.
    """
    stamp = session.info.get(STAMP)
    if stamp is None:
        return session.scalars(fields_of(owner)).all()
    kept = CACHED.get((stamp, owner))
    if kept is None:
        with Session(session.connection(), join_transaction_mode="rollback_only") as own:
            kept = own.scalars(fields_of(owner)).all()
            own.expunge_all()
        if len(CACHED) >= MOST_CACHED:
            CACHED.clear()
        CACHED[stamp, owner] = kept
    return kept


def seen_fields(session: Session, owner: Owner) -> list[OwnField]:
    """The fields of the table that the viewer sees, in the order of its form."""
    viewer = viewer_of(session)
    return [field for field in fields_kept(session, owner) if is_allowed(viewer, field.seen_by)]


def may_change(session: Session, field: OwnField) -> bool:
    """Whoever does not see a field does not change it either."""
    viewer = viewer_of(session)
    return is_allowed(viewer, field.seen_by) and is_allowed(viewer, field.changed_by)


def read(session: Session, field: OwnField, typed: str) -> Kept | None:
    """What is kept of a text: refused, at the field, where it is none of the field's values."""
    kept = value_of(field, typed)
    if field.kind is OwnKind.USER and kept is not None and session.get(User, kept) is None:
        raise Refused(_("There is no such user."), field=PREFIX + field.key)
    return kept


def value_of(field: OwnField, typed: str, words: Sequence[str] | None = None) -> Kept | None:
    """The same without asking the base: any number may be that of a user; `words`: of a list other than the field's."""
    reader = field.reader if words is None else OwnReader(field.kind, words)
    try:
        return reader.read(typed)
    except (TooLong, BadLink, BadValue) as wrong:
        raise Refused(_sentence(field, wrong), field=PREFIX + field.key) from None


def read_sent(session: Session, model: type, sent: Mapping[str, Any]) -> dict[str, Kept | None]:
    """What is kept of values that a program sent by key: texts as people type them, or numbers, yes or no, lists."""
    known = {field.key: field for field in seen_fields(session, OWNERS[model])}
    found: dict[str, Kept | None] = {}
    for key, value in sent.items():
        if key not in known:
            raise Refused(_("There is no such field."), field=PREFIX + key)
        parts = value if isinstance(value, list) else [value]
        if not all(part is None or isinstance(part, (str, int, float)) for part in parts):
            raise Refused(_("This value is not possible here."), field=PREFIX + key)
        found[key] = read(session, known[key], ";".join(_as_typed(part) for part in parts))
    return found


def _as_typed(value: str | float | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _sentence(field: OwnField, wrong: TooLong | BadLink | BadValue) -> Any:
    """What is wrong with a value, for people."""
    if isinstance(wrong, TooLong):
        return _("The text is longer than %(longest)s characters.", longest=LONGEST)
    if isinstance(wrong, BadLink):
        return _("An address of a web page is expected.")
    if field.kind in {OwnKind.CHOICE, OwnKind.CHOICES}:
        return _("One of these is expected: %(words)s.", words=", ".join(field.words[:20]))
    return EXPECTED.get(wrong.expected, _("This value is not possible here."))


def write(session: Session, row: Any, values: Mapping[str, Kept | None], *, whole: bool = False) -> None:
    """Put these values of own fields into the row; None empties one.

    `whole`: the row is new or its whole form was sent, so that what must be filled in is asked for, and a new row gets
    the defaults. What the viewer may not change is refused; what he does not say stays.
    """
    kept = dict(row.own or {})
    unknown = dict(values)
    for field in fields_kept(session, OWNERS[type(row)]):
        may = may_change(session, field)
        if field.key in unknown:
            value = unknown.pop(field.key)
            if not may and value != kept.get(field.key):
                raise Refused(_("You may not change this field."), field=PREFIX + field.key)
            if value is None:
                kept.pop(field.key, None)
            else:
                kept[field.key] = value
        elif row.id is None and field.default and field.key not in kept:
            kept[field.key] = read(session, field, field.default)
        if whole and may and field.is_required and field.key not in kept:
            raise Refused(_("This field is required."), field=PREFIX + field.key)
    for key in unknown:
        raise Refused(_("There is no such field."), field=PREFIX + key)
    if kept != (row.own or {}):
        row.own = kept


def save_field(session: Session, field: OwnField) -> None:
    """Check and complete a field that was added or changed; a new one gets its index at once."""
    words = list(dict.fromkeys(word.strip() for word in field.words or () if word.strip()))
    is_list = field.kind in {OwnKind.CHOICE, OwnKind.CHOICES}
    field.words = words if is_list else []
    if is_list and not words:
        raise Refused(_("Write the words of the list, one a line."), field="words")
    if len(words) > MOST_WORDS or any(len(word) > 100 or ";" in word for word in words):
        raise Refused(
            _("At most %(most)s words of 100 characters, without semicolons.", most=MOST_WORDS), field="words"
        )
    if field.id is None:
        taken = session.scalars(select(OwnField.key).where(OwnField.owner == field.owner)).all()
        if len(taken) >= MOST_FIELDS:
            raise Refused(_("A table has at most %(most)s own fields.", most=MOST_FIELDS))
        columns = MODELS[field.owner].__mapper__.all_orm_descriptors.keys()
        field.key = key_of(field.name, [*taken, *columns])
    if field.told_days is not None:
        if (field.owner, field.kind) != (Owner.COUNTERPARTY, OwnKind.DATE):
            raise Refused(_("Only days of counterparties are told of each year."), field="told_days")
        if not 0 <= field.told_days <= MOST_DAYS:
            raise Refused(_("From 0 to %(most)s days.", most=MOST_DAYS), field="told_days")
    if field.default:
        try:
            read(session, field, field.default)
        except Refused as refused:
            raise Refused(str(refused), field="default") from None
    session.add(field)
    session.flush()
    make_index(session, field)


def fields_for(session: Session, role: str) -> Sequence[OwnField]:
    """The fields of any table that are seen or changed by those of this role."""
    named = or_(OwnField.seen_by.contains([role]), OwnField.changed_by.contains([role]))
    return session.scalars(select(OwnField).where(named).order_by(OwnField.id)).all()


def rename_role(session: Session, old: str, new: str) -> None:
    """The fields of a role are those of its new name."""
    for field in fields_for(session, old):
        field.seen_by = [new if name == old else name for name in field.seen_by]
        field.changed_by = [new if name == old else name for name in field.changed_by]


def rows_with(session: Session, field: OwnField, words: Iterable[str]) -> dict[str, int]:
    """How many rows have each of these words; those that none has are left out."""
    model = MODELS[field.owner]
    counts = {word: select(func.count()).select_from(model).where(equal(model, field, word)) for word in words}
    found = {word: session.scalar(count, execution_options={"unscoped": True}) for word, count in counts.items()}
    return {word: count for word, count in found.items() if count}


def make_index(session: Session, field: OwnField) -> None:
    """Bounds and order of numbers, sums and days have an index of the rows that hold a value."""
    if not field.kind.is_ordered:
        return
    table = MODELS[field.owner].__tablename__
    expression = f"((own ->> '{field.key}')::numeric)" if field.kind is not OwnKind.DATE else f"(own ->> '{field.key}')"
    session.execute(
        text(f"CREATE INDEX IF NOT EXISTS {index_name(field)} ON {table} ({expression}, id) WHERE own ? '{field.key}'")
    )


def index_name(field: OwnField) -> str:
    return f"own_{field.id}"


def empty_field(session: Session, field: OwnField) -> None:
    """Take the values of a field away, and its index: it is about to be deleted."""
    table = MODELS[field.owner].__tablename__
    session.execute(text(f"UPDATE {table} SET own = own - :key WHERE own ? :key"), {"key": field.key})
    session.execute(text(f"DROP INDEX IF EXISTS {index_name(field)}"))
