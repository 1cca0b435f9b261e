"""The import tables out again: what is exported can be imported, and changes nothing then."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, cast

import xlsxwriter
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from app.domain.formats.csv_file import ESCAPED, harmless
from app.domain.formats.writing import OPTIONS, SHEET_ROWS, exact, write_cell
from app.domain.words import InfoType
from app.errors import Refused
from app.models.base import Reversible
from app.models.captions import caption
from app.models.contacts import Contact, ContactParticipant
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty, CounterpartyName
from app.services.exchange.fields import (
    ChoiceField,
    ExtensionField,
    Field,
    InfoField,
    ReferenceField,
    ValueField,
)
from app.services.exchange.staging import ImportTable

BATCH = 2000  # rows in memory
LONG = 5_000  # rows that make an export the work of a worker


@dataclass(frozen=True)
class Spelling:
    """How a CSV file is written."""

    delimiter: str = ","
    encoding: str = "utf-8"
    comma: bool = False  # before the fraction
    captions: bool = False  # headers and words in the reader's language instead of names and values


PLAIN = Spelling()  # for programs
OFFICE = Spelling(";", "utf-8-sig", comma=True, captions=True)  # what a Russian Excel opens by a double click


def export_query(table: ImportTable) -> Select[Any]:
    """All rows of the kind, in the order of their keys, one column for every field."""
    query: Any = select()
    joins: list[tuple[Any, Any]] = []
    for field in table.exported:
        value: Any
        if not isinstance(field, ValueField):
            value = information(table, field)
        elif isinstance(field, ReferenceField):
            other = field.key.class_
            if any(other is known for known, _condition in joins):  # an author and an executor are both users
                other = aliased(other)
            joins.append((other, other.id == field.attribute))
            value = field.spelled(other) if field.spelled else getattr(other, field.key.key)
            if other is Counterparty:  # of a document that is seen for itself its code is no secret
                joins[-1] = (CounterpartyName, CounterpartyName.id == field.attribute)
                value = getattr(CounterpartyName, field.key.key)
        else:
            value = field.exported
        query = query.add_columns(value.label(field.name))
    model: Any = table.model
    query = query.select_from(model)
    if table.line is not None:
        line: Any = table.line
        query = query.join(line, table.parent == model.id).order_by(model.id, line.position)
    else:
        query = query.order_by(model.id)
    for other, condition in joins:
        query = query.outerjoin(other, condition)
    if issubclass(model, Reversible):  # a file of what was reversed would bring it in again elsewhere
        query = query.where(model.stands())
    if model is ContactParticipant:  # neither a prospect nor a person whom the reader does not see has a name here
        query = query.where(
            Contact.counterparty_id.is_not(None), or_(ContactPerson.id.is_not(None), model.user_id.is_not(None))
        )
    return cast(Select[Any], query)


def information(table: ImportTable, field: Field) -> ColumnElement[Any]:
    """The contact information of one type in one cell; of addresses the first, as the extension of the first phone."""
    model: Any = table.model
    of_type = field.type if isinstance(field, InfoField) else InfoType.PHONE
    of_owner = ContactInfo.person_id if model is ContactPerson else ContactInfo.counterparty_id
    place = func.row_number().over(order_by=(ContactInfoKind.position, ContactInfo.id))
    mine = (
        select(ContactInfo.value, ContactInfo.extension, place.label("place"))
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(of_owner == model.id, ContactInfoKind.type == of_type)
        .correlate(model)
    )
    if model is not ContactPerson:
        mine = mine.where(ContactInfo.person_id.is_(None))
    rows = mine.subquery()
    if of_type is InfoType.ADDRESS or isinstance(field, ExtensionField):
        first = select(rows.c.extension if isinstance(field, ExtensionField) else rows.c.value).where(rows.c.place == 1)
        return first.scalar_subquery()
    # A phone's extension stands in the text, unless it does already or has a column of its own.
    apart = rows.c.extension != ""
    if model is ContactPerson:
        apart = apart & (rows.c.place > 1)
    written = rows.c.value.contains(rows.c.extension, autoescape=False)
    value = case((apart & ~written, rows.c.value + " доб. " + rows.c.extension), else_=rows.c.value)
    return select(func.string_agg(value, aggregate_order_by(literal("; "), rows.c.place))).scalar_subquery()


def export_rows(session: Session, table: ImportTable, spelling: Spelling) -> Iterator[list[Any]]:
    """The header, then every row that the viewer sees; a few rows are in memory at a time."""
    yield [str(field.caption) if spelling.captions else field.name for field in table.exported]
    choices = {
        field.name: {None: None} | {member: caption(member) for member in field.sql_type.enum_class}
        for field in table.exported
        if isinstance(field, ChoiceField)
    }
    result = session.execute(export_query(table), execution_options={"yield_per": BATCH})
    for row in result:
        yield [
            choices[field.name][value] if spelling.captions and field.name in choices and value is not None else value
            for field, value in zip(table.exported, row, strict=True)
        ]


def csv_blocks(session: Session, table: ImportTable, spelling: Spelling = PLAIN) -> Iterator[tuple[int, bytes]]:
    """The table as blocks of a CSV file, each with the number of its rows; the header is the first row."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=spelling.delimiter, lineterminator="\r\n")
    encoding = spelling.encoding
    flags = {True: _("yes"), False: _("no")} if spelling.captions else {True: "1", False: "0"}
    number = 0
    for number, row in enumerate(export_rows(session, table, spelling), 1):
        writer.writerow([csv_text(value, spelling, flags) for value in row])
        if number % BATCH == 0:
            yield BATCH, buffer.getvalue().encode(encoding)
            encoding = "utf-8"  # only the first block begins with a byte order mark
            buffer.seek(0)
            buffer.truncate()
    yield number % BATCH, buffer.getvalue().encode(encoding)


