"""Work of reports that a worker does: how far it is, and what came of it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, jsonify, redirect, send_file, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_login import current_user
from werkzeug.wrappers import Response

from app import nudge
from app.domain.words import JobState
from app.extensions import db
from app.models.jobs import Job
from app.services import jobs
from app.services.classification import KIND as CLASSIFICATION
from app.services.classification_drafts import KIND as CLASSIFICATION_DRAFT
from app.services.stages import KIND as STAGES
from reports.work import KIND as WORKBOOK

KINDS = (WORKBOOK, CLASSIFICATION, STAGES, CLASSIFICATION_DRAFT)


class WorkView(BaseView):
    """One's own work of reports."""

    route_base = "/work"
    default_view = "page"
    class_permission_name = "Reports"

    @expose("/<int:job_id>")
    @has_access
    @permission_name("read")
    def page(self, job_id: int) -> str:
        job = mine(job_id)
        page: str = self.render_template(
            "crm/work.html",
            title=job.params["title"],
            job=job,
            running=job.state in jobs.UNFINISHED,
            failed=job.state is JobState.FAILED,
        )
        return page

    @expose("/<int:job_id>/json")
    @has_access
    @permission_name("read")
    def state(self, job_id: int) -> Response:
        """How far the work is, for the progress bar."""
        job = mine(job_id)
        running = job.state in jobs.UNFINISHED
        return jsonify(running=running, state=job.state.value, progress=job.progress, total=job.total)

    @expose("/<int:job_id>/file")
    @has_access
    @permission_name("read")
    def file(self, job_id: int) -> Response:
        made = mine(job_id).output or abort(404)
        return send_file(BytesIO(made.content), made.mime, as_attachment=True, download_name=made.name)


def mine(job_id: int) -> Job:
    job = db.session.get(Job, job_id)
    if job is None or job.kind not in KINDS or job.user_id != current_user.id:
        abort(404)
    return job


def ask_worker(kind: str, params: dict[str, Any]) -> Response:
    """Leave the work to a worker and show how far it is. `title` says what it is, `back` is where it was asked for."""
    job = jobs.enqueue(db.session(), kind, user_id=current_user.id, params=params)
    db.session.commit()
    nudge.soon(jobs.TASK)
    return redirect(url_for("WorkView.page", job_id=job.id))
