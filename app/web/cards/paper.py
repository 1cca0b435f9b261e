"""A card on paper: the facts of a row and what belongs to it, as its page shows them to the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from app import clock
from app.domain.formats.pdf import FONT, typeset
from app.models.users import full_name
from app.web.display import display

NARROW = 18  # letters of a column that is as wide as its longest text
LAYOUT = Path(__file__).with_name("paper.typ").read_text(encoding="utf-8")


@dataclass(frozen=True)
class PaperTable:
    """Rows that belong to the card; `right` are the columns of figures."""

    title: Any
    heads: Sequence[Any]
    rows: Sequence[Sequence[Any]]
    right: frozenset[int] = frozenset()


def on_paper(kind: Any, title: Any, facts: Sequence[tuple[Any, Any]], tables: Sequence[PaperTable]) -> bytes:
    """Facts and tables without anything in them are left out."""
    told = [(plain(label), plain(value)) for label, value in facts]
    made = {"day": display(clock.now()), "who": full_name(current_user)}
    data = {
        "font": FONT,
        "lang": str(get_locale() or "ru"),
        "kind": plain(kind),
        "title": plain(title),
        "foot": _("%(title)s, printed on %(day)s by %(who)s", title=plain(title), **made),
        "facts": [(label, value) for label, value in told if value not in {"", "—"}],
        "tables": [laid_out(one) for one in tables if one.rows],
    }
    return typeset(LAYOUT, data, tagged=False)


def laid_out(table: PaperTable) -> dict[str, Any]:
    heads, rows = [plain(head) for head in table.heads], [[plain(cell) for cell in row] for row in table.rows]
    return {
        "title": plain(table.title),
        "heads": heads,
        "right": [place in table.right for place in range(len(heads))],
        "narrow": [max(map(len, column)) <= NARROW for column in zip(heads, *rows, strict=True)],
        "rows": rows,
    }


def plain(value: Any) -> str:
    """What a person reads of it, without the links of a page."""
    shown = value if isinstance(value, Markup) else display(value)
    text = shown.striptags() if isinstance(shown, Markup) else str(shown)
    return text.strip()
