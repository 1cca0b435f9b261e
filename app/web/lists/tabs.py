"""Choices of a list that stand above it as tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _

from app.web.lists.state import FILTER, VIEW, ListState

# In request.environ.
PINNED = "vizavi.pinned"  # the kept views that stand in the reader's menu
HABITS = "vizavi.habits"  # what the reader has kept of the list that he opens
OPENED: set[str] = set()  # endpoints of the pages that show a list with what is kept of it, under the name of its view
ALL = "all"


@dataclass(frozen=True)
class Tab:
    """A choice under a name: what its address asks."""

    key: str
    label: Any
    choice: Mapping[str, str]
    is_shared: bool = False


@dataclass(frozen=True)
class ShownTab:
    label: str
    url: str
    here: bool
    is_shared: bool


def filters_of(tab: Tab) -> dict[str, str]:
    return {name: value for name, value in tab.choice.items() if value and name.startswith(FILTER)}


def tabs_of(state: ListState, tabs: Sequence[Tab]) -> list[ShownTab]:
    """Everything, then those of the list. An address that names none is at the one that finds the same."""
    path = url_for(str(request.endpoint))
    every = [Tab(ALL, _("All"), {}), *tabs]
    asked = {name: value for name, value in state.args.items() if value and name.startswith(FILTER)}
    here = state.args.get(VIEW) or next((tab.key for tab in every if filters_of(tab) == asked), ALL)
    return [
        ShownTab(str(tab.label), f"{path}?{urlencode({VIEW: tab.key, **tab.choice})}", tab.key == here, tab.is_shared)
        for tab in every
    ]
