"""Ways to reach somebody as links: a number dials, an address writes, a page opens; each is copied by one press."""

from __future__ import annotations

from typing import Protocol

from flask import Flask
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.domain import ways
from app.domain.words import InfoType


class Reachable(Protocol):
    """A row of the base or app.domain.ways.KnownWay."""

    @property
    def url(self) -> str: ...
    @property
    def shown(self) -> str: ...
    @property
    def extension(self) -> str: ...
    @property
    def phone(self) -> str: ...


def reached(way: Reachable, *, copied: bool = True) -> Markup:
    """The way as it is written, leading to whom it reaches; what no link can reach is text."""
    shown = escape(way.shown)
    if way.extension and way.extension not in way.shown:
        shown = Markup('{} <span class="ext">{}</span>').format(shown, _("ext. %(number)s", number=way.extension))
    url = escape(way.url)
    if not url:
        return shown
    aside = ' target="_blank" rel="noopener noreferrer"' if url.startswith("http") else ""
    link = Markup(f'<a href="{url}"{aside}>{shown}</a>')
    if not copied:
        return link
    word, plain = (
        escape(_("Copy")),
        escape(way.shown),
    )  # pieces are put together here: Markup.format costs ten times as much
    copies = f'<button type="button" class="copy" data-copy="{escape(way.phone) or plain}" title="{word}"'
    return Markup(f'<span class="reach">{link}{copies} aria-label="{word} {plain}"></button></span>')


def written(way: Reachable) -> str:
    """The same on paper."""
    return reached(way, copied=False).striptags()


def dialled(text: str) -> Markup:
    """A phone that was typed as a text."""
    return reached(ways.of_text(InfoType.PHONE, text or "")) if text else Markup("—")


def written_to(text: str) -> Markup:
    """An e-mail address that was typed as a text."""
    return reached(ways.of_text(InfoType.EMAIL, text or "")) if text else Markup("—")


def opened(text: str) -> Markup:
    """An address of the web that was typed as a text."""
    return reached(ways.of_text(InfoType.WEB, text or "")) if text else Markup("—")


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(reached=reached, dialled=dialled, written_to=written_to)
