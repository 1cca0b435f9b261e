"""The guard at the door: what no text of ours can hold is refused before anybody reads it, with the field's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import prison
from flask import Flask, Response, abort, current_app, request
from flask_babel import gettext as _

from app.web import errors

# NUL, which PostgreSQL keeps in no text, and halves of characters, which no encoding can write.
IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")
LONGEST_BODY = 4 << 20  # bytes of JSON
DEEPEST = 50  # levels of anything
QUOTED = re.compile(r"'(?:!.|[^'!])*+!?'?", re.DOTALL)  # to the end where no quote closes it
View = TypeVar("View", bound=Callable[..., Any])
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def texts(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text of what was sent, keys too, with the name of the outermost field that it stands in."""
    if depth > DEEPEST:
        abort(400)
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield name or key, key
            yield from texts(each, name or key, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, name, depth + 1)


def texts_sent() -> Iterator[tuple[str, str]]:
    """Every text of the request: address, query, form, names of files, JSON."""
    yield "", request.path
    yield from request.args.items(multi=True)
    if request.mimetype in FORMS:
        yield from request.form.items(multi=True)
        for name, file in request.files.items(multi=True):
            yield name, file.filename or ""
    elif request.is_json:
        if (request.content_length or 0) > LONGEST_BODY:
            abort(413)
        yield from texts(_body())


def _body() -> Any:
    try:
        return request.get_json(silent=True)
    except RecursionError:
        abort(400)


def depth_of(text: str) -> int:
    """How many brackets of a filter are open at once; what is quoted opens and closes none."""
    deepest = depth = 0
    for sign in QUOTED.sub("", text):
        depth = max(depth + (sign == "(") - (sign == ")"), 0)
        deepest = max(deepest, depth)
    return deepest


def is_unclear(text: str) -> bool:
    """Whether the reader of filters breaks by them: it goes into every bracket, and trips over a lone sign."""
    if depth_of(text) > DEEPEST:
        return True
    try:
        prison.loads(text)
    except prison.decoder.ParserException:
        return False  # FAB says so itself
    except (ValueError, IndexError, TypeError, RecursionError):
        return True
    return False


def refuse_impossible() -> Response | None:
    filters = request.args.get("q", "") if request.path.startswith("/api/") else ""
    if filters and is_unclear(filters):
        abort(400)
    for name, text in texts_sent():
        if IMPOSSIBLE.search(text) or IMPOSSIBLE.search(name):
            sentence = _("The text has characters that cannot be kept.")
            return errors.refused(IMPOSSIBLE.sub("", name), sentence)
    return None


def takes_json(view: View) -> View:
    """A view of pages that is asked by a script of theirs in JSON."""
    view.takes_json = True  # type: ignore[attr-defined]
    return view


def refuse_json() -> None:
    """Pages take forms alone: what makes forms of JSON trusts that it is an object of texts."""
    if request.method != "POST" or not request.is_json or request.path.startswith("/api/"):
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and not getattr(view, "takes_json", False):
        abort(415)


def init_app(app: Flask) -> None:
    app.before_request(refuse_json)
    app.before_request(refuse_impossible)
