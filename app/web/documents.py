"""A document on one screen: its header and its rows, saved as one; nothing typed is lost when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, request
from flask_appbuilder.widgets import FormWidget
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.errors import Refused
from app.web.lines import LinesField


class DocumentForm(FlaskForm):
    """A form whose refusals find their field: `ship_on`, or `lines-2-quantity` in its rows."""

    def tell(self, refused: Refused) -> None:
        at = refused.field or ""
        for field in self:
            if isinstance(field, LinesField) and field.tell(at, str(refused)):
                return
        field = self._fields.get(at)
        if field is None:
            flash(str(refused), "danger")
        else:
            field.errors = [*field.errors, str(refused)]


def saved(session: Session, form: DocumentForm, save: Callable[[], Any]) -> Any:
    """What `save` made, committed; None when the form is shown again with what was wrong."""
    if not (request.method == "POST" and form.validate()):
        return None
    try:
        made = save()
        session.commit()
    except Refused as refused:
        session.rollback()
        form.tell(refused)
        return None
    except StaleDataError:
        session.rollback()
        flash(_l("Somebody saved this row a moment ago. Check the values and save once more."), "danger")
        return None
    flash(_l("Saved."), "success")
    return made


def page(
    view: Any,
    title: str,
    form: DocumentForm,
    sections: Sequence[tuple[Any, Sequence[str]]],
    *,
    cancel_url: str,
    template: str = "crm/document.html",
    **more: Any,
) -> str:
    widget = FormWidget(
        form=form,
        include_cols=[name for _title, names in sections for name in names],
        exclude_cols=[],
        fieldsets=[(section, {"fields": names}) for section, names in sections],
        cancel_url=cancel_url,
    )
    return str(view.render_template(template, title=title, form=form, widget=widget, **more))
