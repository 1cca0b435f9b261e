"""HTML of strangers: its words, and what of it may be shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

import nh3

MOST = 2 << 20  # characters: cleaning costs time
# What cleaning may cost by what strangers can make of it, whatever ends they write: a tag may walk through all those
# that are open; and each paragraph opens again those that make letters look otherwise and were not closed before it.
MOST_STEPS = 300_000_000
MOST_AGAIN = 64 << 20  # characters
LONGEST_TAG = 2_000
SAME = 3  # tags of one kind, attributes and all, are opened again at most three times
TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)")
BLANK = r"[\t\n\f\r ]"
SAID = re.compile(  # the attributes of a tag, as HTML says where they end
    rf"(?:{BLANK}++|/|[^\t\n\f\r />][^\t\n\f\r />=]*+"
    rf"(?:{BLANK}*+={BLANK}*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\t\n\f\r \"'>][^\t\n\f\r >]*+)?+)?+)*+"
)
LOOKS = {"b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"}
# Those that hold nothing, and those that the next one of their kind closes.
NEVER_DEEP = {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr", "source"}
NEVER_DEEP |= {"p", "li", "td", "th", "tr", "tbody", "dt", "dd", "option"}
BLOCKS = {"p", "div", "br", "tr", "li", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "hr"}
SILENT = {"script", "style", "title", "head", "template"}
ENDS = ("</p>", "</div>", "</table>", "</blockquote>")
ANY_TAG = re.compile(r"<[^<>]*+>?")
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
    if _is_dear(html):
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


def _is_dear(html: str) -> bool:
    """Whether cleaning may cost more than a letter is worth."""
    if len(html) > MOST:
        return True
    tags = html.count("<")
    met: Counter[str] = Counter()
    deep = again = 0
    for found in TAG.finditer(html):
        name = found[1].lower()
        deep += name not in NEVER_DEEP
        if name in LOOKS:
            said = SAID.match(html, found.end(), found.end() + LONGEST_TAG)
            tag = name + (said[0] if said else "")
            met[tag] += 1
            again += len(tag) + 20 if met[tag] <= SAME else 0
            if len(tag) > LONGEST_TAG or again * tags > MOST_AGAIN:
                return True
    return deep * tags > MOST_STEPS


def words(html: str) -> str:
    """The text of a letter that has HTML alone."""
    html = html[:MOST]
    if not _is_dear(html):
        html = nh3.clean(html, tags=BLOCKS | {"td", "th"}, attributes={}, clean_content_tags=SILENT, link_rel=None)
    text = unescape(ANY_TAG.sub(_between, html.replace("\n", " "))).replace("\0", "")
    text = BLANKS.sub(" ", text)
    return LINES.sub("\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


def _between(tag: re.Match[str]) -> str:
    """What the words on both sides of a tag are parted by."""
    name = tag[0].lower().strip("</> ").partition(" ")[0]
    if tag[0] in ENDS or (name in BLOCKS and tag[0][1:2] != "/"):
        return "\n"
    return " " if name in {"td", "th"} and tag[0][1:2] != "/" else ""
