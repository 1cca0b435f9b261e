"""One address for every type-ahead box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response, abort, jsonify, request
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from sqlalchemy import ColumnElement, ColumnExpressionArgument, and_, select

from app import formatting
from app.extensions import db
from app.queries.firsts import FEW, Ordering, first_found
from app.queries.sql import one_of
from app.web.forms.fields import row_number

PAGE = 20
DEEPEST = 50  # pages: whoever has not found it by then must type more

LOOKUPS: dict[str, Lookup] = {}


@dataclass(frozen=True)
class Lookup:
    """How rows of a model are picked.

    `section` must be readable ("": anybody who is logged in may pick); `find`
    makes the condition of the text typed; `hint` says more about a row than its
    name; `within` are relations that narrow the choice when their number is
    given, `only_within`: nothing is offered without one of them. `name` is that of
    the model unless only `some` of its rows are offered.
    """

    model: type[Any]
    section: str
    find: Callable[[Any, str], ColumnElement[bool]]
    order: Sequence[Any]
    hint: Callable[[Any], str] = lambda _item: ""
    extra: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    only_within: bool = False
    options: Sequence[Any] = ()
    name: str = ""
    some: ColumnExpressionArgument[bool] | None = None


def pickable(lookup: Lookup) -> None:
    LOOKUPS[lookup.name or lookup.model.__name__] = lookup


class LookupView(BaseView):
    """Gives `{"results": [{"id", "text", "hint", …}], "pagination": {"more"}}` for `?q=&page=`."""

    route_base = "/lookup"
    default_view = "find"

    @expose("/<name>")
    def find(self, name: str) -> Response:
        if not current_user.is_authenticated:
            abort(401)
        lookup = LOOKUPS.get(name) or abort(404)
        if lookup.section and not self.appbuilder.sm.has_access("can_read", lookup.section):
            abort(403)
        page = min(max(request.args.get("page", 1, int), 1), DEEPEST)
        items = self.rows_of(lookup, (page - 1) * PAGE, PAGE + 1)
        results = [self.described(lookup, item) for item in items[:PAGE]]
        return jsonify(results=results, pagination={"more": len(items) > PAGE and page < DEEPEST})

    @classmethod
    def rows_of(cls, lookup: Lookup, offset: int, size: int) -> Sequence[Any]:
        model, session, conditions = lookup.model, db.session(), cls.conditions_of(lookup)
        if hasattr(model, "words") and request.args.get("q", "").strip():
            order = Ordering(model, lookup.order[0])
            found = first_found(session, and_(*conditions), order, offset + size, cap=FEW)
            conditions, offset = [one_of(model.id, found.numbers[offset:])], 0
        statement = select(model).options(*lookup.options).where(*conditions).order_by(*lookup.order)
        return session.scalars(statement.limit(size).offset(offset)).all()

    @staticmethod
    def conditions_of(lookup: Lookup) -> list[Any]:
        found = [] if lookup.some is None else [lookup.some]
        if text := request.args.get("q", "").strip():
            found.append(lookup.find(lookup.model, text))
        rows = {name: row_number(request.args.get(name, "")) for name in lookup.within}
        found += [getattr(lookup.model, f"{name}_id") == row for name, row in rows.items() if row is not None]
        if lookup.only_within and not any(rows.values()):
            abort(400)
        return found

    @staticmethod
    def described(lookup: Lookup, item: Any) -> dict[str, Any]:
        values = {name: getattr(item, name) for name in lookup.extra}
        more = {n: formatting.localized(f"{v}") if isinstance(v, Decimal) else str(v) for n, v in values.items()}
        return {"id": item.id, "text": str(item), "hint": lookup.hint(item), **more}
