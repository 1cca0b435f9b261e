"""Documents that are reversed: the form that asks why, and what lists say of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.wrappers import Response

from app import clock
from app.extensions import db
from app.models.base import Reversible
from app.web.forms.documents import DocumentForm, document_page
from app.web.forms.fields import VersionField, text_field


def reversal(document: Reversible) -> str:
    """What lists say of a document that counts no more."""
    return gettext("Reversed") if document.reversed_on else ""


def reversed_mark(document: Reversible) -> str:
    """At the end of its row."""
    return Markup('<span class="chip">{}</span>').format(reversal(document)) if document.reversed_on else ""


class ReversalForm(DocumentForm):
    """Why a document is reversed."""

    SECTIONS = (("", ("reason", "version")),)

    reason = text_field(_l("Why it is reversed"), 500, _l("The document stays with this reason and counts nowhere."))
    version = VersionField()


def reversal_page(
    view: Any, title: str, document: Any, reverse: Callable[..., Any], *, cancel_url: str
) -> str | Response:
    """The page that asks why, and reverses; `reverse` is the verb of the kind of document."""
    form, number = ReversalForm(data={"version": document.version}), document.id

    def save() -> Any:
        return reverse(db.session, number, form.reason.data or "", on=clock.today(), version=form.version.data)

    return document_page(view, title, form, save, cancel_url=cancel_url, undoable=True)
