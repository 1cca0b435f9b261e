"""From the file into the staging: every value is read and checked by itself; rows stream, nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain import phones, ways
from app.domain.formats.table import Table as FileTable
from app.domain.formats.values import BadValue, TooFine, Wrong, spreadsheet_error
from app.domain.ways import Reached
from app.domain.words import InfoType
from app.services.exchange.columns import Columns
from app.services.exchange.fields import (
    BroughtField,
    DayField,
    ExtensionField,
    InfoField,
    Parser,
    Unfit,
    ValueField,
    WordsField,
)
from app.services.exchange.left_out import LeftOut
from app.services.exchange.report import MOST_LISTED, ImportReport
from app.services.exchange.staging import Brings, ImportTable, Staging, brought_column
from app.services.jobs import Progress

SENTENCES: dict[Wrong, LazyString] = {
    Wrong.DATE: _l("“%(value)s” is not a date: 2026-11-23 or 23.11.2026 is expected."),
    Wrong.MONTH_FIRST: _l(
        "“%(value)s”: the month stands before the day. 23.11.2026 or 2026-11-23 is expected; "
        "month first is understood when all dates of the column are so."
    ),
    Wrong.YEAR: _l("“%(value)s”: a year from 1900 to 2199 is expected."),
    Wrong.MOMENT: _l("“%(value)s” is not a date and time: 2026-11-23 10:30 or 23.11.2026 10:30 is expected."),
    Wrong.NUMBER: _l("“%(value)s” is not a number."),
    Wrong.BIG: _l("The number %(value)s is too big."),
    Wrong.FLAG: _l("“%(value)s” is neither yes nor no."),
    Wrong.CHOICE: _l("“%(value)s” is not one of the known values."),
}
NO_DAYS = {Wrong.DATE, Wrong.MONTH_FIRST, Wrong.YEAR, Wrong.MOMENT}
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
    reader = LineReader(staging.table, columns, report, staging.zone, staging.asked.month_first)
    brought = [
        BroughtReader(brings, columns, report, staging.zone)
        for brings in staging.table.brings
        if staging.brings(brings)
    ]
    extra = [each.reference for each in brought if each.reference not in reader.names]
    names = ["line", *reader.names, *extra, *(brought_column(each.reference) for each in brought), "infos"]
    columns_sql = ", ".join(f'"{name}"' for name in names)
    unread: list[dict[str, Any]] = []
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
            others = [json.dumps(each.said(line, cells, values)) for each in brought]
            information = reader.information(line, cells)
            if report.wrong_count == before:
                for rule in staging.table.line_rules:
                    rule(line, values, report)
                infos = json.dumps(information) if information else None
                copy.write_row((line, *values.values(), *others, infos))
            elif len(unread) < MOST_LISTED:
                unread.append({"line": line, **values})
    if unread:
        staging.keep_unread(unread)


class LineReader:
    """Reads the cells of a line, field by field, and reports what cannot be read."""

    def __init__(
        self,
        table: ImportTable,
        columns: Columns,
        report: ImportReport,
        zone: tzinfo,
        month_first: Collection[str] = (),
    ) -> None:
        self.report = report
        self.words = [(field, places) for field, places in columns.items() if isinstance(field, WordsField)]
        plain = {field: places for field, places in columns.items() if isinstance(field, ValueField)}
        split = {name: table.field(name) for field, _places in self.words for name in field.into}
        optional = {field.of for field in columns if isinstance(field, BroughtField)} | {*split}
        self.plain = [
            (field, places, parser_of(field, zone, month_first), field.required and field.name not in optional)
            for field, places in plain.items()
        ]
        given = {field.name for field in plain}
        self.needed = {field.name for field, _places in self.words if getattr(split[field.into[0]], "required", False)}
        self.split = {
            name: field.parser(zone)
            for name, field in split.items()
            if isinstance(field, ValueField) and name not in given
        }
        self.infos = [(field, places) for field, places in columns.items() if isinstance(field, InfoField)]
        self.extensions = [(field, places) for field, places in columns.items() if isinstance(field, ExtensionField)]
        self.names = [field.name for field in plain] + list(self.split)

    def values(self, line: int, cells: list[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        width = len(cells)
        for field, places, parse, needed in self.plain:
            # Nearly always one column: a million lines are read so.
            if len(places) == 1:
                text = cells[places[0]] if places[0] < width else ""
            else:
                text = self.joined(line, field.name, cells, places)
            if text:
                found[field.name] = self.read(line, field.name, text, parse)
            else:
                found[field.name] = None
                if needed:
                    self.report.error(line, field.name, _("The value is missing."))
        for parted, places in self.words:
            text = self.joined(line, parted.name, cells, places)
            words = [word.strip() for word in text.split(parted.by, len(parted.into) - 1)]
            if not any(words) and parted.name in self.needed and line not in self.report.wrong_lines:
                self.report.error(line, parted.name, _("The value is missing."))
            for place, name in enumerate(parted.into):
                if parse_word := self.split.get(name):
                    word = words[place] if place < len(words) else ""
                    found[name] = self.read(line, parted.name, word, parse_word) if word else None
        return found

    def joined(self, line: int, name: str, cells: list[str], places: Sequence[int]) -> str:
        """Several cells as one text; an error among them is reported."""
        for place in places:
            if place < len(cells) and self.is_error(line, name, cells[place]):
                return ""
        return text_of(cells, places)

    def read(self, line: int, name: str, text: str, parse: Parser) -> Any:
        """The value of the cell; None when there is none, which is reported."""
        if text[0] in "#Ee" and self.is_error(line, name, text):
            return None
        try:
            return parse(text)
        except TooFine as fine:
            self.report.warn(line, name, too_fine(text, fine))
            return fine.rounded
        except BadValue as bad:
            if bad.expected in NO_DAYS:
                self.report.no_days.add(name)
            if bad.expected is Wrong.MONTH_FIRST:
                self.report.month_first.setdefault(name, (line, text))
            self.report.error(line, name, str(SENTENCES[bad.expected]) % {"value": text[:50]})
        except Unfit as unfit:
            self.report.error(line, name, str(unfit))
        return None

    def is_error(self, line: int, name: str, text: str) -> bool:
        """Whether a spreadsheet had no value for the cell, which is reported."""
        if not spreadsheet_error(text):
            return False
        told = _("“%(value)s” is an error of the spreadsheet, not a value.", value=text)
        self.report.error(line, name, told)
        return True

    def information(self, line: int, cells: list[str]) -> list[dict[str, str]]:
        """The contact information of one line: every phone, e-mail and page of every cell."""
        found: list[dict[str, str]] = []
        for field, places in self.infos:
            for place in places:
                text = text_of(cells, [place])
                if text and not self.is_error(line, field.name, text):
                    found += self.parts(line, field, text)
        extension = ""
        for own, places in self.extensions:
            extension = text_of(cells, places)
            if self.is_error(line, own.name, extension):
                return found
        return with_extension(line, found, extension, self.report)

    def parts(self, line: int, field: InfoField, text: str) -> Iterator[dict[str, str]]:
        for part in ways.several(field.type, text):
            if len(part.value) > VALUE_LENGTH or "\0" in part.value:
                told = _("The text is longer than %(longest)s characters.", longest=VALUE_LENGTH)
                self.report.error(line, field.name, told)
                continue
            if not part.sound:
                self.report.warn(line, field.name, doubt(field.type, part.value))
            yield information_of(field.type, part, field.called, field.remark)


class BroughtReader:
    """Reads what a line says of a row that it names, and may bring along."""

    def __init__(self, brings: Brings, columns: Columns, report: ImportReport, zone: tzinfo) -> None:
        self.reference, self.report = brings.reference, report
        self.rules = (*brings.line_rules, *brings.table.line_rules)
        fields = {field: places for field, places in columns.items() if isinstance(field, BroughtField)}
        mine = {field: places for field, places in fields.items() if field.of == self.reference}
        self.into = {field.name: field.into.name for field in mine}
        # A line may leave out what a row of its own would need.
        read = {replace(field.into, name=field.name, required=False): places for field, places in mine.items()}
        self.reader = LineReader(brings.table, read, report, zone)

    def said(self, line: int, cells: list[str], values: dict[str, Any]) -> dict[str, Any]:
        """What the row is, as far as the line says it; the reference itself is filled when the line has none."""
        said = {self.into[name]: value for name, value in self.reader.values(line, cells).items()}
        named = bool(said.get("name"))
        word = values.get(self.reference)
        said |= {"code": word, "name": said["name"] if named else word, "named": named}
        for rule in self.rules:
            rule(line, said, self.report)
        values[self.reference] = word = word or said.get("inn") or said["name"]
        if word is None and line not in self.report.wrong_lines:
            self.report.error(line, self.reference, _("The value is missing."))
        return said | {"code": word, "infos": self.reader.information(line, cells)}


def parser_of(field: ValueField, zone: tzinfo, month_first: Collection[str]) -> Parser:
    if field.name in month_first and isinstance(field, DayField):
        return field.month_first_parser(zone)
    return field.parser(zone)


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


def information_of(kind: InfoType, part: Reached, called: str = "", remark: str = "") -> dict[str, str]:
    phone = part.phone
    return {
        "type": kind.value,
        "value": part.value,
        "called": called,
        "comment": (part.comment or remark)[:COMMENT_LENGTH],
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
