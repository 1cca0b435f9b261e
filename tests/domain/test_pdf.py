"""A paper is set by its template alone."""

from __future__ import annotations

from app.domain.formats.pdf import FONT, typeset

TEMPLATE = f"""
#set text(font: "{FONT}")
#let data = json(bytes(sys.inputs.data))
#data.text
"""


def test_a_text_is_never_a_template() -> None:
    paper = typeset(TEMPLATE, {"text": '#panic("read") $x$ «Ромашка» \\ #{'})
    assert paper.startswith(b"%PDF-")
    assert len(typeset(TEMPLATE, {"text": "х"}, tagged=False)) < len(paper)
