"""Saved views of lists and the habits of their readers: who may keep, share and drop them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Integer, Select, Text, bindparam, delete, func, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.lists import ListHabit, SavedView
from app.queries.sql import execute_kept, few_numbers, numbers, one_of

LONGEST_NAME = 60
MOST = 50  # of one user's list
LONGEST_CHOICE = 4000  # letters of all values


@dataclass(frozen=True)
class KeptView:
    """A saved view as its reader knows it."""

    id: int
    name: str
    choice: Mapping[str, str]
    role_id: int | None
    is_own: bool
    on_home: bool = False
    in_menu: bool = False


@dataclass(frozen=True)
class Pinned:
    """A kept view that stands on the first page or in the menu: of which list, its name and choice."""

    list: str
    id: int
    name: str
    choice: Mapping[str, str]


@dataclass(frozen=True)
class Habits:
    """What one user has kept of one list."""

    columns: str = ""
    opens_at: str = ""
    last: Mapping[str, str] = field(default_factory=dict)
    views: list[KeptView] = field(default_factory=list)


def habits_of(session: Session, user_id: int, role_ids: Collection[int], name: str) -> Habits:
    """His columns and first tab, his views and those shared with his roles, in one statement."""
    asked = {"user": user_id, "roles": list(role_ids), "list": name}
    return habits_told(execute_kept(session, _habits(), asked).one())  # his own, and no rule has to be asked for


@cache
def _habits() -> Select[Any]:
    return select(*habits_asked()).execution_options(unscoped=True, keeps_plan=True)


@cache
def habits_asked() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What they are made of, in any statement whose parameters are `user`, `roles` and `list`."""
    user, name = bindparam("user", type_=Integer), bindparam("list", type_=Text)
    habit, view = ListHabit, SavedView
    mine = select(func.jsonb_build_array(habit.columns, habit.opens_at, habit.last))
    fields = (view.id, view.name, view.choice, view.role_id, view.user_id == user, view.on_home, view.in_menu)
    seen = or_(view.user_id == user, one_of(view.role_id, few_numbers("roles")))
    views = select(func.jsonb_agg(aggregate_order_by(func.jsonb_build_array(*fields), view.name, view.id)))
    return (
        mine.where(habit.user_id == user, habit.list == name).scalar_subquery(),
        views.where(view.list == name, seen).scalar_subquery(),
    )


def habits_told(found: Sequence[Any]) -> Habits:
    """Of what such a statement has found."""
    habit, views = found
    columns, opens_at, last = habit or ("", "", {})
    return Habits(columns, opens_at, last, [KeptView(*view) for view in views or ()])


def keep_columns(session: Session, user_id: int, name: str, columns: str) -> None:
    _keep(session, user_id, name, columns=columns)


def open_at(session: Session, user_id: int, name: str, tab: str) -> None:
    """From now on the user's list opens at this tab."""
    _keep(session, user_id, name, opens_at=tab)


def keep_last(session: Session, user_id: int, name: str, choice: Mapping[str, str]) -> None:
    """What the user chose last; a choice too long to be kept is not."""
    if sum(map(len, choice.values())) <= LONGEST_CHOICE:
        _keep(session, user_id, name, last=dict(choice))


def on_home(session: Session, user_id: int, role_ids: Collection[int]) -> list[Pinned]:
    """What the user, or whoever shares with his roles, put on the first page."""
    return _pinned(session, user_id, role_ids, SavedView.on_home)


def in_menu(session: Session, user_id: int, role_ids: Collection[int]) -> list[Pinned]:
    """The same of the menu."""
    return _pinned(session, user_id, role_ids, SavedView.in_menu)


def of_all_lists(session: Session, user_id: int, role_ids: Collection[int]) -> list[Pinned]:
    """Everything that the user kept, or that is shared with his roles."""
    return _pinned(session, user_id, role_ids, None)


def _pinned(session: Session, user_id: int, role_ids: Collection[int], where: Any) -> list[Pinned]:
    asked = {"user": user_id, "roles": [*role_ids]}
    return [Pinned(*row) for row in execute_kept(session, _seen_views(where), asked)]


@cache
def _seen_views(where: Any) -> Any:
    view = SavedView
    seen = or_(view.user_id == bindparam("user"), one_of(view.role_id, numbers("roles")))
    query = select(view.list, view.id, view.name, view.choice).where(seen).order_by(view.name, view.id)
    narrowed = query if where is None else query.where(where)
    return narrowed.execution_options(unscoped=True, keeps_plan=True)


def _keep(session: Session, user_id: int, name: str, **values: Any) -> None:
    row = insert(ListHabit).values(user_id=user_id, list=name, **values)
    session.execute(row.on_conflict_do_update(index_elements=["user_id", "list"], set_=values))


def keep_view(
    session: Session,
    user_id: int,
    list_name: str,
    *,
    name: str,
    choice: Mapping[str, str],
    role_id: int | None,
    own_roles: Collection[int],
    on_home: bool = False,
    in_menu: bool = False,
) -> int:
    """The choice under this name; a view of the same name of the same user is put in its place. Gives its number."""
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Give it a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Refused(_("No more than %(most)s letters.", most=LONGEST_NAME), field="name")
    if role_id is not None and role_id not in own_roles:
        raise Refused(_("A view is shared with a role that you have."), field="role")
    if sum(map(len, choice.values())) > LONGEST_CHOICE:
        raise Refused(_("The choice is too long to be kept."), field="name")
    of_user = select(SavedView.name).where(SavedView.user_id == user_id, SavedView.list == list_name)
    names = set(session.scalars(of_user))
    if name not in names and len(names) >= MOST:
        raise Refused(_("There are too many views of this list: delete one first."), field="name")
    values = {"choice": dict(choice), "role_id": role_id, "on_home": on_home, "in_menu": in_menu}
    row = insert(SavedView).values(user_id=user_id, list=list_name, name=name, **values)
    keeping = row.on_conflict_do_update(index_elements=["user_id", "list", "name"], set_=values)
    return session.scalars(keeping.returning(SavedView.id)).one()


def drop_view(session: Session, user_id: int, list_name: str, view_id: int, *, every: bool) -> bool:
    """Whether there was one that the user may drop: his own, or (`every`) anybody's."""
    may = true() if every else SavedView.user_id == user_id
    dropped = delete(SavedView).where(SavedView.id == view_id, SavedView.list == list_name, may)
    return session.scalar(dropped.returning(SavedView.id)) is not None
