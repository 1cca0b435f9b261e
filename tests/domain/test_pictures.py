"""Pictures of charts in letters."""

from __future__ import annotations

from xml.etree import ElementTree

from app.domain.formats.pictures import bars, png


def test_bars_are_drawn_with_their_names_and_become_a_picture() -> None:
    svg = bars(["Январь 2026"] * 12, [("Выручка <b>", [1.0] * 11 + [None]), ("Оплаты", [-1.0] * 12)])
    drawn = [part for part in ElementTree.fromstring(svg) if part.tag.endswith("rect")]
    assert len(drawn) == 1 + 2 + 24
    words = {part.text for part in ElementTree.fromstring(svg) if part.tag.endswith("text")}
    assert words == {"Выручка <b>", "Оплаты", "Январь…"}
    assert png(svg).startswith(b"\x89PNG")


def test_a_picture_of_nothing_is_drawn_too() -> None:
    assert png(bars([], [])).startswith(b"\x89PNG")
