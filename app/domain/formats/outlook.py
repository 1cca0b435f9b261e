"""The table of contacts that Outlook exports and imports, Russian and English: about ninety columns of one person."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from app.domain.formats.csv_file import harmless
from app.domain.formats.people import (
    FAX,
    HOME,
    NAMES,
    BookEntry,
    BookRow,
    Reach,
    dialled,
    kept_lines,
    kinds_of,
    whose,
    with_last,
)
from app.domain.formats.vcard import CardLine, escaped
from app.domain.text import fold_caption
from app.domain.words import InfoType

PHONE = re.compile(r"\+?[\d ().,;#*-]+(?:доб\. \d+)?")  # as `dialled` writes it
# What stands in a column: the field, and how the Russian and the English Outlook call it, the first as they write it.
PLAIN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "first_name": (("Имя",), ("First Name",)),
    "middle_name": (("Отчество",), ("Middle Name",)),
    "last_name": (("Фамилия",), ("Last Name",)),
    "organisation": (("Организация",), ("Company",)),
    "position": (("Должность",), ("Job Title",)),
    "role": (("Профессия",), ("Profession",)),
    "birthday": (("День рождения",), ("Birthday",)),
    "comment": (("Заметки",), ("Notes",)),
    "website": (("Веб-страница",), ("Web Page",)),
}
# Columns of one kind, in the order in which they are filled; the word beside the phone where it has one.
PHONES: tuple[tuple[str, str, str, str], ...] = (
    ("phone", "Рабочий телефон", "Business Phone", ""),
    ("phone", "Телефон раб. 2", "Business Phone 2", ""),
    ("phone", "Основной телефон", "Primary Phone", ""),
    ("phone", "Основной телефон организации", "Company Main Phone", ""),
    ("phone", "Другой телефон", "Other Phone", ""),
    ("phone", "Телефон помощника", "Assistant's Phone", "помощник"),
    ("phone", "Телефон в машине", "Car Phone", "в машине"),
    ("phone", "Пейджер", "Pager", "пейджер"),
    ("phone_cell", "Телефон переносной", "Mobile Phone", ""),
    ("phone_home", "Домашний телефон", "Home Phone", ""),
    ("phone_home", "Телефон дом. 2", "Home Phone 2", ""),
    ("phone_fax", "Рабочий факс", "Business Fax", ""),
    ("phone_fax", "Домашний факс", "Home Fax", ""),
    ("phone_fax", "Другой факс", "Other Fax", ""),
)
EMAILS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Адрес эл. почты", "Адрес электронной почты", "Эл. почта"), ("E-mail Address",)),
    (("Адрес 2 эл. почты", "Адрес электронной почты 2", "Адрес эл. почты 2"), ("E-mail 2 Address",)),
    (("Адрес 3 эл. почты", "Адрес электронной почты 3", "Адрес эл. почты 3"), ("E-mail 3 Address",)),
)
# The parts of an address in the order of an envelope.
ADDRESSES: tuple[tuple[str, tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]], ...] = tuple(
    (
        column,
        (
            (f"Индекс ({whose_ru})", f"Почтовый код ({short}.)", f"Почтовый код ({whose_ru})"),
            (f"Страна или регион ({whose_ru})", f"Страна ({whose_ru})"),
            (f"Область ({whose_ru})",),
            (f"Город ({whose_ru})",),
            (f"Улица ({whose_ru})",),
            (f"Улица 2 ({whose_ru})",),
            (f"Улица 3 ({whose_ru})",),
            (f"Почтовый ящик ({whose_ru})",),
        ),
        (
            (f"{whose_en} Postal Code",),
            (f"{whose_en} Country/Region", f"{whose_en} Country"),
            (f"{whose_en} State",),
            (f"{whose_en} City",),
            (f"{whose_en} Street",),
            (f"{whose_en} Street 2",),
            (f"{whose_en} Street 3",),
            (f"{whose_en} Address PO Box", f"{whose_en} PO Box"),
        ),
    )
    for column, whose_ru, short, whose_en in (
        ("address", "раб. адрес", "раб", "Business"),
        ("address_home", "дом. адрес", "дом", "Home"),
        ("address", "другой адрес", "другой", "Other"),
    )
)
STREET = 4  # the place of it among the parts
NOTHING = {
    *("0.0.00", "0.0.0000", "00.00.0000", "0/0/00", "ложь", "false", "обычная", "обычный", "normal", "smtp", "ex"),
    *("не определен", "не определено", "unspecified"),
}
RUSSIAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
AMERICAN_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
OTHER, OF = "X-OUTLOOK", "X-NAME"  # a kept line with what stands in a column that the product has no field for


def captions() -> frozenset[str]:
    """The headers that Outlook writes, folded."""
    names = [name for sides in PLAIN.values() for side in sides for name in side]
    names += [name for _column, russian, english, _word in PHONES for name in (russian, english)]
    names += [name for sides in EMAILS for side in sides for name in side]
    names += [name for _column, *sides in ADDRESSES for parts in sides for part in parts for name in part]
    return frozenset(map(fold_caption, names))


# -- in --------------------------------------------------------------------------------------------------------


class OutlookColumns:
    """Where in the rows of a file everything stands."""

    def __init__(self, header: Sequence[str]) -> None:
        self.header = header
        self.places: dict[str, int] = {}
        for place, title in enumerate(header):
            self.places.setdefault(fold_caption(title), place)
        self.used: set[int] = set()
        self.plain = {name: self._find(*russian, *english) for name, (russian, english) in PLAIN.items()}
        self.phones = [(column, word, self._find(russian, english)) for column, russian, english, word in PHONES]
        self.emails = [self._find(*russian, *english) for russian, english in EMAILS]
        self.addresses = [
            (column, [self._find(*russian, *english) for russian, english in zip(*sides, strict=True)])
            for column, *sides in ADDRESSES
        ]
        self.others = [place for place, title in enumerate(header) if title and place not in self.used]

    def _find(self, *names: str) -> int | None:
        place = next((self.places[key] for name in names if (key := fold_caption(name)) in self.places), None)
        if place is not None:
            self.used.add(place)
        return place

    def row(self, cells: Sequence[str]) -> list[str]:
        """The row of the table of people that one of Outlook says."""

        def cell(place: int | None) -> str:
            text = cells[place].strip() if place is not None and place < len(cells) else ""
            return "" if text.lower() in NOTHING else text

        told = BookRow()
        for name in ("position", "role", "comment", "website"):
            told.add(name, cell(self.plain[name]))
        told.add("birthday", day(cell(self.plain["birthday"])))
        for column, word, place in self.phones:
            text = cell(place)
            told.add(column, f"{text} ({word})" if text and word else text)
        for place in self.emails:
            told.add("email", cell(place))
        for column, places in self.addresses:
            told.add(column, ", ".join(" ".join(text.split()) for place in places if (text := cell(place))))
        kept = [
            CardLine(OTHER, escaped(text), ((OF, " ".join(self.header[place].replace('"', "").split())),)).written()
            for place in self.others
            if (text := cell(place))
        ]
        told.add("card", "\n".join(kept))
        names = with_last(*(cell(self.plain[name]) for name in NAMES))
        organisation = cell(self.plain["organisation"])
        return whose(told, names, organisation, is_client=bool(organisation and not names[0])).cells()


def day(text: str) -> str:
    """22.3.1980, and 3/22/1980 of the English one, as 1980-03-22."""
    if found := RUSSIAN_DAY.fullmatch(text):
        return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    if found := AMERICAN_DAY.fullmatch(text):
        return f"{found[3]}-{int(found[1]):02}-{int(found[2]):02}"
    return text


# -- out -------------------------------------------------------------------------------------------------------


def header(others: Sequence[str] = (), *, english: bool = False) -> list[str]:
    side = int(english)
    titles = [PLAIN[name][side][0] for name in PLAIN]
    titles += [each[1 + side] for each in PHONES]
    titles += [each[side][0] for each in EMAILS]
    titles += [part[0] for each in ADDRESSES for part in each[1 + side]]
    return [*titles, *others]


def row_of(person: BookEntry, others: Sequence[str] = (), *, english: bool = False) -> list[str]:
    """The person under the header; what has no column left goes to the notes."""
    last, first, middle = person.names
    left = list(person.ways)
    plain = {
        "first_name": first,
        "middle_name": middle,
        "last_name": last,
        "organisation": person.organisation,
        "position": person.position,
        "role": person.role,
        "birthday": (
            ""
            if person.birthday is None
            else f"{person.birthday:%m/%d/%Y}"
            if english
            else f"{person.birthday:%d.%m.%Y}"
        ),
        "website": taken(left, lambda way: way.type is InfoType.WEB),
    }
    phones = [_phone(left, column, word) for column, _russian, _english, word in PHONES]
    emails = [taken(left, lambda way: way.type is InfoType.EMAIL) for _each in EMAILS]
    addresses: list[str] = []
    for column, parts, _english in ADDRESSES:
        is_home = column == "address_home"

        def fits(way: Reach, is_home: bool = is_home) -> bool:
            return way.type is InfoType.ADDRESS and (HOME in way.comment) == is_home

        text = taken(left, fits)
        addresses += [text if place == STREET else "" for place in range(len(parts))]
    notes = [person.comment, *(f"{way.value} ({way.comment})" if way.comment else way.value for way in left)]
    plain["comment"] = "\n".join(filter(None, notes))
    kept = {dict(line.params).get(OF, ""): line.text for line in kept_lines(person.kept) if line.name == OTHER}
    return [*(plain[name] for name in PLAIN), *phones, *emails, *addresses, *(kept.get(name, "") for name in others)]


def _phone(left: list[Reach], column: str, word: str) -> str:
    def fits(way: Reach) -> bool:
        if way.type is not InfoType.PHONE or (word and way.comment != word):
            return False
        kinds = kinds_of(way, "HOME" if HOME in way.comment else "WORK")
        meant = (
            "phone_fax"
            if "FAX" in kinds
            else "phone_cell"
            if "CELL" in kinds
            else ("phone_home" if "HOME" in kinds else "phone")
        )
        return meant == column and (bool(word) or way.comment in {"", HOME, FAX})

    return taken(left, fits)


def taken(left: list[Reach], fits: Callable[[Reach], bool]) -> str:
    """The first of them that fits, which is none of them any more; "" for none."""
    for place, way in enumerate(left):
        if fits(way):
            del left[place]
            return dialled(way) if way.type is InfoType.PHONE else way.value
    return ""


def csv_bytes(rows: Iterable[list[str]], *, english: bool) -> bytes:
    """The file as Outlook reads it, all in quotation marks; the Russian one in windows-1251 when it has the letters.

    A phone is dialled as it stands; of any other text Excel makes no formula.
    """
    buffer = io.StringIO(newline="")
    cells = ([cell if PHONE.fullmatch(cell) else harmless(cell) for cell in row] for row in rows)
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(cells)
    if not english:
        with suppress(UnicodeEncodeError):
            return buffer.getvalue().encode("windows-1251")
    return buffer.getvalue().encode("utf-8-sig")
