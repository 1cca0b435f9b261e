"""The events of users' calendars: one statement whose every branch is read in the order of an index and cut."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    ColumnClause,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    ScalarSelect,
    Select,
    String,
    TableValuedAlias,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import aliased, joinedload

from app.domain.calendar import DIRECTIONS, RANKS, WEIGHTS, EventKind, Window, day_in, midnight
from app.domain.periods import DAY, Period
from app.domain.words import ContactKind, ContactState, Direction, Importance, TaskState
from app.models.contacts import Contact, ContactParticipant
from app.models.counterparties import ContactPerson, Counterparty, CounterpartyName
from app.models.deals import ExpectedDeal
from app.models.histories import ContactMove
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder, SupplierOrderLine
from app.models.tasks import Task, TaskMove
from app.models.users import User
from app.queries.rights import users_who_may
from app.queries.search import begins
from app.queries.sql import literal_number, numbers, one_of

COUNT_CAP = 1000


def _named(*columns: Any) -> dict[str, Any]:
    return {column.key: column for column in columns}


def _first_of(of: Any, number: Any, was: Any) -> ScalarSelect[Any]:
    """What was planned before the first move."""
    return select(was).where(of == number).order_by(of.table.c.id).limit(1).scalar_subquery()


CONTACT_MOVES, TASK_MOVES = ContactMove.__table__.c, TaskMove.__table__.c
TOLD: dict[Any, dict[str, Any]] = {  # the columns that are told of a row: each that is read costs
    Contact: {
        **_named(Contact.counterparty_id, Contact.prospect, Contact.kind, Contact.direction, Contact.importance),
        **_named(Contact.subject, Contact.text, Contact.starts_at, Contact.ends_at, Contact.version),
        "state": cast(Contact.state, String),
        "was_at": _first_of(CONTACT_MOVES.contact_id, Contact.id, CONTACT_MOVES.was_at),
    },
    Task: {
        **_named(Task.counterparty_id, Task.text, Task.importance, Task.result, Task.version),
        "state": case(
            (Task.cancelled_on.is_not(None), TaskState.CANCELLED.value),
            (Task.done_on.is_not(None), TaskState.DONE.value),
            else_=TaskState.OPEN.value,
        ),
        "was_on": _first_of(TASK_MOVES.task_id, Task.id, TASK_MOVES.was_on),
    },
    BuyerOrder: {
        **_named(BuyerOrder.number, BuyerOrder.counterparty_id, BuyerOrder.comment, BuyerOrder.version),
        **_named(BuyerOrder.first_ship_on, BuyerOrder.first_pay_by, BuyerOrder.quantity, BuyerOrder.rest_quantity),
        **_named(BuyerOrder.rest_amount, BuyerOrder.due_amount, BuyerOrder.unpaid_amount),
    },
    ExpectedDeal: {
        **_named(ExpectedDeal.counterparty_id, ExpectedDeal.prospect, ExpectedDeal.subject, ExpectedDeal.comment),
        **_named(ExpectedDeal.amount, ExpectedDeal.probability, ExpectedDeal.version),
    },
}
# Written into the statement: a plan that is kept uses an index of open rows only where it sees what open means.
PLANNED: Any = literal_column(f"'{ContactState.PLANNED}'")
NONE_LEFT = literal_number(0)
KEPT = 64  # statements of those who look again and again: putting one together costs a fifth of a page
FEW = 20  # users whose indexes are read one by one; of more, one index of everybody is


@dataclass(frozen=True)
class EventChoice:
    """Which events; `owners` None: everybody's. A choice that a kind of event does not know leaves the kind out."""

    kinds: frozenset[EventKind]
    owners: tuple[int, ...] | None
    counterparty_id: int | None = None
    person_id: int | None = None
    importance: Importance | None = None
    direction: Direction | None = None
    contact_kind: ContactKind | None = None
    number: str = ""
    own: tuple[tuple[type, ColumnElement[bool]], ...] = ()  # of own fields, each of the rows of one model
    but: frozenset[str] = frozenset()  # names of those above of which everything else is asked for

    @property
    def keeps_plan(self) -> bool:
        """One user's events, or everybody's, and nothing else is asked: an index has them in order, whosesoever."""
        is_one = self.owners is None or len(self.owners) == 1
        return is_one and replace(self, kinds=frozenset(), owners=None) == EventChoice(frozenset(), None)


Counted = tuple[tuple[str, tuple[EventChoice, Window]], ...]  # under its name each, how many there are of what


@dataclass(frozen=True)
class EventKey:
    """The place of an event; one without a day stands after all that have one."""

    at: datetime | None
    rank: int
    id: int


