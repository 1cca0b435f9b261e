"""From the file into the staging: every value is read and checked by itself; rows stream, nothing is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain import phones
from app.domain.formats.table import Table as FileTable
from app.domain.formats.values import BadValue, Wrong
from app.domain.words import InfoType
from app.services.exchange.fields import Field, InfoField, Parser, Unfit, ValueField
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
SEVERAL = re.compile(r"[;\n]+")
VALUE_LENGTH, EXTENSION_LENGTH = 500, 20


def load(
    staging: Staging, table: FileTable, columns: dict[Field, int], report: ImportReport, progress: Progress
) -> None:
    """Copy every right row into the staging and report the wrong ones; `progress` counts lines."""
    plain = [(field, at, field.parser()) for field, at in columns.items() if isinstance(field, ValueField)]
    infos = [(field, at) for field, at in columns.items() if not isinstance(field, ValueField)]
    names = ["line", *(field.name for field, *_rest in plain), "infos"]
    columns_sql = ", ".join(f'"{name}"' for name in names)
    cursor = staging.connection.connection.cursor()
    with cursor.copy(f"COPY {staging.lines.name} ({columns_sql}) FROM STDIN") as copy:
        for line, cells in table.rows:
            report.lines += 1
            if report.lines % REPORT_EVERY == 0:
                progress(report.lines, max(table.about, report.lines))
            before = report.wrong_count
            if any(cells[len(table.header) :]):
                report.error(line, "", _("The line has more values than there are columns."))
            values = list(_values(line, cells, plain, report))
            information = _information(line, cells, infos, report)
            if report.wrong_count == before:
                copy.write_row((line, *values, json.dumps(information) if information else None))
                for rule in staging.table.line_rules:
                    rule(line, dict(zip(names[1:], values, strict=False)), report)


def _values(
    line: int, cells: list[str], plain: list[tuple[ValueField, int, Parser]], report: ImportReport
) -> Iterator[Any]:
    for field, position, parse in plain:
        text = cells[position] if position < len(cells) else ""
        value = None
        if text:
            try:
                value = parse(text)
            except BadValue as bad:
                report.error(line, field.name, str(SENTENCES[bad.expected]) % {"value": text[:50]})
            except Unfit as unfit:
                report.error(line, field.name, str(unfit))
        elif field.required:
            report.error(line, field.name, _("The value is missing."))
        yield value


def _information(
    line: int, cells: list[str], infos: list[tuple[Field, int]], report: ImportReport
) -> list[dict[str, str]]:
    """The contact information of one line; several phones, e-mails or pages stand in one cell with a ; between."""
    found: list[dict[str, str]] = []
    extension = ""
    for field, position in infos:
        text = cells[position] if position < len(cells) else ""
        if not isinstance(field, InfoField):
            extension = text
            continue
        parts = [" ".join(text.split())] if field.type is InfoType.ADDRESS else SEVERAL.split(text)
        for part in filter(None, (part.strip() for part in parts)):
            if len(part) > VALUE_LENGTH or "\0" in part:
                report.error(
                    line, field.name, _("The text is longer than %(longest)s characters.", longest=VALUE_LENGTH)
                )
                continue
            found.append(information_of(field.type, part))
    return with_extension(line, found, extension, report)


def information_of(kind: InfoType, value: str) -> dict[str, str]:
    row = {"type": kind.value, "value": value, "extension": "", "phone": "", "tail": ""}
    phone = phones.parse(value) if kind is InfoType.PHONE else None
    if phone:
        row |= {"extension": phone.extension, "phone": phone.e164, "tail": phone.tail}
    return row


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
        first = information_of(InfoType.PHONE, f"доб. {extension}")
        found.append(first)
    first["extension"] = first["extension"] or extension
    return found
