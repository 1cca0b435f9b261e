"""What the journal tells: the changes of a card, field by field; who did what; what was deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Date, DateTime, Enum, Numeric, distinct, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Mapper, Session, joinedload

from app.domain.viewer import is_allowed
from app.domain.words import ChangeKind, Road
from app.formatting import birthday
from app.models.base import Base, metadata
from app.models.captions import caption, name_of_table
from app.models.counterparties import Counterparty, CounterpartyName
from app.models.journal import GOING_ALONG, KEPT, KEPT_EVERYWHERE, Act, RowChange, is_journalled, watched
from app.models.own_fields import OwnField
from app.models.users import full_name
from app.models.visibility import viewer_of
from app.queries.own_fields import OWNERS
from app.queries.sql import one_of

# What hangs on a card and has a place of its own there: told by histories, classes and settlements.
TOLD_ELSEWHERE = frozenset({
    "manager_record", "source_record", "order_move", "contact_move", "task_move", "payment_allocation", "abc_record",
    "stage_record", "classification_draft_row", "duplicate_pair", "former_code", "meeting_invitation", *GOING_ALONG,
})  # fmt: skip
# What names a row that has no name of its own, where it is not its item or user.
ABOUT = {"reminder": ("contact_id", "order_id", "supplier_order_id", "task_id")}


@dataclass(frozen=True)
class FieldChange:
    """One field, old and new as a template shows them: rows, captions, days, amounts."""

    label: str
    old: Any
    new: Any


@dataclass(frozen=True)
class CardChange:
    """What one act did to the card's row, or to one that hangs on it: then `title` says which."""

    act: Act
    table: str
    row_id: int
    what: ChangeKind
    title: str
    fields: list[FieldChange] = field(default_factory=list)


def field_changes(
    session: Session, table: str, row_id: int, before: int | None = None, limit: int = 20
) -> list[CardChange]:
    """The changes of a card and of what hangs on it, newest first, of at most `limit` acts older than act `before`.

    Whoever asks has made sure that the reader sees the row. What a field refers to is named only where he sees it.
    """
    hanging, (beside, beside_ids) = _hanging(table), _beside(session, table, row_id)
    last = {"table": table, "id": row_id, "hanging": hanging, "before": before, "limit": limit}
    last |= {"beside": beside, "beside_ids": beside_ids}
    acts = session.scalars(text(ACTS_OF_CARD), last).all()
    rows = session.execute(text(CHANGES_OF_CARD), {**last, "acts": list(acts)}).all() if acts else []
    known = {act.id: act for act in session.scalars(select(Act).where(one_of(Act.id, acts)))}
    steps = [
        _Step(known[row.act_id], row.table_name, row.row_id, row.old, row.became, not row.has_newer) for row in rows
    ]
    return _told(session, table, row_id, steps)


ACTS_OF_CARD = """
    SELECT act_id FROM (
        (SELECT DISTINCT act_id FROM journal_change WHERE table_name = :table AND row_id = :id
         AND (CAST(:before AS bigint) IS NULL OR act_id < :before) ORDER BY act_id DESC LIMIT :limit)
        UNION
        (SELECT DISTINCT act_id FROM journal_change WHERE table_name = ANY(:hanging) AND owner_id = :id
         AND (CAST(:before AS bigint) IS NULL OR act_id < :before) ORDER BY act_id DESC LIMIT :limit)
        UNION
        (SELECT DISTINCT act_id FROM journal_change WHERE table_name = :beside AND row_id = ANY(:beside_ids)
         AND (CAST(:before AS bigint) IS NULL OR act_id < :before) ORDER BY act_id DESC LIMIT :limit)
    ) either ORDER BY act_id DESC LIMIT :limit"""

