"""Parameters of a run as a form sends them: read from texts, and written back as texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app import clock
from app.domain.abc import Shares
from app.domain.stages import BadThresholds, Parameters, Periodicity, Thresholds
from app.errors import Refused
from app.extensions import db
from app.formatting import plain
from app.models.settings import Policy
from app.services import classification, stages
from reports.kit.params import DateParam

NUMBERS = ("count", "one_time_from", "one_time_to", "x_to", "y_to", "z_to")


def default_shares() -> dict[str, str]:
    """What the form begins with: the period that is next, and the shares of the last run."""
    period = classification.next_abc_period(db.session(), clock.today()).text()
    return {"period": period} | texts_of_shares(classification.next_shares(db.session()))


def texts_of_shares(shares: Shares) -> dict[str, str]:
    return {f"share_{letter}": plain(getattr(shares, letter)) for letter in "abc"}


def read_shares(asked: Mapping[str, Any]) -> Shares:
    try:
        return Shares(*(decimal(asked, f"share_{letter}") for letter in "abc"))
    except ValueError:
        raise Refused(_("The shares of A, B and C are exactly 100 % together."), field="share_c") from None


def texts_of(parameters: Parameters) -> dict[str, str]:
    params = stages.to_params(parameters)
    return {name: plain(Decimal(str(v))) if name in NUMBERS else str(v) for name, v in params.items()}


def read_parameters(asked: Mapping[str, Any], today: date) -> Parameters:
    end = DateParam("end", "").value(db.session(), asked.get("end", "today"), today)
    count, limits = decimal(asked, "count"), read_thresholds(asked)
    measure = db.session.scalars(select(Policy.stage_measure)).one()
    try:
        return Parameters(end, Periodicity(asked.get("periodicity", "")), int(count), measure, limits)
    except BadThresholds:
        raise bad_thresholds() from None
    except ValueError:
        raise Refused(_("Choose a periodicity."), field="periodicity") from None


def read_thresholds(asked: Mapping[str, Any]) -> Thresholds:
    first, last, *bounds = (decimal(asked, name) for name in NUMBERS if name != "count")
    try:
        return Thresholds(int(first), int(last), *bounds)
    except BadThresholds:
        raise bad_thresholds() from None


def bad_thresholds() -> Refused:
    return Refused(_("One-time: 1 ≤ from ≤ to. Boundaries of X, Y and Z grow from above 0. At most 120 periods."))


def decimal(asked: Mapping[str, Any], name: str) -> Decimal:
    try:
        number = Decimal(str(asked.get(name, "")).replace(",", ".").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not (number.is_finite() and 0 <= number <= 1_000_000 and number == round(number, 2)):
        raise Refused(_("“%(text)s” is not a number.", text=asked.get(name, "")), field=name)
    return number
