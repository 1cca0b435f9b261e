"""One field of many rows changed at once: what the form of a row would do with each, told before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_appbuilder import Model
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.domain.own_fields import PREFIX
from app.domain.words import Road
from app.errors import Refused
from app.models import authorship
from app.models.jobs import Job
from app.queries.rights import Right
from app.services import bulk
from app.services.bulk import BulkOutcome
from app.services.jobs import Outcome, Run
from app.services.journal import act_of
from app.web.forms import own_fields
from app.web.lists.chosen import ChosenRows

AT_ONCE = 500  # rows that are changed while the reader waits


@dataclass(frozen=True)
class BulkChange:
    """Which field of the chosen rows becomes what, as it was typed."""

    rows: ChosenRows
    field: str
    values: Sequence[str]
    answer: str = ""  # why, where that is asked

    def to_params(self) -> dict[str, Any]:
        return {**self.rows.to_params(), "field": self.field, "values": [*self.values], "answer": self.answer}

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> BulkChange:
        return cls(ChosenRows.from_params(params), params["field"], params["values"], params.get("answer", ""))

    @property
    def is_explained(self) -> bool:
        return self.field in self.rows.screen.explained

    @property
    def needs(self) -> set[Right]:
        view = self.rows.screen
        return {("can_write", view.class_permission_name), *view.field_rights.get(self.field, ())}

    def form(self, session: Session, *, filled: bool = True) -> Any:
        """The form of a row, with this one field filled in or empty."""
        view = self.rows.screen
        own = own_fields.fields_to_change(session, view.datamodel.obj)
        typed = MultiDict([*((self.field, value) for value in self.values), (view.answer, self.answer)])
        return own_fields.with_own_fields(view.edit_form, own)(formdata=typed if filled else None, meta={"csrf": False})

    def make(self, session: Session, progress: Callable[[int, int], None], ids: Sequence[int]) -> BulkOutcome:
        """Change the rows; Refused when the value itself is wrong."""
        view, form = self.rows.screen, self.form(session)
        if self.field not in form or not view.is_changed_in_lists(self.field):
            raise Refused(_("This field is not changed so."))
        field = form[self.field]
        if not field.validate(form):
            raise Refused(" ".join(map(str, field.errors)), field=self.field)
        chosen, one = field.data, [field]

        def put(row: Any) -> None:
            if isinstance(chosen, Model):  # a worker changes rows in a session of its own
                field.data = session.get_one(type(chosen), chosen.id)
            if self.field.startswith(PREFIX):
                own_fields.keep(session, one, row, whole=False)
            else:
                field.populate_obj(row, self.field)
            if self.is_explained:
                form[view.answer].populate_obj(row, view.answer)
            view.complete_many(session, row, self.field)

        what = f"{self.rows.view}.{self.field}"
        return bulk.change(session, view.datamodel.obj, ids, put, what=what, progress=progress)


def needs_of(params: Mapping[str, Any]) -> set[Right]:
    return BulkChange.from_params(params).needs


def bulk_change_job(session: Session, job: Job, run: Run) -> Outcome:
    change = BulkChange.from_params(job.params)
    ids = change.rows.ids if change.rows.ids is not None else change.rows.numbers(session)
    authorship.by(session, Road.BULK, change.rows.screen.datamodel.obj.__tablename__)
    told = change.make(session, run.progress, ids)
    return Outcome({"told": in_words(told), "rows": told.changed, "act": act_of(session)})


def in_words(told: BulkOutcome) -> str:
    """What was done, and what was not and why."""
    sentences = [ngettext("%(num)s row was changed.", "%(num)s rows were changed.", told.changed)]
    if told.same:
        sentences.append(_("Already so: %(count)s.", count=told.same))
    return " ".join([*sentences, *reasons(told)])


def reasons(told: BulkOutcome) -> list[str]:
    """Why some rows stay as they are."""
    found = [_("Not yours: %(count)s.", count=told.foreign)] if told.foreign else []
    for reason, count in told.refused.most_common():
        found.append(_("Stay as they are: %(count)s. %(reason)s", count=count, reason=reason).strip())
    return found
