"""Tables in and out in the browser: a file is checked by a worker, then imported by a worker."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, current_app, flash, redirect, request, send_file, stream_with_context, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import Select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app import clock
from app.domain.formats.writing import MIME
from app.domain.text import readable
from app.domain.words import JobKind, JobState
from app.errors import Refused
from app.extensions import db
from app.models.captions import caption
from app.models.jobs import Job, StoredFile
from app.queries.jobs import jobs_of
from app.services import exchange
from app.services import import_habits as habits
from app.services.exchange import TABLES, ImportTable, exporting
from app.services.exchange.columns import guess
from app.services.exchange.fields import SECTIONS, Field
from app.services.exchange.people import cards
from app.services.exchange.staging import RowVerdict
from app.services.jobs import sent_file
from app.views.exchange.looking import looked_at, place_chosen
from app.web.forms.fields import row_number
from app.web.work import ask_worker, is_running, made_by, own_job

PAGE = 20  # earlier imports on the page
CARDS = {"persons": ("Contact persons", cards.persons), "clients": ("Counterparties", cards.clients)}
VERDICTS = {
    RowVerdict.UPDATE: _l("Update the known one"),
    RowVerdict.TAKE: _l("Take as a new one"),
    RowVerdict.LEAVE: _l("Leave"),
}
OPTIONS = {
    "skip_wrong": _l("Import the right lines, give back the wrong ones"),
    "confirmed": _l("I confirm what is asked about"),
    "clear": _l("Empty cells clear"),
    "make_unknown": _l("Make unknown counterparties and items of their names"),
}


class ImportView(BaseView):
    """Choose a file, see what its columns mean and what would happen, import it."""

    route_base = "/import"
    default_view = "page"
    class_permission_name = "Import"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        return self._page()

    def _page(self, problem: str = "", kind: str = "") -> str:
        latest = jobs_of(current_user.id, JobKind.IMPORT).options(joinedload(Job.input)).limit(PAGE)
        self.update_redirect()
        page: str = self.render_template(
            "crm/exchange/import.html",
            title=_("Import of tables"),
            kinds=self._kinds(),
            choices=[(kind.slug, kind.caption) for kind in self._kinds()],
            kind=kind or request.args.get("kind", ""),
            problem=problem,
            latest=[(job, outcome(job)) for job in db.session.scalars(latest)],
            captions={slug: table.caption for slug, table in TABLES.items()},
            may_write=self.appbuilder.sm.has_access("can_write", self.class_permission_name),
            zone=clock.zone(),
        )
        return page

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("write")
    def check(self) -> str | Response | tuple[str, int]:
        """Keep the file and let a worker check it."""
        slug = request.form.get("kind", "")
        try:
            kind = self._allowed(slug)
            file, seen = _received(kind)
        except Refused as refused:
            return self._page(str(refused), slug), 400
        params = {"kind": kind.slug, "dry_run": True, "name": file.name, "lacking": lacking("can_write"), **seen}
        if habit := habits.habit_of(db.session(), current_user.id, kind, seen["header"]):
            params |= {"mapping": habit.columns, "choice": {"search": habit.search}, "is_remembered": True}
        return ask_worker(JobKind.IMPORT, params, file)

    @expose("/<int:job_id>")
    @has_access
    @permission_name("read")
    def job(self, job_id: int) -> str:
        job = own_job(job_id, "ImportView.job")
        kind, header = _table_of(job), job.params["header"]
        mapping = job.params.get("mapping")
        found = guess(kind, header) if mapping is None else mapping
        fields = [(field.name, f"{field.caption} *" if field.required else field.caption) for field in kind.fields]
        page: str = self.render_template(
            "crm/exchange/import_job.html",
            title=job.params["name"],
            job=job,
            kind=kind,
            report=job.result,
            conclusion=conclusion(job.result) if job.result else "",
            options=[
                (name, label, bool(job.params.get(name))) for name, label in OPTIONS.items() if name in options_of(kind)
            ],
            tables=TABLES,
            captions={part.slug: part.caption for part in kind.parts.values()},
            fields=fields,
            running=is_running(job),
            failed=job.state is JobState.FAILED,
            fields_of=fields_by_column(found),
            prices=[(name, name) for name in job.params.get("prices", ())],
            criteria=[(name, caption_of(kind, *of)) for name, of in kind.searchable.items()],
            verdicts=VERDICTS,
            choice=exchange.choice_of(job.params.get("choice", {})),
            may_write=self.appbuilder.sm.has_access("can_write", self.class_permission_name),
        )
        return page

    @expose("/<int:job_id>", methods=["POST"])
    @has_access
    @permission_name("write")
    def again(self, job_id: int) -> Response:
        """The same file once more: checked with other columns, or imported."""
        job = own_job(job_id, "ImportView.job")
        try:
            kind = self._allowed(job.params["kind"])
            file = sent_file(job)
            mapping: dict[str, Any] = dict(_mapping(kind, len(job.params["header"])))
            if price := request.form.get("price", ""):
                mapping["price"] = price
            if place := place_chosen(job.params, request.form):
                seen = looked_at(kind, file.content, place)
                asked_anew: dict[str, Any] = {"dry_run": True, "mapping": None, "choice": {}, "is_remembered": False}
                return ask_worker(JobKind.IMPORT, {**job.params, **seen, **asked_anew}, file)
            choice = _choice(kind, job)
        except Refused as refused:
            flash(str(refused), "danger")
            return redirect(url_for(".job", job_id=job_id))
        asked: dict[str, Any] = {name: name in request.form for name in OPTIONS}
        asked["dry_run"] = request.form.get("do") != "import"
        named = [name for name, places in mapping.items() if places]
        asked["clear"] = kind.clearable(named) if "clear" in request.form else []
        if not kind.parts:
            habits.keep(db.session(), current_user.id, kind, job.params["header"], mapping, choice["search"])
        params = {**job.params, **asked, "mapping": mapping, "choice": choice, "lacking": lacking("can_write")}
        return ask_worker(JobKind.IMPORT, params, file)

    @expose("/<int:job_id>/wrong")
    @has_access
    @permission_name("read")
    def wrong(self, job_id: int) -> Response:
        """The lines that were left out, with reasons."""
        return made_by(own_job(job_id, "ImportView.job"))

    def _kinds(self) -> list[ImportTable]:
        """The tables whose rows the user may write."""
        may = self.appbuilder.sm.has_access
        return [table for table in TABLES.values() if all(may("can_write", section) for section in table.sections)]

    def _allowed(self, slug: str) -> ImportTable:
        if exchange.table_named(slug) not in self._kinds():
            abort(403)
        return exchange.table_for(db.session(), slug, lacking("can_write"), to_write=True)


def options_of(kind: ImportTable) -> set[str]:
    """What may be asked for besides: a file of several tables has no columns that could be cleared."""
    if kind.parts:
        return {"skip_wrong", "confirmed"}
    return OPTIONS.keys() - (set() if kind.brings else {"make_unknown"})


def _table_of(job: Job) -> ImportTable:
    return exchange.table_for(db.session(), job.params["kind"], job.params.get("lacking", ()), to_write=True)


def lacking(permission: str) -> list[str]:
    """The sections without which parts of tables are out of reach, and to which the user has no such right."""
    may = current_app.appbuilder.sm.has_access  # type: ignore[attr-defined]
    return [section for section in SECTIONS if not may(permission, section)]


def outcome(job: Job) -> str:
    """What came of an import, in a word or two."""
    report = job.result or {}
    if job.state is not JobState.DONE:
        return caption(job.state)
    if report.get("wrong_count") and not report.get("skipped_wrong"):
        return _("Not imported")
    return _("Checked") if report.get("dry_run") else _("Imported")


def conclusion(report: Mapping[str, Any]) -> str:
    """The sentence above the figures of a check or an import."""
    if (left := report.get("left_out")) and report["dry_run"]:
        return _("No errors in the right lines. To be left out: %(count)s.", count=left)
    if left:
        return _("The right lines are imported. Left out: %(count)s.", count=left)
    if wrong := report["wrong_count"]:
        return ngettext("Nothing was imported: %(num)s error.", "Nothing was imported: %(num)s errors.", wrong)
    if not report["dry_run"]:
        return _("The file is imported.")
    if report["created"] + report["updated"]:
        return _("No errors were found. Nothing is changed yet.")
    return _("No errors were found, and there is nothing new in the file.")


def _received(table: ImportTable) -> tuple[StoredFile, dict[str, Any]]:
    """The uploaded file, and where its table is."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Refused(_("Choose a file."), field="file")
    content = upload.read()
    seen = looked_at(table, content)
    mime = upload.mimetype or "application/octet-stream"
    name = readable(upload.filename)[-255:]
    return StoredFile(name=name, mime=mime[:120], size=len(content), content=content), seen


