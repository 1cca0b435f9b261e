"""What happened to a client, a person or a document, of all kinds together, newest first: one statement a page.

Each kind is a branch that reads no more than a page of its own index; the page is the newest of all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from app.domain.viewer import Viewer
from app.domain.words import ChangeKind, ContactState, FeedKind, PartyRole
from app.models.allocations import PaymentAllocation
from app.models.base import Reversible
from app.models.classes import AbcRecord, Hold, StageRecord
from app.models.closing import ClosingReason, OrderClosing, SupplierOrderClosing
from app.models.contacts import Contact
from app.models.corrections import OrderCorrection
from app.models.counterparties import ContactPerson, InformationSource, Note
from app.models.histories import ContactMove, ManagerRecord, OrderMove, SourceRecord
from app.models.journal import Act, RowChange
from app.models.letters import Letter, LetterParty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.papers import Paper
from app.models.supply import Receipt, SupplierOrder, SupplierPayment
from app.models.tasks import Task, TaskMove
from app.models.users import User
from app.models.visibility import seen_by
from app.queries.sql import user_name

PAGE = 20
END = 2**31 - 1  # above any number of a row
RANKS = {kind: place for place, kind in enumerate(FeedKind)}  # of one moment: in the order of the kinds
COLUMNS: dict[str, Any] = {
    "what": String,  # its own kind, state or date, as the base has it
    "way": String,
    "title": String,
    "text": String,
    "who": String,
    "whom": String,
    "was": String,
    "now": String,
    "amount": Numeric(15, 2),
    "minutes": Integer,
    "until": Date,
    "by_hand": Integer,
    "order_id": Integer,
    "order_number": String,
}


class FeedPlace(NamedTuple):
    """Where a page ended: the next one begins after it."""

    at: datetime
    rank: int
    id: int


@dataclass(frozen=True)
class Branch:
    """Where events of a kind are read from; `owners` are the columns that say whose they are."""

    section: str  # whose right to read is asked
    model: Any
    at: Any  # a day or a moment
    owners: Mapping[str, Any]
    told: Mapping[str, Any]
    joins: Sequence[tuple[Any, Any]] = ()
    where: Sequence[ColumnElement[bool]] = field(default=())
    of_owner: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)  # besides, for that owner
    beside: Mapping[FeedKind, ColumnElement[bool]] = field(default_factory=dict)  # besides, where that kind is told too


def text_of(column: Any) -> ColumnElement[str]:
    return cast(column, String)


author, earlier_party = aliased(User), aliased(LetterParty)
RESPONSIBLE, BY = user_name(User), user_name(author)
REVERSED = "reversed"  # the state of a document that counts nowhere
NOW: Any = bindparam("now", type_=DateTime(timezone=True))


OWNED_BY = {BuyerOrder: "order", SupplierOrder: "supplier_order"}


def document(section: str, model: Any, order: Any, **told: Any) -> Branch:
    """A document with a number, a day, a sum and maybe an order; of what is reversed the reason is told."""
    if issubclass(model, Reversible):
        gone = model.reversed_on.is_not(None)
        told |= {
            "now": case((gone, REVERSED)),
            "text": case((gone, model.reversed_because), else_=told.get("text", "")),
        }
    return Branch(
        section=section,
        model=model,
        at=model.date,
        owners={"counterparty": model.counterparty_id, OWNED_BY[order]: model.order_id},
        told={
            "title": model.number,
            "amount": model.amount,
            "order_id": order.id,
            "order_number": order.number,
            **told,
        },
        joins=[(order, order.id == model.order_id)],
    )


def class_moves(record: Any, was: Any, now: Any, held: Any) -> Branch:
    """Of a class or a stage: when it became another one, or was set by hand."""
    return Branch(
        section="Classification",
        model=record,
        at=record.on,
        owners={"counterparty": record.counterparty_id},
        told={
            "was": was,
            "now": now,
            "text": Hold.reason,
            "who": BY,
            "until": record.held_until,
            "by_hand": case((or_(record.run_id.is_(None), record.rule.is_not(None)), 1), else_=0),
        },
        joins=[(Hold, Hold.id == record.hold_id), (author, author.id == Hold.by_id)],
        where=[or_(was.is_distinct_from(now), record.run_id.is_(None), held)],
    )


def stage_text(stage: Any, xyz: Any) -> ColumnElement[str]:
    """Standing.text of the domain."""
    return func.concat_ws(" ", text_of(stage), text_of(xyz))


def by_day(record: Any, named: Any, named_id: Any, name: Any) -> Branch:
    """Who was responsible, or how the client learned of us, from a day on."""
    return Branch(
        section="Counterparties",
        model=record,
        at=record.on,
        owners={"counterparty": record.counterparty_id},
        told={"now": name, "who": BY},
        joins=[(named, named.id == named_id), (author, author.id == record.by_id)],
    )


def closing(section: str, model: Any, order: Any) -> Branch:
    """An order was closed with a reason."""
    return Branch(
        section=section,
        model=model,
        at=model.on,
        owners={OWNED_BY[order]: model.order_id},
        told={"title": ClosingReason.name, "text": model.comment, "who": BY},
        joins=[(ClosingReason, ClosingReason.id == model.reason_id), (author, author.id == model.by_id)],
    )


def move(record: Any, section: str, owners: Mapping[str, Any], **told: Any) -> Branch:
    """A planned time was moved."""
    return Branch(
        section=section,
        model=record,
        at=record.at,
        owners=owners,
        told={"was": text_of(record.was), "now": text_of(record.now), "text": record.reason, "who": BY, **told},
        joins=[(author, author.id == record.by_id)],
    )


# Whose changes a feed tells, by table; the columns that a change gave other values: against the next one, or the row.
CHANGED = {
    "counterparty": "counterparty",
    "person": "contact_person",
    "order": "buyer_order",
    "contact": "contact",
    "task": "task",
}
ROW_OF_NOW = " ".join(
    f"WHEN '{table}' THEN (SELECT to_jsonb(r) FROM {table} r WHERE r.id = journal_change.row_id)"
    for table in CHANGED.values()
)
CHANGED_COLUMNS: ColumnElement[str] = literal_column(
    f"""(SELECT string_agg(e.key, ',') FROM jsonb_each(journal_change.old) e WHERE e.value IS DISTINCT FROM coalesce(
        (SELECT n.old FROM journal_change n WHERE n.table_name = journal_change.table_name
         AND n.row_id = journal_change.row_id AND n.act_id >= journal_change.act_id
         AND n.id > journal_change.id ORDER BY n.act_id, n.id LIMIT 1),
        CASE journal_change.table_name {ROW_OF_NOW} END) -> e.key)"""
)


BRANCHES: dict[FeedKind, Branch] = {
    FeedKind.CONTACT: Branch(
        section="Contacts",
        model=Contact,
        at=Contact.starts_at,
        owners={
            "counterparty": Contact.counterparty_id,
            "person": Contact.person_id,
            "order": Contact.order_id,
            "contact": Contact.basis_id,
        },
        told={
            "what": text_of(Contact.kind),
            "way": text_of(Contact.direction),
            "now": text_of(Contact.state),
            "title": Contact.subject,
            "text": func.left(Contact.text, 400),
            "who": RESPONSIBLE,
            "whom": ContactPerson.last_name + " " + ContactPerson.first_name,
            "minutes": cast(func.extract("epoch", Contact.ends_at - Contact.starts_at) / 60, Integer),
        },
        joins=[(User, User.id == Contact.manager_id), (ContactPerson, ContactPerson.id == Contact.person_id)],
        where=[or_(Contact.state != ContactState.PLANNED, Contact.starts_at <= NOW)],  # what is ahead has not happened
        beside={FeedKind.LETTER: ~exists().where(Letter.contact_id == Contact.id)},
    ),
    FeedKind.LETTER: Branch(
        section="Letters",
        model=LetterParty,
        at=LetterParty.at,
        owners={
            "counterparty": LetterParty.counterparty_id,
            "person": LetterParty.person_id,
            "order": Letter.order_id,
        },
        told={
            "what": text_of(Letter.kind),
            "way": text_of(Letter.direction),
            "now": text_of(Letter.state),
            "title": Letter.subject,
            "text": func.left(Letter.text, 1000),
            "who": Letter.sender,
            "minutes": Letter.file_count,
            "order_id": Letter.id,
        },
        joins=[(Letter, Letter.id == LetterParty.letter_id)],
        of_owner={"order": LetterParty.role == PartyRole.FROM}
        | {
            name: ~exists().where(
                earlier_party.letter_id == LetterParty.letter_id,
                getattr(earlier_party, column) == getattr(LetterParty, column),
                earlier_party.id < LetterParty.id,
            )
            for name, column in (("counterparty", "counterparty_id"), ("person", "person_id"))
        },
    ),
    FeedKind.TASK: Branch(
        section="Tasks",
        model=Task,
        at=Task.due_on,
        owners={
            "counterparty": Task.counterparty_id,
            "order": Task.order_id,
            "supplier_order": Task.supplier_order_id,
            "contact": Task.contact_id,
        },
        told={
            "title": Task.text,
            "text": func.left(Task.result, 400),
            "now": case(
                (Task.cancelled_on.is_not(None), "cancelled"), (Task.done_on.is_not(None), "done"), else_="open"
            ),
            "who": BY,
            "whom": RESPONSIBLE,
            "until": Task.done_on,
        },
        joins=[(User, User.id == Task.executor_id), (author, author.id == Task.author_id)],
    ),
    FeedKind.NOTE: Branch(
        section="Counterparties",
        model=Note,
        at=Note.at,
        owners={"counterparty": Note.counterparty_id},
        told={"text": Note.text, "who": BY},
        joins=[(author, author.id == Note.by_id)],
    ),
    FeedKind.ORDER: Branch(
        section="Orders",
        model=BuyerOrder,
        at=BuyerOrder.date,
        owners={"counterparty": BuyerOrder.counterparty_id, "person": BuyerOrder.person_id},
        told={
            "title": BuyerOrder.number,
            "amount": BuyerOrder.amount + BuyerOrder.corrected_amount,
            "now": text_of(BuyerOrder.status),
            "who": RESPONSIBLE,
        },
        joins=[(User, User.id == BuyerOrder.manager_id)],
    ),
    FeedKind.CORRECTION: Branch(
        section="Orders",
        model=OrderCorrection,
        at=OrderCorrection.date,
        owners={"order": OrderCorrection.order_id},
        told={
            "title": OrderCorrection.number,
            "amount": OrderCorrection.amount,
            "text": OrderCorrection.comment,
            "who": RESPONSIBLE,
        },
        joins=[(User, User.id == OrderCorrection.manager_id)],
    ),
    FeedKind.SHIPMENT: document("Shipments", Shipment, BuyerOrder, what=text_of(Shipment.kind)),
    FeedKind.PAYMENT: document("Payments", Payment, BuyerOrder, text=Payment.purpose),
    FeedKind.SHARE: Branch(
        section="Payments",
        model=PaymentAllocation,
        at=Payment.date,
        owners={"order": PaymentAllocation.order_id},
        told={
            "title": Payment.number,
            "amount": PaymentAllocation.amount,
            "text": Payment.purpose,
            "order_id": Payment.id,  # the card that it leads to
        },
        joins=[(Payment, Payment.id == PaymentAllocation.payment_id)],
    ),
    FeedKind.CLOSING: closing("Orders", OrderClosing, BuyerOrder),
    FeedKind.PAPER: Branch(
        section="Papers",
        model=Paper,
        at=Paper.date,
        owners={"counterparty": Paper.counterparty_id, "order": Paper.order_id},
        told={"title": Paper.title, "amount": Paper.amount, "who": BY},
        joins=[(author, author.id == Paper.made_by_id)],
    ),
    FeedKind.SUPPLIER_ORDER: Branch(
        section="Supplier orders",
        model=SupplierOrder,
        at=SupplierOrder.date,
        owners={"counterparty": SupplierOrder.counterparty_id},
        told={"title": SupplierOrder.number, "amount": SupplierOrder.amount, "who": RESPONSIBLE},
        joins=[(User, User.id == SupplierOrder.manager_id)],
    ),
    FeedKind.RECEIPT: document("Receipts", Receipt, SupplierOrder),
    FeedKind.SUPPLIER_PAYMENT: document(
        "Supplier payments", SupplierPayment, SupplierOrder, text=SupplierPayment.purpose
    ),
    FeedKind.SUPPLIER_CLOSING: closing("Supplier orders", SupplierOrderClosing, SupplierOrder),
    FeedKind.ABC: class_moves(AbcRecord, text_of(AbcRecord.old), text_of(AbcRecord.abc), AbcRecord.rule.is_not(None)),
    FeedKind.STAGE: class_moves(
        StageRecord,
        stage_text(StageRecord.old_stage, StageRecord.old_xyz),
        stage_text(StageRecord.stage, StageRecord.xyz),
        StageRecord.rule.is_not(None),
    ),
    FeedKind.MANAGER: by_day(ManagerRecord, User, ManagerRecord.manager_id, RESPONSIBLE),
    FeedKind.SOURCE: by_day(SourceRecord, InformationSource, SourceRecord.source_id, InformationSource.name),
    FeedKind.ORDER_MOVE: move(OrderMove, "Orders", {"order": OrderMove.order_id}, what=text_of(OrderMove.what)),
    FeedKind.TASK_MOVE: move(TaskMove, "Tasks", {"task": TaskMove.task_id}),
    FeedKind.CONTACT_MOVE: move(ContactMove, "Contacts", {"contact": ContactMove.contact_id}),
    FeedKind.CHANGE: Branch(
        section="Journal",
        model=RowChange,
        at=RowChange.at,
        owners=dict.fromkeys(CHANGED, RowChange.row_id),
        told={"what": RowChange.table_name, "text": CHANGED_COLUMNS, "who": BY},
        joins=[(Act, Act.id == RowChange.act_id), (author, author.id == Act.by_id)],
        where=[RowChange.what == ChangeKind.UPDATE],
        of_owner={owner: RowChange.table_name == table for owner, table in CHANGED.items()},
    ),
}


@lru_cache(maxsize=512)
def feed(owner: str, kinds: tuple[FeedKind, ...], viewer: Viewer | None) -> Select[Any]:
    """The kinds of what belongs to an owner, as the viewer sees them: `at, rank, kind, id` and COLUMNS.

    Made once and kept; whose page it is and where it begins, `feed_values` gives.
    """
    parts = [select(_branch(kind, owner, viewer, kinds)) for kind in kinds]
    every = union_all(*parts).subquery("feed")
    return (
        select(every)
        .order_by(every.c.at.desc(), every.c.rank, every.c.id.desc())
        .limit(PAGE + 1)
        .execution_options(unscoped=True, keeps_plan=True)  # every branch narrows its own rows
    )


def _branch(kind: FeedKind, owner: str, viewer: Viewer | None, kinds: Collection[FeedKind]) -> Any:
    branch = BRANCHES[kind]
    model, at = branch.model, branch.at
    is_moment = isinstance(at.type, DateTime)
    after = tuple_(
        bindparam(f"{kind}_at", type_=at.type), bindparam(f"{kind}_id", type_=Integer), types=[at.type, Integer]
    )
    moment = at if is_moment else func.timezone(ZONE, cast(at, DateTime), type_=DateTime(timezone=True))
    query = select(
        moment.label("at"),
        literal(RANKS[kind]).label("rank"),
        literal(kind.value).label("kind"),
        model.id.label("id"),
        *(cast(branch.told.get(name, null()), column).label(name) for name, column in COLUMNS.items()),
    ).select_from(model)
    for target, condition in branch.joins:
        query = query.outerjoin(target, and_(condition, seen_by(viewer, target)))
    return (
        query.where(
            branch.owners[owner] == bindparam("owner", type_=Integer),
            tuple_(at, model.id) < after,
            seen_by(viewer, model),
            *branch.where,
            branch.of_owner.get(owner, true()),
            *(condition for other, condition in branch.beside.items() if other in kinds),
        )
        .order_by(at.desc(), model.id.desc())
        .limit(PAGE + 1)
        .subquery(kind.value)
    )


ZONE: Any = bindparam("zone", type_=String)


def feed_values(
    owner_id: int, kinds: Sequence[FeedKind], zone: ZoneInfo, now: datetime, after: FeedPlace | None
) -> dict[str, Any]:
    """What `feed` is asked with: days count from midnight in the company's zone."""
    values: dict[str, Any] = {"owner": owner_id, "zone": str(zone), "now": now}
    for kind in kinds:
        is_moment = isinstance(BRANCHES[kind].at.type, DateTime)
        values[f"{kind}_at"], values[f"{kind}_id"] = _bound(RANKS[kind], is_moment, zone, after)
    return values


def _bound(rank: int, is_moment: bool, zone: ZoneInfo, after: FeedPlace | None) -> tuple[date, int]:
    """The first day or moment, and the number, that the next page leaves out."""
    if after is None:
        return (datetime.max.replace(tzinfo=UTC) if is_moment else date.max), END
    of_same = END if rank > after.rank else after.id if rank == after.rank else 0
    if is_moment:
        return after.at, of_same
    local = after.at.astimezone(zone)
    is_midnight = datetime.combine(local.date(), datetime.min.time(), zone) == after.at
    return local.date(), of_same if is_midnight else END
