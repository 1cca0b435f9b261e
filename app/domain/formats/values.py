"""Values as people write them in tables: dates, moments, numbers, yes and no, words of a closed list."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from app.domain.digits import rounded
from app.domain.periods import YEARS
from app.domain.text import fold_word

YES = frozenset({"да", "yes", "1", "1 0", "1,0", "истина", "true", "y", "д", "+", "v", "✓", "✔", "есть"})
NO = frozenset({"нет", "no", "0", "0 0", "0,0", "ложь", "false", "n", "н", "-"})

# Spaces that people and programs put between thousands.
SPACES = str.maketrans(dict.fromkeys(" \u00a0\u202f\u2009'’", ""))
NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)")
PLAIN = re.compile(r"-?([0-9]+)(?:[.,]([0-9]+))?")
THOUSANDS = re.compile(r"[-+]?\d{1,3}([ \u00a0\u202f\u2009'’]\d{3})+([.,]\d*)?")
# One mark between thousands, the other before the fraction: 1,234.50 and 1.234,50.
TWO_MARKS = re.compile(r"[-+]?\d{1,3}(?:((?:,\d{3})+)\.\d+|((?:\.\d{3})+),\d+)")
UNITS = re.compile(
    r"(?<!\s)\s*(?:₽|руб\.?|рублей|р\.|rub|rur|\$|usd|€|eur|%|шт\.?|штук|ед\.?|кг|г|т|м|м2|м3|л|уп\.?|упак\.?|пач\.?|компл\.?|pcs|kg)$",
    re.IGNORECASE,
)
SIGNS = re.compile(r"^([-+]?)\s*[₽$€]\s*")
DATE = (
    r"(?:(?P<y>\d{4})(?P<by>[-./])(?P<m>\d{1,2})(?P=by)(?P<d>\d{1,2})"
    r"|(?P<d2>\d{1,2})(?P<mark>[./]|-(?=\d{1,2}-\d{4}))(?P<m2>\d{1,2})(?P=mark)"
    r"(?P<y2>\d{4}|\d{2}))(?:\s*г\.?)?"
)
TIME = (
    r"(?:[ T]+(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?\s*+(?P<half>[AaPp][Mm])?"
    r"\s*+(?P<zone>Z|[-+]\d{2}:?\d{2})?)?"
)
MOMENT = re.compile(DATE + TIME)
NAMED_MONTH = re.compile(
    r"[«\"“„]?(\d{1,2})[»\"”“]?[ .-]+([а-яёa-z]{3})[а-яёa-z]{0,6}\.?[ .,-]+(\d{4}|\d{2})(?!\d)(.*)", re.IGNORECASE
)
MONTHS = {
    name: month
    for names in (
        "янв фев мар апр мая июн июл авг сен окт ноя дек",
        "янв фев мар апр май июн июл авг сен окт ноя дек",
        "jan feb mar apr may jun jul aug sep oct nov dec",
    )
    for month, name in enumerate(names.split(), 1)
}
MONTHS_OF_YEAR, NOON = 12, 12
PIVOT = 40  # of two-digit years: 40 is 2040, 41 is 1941
ERROR = re.compile(
    r"#(?:n/a|null!|div/0!|value!|ref!|name\?|num!|spill!|calc!|field!|blocked!|unknown!|getting_data|formula!"
    r"|н/д|пусто!|дел/0!|знач!|ссылка!|имя\?|число!|перенос!|вычисл!|#+)|err:\d{3}",
    re.IGNORECASE,
)


class Wrong(StrEnum):
    """What a value was expected to be."""

    DATE = "date"
    MONTH_FIRST = "month_first"
    YEAR = "year"
    MOMENT = "moment"
    NUMBER = "number"
    BIG = "big"
    FINE = "fine"
    FLAG = "flag"
    CHOICE = "choice"


class BadValue(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """The text is not what the column holds."""

    def __init__(self, expected: Wrong) -> None:
        super().__init__(expected.value)
        self.expected = expected


class TooFine(BadValue):
    """More digits after the point than are kept; `rounded` is what is left of the number without them."""

    def __init__(self, number: Decimal, places: int) -> None:
        super().__init__(Wrong.FINE)
        self.rounded, self.places = number, places


@lru_cache(maxsize=4096)
def parse_date(text: str, *, month_first: bool = False, zone: tzinfo | None = None) -> date:
    """`2026-11-23`, `23.11.2026`, `23.11.26`, `23/11/2026`, `23-11-2026` or `23 ноября 2026`; of a moment the day.

    `month_first`: 11/23/2026 is meant where slashes or dashes stand; otherwise such a day is Wrong.MONTH_FIRST.
    `zone`: where it is day when a moment names a zone of its own.
    """
    found = _found(text, Wrong.DATE)
    if zone is not None and found["zone"]:
        return _moment(found, Wrong.DATE, with_time=True, month_first=month_first).astimezone(zone).date()
    return _moment(found, Wrong.DATE, with_time=False, month_first=month_first).date()


def parse_moment(text: str, *, month_first: bool = False) -> datetime:
    """A date, with a time or at midnight; naive (the company's local time) unless it names its zone."""
    return _moment(_found(text, Wrong.MOMENT), Wrong.MOMENT, with_time=True, month_first=month_first)


def _found(text: str, expected: Wrong) -> re.Match[str]:
    found = MOMENT.fullmatch(text)
    if not found and (named := NAMED_MONTH.fullmatch(text)) and (month := MONTHS.get(named[2].lower())):
        found = MOMENT.fullmatch(f"{named[1]}.{month}.{named[3]}{named[4]}")
    if not found:
        raise BadValue(expected)
    return found


def _moment(found: re.Match[str], expected: Wrong, *, with_time: bool, month_first: bool) -> datetime:
    year, month, day = (int(found[a] or found[b]) for a, b in (("y", "y2"), ("m", "m2"), ("d", "d2")))
    if found["mark"] in {"/", "-"}:
        if month_first:
            month, day = day, month
        elif day <= MONTHS_OF_YEAR < month:
            raise BadValue(Wrong.MONTH_FIRST)
    if len(found["y"] or found["y2"]) == 2:
        year += 2000 if year <= PIVOT else 1900
    if year not in YEARS:
        raise BadValue(Wrong.YEAR)
    hour, minute, second = (int(found[part] or 0) for part in ("h", "min", "s"))
    if found["half"]:
        if not 0 < hour <= NOON:
            raise BadValue(expected)
        hour = hour % NOON + (NOON if found["half"].lower() == "pm" else 0)
    midnight = (hour, minute, second) == (24, 0, 0)  # the end of the day
    try:
        moment = datetime(year, month, day, 0 if midnight else hour, minute, second)  # noqa: DTZ001 - local time is meant
        if not with_time:
            return moment
        moment += timedelta(days=midnight)
        if not found["zone"]:
            return moment
        return datetime.fromisoformat(moment.isoformat() + found["zone"].replace("Z", "+00:00"))
    except ValueError:
        raise BadValue(expected) from None


def parse_decimal(text: str, places: int, digits: int = 15) -> Decimal:
    """A number with a dot or a comma before the fraction, marks between thousands, and a currency or unit beside it.

    Nothing is rounded in silence: what has more digits after the point than `places` is TooFine.
    """
    if (plain := PLAIN.fullmatch(text)) and len(plain[1]) <= digits - places and len(plain[2] or "") <= places:
        return Decimal(text.replace(",", "."))  # nearly always: a million lines are read so
    text = text.replace("\u2212", "-")
    if not text[-1:].isdigit() or not text[:1].isdigit():
        text = SIGNS.sub(r"\1", UNITS.sub("", text))
    if two := TWO_MARKS.fullmatch(text):
        text = text.replace("," if two[1] else ".", "")
    if not text.isascii() or " " in text or "'" in text:
        if not THOUSANDS.fullmatch(text) and not NUMBER.fullmatch(text):
            raise BadValue(Wrong.NUMBER)
        text = text.translate(SPACES)
    if not NUMBER.fullmatch(text) or not text.isascii():
        raise BadValue(Wrong.NUMBER)
    if len(text) > 40:
        raise BadValue(Wrong.BIG)
    return fitted(Decimal(text.replace(",", ".")), places, digits)


def fitted(number: Decimal, places: int, digits: int = 15) -> Decimal:
    """The number as a column of so many digits keeps it."""
    if number.adjusted() >= digits - places:
        raise BadValue(Wrong.BIG)
    kept = rounded(number, places)
    if kept.adjusted() >= digits - places:
        raise BadValue(Wrong.BIG)
    if kept != number:
        raise TooFine(kept, places)
    return kept


def parse_flag(text: str) -> bool:
    word = fold_word(text)
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadValue(Wrong.FLAG)


def parse_choice(text: str, words: Mapping[str, str]) -> str:
    """The value whose folded word this is."""
    try:
        return words[fold_word(text)]
    except KeyError:
        raise BadValue(Wrong.CHOICE) from None


def spreadsheet_error(text: str) -> bool:
    """Whether a spreadsheet says that it has no value for the cell: `#N/A`, `#ССЫЛКА!`, `#####`."""
    return ERROR.fullmatch(text) is not None
