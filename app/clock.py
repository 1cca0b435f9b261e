"""The one place that asks the machine for the time; only the edges (views, jobs, cli, factory) call it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import current_app


def now() -> datetime:
    return datetime.now(UTC)


def zone() -> ZoneInfo:
    """The company's time zone (CRM_TIMEZONE)."""
    return ZoneInfo(current_app.config["BABEL_DEFAULT_TIMEZONE"])


def today() -> date:
    """The business day in the company's time zone."""
    return now().astimezone(zone()).date()
