"""Two or more counterparties, or persons of one, become one: nothing that hung on any of them is lost.

What hangs on a row is found by the foreign keys of the metadata, so that a new
table is merged too. Where the base lets one row stand alone, these rules hold:

- of a day, a run, an item or a draft (histories, classes, prices) the row of the kept one stays;
- a payment that would have a number of the same day twice gets its own number behind it: money is never dropped;
- contact information that is there twice stays once, with its comment;
- persons of one full name, each of another of the merged, become one person;
- the additional managers of all stay, but for whoever is responsible for the one that is kept.

Codes of those that go are kept: files and programs find the one that stays. What
is derived (settlements, the last class and stage) is derived anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Column, Table, Text, UniqueConstraint, delete, func, inspect, select, text, update
from sqlalchemy.orm import Session

from app.domain.words import Road
from app.errors import Refused
from app.models import authorship
from app.models.base import Base, metadata
from app.models.counterparties import AdditionalManager, ContactPerson, Counterparty
from app.models.duplicates import DuplicatePair, FormerCode
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.models.own_fields import OwnField
from app.models.sales import BuyerMonth
from app.models.supply import SupplierOrder
from app.queries.own_fields import OWNERS
from app.queries.sql import one_of
from app.services import own_fields
from app.services.counterparties import reclassifying
from app.services.purchasing import supply
from app.services.sales import allocating, posting

MERGING = "Merging"  # the section whose right to write merges
MOST = 10  # rows merged at once
UNCHOSEN = frozenset({"id", "version", "changed_at", "code", "counterparty_id", "own"})
OWN = "own:"  # before the key of an own field among the names of fields
PAIRS_OF = DuplicatePair.__tablename__  # has two of them in a row, in order
OF_TAXPAYER = frozenset({"kpp", "ogrn", "requisites_accepted"})  # goes with the INN
DOCUMENTS = frozenset({"payment", "supplier_payment"})
NUMBER = 50  # letters of the number of a document, with what is put behind it

Choices = Mapping[str, int]  # a field: the number of the row whose value stays; ALL: the texts of all
ALL = 0


@dataclass(frozen=True)
class Disagreement:
    """A field in which the rows differ: the value of each row, and whose is offered."""

    name: str
    label: Any
    values: tuple[Any, ...]
    offered: int
    is_text: bool  # the texts of all may stay
    own: OwnField | None = None


def fields_of(model: type[Base]) -> list[str]:
    """What is chosen field by field."""
    columns: Table = model.__table__
    return [column.name for column in columns.columns if column.name not in UNCHOSEN and column.computed is None]


def rows_to_merge(session: Session, model: Any, ids: Sequence[int]) -> list[Any]:
    """The rows in the order asked for; refused where the viewer does not see them all, or they cannot be one."""
    rows = {row.id: row for row in session.scalars(select(model).where(one_of(model.id, ids)))}
    wanted = list(dict.fromkeys(ids))
    if any(number not in rows for number in wanted):
        raise Refused(_("One of them is not there, or you do not see it."))
    if len(wanted) < 2:
        raise Refused(_("Choose at least two."))
    if len(wanted) > MOST:
        raise Refused(_("No more than %(most)s are merged at once.", most=MOST))
    if model is ContactPerson and len({row.counterparty_id for row in rows.values()}) > 1:
        raise Refused(_("Only persons of one counterparty become one."))
    return [rows[number] for number in wanted]


def hanging(session: Session, model: type[Base], ids: Sequence[int]) -> dict[int, int]:
    """How many rows hang on each."""
    counts = dict.fromkeys(ids, 0)
    for column in references(model):
        if column.table.name != PAIRS_OF:
            some = select(column, func.count()).where(one_of(column, ids)).group_by(column)
            for number, many in session.execute(some.execution_options(unscoped=True)):
                counts[number] += many
    return counts


def offered_kept(session: Session, rows: Sequence[Any]) -> int:
    """Whose number is offered to stay: most hangs on it, or it is the oldest."""
    counts = hanging(session, type(rows[0]), [row.id for row in rows])
    return int(max(rows, key=lambda row: (counts[row.id], -row.id)).id)


def choices_of(session: Session, rows: Sequence[Any], kept_id: int) -> list[Disagreement]:
    """The fields that differ and that the viewer may change; the best filled value of each is offered."""
    rows = sorted(rows, key=lambda row: row.id != kept_id)
    model = type(rows[0])
    columns = model.__table__.c
    told: list[Disagreement] = []
    for name in fields_of(model):
        values = tuple(getattr(row, _attribute(model, name)) for row in rows)
        if len(set(values)) > 1:
            offered, is_text = _best(name, rows, values), isinstance(columns[name].type, Text)
            filled = {value for value in values if value}
            told.append(
                Disagreement(
                    name, _label(model, name), values, ALL if is_text and len(filled) > 1 else offered, is_text
                )
            )
    for field in own_fields.fields_kept(session, OWNERS[model]):
        values = tuple((row.own or {}).get(field.key) for row in rows)
        if own_fields.may_change(session, field) and any(value != values[0] for value in values):
            offered = _best(OWN + field.key, rows, values)
            told.append(Disagreement(OWN + field.key, field.name, values, offered, is_text=False, own=field))
    return told


def _best(name: str, rows: Sequence[Any], values: Sequence[Any]) -> int:
    """The first row with a value; yes before no, the first day before later ones, the longest full name."""
    pairs = list(zip(rows, values, strict=True))
    if name in OF_TAXPAYER:
        inn = next((row.inn for row in rows if row.inn), "")
        pairs.sort(key=lambda pair: pair[0].inn != inn)
    if name not in OF_TAXPAYER and any(isinstance(value, bool) for value in values):
        pairs.sort(key=lambda pair: not pair[1])
    if name == "registered_on":
        return int(min(pairs, key=lambda pair: pair[1])[0].id)
    if name == "full_name":
        return int(max(pairs, key=lambda pair: len(pair[1]))[0].id)
    return int(next((row.id for row, value in pairs if value not in (None, "")), pairs[0][0].id))


def _attribute(model: type[Base], column: str) -> str:
    return str(inspect(model).get_property_by_column(model.__table__.c[column]).key)


def _label(model: type[Base], name: str) -> Any:
    """A reference is called as the relation is."""
    mapper: Any = inspect(model)
    relation = mapper.relationships.get(name.removesuffix("_id"))
    return (relation if relation is not None else model.__table__.c[name]).info.get("label", name)


def merge(session: Session, model: Any, kept_id: int, ids: Sequence[int], choices: Choices, *, today: date) -> Any:
    """The kept row, with everything that hung on the others; they are gone. Fields not chosen get the offered value."""
    rows = rows_to_merge(session, model, [kept_id, *ids])
    kept, others = rows[0], [row.id for row in rows[1:]]
    authorship.by(session, Road.MERGE)
    authorship.sign(session)
    owners = [row.id for row in rows] if model is Counterparty else [kept.counterparty_id]
    posting.lock(session, owners)
    values = _chosen(session, rows, choices)
    has_sold = False
    if model is Counterparty:
        sales = select(BuyerMonth.counterparty_id).where(one_of(BuyerMonth.counterparty_id, others)).limit(1)
        has_sold = session.scalar(sales.execution_options(unscoped=True)) is not None
        _counterparties(session, kept_id, others)
    else:
        _persons(session, kept_id, others)
    session.expire_all()
    for name, value in values.items():
        setattr(kept, name, value)
    session.flush()
    if model is Counterparty:
        repeated = (AdditionalManager.counterparty_id == kept_id) & (AdditionalManager.user_id == kept.manager_id)
        session.execute(delete(AdditionalManager).where(repeated).execution_options(unscoped=True))
        _keep_histories(session, kept, today)
        _derive(session, kept_id)
        if has_sold:  # the whole company is looked at for it: only where it can change anything
            reclassifying.reclassify(session, kept_id)
    session.expire_all()
    return kept


def _chosen(session: Session, rows: Sequence[Any], choices: Choices) -> dict[str, Any]:
    by_id = {row.id: row for row in rows}
    values: dict[str, Any] = {}
    own = {key: value for row in reversed(rows) for key, value in (row.own or {}).items()}
    model = type(rows[0])
    for choice in choices_of(session, rows, rows[0].id):
        chosen = choices.get(choice.name, choice.offered)
        if chosen not in by_id and not (chosen == ALL and choice.is_text):
            raise Refused(_("Choose whose value stays."), field=choice.name)
        if choice.own is not None:
            own[choice.own.key] = (by_id[chosen].own or {}).get(choice.own.key)
        elif chosen == ALL:
            values[_attribute(model, choice.name)] = "\n".join(dict.fromkeys(filter(None, choice.values)))
        else:
            attribute = _attribute(model, choice.name)
            values[attribute] = getattr(by_id[chosen], attribute)
    return values | {"own": {key: value for key, value in own.items() if value is not None}}


def _counterparties(session: Session, kept_id: int, others: list[int]) -> None:
    namesakes = _namesakes(session, [kept_id, *others])
    codes = session.scalars(select(Counterparty.code).where(one_of(Counterparty.id, others))).all()
    _move_all(session, Counterparty, kept_id, others)
    for first, *more in namesakes:
        _persons(session, first, more)
    _drop_repeated(session, kept_id)
    session.execute(delete(Counterparty).where(one_of(Counterparty.id, others)).execution_options(unscoped=True))
    session.add_all(FormerCode(code=code, counterparty_id=kept_id) for code in codes)
    session.flush()


def _persons(session: Session, kept_id: int, others: list[int]) -> None:
    _move_all(session, ContactPerson, kept_id, others)
    owner = session.scalar(select(ContactPerson.counterparty_id).where(ContactPerson.id == kept_id))
    session.execute(delete(ContactPerson).where(one_of(ContactPerson.id, others)).execution_options(unscoped=True))
    _drop_repeated(session, owner)


def references(model: type[Base]) -> list[Column[Any]]:
    """Every column of the base that names a row of the model; rows without a number are kept by triggers."""
    target = model.__table__
    return [
        column
        for table in metadata.sorted_tables
        if "id" in table.c
        for column in table.columns
        if any(key.column.table is target for key in column.foreign_keys)
    ]


def _move_all(session: Session, model: type[Base], kept_id: int, others: list[int]) -> None:
    """What the moves cause by themselves stays silent: histories are joined as they are."""
    session.execute(text("SELECT set_config('vizavi.undoing', 'on', true)"))
    if model is Counterparty:
        _move_pairs(session, kept_id, others)
    for column in references(model):
        if column.table.name == PAIRS_OF:
            continue
        _make_room(session, column, kept_id, others)
        values: dict[Any, Any] = {column: kept_id}
        if "version" in column.table.c:
            values[column.table.c.version] = column.table.c.version + 1
        session.execute(update(column.table).where(one_of(column, others)).values(values))
    session.execute(text("SELECT set_config('vizavi.undoing', '', true)"))


def unique_with(column: Column[Any]) -> list[list[Column[Any]]]:
    """The other columns of each rule of the base that lets a row of the column stand alone."""
    table = column.table
    rules: list[Iterable[Any]] = [
        rule.columns
        for rule in table.constraints
        if isinstance(rule, UniqueConstraint) and column in rule.columns.values()
    ]
    rules += [index.columns for index in table.indexes if index.unique and column in index.columns.values()]
    return [[other for other in rule if other is not column] for rule in rules]


def _make_room(session: Session, column: Column[Any], kept_id: int, others: list[int]) -> None:
    """Of the rows of which only one may stand, that of the kept one stays, or that of the first of the others."""
    table = column.table
    for beside in unique_with(column):
        order = (column != kept_id, table.c.id)
        place = func.row_number().over(partition_by=beside, order_by=order).label("place")
        known = [other.is_not(None) for other in beside]
        ranked = select(table.c.id, place).where(one_of(column, [kept_id, *others]), *known).subquery()
        surplus = table.c.id.in_(select(ranked.c.id).where(ranked.c.place > 1))
        if table.name in DOCUMENTS:
            number = table.c.number
            behind = func.concat("/", table.c.id)
            renamed = func.concat(func.left(number, NUMBER - func.length(behind)), behind)
            session.execute(update(table).where(surplus).values(number=renamed))
        else:
            session.execute(delete(table).where(surplus))


PAIRS = """
    WITH touched AS (
        SELECT CASE WHEN first_id = ANY(:others) THEN second_id ELSE first_id END AS other_id, d.*
        FROM duplicate_pair d WHERE first_id = ANY(:others) OR second_id = ANY(:others)
    ), gone AS (
        DELETE FROM duplicate_pair d USING touched t WHERE d.id = t.id
    ), best AS (
        SELECT DISTINCT ON (other_id) * FROM touched WHERE other_id <> :kept AND other_id <> ALL(:others)
        ORDER BY other_id, is_distinct DESC, confidence DESC
    )
    INSERT INTO duplicate_pair AS d (first_id, second_id, confidence, signs, is_distinct, by_id, said_at)
    SELECT least(:kept, other_id), greatest(:kept, other_id), confidence, signs, is_distinct, by_id, said_at FROM best
    ON CONFLICT (first_id, second_id) DO UPDATE
    SET is_distinct = true, by_id = excluded.by_id, said_at = excluded.said_at
    WHERE excluded.is_distinct AND NOT d.is_distinct"""


def _move_pairs(session: Session, kept_id: int, others: list[int]) -> None:
    """What was said of the others is said of the kept one."""
    session.execute(text(PAIRS), {"kept": kept_id, "others": others})


def _namesakes(session: Session, owners: list[int]) -> list[list[int]]:
    """Persons to become one: of one first and last name, of different owners, and with no two birthdays."""
    query = select(ContactPerson).where(one_of(ContactPerson.counterparty_id, owners), ContactPerson.first_name != "")
    by_name: dict[str, list[ContactPerson]] = {}
    for person in session.scalars(query.execution_options(unscoped=True)):
        by_name.setdefault(person.name_sort, []).append(person)
    groups: list[list[int]] = []
    for same in by_name.values():
        birthdays = {person.birthday for person in same if person.birthday}
        if 1 < len(same) == len({person.counterparty_id for person in same}) and len(birthdays) < 2:
            same.sort(key=lambda person: owners.index(person.counterparty_id))
            _fill(session, same[0], same[1:])
            groups.append([person.id for person in same])
    session.flush()
    return groups


def _fill(session: Session, person: ContactPerson, others: Collection[ContactPerson]) -> None:
    rows = [person, *others]
    for name, value in _chosen(session, rows, {}).items():
        setattr(person, name, value)


REPEATED = """
    DELETE FROM contact_info i USING (
        SELECT id, comment, first_value(comment) OVER same AS first, row_number() OVER same AS place
        FROM contact_info WHERE counterparty_id = :owner
        WINDOW same AS (
            PARTITION BY person_id, kind_id, extension,
                CASE WHEN length(phone_tail) >= 10 THEN left(phone_tail, 10) ELSE lower(value) END
            ORDER BY comment = '', id
        )
    ) r WHERE r.id = i.id AND r.place > 1 AND r.comment IN ('', r.first)"""


def _drop_repeated(session: Session, owner_id: int | None) -> None:
    session.execute(text(REPEATED), {"owner": owner_id})


def _keep_histories(session: Session, kept: Counterparty, today: date) -> None:
    """Who and what stands in the card is what counts from today on, whatever the joined histories say."""
    for table, column in (("manager_record", "manager_id"), ("source_record", "source_id")):
        session.execute(
            text(f"""
                INSERT INTO {table} (counterparty_id, on_date, {column}, by_id)
                SELECT :id, :today, :value, nullif(current_setting('vizavi.user', true), '')::int
                WHERE :value IS DISTINCT FROM (
                    SELECT {column} FROM {table} WHERE counterparty_id = :id AND on_date <= :today
                    ORDER BY on_date DESC LIMIT 1
                )
                ON CONFLICT (counterparty_id, on_date) DO UPDATE
                SET {column} = excluded.{column}, by_id = excluded.by_id
            """),
            {"id": kept.id, "today": today, "value": getattr(kept, column)},
        )


def _derive(session: Session, kept_id: int) -> None:
    """Settlements, and what suppliers are owed."""

    def all_of(model: Any) -> list[int]:
        query = select(model.id).where(model.counterparty_id == kept_id)
        return list(session.scalars(query.execution_options(unscoped=True)))

    allocating.count(session, all_of(Payment))
    posting.settle(session, orders=all_of(BuyerOrder), counterparties=[kept_id])
    supply.refresh(session, all_of(SupplierOrder))
