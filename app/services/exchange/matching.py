"""Which rows of the base the lines of a file are, and which lines are one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Any, cast

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Text,
    and_,
    case,
    column,
    delete,
    distinct,
    func,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.domain.words import InfoType
from app.models.base import NameKey
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.users import User
from app.services.exchange.contents import match_unnumbered
from app.services.exchange.fields import InfoField, ReferenceField, TextField, ValueField, any_case
from app.services.exchange.report import ImportReport
from app.services.exchange.sentences import each
from app.services.exchange.staging import Staging, Way

SEVERAL = 0  # the target of a line that several known rows fit
WAYS = {"phone": InfoType.PHONE, "email": InfoType.EMAIL}


def names_of_user() -> list[ColumnElement[str]]:
    """Both names in either order, as `any_case` folds what a file says."""
    names = (User.first_name, User.last_name)
    return [any_case(func.btrim(first + " " + second)) for first, second in (names, names[::-1])]


def find_targets(staging: Staging, report: ImportReport) -> None:
    """Tell known rows from new ones."""
    heads, table = staging.heads, staging.table
    if is_asked(staging):
        match_as_asked(staging)
    elif table.in_order:
        if any(isinstance(field, InfoField) and field.name in staging.present for field in table.fields):
            match_by_infos(staging)
        match_in_order(staging, table.in_order)
        match_in_order(staging, table.or_in_order, unless=table.in_order[0])
    for way in table.ways:
        if {part.name for part in way.parts} <= staging.present:
            match(staging, way)
    if "number" in heads.c:
        match_unnumbered(staging)
    find_ambiguous(staging, report)


def number_new(staging: Staging, report: ImportReport) -> None:
    """Make one of the lines of one row.

    A new row gets a number below zero, so that its parts can follow: real numbers are spent when it is written.
    """
    heads, table = staging.heads, staging.table
    if table.line is None and (table.criteria or not table.in_order):
        join_repeated(staging, report)
    staging.run(update(heads).where(heads.c.target_id.is_(None)).values(target_id=-heads.c.line, is_new=True))
    staging.analyze()


def value_said(staging: Staging, field: ValueField) -> ColumnElement[Any]:
    """What a line says in the field: of a reference the number of the row."""
    column = field.id_column if isinstance(field, ReferenceField) else field.name
    return cast(ColumnElement[Any], staging.heads.c[column])


def way_applies(staging: Staging, way: Way) -> ColumnElement[bool]:
    """The line says what this way needs, and nothing better."""
    parts = [value_said(staging, staging.field(part.name)).is_not(None) for part in way.parts]
    return and_(*parts, *(value_said(staging, staging.field(name)).is_(None) for name in way.unless))


def match(staging: Staging, way: Way) -> None:
    heads = staging.heads
    model: Any = staging.table.model
    same = [way_applies(staging, way), heads.c.target_id.is_(None)]
    for part in way.parts:
        field = staging.field(part.name)
        known = part.folded(field.attribute) if part.known is None else part.known
        same.append(known == part.folded(value_said(staging, field)))
    if way.also is not None:
        same.append(way.also(heads))
    target = case((func.count() == 1, func.min(model.id)), else_=SEVERAL)
    found = select(heads.c.line, target.label("target")).join(model, and_(*same)).group_by(heads.c.line).subquery()
    staging.run(update(heads).where(heads.c.line == found.c.line).values(target_id=found.c.target))


def find_ambiguous(staging: Staging, report: ImportReport) -> None:
    heads = staging.heads
    sentence = _("Several rows of the base fit this line: name the one that is meant by its code.")
    wrong = select(heads.c.line).where(heads.c.target_id == SEVERAL)
    each(staging, report, staging.known_by, wrong, lambda: sentence)


def identity(staging: Staging) -> ColumnElement[Any]:
    """Equal for the lines of one row: what it is in the base, or how the first way that fits would know it."""
    heads = staging.heads
    known = func.nullif(heads.c.target_id, SEVERAL).cast(String)
    # A code in another case is the same code: of the ways by the same parts the last compares them loosely.
    loose = {
        tuple(part.name for part in way.parts): way
        for way in staging.table.ways
        if all(part.known is None for part in way.parts)
    }
    ways = []
    for place, strict in enumerate(staging.table.ways):
        way = loose.get(tuple(part.name for part in strict.parts), strict)
        if {part.name for part in way.parts} <= staging.present:
            parts = [part.folded(value_said(staging, staging.field(part.name))).cast(String) for part in way.parts]
            ways.append((way_applies(staging, way), func.concat_ws("\t", literal(f"way {place}"), *parts)))
    return func.coalesce(known, case(*ways)) if ways else known


def join_repeated(staging: Staging, report: ImportReport) -> None:
    """A row that stands in the file several times: equal lines are one, their phones and e-mails come together.

    Lines that differ are wrong.
    """
    heads = staging.heads
    key = identity(staging)
    first = func.min(heads.c.line).over(partition_by=key)
    lines = select(heads.c.line, first.label("first")).where(key.is_not(None)).subquery()
    repeated = select(lines).where(lines.c.line > lines.c.first).subquery()
    if not staging.run(select(select(repeated).exists())).scalar():
        return
    beginning = heads.alias("beginning")
    equal = [
        or_(heads.c[field.name].is_(None), heads.c[field.name].is_not_distinct_from(beginning.c[field.name]))
        for field in staging.table.values
        if field.name in staging.present
    ]
    same = (
        select(heads.c.line, repeated.c.first, and_(true(), *equal).label("equal"))
        .join(repeated, repeated.c.line == heads.c.line)
        .join(beginning, beginning.c.line == repeated.c.first)
        .subquery()
    )
    staging.run(update(heads).where(heads.c.line == same.c.line, same.c.equal).values(same_as=same.c.first))
    ways = [names for names in staging.table.names_of_rows if staging.present.issuperset(names)]
    told = list(dict.fromkeys(chain.from_iterable(ways)))
    wrong = select(heads.c.line, same.c.first, *(heads.c[name] for name in told))
    wrong = wrong.join(same, same.c.line == heads.c.line).where(~same.c.equal)

    def sentence(line: int, *values: Any) -> str:
        said = dict(zip(told, values, strict=True))
        return repetition(next((row for names in ways if None not in (row := [said[n] for n in names])), []), line)

    each(staging, report, staging.known_by, wrong, sentence)
    gather_infos(staging)
    repeats = delete(heads).where(heads.c.same_as.is_not(None)).returning(heads.c.line, heads.c.same_as)
    staging.repeats = {row.line: row.same_as for row in staging.run(repeats)}


def repetition(values: Sequence[str | date], line: int) -> str:
    """`values`: what the row is known by."""
    if not values:
        return str(_("The same row stands in line %(line)s with other values.", line=line))
    value = ", ".join(format_date(each, "dd.MM.yyyy") if isinstance(each, date) else str(each) for each in values)
    return str(_("“%(value)s” is already in line %(line)s.", value=value, line=line))


def gather_infos(staging: Staging) -> None:
    """The contact information of lines that are one row goes to the first of them."""
    staging.session.execute(text(JOIN.format(lines=staging.heads.name)))


JOIN = """
UPDATE {lines} SET infos = coalesce({lines}.infos, '[]') || more.gathered FROM (
    SELECT same_as, jsonb_agg(info ORDER BY line, place) AS gathered
    FROM {lines}, jsonb_array_elements(infos) WITH ORDINALITY AS parts (info, place)
    WHERE same_as IS NOT NULL GROUP BY same_as
) more WHERE {lines}.line = more.same_as"""


def match_by_infos(staging: Staging) -> None:
    """Of several known rows of a key the one with the phone or the e-mail of the line is meant."""
    heads = staging.heads
    model: Any = staging.table.model
    info = ways_of(heads.c.infos)
    mine = and_(ContactInfo.person_id == model.id, reaches(info))
    same = [
        a == b
        for a, b in zip(
            *(key_of(staging, staging.table.in_order, staged=staged) for staged in (True, False)), strict=True
        )
    ]
    fitting = (
        select(heads.c.line, func.min(model.id).label("target"))
        .select_from(heads)
        .join(info, true())
        .join(model, and_(*same))
        .join(ContactInfo, mine)
        .group_by(heads.c.line)
        .having(func.count(distinct(model.id)) == 1)
        .subquery()
    )
    first = select(fitting).ext(distinct_on(fitting.c.target)).order_by(fitting.c.target, fitting.c.line).subquery()
    staging.run(update(heads).where(heads.c.line == first.c.line).values(target_id=first.c.target))


def match_in_order(staging: Staging, names: tuple[str, ...], unless: str = "") -> None:
    """The n-th line of a key is the n-th known row of it; by chance where there are more rows than lines.

    It is for lines that say whose they are, the first part of the key, and nothing in the field `unless`.
    """
    if not staging.present.issuperset(names[:1]) or not names:
        return
    heads = staging.heads
    model: Any = staging.table.model
    staged, known = (list(key_of(staging, names, staged=staged)) for staged in (True, False))
    found = heads.c.target_id
    mine = [value_said(staging, staging.field(names[0])).is_not(None), found.is_(None)]
    if unless:
        mine.append(heads.c[unless].is_(None))
    lines = rows_by_key(heads.c.line, staged).where(*mine).subquery()
    left = model.id.not_in(select(found).where(found.is_not(None)))
    rows = rows_by_key(model.id, known).where(known[0].in_(select(staged[0]).where(*mine)), left).subquery()
    same = [lines.c[i] == rows.c[i] for i in range(1, len(staged) + 2)]
    values = {"target_id": rows.c[0], "by_chance": lines.c.total < rows.c.total}
    staging.run(update(heads).where(heads.c.line == lines.c[0], *same).values(values))


def is_asked(staging: Staging) -> bool:
    """Whether the known rows are looked for otherwise than the table does it."""
    return not staging.asked.choice.search.isdisjoint(staging.table.criteria)


def match_as_asked(staging: Staging) -> None:
    """The known row of which all is equal that was asked for; where several are so it is found by chance."""
    heads, table = staging.heads, staging.table
    model: Any = table.model
    asked = [name for name in table.criteria if name in staging.asked.choice.search]
    rows = select(heads.c.line, model.id.label("id")).select_from(heads)
    ways = [name for name in asked if name in WAYS]
    for name in ways:
        info, way = ways_of(heads.c.infos, f"said_{name}"), aliased(ContactInfo)
        owner: Any = way.person_id if model is ContactPerson else way.counterparty_id
        rows = rows.join(info, true()).join(way, reaches(info, way, WAYS[name]))
        rows = rows.join(model, model.id == owner) if name == ways[0] else rows.where(model.id == owner)
    same = [equal(staging, name) for name in asked if name not in WAYS]
    rows = rows.where(*same) if ways else rows.join(model, and_(*same))
    pairs = rows.distinct().subquery()
    found = (
        select(pairs.c.line, func.min(pairs.c.id).label("target"), (func.count() > 1).label("several"))
        .group_by(pairs.c.line)
        .subquery()
    )
    values = {"target_id": found.c.target, "by_chance": found.c.several}
    staging.run(update(heads).where(heads.c.line == found.c.line, heads.c.target_id.is_(None)).values(values))


def equal(staging: Staging, criterion: str) -> ColumnElement[bool]:
    """What the line says in the field and what the base has; of a client's name however it is written."""
    if criterion == "name":
        return NameKey(staging.heads.c.name) == Counterparty.name_key
    if criterion == "full_name":
        return and_(any_case(staging.heads.c.name) == any_case(Counterparty.full_name), Counterparty.full_name != "")
    field = staging.field(criterion)
    value: Any = value_said(staging, field)
    if type(field) is not TextField:
        return cast("ColumnElement[bool]", value == field.attribute)
    return any_case(func.coalesce(value, field.default or "")) == any_case(field.attribute)


