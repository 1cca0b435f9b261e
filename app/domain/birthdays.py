"""Birthdays: when the next one is, how old somebody becomes, whether it is near enough to tell of."""

from __future__ import annotations

from datetime import date, timedelta

KNOWN_SINCE = 1905  # a year before it stands for one that nobody knows
NO_YEAR = 1904  # where none is said; it has a 29 February
GREETING = "день рождения"  # in the subject of a contact that is planned for it
GREETED = timedelta(days=30)  # around it such a contact is a congratulation
MOST_DAYS = 60  # before a birthday, or another day that comes each year


def birthday_in(year: int, born: date) -> date:
    """Who was born on 29 February has his day on the 28th of other years."""
    try:
        return born.replace(year=year)
    except ValueError:
        return born.replace(year=year, day=28)


def next_birthday(born: date, today: date) -> date:
    """Today, when it is today."""
    this_year = birthday_in(today.year, born)
    return this_year if this_year >= today else birthday_in(today.year + 1, born)


def age_on(born: date, birthday: date) -> int | None:
    """How old somebody becomes; None when his year is not known."""
    return birthday.year - born.year if born.year >= KNOWN_SINCE else None


def is_near(born: date, today: date, days: int) -> bool:
    """Told of so many days before, and on the day itself."""
    return (next_birthday(born, today) - today).days <= days
