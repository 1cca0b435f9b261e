"""The reports in the browser: the catalogue, and for each report a page, a workbook and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, BinaryIO
from urllib.parse import urlencode

from flask import Response, abort, current_app, redirect, request, send_file, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import format_time
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms.meta import DefaultMeta

from app import clock
from app.domain.periods import NUMBER, Period, numbered
from app.domain.words import JobKind
from app.errors import Refused
from app.extensions import db
from app.formatting import show_period
from app.services import list_views
from app.services.list_views import Habits
from app.views.report_panel import Level, Panel, Pick, levels_of
from app.web.access.programs import for_programs
from app.web.forms.fields import LookupField
from app.web.lists.kept import KEPT_ROUTES, KeptViews
from app.web.lists.tabs import ALL, ShownTab, Tab
from app.web.report_links import address_with, card_address, drilled, form_address, view_name
from app.web.reports.first_screen import AskedReport, FirstScreen, first_screen, forget, kept_or_read
from app.web.reports.snapshot import TakesLong
from app.web.work import ask_worker
from reports import CATALOGUE
from reports.kit.chart import chart_spec
from reports.kit.columns import Column, Row
from reports.kit.conditions import written_conditions
from reports.kit.params import DateParam, LookupParam, Param, PeriodParam, SeveralParam, period_choices, split
from reports.kit.report import TableSet
from reports.kit.table import Line, LineKind, ReportTable
from reports.work import FORMS, PAGE_ROWS, spool

USUAL_NUMBER = 30  # of the last days
KEPT, USED = "kept", "used"  # of the address: which setting is in force; that its choices were made on the page
ANEW = "anew"  # of the address: not what was made a while ago
SAID_ONCE = frozenset({USED, ANEW})  # of the address, and no choices
PASSING = SAID_ONCE | {"page"}  # of the address, and of no setting that is kept
LAST = "last"  # in force where nothing was kept: what was used last


@dataclass(frozen=True)
class Texts:
    """The choices as a form sends them back."""

    text: str


@dataclass(frozen=True)
class LastPeriod:
    """The last one that there are rows of, and the report over it."""

    label: str
    url: str


class ReportsView(BaseView):
    """The catalogue of the reports that the reader may open."""

    route_base = "/reports"
    default_view = "page"
    class_permission_name = "Reports"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        may = self.appbuilder.sm.has_access
        offered = [report for report in CATALOGUE if may("can_read", report.section)]
        groups = [(name, list(reports)) for name, reports in groupby(offered, key=lambda report: str(report.group))]
        self.update_redirect()
        page: str = self.render_template("crm/reports/catalogue.html", title=_("Reports"), groups=groups)
        return page


class ReportView(KeptViews, BaseView):
    """One report; `view_of` makes a class of its own for each, so that each has its own right."""

    report: TableSet
    template = "crm/reports/page.html"
    default_view = "page"
    method_permission_name = KEPT_ROUTES
    kept_in, kept_on = KEPT, "page"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> AnyResponse | tuple[str, int]:
        habits = self.habits()
        here, asked = self.opened(habits)
        if ANEW in request.args:
            forget(AskedReport(self.report, asked))
            return redirect(self.list_url({KEPT: here or ALL, **asked}))
        tables: Sequence[ReportTable] = []
        gone: Sequence[str] = ()
        refused, screen = None, FirstScreen()
        waits = self.is_waiting(asked)
        try:
            if waits and self.report.about in request.args:
                raise Refused(_("This field is required."), field=self.report.about)
            if not waits:
                screen = first_screen(AskedReport(self.report, asked, is_kept=bool(here)))
        except Refused as problem:
            refused = problem
        if found := screen.found:
            tables, asked, given, gone = found.tables, dict(found.texts), dict(found.given), found.gone
        else:
            given = asked | self.report.texts(db.session(), asked, today=clock.today())
        own = tables[0].own if tables else ()
        self.update_redirect()
        printed = [PrintedTable(table, asked, sortable=place == 0) for place, table in enumerate(tables)]
        context = {
            "tables": printed,
            "gone": gone,
            "tabs": self.shown_tabs(here or ALL, habits),
            "state": Texts(urlencode(asked)),
            **self.beside_tabs(here, habits),
            "refused": refused,
            "waits": waits,
            "screen": screen,
            "made_at": screen.made_at and clock_text(screen.made_at),
            "anew_url": self.list_url({KEPT: here or ALL, **asked, ANEW: "1"}),
            "takes_long": not (waits or refused or screen.found or screen.job),
            "asked": asked,
            "last_period": None if any(each.count for each in tables) or not tables else self.last_period(asked, given),
            "form": [ChoiceControl(param, given, refused) for param in (*self.report.params, *own)],
            "panel": Panel(tables[0]) if len(tables) == 1 else None,
            "periods": [(word, caption) for word, caption, _days in period_choices(clock.today())],
        }
        page = self.render_template(
            self.template,
            title=str(self.report.title),
            report=self.report,
            **(context | self.more(given, printed, screen)),
        )
        return page, 400 if refused else 200

    def is_waiting(self, asked: dict[str, str]) -> bool:
        """What the report is about is still to be chosen."""
        about = self.report.about
        return bool(about) and not asked.get(about, "").strip() and not (asked and self.report.about_all)

    def last_period(self, asked: dict[str, str], given: dict[str, str]) -> LastPeriod | None:
        """For whoever finds nothing; None where other choices than the period left nothing."""
        session, today = db.session(), clock.today()
        for param in self.report.params:
            if isinstance(param, PeriodParam):
                period = param.last_with_rows(session, param.value(session, given[param.name], today), today)
                if period:
                    url = url_for(".page", **asked | {param.name: period.text(), "page": ""})  # type: ignore[arg-type]
                    return LastPeriod(show_period(period), url)
        return None

    def opened(self, habits: Habits) -> tuple[str, dict[str, str]]:
        """The kept setting in force, if one is, and the choices: of a bare address those kept for it, else the last."""
        asked = {name: text for name, text in choices().items() if name not in SAID_ONCE}
        if not request.args:
            asked = self.opened_by(habits) or ({KEPT: LAST, **habits.last} if habits.last else {})
            asked = asked or dict(self.report.page_choices(db.session(), clock.today()))
        here = asked.pop(KEPT, "")
        if USED in request.args and asked != habits.last:
            list_views.keep_last(db.session(), current_user.id, type(self).__name__, asked)
            db.session.commit()
        return here, asked

    def shown_tabs(self, here: str, habits: Habits) -> list[ShownTab]:
        every = [Tab(ALL, _("As usual"), {}), *self.tabs_of_reader(habits)]
        return [
            ShownTab(str(tab.label), self.list_url({KEPT: tab.key, **tab.choice}), tab.key == here, tab.is_shared)
            for tab in every
        ]

    def is_parameter(self, name: str) -> bool:
        return name not in SAID_ONCE | {"csrf_token"}

    def is_kept(self, name: str) -> bool:
        return name not in PASSING

    def address(self) -> str:
        return address_with(f"{type(self).__name__}.page", choices())

    def more(self, given: dict[str, str], tables: Sequence[PrintedTable], screen: FirstScreen) -> dict[str, Any]:
        """What the template of one report needs besides; `given` are the choices, default ones included."""
        return {}

    @expose("/xlsx")
    @has_access
    @permission_name("read")
    def xlsx(self) -> AnyResponse:
        return self.file("xlsx")

    @expose("/pdf")
    @has_access
    @permission_name("read")
    def pdf(self) -> AnyResponse:
        return self.file("pdf")

    @expose("/csv")
    @has_access
    @permission_name("read")
    def csv(self) -> AnyResponse:
        return self.file("csv")

    def file(self, name: str) -> AnyResponse:
        """At once, or by a worker where it is long."""
        try:
            out = self.made(name)
        except Refused as problem:
            return Response(str(problem), 400, mimetype="text/plain")
        except TakesLong:
            return self.later(name)
        return send_file(out, FORMS[name].mime, as_attachment=True, download_name=file_name(self.report, name))

    def made(self, name: str) -> BinaryIO:
        """The file of this kind; TakesLong where that is a worker's."""
        form, asked = FORMS[name], choices()

        def write(session: Session) -> BinaryIO:
            tables = self.report.tables(session, asked, today=clock.today())
            if sum(table.length for table in tables) > form.long:
                raise TakesLong
            out = spool()
            form.write(tables, out)
            out.seek(0)
            return out

        return kept_or_read(AskedReport(self.report, asked), write)

    @expose("/later/<name>")
    @has_access
    @permission_name("read")
    def later(self, name: str) -> AnyResponse:
        """By a worker, however long it takes."""
        if name not in FORMS:
            abort(404)
        asked = {"slug": self.report.slug, "args": choices(), "name": file_name(self.report, name), "form": name}
        return ask_worker(JobKind.WORKBOOK, asked | {"title": str(self.report.title), "back": self.address()})

    @expose("/json")
    @for_programs
    @has_access
    @permission_name("read")
    def json(self) -> AnyResponse:
        """For programs: what is long is not waited for, and they are told where a worker makes it."""
        try:
            return send_file(self.made("json"), FORMS["json"].mime, download_name=file_name(self.report, "json"))
        except Refused as problem:
            told, status = {"message": str(problem), "field": problem.field}, 400
        except TakesLong:
            later = address_with(".later", choices(), name="json", _external=True)
            told = {
                "message": _("This takes long. Narrow the choices, or have it made in the background."),
                "later": later,
            }
            status = 413
        return Response(current_app.json.dumps(told), status, mimetype=FORMS["json"].mime)


