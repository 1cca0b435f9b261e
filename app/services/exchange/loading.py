"""From the file into the staging: every value is read and checked by itself; rows stream, nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain import phones, ways
from app.domain.formats.table import Table as FileTable
from app.domain.formats.values import BadValue, TooFine, Wrong
from app.domain.ways import Reached
from app.domain.words import InfoType
from app.services.exchange.columns import Columns
from app.services.exchange.fields import ExtensionField, InfoField, Unfit, ValueField, WordsField
from app.services.exchange.left_out import LeftOut
from app.services.exchange.report import ImportReport
from app.services.exchange.staging import Staging
from app.services.jobs import Progress

SENTENCES: dict[Wrong, LazyString] = {
    Wrong.DATE: _l("“%(value)s” is not a date: 2026-11-23 or 23.11.2026 is expected."),
    Wrong.YEAR: _l("“%(value)s”: a year from 1900 to 2199 is expected."),
    Wrong.MOMENT: _l("“%(value)s” is not a date and time: 2026-11-23 10:30 or 23.11.2026 10:30 is expected."),
    Wrong.NUMBER: _l("“%(value)s” is not a number."),
    Wrong.BIG: _l("The number %(value)s is too big."),
    Wrong.FLAG: _l("“%(value)s” is neither yes nor no."),
    Wrong.CHOICE: _l("“%(value)s” is not one of the known values."),
}
REPORT_EVERY = 1000  # lines between two reports of progress
VALUE_LENGTH, EXTENSION_LENGTH, COMMENT_LENGTH = 500, 20, 200


def load(
    staging: Staging,
    table: FileTable,
    columns: Columns,
    report: ImportReport,
    left_out: LeftOut,
    progress: Progress,
) -> None:
    """Copy every right row into the staging and report the wrong ones; `progress` counts lines."""
    reader = LineReader(columns, report)
    names = ["line", *reader.names, "infos"]
    columns_sql = ", ".join(f'"{name}"' for name in names)
    cursor = staging.connection.connection.cursor()
    with cursor.copy(f"COPY {staging.lines.name} ({columns_sql}) FROM STDIN") as copy:
        for line, cells in table.rows:
            report.lines += 1
            if report.lines % REPORT_EVERY == 0:
                progress(report.lines, max(table.about, report.lines))
            if left_out.takes(line, cells):
                continue
            before = report.wrong_count
            if any(cells[len(table.header) :]):
                report.error(line, "", _("The line has more values than there are columns."))
            values = reader.values(line, cells)
            information = reader.information(line, cells)
            if report.wrong_count == before:
                for rule in staging.table.line_rules:
                    rule(line, values, report)
                copy.write_row((line, *values.values(), json.dumps(information) if information else None))


class LineReader:
    """Reads the cells of a line, field by field, and reports what cannot be read."""

    def __init__(self, columns: Columns, report: ImportReport) -> None:
        self.report = report
        self.words = [(field, places) for field, places in columns.items() if isinstance(field, WordsField)]
        plain = {field: places for field, places in columns.items() if isinstance(field, ValueField)}
        split = {name: "" for field, _places in self.words for name in field.into}
        self.plain = [(field, places, field.parser()) for field, places in plain.items()]
        self.split = [name for name in split if name not in {field.name for field in plain}]
        self.infos = [(field, places) for field, places in columns.items() if isinstance(field, InfoField)]
        self.extensions = [places for field, places in columns.items() if isinstance(field, ExtensionField)]
        self.names = [field.name for field in plain] + self.split

    def values(self, line: int, cells: list[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        width = len(cells)
        for field, places, parse in self.plain:
            single = len(places) == 1  # nearly always: a million lines are read so
            text = (cells[places[0]] if places[0] < width else "") if single else text_of(cells, places)
            value = None
            if text:
                try:
                    value = parse(text)
                except TooFine as fine:
                    value = fine.rounded
                    self.report.warn(line, field.name, too_fine(text, fine))
                except BadValue as bad:
                    self.report.error(line, field.name, str(SENTENCES[bad.expected]) % {"value": text[:50]})
                except Unfit as unfit:
                    self.report.error(line, field.name, str(unfit))
            elif field.required and field.name not in self.split:
                self.report.error(line, field.name, _("The value is missing."))
            found[field.name] = value
        for parted, places in self.words:
            words = text_of(cells, places).split(None, len(parted.into) - 1)
            if not words:
                self.report.error(line, parted.name, _("The value is missing."))
            for place, name in enumerate(parted.into):
                if name in self.split:
                    found[name] = words[place][:100] if place < len(words) else None
        return found

    def information(self, line: int, cells: list[str]) -> list[dict[str, str]]:
        """The contact information of one line: every phone, e-mail and page of every cell."""
        found: list[dict[str, str]] = []
        for field, places in self.infos:
            for place in places:
                if text := text_of(cells, [place]):
                    found += self.parts(line, field, text)
        extension = text_of(cells, self.extensions[0]) if self.extensions else ""
        return with_extension(line, found, extension, self.report)

    def parts(self, line: int, field: InfoField, text: str) -> Iterator[dict[str, str]]:
        for part in ways.several(field.type, text):
            if len(part.value) > VALUE_LENGTH or "\0" in part.value:
                told = _("The text is longer than %(longest)s characters.", longest=VALUE_LENGTH)
                self.report.error(line, field.name, told)
                continue
            if not part.sound:
                self.report.warn(line, field.name, doubt(field.type, part.value))
            yield information_of(field.type, part)


def text_of(cells: list[str], places: Sequence[int]) -> str:
    """The cell, or several cells as one text."""
    return " ".join(cells[place] for place in places if place < len(cells) and cells[place])


def too_fine(text: str, fine: TooFine) -> str:
    return str(
        _(
            "“%(value)s” has more than %(places)s digits after the point: %(rounded)s is taken.",
            value=text[:50],
            places=fine.places,
            rounded=f"{fine.rounded:f}",
        )
    )


def doubt(kind: InfoType, value: str) -> str:
    if kind is InfoType.PHONE:
        return str(_("“%(value)s” is no phone.", value=value[:50]))
    return str(_("“%(value)s” is no e-mail address.", value=value[:50]))


def information_of(kind: InfoType, part: Reached) -> dict[str, str]:
    phone = part.phone
    return {
        "type": kind.value,
        "value": part.value,
        "comment": part.comment[:COMMENT_LENGTH],
        "extension": phone.extension if phone else "",
        "phone": phone.e164 if phone else "",
        "tail": phone.tail if phone else "",
    }


def with_extension(
    line: int, found: list[dict[str, str]], extension: str, report: ImportReport
) -> list[dict[str, str]]:
    """The extension of a column of its own belongs to the first phone; without a phone it stands alone."""
    if not extension:
        return found
    if len(extension) > EXTENSION_LENGTH:
        report.error(line, "extension", _("The text is longer than %(longest)s characters.", longest=EXTENSION_LENGTH))
        return found
    first = next((row for row in found if row["type"] == InfoType.PHONE), None)
    if first is None:
        text = f"доб. {extension}"
        first = information_of(InfoType.PHONE, Reached(text, phones.parse(text)))
        found.append(first)
    first["extension"] = first["extension"] or extension
    return found
