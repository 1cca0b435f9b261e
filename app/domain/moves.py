"""Moves of buyers between the places of a classification: how many went from where to where."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

P = TypeVar("P")  # a place: a class, or a stage with its class


@dataclass(frozen=True)
class Moves(ABC, Generic[P]):
    """By old and new place."""

    counts: Mapping[tuple[P, P], int]

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[Any]]) -> Self:
        """Of rows of the old place's columns, the new one's, and how many."""
        counts = {}
        for *columns, count in rows:
            half = len(columns) // 2
            counts[cls.place(*columns[:half]), cls.place(*columns[half:])] = count
        return cls(counts)

    @classmethod
    @abstractmethod
    def from_json(cls, stored: Mapping[str, int]) -> Self: ...

    @abstractmethod
    def to_json(self) -> dict[str, int]: ...

    @staticmethod
    @abstractmethod
    def place(*columns: Any) -> P:
        """Of the columns of a record."""

    @staticmethod
    @abstractmethod
    def from_text(text: str) -> P:
        """Of the text of a draft; "" is no place."""

    @staticmethod
    @abstractmethod
    def change(old: P, new: P) -> int:
        """The arrow: 1 for better than before, -1 for worse, 0 for the same."""

    @abstractmethod
    def now_in(self, group: Any) -> int:
        """How many are in a class, or in a stage whatever their class."""

    @abstractmethod
    def changed(self) -> list[tuple[P, P, int]]:
        """From, to, how many, of those who moved: better places first."""

    def _with_change(self, sign: int) -> int:
        return sum(n for (old, new), n in self.counts.items() if self.change(old, new) == sign)

    @property
    def up(self) -> int:
        return self._with_change(1)

    @property
    def down(self) -> int:
        return self._with_change(-1)

    @property
    def stayed(self) -> int:
        return self._with_change(0)

    @property
    def total(self) -> int:
        return sum(self.counts.values())
