"""Facts and events of a card as its page prints them: it has dozens, and a template takes longer for each."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.web.cards.feed import FeedEvent
from app.web.cards.story import CardFact
from app.web.lists.table import NAME_IN_ADDRESS as ANY_LABEL


def drawn_facts(facts: Iterable[CardFact]) -> Markup:
    """Each with its pen, where it is changed in place."""
    change = escape(_("Change: %(field)s", field=ANY_LABEL))
    icon = '<i class="fa fa-pen" aria-hidden="true"></i>'
    pen = f' <button type="button" class="pen" aria-label="{change}">{icon}</button>'
    drawn = []
    for one in facts:
        label, at, by = escape(one.label), "", ""
        if one.edit_url:
            at, by = f' data-fact="{escape(one.edit_url)}"', pen.replace(ANY_LABEL, label)
        drawn.append(f"<div{at}><dt>{label}</dt><dd>{escape(one.value)}{by}</dd></div>")
    return Markup("\n".join(drawn))


def drawn_events(events: Iterable[FeedEvent]) -> Markup:
    return Markup("\n".join(map(_event, events)))


def _event(one: FeedEvent) -> str:
    late, of_late = (' class="overdue"', " tag-bad") if one.late else ("", "")
    lead, end = (f'<a class="what" href="{escape(one.url)}">', "</a>") if one.url else ('<b class="what">', "</b>")
    tag = f' <span class="tag{of_late}">{escape(one.tag)}</span>' if one.tag else ""
    text = f"<p>{escape(one.text)}</p>" if one.text else ""
    foot = f" <small>{escape(one.foot)}</small>" if one.foot else ""
    return (
        f'<li{late}><span class="dot"><i class="fa {one.icon}" aria-hidden="true"></i></span><div>'
        f"<time>{escape(one.on)}</time> {lead}{escape(one.title)}{end}{_arrow(one.change)}{tag}{text}{foot}</div></li>"
    )


def _arrow(change: int) -> str:
    if not change:
        return ""
    sign, words = ("▲", _("better than before")) if change > 0 else ("▼", _("worse than before"))
    return (
        f' <span class="way-{change}"><span aria-hidden="true">{sign}</span> '
        f'<span class="sr-only">{escape(words)}</span></span>'
    )


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(drawn_facts=drawn_facts, drawn_events=drawn_events)
