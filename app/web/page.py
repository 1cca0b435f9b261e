"""What the frame of every page asks for: the menu, the language, addresses of files that can be kept for ever."""

from __future__ import annotations

import contextlib
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import flask_babel
from flask import (
    Flask,
    Response,
    current_app,
    g,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)
from flask.templating import Environment
from flask_appbuilder.menu import MenuItem
from flask_babel import Domain, gettext
from flask_wtf import FlaskForm
from flask_wtf.csrf import _FlaskFormCSRF, generate_csrf
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from markupsafe import Markup

from app.formatting import of_language
from app.services.exchange import TABLES
from app.web.access.kept import kept_for_all, kept_for_reader, locale_code

SELDOM = {"Administration", "Catalogues", "Exchange", "Reports"}  # groups that stay folded until one works in them
STATIC = {"static", "appbuilder.static"}
FOR_EVER = f"public, max-age={365 * 24 * 3600}, immutable"


class Templates(Environment):
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The names that all templates know, as they are when the template is loaded.

        Of Jinja's chain of mappings each import and include would be walked through name by name.
        """
        return {**self.globals, **(d or {})}


class CompiledOnce(FileSystemBytecodeCache):
    """Of processes that have a folder together, the first that shows a template compiles it for all."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):  # the folder is full, or gone: each compiles for itself
            super().dump_bytecode(bucket)


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    icon: str
    here: bool


@dataclass(frozen=True)
class Section:
    """A group of the menu; one without a label is links of the first level."""

    label: str
    links: list[Link]
    open: bool


@dataclass(frozen=True)
class Entry:
    """A link of the menu as it is kept: everything but whether one is there."""

    label: str
    url: str
    icon: str


def menu_here() -> str:
    """The address of the link of the menu that the page belongs to."""

    def make() -> list[tuple[str, str]]:
        urls = [entry.url for _label, _seldom, links in _kept_menu() for entry in links]
        roots = [(url.removesuffix("list/"), url) for url in urls if url != "/"]
        return sorted(roots, key=lambda root: len(root[0]), reverse=True)

    # The longest address wins: a page of /reports/abc-buyers/ is not also one of /reports/.
    path = request.path
    return next((url for root, url in kept_for_reader(("roots",), make) if path.startswith(root)), "")


def page_menu(here: str) -> list[Section]:
    """What the reader may open, with the link of this address marked."""
    sections = []
    for label, seldom, links in _kept_menu():
        made = [Link(each.label, each.url, each.icon, each.url == here) for each in links]
        sections.append(Section(label, made, not seldom or any(link.here for link in made)))
    return sections


def _kept_menu() -> list[tuple[str, bool, list[Entry]]]:
    """(label, is seldom opened, links) of the groups."""

    def make() -> list[tuple[str, bool, list[Entry]]]:
        groups = [g for g in current_app.appbuilder.menu.get_list() if _is_visible(g)]  # type: ignore[attr-defined]
        found = []
        for group in groups:
            items = [i for i in group.childs or [group] if i.name != "-" and _is_visible(i)]
            links = [Entry(gettext(str(i.label)), i.get_url(), i.icon or "fa-angle-right") for i in items]
            if links:
                found.append((gettext(str(group.label)) if group.childs else "", group.name in SELDOM, links))
        return found

    return kept_for_reader(("menu",), make)


def _is_visible(item: MenuItem) -> bool:
    sm = current_app.appbuilder.sm  # type: ignore[attr-defined]
    return item.name == "-" or bool(item.should_render() and sm.has_access("menu_access", item.name))


def import_url(model: type) -> str:
    """Where the reader can load a file of such rows; empty when there are no such files, or he may not."""
    may = current_app.appbuilder.sm.has_access  # type: ignore[attr-defined]
    table = next((table for table in TABLES.values() if table.model is model), None)
    if table and may("can_write", "Import") and may("can_write", table.written_by or table.section):
        return url_for("ImportView.page", kind=table.slug)
    return ""


class Words(Domain):
    """The product's words: those of a language are found once, for a page asks for hundreds."""

    def get_translations(self) -> Any:
        return of_language("words", super().get_translations)


WORDS = Words()


def word(text: str, /, **values: Any) -> Markup:
    """What a template says, in the reader's language: all of them are HTML, so what is no word of ours is escaped."""
    found = Markup(WORDS.get_translations().ugettext(text))
    return found % values if values or "%" in found else found


def kept_piece(template: str, **values: Any) -> Markup:
    """A piece of every page that depends on the reader's rights, his language and these values alone: made once."""
    return kept_for_reader((template, *values.values()), lambda: _piece(template, **values))


def common_piece(template: str) -> Markup:
    """A piece of every page that is the same for all who read it in one language."""
    return kept_for_all((template,), lambda: _piece(template))


def _piece(template: str, **values: Any) -> Markup:
    return Markup(render_template(template, appbuilder=current_app.appbuilder, **values))  # type: ignore[attr-defined]


def csrf_token() -> str:
    """What the forms of this session are sent with: it is good as long as the session, and so is signed once."""
    own = session.get("csrf_token")
    if own and "csrf_token" not in g:
        g.csrf_token = _signed(str(current_app.secret_key), own)
    return g.get("csrf_token") or generate_csrf()


@lru_cache(maxsize=1024)
def _signed(_secret: str, _own: str) -> str:
    """Flask-WTF reads both where they are; here they say what the kept one is of."""
    return str(generate_csrf())


class KeptToken(_FlaskFormCSRF):
    """A form has the token that its page has: it would sign one of its own, also when it is sent."""

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        return csrf_token()


def init_app(app: Flask) -> None:
    FlaskForm.Meta.csrf_class = KeptToken
    flask_babel.get_domain = lambda: WORDS  # the only one: looking for it takes longer than for the word
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: WORDS.get_translations().ugettext(text),
        lambda one, many, count: WORDS.get_translations().ungettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.globals.update(_=word, gettext=word, kept_piece=kept_piece, common_piece=common_piece)
    app.jinja_env.globals.update(
        csrf_token=csrf_token, page_menu=page_menu, menu_here=menu_here, import_url=import_url, locale_code=locale_code
    )
    folder = Path(app.static_folder or "", "js")
    newest = f"{max(path.stat().st_mtime_ns for path in folder.glob('*.js')):x}"

    @app.get("/scripts/<v>/<name>.js")
    def scripts(v: str, name: str) -> Response:
        """Scripts import each other by their names alone, so the version is in the folder."""
        answer = send_from_directory(folder, f"{name}.js")
        answer.headers["Cache-Control"] = FOR_EVER if v == newest else "no-cache"  # an old page asks a new server
        return answer

    app.jinja_env.globals["script_url"] = lambda name: url_for("scripts", v=newest, name=name)
    versions: dict[tuple[str, str], str] = {}

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        """A static file's address changes with the file, so that a browser never asks twice for the same."""
        if endpoint in STATIC and "filename" in values:
            key = endpoint, values["filename"]
            if key not in versions:
                versions[key] = _version(*key)
            values["v"] = versions[key]

    app.after_request(keep)


def keep(response: Response) -> Response:
    """Fonts are named inside style sheets, without a version: those are kept for a day."""
    if request.endpoint in STATIC and response.status_code == 200:
        response.headers["Cache-Control"] = FOR_EVER if "v" in request.args else "public, max-age=86400"
    return response


def _version(endpoint: str, filename: str) -> str:
    owner: Any = current_app if endpoint == "static" else current_app.blueprints["appbuilder"]
    path = Path(owner.static_folder, filename)
    return f"{path.stat().st_mtime_ns:x}" if path.exists() else "0"
