"""CrmView: FAB's ModelView with its traps removed. Every view of an entity inherits it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from flask import abort, current_app, flash, has_request_context, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import HiddenField

from app.domain.formats.pdf import PDF
from app.errors import Refused
from app.web.cards.paper import PaperTable, on_paper
from app.web.display import CARDS
from app.web.filters import CrmFilters, Is
from app.web.forms.forms import FormConverter
from app.web.lists.chosen import ChosenRows
from app.web.lists.columns import Chosen
from app.web.lists.screens import LIST_ROUTES, ListScreens
from app.web.lists.state import list_state
from app.web.undo import flash_undoable

VERBS = {
    "list": "read",
    **LIST_ROUTES,
    "show": "read",
    "pdf": "read",
    "add": "write",
    "edit": "write",
    "fact": "write",
    "remark": "write",
    "action": "write",
    "action_post": "write",
    "delete": "delete",
}
MOST_SELECTED = 500


class CrmView(ListScreens):
    """Declare `datamodel`, `class_permission_name` (the section, as in the menu), titles and columns; the rest is here.

    `optional_columns` may be left empty, saving fills them; `within` are the
    look-ups of the form that depend on another of its fields; `related_columns`
    are shown under the card of that relation instead of those of the list.
    """

    search_columns: Any = None
    show_columns: Any = None
    edit_columns: Any = None
    edit_fieldsets: Any = None
    related_size = 10
    method_permission_name = VERBS
    exclude_route_methods = {"download"}
    optional_columns: Iterable[str] = ()
    within: dict[str, str] = {}
    related_columns: dict[str, list[str]] = {}
    of_chosen: frozenset[str] = frozenset()  # actions on any number of rows: they are given what was chosen

    # A view is one object for all threads, and FAB keeps the filters of the current request on it:
    # a row was saved under the parent that another user's form had named.
    @property
    def _filters(self) -> CrmFilters:
        possible: CrmFilters = self.__dict__["_filters"]
        if not has_request_context():
            return possible
        own: CrmFilters = request.environ.setdefault(f"vizavi.filters.{id(self)}", possible.fresh())
        return own

    @_filters.setter
    def _filters(self, value: CrmFilters) -> None:
        self.__dict__["_filters"] = value

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        named: set[str] | None = self.include_route_methods  # type: ignore[has-type]
        if named and "list" in named:
            self.include_route_methods = {*named, *LIST_ROUTES}

    def _init_properties(self) -> None:
        searches = self.search_columns or []
        self.show_columns = self.show_columns or self.list_columns
        if self.edit_fieldsets is None:
            self.edit_fieldsets = self.add_fieldsets
        self.edit_columns = self.edit_columns or self.add_columns
        super()._init_properties()
        self.search_columns = searches  # FAB takes none for all
        self.order_columns = [*self.datamodel.order_by]
        self._filters = self.datamodel.get_filters(searches)
        self._gen_labels_columns(searches)
        related = [c for columns in self.related_columns.values() for c in columns]
        shown = [c for c in dict.fromkeys([*self.list_columns, *self.more_columns, *related]) if c not in self.facts]
        self._gen_labels_columns(shown)
        self.datamodel.list_options = self.datamodel.eager(shown)
        self.datamodel.row_options = self.datamodel.eager([*self.show_columns, *self.edit_columns])
        if self.offers("show"):
            cards = current_app.extensions.setdefault(CARDS, {})
            cards.setdefault(self.datamodel.obj, (type(self).__name__, self.class_permission_name))

    def _gen_labels_columns(self, list_columns: Iterable[str]) -> None:
        for column in list_columns:
            label = self.datamodel.get_info(column).get("label")
            if label:
                self.label_columns.setdefault(column, label)
        super()._gen_labels_columns(list_columns)

    def _init_forms(self) -> None:
        converter = FormConverter(self.datamodel, within=self.within, optional=set(self.optional_columns))
        self.add_form = self.add_form or self._form(converter, self.add_columns, self.add_form_extra_fields)
        self.edit_form = self.edit_form or self._form(
            converter,
            self.edit_columns,
            # What the form showed of the row: saving over somebody else's change is noticed by it.
            {**self.edit_form_extra_fields, "shown": HiddenField()},
        )

    def _form(self, converter: FormConverter, columns: list[str], extra: dict[str, Any]) -> Any:
        labels, hints, rules = self.label_columns, self.description_columns, self.validators_columns
        form = converter.create_form(labels, columns, hints, rules, extra)
        return type("EntityForm", (form,), {k: field for k, field in extra.items() if k not in columns})

    def is_readable(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_read", self.class_permission_name))

    def related(self, view: CrmView, item: Any) -> Any:
        """The first rows of another view that belong to this one; they are not counted."""
        relation = view.datamodel.get_related_fk(self.datamodel.obj)
        filters = view.datamodel.get_filters()
        filters.add_filter_related_view(relation, Is, item.id)
        shown = view.related_columns.get(relation) or view.list_columns or []
        columns = [Chosen(name) for name in view.columns_offered(shown) if name != relation]
        state = list_state(type(view).__name__)
        return view.list_widget(**view.rows_page(filters, state, view.related_size, counted=False, columns=columns))

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> str:
        item = self.row(pk)
        views = self.related_of(item)
        widgets = self._get_show_widget(item.id, item)
        widgets["show"].template_args["actions"] = self.offered_actions()
        widgets["related_views"] = [self.related(view, item) for view in views]
        return self.render_template(
            self.show_template,
            pk=item.id,
            title=str(item),
            item=item,
            widgets=widgets,
            related_views=views,
            **self.beside(item),
        )

    @expose("/show/<pk>/pdf", methods=["GET"])
    @has_access
    def pdf(self, pk: str) -> Response:
        """The card on paper, with what its reader sees of it."""
        if not self.offers("show"):
            abort(404)
        item = self.row(pk)
        title = self.title_of(item)
        out = BytesIO(on_paper(self.list_title, title, self.told_of(item), self.paper_tables(item)))
        return send_file(out, PDF, as_attachment=True, download_name=f"{title}.pdf".replace("/", "-"))

    def title_of(self, item: Any) -> str:
        return str(item)

    def told_of(self, item: Any) -> list[tuple[Any, Any]]:
        """The facts of the row, with their labels."""
        labels, formats = self.label_columns, self.formatters_columns
        values = zip(self.show_columns, self.datamodel.get_values_item(item, self.show_columns), strict=True)
        return [(labels.get(name, name), formats[name](value) if name in formats else value) for name, value in values]

    def paper_tables(self, item: Any) -> list[PaperTable]:
        """What belongs to the row."""
        found = []
        for view in self.related_of(item):
            shown = self.related(view, item).template_args
            cells = [[Markup(cell) for cell in row.cells.split("</td>")[:-1]] for row in shown["rows"]]
            right = frozenset(place for place, head in enumerate(shown["heads"]) if head.kind == "num")
            found.append(PaperTable(view.list_title, [head.label for head in shown["heads"]], cells, right))
        return found

    def related_of(self, item: Any) -> Sequence[CrmView]:
        """The views whose first rows the card of this row shows, in the order they are declared."""
        order = self.related_views.index  # FAB puts those first that were registered before this view
        return sorted((v for v in self._related_views if v.is_readable()), key=lambda view: order(type(view)))

    def beside(self, item: Any) -> dict[str, Any]:
        """What the template of the card needs besides the row."""
        return {}

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> Response:
        item = self.row_to_change(pk)
        after, named = self.after_delete_url(item), str(item)
        try:
            self.pre_delete(item)
            act = self.datamodel.delete(item)
        except Refused as refused:
            flash(str(refused), "danger")
            return redirect(self.card_or_list(item.id))
        flash_undoable(_("Deleted: %(what)s.", what=named), act)
        return redirect(after)

    def after_delete_url(self, item: Any) -> str:
        return url_for(f"{self.endpoint}.list")

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> Any:
        self._check_action(name)
        return self.actions[name].func(self.row(pk))

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Any:
        name = request.form.get("action", "")
        self._check_action(name)
        if name in self.of_chosen:
            return self.actions[name].func(ChosenRows.of_form(self))
        chosen = ChosenRows.of_form(self).numbers(self.datamodel.session)[:MOST_SELECTED]
        items = [self.datamodel.get(pk, self._base_filters) for pk in chosen]
        return self.actions[name].func([item for item in items if item is not None])

    def _check_action(self, name: str) -> None:
        if name not in self.actions:
            abort(404)
        if not self.may_act(name):
            abort(403)

    def may_act(self, name: str) -> bool:
        return bool(self.appbuilder.sm.has_access(self.get_action_permission_name(name), self.class_permission_name))


class LinesView(CrmView):
    """The rows of a document, on its card alone: declare their `datamodel`, the section and the columns."""

    include_route_methods: set[str] = set()
    related_size = 100
    list_title = _l("Lines")
    label_columns = {"position": "№"}
    base_order = ("position", "asc")
