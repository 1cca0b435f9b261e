"""Where values of reports lead: cards, forms of new rows, other reports - if the reader may go there."""

from __future__ import annotations

from flask import current_app, url_for

from app.web.display import CARDS
from reports import report_named
from reports.kit.columns import Begin, Drill, Row
from reports.kit.report import Board


def view_name(report: Board) -> str:
    return report.slug.title().replace("-", "") + "ReportView"


def drilled(drill: Drill, row: Row) -> str:
    """The other report with its choices; nothing when the reader may not open it."""
    report = report_named(drill.slug)
    if report is None or not current_app.appbuilder.sm.has_access("can_read", report.section):  # type: ignore[attr-defined]
        return ""
    asked = {**drill.texts, **{choice: str(row[name]) for choice, name in drill.columns.items()}}
    return url_for(f"{view_name(report)}.page", **asked)  # type: ignore[arg-type]


def card_address(model: str) -> str:
    """Where cards of the model are, without the number; nothing when the reader may not open them."""
    endpoint = screens_of(model, "can_read")
    return url_for(f"{endpoint}.show", pk=0).removesuffix("0") if endpoint else ""


def form_address(begins: Begin) -> str:
    """The form of a new row, without the number that it is begun with."""
    endpoint = screens_of(begins.model, "can_write")
    return url_for(f"{endpoint}.add", **{f"_flt_0_{begins.field}": ""}) if endpoint else ""  # type: ignore[arg-type]


def screens_of(model: str, right: str) -> str:
    """The endpoint of the model's screens; nothing when the reader has no such right."""
    cards = {known.__name__: card for known, card in current_app.extensions[CARDS].items()}
    endpoint, section = cards.get(model, ("", ""))
    may = endpoint and current_app.appbuilder.sm.has_access(right, section)  # type: ignore[attr-defined]
    return endpoint if may else ""
