"""The user guide: every screen has its chapter, and what chapters say of the product and of each other is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from flask_babel import force_locale

from app.views import MENU, OUT_OF_MENU
from app.views.guide.chapters import CHAPTER_OF, FIRST, GUIDE, SCREENS, chapter_of
from app.views.guide.guide import help_url
from config import LANGUAGES, ROOT
from tests.test_messages import OURS

Login = Callable[..., FlaskClient]
FILES = sorted(GUIDE.glob("*/*.md"))
HEAVIEST, HEAVIEST_ALL = 100 * 1024, 2_500_000  # bytes of a picture, and of all of them
NO_PAGES = {"CalendarFeedView", "LookupView", "RingingView"}  # what programs and scripts ask
# Words in quotes are the product's; signs are none.
QUOTED = {"ru": re.compile(r"«([^»]*\w[^»]*)»"), "en": re.compile(r"“([^”]*\w[^”]*)”")}
ANCHOR = re.compile(r'<h\d id="([^"]+)"')


def words_of_the_product(language: str) -> set[str]:
    texts = [entry.string if language == "ru" else entry.id for entry in OURS]
    return {text.lower() for text in texts if isinstance(text, str)}


def test_every_screen_has_a_chapter_and_every_chapter_its_screens() -> None:
    views = {screen.view.__name__ for screen in MENU} | {view.__name__ for view in OUT_OF_MENU} - NO_PAGES
    assert [name for name in views - set(CHAPTER_OF) if not name.endswith("ReportView")] == ["HelpView"]
    assert set(CHAPTER_OF) - views == {"HomeView", "ProfileView"}
    assert len(CHAPTER_OF) == sum(len(screens.split()) for screens in SCREENS.values())
    assert (chapter_of("SettlementsReportView"), chapter_of("")) == ("reports", FIRST)


def test_both_languages_have_the_same_chapters_with_as_many_sections_and_pictures() -> None:
    shapes = {}
    for language in LANGUAGES:
        texts = {path.stem: path.read_text(encoding="utf-8") for path in FILES if path.parent.name == language}
        assert set(texts) == set(SCREENS)
        shapes[language] = {name: (text.count("\n## "), text.count("](../pictures/")) for name, text in texts.items()}
    assert shapes["ru"] == shapes["en"]


@pytest.mark.parametrize(
    "path", [*FILES, ROOT / "docs" / "features.md"], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_words_in_quotes_are_those_of_the_screens(path: Path) -> None:
    language = path.parent.name if path in FILES else "ru"
    said = QUOTED[language].findall(path.read_text(encoding="utf-8"))
    known = words_of_the_product(language)
    assert [words for words in said if " ".join(words.split()).lower() not in known] == []


def test_every_link_anchor_and_picture_of_the_guide_is_there(login: Login) -> None:
    client = login("pavel")
    pages = {f"/help/{path.parent.name}/{path.name}": "" for path in FILES}
    for address in pages:
        answer = client.get(address)
        assert answer.status_code == 200, address
        pages[address] = answer.text
    seen: set[str] = set()
    for address, page in pages.items():
        article = page.partition("<article")[2].partition("</article>")[0]
        for target in re.findall(r'href="([^"]+)"', page.partition('<div class="guide">')[2].partition("</main>")[0]):
            whole, _, anchor = unquote(target).partition("#")
            other = f"{address.rpartition('/')[0]}/{whole}" if whole and "/" not in whole else whole or address
            assert other in pages, (address, target)
            assert not anchor or anchor in ANCHOR.findall(pages[other]), (address, target)
        for picture in re.findall(r'<img src="\.\./pictures/([^"]+)" alt="[^"]+"', article):
            seen.add(picture)
    assert seen == {path.name for path in (GUIDE / "pictures").iterdir()}
    taken = client.get(f"/help/pictures/{min(seen)}")
    assert (taken.status_code, taken.mimetype) == (200, "image/webp")


def test_pictures_are_light_and_their_chapters_are_of_their_language() -> None:
    weights = {path.name: path.stat().st_size for path in (GUIDE / "pictures").iterdir()}
    assert max(weights.values()) <= HEAVIEST
    assert sum(weights.values()) <= HEAVIEST_ALL
    for path in FILES:
        shown = re.findall(r"\]\(\.\./pictures/([^)]+)\)", path.read_text(encoding="utf-8"))
        assert [picture for picture in shown if not picture.endswith(f".{path.parent.name}.webp")] == [], path


def test_the_sign_of_every_page_of_the_menu_leads_to_its_chapter_in_both_languages(app: Flask) -> None:
    for screen in MENU:
        name = screen.view.__name__
        with app.test_request_context():
            address = url_for(f"{name}.{screen.view.default_view}")
        for language in LANGUAGES:
            with app.test_request_context(address), force_locale(language):
                assert help_url() == f"/help/{language}/{chapter_of(name)}.md", address
                assert (GUIDE / language / f"{chapter_of(name)}.md").is_file(), address


def test_the_sign_stands_on_the_page_and_speaks_the_readers_language(login: Login) -> None:
    client = login("anna")
    for language in LANGUAGES:
        client.get(f"/lang/{language}")
        assert f'class="help" href="/help/{language}/calendar.md"' in client.get("/tasks/list/").text
        assert client.get("/help/").location == f"/help/{language}/{FIRST}.md"


def test_the_guide_is_for_whoever_is_logged_in_and_has_no_other_pages(app: Flask, login: Login) -> None:
    for address in ("/help/", "/help/en/day.md", "/help/pictures/list.ru.webp"):
        assert app.test_client().get(address).status_code in {302, 401}, address
    for address in ("/help/en/nothing.md", "/help/de/day.md", "/help/pictures/nothing.webp", "/help/pictures/..%2fen"):
        assert login("anna").get(address).status_code == 404, address
