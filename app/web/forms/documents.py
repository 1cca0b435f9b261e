"""A document on one screen: its header and its rows, saved as one; nothing typed is lost when it is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self, TypeVar

from flask import abort, flash, redirect, request
from flask_appbuilder.widgets import FormWidget
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import inspect, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from app import clock
from app.errors import Refused
from app.extensions import db
from app.models.own_fields import Owning
from app.models.products import Item
from app.services.journal import act_of
from app.services.typed import Changed, Difference
from app.web.constraints import explained
from app.web.datamodel import DataModel
from app.web.display import display
from app.web.forms import own_fields
from app.web.forms.fields import LookupField, VersionField, id_of
from app.web.forms.forms import FormConverter, trimmed
from app.web.forms.lines import LABELS, LinesField
from app.web.undo import flash_undoable

Sections = Sequence[tuple[Any, Sequence[str]]]
Draft = TypeVar("Draft")
LINES = (_l("Lines"), ("lines",))


class DocumentForm(FlaskForm):
    """The form of a document.

    `SECTIONS` name its fields in the order of the screen; a field that is not declared is made from the column or
    relation of `MODEL`, with its label and rules.
    """

    MODEL: type | None = None
    SECTIONS: Sections = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        undeclared = [name for name in field_names(cls.SECTIONS) if not hasattr(cls, name)]
        for name, field in _fields_of(cls.MODEL, undeclared):
            setattr(cls, name, field)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in field_names(self.SECTIONS):  # errors are listed in the order of the screen
            self._fields.move_to_end(name)
        self.changes: list[tuple[str, Any, Any]] = []  # where, what was typed, what somebody saved meanwhile

    @classmethod
    def today(cls) -> type[Self]:
        """The form with the own fields that its documents have just now."""
        return own_fields.with_own_fields(cls, own_fields.fields_to_change(db.session(), cls.MODEL))

    @classmethod
    def new(cls, **values: Any) -> Self:
        """Of today, by the reader, with these values."""
        return cls.today()(data={"manager": current_user, "date": clock.today(), **values})

    @classmethod
    def of(cls, document: Any, **values: Any) -> Self:
        """Of a document that is there, with its lines in one statement."""
        relation = inspect(type(document)).relationships["lines"]
        line, ((_id, document_id),) = relation.mapper.class_, relation.local_remote_pairs
        query = select(line).where(document_id == document.id).options(joinedload(line.item)).order_by(line.position)
        set_committed_value(document, "lines", db.session.scalars(query).all())
        form = cls.today()(obj=document, data=values, **own_fields.input_values(document))
        if not form.is_submitted():
            form["lines"].fill(document.lines)
        return form

    @property
    def sections(self) -> Sections:
        """What is shown now."""
        own = [(name, spec["fields"]) for name, spec in own_fields.sections_of(self)]
        return (*self.SECTIONS, *own)

    def draft_of(self, draft: type[Draft], **given: Any) -> Draft:
        """What was typed, by the draft's names for it, beside what is given; what is empty keeps its default."""
        typed = {}
        if self.MODEL is not None and issubclass(self.MODEL, Owning):
            given = {"own": own_fields.typed_values(self), **given}
        for name in (each.name for each in dataclasses.fields(draft)):  # type: ignore[arg-type]
            field = self._fields.get(name.removesuffix("_id"))
            value = None if field is None or name in given else _typed(field)
            if value is not None:
                typed[name] = value
        return draft(**given, **typed)

    def tell(self, refused: Refused) -> None:
        """Put a refusal at its field: `ship_on`, or `lines-2-quantity` in the rows."""
        if isinstance(refused, Changed):
            self.changes = [self._in_words(difference) for difference in refused.differences]
            self["version"].renew(refused.version)
        at = refused.field or ""
        for field in self:
            if isinstance(field, LinesField) and field.tell(at, str(refused)):
                return
        field = self._fields.get(at)
        if field is None:
            flash(str(refused), "danger")
        else:
            field.errors = [*field.errors, str(refused)]

    def _in_words(self, difference: Difference) -> tuple[str, Any, Any]:
        name, in_line = difference.field.removesuffix("_id"), difference.line is not None
        field = None if in_line else self[name]
        model = Item if name == "item" else getattr(field, "model", None)
        label = str(LABELS[name] if field is None else field.label.text)
        if difference.line is not None:
            label = _("Line %(place)s: %(field)s", place=difference.line + 1, field=label)
        return label, _displayed(model, difference.mine), _displayed(model, difference.theirs)


def document_page(
    view: Any,
    title: str,
    form: DocumentForm,
    save: Callable[[], Any],
    *,
    cancel_url: str,
    then: Callable[[Any], str] | None = None,
    template: str = "crm/document.html",
    undoable: bool = False,
    **more: Any,
) -> str | Response:
    """The form with what was wrong; once `save` kept it, the way to `then` of what was made, else to `cancel_url`.

    `undoable`: the message offers to take it back.
    """
    if request.method == "POST" and not request.form:
        abort(400)  # even an empty form has its token
    if request.method == "POST" and form.validate():
        try:
            made = save()
            act = act_of(db.session()) if undoable else None
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.tell(refused)
        except (DataError, IntegrityError) as error:
            db.session.rollback()
            form.tell(explained(error))
        except StaleDataError:
            db.session.rollback()
            flash(_l("Somebody saved this row a moment ago. Check the values and save once more."), "danger")
        else:
            flash_undoable(_l("Saved."), act)
            return redirect(then(made) if then else cancel_url)
    widget = FormWidget(
        form=form,
        include_cols=field_names(form.sections),
        exclude_cols=[],
        fieldsets=[(section, {"fields": fields}) for section, fields in form.sections],
        cancel_url=cancel_url,
    )
    return str(view.render_template(template, title=title, form=form, widget=widget, changes=form.changes, **more))


def field_names(sections: Sections) -> list[str]:
    return [name for _title, fields in sections for name in fields]


def _fields_of(model: type | None, columns: Sequence[str]) -> Iterable[tuple[str, Any]]:
    if model is None or not columns:
        return ()
    rows = DataModel(model)
    labels = {name: rows.get_info(name)["label"] for name in columns}
    form = FormConverter(rows, within={}, optional=()).create_form(labels, columns)
    return [(name, getattr(form, name)) for name in columns]


def _typed(field: Any) -> Any:
    match field:
        case LinesField():
            return field.drafts()
        case LookupField():
            return id_of(field.data)
        case VersionField():
            return field.data
    return trimmed(field.data)


def _displayed(model: type | None, value: Any) -> Any:
    return display(db.session.get(model, value) if model is not None and value is not None else value)


class AskingForm(DocumentForm):
    """A form whose tick `confirmed` appears once the rule that it lifts, `ASKS`, has refused."""

    ASKS: type[Refused]

    is_asked = False

    @property
    def sections(self) -> Sections:
        if self.is_asked or self["confirmed"].data:
            return super().sections
        return [(title, [name for name in names if name != "confirmed"]) for title, names in super().sections]

    def tell(self, refused: Refused) -> None:
        self.is_asked = isinstance(refused, self.ASKS)
        super().tell(refused)
