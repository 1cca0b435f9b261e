"""Own fields in reports: whatever leads to a client, an order, a person or an item has their own fields beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Integer, Select, cast, func, select
from sqlalchemy import Date as SqlDate
from sqlalchemy.orm import Session, aliased

from app.domain.own_fields import PREFIX, Owner, OwnKind, python_value
from app.errors import Refused
from app.models.own_fields import OwnField
from app.models.users import User
from app.queries import own_fields as found
from app.queries.sql import user_name
from app.services import own_fields
from reports.kit import columns
from reports.kit.params import ChoiceParam, Param
from reports.kit.setup import Shape

LINKED = {model.__name__: owner for owner, model in found.MODELS.items()}
FLAGS: dict[str, LazyString] = {"true": _l("yes"), "false": _l("no")}
GROUPED = {OwnKind.CHOICE, OwnKind.FLAG, OwnKind.USER}
RANGE = ".."


@dataclass(frozen=True)
class OwnPart:
    """An own field of the row whose number stands in the column `number` of the report's query."""

    field: OwnField
    number: str

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.field.owner}_{self.field.key}"

    @cached_property
    def column(self) -> columns.Column:
        label, kind = self.field.name, self.field.kind
        if kind in {OwnKind.NUMBER, OwnKind.MONEY}:
            # The same value may stand in several rows: it is not added up.
            return columns.Number(self.name, label, total=False, aside=True)
        if kind is OwnKind.DATE:
            return columns.Date(self.name, label, aside=True)
        if kind is OwnKind.FLAG:
            return columns.Choice(self.name, label, width=8, aside=True, caption=flag, listed=[*FLAGS])
        if kind is OwnKind.CHOICE:
            return columns.Choice(self.name, label, width=24, aside=True, listed=self.field.words)
        return columns.Text(self.name, label, width=24, aside=True)

    @property
    def param(self) -> Param:
        """The choice that narrows the report by it."""
        label = self.field.name
        if self.field.kind is OwnKind.FLAG:
            return ChoiceParam(self.name, label, options={"": _l("Any"), **FLAGS})
        if self.field.kind in {OwnKind.CHOICE, OwnKind.CHOICES}:
            return ChoiceParam(self.name, label, options={"": _l("Any"), **{word: word for word in self.field.words}})
        return Param(self.name, label)

    def value(self, row: Any) -> ColumnElement[Any]:
        """What stands in the column, of an alias of the row's model."""
        value, kind = found.value(row, self.field), self.field.kind
        if kind is OwnKind.DATE:
            return cast(value, SqlDate)
        if kind is OwnKind.USER:
            user = aliased(User)
            name = user_name(user)
            return select(name).where(user.id == cast(value, Integer)).scalar_subquery()
        if kind is OwnKind.CHOICES:
            return func.coalesce(found.joined_words(row, self.field, ", "), "")
        return value

    def condition(self, row: Any, text: str) -> ColumnElement[bool]:
        """Of numbers and days `10..20`, `10..` or one value; of users a login; of texts words; Refused otherwise."""
        if self.field.kind.is_ordered:
            least, dots, most = text.partition(RANGE)
            bounds: list[Any] = [
                python_value(self.field.kind, self.read(part)) for part in (least, most if dots else least)
            ]
            return found.between(row, self.field, *bounds)
        if self.field.kind is OwnKind.USER:
            user = aliased(User)
            login = select(user.id).where(func.lower(user.username) == text.lower()).scalar_subquery()
            return cast(found.value(row, self.field), Integer) == login
        if self.field.kind in {OwnKind.TEXT, OwnKind.LINK}:
            return found.field_words(row, text, self.field)
        kept = self.read(text)
        return found.equal(row, self.field, kept[0] if isinstance(kept, list) else kept)

    def read(self, text: str) -> Any:
        try:
            return own_fields.value_of(self.field, text)
        except Refused as refused:
            raise Refused(str(refused), field=self.name) from None


def flag(value: str) -> str:
    return str(FLAGS[value])


def parts_of(session: Session, shape: Shape) -> list[OwnPart]:
    """The own fields that the reader sees of the rows to which the columns of the report lead."""
    numbers: dict[Owner, str] = {}
    for column in shape.columns:
        for model, number in column.links:
            if model in LINKED:
                numbers.setdefault(LINKED[model], number)
    return [
        OwnPart(field, number) for owner, number in numbers.items() for field in own_fields.seen_fields(session, owner)
    ]


def with_parts(shape: Shape, parts: Sequence[OwnPart]) -> Shape:
    """The shape with their columns, which stand aside until somebody ticks them, and groupings."""
    groups = [part.name for part in parts if part.field.kind in GROUPED]
    return replace(shape, columns=(*shape.columns, *(part.column for part in parts)), groups=(*shape.groups, *groups))


def with_own_columns(query: Select, parts: Sequence[OwnPart], used: Iterable[str], asked: Mapping[str, str]) -> Select:
    """The query with the columns of these names beside its own, narrowed by what is asked of own fields."""
    wanted = {part.name for part in parts} & {*used, *asked}
    if not wanted:
        return query
    bare = query.subquery("bare")
    made = select(bare)
    rows: dict[tuple[Owner, str], Any] = {}
    for part in parts:
        if part.name not in wanted:
            continue
        at = (part.field.owner, part.number)
        if at not in rows:
            rows[at] = row = aliased(found.MODELS[part.field.owner])
            made = made.outerjoin(row, row.id == bare.c[part.number])
        made = made.add_columns(part.value(rows[at]).label(part.name))
        if text := asked.get(part.name):
            made = made.where(part.condition(rows[at], text))
    return made.execution_options(**query.get_execution_options())
