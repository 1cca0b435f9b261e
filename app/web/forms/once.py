"""A form that is sent twice is done once: its second sending, after an answer that was lost, leads to what was made.

The form has a key of its own, and the base keeps it with the first change (`app.models.authorship`). What was
changed before it is sent again is another thing to do: all that was typed goes with the key, files by their content.
"""

from __future__ import annotations

from hashlib import file_digest
from secrets import token_urlsafe

from flask import Flask, Response, current_app, flash, get_flashed_messages, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as Answer

from app.errors import DoneAlready
from app.extensions import db
from app.models.authorship import digest_of, is_undone
from app.models.visibility import viewer_of
from app.queries.journal import undone
from app.services import journal
from app.web.display import CARDS, card_url
from app.web.errors import wants_json
from app.web.forms.saving import FormScreens

FIELD = "once"
SENT = "vizavi.sent"  # in request.environ: files are read for it once
# The form, with what was wrong; or it is not there: a draft that is sent, a client who is handed over.
CAME_BACK = {200, 404, 422}


def key_field() -> Markup:
    """The field of a form that is to be done once."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token_urlsafe(12))


def what_is_sent() -> str | None:
    """What the request does once; None where it has no key."""
    if request.method != "POST" or not request.form.get(FIELD):
        return None
    if SENT not in request.environ:
        typed = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
        files = [(name, file.filename, _content_of(file)) for name, file in request.files.items(multi=True)]
        request.environ[SENT] = repr((request.full_path, typed, files))
    return str(request.environ[SENT])


def _content_of(file: FileStorage) -> str:
    digest = file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]
    file.stream.seek(0)
    return digest


def lead_to_the_first(_error: DoneAlready) -> Answer:
    """To what the first sending did; where that is undone or gone, the browser sends the form anew, and it is saved.

    Not a letter: whoever took one back presses once more (see app.views.mail.composer).
    """
    session = db.session()
    session.rollback()
    url = place_of_the_first()
    if url:
        return _told(url)
    journal.free(session, _once())
    session.commit()
    return redirect(request.script_root + request.full_path, code=307)


def look_for_the_first(response: Response) -> Answer:
    """What was refused may be refused because the first sending has done it."""
    if response.status_code not in CAME_BACK or not is_undone(db.session()):
        return response
    with db.session.no_autoflush:
        url = place_of_the_first()
    return _told(url) if url else response


def _once() -> bytes:
    viewer = viewer_of(db.session())
    return digest_of(viewer.user_id if viewer else None, str(what_is_sent()))


def place_of_the_first() -> str:
    """The card of what the first sending did, else the list of this screen; "" where nothing of it is there now."""
    session, screen = db.session(), _screen()
    own = screen.datamodel.obj if screen else None
    models = {model.__tablename__: model for model in (*current_app.extensions[CARDS], *([own] if own else ()))}
    found = journal.first_changed(session, _once(), models, own.__tablename__ if own else "")
    if found is None or found.act in undone(session, [found.act]):
        return ""
    card = ""
    if found.table and found.row_id:
        model = models[found.table]
        row = select(model.id).where(model.id == found.row_id)
        if session.scalar(row):
            card = card_url(model, found.row_id)
        elif not session.scalar(row.execution_options(unscoped=True)):
            return ""
    return card or _list_of(screen) or "/"


def _screen() -> FormScreens | None:
    """Of the form that was sent; None where it shows no rows."""
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]
    screens = (view for view in views if isinstance(view, FormScreens))
    return next((screen for screen in screens if screen.endpoint == request.blueprint), None)


def _list_of(screen: FormScreens | None) -> str:
    """The screen's list; "" where it has none that the reader may open."""
    if screen is None or not screen.offers("list"):
        return ""
    may = current_app.appbuilder.sm.has_access("can_read", screen.class_permission_name)  # type: ignore[attr-defined]
    return url_for(f"{screen.endpoint}.list") if may else ""


def _told(url: str) -> Answer:
    get_flashed_messages()  # of this sending
    words = _("This was saved already, and is not done twice.")
    if wants_json():
        return jsonify(told=words, url=url, undo="")
    flash(words, "success")
    return redirect(url)


def init_app(app: Flask) -> None:
    app.register_error_handler(DoneAlready, lead_to_the_first)
    app.after_request(look_for_the_first)
    app.jinja_env.globals["key_field"] = key_field
