"""ABC classes by attractiveness: who brings the first 70 % is A.

What the shares and the values make of everybody is said in `app.queries.classification.classes`:
whoever crosses a boundary gets the better class, equal values get one class, who
has no value or a negative one is C and takes no part in the total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.domain.moves import Moves
from app.domain.periods import Period
from app.domain.words import AbcClass, Measure

NO_CLASS = "-"


@dataclass(frozen=True)
class Shares:
    """Percent of the total that belong to each class; together exactly 100."""

    a: Decimal
    b: Decimal
    c: Decimal

    def __post_init__(self) -> None:
        if min(self.a, self.b, self.c) < 0 or self.a + self.b + self.c != 100:
            raise ValueError(f"shares must be 100 together: {self.a}, {self.b}, {self.c}")


@dataclass(frozen=True)
class AbcParameters:
    """What an ABC classification is computed from."""

    window: Period
    measure: Measure
    limits: Shares


def change(old: AbcClass | None, new: AbcClass | None) -> int:
    """The arrow: 1 for a better class (or the first one), -1 for a worse one, 0 for the same."""
    return (_rank(new) > _rank(old)) - (_rank(new) < _rank(old))


class AbcMoves(Moves[AbcClass | None]):
    """None is "no class"."""

    change = staticmethod(change)

    @classmethod
    def from_json(cls, stored: Mapping[str, int]) -> AbcMoves:
        return cls({(_class(key[0]), _class(key[1])): n for key, n in stored.items()})

    def to_json(self) -> dict[str, int]:
        return {(old or NO_CLASS) + (new or NO_CLASS): n for (old, new), n in self.counts.items()}

    @staticmethod
    def place(*columns: AbcClass | None) -> AbcClass | None:
        (abc,) = columns
        return abc

    @staticmethod
    def from_text(text: str) -> AbcClass | None:
        return AbcClass(text) if text else None

    def now_in(self, abc: AbcClass | None) -> int:
        return sum(n for (_, new), n in self.counts.items() if new == abc)

    def changed(self) -> list[tuple[AbcClass | None, AbcClass | None, int]]:
        moved = [(old, new, n) for (old, new), n in self.counts.items() if old != new]
        return sorted(moved, key=lambda move: (-_rank(move[0]), -_rank(move[1])))


def _rank(abc: AbcClass | None) -> int:
    return " CBA".index(abc or " ")


def _class(letter: str) -> AbcClass | None:
    return None if letter == NO_CLASS else AbcClass(letter)
