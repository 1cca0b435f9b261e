"""What is worth knowing of something typed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remark:
    """A sentence about a field that forbids nothing.

    `row` is the model and the number of what it speaks of, where the viewer sees that. One that `asks` is to be
    answered before the row is kept: it is not the one that it resembles. One that `confirms` is to be ticked.
    """

    field: str
    text: str
    row: tuple[type, int] | None = None
    asks: bool = False
    confirms: bool = False
