"""Reports that go by letter at their times: whose, to whom, and what came of each time."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, DateTime, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.sending_times import SendingTimes
from app.domain.viewer import Viewer
from app.domain.words import SendingOutcome
from app.models.base import Base, choice
from app.models.letters import Letter
from app.models.lists import SavedView
from app.models.users import User
from app.models.visibility import visible_by


def own_subscription(cls: type[ReportSubscription], viewer: Viewer) -> ColumnElement[bool]:
    """One's own, and those that come to him."""
    own: ColumnElement[bool] = cls.user_id == viewer.user_id
    return own | cls.recipients.any(ReportRecipient.user_id == viewer.user_id)


@visible_by(own_subscription, personal=True)
class ReportSubscription(Base):
    """A kept setting of a report that is sent; `next_at` is the moment that is due, whatever happens meanwhile."""

    __tablename__ = "report_subscription"
    __table_args__ = (
        Index("ix_report_subscription_due", "next_at", "id", postgresql_where=text("NOT paused")),  # the clock
        Index("ix_report_subscription_user_id", "user_id"),  # the page
        Index("ix_report_subscription_view_id", "view_id"),  # the foreign key
        CheckConstraint("month_day BETWEEN 1 AND 31", name="month_day"),
        CheckConstraint("weekdays ~ '^[0-6]{0,7}$'", name="weekdays"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    view_id: Mapped[int] = mapped_column(ForeignKey("saved_view.id", ondelete="CASCADE"))
    weekdays: Mapped[str] = mapped_column(String(7), info={"label": _l("Days of the week")})
    month_day: Mapped[int | None] = mapped_column(info={"label": _l("Day of the month")})
    at: Mapped[time] = mapped_column(info={"label": _l("At")})
    zone: Mapped[str] = mapped_column(String(64))  # of whoever set the time
    skip_empty: Mapped[bool] = mapped_column(info={"label": _l("An empty report is not sent")})
    paused: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Paused")})
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": _l("Next time")})
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")  # at the letter that is made

    user: Mapped[User] = relationship(User)
    view: Mapped[SavedView] = relationship(SavedView)
    recipients: Mapped[list[ReportRecipient]] = relationship(
        back_populates="subscription", cascade="all, delete-orphan", passive_deletes=True, order_by="ReportRecipient.id"
    )

    @property
    def times(self) -> SendingTimes:
        return SendingTimes({*map(int, self.weekdays)}, self.month_day, self.at, ZoneInfo(self.zone))

    def __str__(self) -> str:
        return self.view.name


class ReportRecipient(Base):
    """A colleague to whom it goes, with his own rights."""

    __tablename__ = "report_recipient"
    __table_args__ = (
        UniqueConstraint("subscription_id", "user_id"),
        Index("ix_report_recipient_user_id", "user_id"),  # his page
    )

    subscription_id: Mapped[int] = mapped_column(ForeignKey("report_subscription.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))

    subscription: Mapped[ReportSubscription] = relationship(back_populates="recipients")
    user: Mapped[User] = relationship(User)


class ReportSending(Base):
    """What came of one time for one recipient: written with his letter, so that nobody gets it twice."""

    __tablename__ = "report_mailing"
    __table_args__ = (
        UniqueConstraint("subscription_id", "due_at", "user_id"),
        Index("ix_report_mailing_user_id", "user_id"),  # the foreign key
        Index("ix_report_mailing_letter_id", "letter_id", postgresql_where=text("letter_id IS NOT NULL")),
    )

    subscription_id: Mapped[int] = mapped_column(ForeignKey("report_subscription.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[SendingOutcome] = mapped_column(choice(SendingOutcome))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id", ondelete="SET NULL"))

    user: Mapped[User] = relationship(User)
    letter: Mapped[Letter | None] = relationship(Letter)
