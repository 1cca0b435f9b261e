"""From the checked stage into the base, a few statements for any number of rows."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, case, func, insert, literal, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.domain.words import ContactState
from app.models.closing import OrderClosing
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.suppliers import SupplierItem
from app.services import posting
from app.services.exchange import closings, documents
from app.services.exchange.checking import each
from app.services.exchange.fields import Field, Type
from app.services.exchange.infos import save_infos
from app.services.exchange.report import Report
from app.services.exchange.stage import Stage, id_of

POSTED = (BuyerOrder, Shipment, Payment)
SETTLED = 5000  # documents whose buyers are settled together


def save(stage: Stage, report: Report) -> None:
    """Write what is new or changed and count it."""
    if stage.kind.model is OrderClosing:
        closings.close(stage, report)
        stage.session.expire_all()
        return
    is_document = stage.kind.line is not None
    if stage.kind.model in POSTED:
        lock(stage)
    if is_document:
        documents.add_up(stage)
    remember_orders(stage)
    mark_changed(stage)
    if is_document:
        documents.mark_changed_lines(stage)
    write_heads(stage)
    if is_document:
        documents.write_lines(stage)
    if any(field.type is Type.INFO for field in stage.kind.fields):
        save_infos(stage)
    if "supplier_code" in stage.present:
        save_supplier_codes(stage)
    refuse_vanished(stage, report)
    count(stage, report)
    if stage.kind.model in POSTED and not report.wrong_count:
        settle(stage)
    stage.session.expire_all()


def value_of(stage: Stage, field: Field) -> ColumnElement[Any]:
    """What the file says, or what an empty cell of a new row means."""
    if field.type is Type.REFERENCE:
        found = stage.heads.c[id_of(field)]
        mine = field.name == "manager" and stage.kind.model is Counterparty and stage.owner
        return func.coalesce(found, stage.owner) if mine else found
    value = stage.heads.c[field.name]
    if field.name == "registered_on":
        return func.coalesce(value, stage.today)
    if stage.kind.model is Contact and field.name == "state":
        coming = stage.heads.c.starts_at > stage.now
        return func.coalesce(value, case((coming, ContactState.PLANNED.value), else_=ContactState.DONE.value))
    if stage.kind.model is Contact and field.name == "ends_at":
        return func.coalesce(value, stage.heads.c.starts_at)
    return value if field.default is None else func.coalesce(value, literal(field.default))


def updates(stage: Stage) -> dict[str, tuple[Any, ColumnElement[Any]]]:
    """For every column that the file speaks of: the known value and the one to be."""
    found: dict[str, tuple[Any, ColumnElement[Any]]] = {}
    for field in stage.kind.head_fields:
        if not field.is_own or field.name not in stage.present:
            continue
        value = value_of(stage, field)
        if field.keeps:
            value = func.coalesce(stage.heads.c[field.name], field.attribute)
        found[field.column] = (field.attribute, value)
    return found


def mark_changed(stage: Stage) -> None:
    heads = stage.heads
    model: Any = stage.kind.model
    different = [known.is_distinct_from(value) for known, value in updates(stage).values()]
    stage.run(
        update(heads)
        .where(heads.c.target_id == model.id, heads.c.is_new.is_(False), or_(*different))
        .values(changed=True)
    )


def write_heads(stage: Stage) -> None:
    heads = stage.heads
    table: Any = stage.kind.model.__table__
    follows = documents.head_sums(stage) | {name: literal(value) for name, value in stage.kind.fixed}
    values = {name: value for name, (_known, value) in updates(stage).items()} | follows
    if "version" in table.c:
        values["version"] = table.c.version + 1
    stage.run(update(table).where(table.c.id == heads.c.target_id, heads.c.changed).values(values))
    fresh = {f.column: value_of(stage, f) for f in stage.kind.head_fields if f.is_own} | follows
    rows = select(heads.c.target_id, *fresh.values()).where(heads.c.is_new).order_by(heads.c.line)
    stage.run(insert(table).from_select(["id", *fresh], rows, include_defaults=False))


def save_supplier_codes(stage: Stage) -> None:
    """What the supplier calls the item; of several prices the last line says it."""
    heads = stage.heads
    rows = (
        select(heads.c.supplier__id, heads.c.item__id, heads.c.supplier_code)
        .where(heads.c.supplier_code.is_not(None))
        .distinct(heads.c.supplier__id, heads.c.item__id)
        .order_by(heads.c.supplier__id, heads.c.item__id, heads.c.line.desc())
    )
    table: Any = SupplierItem.__table__
    add = upsert(table).from_select(["counterparty_id", "item_id", "code"], rows, include_defaults=False)
    written = add.on_conflict_do_update(
        index_elements=["counterparty_id", "item_id"],
        set_={"code": add.excluded.code},
        where=table.c.code != add.excluded.code,
    ).returning(table.c.counterparty_id, table.c.item_id)
    pairs = written.cte("written")
    same = (heads.c.supplier__id == pairs.c.counterparty_id) & (heads.c.item__id == pairs.c.item_id)
    stage.run(update(heads).where(same, not_(heads.c.is_new)).values(changed=True))


def refuse_vanished(stage: Stage, report: Report) -> None:
    """Nobody gives a row away so that he does not see it himself any more."""
    if stage.viewer is None:
        return
    heads = stage.heads
    model: Any = stage.kind.model
    written = or_(heads.c.is_new, heads.c.changed)
    wrong = select(heads.c.line).join(model, model.id == heads.c.target_id).where(written, stage.unseen(model))
    name = "manager" if stage.kind.field("manager") else stage.kind.key[0]
    each(
        stage,
        report,
        name,
        wrong,
        lambda: _("You would not see this row yourself: somebody else would be responsible."),
    )


def count(stage: Stage, report: Report) -> None:
    heads = stage.heads
    of_new = func.count().filter(heads.c.is_new)
    of_changed = func.count().filter(heads.c.changed)
    row = stage.run(
        select(of_new.label("new"), of_changed.label("changed"), func.count().label("total")).select_from(heads)
    ).one()
    report.created, report.updated, report.skipped = row.new, row.changed, row.total - row.new - row.changed


def remember_orders(stage: Stage) -> None:
    """The order that a shipment or payment belonged to before: it loses something too."""
    if stage.kind.field("order") is None:
        return
    heads = stage.heads
    model: Any = stage.kind.model
    stage.run(
        update(heads).where(heads.c.target_id == model.id, not_(heads.c.is_new)).values(former_order_id=model.order_id)
    )


def lock(stage: Stage) -> None:
    """Nobody else posts documents of these buyers meanwhile; every writer locks them before he writes their orders."""
    heads = stage.heads
    model: Any = stage.kind.model
    field = stage.kind.field("counterparty")
    assert field is not None
    named = select(heads.c[id_of(field)])
    known = select(model.counterparty_id).join(heads, heads.c.target_id == model.id)
    owners = stage.session.scalars(named.union(known), execution_options={"unscoped": True})
    posting.lock(stage.session, set(owners) - {None})


def settle(stage: Stage) -> None:
    """Let the figures of orders and the allocation of payments follow, a part of the buyers at a time."""
    heads = stage.heads
    model: Any = stage.kind.model
    mine = model.id if model is BuyerOrder else model.order_id
    written = (
        select(model.id, mine.label("order_id"), heads.c.former_order_id)
        .join(heads, heads.c.target_id == model.id)
        .where(or_(heads.c.is_new, heads.c.changed))
        .order_by(model.counterparty_id)  # every writer locks the buyers in this order
    )
    options = {"unscoped": True, "yield_per": SETTLED}
    for some in stage.session.execute(written, execution_options=options).partitions():
        orders = {row.order_id for row in some} | {row.former_order_id for row in some}
        payments = [row.id for row in some] if model is Payment else []
        posting.settle(stage.session, orders=orders - {None}, payments=payments)
