"""Row rights: every ORM select, update and delete of a session is narrowed to what its viewer may see.

A rule is declared beside its model with `@visible_by`. The viewer is put into
`session.info["viewer"]` by the edge; a session without one (a worker, the
command line) sees everything. `execution_options(unscoped=True)` is the one
visible way out, for figures such as a share of the company's total.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, event, true
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState, Session, with_loader_criteria

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


def viewer_of(session: Session) -> Viewer | None:
    return session.info.get("viewer")


def seen_by(viewer: Viewer | None, model: type) -> ColumnElement[bool]:
    """The rows of the model that the viewer may see, as a condition: for a statement that is unscoped otherwise."""
    return RULES[model](model, viewer) if viewer and model in _rules_for(viewer) else true()


def _rules_for(viewer: Viewer) -> Mapping[type, Rule]:
    return {model: RULES[model] for model in PERSONAL} if viewer.sees_all else RULES


@event.listens_for(Session, "do_orm_execute")
def narrow(state: ORMExecuteState) -> None:
    viewer = viewer_of(state.session)
    options = state.execution_options
    if viewer is None or options.get("unscoped") or options.get(NARROWED) or state.is_column_load:
        return
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(*criteria_of(viewer))


def narrowed_for(viewer: Viewer | None, statement: Select[Any]) -> Select[Any]:
    """The statement as this viewer may read it, for one that is kept: narrowing it costs more than a small query."""
    if viewer is None:
        return statement
    return statement.options(*criteria_of(viewer)).execution_options(**{NARROWED: True})


@lru_cache(maxsize=1024)
def criteria_of(viewer: Viewer) -> tuple[LoaderCriteriaOption, ...]:
    """The rules of every model for this viewer, made once: making them costs more than a small query."""
    # Plain expressions: a lambda made in a loop shares one code object, and SQLAlchemy would cache
    # the rule of one model for another.
    return tuple(
        with_loader_criteria(m, rule(m, viewer), include_aliases=True) for m, rule in _rules_for(viewer).items()
    )
