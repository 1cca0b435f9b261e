"""VerbView: a view whose rows have verbs, done where one sees the row: by one press, or in a small box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from flask import current_app, g, jsonify, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.utils.base import get_safe_redirect
from markupsafe import Markup
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from app.errors import Refused
from app.services.journal import act_of
from app.web.access.kept import kept_for_reader
from app.web.cards.story import StoryView
from app.web.errors import wants_json
from app.web.forms.fields import row_number
from app.web.undo import flash_undoable, undo_url


@dataclass(frozen=True)
class AnyRow:
    """Stands for the rows of a state; its number and version are those that no row has."""

    state: StrEnum
    id: ClassVar[int] = 2**31 - 1
    version: ClassVar[str] = "any-version"


class VerbView(StoryView):
    """Each verb answers a page with the row's box again when it is refused, and programs of the page in JSON.

    Declare `verbs_template`, whose `in_row` draws the buttons, `box_page`, and `changed_meanwhile`, what is said
    when somebody else was quicker.
    """

    verbs_template = ""
    box_page = ""
    changed_meanwhile: Any = ""

    def box_of(self, item: Any) -> dict[str, Any]:
        """What the box offers, each time in the reader's words."""
        raise NotImplementedError

    def row_verbs(self, item: Any) -> str:
        """Buttons of a state are drawn once for the same rights: those of a row differ by number and version alone."""
        drawn: dict[StrEnum, str] = g.setdefault(f"verbs.{self.endpoint}", {})
        if item.state not in drawn:
            drawn[item.state] = kept_for_reader(("verbs", self.endpoint, item.state), lambda: self._draw(item.state))
        of_state = drawn[item.state].replace(str(AnyRow.id), str(item.id))
        return Markup(of_state.replace(AnyRow.version, str(item.version)))

    def _draw(self, state: StrEnum) -> str:
        macros: Any = current_app.jinja_env.get_template(self.verbs_template).module
        return str(macros.in_row(AnyRow(state)))

    @expose("/box/<pk>")
    @has_access
    def box(self, pk: str) -> str:
        """All the verbs of the row in one small box."""
        return self._page(self.row(pk))

    def perform(self, pk: str, verb: Callable[[Any], tuple[str, Any]]) -> str | Response:
        """Do the verb, unless somebody else changed the row; it says what is told, and which row is shown."""
        item, session = self.row(pk), self.datamodel.session
        number = item.id
        try:
            if row_number(request.values.get("version", "")) != item.version:
                raise StaleDataError
            told, shown = verb(item)
            act = act_of(session)
            self.datamodel.edit(item)
        except StaleDataError:
            session.rollback()
            return self._refused(number, Refused(self.changed_meanwhile))
        except Refused as refused:
            session.rollback()
            return self._refused(number, refused)
        return self.tell(told, shown, act)

    def tell(self, told: str, item: Any, act: int | None) -> Response:
        url = url_for(f"{self.endpoint}.show", pk=item.id)
        if wants_json():
            return jsonify(told=told, url=url, undo=undo_url(act))
        flash_undoable(told, act)
        return redirect(get_safe_redirect(request.form.get("back") or url))

    def _refused(self, number: int, refused: Refused) -> str | Response:
        return refusal(refused) if wants_json() else self._page(self.row(number), refused)

    def _page(self, item: Any, refused: Refused | None = None) -> str:
        box = self.box_of(item) | {"refused": refused, "back": request.values.get("back", "")}
        return self.render_template(self.box_page, title=str(item), item=item, box=box)


def refusal(refused: Refused) -> Response:
    """For the script of the page: the sentence and the field that it is about."""
    answer = jsonify(message=str(refused), field=refused.field or "")
    answer.status_code = 422
    return answer