@dataclass(frozen=True)
class EventBranch:
    """One kind of event: whose row it is, by which column it is due, and when there is still something to do."""

    kind: EventKind
    model: Any
    when: Any
    is_open: tuple[ColumnElement[bool], ...]

    @property
    def owner(self) -> Any:
        """Whose calendar it stands in."""
        return self.model.executor_id if self.kind is EventKind.TASK else self.model.manager_id

    @property
    def rank(self) -> int:
        return RANKS[self.kind]

    @property
    def is_timed(self) -> bool:
        return self.kind is EventKind.CONTACT

    def at(self, zone: ZoneInfo) -> Any:
        """What is due on a day stands at its midnight."""
        return self.when if self.is_timed else func.timezone(str(zone), cast(self.when, TIMESTAMP))

    @property
    def weight(self) -> ColumnElement[int]:
        """By importance, the highest first; what has none is as the usual."""
        if not hasattr(self.model, "importance"):
            return literal(WEIGHTS[Importance.NORMAL])
        return case(WEIGHTS, value=self.model.importance)


BRANCHES = (
    EventBranch(EventKind.CONTACT, Contact, Contact.starts_at, (Contact.state == PLANNED,)),
    EventBranch(EventKind.TASK, Task, Task.due_on, (Task.to_be_done(),)),
    EventBranch(
        EventKind.SHIPMENT,
        BuyerOrder,
        BuyerOrder.ship_on,
        (BuyerOrder.closed_on.is_(None), BuyerOrder.rest_quantity > NONE_LEFT),
    ),
    EventBranch(
        EventKind.PAYMENT,
        BuyerOrder,
        BuyerOrder.pay_by,
        (BuyerOrder.closed_on.is_(None), BuyerOrder.unpaid_amount > NONE_LEFT),
    ),
    EventBranch(
        EventKind.DEBT,
        BuyerOrder,
        BuyerOrder.pay_by,
        (BuyerOrder.closed_on.is_not(None), BuyerOrder.unpaid_amount > NONE_LEFT),
    ),
    EventBranch(EventKind.RECEIPT, SupplierOrder, SupplierOrder.receive_on, (SupplierOrder.rest_quantity > NONE_LEFT,)),
    EventBranch(
        EventKind.SUPPLIER_PAYMENT, SupplierOrder, SupplierOrder.pay_by, (SupplierOrder.unpaid_amount > NONE_LEFT,)
    ),
    EventBranch(
        EventKind.EXPECTED,
        ExpectedDeal,
        ExpectedDeal.expected_on,
        (ExpectedDeal.ended_on.is_(None), ExpectedDeal.order_id.is_(None)),
    ),
)


def events(
    choice: EventChoice,
    window: Window,
    zone: ZoneInfo,
    *,
    limit: int,
    after: EventKey | None = None,
    latest: bool = False,
) -> Select:
    """(at, rank, id) in the order of time; `latest`: the last of them, from the last one back."""
    found = union_all(*_branches(choice, window, zone, limit=limit, after=after, latest=latest)).subquery("events")
    at, rank, number = found.c.at, found.c.rank, found.c.id
    order = (
        (at.desc().nulls_last(), rank.desc(), number.desc())
        if latest
        else (at.asc().nulls_last(), rank.asc(), number.asc())
    )
    return select(at, rank, number).order_by(*order).limit(literal_number(limit))


@lru_cache(maxsize=KEPT)
def opening(
    choice: EventChoice, overdue: Window, ahead: Window, zone: ZoneInfo, asked: Counted, *, late: int, size: int
) -> Select:
    """(`counts` of what is asked, is late, at, rank, id): the last of what is overdue from the last one back, then the
    first of what is ahead. Where there is nothing of it a row tells the counts alone.
    """
    both = (
        select(literal(True).label("late"), *events(choice, overdue, zone, limit=late, latest=True).subquery().c),
        select(literal(False), *events(choice, ahead, zone, limit=size).subquery().c),
    )
    found, counted = union_all(*both).subquery("opening"), select(*_counted(dict(asked), zone)).subquery("counted")
    told = select(*counted.c, *found.c).select_from(counted.outerjoin(found, true()))
    return _planned(told, choice, *(each for _name, (each, _window) in asked))


def _planned(statement: Select, *choices: EventChoice) -> Select:
    keeps_plan = all(choice.keeps_plan for choice in choices)
    return statement.execution_options(keeps_plan=True) if keeps_plan else statement


def counts(asked: Mapping[str, tuple[EventChoice, Window]], zone: ZoneInfo) -> Select:
    """How many events there are of each choice; a number stops at COUNT_CAP + 1."""
    return _counts(tuple(asked.items()), zone)


