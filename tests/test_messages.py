"""Both languages are complete: every message of ours and of Flask-AppBuilder has a Russian text."""

import ast
import re
from collections.abc import Iterator
from functools import cache
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


@cache
def messages_of(folder: Path) -> list[str | tuple[str, ...]]:
    found = extract_from_dir(str(folder), METHODS, keywords=KEYWORDS)
    return [message for _file, _line, message, _comments, _context in found]


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


def calls_of(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {*KEYWORDS} - {"gettext"}:
            yield node


def test_every_message_is_a_text_that_is_collected() -> None:
    """What stands inside an f-string is not found by the collector, nor what is put together."""
    hidden = []
    for folder in ("app", "reports", "jobs"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(file.read_text())
            inside = {call for text in ast.walk(tree) if isinstance(text, ast.JoinedStr) for call in calls_of(text)}
            for call in calls_of(tree):
                texts = call.args[: 2 if isinstance(call.func, ast.Name) and call.func.id == "ngettext" else 1]
                literal = all(isinstance(text, ast.Constant) and isinstance(text.value, str) for text in texts)
                if not texts or not literal or call in inside:
                    hidden.append(f"{file.relative_to(ROOT)}:{call.lineno}")
    assert hidden == []


def russian_texts() -> Iterator[tuple[str, str]]:
    for entry in OURS:
        if entry.id:
            identity = entry.id[0] if isinstance(entry.id, tuple) else entry.id
            for text in entry.string if isinstance(entry.string, tuple) else (entry.string,):
                yield identity, text


def test_the_interface_writes_ё_only_where_it_tells_words_apart() -> None:
    words = {word.lower() for _identity, text in russian_texts() for word in re.findall(r"\w*[ёЁ]\w*", text)}
    assert words - {"всё"} == set()


# Marks, formats, keys and names that a Russian text keeps in Latin letters.
LATIN = re.compile(
    r"ABC|XYZ|[ABCXYZ]|ROI|CSV|vCard|Excel|ODS|XLSX?|POST|https|PNG|JPEG|ZIP|UTF|windows|PDF|JSON|REST|API|Enter|Ctrl|Delete|Tab|Esc|"
    r"CommerceML|XML|"
    r"TOTP|Android|DAVx|URL|iPhone|CardDAV|CalDAV|Thunderbird|SMTP|IMAP|Mail|ru|Gmail|Outlook|smtp|example|(START)?TLS|OAuth|Q3|o|today|yesterday|last|this|month|quarter|year"
)


def test_russian_texts_have_no_english_words() -> None:
    found = {}
    for identity, text in russian_texts():
        plain = re.sub(r"%\(\w+\)\w|\{\w*\}|<[^>]*>", " ", text)
        words = {word for word in re.findall(r"[A-Za-z][A-Za-z0-9]*", plain) if not LATIN.fullmatch(word)}
        if words:
            found[identity] = words
    assert found == {}


def test_a_dash_in_russian_is_a_long_one() -> None:
    """The short one stands in ranges of figures alone, without blanks."""
    texts = (text for entry in OURS for text in (entry.string if isinstance(entry.string, tuple) else (entry.string,)))
    assert [text for text in texts if " – " in text] == []
