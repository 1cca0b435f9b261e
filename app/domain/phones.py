"""Phone numbers: any spelling of one number becomes one value."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher, format_number
from phonenumbers import parse as parse_number

REGION = "RU"  # where a number without a country code belongs
LONGEST = 30  # digits kept of a text that is no number at all, such as a bank account

# Begun where blanks begin alone: a text of many of them is read once, not from each.
EXTENSION = re.compile(
    r"(?<![\s,;(])[\s,;(]*(?:доб(?:ав\w{0,9})?|вн(?:утр\w{0,9})?|местн\w{0,9}|ext(?:ension)?|[xх#])[\s.:=№#]{0,9}(\d{1,7})\W*$"
    r"|(?<!,),+\s*(\d{3,6})\W*$",  # a pause and digits, as a telephone dials them
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Phone:
    """One number as written by a person.

    `e164` is "" when the number is no valid one, `tail` is all its digits
    backwards, so that any trailing digits are a prefix of it. Only an extension
    may be known: then `tail` is "" too.
    """

    e164: str
    extension: str
    tail: str


def ascii_digits(text: str) -> str:
    """The same text with the digits of any script written as 0-9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def digits_of(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def split(text: str) -> tuple[str, str]:
    """The number and the extension that follows it ("" when there is none)."""
    text = ascii_digits(text)
    found = EXTENSION.search(text)
    if found is None:
        return text, ""
    return text[: found.start()], found[1] or found[2]


def valid_number(text: str) -> PhoneNumber | None:
    """The first valid number in the text."""
    match = next(iter(PhoneNumberMatcher(text, REGION)), None)
    return match.number if match else None


def raw_digits(text: str) -> str:
    """The digits of the first of several numbers that are not valid ones."""
    first = re.split(r"[,;/\n]", text)[0]
    return (digits_of(first) or digits_of(text))[:LONGEST]


def parse(text: str) -> Phone | None:
    """The number in the text; None when it has no digits."""
    number, extension = split(text)
    valid = valid_number(number)
    e164 = format_number(valid, PhoneNumberFormat.E164) if valid else ""
    digits = e164[1:] or raw_digits(number)
    if not digits and not extension:
        return None
    return Phone(e164, extension, digits[::-1])


@lru_cache(maxsize=4096)
def international(e164: str) -> str:
    """A valid number in the one format that people read: +7 495 700-00-02."""
    return format_number(parse_number(e164), PhoneNumberFormat.INTERNATIONAL)


def tail_of(text: str) -> str:
    """The tail of the phone in the text; "" where there is none."""
    phone = parse(text)
    return phone.tail if phone else ""


def search_tail(text: str) -> str:
    """The typed digits backwards: a prefix of the tail of the same number, however it was typed.

    The first digit of a whole Russian number (8, 7, +7) says nothing and is left out.
    """
    phone = parse(text)
    if phone is None:
        return ""
    digits = phone.tail[::-1]
    foreign = phone.e164 and not phone.e164.startswith("+7")
    return (digits[1:] if len(digits) == 11 and digits[0] in "78" and not foreign else digits)[::-1]
