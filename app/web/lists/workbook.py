"""A list as a workbook: the columns, the rows and the order that the reader has before him, in real types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import IO, Any

import xlsxwriter
from flask_appbuilder import Model
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.formats.writing import MIME, OPTIONS, exact, write_cell
from app.domain.own_fields import PREFIX
from app.models.captions import caption
from app.models.jobs import Job, StoredFile
from app.queries.sql import one_of
from app.services.jobs import Outcome, Progress, Run
from app.web.display import NOTHING, display
from app.web.lists.chosen import ChosenRows, screen_named
from reports.work import spool

LONG = 2_000  # rows that make a workbook the work of a worker
BATCH = 1_000  # rows in memory
WIDTHS = {"num": 16, "whole": 18, "name": 32, "text": 28}  # letters


def list_workbook_job(session: Session, job: Job, run: Run) -> Outcome:
    """The workbook of the screen that `params` name as their `view`; `name` is that of the file."""
    with spool() as out:
        rows = screen_named(job.params["view"]).write_workbook(session, job, out, run)
        file = StoredFile.written(job.params["name"], MIME, out)
    return Outcome({"rows": rows}, output=file)


def write_list(
    session: Session,
    chosen: ChosenRows,
    columns: Sequence[str],
    title: str,
    out: IO[bytes],
    progress: Progress,
) -> int:
    """Gives how many rows there are."""
    view, numbers = chosen.screen, chosen.numbers(session)
    heads = [(view.label_of(name), view.kind_of_column(name) or "text") for name in columns]
    rows = (
        [
            cell_value(exact(row[name]) if name.startswith(PREFIX) else row[name], view.excel_of(name))
            for name in columns
        ]
        for row in _rows(session, chosen, numbers, columns)
    )
    return write_sheet(title, heads, rows, out, lambda done: progress(done, len(numbers)))


def write_sheet(
    title: str,
    heads: Sequence[tuple[Any, str]],
    rows: Iterable[Sequence[Any]],
    out: IO[bytes],
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """One sheet; a head is a label and a kind of WIDTHS, None an empty cell. Gives how many rows there are."""
    done = 0
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\")[:31])
        bold = book.add_format({"bold": True})
        styles = {date: book.add_format({"num_format": "dd.mm.yyyy"})}
        styles[datetime] = book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        sheet.freeze_panes(1, 0)
        for place, (label, kind) in enumerate(heads):
            sheet.set_column(place, place, WIDTHS[kind])
            sheet.write_string(0, place, str(label), bold)
        for done, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                if value is not None:
                    write_cell(sheet, done, place, value, styles.get(type(value)))
            progress(done)
        if done:
            sheet.autofilter(0, 0, done, len(heads) - 1)
    return done


def _rows(
    session: Session, chosen: ChosenRows, numbers: Sequence[int], columns: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    view = chosen.screen
    model = view.datamodel.obj
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        statement = select(model).where(one_of(model.id, some)).options(*view.datamodel.list_options)
        items = {item.id: item for item in session.scalars(statement).unique()}
        yield from view.values_of([items[number] for number in some if number in items], columns, session)


def cell_value(value: Any, made: Callable[[Any], Any] | None) -> Any:
    """The value as a cell of a workbook keeps it; texts as people read them."""
    if made is not None:
        value = made(value)
    if isinstance(value, tuple):
        value = value[0]
    match value:
        case None | "":
            return None
        case datetime():
            return value.astimezone(clock.zone()).replace(tzinfo=None)
        case StrEnum():
            return caption(value)
        case Model():
            return str(value)
        case Markup():
            return " ".join(value.striptags().replace("\u00a0", " ").split())
        case list():
            return ", ".join(str(display(each)) for each in value)
        case str() if value == NOTHING:
            return None
    return value
