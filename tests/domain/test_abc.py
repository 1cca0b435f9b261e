"""The rule of ABC classes: golden examples, and what holds for any values."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.abc import AbcMoves, Shares, change
from app.domain.words import AbcClass
from tests.rules.abc import DEFAULT, classify

GOLDEN = [
    ([400, 250, 150, 100, 60, 40], "AAABCC"),
    ([1000], "A"),
    ([500, 500], "AA"),
    ([900, 100, 0, 0], "ACCC"),
    ([-50, 50, 100, 900], "CCBA"),
    ([], ""),
    ([0, 0], "CC"),
    ([-5, -10], "CC"),
    # equal values on a boundary: all of them get the class of the first
    ([60, 20, 20, 20], "AAAA"),
    ([70, 20, 5, 5], "ABCC"),
    # the total is rounded to kopecks half up: A ends at 0.04 (0.05 * 70 % = 0.035)
    (["0.04", "0.01"], "AB"),
]
A, B, C = AbcClass


@pytest.mark.parametrize(("values", "classes"), GOLDEN)
def test_golden_examples(values: list[int | str], classes: str) -> None:
    found = classify({i: Decimal(v) for i, v in enumerate(values)})
    assert "".join(found[i] for i in range(len(values))) == classes


def test_other_shares_give_other_classes() -> None:
    values = {i: Decimal(v) for i, v in enumerate([400, 250, 150, 100, 60, 40])}
    found = classify(values, Shares(Decimal(80), Decimal(15), Decimal(5)))
    assert "".join(found[i] for i in range(6)) == "AAABBC"


@pytest.mark.parametrize(("a", "b", "c"), [(70, 20, 11), (70, 20, 9), (110, -20, 10)])
def test_shares_must_be_100_together(a: int, b: int, c: int) -> None:
    with pytest.raises(ValueError, match="100"):
        Shares(Decimal(a), Decimal(b), Decimal(c))


@given(st.lists(st.decimals(-1000, 100000, places=2), max_size=40))
def test_a_better_value_never_has_a_worse_class(values: list[Decimal]) -> None:
    found = classify(dict(enumerate(values)))
    ranked = [found[i] for i in sorted(found, key=lambda i: -values[i])]
    assert ranked == sorted(ranked)
    for i, value in enumerate(values):
        for j, other in enumerate(values):
            assert value != other or found[i] == found[j]


@pytest.mark.parametrize(
    ("old", "new", "arrow"),
    [
        (None, C, 1), (None, None, 0), (A, None, -1), (C, None, -1),
        (A, A, 0), (B, A, 1), (C, B, 1), (A, B, -1), (A, C, -1),
    ],
)  # fmt: skip
def test_arrows(old: AbcClass | None, new: AbcClass | None, arrow: int) -> None:
    assert change(old, new) == arrow


def test_moves_count_and_survive_storing() -> None:
    moves = AbcMoves({(A, A): 5, (B, A): 2, (A, C): 1, (None, C): 7, (B, None): 3})
    assert (moves.up, moves.down, moves.stayed, moves.total) == (9, 4, 5, 18)
    assert (moves.now_in(A), moves.now_in(B), moves.now_in(C), moves.now_in(None)) == (7, 0, 8, 3)
    assert list(moves.changed()) == [(A, C, 1), (B, A, 2), (B, None, 3), (None, C, 7)]
    assert AbcMoves.from_json(moves.to_json()) == moves


def test_the_customary_shares() -> None:
    assert Shares(Decimal(70), Decimal(20), Decimal(10)) == DEFAULT