def fields_by_column(mapping: Mapping[str, list[int] | None]) -> dict[int, list[str]]:
    """The fields that each column goes to."""
    found: dict[int, list[str]] = {}
    for name, positions in mapping.items():
        for position in positions or ():
            found.setdefault(position, []).append(name)
    return found


def _mapping(table: ImportTable, width: int) -> dict[str, list[int] | None]:
    """Which columns are which field, as chosen on the page: a column may go to several, and several to one."""
    mapping: dict[str, list[int] | None] = {field.name: None for field in table.fields}
    for position in range(width):
        for name in dict.fromkeys(filter(None, request.form.getlist(f"column-{position}"))):
            if name not in mapping:
                raise Refused(_("There is no field “%(field)s” here.", field=name))
            mapping[name] = [*(mapping[name] or ()), position]
    return mapping


def _choice(table: ImportTable, job: Job) -> dict[str, Any]:
    """How known rows are looked for, what becomes of the rows and what persons are called, as chosen on the page."""
    search = [name for name in request.form.getlist("search") if name in table.searchable]
    rows = {line: verdict for line, verdict in _of_lines("row").items() if verdict in VERDICTS}
    before = exchange.choice_of(job.params.get("choice", {})).names
    shown = {row["line"]: row["title"] for row in (job.result or {}).get("people", ()) if row["line"] not in before}
    names = {line: " ".join(text.split()) for line, text in _of_lines("name").items()}
    # Who was not given another name keeps that of his file, with blanks within its parts.
    names = {line: text for line, text in names.items() if text and text != shown.get(line)}
    chosen: dict[str, Any] = {"search": search, "rows": rows, "names": names}
    return chosen | {name: verdict for name in ("found", "new") if (verdict := request.form.get(name, "")) in VERDICTS}


