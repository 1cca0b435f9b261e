"""Whatever an ORM session writes of documents is posted before it commits: forms, REST and verbs alike.

Each service declares with `watch` how its documents are watched; the hooks here only follow the declarations.
Bulk writers (imports, the demo company) bypass the ORM and call posting.settle themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models.counterparties import Counterparty
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.queries.sql import one_of
from app.services.purchasing import supply
from app.services.sales import posting

ITSELF = "id"
COUNTERPARTY = "counterparty"  # the owner that is locked
Touched = defaultdict[Any, set[int]]  # what a session wrote and has not posted yet: a model, numbers of its rows


@dataclass(frozen=True)
class Watch:
    matters: tuple[str, ...] | None
    owners: tuple[str, ...]
    touches: tuple[str, ...]
    ties: Mapping[type, tuple[InstrumentedAttribute[int], InstrumentedAttribute[int]]]


WATCHED: dict[type, Watch] = {}


def watch(
    model: type,
    *,
    matters: Iterable[str] | None = None,
    owners: Iterable[str] = (),
    touches: Iterable[str] = (),
    ties: Mapping[type, tuple[InstrumentedAttribute[int], InstrumentedAttribute[int]]] | None = None,
) -> None:
    """Watch a kind of document, or of its lines.

    `matters`: the columns whose change changes figures; None: all of them, as of a line.
    `owners`: the relations that say whose it is. A change of one matters as well, and who owned it is posted too;
    the counterparty among them (else the owners' own) is locked.
    `touches`: what is posted after it was written: ITSELF, or some of the owners.
    `ties`: what is posted when it is deleted: a model, its own number and that model's in the table between them.
    """
    WATCHED[model] = Watch(None if matters is None else tuple(matters), tuple(owners), tuple(touches), ties or {})


def init() -> None:
    """Watch every session of this process."""
    if not event.contains(Session, "before_flush", _before_flush):
        event.listen(Session, "before_flush", _before_flush)
        event.listen(Session, "after_flush", _after_flush)
        event.listen(Session, "before_commit", post)
        event.listen(Session, "after_rollback", _after_rollback)


def post(session: Session) -> None:
    """Make the figures right after what this session wrote so far."""
    session.flush()
    touched: Touched | None = session.info.pop("touched", None)
    if touched is None:
        return
    for model in [model for model in touched if model in WATCHED and ITSELF not in WATCHED[model].touches]:
        of_these = one_of(model.id, touched.pop(model))
        for name in WATCHED[model].touches:
            touched[_target(model, name)] |= _numbers(session, _column(model, name), of_these)
    orders, payments, counterparties = touched[BuyerOrder], touched[Payment], touched[Counterparty]
    if orders or payments or counterparties:
        posting.settle(session, orders=orders, payments=payments, counterparties=counterparties)
    if touched[SupplierOrder]:
        supply.refresh(session, touched[SupplierOrder])


def _written(session: Session) -> Iterator[Any]:
    """The watched rows that are new, deleted, or changed in what matters."""
    for row in [*session.new, *session.dirty, *session.deleted]:
        declared = WATCHED.get(type(row))
        if declared is not None and (row not in session.dirty or _matters(session, row, declared)):
            yield row


def _matters(session: Session, row: Any, declared: Watch) -> bool:
    if declared.matters is None:
        return session.is_modified(row)
    return _changed(row, declared.matters + declared.owners)


def _changed(row: Any, names: tuple[str, ...]) -> bool:
    """A form may set the owner or its number."""
    attrs = inspect(row).attrs
    return any(attrs[name].history.has_changes() for each in names for name in (each, f"{each}_id") if name in attrs)


def _before_flush(session: Session, *_: Any) -> None:
    """Lock whose documents are about to be written; note what a change of owner or a deletion will leave wrong."""
    counterparties: set[int] = set()
    moved: dict[Any, set[int]] = defaultdict(set)
    gone: dict[Any, set[int]] = defaultdict(set)
    for row in _written(session):
        counterparties |= _counterparties(row)
        if row in session.deleted:
            gone[type(row)].add(row.id)
        elif row in session.dirty and _changed(row, WATCHED[type(row)].owners):
            moved[type(row)].add(row.id)
    for model, ids in moved.items():
        for name in WATCHED[model].owners:
            until_now = _numbers(session, _column(model, name), one_of(model.id, ids))
            _touched(session)[_target(model, name)] |= until_now
            if name == COUNTERPARTY:
                counterparties |= until_now
    posting.lock(session, counterparties)
    for model, ids in gone.items():
        for other, (own, others) in WATCHED[model].ties.items():
            _touched(session)[other] |= _numbers(session, others, one_of(own, ids))


def _counterparties(row: Any) -> set[int]:
    """Whose the row is; a line is so through its document."""
    owners = () if row is None else WATCHED[type(row)].owners
    if COUNTERPARTY in owners:
        return _some(row.counterparty.id if row.counterparty else row.counterparty_id)
    return {number for name in owners for number in _counterparties(getattr(row, name))}


def _after_flush(session: Session, *_: Any) -> None:
    for row in _written(session):
        for name in WATCHED[type(row)].touches:
            _touched(session)[_target(type(row), name)] |= _some(getattr(row, _column(type(row), name).key))


def _after_rollback(session: Session) -> None:
    session.info.pop("touched", None)


def _target(model: Any, name: str) -> Any:
    return model if name == ITSELF else inspect(model).relationships[name].mapper.class_


def _column(model: Any, name: str) -> Any:
    return getattr(model, name if name == ITSELF else f"{name}_id")


def _numbers(session: Session, column: Any, condition: Any) -> set[int]:
    """The numbers that the base holds in the column, before the flush."""
    query = select(column).where(condition, column.is_not(None)).execution_options(unscoped=True)
    with session.no_autoflush:
        return set(session.scalars(query))


def _some(number: int | None) -> set[int]:
    return set() if number is None else {number}


def _touched(session: Session) -> Touched:
    touched: Touched = session.info.setdefault("touched", defaultdict(set))
    return touched
