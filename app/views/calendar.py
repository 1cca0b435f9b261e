"""The user's calendar: what is to be done, in one list by the time of execution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any, BinaryIO

from flask import Response, jsonify, make_response, request, send_file
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from app.domain.calendar import EventKind, Window
from app.domain.formats.writing import MIME, book_name
from app.domain.periods import DAY
from app.domain.words import JobKind
from app.extensions import db
from app.models.jobs import Job
from app.models.visibility import narrowed_for, viewer_of
from app.queries import calendar as queries
from app.queries.calendar import COUNT_CAP, EventChoice
from app.queries.rights import Right
from app.queries.sql import execute_kept
from app.services import calendar
from app.services.calendar import EventPage
from app.services.jobs import Run
from app.services.list_views import Habits, keep_last
from app.views.calendar_choice import (
    KEPT,
    OTHERS,
    SECTIONS,
    VIEWS,
    Bar,
    CalendarState,
    Colleagues,
    Reader,
    RecentFilter,
    bar_of,
    is_parameter,
    readable,
    ready_made,
    tab_here,
    tabs_of,
    with_newest,
)
from app.views.calendar_grid import GridScreens, day_asked, grid_of
from app.views.calendar_panel import PanelScreens
from app.views.calendar_rows import HEADS, Shown, cells, key_of, plain, text_of
from app.views.planning.calendar_bulk import MODELS, BulkScreens
from app.views.planning.calendar_table import EventTable
from app.web.access.programs import for_programs
from app.web.access.rights import require
from app.web.display import AtLeast, count_text
from app.web.lists.chosen import MOST
from app.web.lists.kept import KEPT_ROUTES, KeptViews
from app.web.lists.tabs import Tab
from app.web.lists.workbook import BATCH, write_sheet
from app.web.reports.snapshot import read
from app.web.work import ask_worker
from reports.work import spool

PAGE = 50
LATEST = 7  # of what is overdue stand above today; the rest is a press away
MOST_IN_JSON = 500


class CalendarView(GridScreens, PanelScreens, BulkScreens, KeptViews, BaseView):
    route_base = "/calendar"
    default_view = "page"
    class_permission_name = "Calendar"
    method_permission_name = KEPT_ROUTES
    kept_in, kept_on = KEPT, "page"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        reader, habits = self.reader(), self.habits()
        state = self.asked(habits)
        choice = state.choice(reader)
        tabs = self.tabs_of_reader(habits)
        here = tab_here(state, tabs)
        self.update_redirect()
        is_list = state.view == "list"
        show_whose = choice.owners is None or len(choice.owners) != 1
        if is_list:
            may = {name: self.writes(name) for name in ("Shipments", "Payments", "Orders")}
            ticks = frozenset(kind for kind in MODELS if self.writes(SECTIONS[kind]))
            table = EventTable(Shown(reader), show_whose=show_whose, may=may, ticks=ticks)
            found = self.found(state, choice, reader)
            counts = found.counts or self.counts(choice, reader)
            rows: dict[str, Any] = {"found": found, "table": table}
            rows |= {"tomorrow": reader.today + DAY, "leads": bool(reader.people.others)}
        else:
            rows, counts = {"grid": grid_of(state, choice, reader)}, self.counts(choice, reader)
        bar, recent = bar_of(state, reader), [*habits.last.values()]
        page: str = self.render_template(
            f"crm/calendar/{'list' if is_list else 'grid'}.html",
            title=_("Calendar"),
            **rows,
            views=VIEWS,
            state=state,
            bar=bar,
            recent=[RecentFilter.of(text, state) for text in recent],
            tabs=tabs_of(state, tabs, here),
            **self.beside_tabs(here, habits),
            counts=counts,
            show_whose=show_whose,
            exports=self.appbuilder.sm.has_access("can_read", "Export"),
        )
        if not any(tab.choice == state.asked for tab in tabs):
            self.remember(state, bar, recent)
        return page

    def remember(self, state: CalendarState, bar: Bar, recent: Sequence[str]) -> None:
        """The filter stands first among those that its reader used lately, in place of what it was typed from."""
        newest, session = RecentFilter.told(state, bar), db.session()
        kept = with_newest(newest, recent)
        if kept != recent:
            keep_last(session, current_user.id, type(self).__name__, {str(at): text for at, text in enumerate(kept)})
            session.commit()

    def asked(self, habits: Habits) -> CalendarState:
        """What the address asks; a bare one opens the tab that comes first."""
        return CalendarState.of(request.args or self.opened_by(habits))

    def tabs_of_reader(self, habits: Habits) -> list[Tab]:
        """Without those that ask for a calendar which is closed to him by now: a bare address may open one."""
        leads, alone = self.reads(OTHERS), Colleagues(current_user)
        kept = super().tabs_of_reader(habits)
        openable = [tab for tab in kept if leads or alone.may_open(tab.choice.get("responsible", ""))]
        return [*ready_made(leads, readable(self.reads)), *openable]

    def is_parameter(self, name: str) -> bool:
        return is_parameter(name)

    def is_kept(self, name: str) -> bool:
        return name != "on"

    @expose("/json")
    @for_programs
    @has_access
    @permission_name("read")
    def json(self) -> Response:
        """The rows of the choice for programs: all that is due by their days, the first MOST_IN_JSON of them.

        400 with `message: {filter: [sentence]}` of what cannot be asked for.
        """
        state, reader = CalendarState.of(request.args), self.reader()
        asked, after = request.args.to_dict(), key_of(request.args.get("after", ""))
        wrong = state.wrong(reader)
        if asked.pop("after", "") and after is None:
            wrong["after"] = _("Take it from the link of the answer before.")
        wrong |= {name: _("There is no such field here.") for name in asked if not is_parameter(name)}
        if wrong:
            return make_response(jsonify(message={name: [sentence] for name, sentence in wrong.items()}), 400)
        choice, window = state.choice(reader), state.every(reader.today)
        rows = calendar.page(db.session(), choice, window, reader.zone, reader.today, size=MOST_IN_JSON, after=after)
        answer = jsonify([plain(event, reader.zone) for event in rows.events])
        if rows.after:
            rest = state.address("CalendarView.json", after=text_of(rows.after))
            answer.headers["Link"] = f'<{rest}>; rel="next"'
        return answer

    @expose("/xlsx", methods=["POST"])
    @has_access
    @permission_name("read")
    def xlsx(self) -> Answer:
        """All rows of the choice as a workbook, at once while they are few."""
        require("Export", "can_read")
        state, reader = CalendarState.of(request.args), self.reader()
        title = _("Calendar")
        name = book_name(title, reader.today)
        if self.is_long(state, reader):
            params = {"view": type(self).__name__, "args": dict(state.args), "title": title, "name": name}
            return ask_worker(JobKind.LIST_WORKBOOK, params | {"back": state.address()})

        def made(session: Session) -> BinaryIO:
            out = spool()
            write_sheet(title, HEADS, self.rows_of(session, state, reader), out)
            out.seek(0)
            return out

        return send_file(read(made), MIME, as_attachment=True, download_name=name)

    def write_workbook(self, session: Session, job: Job, out: IO[bytes], run: Run) -> int:
        """The workbook that a worker was asked for."""
        assert job.user is not None
        state = CalendarState.of(job.params["args"])
        reader = Reader.of(session, job.user, lambda section: ("can_read", section) in run.rights, others=True)
        rows = self.rows_of(session, state, reader)
        return write_sheet(job.params["title"], HEADS, rows, out, lambda done: run.progress(done, 0))

    def workbook_needs(self, _params: Mapping[str, Any]) -> set[Right]:
        return {("can_read", self.class_permission_name)}

    @staticmethod
    def is_long(state: CalendarState, reader: Reader) -> bool:
        asked = {"every": (state.choice(reader), state.every(reader.today))}
        many: int = db.session.scalars(queries.counts(asked, reader.zone)).one()
        return many > COUNT_CAP

    @staticmethod
    def rows_of(session: Session, state: CalendarState, reader: Reader) -> Iterator[list[Any]]:
        choice, window, shown, after = state.choice(reader), state.every(reader.today), Shown(reader), None
        for _page in range(MOST // BATCH):
            page = calendar.page(session, choice, window, reader.zone, reader.today, size=BATCH, after=after)
            yield from (cells(event, shown) for event in page.events)
            session.expunge_all()
            after = page.after
            if after is None:
                return

    @expose("/count")
    @has_access
    @permission_name("read")
    def count(self) -> Response:
        """The figures of the menu: of the list that it opens."""
        reader = self.reader()
        state = CalendarState.of(self.opened_by(self.habits()))
        counts = self.counts(state.choice(reader), reader)
        return jsonify(counts | {"told": count_text(counts["overdue"] or counts["today"])})

    def reader(self) -> Reader:
        return Reader.of(db.session(), current_user, self.reads, others=True)

    @staticmethod
    def counts(choice: EventChoice, reader: Reader) -> dict[str, int]:
        """How much of the choice is overdue, for today, and to be shipped today."""
        asked = what_to_count(choice, reader)
        session = db.session()
        counts = narrowed_for(viewer_of(session), queries.counts(asked, reader.zone))
        return capped(execute_kept(session, counts, {}).mappings().one())

    @staticmethod
    def found(state: CalendarState, choice: EventChoice, reader: Reader) -> Found:
        session, after = db.session(), key_of(request.args.get("after", ""))
        asked, window = state.said("span"), state.window(reader.today)
        if asked and window is None:
            return Found(EventPage(), is_understood=False)
        if window is None and state.said("on"):
            window = Window.ahead(day_asked(state, reader.today))
        if window is None and after is None:
            asked_of = reader.zone, reader.today, what_to_count(choice, reader)
            late, ahead, counts = calendar.opening(session, choice, *asked_of, late=LATEST, size=PAGE)
            return Found(ahead, late, counts=capped(counts))
        window = window or Window.ahead(reader.today)
        page = calendar.page(session, choice, window, reader.zone, reader.today, size=PAGE, after=after)
        return Found(page, goes_on=after is not None)


def what_to_count(choice: EventChoice, reader: Reader) -> dict[str, tuple[EventChoice, Window]]:
    today = Window(reader.today, reader.today)
    shipments = replace(choice, kinds=choice.kinds & {EventKind.SHIPMENT})
    return {
        "overdue": (choice, Window.before(reader.today)),
        "today": (choice, today),
        "to_ship": (shipments, today),
    }


def capped(counts: Mapping[Any, int]) -> dict[str, int]:
    return {name: AtLeast(count) if count > COUNT_CAP else count for name, count in counts.items()}


class ColleaguesView(BaseView):
    """Those whose calendars the reader may open, each with what is overdue and what is for today."""

    route_base = "/calendar/people"
    default_view = "page"
    class_permission_name = OTHERS

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        may = self.appbuilder.sm.has_access
        reader = Reader.of(db.session(), current_user, lambda name: bool(may("can_read", name)), others=True)
        users, asked = reader.people.others, what_to_count(CalendarState({}).choice(reader), reader)
        found = db.session.execute(queries.counts_of_each([user.id for user in users], asked, reader.zone))
        counts = {row.pop("id"): capped(row) for row in map(dict[str, int], found.mappings())}
        rows = [(user, CalendarState({"responsible": user.username}), counts[user.id]) for user in users]
        page: str = self.render_template("crm/calendar/people.html", title=_("Calendars of others"), rows=rows)
        return page


@dataclass(frozen=True)
class Found:
    """The rows of the page: what is overdue stands above what is ahead."""

    ahead: EventPage
    late: EventPage = field(default_factory=EventPage)
    goes_on: bool = False
    is_understood: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)  # where the opening has told them

    @property
    def is_empty(self) -> bool:
        return not (self.ahead.events or self.late.events)

    @property
    def next(self) -> str:
        return text_of(self.ahead.after) if self.ahead.after else ""
