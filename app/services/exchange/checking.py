"""What only the whole file and the base together can tell: references, doubles, contradictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, distinct, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from app.services.exchange.fields import ReferenceField
from app.services.exchange.matching import find_targets
from app.services.exchange.report import ImportReport
from app.services.exchange.sentences import each
from app.services.exchange.staging import Staging
from app.services.exchange.sums import add_up


def check(staging: Staging, report: ImportReport) -> None:
    """Find what every line speaks of; whatever is wrong goes to the report by its line."""
    if staging.table.line is not None:
        find_contradictions(staging, report)
        gather_heads(staging)
    resolve(staging, report)
    if staging.table.line is not None:
        add_up(staging)
    find_targets(staging, report)
    find_missing(staging, report)
    find_strangers(staging, report)
    for rule in staging.table.rules:
        rule(staging, report)


def find_contradictions(staging: Staging, report: ImportReport) -> None:
    """The lines of one document say different things about it."""
    lines = staging.lines
    first = select(lines.c.document, func.min(lines.c.line).label("line")).group_by(lines.c.document).subquery()
    beginning = lines.alias("beginning")
    for field in staging.table.head_fields:
        if field.name == "number" or field.name not in staging.present:
            continue
        number = func.coalesce(lines.c.number, "") if "number" in lines.c else literal("")
        wrong = (
            select(lines.c.line, beginning.c.line, number)
            .join(first, first.c.document == lines.c.document)
            .join(beginning, beginning.c.line == first.c.line)
            .where(lines.c[field.name].is_distinct_from(beginning.c[field.name]))
        )
        each(staging, report, field.name, wrong, contradiction)


def contradiction(line: int, number: str) -> str:
    return str(_("Document %(number)s: the value differs from the one in line %(line)s.", number=number, line=line))


def gather_heads(staging: Staging) -> None:
    """One head for every document of the lines."""
    lines, heads = staging.lines, staging.heads
    names = ["line", "document", *(field.name for field in staging.table.head_fields)]
    rows = select(*(lines.c[name] for name in names)).ext(distinct_on(lines.c.document))
    ordered = rows.where(lines.c.document.is_not(None)).order_by(lines.c.document, lines.c.line)
    staging.run(insert(heads).from_select(names, ordered))


def find_missing(staging: Staging, report: ImportReport) -> None:
    """What a known row may go without in a file, a new one must have."""
    heads = staging.heads
    for field in staging.table.values:
        if field.needed:
            wrong = select(heads.c.line).where(heads.c.is_new, heads.c[field.name].is_(None))
            each(staging, report, field.name, wrong, lambda: _("The value is missing."))


def resolve(staging: Staging, report: ImportReport) -> None:
    """Find the row that every reference names, among those that whoever imports may see."""
    tables = [(staging.heads, staging.table.head_fields)]
    if staging.table.line is not None:
        tables.append((staging.lines, staging.table.line_fields))
    for table, fields in tables:
        references = [f for f in fields if isinstance(f, ReferenceField) and f.name in staging.present]
        for field in references:
            if field.made:
                make_missing(staging, table, field)
        # What belongs to another row is looked for when that one is known.
        for group in ([f for f in references if not f.owner], [f for f in references if f.owner]):
            for field in group:
                find_named(staging, table, field)
                find_unknown(staging, report, table, field, find_otherwise(staging, table, field))


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


def find_unknown(staging: Staging, report: ImportReport, table: Any, field: ReferenceField, several: list[str]) -> None:
    word = table.c[field.name]
    missing = select(table.c.line, word).where(word.is_not(None), table.c[field.id_column].is_(None))
    each(staging, report, field.name, missing.where(word.not_in(several)), unknown(field))
    if several:
        ambiguous = missing.where(word.in_(several))
        each(
            staging,
            report,
            field.name,
            ambiguous,
            lambda value: _(
                "Several rows are called “%(value)s”: name the code of the one that is meant.", value=value
            ),
        )


def make_missing(staging: Staging, table: Any, field: ReferenceField) -> None:
    """The catalogue takes every name it does not know yet."""
    value = table.c[field.name]
    names = select(value).where(value.is_not(None), value.not_in(select(field.key))).distinct()
    catalogue = field.key.class_.__table__
    staging.run(upsert(catalogue).from_select([field.key.key], names).on_conflict_do_nothing())


def unknown(field: ReferenceField) -> Callable[[str], str]:
    return lambda value: str(field.unknown) % {"what": field.caption, "value": value}


def find_strangers(staging: Staging, report: ImportReport) -> None:
    """A row that exists but is not for the eyes of whoever imports is not his to change."""
    if staging.viewer is None:
        return
    heads = staging.heads
    model: Any = staging.table.model
    wrong = (
        select(heads.c.line)
        .join(model, model.id == heads.c.target_id)
        .where(heads.c.is_new.is_(False), staging.unseen(model))
    )
    each(staging, report, staging.table.known_by, wrong, lambda: _("Somebody else is responsible for this row."))
