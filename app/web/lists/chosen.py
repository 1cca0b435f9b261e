"""Rows that a reader chose in a list: those that he ticked, or all that its filters find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from flask import current_app, redirect, request, url_for
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.errors import Refused
from app.queries.sql import one_of
from app.web.forms.fields import row_number
from app.web.lists.state import ListState

if TYPE_CHECKING:
    from app.web.lists.screens import ListScreens

MOST = 500_000


def may_mail() -> bool:
    return bool(current_app.appbuilder.sm.has_access("can_write", "Mailings"))  # type: ignore[attr-defined]


def mail_to(view: ListScreens) -> Response:
    """What was chosen in the list is sent on, as it came, to the screen of mailings."""
    return redirect(url_for("MailingView.begin", screen=type(view).__name__), code=307)


def numbers_of(items: Any | list[Any]) -> str:
    """The row, or the rows, that an action was given, as an address names them."""
    rows = items if isinstance(items, list) else [items]
    return ",".join(str(row.id) for row in rows)


def screen_named(name: str) -> Any:
    """The view of a list; of work that was asked for before the list was taken away, none."""
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]
    found = next((view for view in views if type(view).__name__ == name), None)
    if found is None:
        raise Refused("This list is no longer there.")
    return found


@dataclass(frozen=True)
class ChosenRows:
    """`ids` None: all that the choice finds. `hidden` are columns that the reader may neither see nor ask by."""

    view: str
    choice: Mapping[str, str]
    ids: list[int] | None = None
    hidden: list[str] = field(default_factory=list)

    @classmethod
    def of_form(cls, view: ListScreens) -> ChosenRows:
        """What the form of the list says: `rowid` of each ticked row, or `every`."""
        ids = None
        if "every" not in request.form:
            ids = [number for number in map(row_number, request.form.getlist("rowid")) if number is not None]
        return cls(type(view).__name__, view.back_to(), ids, sorted(view.hidden()))

    def to_params(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> ChosenRows:
        return cls(params["view"], params["choice"], params["ids"], params["hidden"])

    @property
    def screen(self) -> ListScreens:
        found: ListScreens = screen_named(self.view)
        return found

    def statement(self, session: Session) -> Select[Any]:
        """Their numbers, in the order of the list."""
        view, state = self.screen, ListState(self.view, MultiDict(self.choice))
        filters = view._filters.fresh()
        filters.without(self.hidden)
        view.own_columns(session).add_filters(filters, view.datamodel)
        if self.ids is None:
            filters.ask(state.args)
        model = view.datamodel.obj
        found = view.datamodel.filtered(filters.get_joined_filters(view._base_filters))
        if self.ids is not None:
            found = found.where(one_of(model.id, self.ids))
        order = view.order_of(state, set(self.hidden))
        return view.datamodel.ordered(found.with_only_columns(model.id), order).limit(MOST)

    def numbers(self, session: Session) -> list[int]:
        return list(session.scalars(self.statement(session)))
