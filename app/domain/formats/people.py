"""A person as address books know him: what the lines of a vCard say, and the lines that say it again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice

from app.domain import phones
from app.domain.birthdays import KNOWN_SINCE, NO_YEAR
from app.domain.formats.limits import BadTable, Limits, Unreadable
from app.domain.formats.table import SHOWN_LENGTH, SHOWN_ROWS, Row, Table
from app.domain.formats.vcard import CardLine, VCard, escaped, read_cards, split, structured, write_card
from app.domain.letters.addresses import spellings
from app.domain.text import fold, readable
from app.domain.words import InfoType

NAMES = ("last_name", "first_name", "middle_name")
# The columns of the table that a file of cards is read as. The same person stands in `counterparty_…` when
# he is the client himself.
REACHED = {
    "phone": 1,
    "phone_cell": 1,
    "phone_home": 1,
    "phone_fax": 1,
    "email": 1,
    "email_home": 1,
    "address": 3,
    "address_home": 2,
    "website": 1,
}
SEVERAL = {"phone", "phone_cell", "phone_home", "phone_fax", "email", "email_home", "website"}  # in one cell
OWNER = ("name", "kind", "phone", "email", "address", "website")
HEADER = (
    *NAMES,
    *(f"counterparty_{name}" for name in OWNER),
    *("position", "role", "birthday", "comment", "card"),
    *(name if place == 1 else f"{name} {place}" for name, most in REACHED.items() for place in range(1, most + 1)),
)
INN = "counterparty_inn"  # cards alone have it: a table of Outlook may have a column of its own
OF_COLUMN = {
    "phone": InfoType.PHONE,
    "email": InfoType.EMAIL,
    "address": InfoType.ADDRESS,
    "website": InfoType.WEB,
}
BEGINS = re.compile(rb"^BEGIN:\s*VCARD", re.IGNORECASE | re.MULTILINE)
LABEL = re.compile(r"_\$!<(.*)>!\$_")
DAY = re.compile(r"(\d{4}|-)-?(\d{2})-?(\d{2})(?:T.*)?")  # `--0512` is a day of a year that is not known
OMITTED = "X-APPLE-OMIT-YEAR"  # beside a birthday: which year in it stands for none
TEL = re.compile(r"(?:tel:)?([^;]*)(?:.*;ext=(\d+))?.*", re.IGNORECASE | re.DOTALL)
PATRONYMIC = re.compile(r".*(?:ич|вна|ична|оглы|кызы)", re.IGNORECASE)
CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
DIALLED = re.compile(r"\d{3,6}")  # an extension that a telephone dials after a pause
HOME, FAX = "дом.", "факс"  # what is said beside a phone or an address that is not of work
MADE = ("N", "FN", "X-ABSHOWAS", "ORG", "X-INN", "TITLE", "ROLE", "BDAY", "NOTE")  # in this order, before what is kept
OF_PROGRAMS = {"REV", "PRODID", "PROFILE", "NAME", "SOURCE"}  # about the file that was, not the person
LONGEST = 4_000_000  # characters of a whole card, pictures and all


@dataclass(frozen=True)
class Reach:
    """One way to reach somebody; `kind` is what the catalogue calls it."""

    type: InfoType
    value: str
    extension: str = ""
    comment: str = ""
    kind: str = ""


@dataclass(frozen=True)
class BookEntry:
    """What the product knows of a person; without a last name it is an organisation."""

    names: tuple[str, str, str]
    organisation: str = ""
    position: str = ""
    role: str = ""
    birthday: date | None = None
    comment: str = ""
    inn: str = ""  # of an organisation
    ways: tuple[Reach, ...] = ()
    kept: str = ""  # the lines of the card that he came from
    id: int = 0  # of his row


@dataclass
class BookRow:
    """What a card says, in the columns of the table."""

    values: dict[str, dict[str, None]] = field(default_factory=dict)  # texts in their order, each once

    def add(self, column: str, text: str) -> None:
        if text:
            self.values.setdefault(column, {})[text] = None

    def cells(self) -> list[str]:
        cells = []
        for column in HEADER:
            name, _space, place = column.partition(" ")
            texts = list(self.values.get(name, ()))
            if name in SEVERAL or name.removeprefix("counterparty_") in SEVERAL or name == "comment":
                cells.append("\n".join(texts))
            else:
                at = int(place or 1) - 1
                cells.append(texts[at] if at < len(texts) else "")
        return cells


# -- in --------------------------------------------------------------------------------------------------------


def read_vcards(content: bytes, limits: Limits) -> Table:
    """The cards as rows under HEADER and INN; the line of a row is the one where its card begins."""
    cards = read_cards(content)
    first = list(islice(cards, SHOWN_ROWS))
    header = [*HEADER, INN]
    shown = [(card.line, [cell[:SHOWN_LENGTH] for cell in whole_row(card)]) for card in first]
    table = Table(header, iter(()), len(BEGINS.findall(content)), line=0, beginning=shown)

    def rows() -> Iterator[Row]:
        for card in chain(first, cards):
            table.broken += [(card.line, line) for line in card.broken]
            if not card.lines:
                continue
            cells = whole_row(card)
            for column, cell in zip(header, cells, strict=True):
                longest = LONGEST if column == "card" else limits.cell
                if len(cell) > longest:
                    raise BadTable(Unreadable.CELL, card.line, longest)
            yield card.line, cells

    table.rows = rows()
    return table


def whole_row(card: VCard) -> list[str]:
    return [*row_of(card), inn_of(card) if is_company(card) else ""]


def row_of(card: VCard) -> list[str]:
    told = BookRow()
    for line in card.lines:
        if (said := reached(line, card)) is not None:
            told.add(*said)
    told.add("position", words_of(card.first("TITLE")))
    told.add("role", words_of(card.first("ROLE")))
    told.add("birthday", birthday_of(card))
    told.add("comment", note_of(card))
    told.add("card", "\n".join(line.written() for line in card.lines))
    is_client = is_company(card)
    names = ("", "", "") if is_client else names_of(card)
    organisation = organisation_of(card) or (words_of(card.first("FN")) if is_client else "")
    return whose(told, names, organisation, is_client=is_client).cells()


def whose(told: BookRow, names: tuple[str, str, str], organisation: str, *, is_client: bool) -> BookRow:
    """A card of an organisation says how it is reached; somebody without one is a client himself."""
    if is_client:
        told.add("counterparty_name", organisation)
        for column in [name for name in REACHED if name in told.values]:
            for text in told.values.pop(column):
                told.add(f"counterparty_{column.partition('_')[0]}", text)
        return told
    if not names[0]:
        names = (next(known(told), ""), "", "")
    for name, text in zip(NAMES, names, strict=True):
        told.add(name, text)
    told.add("counterparty_name", organisation or " ".join(filter(None, names)))
    if not organisation:
        told.add("counterparty_kind", "person")
        for column in ("phone", "phone_cell", "phone_home", "email", "email_home"):
            for text in told.values.get(column, ()):
                told.add(f"counterparty_{column.partition('_')[0]}", text)
    return told


def known(told: BookRow) -> Iterator[str]:
    """What somebody without a name can be called."""
    for column in ("email", "email_home", "phone_cell", "phone", "phone_home"):
        yield from told.values.get(column, ())


def words_of(line: CardLine | None) -> str:
    return "" if line is None else " ".join(readable(line.text).split())


def is_company(card: VCard) -> bool:
    kind, shown = words_of(card.first("KIND")).lower(), words_of(card.first("X-ABSHOWAS")).lower()
    if kind in {"org", "organization"} or shown == "company":
        return True
    name = card.first("N")
    nameless = name is None or not any(name.parts)
    title = words_of(card.first("FN"))
    return bool(nameless and organisation_of(card) and (not title or title == organisation_of(card)))


def names_of(card: VCard) -> tuple[str, str, str]:
    """The last, first and middle name, of one who has no name in parts by the whole one."""
    line = card.first("N")
    parts = [" ".join(readable(part).split()) for part in line.parts] if line else []
    last, first, middle = ([*parts, "", "", ""])[:3]
    if not (last or first or middle):
        return parted(words_of(card.first("FN")))
    return with_last(last, first, middle)


def with_last(last: str, first: str, middle: str) -> tuple[str, str, str]:
    """Where only the first name is known, it stands for the last."""
    return (last, first, middle) if last else (first or middle, "", middle if first else "")


def parted(name: str) -> tuple[str, str, str]:
    """A whole name as its language orders it: Russian books begin with the last name."""
    words = name.split()
    if len(words) == 3 and PATRONYMIC.fullmatch(words[1]):
        return words[2], words[0], words[1]
    if len(words) == 3 and PATRONYMIC.fullmatch(words[2]):
        return words[0], words[1], words[2]
    if len(words) == 2:
        return (words[0], words[1], "") if CYRILLIC.search(name) else (words[1], words[0], "")
    return name, "", ""


def organisation_of(card: VCard) -> str:
    line = card.first("ORG")
    return " ".join(readable(line.parts[0]).split()) if line else ""


def inn_of(card: VCard) -> str:
    return words_of(card.first("X-INN"))


def birthday_of(card: VCard) -> str:
    """The day as 1980-05-12, of NO_YEAR when the year is not known; "" when it is no day."""
    line = card.first("BDAY")
    found = DAY.fullmatch(line.text.strip()) if line else None
    if found is None:
        return ""
    year = int(found[1].strip("-") or 0)
    try:
        return date(year if year >= KNOWN_SINCE else NO_YEAR, int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return ""


def note_of(card: VCard) -> str:
    return "\n".join(text for line in card.all("NOTE") if (text := readable(line.text)))


def reached(line: CardLine, card: VCard) -> tuple[str, str] | None:
    """The column and the text of a line by which somebody is reached."""
    is_home = "home" in line.types and "work" not in line.types
    match line.name:
        case "TEL":
            text = number_of(line)
            label = label_of(line, card) or ("пейджер" if "pager" in line.types else "")
            column = "phone_fax" if "fax" in line.types else "phone_cell" if "cell" in line.types else "phone"
            if column == "phone" and is_home:
                column = "phone_home"
            return column, f"{text} ({label})" if label and text else text
        case "EMAIL":
            return "email_home" if is_home else "email", readable(line.text).removeprefix("mailto:")
        case "ADR":
            return "address_home" if is_home else "address", address_of(line)
        case "URL":
            return "website", readable(line.text)
    return None


def number_of(line: CardLine) -> str:
    number, extension = TEL.fullmatch(line.text.strip()).groups() if ";ext=" in line.text else (None, None)  # type: ignore[union-attr]
    if number is None:
        return readable(line.text).removeprefix("tel:").replace(";", ",")
    return f"{readable(number)} доб. {extension}"


def address_of(line: CardLine) -> str:
    """The parts in the order that Russian envelopes have: index, country, region, city, street, the rest."""
    box, extended, street, city, region, index, country = ([*line.parts, *[""] * 7])[:7]
    parts = (" ".join(part.split()) for part in (index, country, region, city, street, extended, box))
    return ", ".join(part.strip(" ,") for part in parts if part.strip(" ,"))


def label_of(line: CardLine, card: VCard) -> str:
    """What a program calls the line, beside it in its group."""
    if not line.group:
        return ""
    words = words_of(card.labels.get(line.group))
    found = LABEL.fullmatch(words)
    return (found[1] if found else words).strip("()")


# -- out -------------------------------------------------------------------------------------------------------


def write_person(person: BookEntry, uid: str = "") -> bytes:
    """His card: lines that he came with stand as they were while they are true, others are made anew.

    With a `uid` it is the card that a program knows by it.
    """
    lines = lines_of(person)
    if uid:
        lines = [CardLine("UID", escaped(uid)), *(line for line in lines if line.name != "UID")]
    return write_card(lines)


def lines_of(person: BookEntry) -> list[CardLine]:
    card = VCard(0, list(kept_lines(person.kept)))
    new = dict(told_of(person))
    stale = {name for name in ("N", "ORG", "X-INN", "TITLE", "ROLE", "BDAY", "NOTE") if not stands(name, person, card)}
    left = Counter(key_of(way.type, way.value) for way in person.ways)
    lines: list[CardLine] = []
    gone: set[str] = set()  # groups whose line is not true any more
    for line in card.lines:
        said = reached(line, card)
        if said is not None:
            key = key_of(OF_COLUMN[said[0].partition("_")[0]], said[1])
            if not left[key]:
                gone.add(line.group)
                continue
            left[key] -= 1
        elif line.name in OF_PROGRAMS or line.name in stale or (line.name == "FN" and "N" in stale):
            continue
        lines.append(line)
    lines = [line for line in lines if not (line.group and line.group in gone and line.name.startswith("X-AB"))]
    there = {line.name for line in lines}
    fresh = [line for name in MADE if name not in there for line in new.get(name, ())]
    if "ORG" in stale and (old := card.first("ORG")) and len(parts := split(old.value, ";")) > 1:
        fresh = [
            CardLine("ORG", ";".join([escaped(person.organisation), *parts[1:]])) if line.name == "ORG" else line
            for line in fresh
        ]
    return [*fresh, *lines, *added(person.ways, left, {line.group for line in lines})]


def kept_lines(kept: str) -> Iterator[CardLine]:
    """The lines that a person came with, as the base keeps them."""
    if kept:
        for card in read_cards(f"BEGIN:VCARD\nVERSION:3.0\n{kept}\nEND:VCARD".encode()):
            yield from card.lines


def told_of(person: BookEntry) -> Iterator[tuple[str, list[CardLine]]]:
    last, first, middle = person.names
    yield "N", [CardLine("N", structured(last, first, middle, "", ""))]
    yield "FN", [CardLine("FN", escaped(" ".join(filter(None, person.names)) or person.organisation))]
    if not last:
        yield "X-ABSHOWAS", [CardLine("X-ABSHOWAS", "COMPANY")]
    if person.organisation:
        yield "ORG", [CardLine("ORG", escaped(person.organisation))]
    told = (("X-INN", person.inn), ("TITLE", person.position), ("ROLE", person.role), ("NOTE", person.comment))
    for name, text in told:
        if text:
            yield name, [CardLine(name, escaped(text))]
    if person.birthday:
        is_known = person.birthday.year >= KNOWN_SINCE
        omitted = () if is_known else ((OMITTED, str(person.birthday.year)),)
        yield "BDAY", [CardLine("BDAY", person.birthday.isoformat(), omitted)]


def stands(name: str, person: BookEntry, card: VCard) -> bool:
    """Whether what the card says is what is known; of what it says in no way of ours, whether nothing is known."""
    if name == "N":
        return is_company(card) if not person.names[0] else fold_all(names_of(card)) == fold_all(person.names)
    if name == "BDAY":
        return birthday_of(card) == (person.birthday.isoformat() if person.birthday else "")
    said = {
        "ORG": organisation_of(card),
        "X-INN": "" if person.names[0] else inn_of(card),
        "TITLE": words_of(card.first("TITLE")),
        "ROLE": words_of(card.first("ROLE")),
        "NOTE": note_of(card),
    }
    now = {"ORG": person.organisation, "X-INN": person.inn, "TITLE": person.position}
    now |= {"ROLE": person.role, "NOTE": person.comment}
    return fold(said[name]) == fold(now[name])


def fold_all(texts: Iterable[str]) -> list[str]:
    return [fold(text) for text in texts]


def key_of(kind: InfoType, text: str) -> tuple[InfoType, str]:
    """Equal for what reaches one and the same, however it is written."""
    if kind is InfoType.PHONE and (phone := phones.parse(text)) and phone.tail:
        return kind, phone.tail[:10]
    if kind is InfoType.EMAIL:
        return kind, min(spellings(text))
    return kind, fold(text)


def added(ways: Iterable[Reach], left: Counter[tuple[InfoType, str]], taken: Collection[str]) -> Iterator[CardLine]:
    """Lines for what no kept line says."""
    number = 0
    for way in ways:
        key = key_of(way.type, way.value)
        if not left[key]:
            continue
        left[key] -= 1
        is_home = HOME in way.comment.lower() or "домаш" in way.kind.lower()
        place = "HOME" if is_home else "WORK"
        kinds: tuple[str, ...] = (place,)
        value = escaped(way.value)
        match way.type:
            case InfoType.PHONE:
                kinds, value = kinds_of(way, place), escaped(dialled(way))
                name = "TEL"
            case InfoType.EMAIL:
                name, kinds = "EMAIL", ("INTERNET", place)
            case InfoType.ADDRESS:
                name, value = "ADR", structured("", "", way.value, "", "", "", "")
            case InfoType.WEB:
                name = "URL"
            case _:
                name, kinds = "NOTE", ()
        group = ""
        if way.comment and way.comment not in {HOME, FAX} and name != "NOTE":
            number = next(n for n in range(number + 1, number + 1000) if f"item{n}" not in taken)
            group = f"item{number}"
        yield CardLine(name, value, tuple(("TYPE", kind) for kind in kinds), group)
        if group:
            yield CardLine("X-ABLABEL", escaped(way.comment), (), group)


def kinds_of(way: Reach, place: str) -> tuple[str, ...]:
    called = fold(f"{way.kind} {way.comment}")
    if "факс" in called or "fax" in called:
        return ("FAX", place)
    if "моб" in called or "сотов" in called or "mobile" in called or "cell" in called:
        return ("CELL", "VOICE")
    return (place, "VOICE")


def dialled(way: Reach) -> str:
    """The number with its extension, as telephones dial it where they can."""
    number, said = phones.split(way.value)
    extension = way.extension or said
    if not extension:
        return way.value
    return f"{number.strip()},{extension}" if DIALLED.fullmatch(extension) else f"{number.strip()} доб. {extension}"
