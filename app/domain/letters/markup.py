"""HTML of strangers: its words, and what of it may be shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

import nh3

MOST = 2 << 20  # characters: cleaning costs time
MOST_OPEN = 5_000  # tags open at once: cleaning costs their square
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Those that hold nothing, and those that the next one of their kind closes.
NEVER_DEEP = {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr", "source"}
NEVER_DEEP |= {"p", "li", "td", "th", "tr", "tbody", "dt", "dd", "option"}
BLOCKS = {"p", "div", "br", "tr", "li", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "hr"}
SILENT = {"script", "style", "title", "head", "template"}
BLANKS, LINES = re.compile(r"[ \t\f\v\xa0]+"), re.compile(r"\n[ \n]*\n")

TAGS = nh3.ALLOWED_TAGS | {"font", "center"}
CELLS = {"colspan", "rowspan", "width", "valign", "bgcolor", "align", "border", "cellpadding", "cellspacing"}
STYLES = {
    *("color", "background-color", "font-weight", "font-style", "font-size", "font-family", "text-align"),
    *("text-decoration", "margin", "margin-left", "padding", "padding-left", "border", "border-left"),
    *("border-collapse", "width", "line-height", "vertical-align"),
}
ATTRIBUTES = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "*": {"style", "dir", "align"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "size", "face"},
    **dict.fromkeys(("td", "th", "table", "tr"), CELLS),
}


@dataclass(frozen=True)
class CleanHtml:
    """HTML for a frame that runs nothing, and how many pictures would have told somebody that it was read."""

    html: str
    left_out: int


def clean(html: str, pictures: Mapping[str, str], *, remote: bool = False) -> CleanHtml | None:
    """What may be shown; None where cleaning would take too long: the text is shown then.

    `pictures` are addresses of the letter's own by their Content-ID; those of other servers only come with `remote`.
    """
    if len(html) > MOST or _open_tags(html) > MOST_OPEN:
        return None
    left_out = 0

    def attribute(tag: str, name: str, value: str) -> str | None:
        nonlocal left_out
        if (tag, name) != ("img", "src"):
            return value
        value = value.strip()
        if value.lower().startswith("cid:"):
            return pictures.get(value[4:])
        if value.lower().startswith("data:image/") and not value.lower().startswith("data:image/svg"):
            return value
        if value.lower().startswith(("http:", "https:")):
            left_out += not remote
            return value if remote else None
        return None

    cleaned = nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags={"script", "style", "title"},
        attributes=ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=STYLES,
    )
    return CleanHtml(cleaned, left_out)


def _open_tags(html: str) -> int:
    """How many are open at once, at most: an end closes its own kind only."""
    opened: Counter[str] = Counter()
    now = most = 0
    for slash, name in TAG.findall(html):
        tag = name.lower()
        if tag in NEVER_DEEP:
            continue
        if not slash:
            opened[tag] += 1
            now += 1
            most = max(most, now)
        elif opened[tag]:
            opened[tag] -= 1
            now -= 1
    return most


def words(html: str) -> str:
    """The text of a letter that has HTML alone."""
    reader = _Words()
    reader.feed(html[:MOST])
    reader.close()
    text = BLANKS.sub(" ", "".join(reader.found))
    return LINES.sub("\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent += 1
        if tag in BLOCKS:
            self.found.append("\n")
        elif tag in {"td", "th"}:
            self.found.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT and self.silent:
            self.silent -= 1
        if tag in {"p", "div", "table", "blockquote"}:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(" ".join(data.split("\n")))