@lru_cache(maxsize=KEPT)
def _counts(asked: Counted, zone: ZoneInfo) -> Select:
    return _planned(select(*_counted(dict(asked), zone)), *(choice for _name, (choice, _window) in asked))


def counts_of_each(user_ids: Sequence[int], asked: Mapping[str, tuple[EventChoice, Window]], zone: ZoneInfo) -> Select:
    """(id of a user, `counts` of his events) of each of them, whosesoever the choices are."""
    user = _listed(user_ids)
    return select(user.c.id, *_counted(asked, zone, user.c.id))


def _listed(ids: Sequence[int]) -> Any:
    return func.unnest(cast([*ids], ARRAY(Integer))).table_valued("id").render_derived()


def _counted(
    asked: Mapping[str, tuple[EventChoice, Window]], zone: ZoneInfo, owner: ColumnClause[int] | None = None
) -> list[Any]:
    def count(choice: EventChoice, window: Window) -> Any:
        keys = union_all(*_branches(choice, window, zone, limit=COUNT_CAP + 1, owner=owner)).subquery()
        some = select(keys.c.id).limit(literal_number(COUNT_CAP + 1)).subquery()
        return select(func.count()).select_from(some).scalar_subquery()

    return [count(choice, window).label(name) for name, (choice, window) in asked.items()]


@lru_cache(maxsize=KEPT)
def days_of(choice: EventChoice, period: Period, zone: ZoneInfo, *, top: int, lanes: bool = False) -> Select:
    """(at, rank, id, owner, day, many): the weightiest `top` events of each day, and how many the day has.

    They come in the order of time. `lanes`: of each owner's days; otherwise `owner` says nothing.
    """
    window, day = Window(period.first, period.last), _each_day(period, zone)
    # Day by day: to sort the events of a whole month, and to ask of each which day it is in the zone, is dear.
    found = union_all(*_branches(choice, window, zone, limit=None, day=day)).subquery("events").c
    told, by_weight = (found.at, found.rank, found.id, found.owner), (found.weight, found.at, found.rank, found.id)
    if lanes:
        many, place = func.count(), func.row_number()
        places = select(
            *told,
            many.over(partition_by=found.owner).label("many"),
            place.over(partition_by=found.owner, order_by=by_weight).label("place"),
        ).subquery("places")
        first = select(*places.c).where(places.c.place <= top)
    else:
        first = select(*told, func.count().over().label("many")).order_by(*by_weight).limit(literal_number(top))
    of_day = first.lateral("of_day")
    shown = of_day.c
    statement = select(shown.at, shown.rank, shown.id, shown.owner, day.c.day, shown.many)
    statement = statement.select_from(day.join(of_day, true())).order_by(shown.at, shown.rank, shown.id)
    return _planned(statement, choice)


def _each_day(period: Period, zone: ZoneInfo) -> TableValuedAlias:
    """(day, since, until) of each: where it begins in the zone, and where the next one does."""
    days = [*period.each_day()]
    edges = [midnight(zone, day) for day in (*days, period.last + DAY)]
    moments = ARRAY(DateTime(timezone=True))
    listed = func.unnest(cast(days, ARRAY(Date)), cast(edges[:-1], moments), cast(edges[1:], moments))
    return listed.table_valued("day", "since", "until", name="day").render_derived()


def _branches(
    choice: EventChoice,
    window: Window,
    zone: ZoneInfo,
    *,
    limit: int | None,
    after: EventKey | None = None,
    latest: bool = False,
    day: TableValuedAlias | None = None,
    owner: ColumnClause[int] | None = None,
) -> Iterator[Select]:
    """(at, rank, id, owner); `owner`: of the user in the row around the statement, whosesoever the choice is.

    With a `day`, of `_each_day` around the statement, (at, rank, id, owner, weight) of that one.
    Each kind with days, then without; one that can find nothing keeps the statement whole when there is no other.
    """
    owners = choice.owners if owner is None else owner
    around = day if owner is None else owner.table
    cut = partial(_cut, limit=limit, latest=latest, weighed=day is not None, around=around)
    empty = cast(null(), DateTime(timezone=True))
    names = ("rank", "id", "owner", *(("weight",) if day is not None else ()))
    every: dict[str, Any] = {"at": empty, **dict.fromkeys(names, cast(null(), Integer))}
    yield select(*(column.label(name) for name, column in every.items())).where(literal(False))
    for branch in BRANCHES:
        conditions = _asked(branch, choice)
        if conditions is None:
            continue
        if window.dated and (after is None or after.at is not None):
            of_days = _within(branch, window, zone) if day is None else _on(branch, day)
            bounds = [*of_days, *_after(branch, after, zone)]
            at = branch.at(zone) if day is None or branch.is_timed else day.c.since
            yield cut(branch, at, [*conditions, *bounds], owners)
            if branch.kind is EventKind.CONTACT and owners is not None:
                yield cut(branch, at, [*conditions, *bounds, *_taken_part_in(owners)], None)
        if window.undated and not branch.is_timed:
            rest = _after_undated(branch, after)
            if rest is not None:
                yield cut(branch, empty, [*conditions, branch.when.is_(None), *rest], owners)


