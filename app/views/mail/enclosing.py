"""What a letter encloses without a file of one's own: what a worker made for its writer, or a kept report made now."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app import clock
from app.domain.formats.writing import MIME, book_name
from app.domain.words import JobKind, JobState, ReadingKind
from app.errors import Refused
from app.models.jobs import Job, StoredFile
from app.models.letters import LetterDraft
from app.services import list_views
from app.services.access import readings
from app.services.access.readings import Look
from app.services.list_views import Pinned
from app.services.mail import composing
from app.web.forms.fields import row_number
from app.web.report_links import openable, report_url, view_name
from app.web.reports.snapshot import read
from reports.kit.kept import tables_of_kept
from reports.kit.report import TableSet
from reports.kit.xlsx import to_xlsx
from reports.work import LONG

MOST = 20  # files that are offered, the newest ones


def made_files(session: Session) -> Sequence[Job]:
    """Work of the reader that ended with a file."""
    mine = select(Job).where(Job.user_id == current_user.id, Job.state == JobState.DONE, Job.output_id.is_not(None))
    mine = mine.where(Job.kind != JobKind.PAGE)
    return session.scalars(mine.options(joinedload(Job.output)).order_by(Job.id.desc()).limit(MOST)).all()


def kept_reports(session: Session) -> list[tuple[Pinned, TableSet]]:
    """Settings that the reader sees, of the reports that he may open, each with its report."""
    roles = [role.id for role in current_user.roles]
    return list(openable(list_views.of_all_lists(session, current_user.id, roles)))


def enclose(session: Session, draft: LetterDraft, chosen: str) -> None:
    """`file:7`, `report:3`: one of those that are offered; the report as its writer sees it now."""
    kind, _colon, number = chosen.partition(":")
    if kind == "file":
        file = next((job.output for job in made_files(session) if job.id == row_number(number)), None)
        if file is not None:
            composing.attach(session, draft, file.name, file.mime, _content(session, file))
            return
    elif kind == "report":
        found = next((each for each in kept_reports(session) if each[0].id == row_number(number)), None)
        if found is not None:
            _enclose_report(session, draft, *found)
            return
    raise Refused(_("Choose a file or a report."), field="enclosure")


def _content(session: Session, file: StoredFile) -> bytes:
    return session.scalars(select(StoredFile.content).where(StoredFile.id == file.id)).one()


def _enclose_report(session: Session, draft: LetterDraft, kept: Pinned, report: TableSet) -> None:
    today = clock.today()

    def written(own: Session) -> bytes:
        tables = tables_of_kept(report, own, kept.choice, today=today).tables
        if sum(table.length for table in tables) > LONG:
            raise Refused(
                _("This report is long: have its file made on its page, then it is among your files."),
                field="enclosure",
            )
        book = BytesIO()
        to_xlsx(tables, book)
        return book.getvalue()

    composing.attach(session, draft, book_name(kept.name, today), MIME, read(written))
    look = Look(current_user.id, ReadingKind.LETTER, view_name(report.slug), report_url(report.slug))
    readings.note(session, look)
