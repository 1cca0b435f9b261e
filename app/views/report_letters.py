"""A kept report as a letter: made anew for each recipient with his rights, in his language and time zone."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO
from urllib.parse import urljoin

from flask import current_app, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock
from app.domain.formats.pictures import PNG, bars, png
from app.domain.formats.writing import MIME, book_name
from app.domain.letters.writing import Enclosure
from app.domain.words import ReadingKind, SendingOutcome
from app.errors import Refused
from app.models.captions import caption
from app.models.subscriptions import ReportSubscription
from app.models.users import User, full_name
from app.models.visibility import viewer_of
from app.queries.rights import rights_of
from app.services.access import readings
from app.services.access.readings import Look
from app.services.mail import telling
from app.services.subscriptions import Carried, is_given_up
from app.views.mail.telling import as_reader
from app.web.report_links import report_of, report_url, view_name
from app.web.reports.snapshot import read
from reports.kit.chart import chart_spec
from reports.kit.columns import Row
from reports.kit.kept import KeptTables, tables_of_kept
from reports.kit.report import TableSet
from reports.kit.table import LineKind, ReportTable
from reports.kit.xlsx import to_xlsx
from reports.managers.director import Director

MOST_ROWS, MOST_COLUMNS = 30, 6  # of a letter: what a pane of a mail program holds; the workbook has all
IN_SUBJECT = 2  # figures of the director's report
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LetterTable:
    """As much of a table as is read in a letter."""

    title: str
    note: Sequence[tuple[str, str]]
    heads: Sequence[tuple[str, bool]]  # and whether figures stand there
    rows: Sequence[tuple[bool, Sequence[str]]]  # a head of a group or a total; what is shown
    more: Sequence[str]  # what of it is in the workbook alone
    picture: str = ""  # the name of its chart


def make(session: Session, subscription: ReportSubscription, user: User) -> Carried:
    """The letter to this recipient; whoever owns the subscription is told where there is none."""
    try:
        with session.begin_nested():
            given_up = is_given_up(subscription)
            carried = Carried(SendingOutcome.FAILED) if given_up else _made(session, subscription, user)
    except OperationalError:
        raise  # the base went away: it is made again
    except Refused as refused:
        carried = Carried(SendingOutcome.FAILED)
        log.warning("A report by letter was refused: subscription %s, field %s", subscription.id, refused.field)
    except Exception:
        log.exception("A report by letter failed: subscription %s", subscription.id)
        carried = Carried(SendingOutcome.FAILED)
    if carried.outcome in {SendingOutcome.FAILED, SendingOutcome.NO_RIGHT, SendingOutcome.NO_ADDRESS}:
        with as_reader(session, subscription.user):
            told = _("%(who)s: %(what)s.", who=full_name(user), what=caption(carried.outcome))
            page = absolute(url_for("SubscriptionsView.page"))
            subject = _("A report did not go by letter: %(name)s", name=subscription.view.name)
            telling.tell(session, subscription.user, subject, f"{told}\n\n{page}", now=clock.now())
    return carried


def _made(session: Session, subscription: ReportSubscription, user: User) -> Carried:
    report, view = report_of(subscription.view.list), subscription.view
    if report is None or ("can_read", report.section) not in rights_of(session, user.id):
        return Carried(SendingOutcome.NO_RIGHT)
    with as_reader(session, user):
        today, viewer = clock.today(), viewer_of(session)

        def written(own: Session) -> tuple[KeptTables, bytes] | None:
            own.info["viewer"] = viewer
            found = tables_of_kept(report, own, view.choice, today=today)
            if subscription.skip_empty and not sum(table.count for table in found.tables):
                return None
            book = BytesIO()
            return replace(found, tables=first_rows(found.tables, book)), book.getvalue()

        made = read(written)
        if made is None:
            return Carried(SendingOutcome.EMPTY)
        found, book = made
        name = book_name(view.name, today)
        pictures: list[Enclosure] = []
        tables = [letter_table(table, place, pictures) for place, table in enumerate(found.tables)]
        words = {
            "name": view.name,
            "tables": tables,
            "gone": found.gone,
            "url": absolute(report_url(report.slug, **found.texts)),
            "leave": absolute(url_for("SubscriptionsView.page")),
            "author": full_name(subscription.user),
        }
        letter = telling.tell(
            session,
            user,
            subject_of(report, view.name, found),
            render_template("crm/mail/report.txt", **words),
            now=clock.now(),
            html=render_template("crm/mail/report.html", **words),
            pictures=pictures,
            files=[Enclosure(name, MIME, book)],
        )
        if letter is None:
            return Carried(SendingOutcome.NO_ADDRESS)
        look = Look(user.id, ReadingKind.LETTER, view_name(report.slug), report_url(report.slug))
        readings.note(session, look)
    return Carried(SendingOutcome.SENT, letter)


def first_rows(tables: Sequence[ReportTable], out: BinaryIO) -> list[ReportTable]:
    """Writes all of them as a workbook; returns as much as a letter shows, of the same reading."""
    firsts: list[list[Row]] = [[] for _table in tables]

    def noted(rows: Iterable[Row], first: list[Row]) -> Iterator[Row]:
        for row in rows:
            if len(first) < MOST_ROWS:
                first.append(row)
            yield row

    both = list(zip(tables, firsts, strict=True))
    to_xlsx([replace(table, rows=noted(table.rows, first)) for table, first in both], out)
    return [replace(table, rows=first, hidden=table.length - len(first)) for table, first in both]


def subject_of(report: TableSet, name: str, found: KeptTables) -> str:
    """The name; of the director's report its first figures too."""
    if report.slug != Director.slug:
        return name
    table = found.tables[0]
    by_name = {column.name: column for column in table.shape.columns}
    rows = list(table.rows)[:IN_SUBJECT]
    figures = [f"{row['indicator']} {by_name['value'].show(row['value'])} {row['unit']}".strip() for row in rows]
    return ": ".join([name, ", ".join(figures)]) if figures else name


def letter_table(table: ReportTable, place: int, pictures: list[Enclosure]) -> LetterTable:
    """Its chart is put among the pictures."""
    columns, aside = table.printed[:MOST_COLUMNS], table.printed[MOST_COLUMNS:]
    rows, more = [], []
    for line in table.lines(_("Total")):
        shown = [line.shown(column) for column in columns]
        is_row = line.kind is LineKind.ROW
        if line.kind is LineKind.TOTAL and not any(shown):
            continue  # nothing is added up
        rows.append((not is_row, shown if is_row else [line.label, *shown[1:]]))
    picture = ""
    if table.chart and (drawn := drawn_of(table)):
        picture = f"chart{place}"
        pictures.append(Enclosure(picture, PNG, png(drawn)))
    heads = [(str(column.label), column.is_number) for column in columns]
    if table.hidden:
        more.append(_("%(more)s more rows are in the workbook.", more=table.hidden))
    if aside:
        more.append(_("Only in the workbook: %(names)s.", names=", ".join(str(column.label) for column in aside)))
    return LetterTable(table.title, table.note, heads, rows if table.count else [], more, picture)


def drawn_of(table: ReportTable) -> str:
    """The chart as SVG; "" where it is not made of bars beside each other."""
    assert table.chart
    spec = chart_spec(table.chart, table.chart.columns or table.shape.columns)
    series = spec.get("grouped") or ([spec["bars"]] if "bars" in spec else [])
    return bars(spec["labels"], [(one["name"], one["values"]) for one in series]) if series else ""


def absolute(url: str) -> str:
    return urljoin(current_app.config["CRM"].public_url + "/", url.lstrip("/"))
