"""Rows of other tables that a file brings along: the buyers of orders, the items of their lines.

They are recognised by all that a line says of them and left as they are; unknown ones are made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    delete,
    distinct,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on

from app.models.base import NameKey
from app.services.exchange.contents import add_up
from app.services.exchange.fields import BroughtField, any_case
from app.services.exchange.matching import (
    SEVERAL,
    gather_infos,
    identity,
    is_asked,
    match,
    match_as_asked,
)
from app.services.exchange.report import ImportReport
from app.services.exchange.saving import RowWriter
from app.services.exchange.sentences import each, several_are_called
from app.services.exchange.staging import Brings, Staging, brought_column

CODE = r"^\S*\d\S*$"  # "K-17": one word with a digit is rather a code than a name
FIGURES = r"^[\d\s./-]*$"


def recognise(staging: Staging, report: ImportReport) -> None:
    """Find the rows that the lines name; those that nobody knows get a number below zero until they are made."""
    for brings in staging.table.brings:
        if not staging.brings(brings):
            continue
        rows = staging.brought[brings.reference] = gather(staging, brings)
        if is_asked(rows):
            match_as_asked(rows)
            rows.run(update(rows.heads).where(rows.heads.c.by_chance).values(target_id=SEVERAL))
        else:
            for way in rows.table.ways:
                if {part.name for part in way.parts} <= rows.present:
                    match(rows, way)
        tell_codes_from_names(rows)
        join_new(rows)
        refuse(staging, rows, brings, report)
        for rule in rows.table.rules:
            rule(rows, report)
        source = naming(staging, brings.reference)
        target = {f"{brings.reference}__id": rows.heads.c.target_id}
        staging.run(update(source).where(line_agrees(staging, rows, brings.reference)).values(target))


def make_brought(staging: Staging, report: ImportReport) -> None:
    """Make what nobody knows, before the rows that name it are written."""
    for reference, rows in staging.brought.items():
        heads, source = rows.heads, naming(staging, reference)
        new = select(heads.c.line, heads.c.name).where(heads.c.is_new)
        made = rows.run(select(func.count()).select_from(new.subquery())).scalar_one()
        if not made:
            continue
        report.brought[rows.table.slug] = made
        each(
            rows,
            report,
            reference,
            new,
            lambda name: _("“%(name)s” is not known yet and is made.", name=name),
            warning=True,
        )
        BroughtWriter(rows, report).write()
        name = f"{reference}__id"
        mine = source.c[name] == -heads.c.line
        staging.run(update(source).where(heads.c.is_new, mine).values({name: heads.c.target_id}))
        if source is staging.lines and staging.table.line is not None:
            add_up(staging)  # the rate of VAT is that of the item


def let_go(staging: Staging, lines: ColumnElement[bool]) -> None:
    """Of the rows that nobody knows those are not made which these lines alone name."""
    heads = staging.heads
    for reference, rows in staging.brought.items():
        theirs = select(staging.named(reference)).select_from(heads)
        gone = rows.heads.c.target_id.in_(theirs.where(lines))
        named = rows.heads.c.target_id.in_(theirs.where(not_(lines)))
        rows.run(delete(rows.heads).where(rows.heads.c.is_new, gone, not_(named)))


class BroughtWriter(RowWriter):
    """Writes new rows only, and leaves the counts to the table that brought them."""

    def write(self) -> None:
        self.give_numbers()
        self.write_heads()
        self.write_infos()
        self.refuse_vanished()


def gather(staging: Staging, brings: Brings) -> Staging:
    """All different things that the lines say of these rows, each with the first line that says it."""
    reference = brings.reference
    fields = [field for field in staging.table.fields if isinstance(field, BroughtField) and field.of == reference]
    present = frozenset({"code", "name"} | {field.into.name for field in fields if field.name in staging.present})
    # The reference may be a name as well as a code, so it keeps nobody from looking in the other ways.
    ways = tuple(replace(way, unless=()) for way in brings.table.ways)
    rows = Staging.beside(staging, replace(brings.table, ways=ways), reference, present)
    lines = staging.lines
    told = lines.c[brought_column(reference)]
    read = [field for field in rows.table.values if field.name in present]
    values = {field.name: cast(told[field.name].astext, field.staged_type) for field in read}
    infos = func.nullif(told["infos"], func.jsonb_build_array())
    query: Select[Any] = select(lines.c.line, told, infos, *values.values()).ext(distinct_on(told))
    if naming(staging, reference) is not lines:
        query = query.join(staging.heads, staging.heads.c.line == lines.c.line)
    rows.run(insert(rows.heads).from_select(["line", "said", "infos", *values], query.order_by(told, lines.c.line)))
    rows.analyze()
    return rows


def naming(staging: Staging, reference: str) -> Any:
    """The rows that keep the reference: the documents, or their lines."""
    return staging.lines if staging.field(reference) in staging.table.line_fields else staging.heads


def line_agrees(staging: Staging, rows: Staging, reference: str) -> ColumnElement[bool]:
    """What the line says is what the row is made of."""
    lines, source = staging.lines, naming(staging, reference)
    same = lines.c[brought_column(reference)] == rows.heads.c.said
    return same if source is lines else and_(same, lines.c.line == source.c.line)


def tell_codes_from_names(rows: Staging) -> None:
    """What the reference of an unknown row is: beside a name its code, otherwise the name itself."""
    heads = rows.heads
    named = heads.c.said["named"].as_boolean()
    is_code = and_(named, any_case(heads.c.code) != any_case(heads.c.name))
    name: ColumnElement[Any] = heads.c.name
    if "inn" in heads.c:
        is_code = and_(is_code, heads.c.code != func.coalesce(heads.c.inn, ""))
        name = case((or_(named, not_(name.regexp_match(FIGURES))), name))
    else:  # an article says what an item is called, figures nobody's name
        is_code = or_(is_code, and_(not_(named), heads.c.code.regexp_match(CODE)))
    code = case((is_code, heads.c.code))
    rows.run(update(heads).where(heads.c.target_id.is_(None)).values(code=code, name=name))


def join_new(rows: Staging) -> None:
    """Lines of one new row are one."""
    heads = rows.heads
    key = func.coalesce(identity(rows), func.concat("line ", heads.c.line))
    first = func.min(heads.c.line).over(partition_by=key)
    new = select(heads.c.line, first.label("first")).where(heads.c.target_id.is_(None)).subquery()
    joined: dict[str, Any] = {
        "target_id": -new.c.first,
        "is_new": new.c.line == new.c.first,
        "same_as": func.nullif(new.c.first, new.c.line),
    }
    rows.run(update(heads).where(heads.c.line == new.c.line).values(joined))
    if "inn" in rows.present:
        join_lesser(rows, heads.c.inn, heads.c.kpp.is_not(None))
        join_lesser(rows, NameKey(heads.c.name), heads.c.inn.is_not(None))
    gather_infos(rows)
    rows.run(update(heads).where(not_(heads.c.is_new)).values(infos=null()))


def join_lesser(rows: Staging, key: ColumnElement[Any], full: ColumnElement[bool]) -> None:
    """New rows of which less is said are the one of the same key of which all is said, if there is but one."""
    heads = rows.heads
    new = heads.c.target_id < 0
    told = (
        select(key.label("key"), func.min(heads.c.target_id).label("target"))
        .where(new, full)
        .group_by(key)
        .having(func.count(distinct(heads.c.target_id)) == 1)
        .subquery()
    )
    lesser = and_(new, not_(full), heads.c.code.is_(None), key == told.c.key)
    joined = {"target_id": told.c.target, "is_new": False, "same_as": -told.c.target}
    rows.run(update(heads).where(lesser).values(joined))


def refuse(staging: Staging, rows: Staging, brings: Brings, report: ImportReport) -> None:
    """Report the lines whose row is not clear, or may not be made of what they say."""
    reference, heads = brings.reference, rows.heads
    source = naming(staging, reference)
    word = source.c[reference]
    lines = select(source.c.line, word).where(line_agrees(staging, rows, reference))
    model: Any = rows.table.model
    named = heads.c.said["named"].as_boolean()
    new = heads.c.target_id < 0
    nameless = or_(
        heads.c.name.is_(None),
        and_(not_(named), literal(not staging.asked.make_unknown), word.regexp_match(CODE)),
    )
    what = staging.field(reference).caption

    def unnamed(value: str) -> str:
        return str(
            _("%(what)s “%(value)s” is not known, and the line has no name for a new one.", what=what, value=value)
        )

    def forbidden(value: str) -> str:
        return str(_("%(what)s “%(value)s” is not known, and you may not add any.", what=what, value=value))

    each(staging, report, reference, lines.where(heads.c.target_id == SEVERAL), several_are_called)
    if rows.viewer is not None:
        unseen = lines.where(model.id == heads.c.target_id, rows.unseen(model))
        each(staging, report, reference, unseen, lambda _word: _("Somebody else is responsible for this row."))
    if brings.made:
        each(staging, report, reference, lines.where(new, nameless), unnamed)
    else:
        each(staging, report, reference, lines.where(new), forbidden)
