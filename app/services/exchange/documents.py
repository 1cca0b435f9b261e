"""Documents: their lines, and the sums that are kept with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, delete, func, insert, literal, not_, or_, select, update

from app.domain.words import MovementKind
from app.models.movements import Payment
from app.models.products import Item
from app.queries.sales.vat import rate_on, vat_of
from app.services.exchange.fields import NumberField, ReferenceField, ValueField
from app.services.exchange.saving import RowWriter
from app.services.exchange.staging import Staging
from app.services.sales import posting

SETTLED = 5000  # documents whose buyers are settled together


class PostedWriter(RowWriter):
    """Documents that change what an order is: nobody else posts for these buyers meanwhile."""

    def write(self) -> None:
        self.lock()
        self.remember_orders()
        super().write()
        if not self.report.wrong_count:
            self.settle()

    def order_of(self) -> Any:
        """The order that a written document belongs to."""
        return self.model.order_id

    def lock(self) -> None:
        """Every writer locks the buyers before he writes their orders."""
        heads, model = self.staging.heads, self.model
        named = select(self.staging.named("counterparty"))
        known = select(model.counterparty_id).join(heads, heads.c.target_id == model.id)
        owners = self.staging.session.scalars(named.union(known), execution_options={"unscoped": True})
        posting.lock(self.staging.session, set(owners) - {None})

    def remember_orders(self) -> None:
        """The order that a document belonged to before: it loses something too."""
        heads, model = self.staging.heads, self.model
        known = heads.c.target_id == model.id
        former = {"former_order_id": self.order_of()}
        self.staging.run(update(heads).where(known, not_(heads.c.is_new)).values(former))

    def settle(self) -> None:
        """Let the figures of orders and the allocation of payments follow, a part of the buyers at a time."""
        heads, model, session = self.staging.heads, self.model, self.staging.session
        written = (
            select(model.id, self.order_of().label("order_id"), heads.c.former_order_id)
            .join(heads, heads.c.target_id == model.id)
            .where(or_(heads.c.is_new, heads.c.changed))
            .order_by(model.counterparty_id)  # every writer locks the buyers in this order
        )
        options = {"unscoped": True, "yield_per": SETTLED}
        for some in session.execute(written, execution_options=options).partitions():
            orders = {row.order_id for row in some} | {row.former_order_id for row in some}
            payments = [row.id for row in some] if model is Payment else []
            posting.settle(session, orders=orders - {None}, payments=payments)


class DocumentWriter(PostedWriter):
    """Documents with lines."""

    def write(self) -> None:
        fill_vat(self.staging)
        add_up(self.staging)
        super().write()

    def mark_changed(self) -> None:
        super().mark_changed()
        mark_changed_lines(self.staging)

    def write_parts(self) -> None:
        write_lines(self.staging)

    def follows(self) -> dict[str, ColumnElement[Any]]:
        return super().follows() | {"amount": self.staging.heads.c.amount}


class OrderWriter(DocumentWriter):
    def order_of(self) -> Any:
        return self.model.id

    def remember_orders(self) -> None:
        """An order is always its own."""


class ShipmentWriter(DocumentWriter):
    def follows(self) -> dict[str, ColumnElement[Any]]:
        heads = self.staging.heads
        kind = case((heads.c.returned, MovementKind.RETURN.value), else_=MovementKind.SHIPMENT.value)
        sums = {name: heads.c[name] for name in ("cost_amount", "vat_amount", "quantity")}
        return super().follows() | sums | {"kind": kind}


def line_value(staging: Staging, field: ValueField) -> ColumnElement[Any]:
    value = staging.lines.c[field.id_column if isinstance(field, ReferenceField) else field.name]
    return value if field.default is None else func.coalesce(value, literal(field.default))


def mark_changed_lines(staging: Staging) -> None:
    """A document whose lines are not the same ones in the same order is changed."""
    heads, lines = staging.heads, staging.lines
    model: Any = staging.table.line
    parent: Any = staging.table.parent
    fields = [field for field in staging.table.line_fields if field.name in staging.present]
    said = digest([compared(field, line_value(staging, field)) for field in fields], lines.c.line)
    kept = digest([compared(field, field.attribute) for field in fields], model.position)
    staged = select(lines.c.number, said.label("digest"))
    known = select(parent.label("parent"), kept.label("digest"))
    olds = select(heads.c.target_id).where(not_(heads.c.is_new))
    new = staged.group_by(lines.c.number).subquery()
    old = known.where(parent.in_(olds)).group_by(parent).subquery()
    pairs = (
        select(heads.c.line)
        .join(new, new.c.number == heads.c.number)
        .outerjoin(old, old.c.parent == heads.c.target_id)
        .where(not_(heads.c.is_new), new.c.digest.is_distinct_from(old.c.digest))
    )
    staging.run(update(heads).where(heads.c.line.in_(pairs)).values(changed=True))


def compared(field: ValueField, value: Any) -> Any:
    """The value as one text: 1 and 1.00 are one number."""
    return func.trim_scale(value) if isinstance(field, NumberField) else value


def digest(values: list[Any], order: Any) -> ColumnElement[str]:
    """All lines of a document in one text."""
    parts = [func.coalesce(cast(value, Text), "") for value in values]
    return func.md5(func.string_agg(func.concat_ws(":", *parts), "|").aggregate_order_by(order))


def fill_vat(staging: Staging) -> None:
    """A line that names no rate of VAT has that of its item on the day of the document."""
    lines = staging.lines
    item = lines.c.item__id
    rate = rate_on(Item.vat, lines.c.date)
    staging.run(update(lines).where(lines.c.vat.is_(None), item == Item.id).values(vat=rate))


def add_up(staging: Staging) -> None:
    """The sums of a document are those of its rounded lines."""
    heads, lines = staging.heads, staging.lines
    sums = [func.sum(amount(staging)).label("amount"), func.bool_or(lines.c.quantity < 0).label("returned")]
    if "cost" in lines.c:
        sums.append(func.sum(cost_amount(staging)).label("cost_amount"))
        sums.append(func.sum(vat_of(amount(staging), lines.c.vat)).label("vat_amount"))
        sums.append(func.sum(lines.c.quantity).label("quantity"))
    by_number = select(lines.c.number, *sums).group_by(lines.c.number).subquery()
    values = {sum_.name: by_number.c[sum_.name] for sum_ in sums}
    staging.run(update(heads).where(heads.c.number == by_number.c.number).values(values))


def amount(staging: Staging) -> ColumnElement[Any]:
    lines = staging.lines
    full = lines.c.quantity * lines.c.price
    if "discount" in lines.c:
        full = full * (100 - func.coalesce(lines.c.discount, 0)) / 100
    return func.round(full, 2)


def cost_amount(staging: Staging) -> ColumnElement[Any]:
    return func.round(staging.lines.c.quantity * func.coalesce(staging.lines.c.cost, 0), 2)


def write_lines(staging: Staging) -> None:
    """The lines of a changed document are replaced, all of them."""
    heads, lines = staging.heads, staging.lines
    model: Any = staging.table.line
    parent: Any = staging.table.parent
    table = model.__table__
    changed = select(heads.c.target_id).where(heads.c.changed)
    staging.run(delete(table).where(table.c[parent.key].in_(changed)))
    values: dict[str, ColumnElement[Any]] = {
        parent.key: heads.c.target_id,
        "position": func.row_number().over(partition_by=lines.c.number, order_by=lines.c.line),
        "amount": amount(staging),
    }
    if "cost" in lines.c:
        values["cost_amount"] = cost_amount(staging)
    values |= {field.column: line_value(staging, field) for field in staging.table.line_fields}
    rows = (
        select(*values.values())
        .select_from(lines)
        .join(heads, heads.c.number == lines.c.number)
        .where(or_(heads.c.is_new, heads.c.changed))
        .order_by(lines.c.line)
    )
    staging.run(insert(table).from_select(list(values), rows, include_defaults=False))
