"""What a query finds wrong, or odd, becomes sentences of the report by line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.services.exchange.report import MOST_LISTED, ImportReport
from app.services.exchange.staging import Staging


def each(
    staging: Staging,
    report: ImportReport,
    field: str,
    wrong: Select[Any],
    sentence: Callable[..., Any],
    *,
    warning: bool = False,
) -> None:
    """Report the lines that the query gives (line, then what the sentence needs), the first of them by name."""
    subquery = wrong.subquery()
    rows = staging.run(select(subquery).order_by(subquery.c[0]).limit(MOST_LISTED + 1)).all()
    for row in rows[:MOST_LISTED]:
        (report.warn if warning else report.error)(row[0], field, str(sentence(*row[1:])))
    if len(rows) <= MOST_LISTED:
        return
    more = staging.run(select(func.count()).select_from(subquery)).scalar_one() - MOST_LISTED
    if warning:
        report.warnings_count += more
    else:
        report.wrong_count += more
        report.wrong_lines.update(staging.run(select(subquery.c[0])).scalars())


def several_are_called(value: str) -> str:
    return str(_("Several rows are called “%(value)s”: name the code of the one that is meant.", value=value))


def several_users_are_called(value: str) -> str:
    return str(_("Several users are called “%(value)s”: name the login of the one that is meant.", value=value))
