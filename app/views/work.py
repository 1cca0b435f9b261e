"""Work that a worker does: how far it is, and what came of it."""

from __future__ import annotations

from flask import abort, jsonify
from flask_appbuilder import BaseView, expose
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from app.domain.words import JobKind, JobState
from app.extensions import db
from app.models.jobs import Job
from app.web.reports.first_screen import stop
from app.web.work import is_running, made_by, own_job

BACK = {
    JobKind.FILL_DRAFT: _l("To the draft"),
    JobKind.REDISTRIBUTE_DRAFT: _l("To the draft"),
    JobKind.DUPLICATES: _l("Possible duplicates"),
    JobKind.BANK: _l("Bank statements"),
    JobKind.BANK_FILE: _l("Bank statements"),
    JobKind.ONE_C: _l("Exchange with 1C"),
    JobKind.EXPORT: _l("Export of tables"),
    JobKind.LIST_WORKBOOK: _l("Back to the list"),
    JobKind.BULK_CHANGE: _l("Back to the list"),
    JobKind.MAILING: _l("To the mailing"),
    JobKind.UNDO: _l("Journal"),
}


class WorkView(BaseView):
    """One's own work of any kind."""

    route_base = "/work"
    default_view = "page"

    @expose("/<int:job_id>")
    @login_required
    def page(self, job_id: int) -> str:
        job = own_job(job_id, "WorkView.page")
        page: str = self.render_template(
            "crm/work.html",
            title=job.params["title"],
            job=job,
            running=is_running(job),
            back=BACK.get(JobKind(job.kind), _l("Back to the report")),
            failed=job.state is JobState.FAILED,
        )
        return page

    @expose("/<int:job_id>/json")
    @login_required
    def state(self, job_id: int) -> Response:
        """How far the work is, for the progress bar of any page; it tells nothing else, so no right is asked for."""
        job = own_job(job_id)
        return jsonify(running=is_running(job), state=job.state.value, progress=job.progress, total=job.total)

    @expose("/<int:job_id>/stop", methods=["POST"])
    @login_required
    def stop(self, job_id: int) -> Response:
        """Of a screen that its reader has left; what he has asked to be made for him goes on."""
        job = db.session().get(Job, job_id)
        if job is None:
            return Response(status=204)  # the page itself has just made it, or another tab ended it
        if job.user_id != current_user.id or job.kind != JobKind.PAGE:
            abort(404)
        stop(db.session(), job)
        return Response(status=204)

    @expose("/<int:job_id>/file")
    @login_required
    def file(self, job_id: int) -> Response:
        return made_by(own_job(job_id))
