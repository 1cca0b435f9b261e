"""A file on its way in: opened behind the gate, refused in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.domain.formats.commerceml import Passed
from app.domain.formats.limits import LIMITS, MEGABYTE, BadTable, Limits, Unreadable
from app.domain.formats.sheets import Sheets
from app.domain.formats.table import Table, assembled
from app.errors import Refused
from app.formatting import currency_code
from app.processes import gate

UNREADABLE: dict[Unreadable, LazyString] = {
    Unreadable.EMPTY: _l("The file is empty."),
    Unreadable.ENCODING: _l("The file is neither UTF-8 nor windows-1251."),
    Unreadable.BINARY: _l("The file is no text: line %(line)s has characters that no text has."),
    Unreadable.WORKBOOK: _l("The workbook cannot be read."),
    Unreadable.PASSWORD: _l("The workbook is protected by a password. Save it without one."),
    Unreadable.QUOTES: _l("A quotation mark that is opened in line %(line)s is never closed."),
    Unreadable.AFTER_QUOTE: _l(
        "Line %(line)s: text follows a closing quotation mark. A mark inside a quoted text is written twice."
    ),
    Unreadable.SWALLOWED: _l(
        "Line %(line)s: a quoted text holds whole lines of the table. A quotation mark is not closed."
    ),
    Unreadable.SHEET: _l("The workbook has no such sheet that is shown."),
    Unreadable.LINE: _l("Line %(line)s cannot be the header: it is empty or does not exist."),
    Unreadable.BROKEN: _l("The file cannot be read."),
    Unreadable.NO_STATEMENT: _l("This is no statement of a bank: ask the bank for the file of the exchange with 1C."),
    Unreadable.CUT: _l("The file is cut: what begins in line %(line)s has no end."),
    Unreadable.ODD_LINE: _l("Line %(line)s of the file cannot be understood."),
    Unreadable.ODD_DOCUMENT: _l("The document in line %(line)s has no day or sum that can be read."),
    Unreadable.NO_COMMERCEML: _l("This is no file of CommerceML: its root is another one."),
    Unreadable.ENTITIES: _l("Line %(line)s declares entities or a document type: such files are not read."),
    Unreadable.XML: _l("Line %(line)s of the XML cannot be understood: the file is cut or damaged."),
    Unreadable.ARCHIVE: _l("The archive is cut or damaged. Send it again."),
    Unreadable.MEMBER: _l("The archive has no such file in it."),
    Unreadable.SIZE: _l("The file is larger than %(limit)s MB. Divide it into several."),
    Unreadable.UNPACKED: _l("What the file holds is larger than %(limit)s MB. Divide it."),
    Unreadable.RATIO: _l("The workbook is packed more than %(limit)s times: that is no table. Save it anew or as CSV."),
    Unreadable.COLUMNS: _l("The table has more than %(limit)s columns."),
    Unreadable.CELLS: _l(
        "The sheet has more than %(limit)s cells from its first to its last. "
        "Delete what stands far away from the table, or save it as CSV."
    ),
    Unreadable.CELL: _l("A cell is longer than %(limit)s characters."),
    Unreadable.MEMORY: _l("The file takes more than %(limit)s MB of memory to be read. Divide it or save it as CSV."),
    Unreadable.TIME: _l("The file takes more than %(limit)s seconds to be read. Divide it or save it as CSV."),
}
PASSED: dict[Passed, LazyString] = {
    Passed.DELETED: _l("“%(what)s” is deleted in 1C: here it is left as it is."),
    Passed.CANCELLED: _l("Order %(what)s is cancelled in 1C: close it here if that is meant."),
    Passed.EMPTY: _l("Order %(what)s has no lines: it is left out."),
    Passed.OTHER_KIND: _l("“%(what)s” is no document of a buyer: it is left out."),
    Passed.CURRENCY: _l("“%(what)s” is in another currency: it is left out."),
    Passed.UNPOSTED: _l("“%(what)s” is deleted or not posted in 1C: it is left out; reverse it here if it stands."),
}
IN_MEGABYTES = {Unreadable.SIZE, Unreadable.UNPACKED, Unreadable.MEMORY}


@dataclass(frozen=True)
class Place:
    """Where in the file the table is, as the user chose it; what is not chosen is found."""

    sheet: str = ""
    line: int = 0
    member: str = ""  # the file of an archive of CommerceML


@contextmanager
def opened(
    source: Path | bytes | BinaryIO,
    known: Collection[str] = (),
    place: Place | None = None,
    limits: Limits = LIMITS,
    *,
    reader: str = "table",
) -> Iterator[Table]:
    """The table in the file; one that is none, or costs too much, is refused with a sentence."""
    place = place or Place()
    try:
        asked = {"known": sorted(known), "sheet": place.sheet, "line": place.line}
        with gate.opened(source, reader, limits, **asked) as parts:
            yield assembled(parts)
    except BadTable as bad:
        raise Refused(sentence(bad), field="file") from None


@contextmanager
def opened_sheets(source: Path | bytes, place: Place | None = None, *, reader: str) -> Iterator[Sheets]:
    """All tables of a file that holds several, read at once."""
    try:
        member = place.member if place else ""
        with gate.opened(source, reader, LIMITS, member=member, currency=currency_code()) as parts:
            sheets = Sheets.of(parts)
    except BadTable as bad:
        raise Refused(sentence(bad), field="file") from None
    with sheets:
        yield sheets


def sentence(bad: BadTable) -> str:
    limit = (bad.limit or 0) // MEGABYTE if bad.reason in IN_MEGABYTES else bad.limit
    return str(UNREADABLE[bad.reason]) % {"line": bad.line, "limit": limit}
