"""The forms of runs: parameters read from texts and written back as texts, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app import clock
from app.domain.abc import Shares
from app.domain.periods import Period
from app.domain.stages import MOST_PERIODS, BadThresholds, Parameters, Periodicity, Thresholds
from app.domain.words import ClassificationKind, JobKind
from app.errors import Refused
from app.extensions import db
from app.formatting import figure, plain
from app.models.classification_drafts import ClassificationDraft
from app.models.settings import Policy
from app.services.classification import abc as classification
from app.services.classification import drafts, runs, stages
from app.services.classification.abc import ClassifyAbc
from app.services.classification.stages import ClassifyStages
from app.web.report_links import report_url
from app.web.work import Work
from reports.kit.params import DateParam, PeriodParam

PERIOD = PeriodParam("period", _l("Period"))
GREATEST = 1_000_000  # of the numbers of a form
NUMBERS = ("count", "one_time_from", "one_time_to", "x_to", "y_to", "z_to", "lost_after")
BAD_THRESHOLDS = {
    "count": _l("From 1 to %(most)s periods.", most=MOST_PERIODS),
    "one_time_from": _l("One-time is from 1 purchase on."),
    "one_time_to": _l("One-time: the upper bound is below the lower one."),
    "x_to": _l("The boundary of X is above 0."),
    "y_to": _l("The boundary of Y is above that of X."),
    "z_to": _l("The boundary of Z is above that of Y."),
    "lost_after": _l("Not fewer periods than are analysed, and %(most)s at most; 0: never.", most=MOST_PERIODS),
}


def next_classes() -> dict[str, str]:
    """What the form begins with: the period that is next, and the shares of the last run."""
    period = classification.next_abc_period(db.session(), clock.today()).text()
    return {"period": period} | texts_of_shares(classification.next_shares(db.session()))


def next_stages() -> dict[str, str]:
    return texts_of(stages.next_parameters(db.session(), clock.today()))


def read_classes(asked: Mapping[str, Any]) -> ClassifyAbc:
    period = PERIOD.value(db.session(), asked.get("period", "this-month"), clock.today())
    return ClassifyAbc(period, read_shares(asked))


def read_stages(asked: Mapping[str, Any]) -> ClassifyStages:
    return ClassifyStages(read_parameters(asked, clock.today()))


def texts_of_shares(shares: Shares) -> dict[str, str]:
    return {f"share_{letter}": plain(getattr(shares, letter)) for letter in "abc"}


def read_shares(asked: Mapping[str, Any]) -> Shares:
    try:
        # What A and B leave for C may be less than nothing: that is told of all three.
        return Shares(*(decimal(asked, f"share_{letter}", least=-GREATEST) for letter in "abc"))
    except ValueError:
        raise Refused(_("The shares of A, B and C are exactly 100 % together."), field="share_c") from None


def texts_of(parameters: Parameters) -> dict[str, str]:
    params = stages.to_params(parameters)
    return {name: plain(Decimal(str(v))) if name in NUMBERS else str(v) for name, v in params.items()}


def read_parameters(asked: Mapping[str, Any], today: date) -> Parameters:
    end = DateParam("end", "").value(db.session(), asked.get("end", "today"), today)
    count, lost_after, limits = whole(asked, "count"), whole(asked, "lost_after"), read_thresholds(asked)
    measure = db.session.scalars(select(Policy.stage_measure)).one()
    try:
        return Parameters(end, Periodicity(asked.get("periodicity", "")), count, measure, limits, lost_after)
    except BadThresholds as bad:
        raise refused_by(bad) from None
    except ValueError:
        raise Refused(_("Choose a periodicity."), field="periodicity") from None


def read_thresholds(asked: Mapping[str, Any]) -> Thresholds:
    first, last = whole(asked, "one_time_from"), whole(asked, "one_time_to")
    try:
        return Thresholds(first, last, *(decimal(asked, name) for name in ("x_to", "y_to", "z_to")))
    except BadThresholds as bad:
        raise refused_by(bad) from None


def refused_by(bad: BadThresholds) -> Refused:
    return Refused(str(BAD_THRESHOLDS[bad.name]), field=bad.name)


def whole(asked: Mapping[str, Any], name: str) -> int:
    number = decimal(asked, name)
    if number != int(number):
        raise Refused(_("“%(text)s” is not a whole number.", text=asked.get(name, "")), field=name)
    return int(number)


def decimal(asked: Mapping[str, Any], name: str, least: int = 0) -> Decimal:
    try:
        number = Decimal(str(asked.get(name, "")).replace(",", ".").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not (number.is_finite() and least <= number <= GREATEST and number == round(number, 2)):
        expected = _(
            "A number from %(least)s to %(most)s is expected, two digits after the point at most, not “%(text)s”.",
            least=figure(Decimal(least)),
            most=figure(Decimal(GREATEST)),
            text=asked.get(name, ""),
        )
        raise Refused(expected, field=name)
    return number


@dataclass(frozen=True)
class RunForm:
    """The form of one classification: how it is read, what is asked by it, where what comes of it is seen."""

    job: JobKind
    title: LazyString  # of the work
    what_if: LazyString
    draft: LazyString
    history: str  # endpoint
    report: Callable[[Period, date | None], str]  # address
    begin: Callable[[], Mapping[str, str]]
    read: Callable[[Mapping[str, Any]], Any]  # what a worker is asked for
    parameters: Callable[[Any], Any]  # of that: what the rule is applied with
    check_begun: Callable[[Any, date], None]  # of parameters, today
    proposed: Callable[..., Any]
    begin_draft: Callable[..., ClassificationDraft]
    read_limits: Callable[[Mapping[str, Any]], Any]
    limit_texts: Callable[[Any], Mapping[str, str]]  # of parameters

    def work(self, asked: Any) -> Work:
        return Work(self.job, asked, str(self.title))


FORMS = {
    ClassificationKind.ABC: RunForm(
        job=JobKind.CLASSES,
        title=_l("Classification of buyers"),
        what_if=_l("What if: ABC classes"),
        draft=_l("ABC classes: draft"),
        history="ClassificationView.page",
        report=lambda window, _on: report_url("abc-buyers", period=window.text()),
        begin=next_classes,
        read=read_classes,
        parameters=lambda asked: classification.parameters_for(db.session(), asked.window, asked.shares),
        check_begun=lambda parameters, today: runs.check_begun(parameters.window, today),
        proposed=classification.proposed,
        begin_draft=lambda session, asked, **by: drafts.draft_classes(session, asked.window, asked.shares, **by),
        read_limits=read_shares,
        limit_texts=lambda parameters: texts_of_shares(parameters.limits),
    ),
    ClassificationKind.STAGES: RunForm(
        job=JobKind.STAGES,
        title=_l("Classification by stages"),
        what_if=_l("What if: stages and XYZ"),
        draft=_l("Stages and XYZ: draft"),
        history="ClassificationView.stages",
        report=lambda _window, on: report_url("xyz-buyers", on=on.isoformat() if on else None),
        begin=next_stages,
        read=read_stages,
        parameters=lambda asked: asked.parameters,
        check_begun=stages.check_begun,
        proposed=stages.proposed,
        begin_draft=lambda session, asked, **by: drafts.draft_stages(session, asked.parameters, **by),
        read_limits=read_thresholds,
        limit_texts=texts_of,
    ),
}
