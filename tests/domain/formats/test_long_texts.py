"""Texts of strangers are read in a time that grows with them: a pattern that tries each letter anew would never end."""

from collections.abc import Callable
from typing import Any

import pytest

from app.domain import phones, ways
from app.domain.allocation import BETWEEN
from app.domain.formats.values import BadValue, parse_decimal
from app.domain.letters.addresses import WrongRecipient, recipient
from app.domain.letters.answers import parted

MILLION = 1_000_000


def price(text: str) -> str:
    with pytest.raises(BadValue):
        parse_decimal(text, 2)
    return ""


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
        (lambda text: parted(text).own, "привет\n" + " " * MILLION + "\nx", "привет\n" + " " * MILLION + "\nx"),
    ],
    ids=["email", "brackets", "signs", "extension", "orders", "price", "recipient", "letter"],
)
def test_a_long_text_is_read_once(read: Callable[[str], Any], text: str, found: Any) -> None:
    assert read(text) == found