def _of_lines(name: str) -> dict[int, str]:
    """What the page says of each line of the file in the fields of this name."""
    sent = {
        field.removeprefix(f"{name}-"): text for field, text in request.form.items() if field.startswith(f"{name}-")
    }
    return {line: text for number, text in sent.items() if (line := row_number(number))}


def caption_of(kind: ImportTable, table: ImportTable, field: Field) -> str:
    """What a field that rows are looked for by is called; with its table, where that is another one."""
    return str(field.caption) if table is kind else f"{table.caption}: {field.caption}"


class ExportView(BaseView):
    """The tables that the user may read, with the rows that he sees."""

    route_base = "/export"
    default_view = "page"
    class_permission_name = "Export"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        may = self.appbuilder.sm.has_access
        self.update_redirect()
        kinds = [table for table in TABLES.values() if all(may("can_read", section) for section in table.read_sections)]
        page: str = self.render_template(
            "crm/exchange/export.html",
            title=_("Export of tables"),
            kinds=kinds,
            files=db.session.scalars(my_files(current_user.id)).all(),
            zone=clock.zone(),
        )
        return page

    @expose("/<slug>.<any(csv, xlsx, vcf, xml):ending>")
    @has_access
    @permission_name("read")
    def file(self, slug: str, ending: str) -> Response:
        if slug not in TABLES or ending not in TABLES[slug].endings:
            abort(404)
        kind = exchange.table_for(db.session(), slug, lacking("can_read"), to_write=False)
        if not all(self.appbuilder.sm.has_access("can_read", section) for section in kind.read_sections):
            abort(403)
        name = f"{kind.slug}-{clock.today()}.{ending}"
        if exporting.is_long(db.session(), kind):
            asked = {"kind": slug, "ending": ending, "name": name, "title": f"{kind.caption}, {ending}"}
            return ask_worker(JobKind.EXPORT, asked | {"back": url_for(".page")})
        if ending != "xlsx":
            told = exchange.blocks(db.session(), kind, exporting.OFFICE, lacking("can_read"))
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            blocks = stream_with_context(block for _rows, block in told)
            return FlaskResponse(blocks, content_type=exchange.mime_of(ending), headers=headers)
        book = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        try:
            exporting.write_xlsx(db.session(), kind, book, captions=True)
        except Refused as refused:
            book.close()
            flash(str(refused), "danger")
            return redirect(url_for(".page"))
        book.seek(0)
        return send_file(book, mimetype=MIME, as_attachment=True, download_name=name)

    @expose("/cards/<any(persons, clients):whose>.vcf")
    @has_access
    @permission_name("read")
    def cards(self, whose: str) -> Response:
        """The chosen people, or clients, as cards for a telephone or a mail program."""
        section, people = CARDS[whose]
        if not self.appbuilder.sm.has_access("can_read", section):
            abort(403)
        ids = list(filter(None, map(row_number, request.args.get("ids", "").split(","))))
        blocks = [block for _rows, block in cards.vcard_blocks(people(db.session(), lacking("can_read"), ids))]
        if not blocks:
            abort(404)
        name = f"{whose}-{clock.today()}.vcf"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return FlaskResponse(b"".join(blocks), content_type=exchange.mime_of("vcf"), headers=headers)


def my_files(user_id: int) -> Select[Job]:
    """The latest tables and workbooks that workers made, or make, for the user."""
    return jobs_of(user_id, JobKind.EXPORT, JobKind.WORKBOOK).limit(PAGE)