def _taken_part_in(owners: tuple[int, ...] | ColumnClause[int]) -> tuple[ColumnElement[bool], ...]:
    """Contacts of somebody else that stand in the calendars of these users too."""
    taken = ContactParticipant.__table__.c
    theirs = select(taken.contact_id).where(_is_of(taken.user_id, owners))
    if isinstance(owners, ColumnClause):
        theirs = theirs.correlate(owners.table)
    somebody_else = or_(Contact.manager_id.is_(None), not_(_is_of(Contact.manager_id, owners)))
    # Not joined: what they take part in is little, and is read first.
    return Contact.id == func.any(func.array(theirs.scalar_subquery())), somebody_else


def _is_of(column: Any, owners: tuple[int, ...] | ColumnClause[int]) -> ColumnElement[bool]:
    is_his: ColumnElement[bool] = column == owners if isinstance(owners, ColumnClause) else one_of(column, owners)
    return is_his


def _cut(
    branch: EventBranch,
    at: Any,
    conditions: list[ColumnElement[bool]],
    owners: tuple[int, ...] | ColumnClause[int] | None,
    *,
    limit: int | None,
    latest: bool,
    weighed: bool,
    around: Any,
) -> Select:
    model = branch.model
    columns = {"at": at, "rank": literal(branch.rank), "id": model.id, "owner": branch.owner}
    if weighed:
        columns["weight"] = branch.weight
    found = select(*(column.label(name) for name, column in columns.items()))
    found = found.where(*branch.is_open, *conditions)
    if limit is not None:
        order = (branch.when.desc(), model.id.desc()) if latest else (branch.when.asc(), model.id.asc())
        found = found.order_by(*order).limit(literal_number(limit))
    if around is not None:
        found = found.correlate(around)
    if owners is None:
        return select(found.subquery())
    if isinstance(owners, ColumnClause):
        return select(found.where(branch.owner == owners).subquery())
    if len(owners) == 1:
        return select(found.where(branch.owner == owners[0]).subquery())
    if len(owners) > FEW:
        return select(found.where(one_of(branch.owner, owners)).subquery())
    owner = _listed(owners)
    each = found.where(branch.owner == owner.c.id).correlate(owner).lateral()
    return select(each).select_from(owner.join(each, true()))


def _asked(branch: EventBranch, choice: EventChoice) -> list[ColumnElement[bool]] | None:
    """None: this kind of event cannot be what is asked for."""
    if branch.kind not in choice.kinds:
        return None
    model, conditions = branch.model, []
    asked = {  # what, and what it is of a kind of event that has no such column
        "counterparty_id": (choice.counterparty_id, None),
        "person_id": (choice.person_id, None),
        "importance": (choice.importance, Importance.NORMAL),
        "direction": (choice.direction, DIRECTIONS.get(branch.kind)),
        "kind": (choice.contact_kind, None),
    }
    for name, (value, always) in asked.items():
        if value is None:
            continue
        but = name in choice.but
        if hasattr(model, name):
            column = getattr(model, name)
            conditions.append(column.is_distinct_from(value) if but else column == value)
        elif (value == always) is but:
            return None
    if choice.number and hasattr(model, "number"):
        found = begins(model.number, choice.number)
        conditions.append(not_(found) if "number" in choice.but else found)
    elif choice.number and "number" not in choice.but:
        return None
    for owning, condition in choice.own:
        if owning is not model:
            return None
        conditions.append(condition)
    return conditions


def _within(branch: EventBranch, window: Window, zone: ZoneInfo) -> Iterator[ColumnElement[bool]]:
    """The days of the window, as the column of the branch knows them."""
    since, until = window.since, window.until and window.until + DAY
    if since is not None:
        yield branch.when >= (midnight(zone, since) if branch.is_timed else since)
    if until is not None:
        yield branch.when < (midnight(zone, until) if branch.is_timed else until)
    if since is None and until is None and not branch.is_timed:
        yield branch.when.is_not(None)


