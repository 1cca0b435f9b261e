"""What only the whole file and the base together can tell: references, doubles, contradictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.services.exchange.fields import ReferenceField
from app.services.exchange.matching import find_targets
from app.services.exchange.report import KEPT, ImportReport
from app.services.exchange.staging import Staging


def check(staging: Staging, report: ImportReport) -> None:
    """Find what every line speaks of; whatever is wrong goes to the report by its line."""
    if staging.table.line is not None:
        find_contradictions(staging, report)
        gather_heads(staging)
    elif staging.table.unique:
        find_doubles(staging, report)
    resolve(staging, report)
    find_targets(staging)
    find_strangers(staging, report)
    for rule in staging.table.rules:
        rule(staging, report)


def each(staging: Staging, report: ImportReport, field: str, wrong: Select[Any], sentence: Callable[..., Any]) -> None:
    """Report the lines that the query gives (line, then what the sentence needs), the first of them by name."""
    subquery = wrong.subquery()
    count = staging.run(select(func.count()).select_from(subquery)).scalar_one()
    rows = staging.run(select(subquery).order_by(subquery.c[0]).limit(KEPT)).all()
    for row in rows:
        report.error(row[0], field, sentence(*row[1:]))
    report.wrong_count += count - len(rows)


def find_doubles(staging: Staging, report: ImportReport) -> None:
    """A row named twice in one file."""
    heads = staging.heads
    key = [heads.c[name] for name in staging.table.key]
    first = func.min(heads.c.line).over(partition_by=key)
    lines = select(heads.c.line, func.concat_ws(", ", *key).label("key"), first.label("first")).subquery()
    each(
        staging,
        report,
        staging.table.key[0],
        select(lines).where(lines.c.line > lines.c.first),
        lambda value, line: _("“%(value)s” is already in line %(line)s.", value=value, line=line),
    )


def find_contradictions(staging: Staging, report: ImportReport) -> None:
    """The lines of one document say different things about it."""
    lines, (number,) = staging.lines, staging.table.key
    first = select(lines.c[number], func.min(lines.c.line).label("line")).group_by(lines.c[number]).subquery()
    beginning = lines.alias("beginning")
    for field in staging.table.head_fields:
        if field.name == number or field.name not in staging.present:
            continue
        wrong = (
            select(lines.c.line, beginning.c.line, lines.c[number])
            .join(first, first.c[number] == lines.c[number])
            .join(beginning, beginning.c.line == first.c.line)
            .where(lines.c[field.name].is_distinct_from(beginning.c[field.name]))
        )
        each(staging, report, field.name, wrong, contradiction)


def contradiction(line: int, number: str) -> str:
    return str(_("Document %(number)s: the value differs from the one in line %(line)s.", number=number, line=line))


def gather_heads(staging: Staging) -> None:
    """One head for every document of the lines."""
    lines, heads, (number,) = staging.lines, staging.heads, staging.table.key
    names = ["line", *(field.name for field in staging.table.head_fields)]
    rows = select(*(lines.c[name] for name in names)).distinct(lines.c[number]).order_by(lines.c[number], lines.c.line)
    staging.run(insert(heads).from_select(names, rows))


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
        for group in ([f for f in references if not f.within], [f for f in references if f.within]):
            if group:
                staging.run(update(table).values({f.id_column: found(staging, table, f) for f in group}))
        for field in references:
            missing = select(table.c.line, table.c[field.name]).where(
                table.c[field.name].is_not(None), table.c[field.id_column].is_(None)
            )
            each(staging, report, field.name, missing, unknown(field))


def found(staging: Staging, table: Any, field: ReferenceField) -> Any:
    """The id of the row that the reference names."""
    model: Any = field.key.class_
    query = select(func.min(model.id)).where(staging.seen(model), field.key == field.folded(table.c[field.name]))
    if field.within:
        owner = staging.field(field.within)
        assert isinstance(owner, ReferenceField)
        query = query.where(getattr(model, owner.attribute.key) == table.c[owner.id_column])
    return query.scalar_subquery()


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
    each(staging, report, staging.table.key[0], wrong, lambda: _("Somebody else is responsible for this row."))
