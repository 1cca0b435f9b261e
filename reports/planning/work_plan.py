"""Контроль планов работы: what employees planned, did, missed, cancelled and moved, and how many hours it took."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Numeric, Select, String, cast, func, literal, select
from sqlalchemy import Date as SqlDate
from sqlalchemy.orm import Session

from app.domain.words import ContactState
from app.models.contacts import Contact
from app.models.tasks import Task
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries.planning.work import work
from app.queries.sql import user_name
from reports.kit.columns import Choice, Column, Date, Drill, Exact, Number, Percent, Row, Text, UserName
from reports.kit.params import ChoiceParam, Label, LookupParam, PeriodParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape

BY: dict[str, Label] = {
    "day": _l("Employee and day"),
    "employee": _l("Employee"),
    "event": _l("Contact or task"),
}
HOUR = Decimal(60)


class HoursColumn(Exact):
    """Of sixty minutes each, with hundredths."""

    type = "number"
    excel_format = "#,##0.00"


class WorkPlanReport(Report):
    """Contacts stand on the day of their start, tasks on the day they are due; moves are counted there too.

    Whoever leads people sees everybody, anybody else himself.
    """

    slug = "work-plan"
    title = _l("Control of work plans")
    group = _l("Contacts")
    description = _l(
        "Contacts and tasks of every employee by day: planned, done, overdue, cancelled, moved and why, hours."
    )
    params = (
        PeriodParam("period", _l("Period"), default="this-week", days=(Contact.starts_at, Task.due_on), planned=True),
        ChoiceParam("by", _l("By"), default="day", options=BY),
        LookupParam("employee", _l("Employee"), model=User, key="username"),
    )

    def shape(self, asked: Choices) -> Shape:
        if asked["by"] == "event":
            return Shape(columns=(*events(), *figures()), order=("day", "employee"), groups=("employee", "day"))
        person = {"employee": "login"}
        period = asked.texts["period"]
        employee = UserName(
            "employee", _l("Employee"), width=30, drill=Drill(self.slug, {"period": period, "by": "day"}, person)
        )
        if asked["by"] == "employee":
            return Shape(columns=(employee, *figures()), order=("employee",))
        of_day = Drill(self.slug, {"by": "event"}, {"employee": "login", "period": "day_text"})
        return Shape(
            columns=(employee, Date("day", _l("Day"), drill=of_day), *figures()),
            order=("employee", "day"),
            groups=("employee", "day"),
        )

    def query(self, session: Session, asked: Choices) -> Select:
        viewer = viewer_of(session)
        found = work(asked["period"], asked.today, asked["employee"].id if asked["employee"] else None)
        row = found.subquery("row").c
        rows: Select = select().select_from(row.event.table).join(User, User.id == row.manager_id)
        if viewer is not None and not viewer.leads:
            rows = rows.where(row.manager_id == viewer.user_id)
        name = user_name(User).label("employee")
        if asked["by"] == "event":
            return rows.add_columns(
                (func.coalesce(row.contact_id * 2, row.task_id * 2 + 1)).label("id"),
                *(name, row.manager_id, row.day, row.contact_id, row.task_id, row.subject, row.counterparty, row.state),
                (100 * row.done).label("percent"),
                *(row[each] for each in ("planned", "done", "overdue", "cancelled", "moved", "why")),
                *(hours(row[f"minutes_{each}"]).label(f"hours_{each}") for each in ("planned", "spent")),
            )
        keys = [row.manager_id, User.id, *([row.day] if asked["by"] == "day" else [])]
        day = cast(row.day - literal("2000-01-01", SqlDate), Numeric) if asked["by"] == "day" else literal(0)
        of_day = [row.day, cast(row.day, String).label("day_text")] if asked["by"] == "day" else []
        return rows.add_columns(
            (row.manager_id * 100_000 + day).label("id"),
            *(name, row.manager_id, User.username.label("login"), *of_day),
            *(func.sum(row[each]).label(each) for each in ("planned", "done", "overdue", "cancelled", "moved")),
            func.string_agg(row.why.distinct(), literal("; ")).label("why"),
            *(hours(func.sum(row[f"minutes_{each}"])).label(f"hours_{each}") for each in ("planned", "spent")),
            (100 * cast(func.sum(row.done), Numeric) / func.sum(row.planned)).label("percent"),
        ).group_by(*keys)


def hours(minutes: ColumnElement[int]) -> ColumnElement[Decimal]:
    return cast(minutes, Numeric(19, 6)) / HOUR


def events() -> tuple[Column, ...]:
    return (
        UserName("employee", _l("Employee"), width=26),
        Date("day", _l("Day")),
        Text("subject", _l("What"), width=40, link=("Contact", "contact_id"), link_else=(("Task", "task_id"),)),
        Text("counterparty", _l("Counterparty"), width=30),
        Choice("state", _l("State"), words=ContactState),
    )


def figures() -> tuple[Column, ...]:
    return (
        Number("planned", _l("Planned"), width=10),
        Number("done", _l("Done"), width=10),
        Number("overdue", _l("Overdue"), width=10),
        Number("cancelled", _l("Cancelled"), width=10),
        Percent("percent", _l("Done, %"), total_of=percent),
        Number("moved", _l("Moved, times"), width=12),
        Text("why", _l("Why it was moved"), width=36),
        HoursColumn("hours_planned", _l("Hours planned"), width=12),
        HoursColumn("hours_spent", _l("Hours spent"), width=12),
    )


def percent(totals: Row) -> Decimal:
    return Decimal(100) * totals["done"] / totals["planned"] if totals["planned"] else Decimal(0)
