"""What is worth knowing of a form's values: told while one types, and once more when they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request, url_for
from flask_appbuilder import ModelView, expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, StringField, validators

from app.services.remarks import Remark
from app.web.display import card_url
from app.web.forms.fields import row_number
from app.web.forms.forms import comparable, trimmed

CONFIRMED = "confirmed"
LONGEST = 1000  # letters of a value that is looked at


def answering(name: str, label: Any, longest: int) -> dict[str, Any]:
    """The words that answer a remark that asks: an extra field of the form, shown when it is needed."""
    return {name: StringField(label, filters=[trimmed], validators=[validators.Length(max=longest)])}


def confirming() -> dict[str, Any]:
    """The tick that confirms a remark: an extra field of the form, shown when it is needed."""
    return {CONFIRMED: BooleanField(_l("Save nevertheless"))}


class Remarking(ModelView):
    """Forms whose `watched` fields may get remarks; `remarks` makes them of the values, rows by their numbers.

    `answer` is the column that keeps what is answered to those that ask.
    """

    watched: tuple[str, ...] = ()
    answer = ""

    def remarks(self, typed: Mapping[str, str], own: int | None) -> list[Remark]:
        return []

    @expose("/remarks")
    @has_access
    def remark(self) -> Response:
        """Gives `{"remarks": [{"field", "text", "url"}]}` for the values of the watched fields."""
        typed = {name: request.args.get(name, "")[:LONGEST] for name in self.watched}
        found = self.remarks(typed, row_number(request.args.get("own", ""))) if any(typed.values()) else []
        return jsonify(remarks=[{"field": each.field, "text": each.text, "url": url_of(each)} for each in found])

    def remarks_url(self) -> str:
        """Where the script of the form asks; empty where nothing is watched."""
        return url_for(f"{self.endpoint}.remark", own=(request.view_args or {}).get("pk")) if self.watched else ""

    def remarks_on(self, form: Any, item: Any) -> list[Remark]:
        """Of what was typed now: a row that only got a comment is not looked at again."""
        typed = {name: comparable(form[name].data if name in form else getattr(item, name)) for name in self.watched}
        before = {name: comparable(getattr(item, name)) for name in self.watched}
        return self.remarks(typed, item.id) if typed != before else []

    def waits(self, form: Any, remarks: list[Remark]) -> bool:
        """Whether something is asked that is not answered yet: it is put at its field, with room for the answer."""
        asked = [each for each in remarks if each.asks]
        if not asked:
            return self._waits_for_a_tick(form, remarks)
        answer = form[self.answer]
        is_answered = bool(answer.raw_data and answer.data)
        for each in asked:
            field = form[each.field] if each.field in form else form[form.only]
            field.answer = answer
            if not is_answered:
                field.errors = [*field.errors, remark_with_link(each)]
        return not is_answered or self._waits_for_a_tick(form, remarks)

    @staticmethod
    def _waits_for_a_tick(form: Any, remarks: list[Remark]) -> bool:
        doubtful = [each for each in remarks if each.confirms]
        for each in doubtful:
            field = form[each.field] if each.field in form else form[form.only]
            field.confirm = form[CONFIRMED]
            if not field.confirm.data:
                field.errors = [*field.errors, each.text]
        return bool(doubtful) and not form[CONFIRMED].data


def url_of(remark: Remark) -> str:
    return card_url(*remark.row) if remark.row else ""


def remark_with_link(remark: Remark) -> str:
    """The sentence with the way to what it speaks of."""
    url = url_of(remark)
    return Markup('{} — <a href="{}">{}</a>').format(remark.text, url, _("open")) if url else remark.text