# The first change of a row in an act has it as it was before; the first one after the act, as it became.
CHANGES_OF_CARD = """
    SELECT DISTINCT ON (c.act_id, c.table_name, c.row_id) c.act_id, c.table_name, c.row_id, c.old,
        newer.id IS NOT NULL AS has_newer, newer.old AS became
    FROM journal_change c LEFT JOIN LATERAL (
        SELECT n.id, n.old FROM journal_change n
        WHERE n.table_name = c.table_name AND n.row_id = c.row_id AND n.act_id <> c.act_id AND n.id > c.id
        ORDER BY n.id LIMIT 1
    ) newer ON true
    WHERE c.act_id = ANY(:acts)
      AND (c.table_name = :table AND c.row_id = :id OR c.table_name = ANY(:hanging) AND c.owner_id = :id
           OR c.table_name = :beside AND c.row_id = ANY(:beside_ids))
    ORDER BY c.act_id DESC, c.table_name, c.row_id, c.id"""


def _hanging(table: str) -> list[str]:
    return [
        name
        for name, each in watched().items()
        if each.owner is not None
        and name not in TOLD_ELSEWHERE
        and any(key.column.table.name == table for key in each.table.c[each.owner].foreign_keys)
    ]


def _beside(session: Session, table: str, row_id: int) -> tuple[str, list[int]]:
    """What the card shows though it hangs on another one: the ways to reach a person hang on the client."""
    if table != "contact_person":
        return "", []
    found = session.scalars(text(WAYS_OF_PERSON), {"id": row_id})
    return "contact_info", list(found)


WAYS_OF_PERSON = """
    SELECT id FROM contact_info WHERE person_id = :id
    UNION
    SELECT row_id FROM journal_change WHERE table_name = 'contact_info' AND (old->>'person_id')::int = :id
        AND owner_id = (SELECT counterparty_id FROM contact_person WHERE id = :id)"""


@dataclass
class _Step:
    act: Act
    table: str
    row_id: int
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    stands: bool  # `new` is what the table holds now


def _told(session: Session, card: str, card_id: int, steps: list[_Step]) -> list[CardChange]:
    now = _now(session, steps)
    for step in steps:
        if step.stands:
            step.new = now.get((step.table, step.row_id))
    names = _Names(session)
    for step in steps:
        names.want(step.table, step.old)
        names.want(step.table, step.new)
    names.read()
    told = []
    for step in steps:
        if step.old is None and step.new is None:
            continue  # came and went within one act
        what = ChangeKind.INSERT if step.old is None else ChangeKind.DELETE if step.new is None else ChangeKind.UPDATE
        title = "" if (step.table, step.row_id) == (card, card_id) else names.title(step.table, step.new or step.old)
        fields = names.differences(step.table, step.old, step.new) if what is ChangeKind.UPDATE else []
        if fields or what is not ChangeKind.UPDATE:
            told.append(CardChange(step.act, step.table, step.row_id, what, title, fields))
    return told


def _now(session: Session, steps: Iterable[_Step]) -> dict[tuple[str, int], dict[str, Any]]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for step in steps:
        if step.stands:
            wanted[step.table].add(step.row_id)
    return {
        (name, row.id): row.whole
        for name, ids in wanted.items()
        for row in session.execute(_whole(name), {"ids": list(ids)})
    }


def _whole(name: str) -> Any:
    columns = ", ".join(f"t.{column}" for column in watched()[name].columns)
    return text(
        f"SELECT t.id, (SELECT to_jsonb(r) FROM (SELECT {columns}) r) AS whole FROM {name} t WHERE t.id = ANY(:ids)"
    )


