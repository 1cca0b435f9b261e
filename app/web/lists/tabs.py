"""Choices of a list that stand above it as tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _

from app.web.lists.state import VIEW, ListState

ALL = "all"


@dataclass(frozen=True)
class Tab:
    """A choice under a name: what its address asks."""

    key: str
    label: Any
    choice: Mapping[str, str]


@dataclass(frozen=True)
class ShownTab:
    label: str
    url: str
    here: bool


def tabs_of(state: ListState, tabs: Sequence[Tab]) -> list[ShownTab]:
    """Those of the list with everything before them; none where there is nothing to choose from."""
    if not tabs:
        return []
    path, here = url_for(str(request.endpoint)), state.args.get(VIEW, ALL)
    every = [Tab(ALL, _("All"), {}), *tabs]
    return [
        ShownTab(str(tab.label), f"{path}?{urlencode({VIEW: tab.key, **tab.choice})}", tab.key == here) for tab in every
    ]
