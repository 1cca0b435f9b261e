"""Both languages are complete: every message of ours and of Flask-AppBuilder has a Russian text."""

from collections.abc import Iterator
from pathlib import Path

import flask_appbuilder
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from config import ROOT

FAB = Path(flask_appbuilder.__file__).parent
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]


def messages_of(folder: Path) -> Iterator[str | tuple[str, ...]]:
    for _file, _line, message, _comments, _context in extract_from_dir(str(folder), METHODS, keywords=KEYWORDS):
        yield message


def catalogue(folder: Path) -> Catalog:
    with (folder / "ru" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


OURS = catalogue(ROOT / "app" / "translations")


def translated(catalog: Catalog, message: str | tuple[str, ...]) -> bool:
    entry = catalog.get(message[0] if isinstance(message, tuple) else message)
    if entry is None or entry.fuzzy:
        return False
    return all(entry.string) if isinstance(entry.string, tuple) else bool(entry.string)


@pytest.mark.parametrize("folder", ["app", "reports", "jobs"])
def test_every_message_of_ours_has_a_russian_text(folder: str) -> None:
    assert [m for m in messages_of(ROOT / folder) if not translated(OURS, m)] == []


def test_every_message_of_fab_has_a_russian_text() -> None:
    theirs = catalogue(FAB / "translations")
    assert [m for m in messages_of(FAB) if not translated(OURS, m) and not translated(theirs, m)] == []


def test_placeholders_survive_translation() -> None:
    errors = [(entry.id, str(error)) for entry, problems in OURS.check() for error in problems]
    assert errors == []


def test_no_stale_message_stays_in_the_catalogue() -> None:
    known = {
        m[0] if isinstance(m, tuple) else m for folder in ("app", "reports", "jobs") for m in messages_of(ROOT / folder)
    }
    stale = [e.id for e in OURS if e.id and (e.id[0] if isinstance(e.id, tuple) else e.id) not in known]
    assert stale == []