class _Names:
    """Values of old rows in the reader's words; rows that they refer to are read once for all."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.wanted: dict[Any, set[int]] = defaultdict(set)
        self.rows: dict[tuple[type, int], Any] = {}
        self.own: dict[str, dict[str, str]] = {}

    def want(self, table: str, row: dict[str, Any] | None) -> None:
        for column, (target, _label) in _references(table).items():
            if row and row.get(column) is not None:
                self.wanted[target].add(row[column])

    def read(self) -> None:
        for model, ids in self.wanted.items():
            rows: Sequence[Any] = self.session.scalars(select(model).where(one_of(model.id, ids))).all()
            self.rows |= {(model, row.id): row for row in rows}
            if model is Counterparty:
                unseen = ids - {row.id for row in rows}
                names = self.session.scalars(select(CounterpartyName).where(one_of(CounterpartyName.id, unseen)))
                self.rows |= {(model, row.id): row.name for row in names}

    def title(self, table: str, row: dict[str, Any] | None) -> str:
        """Which row it is: its kind and what names it best."""
        kind = name_of_table(table)
        row = row or {}
        for column in ("name", "last_name", "number", "subject", "value"):
            if row.get(column):
                return f"{kind}: {row[column]}"
        for column in ABOUT.get(table, ("item_id", "user_id")):
            target = _references(table).get(column)
            if target and (named := self.rows.get((target[0], row.get(column) or 0))):
                return f"{kind}: {named}"
        return kind

    def differences(self, table: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[FieldChange]:
        old, new = old or {}, new or {}
        told = []
        for column, label in _labels(table).items():
            if column in old and column in new and old[column] != new[column]:
                told.append(FieldChange(label, self.value(table, column, old), self.value(table, column, new)))
        if "own" in old and "own" in new:
            told += self._own(table, old["own"] or {}, new["own"] or {})
        return told

    def value(self, table: str, column: str, row: dict[str, Any]) -> Any:
        raw = row.get(column)
        if raw is None:
            return None
        reference = _references(table).get(column)
        if reference:
            return self.rows.get((reference[0], raw), _("No. %(number)s", number=raw))
        value = _read(table, column, raw)
        return birthday(value) if column == "birthday" else value

    def _own(self, table: str, old: dict[str, Any], new: dict[str, Any]) -> list[FieldChange]:
        if table not in self.own:
            owner = OWNERS[mappers()[table].class_]
            viewer = viewer_of(self.session)
            fields = self.session.scalars(select(OwnField).where(OwnField.owner == owner))
            self.own[table] = {each.key: each.name for each in fields if is_allowed(viewer, each.seen_by)}
        return [
            FieldChange(name, _plain(old.get(key)), _plain(new.get(key)))
            for key, name in self.own[table].items()
            if old.get(key) != new.get(key)
        ]


def _plain(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def _read(table: str, column: str, raw: Any) -> Any:
    kind = metadata.tables[table].c[column].type
    kind = getattr(kind, "impl", kind) if not isinstance(kind, Enum) else kind
    match kind:
        case Enum():
            return (
                kind.enum_class(raw)
                if isinstance(kind.enum_class, type) and issubclass(kind.enum_class, StrEnum)
                else raw
            )
        case DateTime():
            return datetime.fromisoformat(raw)
        case Date():
            return date.fromisoformat(raw)
        case Numeric():
            return Decimal(str(raw)).quantize(Decimal(1).scaleb(-(kind.scale or 0)))
    return raw


@cache
def mappers() -> dict[str, Mapper[Any]]:
    """The model of each journalled table."""
    return {
        mapper.local_table.name: mapper
        for mapper in Base.registry.mappers
        if mapper.class_ is not CounterpartyName and is_journalled(mapper.local_table.name)
    }


@cache
def _references(table: str) -> dict[str, tuple[type, Any]]:
    """The columns that refer to rows: to which, and the label of the field."""
    found: dict[str, tuple[type, Any]] = {}
    for relation in mappers()[table].relationships:
        if relation.direction.name == "MANYTOONE" and not relation.viewonly:
            (column,) = relation.local_columns
            found[column.name] = relation.mapper.class_, relation.info.get("label") or column.info.get("label")
    return found


def _labels(table: str) -> dict[str, str]:
    """The fields that people know, by column; without a caption nobody typed it."""
    kept = KEPT_EVERYWHERE.union(KEPT.get(table, ()))
    owner = watched()[table].owner
    references = _references(table)
    labels = {}
    for name in watched()[table].compared:
        column = metadata.tables[table].c[name]
        label = references[name][1] if name in references else column.info.get("label")
        if label and name not in kept and name != owner:
            labels[name] = str(label)
    return labels


def fields_named(table: str, columns: Collection[str]) -> list[str]:
    """What people call those of the columns that they know."""
    own = [_("Own fields")] if "own" in columns else []
    return [label for name, label in _labels(table).items() if name in columns] + own


def titles_of(session: Session, rows: Sequence[tuple[str, int]]) -> list[str]:
    """What the rows are called, whether they stand or are gone."""
    whole: dict[tuple[str, int], dict[str, Any]] = {}
    names = _Names(session)
    for table in {table for table, _row in rows if table in watched()}:
        ids = [row for other, row in rows if other == table]
        gone = select(RowChange.row_id, RowChange.old).where(
            RowChange.table_name == table, one_of(RowChange.row_id, ids), RowChange.old.is_not(None)
        )
        newest = gone.ext(distinct_on(RowChange.row_id)).order_by(RowChange.row_id, RowChange.id.desc())
        whole |= {(table, row_id): old for row_id, old in session.execute(newest)}
        whole |= {(table, row.id): row.whole for row in session.execute(_whole(table), {"ids": ids})}
    for (table, _row), values in whole.items():
        names.want(table, values)
    names.read()
    return [names.title(table, whole.get((table, row))) for table, row in rows]


def signature(act: Act) -> str:
    """Who and when: “Anna Petrova, 28.11.2026 14:05”."""
    who = full_name(act.by) if act.by else road_of(act)
    return f"{who}, {format_datetime(act.at, 'dd.MM.yyyy HH:mm')}"


def road_of(act: Act) -> str:
    """By which road it came, in words."""
    road = act.verb.partition(":")[0]
    return caption(Road(road)) if road in list(Road) else _("The base itself")


MOST_TOLD = 3  # tables of an act that a message names

# What a person deletes as one thing; the rest goes and comes with it.
CARDS = (
    "counterparty", "contact_person", "contact_info", "contact", "buyer_order", "order_closing", "shipment", "payment",
    "expected_deal", "supplier_order", "supplier_order_closing", "receipt", "supplier_payment", "supplier_item", "item",
    "counterparty_group", "information_source", "campaign", "closing_reason", "contact_info_kind", "work_plan_rule",
    "workday_exception", "task", "working_hours", "absence", "satisfaction_mark", "bank_account", "paper",
    "paper_template", "consent",
)  # fmt: skip


@dataclass(frozen=True)
class Count:
    """What an act did to the rows of a table: what they are called (a single one by its name), and how many."""

    name: str
    what: ChangeKind
    count: int
    is_undoable: bool


@dataclass(frozen=True)
class Done:
    """An act as the journal shows it: what it did to how many rows, whether it was undone."""

    act: Act
    road: str
    counts: list[Count]
    undone: bool


@dataclass(frozen=True)
class Gone:
    """A deleted row."""

    change: int
    act: Act
    table: str
    row_id: int
    title: str


def acts(session: Session, by_id: int | None, before: int | None = None, limit: int = 30) -> list[Done]:
    """What was done by this user, or by anybody, newest first; `before` is the last act of the page before."""
    query = select(Act).order_by(Act.id.desc()).limit(limit).options(joinedload(Act.by))
    if by_id is not None:
        query = query.where(Act.by_id == by_id)
    if before is not None:
        query = query.where(Act.id < before)
    found = session.scalars(query).all()
    ids = [act.id for act in found]
    counts, gone = counts_of(session, ids), undone(session, ids)
    return [Done(act, road_of(act), counts.get(act.id, []), act.id in gone) for act in found]


def undone(session: Session, ids: Collection[int]) -> set[int | None]:
    """The acts, of these and of those that undid them, that were undone and not redone since."""
    first = select(Act.undoes_id, Act.id).where(one_of(Act.undoes_id, ids)).cte("undoing", recursive=True)
    undoing = first.union(select(Act.undoes_id, Act.id).join(first, Act.undoes_id == first.c.id))
    found: set[int | None] = set()
    for act, by in session.execute(select(undoing).order_by(undoing.c.id.desc())):  # an undo is newer than its act
        if by not in found:
            found.add(act)
    return found


def counts_of(session: Session, ids: Collection[int]) -> dict[int, list[Count]]:
    """What each of the acts did; of one that did nothing else, what is told elsewhere."""
    counts = _counted(session, ids, RowChange.table_name.not_in(TOLD_ELSEWHERE))
    if rest := set(ids) - counts.keys():
        counts |= _counted(session, rest, RowChange.table_name.in_(TOLD_ELSEWHERE))
    return counts


def _counted(session: Session, ids: Collection[int], condition: ColumnElement[bool]) -> dict[int, list[Count]]:
    counts: dict[int, list[Count]] = defaultdict(list)
    rows = (
        select(
            RowChange.act_id,
            RowChange.table_name,
            RowChange.what,
            func.count(distinct(RowChange.row_id)),
            func.min(RowChange.row_id),
        )
        .where(one_of(RowChange.act_id, ids), condition)
        .group_by(RowChange.act_id, RowChange.table_name, RowChange.what)
        .order_by(func.min(RowChange.id))
    )
    counted = session.execute(rows).all()
    single = [(table, row_id) for _act, table, _what, count, row_id in counted if count == 1]
    titles = dict(zip(single, titles_of(session, single), strict=True))
    for act_id, table, what, count, row_id in counted:
        name = titles[table, row_id] if count == 1 else name_of_table(table)
        counts[act_id].append(Count(name, what, count, table not in GOING_ALONG))
    return counts


def put_back_in_words(session: Session, done: str, act_id: int | None) -> str:
    """What was done, and what the act that did it put back: “Undone. Contacts: Call — restored.”"""
    if act_id is None:
        return done
    words = {
        ChangeKind.INSERT: _("restored"),
        ChangeKind.UPDATE: _("former values"),
        ChangeKind.DELETE: _("deleted"),
    }
    told = [
        f"{each.name} — {words[each.what]}{f' ({each.count})' if each.count > 1 else ''}"
        for each in counts_of(session, [act_id]).get(act_id, [])
    ]
    more = ["…"] if len(told) > MOST_TOLD else []
    return " ".join([done, *([f"{'; '.join(told[:MOST_TOLD] + more)}."] if told else [])])


def bin_of(
    session: Session, by_id: int | None, since: datetime, before: int | None = None, limit: int = 30
) -> list[Gone]:
    """What this user, or anybody, deleted since then and is not back; what went with its owner is not told apart."""
    query = text(BIN)
    values = {"by": by_id, "since": since, "before": before, "limit": limit, "cards": list(CARDS)}
    rows = session.execute(query, values).all()
    known = {act.id: act for act in session.scalars(select(Act).where(one_of(Act.id, {row.act_id for row in rows})))}
    names = _Names(session)
    for row in rows:
        names.want(row.table_name, row.old)
    names.read()
    return [
        Gone(row.id, known[row.act_id], row.table_name, row.row_id, names.title(row.table_name, row.old))
        for row in rows
        if row.act_id in known
    ]


BIN = f"""
    SELECT c.id, c.act_id, c.table_name, c.row_id, c.old FROM journal_change c JOIN journal_act a ON a.id = c.act_id
    WHERE c.what = 'delete' AND c.at >= :since AND c.table_name = ANY(:cards)
      AND (CAST(:before AS bigint) IS NULL OR c.id < :before) AND (CAST(:by AS int) IS NULL OR a.by_id = :by)
      AND NOT (a.verb LIKE 'undo%')
      AND NOT EXISTS (
          SELECT FROM journal_change o WHERE o.act_id = c.act_id AND o.what = 'delete' AND o.row_id = c.owner_id
          AND o.table_name IN ({", ".join(f"'{name}'" for name in CARDS)}) AND o.table_name <> c.table_name
      )
      AND NOT EXISTS (
          SELECT FROM journal_change n WHERE n.table_name = c.table_name AND n.row_id = c.row_id AND n.id > c.id
      )
    ORDER BY c.id DESC LIMIT :limit"""
