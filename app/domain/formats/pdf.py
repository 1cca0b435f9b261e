"""PDF: a template says how a paper looks, data what stands in it. No text of the data is read as a template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import typst

PDF = "application/pdf"
FONT = "Libertinus Serif"  # typst brings it, so that a paper looks the same on a server without fonts


def typeset(template: str, data: Mapping[str, Any], *, tagged: bool = True) -> bytes:
    """The template finds the data in `json(bytes(sys.inputs.data))`.

    Tags let programs read a paper aloud; they cost ten times its size.
    """
    compiler = typst.Compiler(
        template.encode(), ignore_system_fonts=True, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}
    )
    return cast(bytes, compiler.compile(format="pdf", pdf_tags=tagged))
