"""Letters by their words and people."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from app.models.letters import Letter, LetterParty
from app.queries.search import words_of
from app.queries.sql import literal_text

MOST_WORDS = 8


def letter_matches(text: str) -> ColumnElement[bool]:
    """Every word typed begins a word of the subject or the text, in any of its forms, or of a name or an address."""
    words = words_of(text)[:MOST_WORDS]
    # Marks that Russian has too many of to be looked for.
    telling = [word for word in words if len(word) > 2 or word.isdecimal()] or words
    return and_(*(_has(word) for word in telling)) if telling else false()


def _has(word: str) -> ColumnElement[bool]:
    begins = literal_text(f"{word}:*")
    said = func.to_tsquery("russian", begins)
    nothing_left = func.numnode(said) == 0  # a word that says nothing by itself
    in_text = select(Letter.id).where(or_(Letter.words.op("@@", is_comparison=True)(said), nothing_left))
    of_people = select(LetterParty.letter_id).where(
        LetterParty.words.op("@@", is_comparison=True)(func.to_tsquery("simple", begins))
    )
    return Letter.id.in_(in_text.union(of_people))
