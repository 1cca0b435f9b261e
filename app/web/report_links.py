"""Addresses of reports, and where their values lead: cards, forms of new rows, other reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request, url_for

from app.services.list_views import Pinned
from app.web.display import CARDS
from app.web.lists.tabs import PINNED
from reports import CATALOGUE, report_named
from reports.kit.columns import Begin, Drill, Row
from reports.kit.report import TableSet


def view_name(slug: str) -> str:
    """What the view of the report is called in endpoints and rights; nobody else composes it."""
    return slug.title().replace("-", "") + "ReportView"


def report_of(name: str) -> TableSet | None:
    """The report whose view has this name: settings of reports are kept under it."""
    return next((report for report in CATALOGUE if view_name(report.slug) == name), None)


def report_endpoint(slug: str, exit: str = "page") -> str:
    return f"{view_name(slug)}.{exit}"


def report_url(slug: str, exit: str = "page", /, **choices: Any) -> str:
    """The report with these choices, on its page or by another exit (`xlsx`, `json`)."""
    return url_for(report_endpoint(slug, exit), **choices)


def address_with(endpoint: str, asked: Mapping[str, Any], **values: Any) -> str:
    """The address with what was asked after it: its names are only names, whatever `url_for` would make of them."""
    return url_for(endpoint, **values) + (f"?{urlencode(asked)}" if asked else "")


def kept_url(report: TableSet, number: int, choice: Mapping[str, str]) -> str:
    """The report with a kept setting in force."""
    return address_with(report_endpoint(report.slug), {"kept": number, **choice})


def openable(views: Iterable[Pinned]) -> Iterator[tuple[Pinned, TableSet]]:
    """Of kept settings those of reports that the reader may open, each with its report."""
    may = current_app.appbuilder.sm.has_access  # type: ignore[attr-defined]
    for view in views:
        if (report := report_of(view.list)) and may("can_read", report.section):
            yield view, report


@dataclass(frozen=True)
class Pin:
    """A link of the menu to a kept setting."""

    label: str
    url: str
    here: bool


def pins() -> tuple[Pin, ...]:
    """What the reader, or whoever shares with his roles, put into the menu, of the reports that he may open."""
    return tuple(
        Pin(view.name, kept_url(report, view.id, view.choice), request.args.get("kept") == str(view.id))
        for view, report in openable(request.environ.get(PINNED, ()))
    )


def init_app(app: Flask) -> None:
    app.jinja_env.globals |= {"report_url": report_url, "address_with": address_with, "pins": pins}


def drilled(drill: Drill, row: Row) -> str:
    """The other report with its choices; nothing when the reader may not open it, or the row has none to choose."""
    report = report_named(drill.slug)
    if any(row.get(name) is None for name in drill.columns.values()):
        return ""
    if report is None or not current_app.appbuilder.sm.has_access("can_read", report.section):  # type: ignore[attr-defined]
        return ""
    asked = {**drill.texts, **{choice: str(row[name]) for choice, name in drill.columns.items()}}
    return report_url(drill.slug, **asked)


def card_address(model: str) -> str:
    """Where cards of the model are, without the number; nothing when the reader may not open them."""
    endpoint = screens_of(model, "can_read")
    return url_for(f"{endpoint}.show", pk=0).removesuffix("0") if endpoint else ""


def form_address(begins: Begin) -> str:
    """The form of a new row, without the number that it is begun with."""
    endpoint = screens_of(begins.model, "can_write")
    given = {f"_flt_0_{name}": value for name, value in (*begins.given, (begins.field, ""))}
    return url_for(f"{endpoint}.add", **given) if endpoint else ""  # type: ignore[arg-type]


def screens_of(model: str, right: str) -> str:
    """The endpoint of the model's screens; nothing when the reader has no such right."""
    cards = {known.__name__: card for known, card in current_app.extensions[CARDS].items()}
    endpoint, section = cards.get(model, ("", ""))
    may = endpoint and current_app.appbuilder.sm.has_access(right, section)  # type: ignore[attr-defined]
    return endpoint if may else ""
