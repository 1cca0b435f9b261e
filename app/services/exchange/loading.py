"""From the file into the stage: every value is read and checked by itself; rows stream, nothing is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain import phones, requisites
from app.domain.formats.table import Table
from app.domain.formats.values import (
    BadValue,
    Wrong,
    parse_choice,
    parse_date,
    parse_decimal,
    parse_flag,
    parse_moment,
)
from app.domain.words import CounterpartyKind, InfoType
from app.models.captions import requisite_message
from app.services.exchange.fields import Bound, Field, Type
from app.services.exchange.report import Report
from app.services.exchange.stage import Stage
from app.services.jobs import Progress

SENTENCES: dict[Wrong, LazyString] = {
    Wrong.DATE: _l("“%(value)s” is not a date: 2026-11-23 or 23.11.2026 is expected."),
    Wrong.MOMENT: _l("“%(value)s” is not a date and time: 2026-11-23 10:30 or 23.11.2026 10:30 is expected."),
    Wrong.NUMBER: _l("“%(value)s” is not a number."),
    Wrong.BIG: _l("The number %(value)s is too big."),
    Wrong.FLAG: _l("“%(value)s” is neither yes nor no."),
    Wrong.CHOICE: _l("“%(value)s” is not one of the known values."),
}
BOUNDS: dict[Bound, LazyString] = {
    Bound.NOT_NEGATIVE: _l("%(value)s: a negative number is not possible here."),
    Bound.POSITIVE: _l("%(value)s: a number above zero is expected."),
    Bound.NOT_ZERO: _l("Zero is not possible here."),
}
REPORT_EVERY = 1000  # lines between two reports of progress
SEVERAL = re.compile(r"[;\n]+")
VALUE_LENGTH, EXTENSION_LENGTH = 500, 20

Parser = Callable[[str], Any]


class Unfit(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """A value of the right type that the column cannot hold; the text is a sentence."""


def load(stage: Stage, table: Table, columns: dict[Field, int], report: Report, progress: Progress) -> None:
    """Copy every right row into the stage and report the wrong ones; `progress` counts lines."""
    plain = [(field, position, parser_of(field)) for field, position in columns.items() if field.type is not Type.INFO]
    infos = [(field, position) for field, position in columns.items() if field.type is Type.INFO]
    names = ["line", *(field.name for field, *_rest in plain), "infos"]
    columns_sql = ", ".join(f'"{name}"' for name in names)
    cursor = stage.connection.connection.cursor()
    with cursor.copy(f"COPY {stage.lines.name} ({columns_sql}) FROM STDIN") as copy:
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
                check_requisites(line, dict(zip(names[1:], values, strict=False)), report)


def _values(line: int, cells: list[str], plain: list[tuple[Field, int, Parser]], report: Report) -> Iterator[Any]:
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


def parser_of(field: Field) -> Parser:
    """What reads one cell of the field; raises BadValue or Unfit."""
    if field.type is Type.DATE:
        return parse_date
    if field.type is Type.MOMENT:
        return parse_moment
    if field.type is Type.FLAG:
        return parse_flag
    if field.type is Type.CHOICE:
        words = field.words()
        return lambda text: parse_choice(text, words)
    if field.type is Type.NUMBER:
        return _number_parser(field)
    return _text_parser(field)


def _number_parser(field: Field) -> Parser:
    places, bound = field.scale, field.bound
    digits = 15 if places else 9  # a whole number is an integer of the base
    most = 100 if field.name == "discount" else None

    def parse(text: str) -> Any:
        number = parse_decimal(text, places, digits)
        if bound and not bound.allows(number):
            raise Unfit(str(BOUNDS[bound]) % {"value": text})
        if most is not None and number > most:
            raise Unfit(_("%(value)s: a discount is at most 100 percent.", value=text))
        return number

    return parse


def _text_parser(field: Field) -> Parser:
    longest = field.longest

    def parse(text: str) -> str:
        if "\0" in text:
            raise Unfit(_("The text has characters that cannot be kept."))
        if longest and len(text) > longest:
            raise Unfit(_("The text is longer than %(longest)s characters.", longest=longest))
        return text

    return parse


def _information(line: int, cells: list[str], infos: list[tuple[Field, int]], report: Report) -> list[dict[str, str]]:
    """The contact information of one line; several phones, e-mails or pages stand in one cell with a ; between."""
    found: list[dict[str, str]] = []
    extension = ""
    for field, position in infos:
        text = cells[position] if position < len(cells) else ""
        if field.extension:
            extension = text
            continue
        assert field.info is not None
        parts = [" ".join(text.split())] if field.info is InfoType.ADDRESS else SEVERAL.split(text)
        for part in filter(None, (part.strip() for part in parts)):
            if len(part) > VALUE_LENGTH or "\0" in part:
                report.error(
                    line, field.name, _("The text is longer than %(longest)s characters.", longest=VALUE_LENGTH)
                )
                continue
            found.append(information_of(field.info, part))
    return with_extension(line, found, extension, report)


def information_of(kind: InfoType, value: str) -> dict[str, str]:
    row = {"type": kind.value, "value": value, "extension": "", "phone": "", "tail": ""}
    phone = phones.parse(value) if kind is InfoType.PHONE else None
    if phone:
        row |= {"extension": phone.extension, "phone": phone.e164, "tail": phone.tail}
    return row


def with_extension(line: int, found: list[dict[str, str]], extension: str, report: Report) -> list[dict[str, str]]:
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


def check_requisites(line: int, values: dict[str, Any], report: Report) -> None:
    """INN, KPP and OGRN that cannot be right are kept with a warning (domain.md 8.3)."""
    inn, kpp, ogrn = (values.get(name) or "" for name in ("inn", "kpp", "ogrn"))
    if not (inn or kpp or ogrn):
        return
    kind = CounterpartyKind(values.get("kind") or CounterpartyKind.COMPANY)
    for problem in requisites.problems(inn=inn, kpp=kpp, ogrn=ogrn, kind=kind):
        report.warn(line, problem.field, requisite_message(problem))
