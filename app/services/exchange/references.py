"""Which rows of the base the references of a file name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, distinct, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from app.domain import requisites
from app.models.counterparties import Counterparty
from app.models.users import User
from app.services.exchange.fields import ReferenceField, any_case
from app.services.exchange.report import ImportReport
from app.services.exchange.sentences import each, several_are_called, several_users_are_called
from app.services.exchange.staging import Staging

SHORT_INN = "^([0-9]{9}|[0-9]{11})$"


def resolve(staging: Staging, report: ImportReport) -> None:
    """Find the row that every reference names, among those that whoever imports may see."""
    tables = [(staging.heads, staging.table.head_fields)]
    if staging.table.line is not None:
        tables.append((staging.lines, staging.table.line_fields))
    if staging.unread is not None:
        tables.append((staging.unread, tuple(f for f in staging.table.values if f.name in staging.unread.c)))
    for table, fields in tables:
        references = [
            field
            for field in fields
            if isinstance(field, ReferenceField) and field.name in staging.present and field.name not in staging.brought
        ]
        for field in references:
            if field.made:
                make_missing(staging, table, field)
        # What belongs to another row is looked for when that one is known.
        for group in ([f for f in references if not f.owner], [f for f in references if f.owner]):
            for field in group:
                find_named(staging, table, field)
                several = find_otherwise(staging, table, field)
                if field.key.class_ is Counterparty:
                    find_without_zero(staging, report, table, field)
                find_unknown(staging, report, table, field, several)


def find_named(staging: Staging, table: Any, field: ReferenceField) -> None:
    """Look for every name in the first way, each but once where that is enough."""
    word = table.c[field.name]
    if field.owner or field.day is not None:
        staging.run(update(table).where(word.is_not(None)).values({field.id_column: named_row(staging, table, field)}))
        return
    words = select(word).where(word.is_not(None)).distinct().subquery("words")
    rows = select(words.c[field.name].label("word"), named_row(staging, words, field).label("id")).subquery()
    staging.run(update(table).where(word == rows.c.word).values({field.id_column: rows.c.id}))


def named_row(staging: Staging, table: Any, field: ReferenceField, place: int = 0) -> Any:
    """The id of the row that the reference names in this way; the first is quick for any number of lines."""
    naming = field.namings[place]
    model: Any = field.key.class_
    query = select(model.id).where(staging.seen(model), naming.known == naming.folded(table.c[field.name]))
    if field.owner:
        name, attribute = field.owner
        query = query.where(attribute == table.c[f"{name}__id"])
    if field.day is not None and "date" in table.c:
        day = func.coalesce(table.c.date, staging.today)
        return query.order_by(field.day > day, func.abs(field.day - day), model.id).limit(1).scalar_subquery()
    return query.with_only_columns(func.min(model.id)).scalar_subquery()


def find_otherwise(staging: Staging, table: Any, field: ReferenceField) -> list[str]:
    """Look for what the first way did not find; returns the words that several rows have."""
    word, row_id = table.c[field.name], table.c[field.id_column]
    model: Any = field.key.class_
    several: list[str] = []
    for place, naming in enumerate(field.namings[1:], 1):
        if field.owner:
            mine = update(table).where(word.is_not(None), row_id.is_(None))
            staging.run(mine.values({field.id_column: named_row(staging, table, field, place)}))
        left = [word.is_not(None), row_id.is_(None), word.not_in(several)]
        if not staging.run(select(select(table).where(*left).exists())).scalar():
            break
        words = select(word.label("word")).where(*left).distinct().subquery()
        same = and_(naming.known == naming.folded(words.c.word), staging.seen(model))
        rows = (
            select(words.c.word, func.min(model.id).label("id"), func.count(distinct(model.id)).label("count"))
            .join(model, same)
            .group_by(words.c.word)
            .subquery()
        )
        several += staging.run(select(rows.c.word).where(rows.c.count > 1)).scalars()
        staging.run(
            update(table).where(row_id.is_(None), word == rows.c.word, rows.c.count == 1).values({row_id: rows.c.id})
        )
    return several


def find_without_zero(staging: Staging, report: ImportReport, table: Any, field: ReferenceField) -> None:
    """An INN that a spreadsheet took for a number: its check sum proves that a zero is lost."""
    word, row_id = table.c[field.name], table.c[field.id_column]
    short = and_(row_id.is_(None), word.regexp_match(SHORT_INN))
    words = staging.run(select(word).where(short).distinct()).scalars().all()
    whole = {requisites.with_zeros(inn=word, kpp="", ogrn="").get("inn"): word for word in words}
    whole.pop(None, None)
    if not whole:
        return
    one = select(Counterparty.inn, func.min(Counterparty.id).label("id")).group_by(Counterparty.inn)
    rows = one.having(func.count() == 1)
    rows = rows.where(Counterparty.inn.in_(whole), staging.seen(Counterparty))
    for row in staging.run(rows).all():
        mine = and_(short, word == whole[row.inn])
        told = _("The zero that a spreadsheet took away is back: %(value)s.", value=row.inn)
        each(staging, report, field.name, select(table.c.line).where(mine), lambda told=told: told, warning=True)
        staging.run(update(table).where(mine).values({row_id: row.id}))


def find_unknown(staging: Staging, report: ImportReport, table: Any, field: ReferenceField, several: list[str]) -> None:
    word = table.c[field.name]
    missing = select(table.c.line, word).where(word.is_not(None), table.c[field.id_column].is_(None))
    each(staging, report, field.name, missing.where(word.not_in(several)), unknown(field), warning=field.spared)
    if several:
        sentence = several_users_are_called if field.key.class_ is User else several_are_called
        each(staging, report, field.name, missing.where(word.in_(several)), sentence)


def make_missing(staging: Staging, table: Any, field: ReferenceField) -> None:
    """The catalogue takes every name it does not know yet, in whatever case, as the first line writes it."""
    value = table.c[field.name]
    said = (
        select(value.label("name"), any_case(value).label("folded"), table.c.line).where(value.is_not(None)).subquery()
    )
    new = select(said).where(said.c.folded.not_in(select(any_case(field.key))))
    first = new.ext(distinct_on(said.c.folded)).order_by(said.c.folded, said.c.line).subquery()
    names = select(first.c.name).order_by(first.c.line)
    catalogue = field.key.class_.__table__
    staging.run(upsert(catalogue).from_select([field.key.key], names).on_conflict_do_nothing())


def unknown(field: ReferenceField) -> Callable[[str], str]:
    def sentence(value: str) -> str:
        told = str(field.unknown) % {"what": field.caption, "value": value}
        if field.key.class_ is Counterparty and re.fullmatch(SHORT_INN, value):
            told += " " + _("If it is an INN, a spreadsheet may have taken its zero away.")
        return told

    return sentence
