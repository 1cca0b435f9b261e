"""Long work: asked for in the base, done by a worker, watched in the browser."""

from __future__ import annotations

from datetime import datetime
from typing import IO, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from app import tracing
from app.domain.words import JobState
from app.models.base import Base, choice
from app.models.users import User


class StoredFile(Base):
    """A file given to the product or made by it; the bytes are loaded only when they are asked for."""

    __tablename__ = "stored_file"

    name: Mapped[str] = mapped_column(String(255))
    mime: Mapped[str] = mapped_column(String(120), default="application/octet-stream")
    size: Mapped[int]
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    @classmethod
    def written(cls, name: str, mime: str, out: IO[bytes]) -> StoredFile:
        """All that was written, wherever the writer left off."""
        out.seek(0)
        content = out.read()
        return cls(name=name, mime=mime, size=len(content), content=content)


class Job(Base):
    """One piece of long work. The row is the truth; RQ is only told to look at it.

    `progress` of `total` steps are done (total None: not known yet); `result` is
    what the screen shows at the end; `error` a sentence for its owner.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_user_id_id", "user_id", "id"),  # my latest jobs
        Index("ix_job_unfinished", "id", postgresql_where=text("state IN ('queued', 'running')")),  # jobs.runtime
    )

    kind: Mapped[str] = mapped_column(String(40), info={"label": _l("Kind")})
    state: Mapped[JobState] = mapped_column(
        choice(JobState), default=JobState.QUEUED, server_default="queued", info={"label": _l("State")}
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    params: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    input_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id", ondelete="SET NULL"), index=True)
    output_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id", ondelete="SET NULL"), index=True)
    progress: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int | None]
    # How often a worker has begun it: work that kills its worker each time is given up.
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    # The request that asked for it: the worker works under its id.
    request_id: Mapped[str] = mapped_column(String(tracing.LONGEST), default=tracing.current_id, server_default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    user: Mapped[User | None] = relationship(User, info={"label": _l("User")})
    input: Mapped[StoredFile | None] = relationship(StoredFile, foreign_keys=[input_id])
    output: Mapped[StoredFile | None] = relationship(StoredFile, foreign_keys=[output_id])
