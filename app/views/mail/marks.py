"""Where a client answers how satisfied he is: without a login, by the secret of his own letter."""

from __future__ import annotations

from math import ceil

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from app import clock
from app.extensions import csrf, db
from app.services.contacts.inquiries import Limit
from app.services.mail import marks
from app.views.contacts.inquiries import wait_by_limit

MOST = 30  # answers, or secrets that nobody has, from one address in ten minutes


def answer(secret: str, mark: int = 0) -> Response:
    """A page with the mark that was clicked. Its button gives it: programs that look where links lead press nothing."""
    session = db.session()
    session.info["viewer"] = None  # whoever holds the secret says it of himself
    ask = marks.ask_of(session, secret)
    if (ask is None or request.method == "POST") and (left := _waits()):
        page = _page(_("Too many answers: try again later."), 429)
        page.headers["Retry-After"] = str(left)
        return page
    if ask is None:
        return _page(_("The link is not known."), 404)
    if current_user.is_authenticated:
        return _page(_("The client alone answers here."), 403, is_ours=True)
    told, refused = marks.mark_of(session, ask), ""
    if request.method == "POST":
        typed = request.form.get("mark", "")
        if typed in {str(each) for each in marks.WORDS}:
            told = marks.give(session, ask, int(typed), request.form.get("comment", ""), today=clock.today())
            session.commit()
            return _page(_("Thank you! Your answer is kept."), 200, told=told, marks=marks.WORDS, chosen=told.mark)
        refused = _("Choose a mark.")
    chosen = mark if mark in marks.WORDS else told.mark if told else 0
    return _page(
        _("How satisfied are you?"),
        400 if refused else 200,
        marks=marks.WORDS,
        chosen=chosen,
        told=told,
        comment=request.form.get("comment", told.comment if told else ""),
        refused=refused,
    )


def _waits() -> int:
    """For how many seconds whoever asks from this address has to wait; 0: he need not."""
    limit = Limit.of_address(request.remote_addr or "", str(current_app.secret_key), "mark", MOST)
    return ceil(wait_by_limit(limit).total_seconds())


def _page(title: str, code: int, **shown: object) -> Response:
    return make_response(render_template("crm/mail/mark.html", title=title, **shown), code)


def init_app(app: Flask) -> None:
    for place, rest in enumerate(("", "/<int:mark>")):
        address = f"{marks.ADDRESS}<secret>{rest}"
        app.add_url_rule(address, f"mark_{place}", csrf.exempt(answer), methods=["GET", "POST"])
