"""What programs ask, as XML: looked at before Radicale meets it, which trusts that it is well made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from io import BytesIO
from operator import and_, or_
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree
from sqlalchemy import ColumnElement, false, func, not_, true

from app.models.devices import DeviceItem

DEEPEST = 30  # elements in one another
MOST = 300  # elements beside addresses: each property that is asked for is told of each item
LONGEST_MATCH = 500  # letters that are searched for
MOST_MATCHES = 50  # conditions of one search
TEXTS = {"address-data", "calendar-data", "getcontentlength"}
ROOTS = {
    "PROPFIND": {"propfind"},
    "PROPPATCH": {"propertyupdate"},
    "REPORT": {
        *("sync-collection", "expand-property", "principal-property-search", "principal-search-property-set"),
        *("addressbook-multiget", "addressbook-query", "calendar-multiget", "calendar-query"),
    },
}
MOMENT = "%Y%m%dT%H%M%SZ"
PLACES = {"contains": ("[^\n]*", ""), "equals": ("", "\r?(\n|$)"), "starts-with": ("", ""),
          "ends-with": ("[^\n]*", "\r?(\n|$)")}  # fmt: skip


class UnclearQuestion(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """The question is not one that a program asks."""


@dataclass(frozen=True)
class DeviceQuestion:
    root: Element
    names: frozenset[str]  # of all elements

    @classmethod
    def of(cls, body: bytes) -> DeviceQuestion:
        """Without entities of its own, no deeper than anybody asks, with addresses that can be read."""
        depth, opened = 0, list[Element]()
        try:
            for event, element in ElementTree.iterparse(BytesIO(body), events=("start", "end"), forbid_dtd=True):
                depth += 1 if event == "start" else -1
                if event == "start":
                    opened.append(element)
                if depth > DEEPEST:
                    raise UnclearQuestion
            addresses = [element for element in opened if local_name(element) == "href"]
            if len(opened) - len(addresses) > MOST:
                raise UnclearQuestion
            for element in addresses:
                urlsplit((element.text or "").strip() or "//[")
        except (ParseError, DefusedXmlException, ValueError, LookupError):
            raise UnclearQuestion from None
        return cls(opened[0], frozenset(map(local_name, opened)))

    def suits(self, method: str) -> bool:
        """Whether it is one that books answer; nothing repeats in them, so there is nothing to expand."""
        return local_name(self.root) in ROOTS[method] and len(self.root) > 0 and "expand" not in self.names

    @property
    def with_texts(self) -> bool:
        return not self.names.isdisjoint(TEXTS)


def local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def matching(filters: Iterable[Element], component: str) -> ColumnElement[bool]:
    """SQL: the items that meet the filters of a search; `component` is what the book holds."""
    found = [_cards(each) if component == "VCARD" else _component(each, ("VCALENDAR", component)) for each in filters]
    return reduce(and_, found, true())


def _cards(element: Element) -> ColumnElement[bool]:
    parts = [_property(child) for child in _children(element)]
    join = and_ if element.get("test") == "allof" else or_
    return reduce(join, parts) if parts else true()


def _component(element: Element, path: tuple[str, ...]) -> ColumnElement[bool]:
    """Filters of a calendar stand in one another, the outermost is of the whole."""
    found: ColumnElement[bool] = true()
    for child in _children(element):
        match local_name(child):
            case "comp-filter":
                is_this = bool(path) and child.get("name", "").upper() == path[0]
                lacks = any(local_name(each) == "is-not-defined" for each in child)
                part = (false() if lacks else _component(child, path[1:])) if is_this else true() if lacks else false()
            case "prop-filter":
                part = _property(child)
            case "time-range":
                part = _between(child)
            case _:
                part = true()
        found = found & part
    return found


def _between(element: Element) -> ColumnElement[bool]:
    """What has no day of its own is met by every time."""
    try:
        start, end = (_moment(element.get(name)) for name in ("start", "end"))
    except ValueError:
        return false()
    found: ColumnElement[bool] = true()
    if end:
        found &= func.coalesce(DeviceItem.starts_at < end, True)
    if start:
        found &= func.coalesce(DeviceItem.ends_at > start, True)
    return found


def _moment(text: str | None) -> datetime | None:
    return datetime.strptime(text, MOMENT).replace(tzinfo=UTC) if text else None


def _property(element: Element) -> ColumnElement[bool]:
    name = element.get("name", "")
    if local_name(element) != "prop-filter" or not re.fullmatch(r"[\w-]{1,50}", name, re.ASCII):
        return false()
    line = rf"(^|\n)([\w-]+\.)?{name}(;[^:\n]*)?:"
    text = func.replace(DeviceItem.text, "\r\n ", "")
    parts: list[ColumnElement[bool]] = []
    for child in _children(element):
        match local_name(child):
            case "is-not-defined":
                parts.append(not_(text.op("~*")(line)))
            case "text-match":
                before, after = PLACES.get(child.get("match-type", "contains"), PLACES["contains"])
                sought = re.escape((child.text or "")[:LONGEST_MATCH].strip())
                found = text.op("~*")(line + before + sought + after)
                parts.append(not_(found) if child.get("negate-condition") == "yes" else found)
            case "time-range":
                parts.append(_between(child))
    if not parts:
        found = text.op("~*")(line)
        return found
    return reduce(and_ if element.get("test") == "allof" else or_, parts)


def _children(element: Element) -> Iterator[Any]:
    yield from list(element)[:MOST_MATCHES]
