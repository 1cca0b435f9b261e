"""What only the whole file and the base together can tell: references, doubles, contradictions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Date, Subquery, cast, delete, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.services.checks import MOST_GOODS, MOST_MONEY
from app.services.exchange.bringing import recognise
from app.services.exchange.contents import add_up
from app.services.exchange.fields import DayField, ReferenceField
from app.services.exchange.matching import find_targets, number_new
from app.services.exchange.people.choosing import sift
from app.services.exchange.references import resolve
from app.services.exchange.report import ImportReport
from app.services.exchange.sentences import each
from app.services.exchange.staging import Staging

USUAL = date(1990, 1, 1)
AHEAD = timedelta(days=5 * 365 + 1)


def check(staging: Staging, report: ImportReport) -> None:
    """Find what every line speaks of; whatever is wrong goes to the report by its line."""
    if staging.table.line is not None:
        find_contradictions(staging, report)
        gather_heads(staging)
    recognise(staging, report)
    resolve(staging, report)
    if staging.table.line is not None:
        compare_references(staging, report)
        add_up(staging)
        find_too_big(staging, report)
    find_targets(staging, report)
    if staging.table.criteria:
        sift(staging, report)
    number_new(staging, report)
    find_missing(staging, report)
    find_strangers(staging, report)
    warn_of_odd_days(staging, report)
    for rule in staging.table.rules:
        rule(staging, report)


def find_contradictions(staging: Staging, report: ImportReport) -> None:
    """The lines of one document say different things about it; what they name is compared when it is known."""
    lines = staging.lines
    first = first_lines(staging)
    beginning = lines.alias("beginning")
    for field in staging.table.head_fields:
        if field.name == "number" or field.name not in staging.present or isinstance(field, ReferenceField):
            continue
        wrong = (
            select(lines.c.line, beginning.c.line, number_said(lines))
            .join(first, first.c.document == lines.c.document)
            .join(beginning, beginning.c.line == first.c.line)
            .where(lines.c[field.name].is_distinct_from(beginning.c[field.name]))
        )
        each(staging, report, field.name, wrong, contradiction)


def first_lines(staging: Staging) -> Subquery:
    """The number of the first `line` of every `document`."""
    lines = staging.lines
    return select(lines.c.document, func.min(lines.c.line).label("line")).group_by(lines.c.document).subquery()


def number_said(lines: Any) -> ColumnElement[str]:
    return func.coalesce(lines.c.number, "") if "number" in lines.c else literal("")


def contradiction(line: int, number: str) -> str:
    return str(_("Document %(number)s: the value differs from the one in line %(line)s.", number=number, line=line))


def gather_heads(staging: Staging) -> None:
    """One head for every document of the lines.

    A line that names a row in other words than the first one has a head without a document, until both are known.
    """
    lines, heads = staging.lines, staging.heads
    names = ["line", "document", *(field.name for field in staging.table.head_fields)]
    rows = select(*(lines.c[name] for name in names)).ext(distinct_on(lines.c.document))
    ordered = rows.where(lines.c.document.is_not(None)).order_by(lines.c.document, lines.c.line)
    staging.run(insert(heads).from_select(names, ordered))
    named = [field.name for field in references_of_heads(staging)]
    if named:
        names.remove("document")
        others = (
            select(*(lines.c[name] for name in names))
            .join(heads, heads.c.document == lines.c.document)
            .where(or_(*(lines.c[name].is_distinct_from(heads.c[name]) for name in named)))
        )
        staging.run(insert(heads).from_select(names, others))


def references_of_heads(staging: Staging) -> list[ReferenceField]:
    fields = staging.table.head_fields
    return [field for field in fields if isinstance(field, ReferenceField) and field.name in staging.present]


def compare_references(staging: Staging, report: ImportReport) -> None:
    """The lines of one document name one row, in whatever words; who is not known is told of already."""
    heads, lines, first = staging.heads, staging.lines, staging.heads.alias("first")
    for field in references_of_heads(staging):
        known = [or_(side[field.name].is_(None), side[field.id_column].is_not(None)) for side in (heads.c, first.c)]
        wrong = (
            select(heads.c.line, first.c.line, number_said(lines))
            .join(lines, lines.c.line == heads.c.line)
            .join(first, first.c.document == lines.c.document)
            .where(heads.c.document.is_(None), *known)
            .where(heads.c[field.id_column].is_distinct_from(first.c[field.id_column]))
        )
        each(staging, report, field.name, wrong, contradiction)
    staging.run(delete(heads).where(heads.c.document.is_(None)))


def find_too_big(staging: Staging, report: ImportReport) -> None:
    """The base keeps no such sums."""
    heads = staging.heads
    money = (heads.c.amount, heads.c.cost_amount, heads.c.vat_amount)
    sums = [*((each_sum, MOST_MONEY) for each_sum in money), (heads.c.quantity, MOST_GOODS)]
    wrong = select(heads.c.line).where(or_(*(func.abs(each_sum) >= most for each_sum, most in sums)))
    each(staging, report, "quantity", wrong, lambda: _("The document is too big: check its quantities and prices."))


def find_missing(staging: Staging, report: ImportReport) -> None:
    """What a known row may go without in a file, a new one must have."""
    heads = staging.heads
    for field in staging.table.values:
        if field.needed:
            wrong = select(heads.c.line).where(heads.c.is_new, heads.c[field.name].is_(None))
            each(staging, report, field.name, wrong, lambda: _("The value is missing."))


def warn_of_odd_days(staging: Staging, report: ImportReport) -> None:
    """A document of another age is rather a slip of the finger."""
    heads = staging.heads
    for field in staging.table.head_fields:
        if isinstance(field, DayField) and not field.any_day and field.name in staging.present:
            day = cast(heads.c[field.name], Date)
            odd = select(heads.c.line, day).where(or_(day < USUAL, day > staging.today + AHEAD))
            each(staging, report, field.name, odd, odd_day, warning=True)


def odd_day(day: date) -> str:
    return str(_("%(day)s is far from today: is the year right?", day=f"{day:%d.%m.%Y}"))


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
    each(staging, report, staging.known_by, wrong, lambda: _("Somebody else is responsible for this row."))
