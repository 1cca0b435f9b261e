"""Believable firms and people whose INN, KPP and OGRN keep their check sums and whose telephones ring nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from app.domain.words import CounterpartyKind
from app.services.demo import words
from app.services.demo.words import Town, latin


def control(digits: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11 % 10)


def company_inn(body: str) -> str:
    """Nine digits and their check sum."""
    return body + control(body, (2, 4, 10, 3, 5, 9, 4, 6, 8))


def person_inn(body: str) -> str:
    """Ten digits and their two check sums."""
    body += control(body, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
    return body + control(body, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8))


def ogrn(body: str) -> str:
    """Twelve digits (of a company) or fourteen (of an entrepreneur) and the check sum."""
    return body + str(int(body) % (len(body) - 1) % 10)


def feminine(surname: str) -> str:
    if surname.endswith("ий"):
        return surname[:-2] + "ая"
    return surname + "а" if surname[-2:] in {"ов", "ев", "ёв", "ин", "ын"} else surname


class Name(NamedTuple):
    """Surname, first name and patronymic of one person."""

    last: str
    first: str
    middle: str

    def __str__(self) -> str:
        return " ".join(self)


def person_name(random: Random) -> Name:
    last, father = random.choice(words.SURNAMES), random.choice(words.FATHERS)
    if random.random() < 0.5:
        return Name(last, random.choice(words.MEN), father + "ич")
    return Name(feminine(last), random.choice(words.WOMEN), father + "на")


class Telephone(NamedTuple):
    """A number as people write it and as the caller look-up keeps it."""

    text: str
    e164: str
    tail: str


def telephone(code: str, subscriber: int) -> Telephone:
    digits = f"7{code}{subscriber:07d}"
    text = f"+7 ({code}) {digits[4:7]}-{digits[7:9]}-{digits[9:]}"
    return Telephone(text, "+" + digits, digits[::-1])


def landline(random: Random, place: Town) -> Telephone:
    """A town number; those that begin with 0 are given to nobody."""
    return telephone(place.phone, random.randrange(1_000_000))


def mobile(random: Random) -> Telephone:
    return telephone(random.choice(words.MOBILE_CODES), random.randrange(10_000_000))


def address(random: Random, place: Town) -> str:
    index = f"{place.postcode}{random.randrange(10 ** (6 - len(place.postcode))):0{6 - len(place.postcode)}d}"
    office = f", оф. {random.randint(1, 90)}" if random.random() < 0.4 else ""
    return f"{index}, г. {place.town}, ул. {random.choice(words.STREETS)}, д. {random.randint(1, 150)}{office}"


@dataclass(frozen=True, slots=True)
class Firm:
    """A counterparty before it gets its number; `domain` is the name of its site and of its e-mail."""

    kind: CounterpartyKind
    name: str
    full_name: str
    inn: str
    kpp: str
    ogrn: str
    place: Town
    domain: str
    head: Name | None  # the entrepreneur or the private person himself


def trade_name(random: Random) -> str:
    roll = random.random()
    if roll < 0.2:
        return random.choice(words.WHOLE_NAMES)
    if roll < 0.35:
        return f"{random.choice(words.WHOLE_NAMES)}-{random.choice(words.FIRST_HALVES)}"
    pair = random.choice(words.FIRST_HALVES) + random.choice(words.SECOND_HALVES)
    return f"{pair} {random.choice(words.PLACES).town.split('-')[0]}" if roll > 0.85 else pair


def company(random: Random, name: str = "") -> Firm:
    place = random.choice(words.PLACES)
    name = name or trade_name(random)
    short, long = (
        ("АО", "Акционерное общество") if random.random() < 0.1 else ("ООО", "Общество с ограниченной ответственностью")
    )
    office = f"{place.region}{random.randint(80, 89)}"  # tax offices of such numbers do not exist
    inn = company_inn(f"{office}{random.randrange(100_000):05d}")
    number = ogrn(f"1{random.randint(3, 25):02d}{office}{random.randrange(100_000):05d}")
    domain = f"{latin(name)}.example"
    return Firm(
        CounterpartyKind.COMPANY,
        f"{name} {short}",
        f"{long} «{name}»",
        inn,
        office + "01001",
        number,
        place,
        domain,
        None,
    )


def entrepreneur(random: Random) -> Firm:
    place, name = random.choice(words.PLACES), person_name(random)
    inn = person_inn(f"{place.region}{random.randint(80, 89)}{random.randrange(1_000_000):06d}")
    number = ogrn(f"3{random.randint(4, 25):02d}{place.region}{random.randrange(1_000_000_000):09d}")
    domain = f"{latin(name.last)}{inn[-4:]}.example"
    full_name = f"Индивидуальный предприниматель {name}"
    return Firm(CounterpartyKind.PERSON, f"{name} ИП", full_name, inn, "", number, place, domain, name)


def private_person(random: Random) -> Firm:
    place, name = random.choice(words.PLACES), person_name(random)
    return Firm(CounterpartyKind.PERSON, str(name), str(name), "", "", "", place, "example.com", name)


def buyer(random: Random) -> Firm:
    roll = random.random()
    return company(random) if roll < 0.68 else entrepreneur(random) if roll < 0.88 else private_person(random)


def business(random: Random) -> Firm:
    return company(random) if random.random() < 0.8 else entrepreneur(random)


def birthdays(random: Random, today: date) -> Iterator[date | None]:
    """Birthdays of grown-up people; of a third nobody knows it."""
    while True:
        known = random.random() < 0.65
        yield today - timedelta(days=random.randint(22 * 365, 65 * 365)) if known else None
