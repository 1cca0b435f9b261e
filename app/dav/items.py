"""What devices send, made ready for Radicale, whose reader of lines is quick with those of real devices alone."""

from __future__ import annotations

from app.domain.formats.vcard import LONGEST_NAMED, logical_lines

MOST_LINES = 2000  # of a card or an event
REPEATS = {"RRULE", "EXRULE", "RDATE", "EXDATE"}
NOTHING = b""  # Radicale refuses it as what cannot be read


def whole_lines(item: bytes) -> bytes:
    """The card or event in lines that are not folded: Radicale copies all of a line for each part of it.

    Without the rules that an event repeats by: Radicale counts its days out, for hours where a rule has none, and
    nobody asks for them.
    NOTHING for what no device writes: more lines, or a name with its parameters that is longer; Radicale looks at
    these anew from each of their signs.
    """
    try:
        lines = [line for _number, line in logical_lines(item.decode()) if _name(line) not in REPEATS]
    except UnicodeDecodeError:
        return NOTHING
    whole = "\n".join(lines)
    is_written = whole.count("\n") < MOST_LINES and all(":" in line[: LONGEST_NAMED + 1] for line in whole.split("\n"))
    return whole.encode() if is_written else NOTHING


def _name(line: str) -> str:
    return line[:LONGEST_NAMED].partition(":")[0].partition(";")[0].rpartition(".")[2].upper()
