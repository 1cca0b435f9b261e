"""The list of an entity: its columns, its tabs and what its readers keep of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import replace
from typing import IO, Any
from urllib.parse import urlencode

from flask import abort, has_request_context, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import clock
from app.domain.formats.writing import MIME, book_name
from app.domain.own_fields import PREFIX
from app.domain.words import JobKind, Road
from app.errors import Refused
from app.models import authorship
from app.models.jobs import Job
from app.queries.rights import Right
from app.services import list_views
from app.services.jobs import Run
from app.services.journal import act_of
from app.services.list_views import Habits
from app.services.own_fields import STAMP
from app.web.access.kept import kept_for_reader
from app.web.access.rights import require
from app.web.datamodel import Order
from app.web.filters import CrmFilters
from app.web.forms.in_place import InPlace
from app.web.lists.bar import FilterBar
from app.web.lists.bulk import AT_ONCE, BulkChange, in_words, reasons
from app.web.lists.chosen import ChosenRows
from app.web.lists.columns import Chosen, Fact, as_text, chosen_columns, facts_of
from app.web.lists.kept import KEPT_ROUTES, KeptViews
from app.web.lists.own import OwnColumns
from app.web.lists.state import COLUMNS, VIEW, ListState
from app.web.lists.table import NAME_IN_ADDRESS, NUMBER_IN_ADDRESS, Addresses, Head, kind_of, rows_of
from app.web.lists.tabs import tabs_of
from app.web.lists.workbook import LONG, write_list
from app.web.undo import flash_undoable
from app.web.work import ask_worker, refuse
from reports.work import spool

PARAMETER = re.compile(r"_flt_\d+_\w|(_oc|_od|_col|page|psize)_\w")
# Routes of every list and the verbs that they need.
LIST_ROUTES = KEPT_ROUTES | dict.fromkeys(("keep_columns", "xlsx"), "read") | {"bulk": "write"}


class ListScreens(KeptViews, InPlace):
    """`list_columns` are shown unless the reader chooses others, of `more_columns` too.

    `facts` are those that other tables give; `kinds` says of a column what its
    values do not tell (app.web.lists.table.Head). `tabs` are choices that the
    list offers above itself, `opens_at` is the one that a bare address opens.
    `field_rights` are what some of the `safe_columns` need besides; to change one of
    `explained` an answer is given (app.web.forms.remarks). `advice` tells whoever finds no rows, or nothing to add one
    by, what they are and where they begin.
    """

    more_columns: Sequence[str] = ()
    facts: Mapping[str, Fact] = {}
    kinds: Mapping[str, str] = {"number": "whole", "counterparty": "name"}
    kept_in, kept_on = VIEW, "list"
    field_rights: Mapping[str, Sequence[Right]] = {}
    explained: Sequence[str] = ()
    advice: Any = ""
    page_size = 25
    search_widget = FilterBar

    def is_parameter(self, name: str) -> bool:
        return PARAMETER.match(name) is not None

    def is_kept(self, name: str) -> bool:
        return name != f"page_{type(self).__name__}"

    def row_verbs(self, item: Any) -> str:
        """What may be done with the row, as buttons at its right end."""
        return ""

    def is_overdue(self, item: Any) -> bool:
        """Whether the row has waited for somebody since a day before the reader's today: it is shown in red."""
        return False

    def may_change(self, item: Any) -> bool:
        """Whether whoever may change rows of this kind may change, and delete, this one."""
        return True

    def beside_list(self, filters: CrmFilters) -> dict[str, Any]:
        """What the template of the list needs besides the rows that the filters find, in `widgets`."""
        return {}

    def offered_actions(self) -> dict[str, Any]:
        """The verbs that the reader may use here."""
        return self.actions

    def columns_offered(self, of: Sequence[str] = ()) -> list[str]:
        """Those (of all that the list has) that the reader may see: what it shows by itself comes first."""
        hidden = self.hidden()
        every = of or dict.fromkeys([*self.list_columns, *self.more_columns, *self.own_columns().fields])
        return [name for name in every if name not in hidden]

    def own_columns(self, session: Session | None = None) -> OwnColumns:
        """Read once a request; a worker gives the session that it works in."""
        if not has_request_context():
            return OwnColumns(session or self.datamodel.session, self.datamodel.obj)
        name = f"vizavi.own_columns.{id(self)}"
        if name not in request.environ:
            request.environ[name] = OwnColumns(self.datamodel.session, self.datamodel.obj)
        kept: OwnColumns = request.environ[name]
        return kept

    def hidden(self) -> Set[str]:
        """Columns of sections that the reader may not read: neither shown, nor asked for, nor sorted by."""

        def make() -> Set[str]:
            reads = self.appbuilder.sm.has_access
            every = {section for fact in self.facts.values() for section in fact.sections}
            unread = {section for section in every if not reads("can_read", section)}
            return frozenset(name for name, fact in self.facts.items() if unread.intersection(fact.sections))

        return kept_for_reader(("hidden", type(self).__name__), make) if self.facts else frozenset()

    def columns_shown(self, state: ListState) -> list[Chosen]:
        """Those that the address names, or the list's own."""
        offered = self.columns_offered()
        chosen = [column for column in state.columns if column.name in offered]
        return chosen or [Chosen(name) for name in self.list_columns if name in offered]

    def rows_page(
        self,
        filters: CrmFilters,
        state: ListState,
        size: int,
        *,
        counted: bool,
        columns: Sequence[Chosen] | None = None,
    ) -> dict[str, Any]:
        """What the list widget shows."""
        columns = columns if columns is not None else self.columns_shown(state)
        order = self.order_of(state, self.hidden())
        names = [column.name for column in columns]
        own = [name for name in names if name not in self.facts]
        count, items = self.datamodel.page(filters, order, state.page, size, counted=counted, columns=own)
        values = self.values_of(items, names)
        safe = self.changeable() if self.offers("edit") else ()
        heads = [replace(head, is_safe=head.name in safe) for head in self.heads_of(state, columns, values, order)]
        numbers, formatters = [item.id for item in items], self.formatters_of(columns)
        states = map(self.is_overdue, items), map(self.row_verbs, items), map(self.may_change, items)
        return {
            "heads": heads,
            "rows": rows_of(heads, values, numbers, formatters, *states, self.addresses()),
            "state": state,
            "page": state.page,
            "page_size": size,
            "count": count,
            "actions": self.offered_actions(),
            "filters": filters,
            "advice": self.advice,
            "modelview_name": type(self).__name__,
        }

    def addresses(self) -> Addresses:
        """Where the rows lead."""
        opens, right = ("show", "can_read") if self.offers("show") else ("edit", "can_write")
        may = self.offers(opens) and self.appbuilder.sm.has_access(right, self.class_permission_name)
        return Addresses(
            url_for(f"{self.endpoint}.{opens}", pk=NUMBER_IN_ADDRESS) if may else "",
            url_for(f"{self.endpoint}.fact", pk=NUMBER_IN_ADDRESS, name=NAME_IN_ADDRESS) if self.offers("fact") else "",
        )

    def order_of(self, state: ListState, hidden: Collection[str]) -> Order | None:
        """What the address asks for, when it is known and may be seen; else the usual order."""
        asked = state.order
        known = asked and asked[0] in self.datamodel.order_by and asked[0] not in hidden
        usual: Order | None = self.base_order
        return asked if known else usual

    def values_of(
        self, items: Sequence[Any], columns: Sequence[str], session: Session | None = None
    ) -> list[dict[str, Any]]:
        """What stands in the columns of these rows."""
        facts = {name: self.facts[name] for name in columns if name in self.facts}
        own = [name for name in columns if name.startswith(PREFIX)]
        rest = [name for name in columns if name not in facts and name not in own]
        rows = [dict(row) for row in self.datamodel.get_values(items, rest)]
        if own:
            known = self.own_columns(session)
            users = known.users_of(items, own)
            for item, row in zip(items, rows, strict=True):
                row.update(known.values_of(item, own, users))
        if facts:
            model, ids = self.datamodel.obj, [item.id for item in items]
            found = facts_of(session or self.datamodel.session, model, facts, ids, clock.today())
            for item, row in zip(items, rows, strict=True):
                row.update(found.get(item.id) or dict.fromkeys(facts))
        return rows

    def heads_of(
        self, state: ListState, columns: Sequence[Chosen], values: Sequence[dict[str, Any]], order: Order | None
    ) -> list[Head]:
        heads, labels = [], self.labels()
        for column in columns:
            name = column.name
            kind = self.kind_of_column(name) or kind_of([row[name] for row in values])
            direction = {"asc": "ascending", "desc": "descending"}[order[1]] if order and order[0] == name else ""
            url = state.sorted_by(name, order, falling=kind == "num") if name in self.order_columns else ""
            heads.append(Head(name, labels[name], kind, column.width, url, direction))
        return heads

    def kind_of_column(self, column: str) -> str:
        """num, whole or text where the values do not tell it."""
        if column.startswith(PREFIX):
            return self.own_columns().kind_of(column)
        return self.facts[column].kind if column in self.facts else self.kinds.get(column, "")

    def excel_of(self, column: str) -> Any:
        """What makes the cell of a workbook of a value."""
        return self.facts[column].excel if column in self.facts else None

    def sections_of(self, column: str) -> Sequence[str]:
        return self.facts[column].sections if column in self.facts else ()

    def label_of(self, column: str) -> str:
        if column.startswith(PREFIX):
            return self.own_columns().labels[column]
        return str(self.facts[column].label if column in self.facts else self.label_columns.get(column))

    def labels(self) -> Mapping[str, str]:
        """How each column is called."""
        known = [name for name in (*self.label_columns, *self.facts) if not name.startswith(PREFIX)]
        kept = kept_for_reader(("labels", type(self).__name__), lambda: {name: self.label_of(name) for name in known})
        return {**kept, **self.own_columns().labels}

    def formatters_of(self, columns: Sequence[Chosen]) -> dict[str, Any]:
        shown = [(column.name, self.facts[column.name]) for column in columns if column.name in self.facts]
        of_facts = {name: fact.of_reader() if fact.of_reader else fact.formatter for name, fact in shown}
        return {**of_facts, **self.formatters_columns}

    def asked_of(self, habits: Habits) -> ListState:
        """What the reader asks for; a bare address opens the tab that comes first, with his own columns."""
        name, args = type(self).__name__, MultiDict(request.args)
        if not args:
            args = MultiDict(self.opened_by(habits))
        if habits.columns and f"{COLUMNS}_{name}" not in args:
            args[f"{COLUMNS}_{name}"] = habits.columns
        return ListState(name, args)

    def beside_rows(self, state: ListState, habits: Habits, heads: Sequence[Head]) -> dict[str, Any]:
        """What stands around the rows of a list that is alone on its page."""
        shown = {head.name: head.width for head in heads}
        offered = [*shown, *(name for name in self.columns_offered() if name not in shown)]
        may, labels = self.appbuilder.sm.has_access, self.labels()
        return {
            "alone": True,
            "exports": may("can_read", "Export"),
            "changes": self.changeable(),
            "tabs": tabs_of(state, self.tabs_of_reader(habits)),
            "columns": tuple((name, labels[name], name in shown, shown.get(name, 0)) for name in offered),
            **self.beside_tabs(state.args.get(VIEW, ""), habits),
        }

    def _list(self) -> dict[str, Any]:
        habits = self.habits()
        state = self.asked_of(habits)
        self._filters.without(self.hidden())
        self.own_columns().add_filters(self._filters, self.datamodel)
        self._filters.ask(state.args)
        size = min(state.size or self.page_size, 100)
        filters = self._filters.get_joined_filters(self._base_filters)
        rows = self.rows_page(filters, state, size, counted=True) | {"filters": self._filters}
        rows |= self.beside_rows(state, habits, rows["heads"])
        bar = self.search_widget(
            filters=self._filters,
            labels={**self.label_columns, **self.own_columns().labels},
            include_cols=self.search_columns,
            state=state,
            stamp=self.datamodel.session.info.get(STAMP),
        )
        return {"list": self.list_widget(**rows), "search": bar, **self.beside_list(filters)}

    @expose("/list/")
    @has_access
    def list(self) -> str:
        return self.render_template(self.list_template, title=self.list_title, widgets=self._list())

    def changeable(self) -> Sequence[str]:
        """Fields that the reader may change in the list, his own fields too."""
        may = self.appbuilder.sm.has_access
        if not may("can_write", self.class_permission_name):
            return []
        safe = [name for name in self.safe_columns if all(may(*right) for right in self.field_rights.get(name, ()))]
        return [*safe, *self.own_columns().changeable] if self.offers("edit") else safe

    def complete_many(self, session: Session, row: Any, name: str) -> None:
        """What saving one field of a row sees to; in a worker too, where nobody is logged in."""
        self.complete_alone(session, row, name)

    @expose("/xlsx", methods=["POST"])
    @has_access
    def xlsx(self) -> Response:
        """What the reader has before him: the ticked rows, or all that his filters find."""
        require("Export", "can_read")
        chosen = ChosenRows.of_form(self)
        chosen = chosen if chosen.ids else replace(chosen, ids=None)
        state, title = ListState(chosen.view, MultiDict(chosen.choice)), str(self.list_title)
        columns = [column.name for column in self.columns_shown(state)]
        name = book_name(title, clock.today())
        session = self.datamodel.session
        found = self.datamodel.count(chosen.statement(session), LONG)
        if found > LONG:
            back = self.list_url(chosen.choice)
            params = {"columns": columns, "title": title, "name": name, "back": back}
            return ask_worker(JobKind.LIST_WORKBOOK, chosen.to_params() | params)
        out = spool()
        write_list(session, chosen, columns, title, out, lambda _done, _total: None)
        out.seek(0)
        return send_file(out, MIME, as_attachment=True, download_name=name)

    def write_workbook(self, session: Session, job: Job, out: IO[bytes], run: Run) -> int:
        """The workbook that a worker was asked for; gives how many rows it has."""
        chosen, params = ChosenRows.from_params(job.params), job.params
        return write_list(session, chosen, params["columns"], params["title"], out, run.progress)

    def workbook_needs(self, params: Mapping[str, Any]) -> set[Right]:
        """The rights of whoever takes it."""
        sections = {name for column in params["columns"] for name in self.sections_of(column)}
        return {("can_read", name) for name in {self.class_permission_name, *sections}}

    @expose("/bulk", methods=["POST"])
    @has_access
    def bulk(self) -> str | Response:
        """One field of the chosen rows: chosen, counted, then changed at once or by a worker."""
        rows, session = ChosenRows.of_form(self), self.datamodel.session
        fields = self.changeable() or abort(403)
        name = request.form.get("field", "")
        back = self.list_url(rows.choice)
        answer = request.form.get(self.answer, "")
        change = BulkChange(rows, name if name in fields else fields[0], request.form.getlist(name), answer)
        ids = rows.ids if rows.ids is not None else rows.numbers(session)
        if not ids:
            return refuse(Refused(_("Tick the rows first.")), back)
        told, problem = None, None
        counted = name in fields and request.form.get("counted") == name  # another field was chosen: a new value first
        if counted:
            is_long = len(ids) > AT_ONCE
            try:
                if is_long and "sure" in request.form:
                    title = _("Change of many rows: %(list)s", list=str(self.list_title))
                    return ask_worker(JobKind.BULK_CHANGE, change.to_params() | {"title": title, "back": back})
                authorship.by(session, Road.BULK, self.datamodel.obj.__tablename__)
                told = change.make(session, lambda _done, _total: None, ids[:AT_ONCE])
                if "sure" in request.form:
                    act = act_of(session)
                    session.commit()
                    flash_undoable(in_words(told), act)
                    return redirect(back)
            except Refused as refused:
                problem = str(refused)
            session.rollback()
        form = change.form(session, filled=counted)
        page: str = self.render_template(
            "crm/bulk.html",
            title=_("Change of many rows: %(list)s", list=str(self.list_title)),
            rows=rows,
            count=len(ids),
            fields=[(each, str(form[each].label.text)) for each in fields],
            field=form[change.field],
            answer=form[self.answer] if change.is_explained else None,
            told=told,
            counted=min(len(ids), AT_ONCE),
            reasons=reasons(told) if told else [],
            problem=problem,
            choice=urlencode(rows.choice),
            back=back,
        )
        return page

    @expose("/columns", methods=["POST"])
    @has_access
    def keep_columns(self) -> Response:
        """The reader's columns of this list, from now on and at once."""
        name, choice = type(self).__name__, self.back_to()
        chosen = chosen_columns(",".join(request.form.getlist("column")))
        offered = self.columns_offered()
        columns = as_text(column for column in chosen if column.name in offered)
        list_views.keep_columns(self.datamodel.session, current_user.id, name, columns)
        self.datamodel.session.commit()
        choice.pop(f"{COLUMNS}_{name}", "")
        return redirect(self.list_url(choice | ({f"{COLUMNS}_{name}": columns} if columns else {})))
