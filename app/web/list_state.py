"""What the address asks of a list; nonsense is the first page in the usual order."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from app.web.datamodel import Order


@dataclass(frozen=True)
class ListState:
    page: int
    size: int | None
    order: Order | None


def natural(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def list_state(view_name: str) -> ListState:
    """The page, its size and the order in FAB's words: page_X, psize_X, _oc_X and _od_X."""
    column, direction = request.args.get(f"_oc_{view_name}"), request.args.get(f"_od_{view_name}")
    return ListState(
        page=natural(request.args.get(f"page_{view_name}")) or 0,
        size=natural(request.args.get(f"psize_{view_name}")) or None,
        order=(column, direction) if column and direction in {"asc", "desc"} else None,
    )


def presets(columns: list[str]) -> dict[str, str]:
    """Values for a new row given by the card or screen that leads to the form: `_flt_0_counterparty=7`."""
    found = {name.removeprefix("_flt_0_"): value for name, value in request.args.items() if name.startswith("_flt_0_")}
    return {name: value for name, value in found.items() if name in columns and value}
