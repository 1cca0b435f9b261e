"""Documents: their lines, and the sums that are kept with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    update,
)

from app.domain.words import MovementKind
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.queries.sales.orders import goods_of_orders
from app.services.checks import closed_order
from app.services.exchange.contents import add_up, amount, compared, cost_amount, digest, line_value, vat
from app.services.exchange.fields import ValueField
from app.services.exchange.report import ImportReport
from app.services.exchange.rules import warn_of_early, warn_of_quantities
from app.services.exchange.saving import RowWriter
from app.services.exchange.sentences import each
from app.services.exchange.staging import Staging
from app.services.purchasing import supply
from app.services.sales import posting
from app.services.sales.orders import more_is_shipped

SETTLED = 5000  # documents whose buyers are settled together


class PostedWriter(RowWriter):
    """Documents that change what an order is: nobody else posts for these buyers meanwhile."""

    def write(self) -> None:
        self.lock()
        self.remember_orders()
        super().write()
        if not self.report.wrong_count:
            self.settle()

    def spare(self) -> None:
        """A reversed document stays what it was."""
        heads, model = self.staging.heads, self.model
        reversed_ = and_(heads.c.target_id == model.id, not_(model.stands()))
        self.staging.run(update(heads).where(heads.c.changed, reversed_).values(changed=False))

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

    def written(self) -> Select[Any]:
        """(id, order_id, former_order_id) of what was written."""
        heads, model = self.staging.heads, self.model
        return (
            select(model.id, self.order_of().label("order_id"), heads.c.former_order_id)
            .join(heads, heads.c.target_id == model.id)
            .where(or_(heads.c.is_new, heads.c.changed))
        )

    def settle(self) -> None:
        """Let the figures of orders and the allocation of payments follow, a part of the buyers at a time."""
        model, session = self.model, self.staging.session
        written = self.written().order_by(model.counterparty_id)  # every writer locks the buyers in this order
        options = {"unscoped": True, "yield_per": SETTLED}
        for some in session.execute(written, execution_options=options).partitions():
            orders = {row.order_id for row in some} | {row.former_order_id for row in some}
            payments = [row.id for row in some] if model is Payment else []
            posting.settle(session, orders=orders - {None}, payments=payments)


class DocumentWriter(PostedWriter):
    """Documents with lines."""

    def mark_changed(self) -> None:
        heads = self.staging.heads
        some_known = self.staging.run(select(select(heads).where(not_(heads.c.is_new)).exists())).scalar()
        if some_known:
            keep_known(self.staging)
            add_up(self.staging)
        super().mark_changed()
        if some_known:
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

    def spare(self) -> None:
        """No order is reversed."""

    def write_heads(self) -> None:
        refuse_closed(self.staging, self.report)
        super().write_heads()


class BuyerOrderWriter(OrderWriter):
    def write_heads(self) -> None:
        refuse_less_than_shipped(self.staging, self.report)
        super().write_heads()


class PaymentWriter(PostedWriter):
    """Payments of buyers: what somebody laid on orders by hand was meant for the order that the payment had."""

    def write_heads(self) -> None:
        super().write_heads()
        heads = self.staging.heads
        moved = Payment.order_id.is_distinct_from(heads.c.former_order_id)
        mine = and_(heads.c.target_id == Payment.id, heads.c.changed)
        self.staging.run(update(Payment).where(mine, Payment.by_hand, moved).values(by_hand=False))


class SupplierPostedWriter(PostedWriter):
    """Documents by orders to suppliers: no buyer is asked to wait, the orders are locked when they are refreshed."""

    def lock(self) -> None:
        """No figure of a buyer changes."""

    def settle(self) -> None:
        rows = self.staging.run(self.written()).all()
        orders = {row.order_id for row in rows} | {row.former_order_id for row in rows}
        supply.refresh(self.staging.session, orders - {None})


class SupplierOrderWriter(SupplierPostedWriter, OrderWriter):
    """Orders to suppliers."""

    def lock(self) -> None:
        """Whoever writes orders locks them first, in the order of their numbers."""
        heads = self.staging.heads
        known = select(heads.c.target_id).where(not_(heads.c.is_new))
        supply.lock(self.staging.session, self.staging.run(known).scalars())


class ShipmentWriter(DocumentWriter):
    warned_of_closed = False  # else refused

    def write_parts(self) -> None:
        super().write_parts()
        find_shipped_by_closed(self.staging, self.report, warning=self.warned_of_closed)
        warn_of_quantities(self.staging, self.report)
        warn_of_early(self.staging, self.report)

    def follows(self) -> dict[str, ColumnElement[Any]]:
        heads = self.staging.heads
        kind = case((heads.c.returned, MovementKind.RETURN.value), else_=MovementKind.SHIPMENT.value)
        sums = {name: heads.c[name] for name in ("cost_amount", "vat_amount", "quantity")}
        return super().follows() | sums | {"kind": kind}


def refuse_closed(staging: Staging, report: ImportReport) -> None:
    """A closed order stays as it is: for when it is locked, and known what the file changes."""
    heads, order = staging.heads, staging.table.model
    closed = select(heads.c.line).join(order, order.id == heads.c.target_id)
    wrong = closed.where(heads.c.changed, order.closed_on.is_not(None))
    each(staging, report, staging.known_by, wrong, closed_order)


def refuse_less_than_shipped(staging: Staging, report: ImportReport) -> None:
    """What app.services.sales.orders says of an order that plans less of an item than before: not less than is gone."""
    heads, lines = staging.heads, staging.lines
    of_known = staging.run(select(heads.c.target_id).where(heads.c.changed)).scalars().all()
    goods = goods_of_orders(of_known)
    new = (
        select(
            heads.c.target_id.label("order_id"),
            lines.c.item__id.label("item_id"),
            func.sum(lines.c.quantity).label("quantity"),
            func.min(lines.c.line).label("line"),
        )
        .join(lines, lines.c.document == heads.c.document)
        .where(heads.c.changed)
        .group_by(heads.c.target_id, lines.c.item__id)
        .subquery()
    )
    same = and_(new.c.order_id == goods.c.order_id, new.c.item_id == goods.c.item_id)
    will = func.coalesce(new.c.quantity, 0)
    less = and_(will < goods.c.ordered, goods.c.planned - goods.c.ordered + will < goods.c.shipped - goods.c.returned)
    wrong: Any = (
        select(func.coalesce(new.c.line, heads.c.line), Item.name)
        .select_from(heads)
        .join(goods, goods.c.order_id == heads.c.target_id)
        .join(Item, Item.id == goods.c.item_id)
        .outerjoin(new, same)
        .where(less)
    )
    each(staging, report, "quantity", wrong, more_is_shipped)


def find_shipped_by_closed(staging: Staging, report: ImportReport, *, warning: bool) -> None:
    """Nothing more is shipped by a closed order; goods may come back. For when the documents are written."""
    heads = staging.heads
    wrong = (
        select(heads.c.line)
        .join(Shipment, Shipment.id == heads.c.target_id)
        .join(BuyerOrder, or_(BuyerOrder.id == Shipment.order_id, BuyerOrder.id == heads.c.former_order_id))
        .where(or_(heads.c.is_new, heads.c.changed), not_(heads.c.returned), BuyerOrder.closed_on.is_not(None))
        .distinct()
    )
    at = "order" if "order" in staging.present else staging.known_by
    each(staging, report, at, wrong, closed_order, warning=warning)


def of_line(staging: Staging, field: ValueField) -> ColumnElement[Any]:
    """What a line says, beside its item."""
    return vat(staging) if field.name == "vat" else line_value(staging, field)


def keep_known(staging: Staging) -> None:
    """An empty cell of a line leaves what the line of the same place and item has."""
    heads, lines = staging.heads, staging.lines
    model: Any = staging.table.line
    kept = [f for f in staging.table.line_fields if not f.required and f.name not in staging.asked.clear]
    place = func.row_number().over(partition_by=lines.c.document, order_by=lines.c.line).label("place")
    known = and_(heads.c.document == lines.c.document, heads.c.target_id > 0)
    row: ColumnElement[Any] = literal_column(f"{lines.name}.ctid")  # else each line is looked for among all of the file
    said = (
        select(lines.c.line, row.label("row"), place, heads.c.target_id, lines.c.item__id).join(heads, known).subquery()
    )
    same = [
        lines.c.line == said.c.line,
        row == said.c.row,
        staging.table.parent == said.c.target_id,
        model.position == said.c.place,
        model.item_id == said.c.item__id,
        or_(*(lines.c[field.name].is_(None) & field.attribute.is_not(None) for field in kept)),
    ]
    values = {field.name: func.coalesce(lines.c[field.name], field.attribute) for field in kept}
    staging.run(update(lines).where(*same).values(values))


def mark_changed_lines(staging: Staging) -> None:
    """A document whose lines are not the same ones in the same order is changed."""
    heads, lines = staging.heads, staging.lines
    model: Any = staging.table.line
    parent: Any = staging.table.parent
    fields = staging.table.line_fields
    said = digest([compared(field, of_line(staging, field)) for field in fields], lines.c.line)
    kept = digest([compared(field, field.attribute) for field in fields], model.position)
    staged = select(lines.c.document, said.label("digest")).join(Item, Item.id == lines.c.item__id)
    known = select(parent.label("parent"), kept.label("digest"))
    olds = select(heads.c.target_id).where(not_(heads.c.is_new))
    new = staged.group_by(lines.c.document).subquery()
    old = known.where(parent.in_(olds)).group_by(parent).subquery()
    pairs = (
        select(heads.c.line)
        .join(new, new.c.document == heads.c.document)
        .outerjoin(old, old.c.parent == heads.c.target_id)
        .where(not_(heads.c.is_new), new.c.digest.is_distinct_from(old.c.digest))
    )
    staging.run(update(heads).where(heads.c.line.in_(pairs)).values(changed=True))


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
        "position": func.row_number().over(partition_by=lines.c.document, order_by=lines.c.line),
        "amount": amount(staging),
    }
    if "cost" in lines.c:
        values["cost_amount"] = cost_amount(staging)
    values |= {field.column: of_line(staging, field) for field in staging.table.line_fields}
    rows = (
        select(*values.values())
        .select_from(lines)
        .join(heads, heads.c.document == lines.c.document)
        .join(Item, Item.id == lines.c.item__id)
        .where(or_(heads.c.is_new, heads.c.changed))
        .order_by(lines.c.line)
    )
    staging.run(insert(table).from_select(list(values), rows, include_defaults=False))
