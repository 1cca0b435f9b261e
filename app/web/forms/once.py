"""A form that is sent twice is done once: its second sending, after an answer that was lost, leads to what was made.

The form has a key of its own, and the base keeps it with the first change (`app.models.authorship`). What was
changed before it is sent again is another thing to do: all that was typed goes with the key.
"""

from __future__ import annotations

from secrets import token_urlsafe

from flask import Flask, Response, current_app, flash, get_flashed_messages, jsonify, redirect, request
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from app.errors import DoneAlready
from app.extensions import db
from app.models.authorship import is_undone, digest_of
from app.models.visibility import viewer_of
from app.services import journal
from app.web.display import CARDS, card_url
from app.web.errors import wants_json

FIELD = "once"
CAME_BACK = {200, 422}  # the form, with what was wrong


def key_field() -> Markup:
    """The field of a form that is to be done once."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token_urlsafe(12))


def what_is_sent() -> str | None:
    """What the request does once; None where it has no key."""
    if request.method != "POST" or not request.form.get(FIELD):
        return None
    typed = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
    files = [(name, file.filename) for name, file in request.files.items(multi=True)]
    return repr((request.full_path, typed, files))


def lead_to_the_first(_error: DoneAlready) -> Answer:
    db.session.rollback()
    return _told(_card_of_the_first(str(what_is_sent())) or "/")


def look_for_the_first(response: Response) -> Answer:
    """What was refused may be refused because the first sending has done it."""
    if response.status_code not in CAME_BACK or not is_undone(db.session()):
        return response
    with db.session.no_autoflush:
        card = _card_of_the_first(str(what_is_sent()))
    return _told(card) if card else response


def _card_of_the_first(what: str) -> str:
    session = db.session()
    viewer = viewer_of(session)
    models = {model.__tablename__: model for model in current_app.extensions[CARDS]}
    once = digest_of(viewer.user_id if viewer else None, what)
    found = journal.first_changed(session, once, models)
    if found is None:
        return ""
    model, number = models[found[0]], found[1]
    is_seen = session.scalar(select(model.id).where(model.id == number))
    return (card_url(model, number) if is_seen else "") or "/"


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
