"""The FAB workshop: everything that touches Flask-AppBuilder's insides lives here."""

from typing import Any

from flask import Flask, g
from jinja2 import pass_context
from jinja2.runtime import Context
from werkzeug.routing import IntegerConverter

import app.web.schemas  # noqa: F401 - fields of schemas take their words when they are made
from app.web import csp, display, errors, guard, mail, page, reach, readings, report_links, undo
from app.web.access import rowsec, security
from app.web.cards import drawn
from app.web.forms import copies, drawing, once, words
from app.web.lists import table


class RowNumber(IntegerConverter):
    """`<int:…>` in an address: a number that no row can have is not found, instead of failing in the base."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max": 2**31 - 1, **kwargs})


def only_offered_screens(app: Flask) -> None:
    """FAB's filter knows permissions, not which screens a view has: it would offer buttons that lead nowhere."""
    stock = app.jinja_env.filters["is_item_visible"]
    views: dict[str, Any] = {}

    @pass_context  # of constants alone Jinja would answer once, for the first reader, and keep it in the template
    def is_item_visible(_context: Context, permission: str, view_name: str) -> Any:
        if "user" not in g:  # a page of an error that came before anybody was known
            return False
        if not views:  # they are all known by the first page
            views.update({type(each).__name__: each for each in app.appbuilder.baseviews})  # type: ignore[attr-defined]
            stock.__self__.find_views_by_name = views.get  # FAB would walk through all of them for each button
        offers = getattr(views[view_name], "offers", None)
        if offers and not offers(permission.removeprefix("can_")):
            return False
        return stock(permission, view_name)

    app.jinja_env.filters["is_item_visible"] = is_item_visible


def init_app(app: Flask) -> None:
    """Called after FAB is bound: FAB's own before_request has then loaded the user."""
    readings.init_app(app)  # before others: functions that look at an answer are called from the last to the first
    guard.init_app(app)
    app.url_map.converters["int"] = RowNumber
    rowsec.init_app(app)
    security.init_app(app)
    display.init_app(app)
    table.init_app(app)
    drawing.init_app(app)
    drawn.init_app(app)
    reach.init_app(app)
    page.init_app(app)
    copies.init_app(app)
    words.init_app(app)
    report_links.init_app(app)
    undo.init_app(app)
    once.init_app(app)
    mail.init_app(app)
    errors.init_app(app)
    csp.init_app(app)
    only_offered_screens(app)
