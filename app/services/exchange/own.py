"""Own fields in files: columns of the tables whose rows have them, as many as there are just now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Text,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, aliased

from app.domain.formats.values import BadValue, parse_date
from app.domain.own_fields import PREFIX, OwnKind
from app.errors import Refused
from app.models.own_fields import OwnField, Owning
from app.models.users import User
from app.queries.own_fields import OWNERS, joined_words
from app.services import own_fields
from app.services.exchange.fields import Parser, Unfit, ValueField, any_case
from app.services.exchange.matching import names_of_user
from app.services.exchange.report import ImportReport
from app.services.exchange.sentences import each, several_users_are_called
from app.services.exchange.staging import ImportTable, Staging

NOTHING = cast(literal("{}"), JSONB)  # of own fields, in a new row
EXPORTED: dict[OwnKind, Any] = {
    OwnKind.NUMBER: Numeric(),
    OwnKind.MONEY: Numeric(),
    OwnKind.DATE: Date(),
    OwnKind.FLAG: Boolean(),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnValue(ValueField):
    """The value of an own field: JSON of one key, beside those of the other fields; a user goes out by his login."""

    own: OwnField

    @property
    def column(self) -> str:
        return self.own.key

    @property
    def staged_type(self) -> Any:
        return JSONB()

    @property
    def stored(self) -> ColumnElement[Any]:
        value: ColumnElement[Any] = self.attribute.op("->", return_type=JSONB())(self.own.key)
        return value

    @property
    def instead(self) -> ColumnElement[Any]:
        return literal(self.default, JSONB())

    @property
    def exported(self) -> ColumnElement[Any]:
        text = self.attribute.op("->>", return_type=Text())(self.own.key)
        if self.own.kind is OwnKind.CHOICES:
            return joined_words(self.attribute.class_, self.own, "; ")
        if self.own.kind is OwnKind.USER:
            user = aliased(User)
            return select(user.username).where(user.id == cast(text, Integer)).scalar_subquery()
        return cast(text, EXPORTED[self.own.kind]) if self.own.kind in EXPORTED else text

    def parser(self, zone: tzinfo) -> Parser:
        field = self.own

        def parse(text: str) -> str:
            if field.kind is OwnKind.DATE:
                with suppress(BadValue):  # the sentence of the field tells better what is expected
                    text = parse_date(text, zone=zone).isoformat()
            if field.kind is OwnKind.USER:
                return json.dumps(text, ensure_ascii=False)  # his number is found for all lines at once
            try:
                return json.dumps(own_fields.value_of(field, text), ensure_ascii=False)
            except Refused as refused:
                raise Unfit(str(refused)) from None

        return parse


def with_own_fields(session: Session, table: ImportTable, *, to_write: bool) -> ImportTable:
    """The table with a column for every own field that whoever works in the session sees, or `to_write` changes."""
    if not issubclass(table.model, Owning) or table.written_by:
        return table
    seen = own_fields.seen_fields(session, OWNERS[table.model])
    found = [field for field in seen if not to_write or own_fields.may_change(session, field)]
    columns = tuple(column(table.model, field) for field in found)
    users = tuple(partial(find_users, name=each.name) for each in columns if each.own.kind is OwnKind.USER)
    return replace(table, fields=table.fields + columns, rules=users + table.rules)


def column(model: type[Owning], field: OwnField) -> OwnValue:
    return OwnValue(
        name=PREFIX + field.key,
        caption=field.name,
        headers=(field.key,),
        attribute=model.own,
        needed=field.is_required and not field.default,
        default=field.reader.read(field.default) if field.default else None,
        own=field,
    )


def find_users(staging: Staging, report: ImportReport, name: str) -> None:
    """Logins and names become numbers of users; strangers and namesakes are told by line."""
    for table in {staging.lines.name: staging.lines, staging.heads.name: staging.heads}.values():
        typed = table.c[name].op("#>>", return_type=Text())(literal_column("'{}'"))
        by_login = select(User.id).where(func.lower(User.username) == func.lower(typed)).scalar_subquery()
        is_named = or_(*(known == any_case(typed) for known in names_of_user()))
        by_name = select(func.min(User.id)).where(is_named).having(func.count() == 1).scalar_subquery()
        known = func.coalesce(by_login, by_name)
        if table is staging.lines:
            wrong = select(table.c.line, typed).where(table.c[name].is_not(None), known.is_(None))
            many = exists().where(is_named)
            each(staging, report, name, wrong.where(~many), lambda who: _("There is no user “%(login)s”.", login=who))
            each(staging, report, name, wrong.where(many), several_users_are_called)
        staging.run(table.update().where(table.c[name].is_not(None)).values({name: func.to_jsonb(known)}))


def merged(base: Any, values: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    """The JSON of a row with these values in it; what has none is taken out."""
    pairs = [part for key, value in values.items() for part in (literal(key), value)]
    return func.jsonb_strip_nulls(base.op("||")(func.jsonb_build_object(*pairs)))


def columns_of(values: Mapping[ValueField, ColumnElement[Any]], base: Any) -> dict[str, Any]:
    """What is written into which column: own fields share one, over what is there."""
    found = {field.column: value for field, value in values.items() if not isinstance(field, OwnValue)}
    own = {field.own.key: value for field, value in values.items() if isinstance(field, OwnValue)}
    return found | ({"own": merged(base, own)} if own else {})
