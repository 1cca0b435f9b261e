"""One field of a row changed where it stands, on a card or in a list, by the rules of the row's form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import abort, render_template, request
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.own_fields import PREFIX
from app.errors import Refused
from app.web.display import display
from app.web.forms import own_fields
from app.web.forms.forms import changed_meanwhile, fingerprint
from app.web.forms.remarks import CONFIRMED
from app.web.forms.saving import FormScreens

NOT_SAVED = 422


class InPlace(FormScreens):
    """`safe_columns` are fields of the form that are changed in a list, of one row or of many; so are own fields.

    `not_in_place` are fields of the form that want all of it.
    """

    safe_columns: Sequence[str] = ()
    not_in_place: Iterable[str] = ()

    def is_in_place(self, name: str) -> bool:
        """Whether the field is changed alone."""
        return self.is_changed_in_lists(name)

    def is_changed_in_lists(self, name: str) -> bool:
        return name in self.safe_columns or name.startswith(PREFIX)

    @expose("/fact/<pk>/<name>", methods=["GET", "POST"])
    @has_access
    def fact(self, pk: str, name: str) -> str | Response | tuple[str, int]:
        """The form of one fact, with the rules of the whole form; saved, it answers with nothing."""
        if not self.offers("edit") or not self.is_in_place(name):
            abort(404)
        item = self.row_to_change(pk)
        own = own_fields.input_values(item)
        current = self._one_field(self._form_of("edit", formdata=None, obj=item, **own), name)
        shown = fingerprint(current, [name])
        if request.method == "GET":
            current.shown.data = shown
            return self._fact_form(current, name)
        form = self._one_field(self._form_of("edit", obj=item, **own), name)
        form._id = item.id  # for Unique
        valid = form.validate()
        if changed_meanwhile(form, current, [name], form.shown.data or ""):
            now = _("Somebody changed this meanwhile. Now in the base: %(value)s", value=display(current[name].data))
            form[name].errors = [*form[name].errors, now]
        elif valid and self._saved(form, item, created=False, columns=[] if name in own else [name]):
            return Response(status=204)
        form.shown.data = shown
        return self._fact_form(form, name), NOT_SAVED

    def _one_field(self, form: Any, name: str) -> Any:
        """The form without its other fields: what is not sent is not touched."""
        if name not in form or name in {"shown", "csrf_token"}:
            abort(404)
        for field in [*form]:
            if field.name not in {name, "shown", "csrf_token", self.answer, CONFIRMED}:
                del form[field.name]
        form.only = name
        return form

    @staticmethod
    def _tell(form: Any, refused: Refused) -> None:
        """A form of one field says there what is wrong with others, too."""
        only = getattr(form, "only", None)
        FormScreens._tell(form, Refused(str(refused), field=only) if only else refused)

    def _fact_form(self, form: Any, name: str) -> str:
        return render_template("crm/card_fact.html", form=form, field=form[name], url=request.path)