def clock_text(moment: datetime) -> str:
    return format_time(moment.astimezone(clock.zone()), "HH:mm", rebase=False)


def view_of(report: TableSet, base: type[ReportView] = ReportView) -> type[ReportView]:
    """The view of a report: /reports/<slug>/ with its exits, under the right "Report <slug>"."""
    declared = {
        "report": report,
        "route_base": f"/reports/{report.slug}",
        "class_permission_name": report.section,
    }
    return type(view_name(report.slug), (base,), declared)


def choices() -> dict[str, str]:
    """The query string; ticked boxes of one name make one text."""
    found = {name: (";" if name == "where" else ",").join(request.args.getlist(name)) for name in request.args}
    return {name: text for name, text in found.items() if text}


def file_name(report: TableSet, form: str) -> str:
    return f"{report.title} {clock.today().isoformat()}.{form}"


class ChoiceControl:
    """The input of one choice."""

    def __init__(self, param: Param, asked: dict[str, str], refused: Refused | None) -> None:
        self.param = param
        self.text = asked.get(param.name, param.default)
        self.error = str(refused) if refused and refused.field == param.name else ""
        self.today = clock.today()

    @property
    def days(self) -> Sequence[str]:
        """The first and the last day of the text, or its one, for date inputs; where it means none, its parts."""
        found = self.meant
        ends = (found.first, found.last) if isinstance(found, Period) else (found,)
        sides = 2 if isinstance(self.param, PeriodParam) else 1
        return [day.isoformat() for day in ends if day] or [*self.text.partition("..")[::2]][:sides]

    @property
    def meant(self) -> Any:
        """What the text means; None where it means nothing."""
        try:
            return self.param.value(db.session(), self.text, self.today)
        except Refused:
            return None

    @property
    def offered(self) -> list[tuple[str, str]]:
        """What is offered to choose from, the chosen period included."""
        param, found = self.param, self.meant
        assert isinstance(param, PeriodParam | DateParam)
        offered = param.words(self.today)
        is_named = isinstance(found, Period) and ".." not in found.text() and found.days > 1
        if is_named and self.text not in dict(offered) and not numbered(self.text):
            offered.insert(0, (self.text, show_period(found)))
        return offered

    @property
    def numbered(self) -> list[tuple[str, str, str]]:
        """Words with a number of days: without it, with it, and how they read."""
        param = self.param
        assert isinstance(param, PeriodParam | DateParam)
        return [(word, word.replace(NUMBER, str(self.number)), str(label)) for word, label in param.numbered.items()]

    @property
    def number(self) -> int:
        found = numbered(self.text)
        return found[1] if found else USUAL_NUMBER

    @property
    def picks(self) -> list[Pick]:
        """What may be chosen, in the order it was: the usual ones where nothing was chosen."""
        param = self.param
        assert isinstance(param, SeveralParam)
        usual, known = list(param.usual), dict(param.options)
        chosen = [name for name in split(self.text) if name in known] or usual
        ordered = [*chosen, *(name for name in known if name not in chosen)]
        return [Pick(name, str(known[name]), name in chosen, name in usual) for name in ordered]

    def lookup(self) -> Markup:
        """A picker with the chosen row in it."""
        param = self.param
        assert isinstance(param, LookupParam)
        field = LookupField(param.label, model=param.model).bind(form=None, name=param.name, _meta=DefaultMeta())
        try:
            field.data = param.value(db.session(), self.text, self.today)
        except Refused:
            field.data = None
        wrong = {"aria-invalid": "true", "aria-describedby": f"{param.name}-error"} if self.error else {}
        return Markup(field(**wrong))


