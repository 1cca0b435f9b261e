"""Cards of real programs are read whole, and go out as vCard 3.0 with nothing lost."""

from datetime import date
from pathlib import Path

import pytest

from app.domain.formats.people import HEADER, BookEntry, Reach, lines_of, row_of
from app.domain.formats.vcard import read_cards, write_card
from app.domain.words import InfoType

FILES = sorted((Path(__file__).parent / "files" / "vcards").glob("*.vcf"))


def said(text: str) -> dict[str, str]:
    """What the first card says, the columns that are filled."""
    card = next(read_cards(f"BEGIN:VCARD\n{text}\nEND:VCARD\n".encode()))
    return {name: cell for name, cell in zip(HEADER, row_of(card), strict=True) if cell and name != "card"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_of_a_real_file_goes_out_again(path: Path) -> None:
    cards = list(read_cards(path.read_bytes()))
    written = b"".join(write_card(card.lines) for card in cards)
    assert [card.broken for card in cards] == [[] for _card in cards]
    assert [card.lines for card in read_cards(written)] == [card.lines for card in cards]
    assert max(map(len, written.split(b"\r\n"))) <= 75


def test_real_files_hold_seventeen_cards() -> None:
    assert len(FILES) == 9
    assert sum(len(list(read_cards(path.read_bytes()))) for path in FILES) == 17


def test_quoted_printable_of_any_russian_code_page_is_read() -> None:
    for charset, bytes_ in (("windows-1251", "=C0=ED=ED=E0"), ("UTF-8", "=D0=90=D0=BD=D0=BD=D0=\n=B0")):
        text = f"VERSION:2.1\nN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:;{bytes_};;;"
        assert said(text)["last_name"] == "Анна"


def test_bare_types_and_those_of_4_0_mean_the_same() -> None:
    for line in ("TEL;CELL;VOICE:89161234567", 'TEL;VALUE=uri;TYPE="voice,cell":tel:89161234567'):
        assert said(f"FN:Анна\n{line}")["phone_cell"] == "89161234567"


APPLE = "BDAY;VALUE=date;X-APPLE-OMIT-YEAR=1604:1604-02-29"


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("BDAY:19800512", "1980-05-12"),
        ("BDAY:--0512", "1904-05-12"),
        ("BDAY:--02-29", "1904-02-29"),
        (APPLE, "1904-02-29"),
        ("BDAY:---12", ""),
        ("BDAY:1980-02-30", ""),
    ],
)
def test_a_birthday_may_have_no_year(line: str, day: str) -> None:
    assert said(f"FN:A B\n{line}").get("birthday", "") == day
    assert line in said_as_it_was(line)
    known = date.fromisoformat(day) if day else None
    assert line in [one.written() for one in lines_of(BookEntry(("B", "A", ""), birthday=known, kept=line))]
    taken_away = [one.written() for one in lines_of(BookEntry(("B", "A", ""), kept=line))]
    assert (line in taken_away) is (known is None)


def said_as_it_was(line: str) -> str:
    card = next(read_cards(f"BEGIN:VCARD\nFN:A B\n{line}\nEND:VCARD".encode()))
    return row_of(card)[HEADER.index("card")]


def test_an_organisation_has_its_inn() -> None:
    line = "X-INN:7707083893"
    for kept in ("", line, "X-INN:500100732259"):
        told = [one.written() for one in lines_of(BookEntry(("", "", ""), "Ромашка", inn="7707083893", kept=kept))]
        assert [each for each in told if each.startswith("X-INN")] == [line]
    assert line in [one.written() for one in lines_of(BookEntry(("B", "A", ""), kept=line))]


def test_programs_are_told_that_a_year_is_not_known() -> None:
    told = [one.written() for one in lines_of(BookEntry(("B", "A", ""), birthday=date(1904, 5, 12)))]
    assert "BDAY;X-APPLE-OMIT-YEAR=1904:1904-05-12" in told


def test_whole_names_are_parted_as_their_language_orders_them() -> None:
    names = ("Ёлкин Пётр Ильич", "Роман Аркадьевич Абрамович", "Frank Dawson")
    assert [said(f"FN:{name}")["last_name"] for name in names] == ["Ёлкин", "Абрамович", "Dawson"]


def test_a_line_that_is_none_is_lost_alone_and_named() -> None:
    cards = list(read_cards("BEGIN:VCARD\nFN:Анна\nчто-то\nTITLE:врач\nEND:VCARD\nBEGIN:VCARD\nFN:Пётр".encode()))
    assert [(len(card.lines), card.broken) for card in cards] == [(2, [3]), (1, [6])]


def test_a_card_inside_a_card_stays_one_line() -> None:
    text = b"BEGIN:VCARD\nVERSION:2.1\nN:A\nAGENT:\nBEGIN:VCARD\nN:B\nEND:VCARD\nTITLE:C\nEND:VCARD\n"
    (card,) = read_cards(text)
    assert [line.name for line in card.lines] == ["N", "AGENT", "TITLE"]


def test_lines_that_are_not_true_any_more_go_and_new_ones_come() -> None:
    kept = "N:Ёлкина;Анна;;г-жа;\nFN:г-жа Анна\nORG:Ромашка;Бухгалтерия\nTEL;TYPE=CELL:+79161234567\nTEL:111\nX-A:1"
    ways = (
        Reach(InfoType.PHONE, "8 916 123-45-67"),
        Reach(InfoType.PHONE, "+7 495 700-00-12", extension="102", comment="склад"),
    )
    entry = BookEntry(("Ёлкина", "Анна", ""), "Лютик", birthday=date(1980, 5, 12), ways=ways, kept=kept)
    assert [line.written() for line in lines_of(entry)] == [
        "ORG:Лютик;Бухгалтерия",
        "BDAY:1980-05-12",
        "N:Ёлкина;Анна;;г-жа;",
        "FN:г-жа Анна",
        "TEL;TYPE=CELL:+79161234567",
        "X-A:1",
        "item1.TEL;TYPE=WORK;TYPE=VOICE:+7 495 700-00-12\\,102",
        "item1.X-ABLABEL:склад",
    ]
