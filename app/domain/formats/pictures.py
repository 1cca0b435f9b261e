"""Pictures of charts for letters: drawn as SVG, turned into PNG by typst with its own font."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import cast

import typst

from app.domain.formats.pdf import FONT

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 10, 10, 34, 26
COLOURS = ("#2b5bd7", "#1a6b3c", "#bcc3d0")
MOST_LABELS, LETTER = 12, 6  # a letter's width
WIDEST = 70  # of a bar
SHARP = 144  # dots an inch: twice the size that is shown
PNG = "image/png"
PAGE = f"""#set page(width: {WIDTH}pt, height: {HEIGHT}pt, margin: 0pt)
#image(bytes(json(bytes(sys.inputs.data))), format: "svg", width: 100%)"""


def bars(labels: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]]) -> str:
    """Bars beside each other for every label, with the names of the series above; below zero they hang."""
    series = series[: len(COLOURS)]
    values = [value or 0.0 for _name, of in series for value in of]
    most, least = max([*values, 0.0]), min([*values, 0.0])
    height, room = HEIGHT - TOP - BOTTOM, (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    scale = height / ((most - least) or 1)
    zero = TOP + most * scale
    width = min(room * 0.76 / max(len(series), 1), WIDEST)
    aside = (room - width * len(series)) / 2
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    for place, (name, _values) in enumerate(series):
        left = LEFT + place * 190
        parts.append(f'<rect x="{left}" y="10" width="12" height="12" fill="{COLOURS[place]}"/>')
        parts.append(_text(left + 18, 20, name, 13))
    step = -(-len(labels) // MOST_LABELS)
    letters = int(room * step / LETTER)
    for number, label in enumerate(labels):
        start = LEFT + number * room
        for place, (_name, of) in enumerate(series):
            value = of[number] or 0.0
            top, tall = min(zero, zero - value * scale), abs(value) * scale
            x = start + aside + place * width
            box = f'x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{tall:.1f}"'
            parts.append(f'<rect {box} fill="{COLOURS[place]}"/>')
        if number % step == 0:
            parts.append(_text(start + room / 2, HEIGHT - 8, shortened(label, letters), 11, "middle"))
    parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#59627a"/>')
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>'


def shortened(label: str, letters: int) -> str:
    return label if len(label) <= letters else f"{label[: letters - 1].rstrip()}…"


def _text(x: float, y: float, words: str, size: int, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text {place} font-family="{FONT}" fill="#1b2230">{escape(words)}</text>'


def png(svg: str) -> bytes:
    """The picture as mail programs show it."""
    compiler = typst.Compiler(
        PAGE.encode(), ignore_system_fonts=True, sys_inputs={"data": json.dumps(svg, ensure_ascii=False)}
    )
    return cast(bytes, compiler.compile(format="png", ppi=SHARP))
