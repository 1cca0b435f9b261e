"""Values as people write them in tables: dates, moments, numbers, yes and no, words of a closed list."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache

from app.domain.text import fold

YES = frozenset({"да", "yes", "1", "истина", "true", "y", "д", "+"})
NO = frozenset({"нет", "no", "0", "ложь", "false", "n", "н", "-"})

# Spaces that people and programs put between thousands.
SPACES = str.maketrans(dict.fromkeys(" \u00a0\u202f\u2009", ""))
NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)")
THOUSANDS = re.compile(r"[-+]?\d{1,3}([ \u00a0\u202f\u2009]\d{3})+([.,]\d*)?")
DATE = r"(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.(?P<y2>\d{4}))"
TIME = r"(?:[ T]+(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?\s*(?P<zone>Z|[-+]\d{2}:?\d{2})?)?"
MOMENT = re.compile(DATE + TIME)


class Wrong(StrEnum):
    """What a value was expected to be."""

    DATE = "date"
    MOMENT = "moment"
    NUMBER = "number"
    BIG = "big"
    FLAG = "flag"
    CHOICE = "choice"


class BadValue(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """The text is not what the column holds."""

    def __init__(self, expected: Wrong) -> None:
        super().__init__(expected.value)
        self.expected = expected


@lru_cache(maxsize=4096)
def parse_date(text: str) -> date:
    """`2026-11-23` or `23.11.2026`, a midnight after it is allowed: some programs write one."""
    moment = _moment(text, Wrong.DATE)
    if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        raise BadValue(Wrong.DATE)
    return moment.date()


def parse_moment(text: str) -> datetime:
    """A date, with a time or at midnight; naive (the company's local time) unless it names its zone."""
    return _moment(text, Wrong.MOMENT)


def _moment(text: str, expected: Wrong) -> datetime:
    found = MOMENT.fullmatch(text)
    if not found:
        raise BadValue(expected)
    year, month, day = (found["y"], found["m"], found["d"]) if found["y"] else (found["y2"], found["m2"], found["d2"])
    numbers = (int(part or 0) for part in (year, month, day, found["h"], found["min"], found["s"]))
    try:
        moment = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - local time is meant
        if not found["zone"]:
            return moment
        return datetime.fromisoformat(moment.isoformat() + found["zone"].replace("Z", "+00:00"))
    except ValueError:
        raise BadValue(expected) from None


def parse_decimal(text: str, places: int, digits: int = 15) -> Decimal:
    """A number with a dot or a comma before the fraction and spaces between thousands, rounded half up."""
    text = text.replace("\u2212", "-")
    if not text.isascii() or " " in text:
        if not THOUSANDS.fullmatch(text) and not NUMBER.fullmatch(text):
            raise BadValue(Wrong.NUMBER)
        text = text.translate(SPACES)
    if not NUMBER.fullmatch(text) or not text.isascii():
        raise BadValue(Wrong.NUMBER)
    if len(text) > 40:
        raise BadValue(Wrong.BIG)
    number = Decimal(text.replace(",", ".")).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if abs(number) >= Decimal(10) ** (digits - places):
        raise BadValue(Wrong.BIG)
    return number


def parse_flag(text: str) -> bool:
    word = fold(text)
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadValue(Wrong.FLAG)


def parse_choice(text: str, words: Mapping[str, str]) -> str:
    """The value whose folded word this is."""
    try:
        return words[fold(text)]
    except KeyError:
        raise BadValue(Wrong.CHOICE) from None