def ways_of(infos: Any, name: str = "info") -> Any:
    """The phones and e-mails that lines say, a row each."""
    parts = (column(part, Text) for part in ("type", "value", "tail"))
    return func.jsonb_to_recordset(infos).table_valued(*parts).render_derived(name=name, with_types=True)


def reaches(info: Any, way: Any = ContactInfo, *types: InfoType) -> ColumnElement[bool]:
    """The phone of the line, however it is written, or its e-mail is the one that is known."""
    by_type = {
        InfoType.PHONE: and_(info.c.tail != "", way.phone_tail == info.c.tail),
        InfoType.EMAIL: and_(info.c.type == InfoType.EMAIL.value, func.lower(way.value) == func.lower(info.c.value)),
    }
    return or_(*(by_type[each] for each in types or by_type))


def rows_by_key(number: Any, key: list[ColumnElement[Any]]) -> Select[Any]:
    position = func.row_number().over(partition_by=key, order_by=number)
    total = func.count().over(partition_by=key)
    parts = (part.label(f"c{i}") for i, part in enumerate(key, 1))
    return select(number.label("c0"), *parts, position.label("n"), total.label("total"))


def key_of(staging: Staging, names: tuple[str, ...], *, staged: bool) -> Iterator[ColumnElement[Any]]:
    """The parts of the key that the file has columns for, in the staging or in the base; texts in any case, ё = е."""
    for name in names:
        field = staging.field(name)
        if name not in staging.present:
            continue
        value: Any = value_said(staging, field) if staged else field.attribute
        if staged and field.default is not None:
            value = func.coalesce(value, literal(field.default))
        yield any_case(value) if type(field) is TextField else value
