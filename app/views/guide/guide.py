"""The user guide inside the product, in the reader's language; «?» of a page opens the chapter about it."""

from __future__ import annotations

from flask import Flask, Response, abort, redirect, request, send_from_directory, url_for
from flask_appbuilder import BaseView, expose
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from app.views.guide.chapters import FIRST, GUIDE, SCREENS, chapter, chapter_of
from app.web.page import locale_code
from config import LANGUAGES


class HelpView(BaseView):
    """What everybody who is logged in may read: it tells nothing of the company."""

    route_base = "/help"
    default_view = "first"

    @expose("/")
    @login_required
    def first(self) -> AnyResponse:
        return redirect(url_for(".page", language=locale_code(), name=FIRST))

    # The addresses are those of the files, so that links between them lead to the same place there and here.
    @expose("/<language>/<name>.md")
    @login_required
    def page(self, language: str, name: str) -> str:
        if name not in SCREENS or language not in LANGUAGES:
            abort(404)
        shown = chapter(language, name)
        page: str = self.render_template(
            "crm/guide.html",
            title=shown.title,
            shown=shown,
            language=language,
            here=name,
            chapters=[(each, chapter(language, each).title) for each in SCREENS],
        )
        return page

    @expose("/pictures/<name>")
    @login_required
    def picture(self, name: str) -> Response:
        return send_from_directory(GUIDE / "pictures", name)


def help_url(name: str = "") -> str:
    """Of a chapter; of «?» on this page, when none is named."""
    view = (request.endpoint or "").partition(".")[0]
    return url_for("HelpView.page", language=locale_code(), name=name or chapter_of(view))


def init_app(app: Flask) -> None:
    app.jinja_env.globals["help_url"] = help_url
