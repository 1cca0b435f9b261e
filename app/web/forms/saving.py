"""The forms of CrmView: nothing typed is ever lost, no SQL is shown, nobody overwrites another's work unknowingly."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from app.errors import Refused
from app.web.datamodel import DataModel
from app.web.display import display
from app.web.forms import own_fields
from app.web.forms.fields import LookupField
from app.web.forms.forms import changed_meanwhile, fingerprint
from app.web.forms.remarks import Remarking, remark_with_link
from app.web.lists.state import presets
from app.web.readings import note_shown
from app.web.undo import flash_undoable


class FormScreens(Remarking):
    """The forms of a new row and of one that is there."""

    datamodel: DataModel
    add_form: Any = None
    edit_form: Any = None
    add_row_message = _l("Saved.")
    edit_row_message = _l("Saved.")

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        given = presets(self.add_columns)
        form = self._form_of("add", data=self.new_values())
        self._preset(form, given)
        if request.method == "POST":
            item = self.datamodel.obj()
            if form.validate() and self._saved(form, item, created=True):
                return redirect(self.after_save_url(item))
        return self._form_page("add", self.add_title, form)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        item = self.row_to_change(pk)
        title = self.title_of(item)
        own = own_fields.input_values(item)
        current = self._form_of("edit", formdata=None, obj=item, **own)
        columns = [*self.edit_columns, *own_fields.names_in(current)]
        shown = fingerprint(current, columns)
        if request.method == "GET":
            current.shown.data = shown
            return self._form_page("edit", title, current)
        form = self._form_of("edit", obj=item, **own)
        form._id = item.id  # for Unique
        valid = form.validate()
        others = changed_meanwhile(form, current, columns, form.shown.data or "")
        if others:
            self._tell_changes(form, current, others)
        elif valid and self._saved(form, item, created=False):
            return redirect(self.after_save_url(item))
        form.shown.data = shown
        return self._form_page("edit", title, form)

    def _form_of(self, name: str, **filled: Any) -> Any:
        """The form of that screen, with the own fields that the table has just now."""
        fields = own_fields.fields_to_change(self.datamodel.session, self.datamodel.obj)
        return own_fields.with_own_fields(getattr(self, f"{name}_form"), fields)(**filled)

    def offers(self, method: str) -> bool:
        """The screen exists in this view."""
        if self.include_route_methods is not None and method not in self.include_route_methods:
            return False
        return method not in self.exclude_route_methods

    def title_of(self, item: Any) -> str:
        """What heads the card and the form of the row."""
        return str(item)

    def row(self, pk: Any) -> Any:
        """The row that the address names; 404 when the reader does not see it."""
        item = self.datamodel.get(pk, self._base_filters) or abort(404)
        note_shown(item)
        return item

    def row_to_change(self, pk: Any) -> Any:
        """The same; 403 when the reader may not change it."""
        item = self.row(pk)
        return item if self.may_change(item) else abort(403)

    def new_values(self) -> dict[str, Any]:
        """What the form of a new row is filled with."""
        return {}

    def _form_page(self, name: str, title: str, form: Any) -> str:
        columns = getattr(self, f"{name}_columns")
        fieldsets = getattr(self, f"{name}_fieldsets") or [("", {"fields": columns})]
        widget = getattr(self, f"{name}_widget")(
            form=form,
            include_cols=columns,
            exclude_cols=[],
            fieldsets=[*fieldsets, *own_fields.sections_of(form)],
            cancel_url=self.cancel_url(),
            watched=self.watched,
            remarks_url=self.remarks_url(),
        )
        return self.render_template(
            getattr(self, f"{name}_template"), title=title, widgets={name: widget}, related_views=[]
        )

    @staticmethod
    def _preset(form: Any, given: dict[str, str]) -> None:
        """Fill in what the screen that leads here already knows, unless the form itself says it."""
        for name, value in given.items():
            field = form[name]
            if request.method == "POST" and name in request.form:
                continue
            if isinstance(field, LookupField):
                field.data = field.load(value)
                continue
            try:
                field.process_formdata([value])
            except ValueError:
                field.data = None

    def _saved(self, form: Any, item: Any, *, created: bool, columns: list[str] | None = None) -> bool:
        """Whether what was typed in the columns (in all of the form) is kept; where it is not, the form says why."""
        whole = columns is None
        chosen = (self.add_columns if created else self.edit_columns) if columns is None else columns
        columns = [*chosen, *([self.answer] if self.answer else ())]
        session = self.datamodel.session
        remarks = self.remarks_on(form, item)
        if self.waits(form, remarks):
            return False
        try:
            with session.no_autoflush, self.datamodel.said():
                for name in columns:
                    form[name].populate_obj(item, name)
                own_fields.keep(session, form, item, whole=whole)
                if only := getattr(form, "only", ""):
                    self.complete_alone(session, item, only)
                else:
                    (self.pre_add if created else self.pre_update)(item)
            act = None
            if created:
                self.datamodel.add(item)
            else:
                act = self.datamodel.edit(item)
        except Refused as refused:
            session.rollback()
            self._tell(form, refused)
            return False
        except StaleDataError:
            session.rollback()
            flash(_("Somebody saved this row a moment ago. Check the values and save once more."), "danger")
            return False
        flash_undoable(self.add_row_message if created else self.edit_row_message, act)
        for remark in remarks:
            if not (remark.asks or remark.confirms):
                flash(remark_with_link(remark), "warning")
        return True

    def complete_alone(self, session: Session, row: Any, name: str) -> None:
        """What saving one field of a row sees to."""
        self.pre_update(row)

    @staticmethod
    def _tell(form: Any, refused: Refused) -> None:
        """At the field it is about, or above the form."""
        if refused.field and refused.field in form:
            field = form[refused.field]
            field.errors = [*field.errors, str(refused)]
        else:
            flash(str(refused), "danger")

    @staticmethod
    def _tell_changes(form: Any, current: Any, columns: list[str]) -> None:
        names = ", ".join(f"«{form[c].label.text}»" for c in columns)
        flash(
            _(
                "While you were editing, somebody changed this row: %(names)s. "
                "Your values are kept here; saving once more puts them in place of the others.",
                names=names,
            ),
            "danger",
        )
        for name in columns:
            field = form[name]
            now = _("Now in the base: %(value)s", value=str(display(current[name].data)))
            field.errors = [*field.errors, now]

    def after_save_url(self, item: Any) -> str:
        """People expect the card of what they saved; whoever gave the row away sees the list."""
        (number,) = inspect(item).identity
        return self.card_or_list(number if self.datamodel.sees(number) else None)

    def cancel_url(self) -> str:
        return self.card_or_list((request.view_args or {}).get("pk"))

    def card_or_list(self, pk: Any) -> str:
        card = pk and self.offers("show")
        return url_for(f"{self.endpoint}.show", pk=pk) if card else url_for(f"{self.endpoint}.list")
