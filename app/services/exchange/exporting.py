"""The import tables out again: what is exported can be imported, and changes nothing then."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, cast

import xlsxwriter
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app.domain.words import InfoType
from app.errors import Refused
from app.models.captions import caption
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson
from app.models.suppliers import SupplierItem, SupplierPrice
from app.services.exchange.fields import Field, Type
from app.services.exchange.kinds import Kind

BATCH = 2000  # rows in memory
SHEET_ROWS = 1_048_576  # of a workbook


@dataclass(frozen=True)
class Spelling:
    """How a CSV file is written."""

    delimiter: str = ","
    encoding: str = "utf-8"
    comma: bool = False  # before the fraction
    captions: bool = False  # headers and words in the reader's language instead of names and values


PLAIN = Spelling()  # for programs
OFFICE = Spelling(";", "utf-8-sig", comma=True, captions=True)  # what a Russian Excel opens by a double click


def export_query(kind: Kind) -> Select[Any]:
    """All rows of the kind, in the order of their keys, one column for every field."""
    query: Any = select()
    joins: list[tuple[Any, Any]] = []
    for field in kind.fields:
        if field.type is Type.REFERENCE:
            assert field.key is not None
            other = field.key.class_  # no alias: the row rules speak of the class itself
            joins.append((other, other.id == field.attribute))
            value = full_name(other) if field.key is ContactPerson.name_sort else field.key
        elif field.type is Type.INFO:
            value = information(kind, field)
        elif field.aside:
            value = supplier_code()
        else:
            value = field.attribute
        query = query.add_columns(value.label(field.name))
    model: Any = kind.model
    query = query.select_from(model)
    if kind.line is not None:
        line: Any = kind.line
        query = query.join(line, kind.parent == model.id).order_by(model.id, line.position)
    else:
        query = query.order_by(model.id)
    for other, condition in joins:
        query = query.outerjoin(other, condition)
    if model is Contact:  # a prospect has no code to be recognised by
        query = query.where(Contact.counterparty_id.is_not(None))
    return cast(Select[Any], query)


def supplier_code() -> ColumnElement[Any]:
    mine = (SupplierItem.counterparty_id == SupplierPrice.counterparty_id) & (
        SupplierItem.item_id == SupplierPrice.item_id
    )
    return select(SupplierItem.code).where(mine).correlate(SupplierPrice).scalar_subquery()


def full_name(person: Any) -> ColumnElement[Any]:
    return func.btrim(
        func.coalesce(person.last_name, "")
        + " "
        + func.coalesce(person.first_name, "")
        + " "
        + func.coalesce(person.middle_name, "")
    )


def information(kind: Kind, field: Field) -> ColumnElement[Any]:
    """The contact information of one type in one cell; of addresses the first, as the extension of the first phone."""
    model: Any = kind.model
    of_owner = ContactInfo.person_id if model is ContactPerson else ContactInfo.counterparty_id
    place = func.row_number().over(order_by=(ContactInfoKind.position, ContactInfo.id))
    mine = (
        select(ContactInfo.value, ContactInfo.extension, place.label("place"))
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(of_owner == model.id, ContactInfoKind.type == field.info)
        .correlate(model)
    )
    if model is not ContactPerson:
        mine = mine.where(ContactInfo.person_id.is_(None))
    rows = mine.subquery()
    if field.extension or field.info is InfoType.ADDRESS:
        first = select(rows.c.extension if field.extension else rows.c.value).where(rows.c.place == 1)
        return first.scalar_subquery()
    # A phone's extension stands in the text, unless it does already or has a column of its own.
    apart = rows.c.extension != ""
    if model is ContactPerson:
        apart = apart & (rows.c.place > 1)
    written = rows.c.value.contains(rows.c.extension, autoescape=False)
    value = case((apart & ~written, rows.c.value + " доб. " + rows.c.extension), else_=rows.c.value)
    return select(func.string_agg(value, aggregate_order_by(literal("; "), rows.c.place))).scalar_subquery()


def export_rows(session: Session, kind: Kind, spelling: Spelling) -> Iterator[list[Any]]:
    """The header, then every row that the viewer sees; a few rows are in memory at a time."""
    yield [str(field.caption) if spelling.captions else field.name for field in kind.fields]
    choices = {
        field.name: {member: caption(member) for member in field.sql_type.enum_class}
        for field in kind.fields
        if field.type is Type.CHOICE
    }
    result = session.execute(export_query(kind), execution_options={"yield_per": BATCH})
    for row in result:
        yield [
            choices[field.name][value] if spelling.captions and field.type is Type.CHOICE else value
            for field, value in zip(kind.fields, row, strict=True)
        ]


def csv_blocks(session: Session, kind: Kind, spelling: Spelling = PLAIN) -> Iterator[tuple[int, bytes]]:
    """The table as blocks of a CSV file, each with the number of its rows; the header is the first row."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=spelling.delimiter, lineterminator="\r\n")
    encoding = spelling.encoding
    number = 0
    for number, row in enumerate(export_rows(session, kind, spelling), 1):
        writer.writerow([csv_text(value, spelling) for value in row])
        if number % BATCH == 0:
            yield BATCH, buffer.getvalue().encode(encoding)
            encoding = "utf-8"  # only the first block begins with a byte order mark
            buffer.seek(0)
            buffer.truncate()
    yield number % BATCH, buffer.getvalue().encode(encoding)


def csv_text(value: Any, spelling: Spelling) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return ("да" if value else "нет") if spelling.captions else str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",") if spelling.comma else f"{value:f}"
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y %H:%M:%S}" if spelling.captions else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}" if spelling.captions else value.isoformat()
    return value.value if isinstance(value, StrEnum) else str(value)


def write_xlsx(session: Session, kind: Kind, target: Path | IO[bytes], *, captions: bool = False) -> int:
    """The table as a workbook: numbers are numbers, dates are dates; gives the number of rows."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    rows = 0
    with xlsxwriter.Workbook(target if not isinstance(target, Path) else str(target), options) as book:
        sheet = book.add_worksheet(str(kind.caption)[:31])
        bold = book.add_format({"bold": True})
        formats = {
            Type.DATE: book.add_format({"num_format": "dd.mm.yyyy"}),
            Type.MOMENT: book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"}),
        }
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(kind.fields) - 1, 18)
        for rows, row in enumerate(export_rows(session, kind, Spelling(captions=captions))):
            if rows >= SHEET_ROWS:
                raise Refused(_("A workbook holds at most 1,048,576 rows. Take a CSV file."))
            for column, (field, value) in enumerate(zip(kind.fields, row, strict=True)):
                if rows and value is not None:
                    write_cell(sheet, rows, column, value, formats.get(field.type))
                elif not rows:
                    sheet.write_string(0, column, value, bold)
    return rows


def write_cell(sheet: Any, row: int, column: int, value: Any, cell_format: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, Decimal):
        sheet.write_number(row, column, float(value))
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value.replace(tzinfo=None), cell_format)  # local: the session's time zone
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, cell_format)
    else:
        sheet.write_string(row, column, value.value if isinstance(value, StrEnum) else str(value))
