"""Work that somebody asked for."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.domain.words import JobKind
from app.models.jobs import Job


def jobs_of(user_id: int, *kinds: JobKind) -> Select[Job]:
    """What the user asked for of these kinds, the newest first."""
    return select(Job).where(Job.user_id == user_id, Job.kind.in_(kinds)).order_by(Job.id.desc())
