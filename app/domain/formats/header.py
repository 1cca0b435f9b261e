"""Where a table begins: under which titles its header stands; and which of its lines only add up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from app.domain.text import fold, fold_caption

LOOKED_AT = 20  # lines in which the header is looked for
# "Итого", "Всего по складу:", "Grand total".
TOTAL = re.compile(r"(итого|всего|итог|total|grand total|subtotal)( (по|за|for|of) .*)?:?")
FIGURE = re.compile(r"[-+\d\s.,%₽$€]*([а-яa-z]{1,4}\.?)?", re.IGNORECASE)

Row = tuple[int, list[str]]


@dataclass
class Beginning:
    """The header that was found, and the rows under it."""

    header: list[str]
    line: int
    rows: Iterator[Row]
    about: int  # lines in all
    first: list[Row] = field(default_factory=list)  # of the file or sheet, from its very beginning
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)


def known_captions(cells: list[str], known: Collection[str]) -> int:
    """How many cells are captions that are known."""
    return len({word for cell in cells if cell and (word := fold_caption(cell)) in known})


def header_among(rows: list[Row], known: Collection[str], bare: list[Row] | None = None) -> tuple[int, int]:
    """Which of the first rows is the header, and how many of its captions are known.

    Where none is known it is the first that is about as wide as the table: a title fills one cell,
    in the `bare` rows, whose merged cells are not spread.
    """
    best, most = -1, 0
    for position, (_line, cells) in enumerate(rows[:LOOKED_AT]):
        found = known_captions(cells, known)
        if found > most:
            best, most = position, found
    if most:
        return best, most
    widths = [sum(map(bool, cells)) for _line, cells in (bare or rows)[:LOOKED_AT]]
    wide = max(widths, default=0)
    return next((position for position, width in enumerate(widths) if width and 2 * width > wide), 0), 0


def is_total(cells: list[str]) -> bool:
    """Whether the row names itself a total and has nothing but figures besides."""
    filled = [cell for cell in cells if cell]
    word = filled[0]
    if len(word) > 60 or word[0] not in "ИиВвTtGgSs" or not TOTAL.fullmatch(fold(word)):
        return False
    return all(FIGURE.fullmatch(cell) for cell in filled[1:])
