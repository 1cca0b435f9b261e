"""Plans of managers as one table: a row a manager, a column a month of the year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import format_date
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.domain import digits
from app.domain.periods import YEARS, months_from
from app.extensions import db
from app.formatting import grouped
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries.managers.indicators import BY_NAME, INDICATORS, Indicator
from app.queries.managers.targets import people_with_plans
from app.services.managers import targets
from app.services.managers.targets import Cell
from app.web.forms.fields import read_number, row_number


@dataclass(frozen=True)
class PlanCell:
    """`was` is what stood there when the page was opened: a cell that nobody touched is not written."""

    name: str
    text: str
    was: str
    problem: str = ""


class TargetsView(BaseView):
    route_base = "/targets"
    default_view = "page"
    class_permission_name = "Targets"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        self.update_redirect()
        return self.printed({}, {})

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("write")
    def save(self) -> tuple[str, int] | Response:
        """The cells that were changed; what cannot be read comes back as it was typed, and nothing is saved."""
        one, year = plan_asked()
        changed: dict[Cell, Decimal | None] = {}
        typed: dict[str, str] = {}
        problems: dict[str, str] = {}
        for manager in people():
            for month in months_of(year):
                name = cell_name(manager.id, month)
                text = request.form.get(name, "").strip()
                typed[name] = text
                if text == request.form.get(f"was-{name}", "").strip():
                    continue
                try:
                    changed[manager.id, month] = read_number(text, digits.MONEY) if text else None
                except ValueError as problem:
                    problems[name] = str(problem)
        if problems:
            return self.printed(typed, problems), 400
        targets.save_cells(db.session(), one.name, changed)
        db.session.commit()
        flash(_("The plan is saved."), "success")
        return redirect(url_for("TargetsView.page", indicator=one.name, year=year))

    def printed(self, typed: Mapping[str, str], problems: Mapping[str, str]) -> str:
        one, year = plan_asked()
        months, kept = months_of(year), targets.cells_of(db.session(), year, one.name)
        rows = []
        for manager in people():
            cells = []
            for month in months:
                name, was = cell_name(manager.id, month), as_text(kept.get((manager.id, month)))
                cells.append(PlanCell(name, typed.get(name, was), was, problems.get(name, "")))
            rows.append(
                (
                    manager,
                    cells,
                    sum_in_words(value for (number, _month), value in kept.items() if number == manager.id),
                )
            )
        page: str = self.render_template(
            "crm/managers/targets.html",
            title=_("Plans of managers"),
            indicator=one,
            indicators=[(each.name, str(each.label)) for each in INDICATORS],
            year=year,
            years=[year - 1, year, year + 1],
            months=[str(format_date(month, "LLL")) for month in months],
            rows=rows,
            totals=[sum_in_words(value for (_number, on), value in kept.items() if on == month) for month in months],
            whole=sum_in_words(kept.values()),
            problems=problems,
            may_write=self.appbuilder.sm.has_access("can_write", "Targets"),
        )
        return page


def plan_asked() -> tuple[Indicator, int]:
    """What the address asks for; a slip shows this year's revenue."""
    one = BY_NAME.get(request.values.get("indicator", ""), BY_NAME["revenue"])
    year = row_number(request.values.get("year", "")) or 0
    return one, year if year in YEARS else clock.today().year


def months_of(year: int) -> list[date]:
    return [month.first for month in months_from(date(year, 1, 1), 12).months()]


def cell_name(manager: int, month: date) -> str:
    return f"plan-{manager}-{month.month}"


def as_text(value: Decimal | None) -> str:
    return "" if value is None else grouped(value, 0, digits.MONEY)


def sum_in_words(values: Iterable[Decimal]) -> str:
    return grouped(sum(values, Decimal(0)), 0, 2)


def people() -> list[User]:
    session = db.session()
    return list(session.scalars(people_with_plans(viewer_of(session))))
