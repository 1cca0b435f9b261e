"""What the address asks of a list: the whole choice is there; nonsense is the first page in the usual order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from app.web.datamodel import Order
from app.web.lists.columns import Chosen, chosen_columns

FILTER = "_flt_"
COLUMNS = "_col"
VIEW = "view"  # which of the saved views the choice began with


def natural(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


@dataclass(frozen=True)
class ListState:
    """In FAB's words: page_X, psize_X, _oc_X and _od_X of the view X; `_col_X` names the columns in their order.

    `args` are those of the address, or of the saved view that a bare address opens.
    """

    view: str
    args: MultiDict[str, str]

    def _said(self, what: str) -> str | None:
        return self.args.get(f"{what}_{self.view}")

    @property
    def page(self) -> int:
        return natural(self._said("page")) or 0

    @property
    def size(self) -> int | None:
        return natural(self._said("psize")) or None

    @property
    def order(self) -> Order | None:
        column, direction = self._said("_oc"), self._said("_od")
        return (column, direction) if column and direction in {"asc", "desc"} else None

    @property
    def columns(self) -> tuple[Chosen, ...]:
        """Those that the address names; none: the list has its own."""
        return chosen_columns(self._said(COLUMNS) or "")

    @property
    def text(self) -> str:
        """All of it as one text, for a form that comes back here."""
        return urlencode({name: value for name, value in self.args.items() if value})

    def address(self, changed: Mapping[str, str], without: tuple[str, ...] = ()) -> str:
        """The same list asked otherwise, from its first page on; `without` are parameters that are dropped."""
        asked = {**self.args.to_dict(), f"page_{self.view}": "", **changed, **dict.fromkeys(without, "")}
        # A list whose last filter is taken away shows everything, and not what a bare address opens.
        asked = {name: text for name, text in asked.items() if text} or {VIEW: "all"}
        return f"{request.path}?{urlencode(asked)}"

    def everything(self) -> str:
        """The same columns and order without a filter."""
        return self.address({}, without=tuple(name for name in self.args if name.startswith(FILTER)))

    def turned(self, page: int) -> str:
        return self.address({f"page_{self.view}": str(page) if page else ""})

    def sorted_by(self, column: str, now: Order | None, *, falling: bool = False) -> str:
        """`falling`: numbers are looked at from the greatest first."""
        first, then = ("desc", "asc") if falling else ("asc", "desc")
        direction = then if now == (column, first) else first
        return self.address({f"_oc_{self.view}": column, f"_od_{self.view}": direction})


def list_state(view_name: str) -> ListState:
    return ListState(view_name, request.args)


def presets(columns: list[str]) -> dict[str, str]:
    """Values for a new row given by the card or screen that leads to the form: `_flt_0_counterparty=7`."""
    found = {name.removeprefix("_flt_0_"): value for name, value in request.args.items() if name.startswith("_flt_0_")}
    return {name: value for name, value in found.items() if name in columns and value}