class PrintedTable:
    """A table as the page prints it: with addresses for sorting and for cards, and its chart."""

    def __init__(self, table: ReportTable, asked: dict[str, str], *, sortable: bool) -> None:
        self.table = table
        self.sortable = sortable  # of a board the choices of sorting, groups and columns are about the first table
        self.asked = asked
        self.lines = list(table.lines(_("Total")))
        self.cards = {model: card_address(model) for column in table.columns for model, _number in column.links}
        self.forms = {column.name: form_address(column.begins) for column in table.columns if column.begins}

    @property
    def levels(self) -> list[Level]:
        return levels_of(self.table, self.address) if self.sortable else []

    @property
    def before(self) -> str:
        page = self.table.setup.page
        return self.address(page=str(page - 1)) if page > 1 and self.sortable else ""

    @property
    def after(self) -> str:
        page = self.table.setup.page
        return self.address(page=str(page + 1)) if page * PAGE_ROWS < self.table.length and self.sortable else ""

    @property
    def shown(self) -> tuple[int, int]:
        """The numbers of the first and the last row of the page."""
        first = (self.table.setup.page - 1) * PAGE_ROWS
        return first + 1, min(first + PAGE_ROWS, self.table.length)

    def behind(self, line: Line, column: Column) -> str:
        """The rows that a figure of a group, or of the whole, is made of."""
        is_row = line.kind is LineKind.ROW and self.table.setup.detail is None
        is_below = line.kind is LineKind.TOTAL and line.cells is not self.table.total
        if (
            is_row
            or is_below
            or not self.sortable
            or not column.has_total
            or not self.table.gathered
            or line.value(column) is None
        ):
            return ""
        narrowed = [self.asked.get("where", ""), written_conditions(self.table.behind(line))]
        where = ";".join(text for text in narrowed if text)
        return self.address(where=where, group="", detail=self.table.shape.rows_text, page="")

    @property
    def lead(self) -> str:
        """The column that names a row: the first that leads somewhere."""
        columns = self.table.printed
        return next((column.name for column in columns if column.link), columns[0].name)

    @property
    def chart(self) -> dict[str, Any] | None:
        """For the script; `links` are where a bar leads, by the columns that are drawn and by rows."""
        table, chart = self.table, self.table.chart
        if chart is None:
            return None
        by_name = {column.name: column for column in chart.columns or table.shape.columns}
        drawn = [by_name[name] for name in chart.drawn]
        links = [[self.behind_bar(column, row) for row in chart.rows] for column in drawn]
        return {**chart_spec(chart, list(by_name.values())), "links": links}

    def behind_bar(self, column: Column, row: Row) -> str:
        """The rows of a group; of a row where its figure leads, else its name, else any other figure of it."""
        table = self.table
        if table.setup.detail is None:
            first = (column, *table.columns)
            return next((found for each in first if (found := self.link(each, row))), "")
        outer = table.gathered[0]
        return self.behind(Line(LineKind.GROUP, 0, row, prefix=(outer.key_of(row),)), column)

    def link(self, column: Column, row: Row) -> str:
        if column.drill:
            return drilled(column.drill, row) if row.get(column.name) else ""
        if column.type == "phone" and row[column.name]:
            return f"tel:{row[column.name]}"
        for model, number in column.links:
            if self.cards[model] and row.get(number) is not None:
                return f"{self.cards[model]}{row[number]}"
        return ""

    def begun(self, column: Column, row: Row) -> str:
        """The form that the column begins; nothing when the reader may not fill it in."""
        address, number = self.forms.get(column.name), row.get(column.begins.value) if column.begins else None
        return f"{address}{number}" if address and number is not None else ""

    def direction(self, column: Column) -> str:
        return {column.name: "ascending", f"-{column.name}": "descending"}.get(self.table.sort, "")

    def sorted_by(self, column: Column) -> str:
        """The same report sorted by the column: numbers from the greatest first, then the other way, then as it was."""
        ways = [f"-{column.name}", column.name] if column.is_number else [column.name, f"-{column.name}"]
        after = [*ways, ""]
        sort = after[ways.index(self.table.sort) + 1] if self.table.sort in ways else ways[0]
        return self.address(sort=sort, page="")

    def address(self, **changed: str) -> str:
        asked = {name: text for name, text in (self.asked | changed).items() if text}
        return url_for(str(request.endpoint), **asked)  # type: ignore[arg-type]
