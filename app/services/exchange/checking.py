"""What only the whole file and the base together can tell: references, doubles, contradictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, and_, func, insert, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.models.closing import OrderClosing
from app.models.counterparties import ContactPerson, Counterparty
from app.models.movements import ShipmentLine
from app.models.orders import BuyerOrder
from app.models.suppliers import SupplierPrice
from app.services.exchange.fields import Field, Type
from app.services.exchange.matching import find_targets, folded
from app.services.exchange.report import KEPT, Report
from app.services.exchange.stage import Stage, id_of


def check(stage: Stage, report: Report) -> None:
    """Find what every line speaks of; whatever is wrong goes to the report by its line."""
    if stage.kind.line is not None:
        find_contradictions(stage, report)
        gather_heads(stage)
    elif stage.kind.unique:
        find_doubles(stage, report)
    resolve(stage, report)
    find_targets(stage)
    find_strangers(stage, report)
    for rule in RULES:
        rule(stage, report)


def each(stage: Stage, report: Report, field: str, wrong: Select[Any], sentence: Callable[..., Any]) -> None:
    """Report the lines that the query gives (line, then what the sentence needs), the first of them by name."""
    subquery = wrong.subquery()
    count = stage.run(select(func.count()).select_from(subquery)).scalar_one()
    rows = stage.run(select(subquery).order_by(subquery.c[0]).limit(KEPT)).all()
    for row in rows:
        report.error(row[0], field, sentence(*row[1:]))
    report.wrong_count += count - len(rows)


def find_doubles(stage: Stage, report: Report) -> None:
    """A row named twice in one file."""
    heads = stage.heads
    key = [heads.c[name] for name in stage.kind.key]
    first = func.min(heads.c.line).over(partition_by=key)
    lines = select(heads.c.line, func.concat_ws(", ", *key).label("key"), first.label("first")).subquery()
    each(
        stage,
        report,
        stage.kind.key[0],
        select(lines).where(lines.c.line > lines.c.first),
        lambda value, line: _("“%(value)s” is already in line %(line)s.", value=value, line=line),
    )


def find_contradictions(stage: Stage, report: Report) -> None:
    """The lines of one document say different things about it."""
    lines, (number,) = stage.lines, stage.kind.key
    first = select(lines.c[number], func.min(lines.c.line).label("line")).group_by(lines.c[number]).subquery()
    beginning = lines.alias("beginning")
    for field in stage.kind.head_fields:
        if field.name == number or field.name not in stage.present:
            continue
        wrong = (
            select(lines.c.line, beginning.c.line, lines.c[number])
            .join(first, first.c[number] == lines.c[number])
            .join(beginning, beginning.c.line == first.c.line)
            .where(lines.c[field.name].is_distinct_from(beginning.c[field.name]))
        )
        each(stage, report, field.name, wrong, contradiction)


def contradiction(line: int, number: str) -> str:
    return str(_("Document %(number)s: the value differs from the one in line %(line)s.", number=number, line=line))


def gather_heads(stage: Stage) -> None:
    """One head for every document of the lines."""
    lines, heads, (number,) = stage.lines, stage.heads, stage.kind.key
    names = ["line", *(field.name for field in stage.kind.head_fields)]
    rows = select(*(lines.c[name] for name in names)).distinct(lines.c[number]).order_by(lines.c[number], lines.c.line)
    stage.run(insert(heads).from_select(names, rows))


def resolve(stage: Stage, report: Report) -> None:
    """Find the row that every reference names, among those that whoever imports may see."""
    tables = [(stage.heads, stage.kind.head_fields)]
    if stage.kind.line is not None:
        tables.append((stage.lines, stage.kind.line_fields))
    for table, fields in tables:
        references = [f for f in fields if f.type is Type.REFERENCE and f.name in stage.present]
        for field in references:
            if field.made:
                make_missing(stage, table, field)
        # Persons are looked for among those of the counterparty, which must be known by then.
        for group in (
            [field for field in references if not is_person(field)],
            [field for field in references if is_person(field)],
        ):
            if group:
                stage.run(update(table).values({id_of(field): found(stage, table, field) for field in group}))
        for field in references:
            missing = select(table.c.line, table.c[field.name]).where(
                table.c[field.name].is_not(None), table.c[id_of(field)].is_(None)
            )
            each(stage, report, field.name, missing, unknown(field))


def is_person(field: Field) -> bool:
    return field.key is ContactPerson.name_sort


def found(stage: Stage, table: Any, field: Field) -> Any:
    """The id of the row that the reference names."""
    assert field.key is not None
    model = field.key.class_
    value = table.c[field.name]
    query = select(func.min(model.id)).where(stage.seen(model))
    if is_person(field):
        same = and_(
            ContactPerson.name_sort == folded(value), ContactPerson.counterparty_id == table.c["counterparty__id"]
        )
        return query.where(same).scalar_subquery()
    return query.where(field.key == value).scalar_subquery()


def make_missing(stage: Stage, table: Any, field: Field) -> None:
    """The catalogue takes every name it does not know yet."""
    assert field.key is not None
    value = table.c[field.name]
    names = select(value).where(value.is_not(None), value.not_in(select(field.key))).distinct()
    catalogue = field.key.class_.__table__
    stage.run(upsert(catalogue).from_select([field.key.key], names).on_conflict_do_nothing())


def unknown(field: Field) -> Callable[[str], Any]:
    if field.name == "manager":
        return lambda value: _("There is no user with the login “%(value)s”.", value=value)
    return lambda value: _("%(what)s “%(value)s” is not known.", what=field.caption, value=value)


def find_strangers(stage: Stage, report: Report) -> None:
    """A row that exists but is not for the eyes of whoever imports is not his to change."""
    if stage.viewer is None:
        return
    heads = stage.heads
    model: Any = stage.kind.model
    wrong = (
        select(heads.c.line)
        .join(model, model.id == heads.c.target_id)
        .where(heads.c.is_new.is_(False), stage.unseen(model))
    )
    each(stage, report, stage.kind.key[0], wrong, lambda: _("Somebody else is responsible for this row."))


def find_backward_times(stage: Stage, report: Report) -> None:
    if "ends_at" not in stage.present:
        return
    heads = stage.heads
    wrong = select(heads.c.line).where(heads.c.ends_at < heads.c.starts_at)
    each(stage, report, "ends_at", wrong, lambda: _("The end is before the start."))


def find_orders_of_others(stage: Stage, report: Report) -> None:
    """The order of a shipment or payment must be its own counterparty's."""
    if not {"order", "counterparty"} <= stage.present:
        return
    heads = stage.heads
    wrong = (
        select(heads.c.line, heads.c.order)
        .join(BuyerOrder, BuyerOrder.id == heads.c["order__id"])
        .where(BuyerOrder.counterparty_id != heads.c["counterparty__id"])
    )
    each(
        stage,
        report,
        "order",
        wrong,
        lambda order: _("Order %(order)s is of another counterparty.", order=order),
    )