def _on(branch: EventBranch, day: TableValuedAlias) -> list[ColumnElement[bool]]:
    if branch.is_timed:
        return [branch.when >= day.c.since, branch.when < day.c.until]
    return [branch.when == day.c.day]


def _after(branch: EventBranch, key: EventKey | None, zone: ZoneInfo) -> Iterator[ColumnElement[bool]]:
    """What stands after the key; what is due on a day stands at its midnight."""
    if key is None or key.at is None:
        return
    bound: Any = key.at
    at_midnight = True
    if not branch.is_timed:
        bound = day_in(zone, key.at)
        at_midnight = midnight(zone, bound) == key.at
    if branch.rank == key.rank:
        yield tuple_(branch.when, branch.model.id) > tuple_(literal(bound), literal(key.id))
    elif branch.rank > key.rank and at_midnight:
        yield branch.when >= bound
    else:
        yield branch.when > bound


def _after_undated(branch: EventBranch, key: EventKey | None) -> list[ColumnElement[bool]] | None:
    if key is None or key.at is not None or branch.rank > key.rank:
        return []
    return [branch.model.id > key.id] if branch.rank == key.rank else None


def taking_part(contact_ids: Sequence[int], user_ids: Collection[int]) -> Select:
    """(contact_id, user_id) of colleagues who take part in these contacts."""
    taken = ContactParticipant.__table__.c
    found = select(taken.contact_id, taken.user_id)
    return found.where(one_of(taken.contact_id, contact_ids), one_of(taken.user_id, [*user_ids]))


def supplies(ids: set[int]) -> Select:
    """(order, the number of the supplier if he is seen, his name, quantity of its lines).

    Names and lines are told with an order that is seen.
    """
    line = SupplierOrderLine
    quantity = select(func.coalesce(func.sum(line.quantity), 0)).where(line.order_id == SupplierOrder.id)
    name = select(CounterpartyName.name).where(CounterpartyName.id == SupplierOrder.counterparty_id)
    seen = aliased(Counterparty)
    found = select(SupplierOrder, seen.id, name.scalar_subquery(), quantity.scalar_subquery())
    found = found.outerjoin(SupplierOrder.counterparty.of_type(seen)).options(joinedload(SupplierOrder.manager))
    return found.where(one_of(SupplierOrder.id, ids))


def users_and_heads(section: str) -> Select:
    """(id, login, first name, last name, whether he sees the calendars of others) of all, by name."""
    heads = users_who_may("read", section).with_only_columns(User.id)
    users = select(User.id, User.username, User.first_name, User.last_name, User.id.in_(heads).label("leads"))
    return users.where(User.active.is_(True)).order_by(User.last_name, User.first_name, User.id)


@cache
def rows() -> Select:
    """The rows of the numbers given by the names of their tables, which is `of` here: the columns of TOLD, empty where
    a table has none; the number of the client if he is seen (`seen`) and his name (`client`), the responsible and the
    person by their names.

    Columns, not objects: a page has dozens of them, and nothing is changed in it.
    """
    types = {name: column.type for told in TOLD.values() for name, column in told.items()}
    told = union_all(*(_rows_of(model, types) for model in TOLD)).subquery("told")
    client, person = aliased(CounterpartyName), ContactPerson
    seen = select(Counterparty.id).where(Counterparty.id == told.c.counterparty_id)
    name = select(_joined(person.last_name, person.first_name, person.middle_name))
    found = select(
        *told.c,
        seen.scalar_subquery().label("seen"),
        client.name.label("client"),
        *(User.username, User.first_name, User.last_name),
        name.where(person.id == told.c.person_id).scalar_subquery().label("person"),
    )
    found = found.outerjoin(client, client.id == told.c.counterparty_id).outerjoin(User, User.id == told.c.owner_id)
    return found.execution_options(keeps_plan=True)


def _rows_of(model: Any, types: Mapping[str, Any]) -> Select:
    name, told = model.__tablename__, TOLD[model]
    columns = {column: told.get(column, cast(null(), type_)) for column, type_ in types.items()}
    columns["owner_id"] = model.executor_id if model is Task else model.manager_id
    columns["person_id"] = model.person_id if hasattr(model, "person_id") else cast(null(), Integer)
    of = literal_column(f"'{name}'", String).label("of")
    found = select(of, model.id, *(column.label(label) for label, column in columns.items()))
    return found.where(one_of(model.id, numbers(name)))


def _joined(*parts: Any) -> ColumnElement[str]:
    """With blanks between those that are not empty."""
    return func.concat_ws(" ", *(func.nullif(part, "") for part in parts))