def csv_text(value: Any, spelling: Spelling, flags: Mapping[bool, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return flags[value]
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",") if spelling.comma else f"{value:f}"
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y %H:%M:%S}" if spelling.captions else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}" if spelling.captions else value.isoformat()
    told = value.value if isinstance(value, StrEnum) else str(value)
    if spelling.captions:
        return harmless(told)
    return "'" + told if ESCAPED.match(told) else told  # a text that the import would take an apostrophe off


def write_xlsx(
    session: Session,
    table: ImportTable,
    target: Path | IO[bytes],
    *,
    captions: bool = False,
    done: Callable[[int], None] | None = None,
) -> int:
    """The table as a workbook: numbers are numbers, dates are dates; returns the number of rows."""
    rows = 0
    with xlsxwriter.Workbook(target if not isinstance(target, Path) else str(target), OPTIONS) as book:
        sheet = book.add_worksheet(str(table.caption)[:31])
        bold = book.add_format({"bold": True})
        styles = {
            date: book.add_format({"num_format": "dd.mm.yyyy"}),
            datetime: book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"}),
        }
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.exported) - 1, 18)
        for rows, row in enumerate(export_rows(session, table, Spelling(captions=captions))):
            if rows >= SHEET_ROWS:
                raise Refused(_("A workbook holds at most 1,048,576 rows. Take a CSV file."))
            if done:
                done(rows)
            for column, value in enumerate(row):
                if rows and value is not None:
                    write_cell(sheet, rows, column, exact(value), styles.get(type(value)))
                elif not rows:
                    sheet.write_string(0, column, value, bold)
    return rows


def count_rows(session: Session, table: ImportTable) -> int:
    """How many rows the viewer's file has; of cards or for 1C, which have no columns, as many as their tables."""
    queries = [export_query(table)] if table.exported else [select(t.model.id) for t in table.parts.values() or [table]]
    return sum(session.scalars(select(func.count()).select_from(each.subquery())).one() for each in queries)


def is_long(session: Session, table: ImportTable) -> bool:
    """There are so many rows, of the whole company, that a worker should write them."""

    def many(of: ImportTable) -> int:
        model: Any = of.line or of.model
        some = select(model.id).limit(LONG + 1).subquery()
        return session.scalar(select(func.count()).select_from(some), execution_options={"unscoped": True}) or 0

    return any(many(each) > LONG for each in table.parts.values() or [table])