def find_mixed_signs(stage: Stage, report: Report) -> None:
    """A document is a shipment or a return, never both."""
    if stage.kind.line is not ShipmentLine:
        return
    lines = stage.lines
    first = func.first_value(lines.c.line).over(partition_by=lines.c.number, order_by=lines.c.line)
    sign = func.first_value(lines.c.quantity).over(partition_by=lines.c.number, order_by=lines.c.line)
    signs = select(lines.c.line, first.label("first"), lines.c.quantity, sign.label("sign")).subquery()
    opposite = or_(and_(signs.c.quantity > 0, signs.c.sign < 0), and_(signs.c.quantity < 0, signs.c.sign > 0))
    each(
        stage,
        report,
        "quantity",
        select(signs.c.line, signs.c.first).where(opposite),
        lambda line: _("A document cannot both ship and take back: the sign differs from line %(line)s.", line=line),
    )


def find_no_suppliers(stage: Stage, report: Report) -> None:
    """Only a supplier has prices."""
    if stage.kind.model is not SupplierPrice:
        return
    heads = stage.heads
    wrong = (
        select(heads.c.line, heads.c.supplier)
        .join(Counterparty, Counterparty.id == heads.c["supplier__id"])
        .where(not_(Counterparty.is_supplier))
    )
    each(stage, report, "supplier", wrong, lambda code: _("Counterparty %(code)s is not a supplier.", code=code))


def find_early_closings(stage: Stage, report: Report) -> None:
    """An order is not closed before its day."""
    if stage.kind.model is not OrderClosing:
        return
    heads = stage.heads
    on = func.coalesce(heads.c.date, stage.today)
    wrong = (
        select(heads.c.line, heads.c.order)
        .join(BuyerOrder, BuyerOrder.id == heads.c["order__id"])
        .where(heads.c.is_new, BuyerOrder.date > on)
    )
    name = "date" if "date" in stage.present else "order"
    each(stage, report, name, wrong, lambda number: _("Order %(number)s is later than the closing.", number=number))


RULES = (find_no_suppliers, find_backward_times, find_orders_of_others, find_mixed_signs, find_early_closings)
