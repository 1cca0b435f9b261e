"""Whom programs are told of events: addresses of the administrator, and what is to be told to each."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, DateTime, ForeignKey, Index, LargeBinary, String, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.words import WebhookEvent
from app.models.base import Base, Versioned, choice


class Webhook(Versioned, Base):
    """Вебхук: an address that is told of these events. Triggers write what is to be told with the event itself."""

    __tablename__ = "webhook"

    name: Mapped[str] = mapped_column(String(100), unique=True, info={"label": _l("Name")})
    url: Mapped[str] = mapped_column(String(500), info={"label": _l("Address")})
    events: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, info={"label": _l("Events")})
    is_on: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Works")})
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    def __str__(self) -> str:
        return self.name


# SQL, laid out as the base lays it out: an event that was tried in vain waits since it was made.
UNTOLD_SINCE = """
CASE
    WHEN answer = '' THEN next_try_at
    ELSE made_at
END"""


class WebhookDelivery(Base):
    """One event for one address; `key` is the same in every try. Whoever takes it moves `next_try_at`: his lease."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(  # what is due to be sent
            "ix_webhook_delivery_due", "next_try_at", "id", postgresql_where=text("sent_at IS NULL AND dead_at IS NULL")
        ),
        Index(  # what waits longest of a webhook
            "ix_webhook_delivery_untold",
            *("webhook_id", text(f"({UNTOLD_SINCE})")),
            postgresql_where=text("sent_at IS NULL AND dead_at IS NULL"),
        ),
        Index("ix_webhook_delivery_webhook_id_id", "webhook_id", "id"),  # the page of a webhook
        Index("ix_webhook_delivery_made_at_id", "made_at", "id"),  # the list; what is old enough to be dropped
    )

    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    key: Mapped[UUID] = mapped_column(Uuid, server_default=func.gen_random_uuid())
    event: Mapped[WebhookEvent] = mapped_column(choice(WebhookEvent), info={"label": _l("Event")})
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, info={"label": _l("What is told")})
    made_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )
    next_try_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    attempts: Mapped[int] = mapped_column(default=0, server_default="0", info={"label": _l("Tries")})
    lease_by: Mapped[UUID | None] = mapped_column(Uuid)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Taken at")})
    dead_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Given up at")})
    answer: Mapped[str] = mapped_column(String(300), default="", server_default="", info={"label": _l("Answer")})

    webhook: Mapped[Webhook] = relationship(info={"label": _l("Webhook")})

    def __str__(self) -> str:
        return f"{self.event} {self.key}"
