"""winmail.dat: what Outlook packs files into when it thinks that it writes to itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tnefparse import TNEF

from app.domain.letters.charsets import decoded
from app.domain.letters.parts import safe_name

TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
NAME = "winmail.dat"


def files_inside(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the files; nothing where it cannot be read."""
    try:
        files: list[Any] = TNEF(content).attachments
    except Exception:  # the library raises whatever a broken packet leads it to
        return
    for number, file in enumerate(files, 1):
        # Its own way to the name takes only UTF-8; the name as it was sent is in any code page.
        raw = getattr(file, "_name", b"")
        name = decoded(bytes(raw)) if isinstance(raw, bytes | bytearray) else str(raw)
        yield safe_name(name) or f"attachment-{number}", bytes(file.data or b"")
