"""Business settings that a director changes, in one row."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.stages import StageMeasure
from app.domain.words import Measure
from app.models.base import Base, choice


class Policy(Base):
    """Учетная политика: the one row with id 1, made by the first migration."""

    __tablename__ = "policy"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("share_a + share_b + share_c = 100", name="shares"),
        CheckConstraint("journal_months BETWEEN 1 AND 1200", name="journal_months"),
        CheckConstraint("readings_months BETWEEN 1 AND 1200", name="readings_months"),
        CheckConstraint("letters_months BETWEEN 1 AND 1200", name="letters_months"),
        CheckConstraint("inquiries_months BETWEEN 1 AND 1200", name="inquiries_months"),
        CheckConstraint("files_days BETWEEN 1 AND 3650", name="files_days"),
        CheckConstraint("backup_weeks BETWEEN 1 AND 520", name="backup_weeks"),
    )

    managers_see_all: Mapped[bool] = mapped_column(
        server_default="false", default=False, info={"label": _l("Managers see all counterparties")}
    )
    abc_measure: Mapped[Measure] = mapped_column(
        choice(Measure), server_default="revenue", default=Measure.REVENUE, info={"label": _l("ABC measure")}
    )
    stage_measure: Mapped[StageMeasure] = mapped_column(
        choice(StageMeasure),
        server_default="revenue",
        default=StageMeasure.REVENUE,
        info={"label": _l("Measure of stages and XYZ")},
    )
    share_a: Mapped[Decimal] = mapped_column(
        Numeric(5, 2), server_default="70", info={"label": _l("Class A in the first classification, %")}
    )
    share_b: Mapped[Decimal] = mapped_column(
        Numeric(5, 2), server_default="20", info={"label": _l("Class B in the first classification, %")}
    )
    share_c: Mapped[Decimal] = mapped_column(
        Numeric(5, 2), server_default="10", info={"label": _l("Class C in the first classification, %")}
    )
    journal_months: Mapped[int] = mapped_column(
        server_default="36", default=36, info={"label": _l("The journal of changes is kept for, months")}
    )

    readings_months: Mapped[int] = mapped_column(
        server_default="36", default=36, info={"label": _l("Who looked at what is kept for, months")}
    )

    # Nothing: for ever.
    letters_months: Mapped[int | None] = mapped_column(info={"label": _l("Letters are kept for, months")})
    inquiries_months: Mapped[int | None] = mapped_column(
        info={"label": _l("Who asked and became no client is kept for, months")}
    )
    files_days: Mapped[int] = mapped_column(
        server_default="30", default=30, info={"label": _l("Files that workers made are kept for, days")}
    )
    backup_weeks: Mapped[int] = mapped_column(
        server_default="5", default=5, info={"label": _l("Copies of the base are kept for, weeks")}
    )

    def __str__(self) -> str:
        return str(_("Policy"))
