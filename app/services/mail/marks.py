"""A letter asks its client how satisfied he is, with a link for each mark; he answers by a click, once a letter."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from html import escape

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.letters.fields import MARK_FIELD, TemplateField
from app.domain.letters.writing import Draft
from app.domain.passwords import digest
from app.models.letters import Letter
from app.models.satisfaction import SatisfactionAsk, SatisfactionMark

ADDRESS = "/mark/"
# A letter keeps its field until it goes out: links are in what is sent alone, so that nobody here answers for a client.
STAYS = {TemplateField.MARK: MARK_FIELD}
WORDS = {5: _l("Excellent"), 4: _l("Good"), 3: _l("Fair"), 2: _l("Bad"), 1: _l("Very bad")}
COLOURS = {5: "#1f7a45", 4: "#4f7a1f", 3: "#8a6a00", 2: "#b4541a", 1: "#b3261e"}
LONGEST = 2000  # signs of a comment
LINK = re.compile(r"https?://[^\s<>\"]+")


def asks(text: str) -> bool:
    return MARK_FIELD in text


def with_links(draft: Draft, site: str) -> tuple[Draft, str]:
    """The letter as it goes out, and its secret."""
    secret = secrets.token_urlsafe(16)
    links = {mark: f"{site}{ADDRESS}{secret}/{mark}" for mark in WORDS}
    lines = "\n".join(f"{mark} — {WORDS[mark]}: {link}" for mark, link in links.items())
    return replace(draft, text=draft.text.replace(MARK_FIELD, lines), html=_html(draft.text, links)), secret


def _html(text: str, links: Mapping[int, str]) -> str:
    """The same with buttons. Styles stand in it: mail programs read no others."""
    cell = "padding: 8px 12px; color: #ffffff; font-weight: bold; text-decoration: none; display: inline-block;"
    buttons = "".join(
        f'<td style="padding: 0 6px 6px 0;"><a href="{escape(link)}" title="{WORDS[mark]}" '
        f'style="{cell} background: {COLOURS[mark]}; border-radius: 4px;">{mark}</a></td>'
        for mark, link in links.items()
    )
    row = (
        f'<table role="presentation" cellspacing="0" cellpadding="0"><tr>{buttons}</tr></table>'
        f'<span style="color: #59627a; font-size: 12px;">{WORDS[5]} … {WORDS[1]}</span>'
    )
    words = LINK.sub(r'<a href="\g<0>">\g<0></a>', escape(text)).replace("\n", "<br>\n").replace(MARK_FIELD, row)
    font = "font: 14px Arial, Helvetica, sans-serif; color: #1b2230; overflow-wrap: anywhere;"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return (
        f'<!doctype html><html><head>{head}</head><body style="margin: 0; padding: 16px; {font}">{words}</body></html>'
    )


def keep(session: Session, letter: Letter, counterparty_id: int, secret: str, text: str) -> None:
    """The letter, frozen with its links, asks this client; `text` is what people here keep of it."""
    letter.text = text
    session.add(SatisfactionAsk(letter=letter, counterparty_id=counterparty_id, hash=digest(secret)))


def ask_of(session: Session, secret: str) -> SatisfactionAsk | None:
    found = select(SatisfactionAsk).where(SatisfactionAsk.hash == digest(secret))
    return session.scalar(found.execution_options(unscoped=True))


def mark_of(session: Session, ask: SatisfactionAsk) -> SatisfactionMark | None:
    """What he has answered by now."""
    found = select(SatisfactionMark).where(SatisfactionMark.ask_id == ask.id)
    return session.scalar(found.execution_options(unscoped=True))


def give(session: Session, ask: SatisfactionAsk, mark: int, comment: str, *, today: date) -> SatisfactionMark:
    """His mark by this letter: the first, or another one in its place."""
    session.execute(select(SatisfactionAsk.id).where(SatisfactionAsk.id == ask.id).with_for_update())
    found = mark_of(session, ask)
    if found is None:
        contact = select(Letter.contact_id).where(Letter.id == ask.letter_id).execution_options(unscoped=True)
        found = SatisfactionMark(counterparty_id=ask.counterparty_id, ask_id=ask.id, contact_id=session.scalar(contact))
        session.add(found)
    found.mark, found.comment, found.on = mark, comment.strip()[:LONGEST], today
    session.flush()
    return found
