"""Texts of strangers are read in a time that grows with them: a pattern that tries each letter anew would never end."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain import phones, ways
from app.domain.allocation import BETWEEN, LAST_DIGITS, named_orders
from app.domain.formats import workbook_file
from app.domain.formats.bank_statement import AccountSection, BankPaper, PaperSide, Statement, mismatches
from app.domain.formats.people import row_of
from app.domain.formats.values import BadValue, parse_decimal, parse_moment
from app.domain.formats.vcard import read_cards
from app.domain.letters import markup
from app.domain.letters.addresses import WrongRecipient, recipient
from app.domain.letters.answers import parted
from app.domain.letters.headers import MESSAGE_ID
from app.domain.letters.invites import invite_of

MILLION = 1_000_000


def price(text: str) -> str:
    with pytest.raises(BadValue):
        parse_decimal(text, 2)
    return ""


def moment(text: str) -> str:
    with pytest.raises(BadValue):
        parse_moment(text)
    return ""


def own_words(text: str) -> str:
    return parted(text).own


def phones_of(text: str) -> int:
    """How many a card of them has."""
    (card,) = read_cards(f"BEGIN:VCARD\nN:Иванов\nORG:Ромашка\n{text}END:VCARD".encode())
    return sum(cell.count("(") for cell in row_of(card)[:-1])


def note_of(text: str) -> str:
    """What the only card of it says besides."""
    (card,) = read_cards(f"BEGIN:VCARD\n{text}\nEND:VCARD".encode())
    return card.lines[0].text


def titles(many: int) -> list[str]:
    """Those of a sheet that says so often that its first lines are one cell."""
    rows = [(line, [""] * 1000) for line in range(1, 21)]
    rows[0][1][0] = "Код"
    return workbook_file.spread(rows, [((0, 0), (19, 999))] * many)[19][1]


def statement(many: int) -> list[str]:
    """What is wrong with the totals of so many accounts, each of which pays the next one."""
    sides = [PaperSide(str(number), "", "", "", "", "") for number in range(many)]
    day, rouble = date(2026, 3, 2), Decimal(1)
    papers = [BankPaper(1, "", "", day, rouble, payer, payee, "", None, None, {}) for payer, payee in pairwise(sides)]
    sections = [AccountSection(1, side.account, None, None, None, rouble, rouble, None) for side in sides]
    return [f"{each.account} {each.what}" for each in mismatches(Statement(sections=sections, papers=papers))]


def meeting(rule: str) -> datetime | None:
    """When a meeting begins that is told in a zone whose clock changes so."""
    change = f"DTSTART:16010101T000000\nRRULE:{rule}\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0300"
    zone = f"BEGIN:VTIMEZONE\nTZID:{rule}\nBEGIN:STANDARD\n{change}\nEND:STANDARD\nEND:VTIMEZONE"
    event = f'BEGIN:VEVENT\nUID:1\nDTSTART;TZID="{rule}":20260302T100000\nEND:VEVENT'
    invite = invite_of(f"BEGIN:VCALENDAR\n{zone}\n{event}\nEND:VCALENDAR".encode(), ZoneInfo("UTC"))
    return invite.starts if invite else None


def addressee(text: str) -> str:
    with pytest.raises(WrongRecipient):
        recipient(text)
    return ""


@pytest.mark.parametrize(
    ("read", "text", "found"),
    [
        (ways.several_emails, "x" * MILLION, [ways.Reached("x" * MILLION, sound=False)]),
        (phones.split, "(" * MILLION, ("(" * MILLION, "")),
        (phones.split, "#" * MILLION, ("#" * MILLION, "")),
        (phones.split, "добав" * 100_000, ("добав" * 100_000, "")),
        (BETWEEN.split, " " * MILLION, [" " * MILLION]),
        (price, "1" + " " * MILLION + "x", ""),
        (addressee, " " * MILLION, ""),
        (own_words, "привет\n" + " " * MILLION + "\nx", "привет\n" + " " * MILLION + "\nx"),
        (own_words, QUOTED := "привет\nпн" + "0" * 80 + "<" * MILLION, QUOTED),
        (own_words, BLANK := "привет\nпн" + "0" * 80 + "<a>" * 50 + " " * MILLION + "x", BLANK),
        (named_orders, "счет" + " " * MILLION, []),
        (named_orders, "счета" * 200_000, []),
        (named_orders, "заказ-" * 20_000, []),
        (lambda text: len(named_orders(text)), "счет 1," + "1" * MILLION + ".", 1),
        (lambda text: len(named_orders(text)), "счет 1," + " " * MILLION + "!", 1),
        (LAST_DIGITS.search, "0" * MILLION + "a.", None),
        (MESSAGE_ID.findall, "<" + "@" * MILLION, []),
        (markup.words, "<a b=" * 200_000 + "><p>Здравствуйте", "Здравствуйте"),
        (meeting, "FREQ=SECONDLY", None),
        (meeting, "FREQ=YEARLY;BYSECOND=1", None),
        (meeting, "FREQ=YEARLY;INTERVAL=0", None),
        (meeting, "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", datetime(2026, 3, 2, 7, tzinfo=UTC)),
        (moment, "23.11.2026 10:00" + " " * MILLION + "x", ""),
        (phones_of, "".join(f"a{n}.TEL:1\na{n}.X-ABLABEL:{n}\n" for n in range(10_000)), 10_000),
        (phones_of, "NOTE\n" + " a\n" * 100_000, 0),
        (note_of, "NOTE;QUOTED-PRINTABLE:=\n" + "=41=\n" * 300_000, "A" * 300_000),
        (titles, MILLION, ["Код"] * 1000),
        (statement, 20_000, ["0 received", "19999 spent"]),
    ],
    ids=[
        *("email", "brackets", "signs", "extension", "orders", "price", "recipient", "letter", "quotes", "blanks"),
        *(
            "invoice",
            "invoices",
            "order",
            "digits",
            "listed",
            "tail",
            "ids",
            "html",
            "seconds",
            "second",
            "never",
            "year",
            "moment",
            "labels",
            "folds",
            "breaks",
            "merged",
            "accounts",
        ),
    ],
)
def test_a_long_text_is_read_once(read: Callable[[Any], Any], text: Any, found: Any) -> None:
    assert read(text) == found
