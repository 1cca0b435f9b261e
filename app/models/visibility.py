"""Row rights: every ORM select, update and delete of a session is narrowed to what its viewer may see.

A rule is declared beside its model with `@visible_by`. The viewer is put into
`session.info["viewer"]` by the edge; a session without one (a worker, the
command line) sees everything. `execution_options(unscoped=True)` is the one
visible way out, for figures such as a share of the company's total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, bindparam, event, false, select, true
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState, Session
from sqlalchemy.orm.interfaces import CriteriaOption
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.cache_key import NO_CACHE, anon_map
from sqlalchemy.sql.elements import BooleanClauseList, Grouping
from sqlalchemy.sql.operators import or_

from app.domain.viewer import Viewer

M = TypeVar("M")
Rule = Callable[[Any, Viewer], ColumnElement[bool]]
RULES: dict[type, Rule] = {}
PERSONAL: set[type] = set()  # whose rule holds for those who see everything too
NARROWED = "vizavi_narrowed"  # of a statement that has its viewer's rules in it


def visible_by(rule: Rule, *, personal: bool = False) -> Callable[[type[M]], type[M]]:
    """Declare who sees the rows; `personal` ones are their owner's alone, whatever else a viewer may see."""

    def register(model: type[M]) -> type[M]:
        RULES[model] = rule
        if personal:
            PERSONAL.add(model)
        return model

    return register


def whole_company(_cls: Any, _viewer: Viewer) -> ColumnElement[bool]:
    """The rule of what is of everybody: nobody sees it who sees only his own clients."""
    return false()


def viewer_of(session: Session) -> Viewer | None:
    return session.info.get("viewer")


def sees_all(session: Session) -> bool:
    """No rule keeps the rows of the company from whoever reads."""
    viewer = viewer_of(session)
    return viewer is None or viewer.sees_all


def seen_by(viewer: Viewer | None, model: type) -> ColumnElement[bool]:
    """The rows of the model that the viewer may see, as a condition: for a statement that is unscoped otherwise."""
    return RULES[model](model, viewer) if viewer and is_narrowed(viewer, model) else true()


def ways_to_see(viewer: Viewer | None, model: type) -> Sequence[ColumnElement[bool]]:
    """The same as conditions of which a row that is seen meets one at least."""
    rule = seen_by(viewer, model)
    each = rule.clauses if isinstance(rule, BooleanClauseList) and rule.operator is or_ else [rule]
    # What is put in parentheses keeps its marks within them.
    ways: list[Any] = [way.element if isinstance(way, Grouping) else way for way in each]
    return ways


def is_narrowed(viewer: Viewer | None, model: type) -> bool:
    """There may be rows of the model that the viewer does not see."""
    return viewer is not None and model in _rules_for(viewer)


def _rules_for(viewer: Viewer) -> Mapping[type, Rule]:
    return {model: RULES[model] for model in PERSONAL} if viewer.sees_all else RULES


@event.listens_for(Session, "do_orm_execute")
def narrow(state: ORMExecuteState) -> None:
    viewer = viewer_of(state.session)
    options = state.execution_options
    if viewer is None or options.get("unscoped") or options.get(NARROWED) or state.is_column_load:
        return
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(criteria_of(viewer))


def as_seen(viewer: Viewer | None, statement: Select[Any]) -> Select[Any]:
    """The statement as this viewer may read it."""
    seen = statement if viewer is None else statement.options(criteria_of(viewer))
    return seen.execution_options(**{NARROWED: True})


@lru_cache(maxsize=512)
def narrowed_for(viewer: Viewer | None, statement: Select[Any]) -> Select[Any]:
    """The same of one that is kept: narrowing it costs more than a small query."""
    return as_seen(viewer, statement)


def seen_row(session: Session, model: Any, number: int) -> Any:
    """The row as `session.get` gives it, where it is read by a statement that is kept: that costs half as much."""
    if identity_key(model, number) in session.identity_map:
        return session.get(model, number)
    statement = narrowed_for(viewer_of(session), _by_number(model, model))
    return session.scalars(statement, {"number": number}).unique().one_or_none()


def sees(session: Session, model: Any, number: int) -> bool:
    """The viewer sees the row of this number."""
    viewer = viewer_of(session)
    if not is_narrowed(viewer, model):
        return True
    statement = narrowed_for(viewer, _by_number(model, model.id))
    return session.scalar(statement, {"number": number}) is not None


@cache
def _by_number(model: Any, what: Any) -> Select[Any]:
    number: Any = bindparam("number", type_=Integer)
    return select(what).where(model.id == number).execution_options(keeps_plan=True)


class RowRule(LoaderCriteriaOption):
    """The rule of one model, and of its alias that is joined: SQLAlchemy would ask it of the model itself, which is
    another row there, or any.
    """

    _traverse_internals = LoaderCriteriaOption._traverse_internals  # its key is that of the option it is

    def _resolve_where_criteria(self, ext_info: Any) -> ColumnElement[bool]:
        condition = super()._resolve_where_criteria(ext_info)
        return ext_info._adapter.traverse(condition) if ext_info.is_aliased_class else condition


class RowRules(CriteriaOption):
    """The rules of all models for one viewer, as `with_loader_criteria` has each, in one option with a short key.

    SQLAlchemy finds a compiled statement by a key, for which it would walk through the rules of all models each time:
    1.2 ms a statement. The rules of two viewers have one key and other values, so what is compiled serves both.
    """

    __slots__ = ("key", "rules", "values")
    propagate_to_loaders = True

    def __init__(self, rules: Iterable[LoaderCriteriaOption]) -> None:
        self.rules = tuple(rules)
        self.values = list[BindParameter[Any]]()
        whole = []
        for rule in self.rules:
            names = anon_map()
            whole.append(rule._gen_cache_key(names, self.values))
            assert NO_CACHE not in names, rule.entity
        # A number stands for the whole: what is long is hashed and compared anew at every look.
        self.key = RowRules, _numbers[tuple(whole)]

    def _gen_cache_key(self, _names: Any, values: list[BindParameter[Any]]) -> Any:
        values.extend(self.values)
        return self.key

    def process_compile_state(self, compile_state: Any) -> None:
        self.get_global_criteria(compile_state.global_attributes)

    def process_compile_state_replaced_entities(self, compile_state: Any, _mapper_entities: Any) -> None:
        self.process_compile_state(compile_state)

    def get_global_criteria(self, attributes: dict[Any, Any]) -> None:
        for rule in self.rules:
            rule.get_global_criteria(attributes)


# Of the keys of rules: there are as many as there are kinds of viewers. Counted, and not by what is there already: two
# threads at once would find as much, and with one number each would have the rules of the other.
_numbers: dict[Any, int] = defaultdict(count().__next__)


@lru_cache(maxsize=1024)
def criteria_of(viewer: Viewer) -> RowRules:
    """The rules of every model for this viewer, made once: making them costs more than a small query."""
    # Plain expressions: a lambda made in a loop shares one code object, and SQLAlchemy would cache
    # the rule of one model for another.
    rules = _rules_for(viewer).items()
    return RowRules(RowRule(model, rule(model, viewer), include_aliases=True) for model, rule in rules)
