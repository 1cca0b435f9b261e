"""Classes of buyers and their history."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.stages import Periodicity, Stage, StageMeasure, XyzClass
from app.domain.words import AbcClass, ClassificationKind, Measure
from app.models.base import Base, choice
from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.users import User
from app.models.visibility import visible_by


class AbcRun(Base):
    """One ABC classification of all buyers: its parameters; its rows are AbcRecord."""

    __tablename__ = "abc_run"

    on: Mapped[date] = mapped_column("on_date", info={"label": _l("Date")})  # the classes hold from this day
    start: Mapped[date] = mapped_column("period_start", info={"label": _l("Period from")})
    end: Mapped[date] = mapped_column("period_end", info={"label": _l("Period to")})
    measure: Mapped[Measure] = mapped_column(choice(Measure), info={"label": _l("Measure")})
    share_a: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    share_b: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    share_c: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    # How many buyers came from which class to which ("AB", "-A"): counted once, for the list of runs.
    moves: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default="{}")
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )

    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})


@visible_by(of_seen_counterparty)
class Hold(Base):
    """Зафиксировано вручную: a class, or a stage, that the head set; runs keep it up to and including `until`."""

    __tablename__ = "hold"
    __table_args__ = (
        Index("ix_hold_counterparty_id_id", "counterparty_id", "id"),  # the card
        Index("ix_hold_until_date", "until_date"),  # runs: what holds on their day
        CheckConstraint("(abc IS NULL) <> (stage IS NULL)", name="one_of"),
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    abc: Mapped[AbcClass | None] = mapped_column(choice(AbcClass), info={"label": _l("Class")})
    stage: Mapped[Stage | None] = mapped_column(choice(Stage), info={"label": _l("Stage")})
    xyz: Mapped[XyzClass | None] = mapped_column(choice(XyzClass), info={"label": _l("XYZ class")})
    on: Mapped[date] = mapped_column("on_date", info={"label": _l("Date")})
    until: Mapped[date] = mapped_column("until_date", info={"label": _l("Held until")})
    reason: Mapped[str] = mapped_column(String(300), info={"label": _l("Reason")})
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )

    counterparty: Mapped[Counterparty] = relationship()
    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})


@visible_by(of_seen_counterparty)
class AbcRecord(Base):
    """The class of one buyer from a day on; the current class is the latest record on or before a day.

    `abc` is what counts. Of a held one, `held_until` is set and `computed` is what
    the run says: it counts after that day.
    """

    __tablename__ = "abc_record"
    __table_args__ = (
        UniqueConstraint("run_id", "counterparty_id"),
        Index(
            "ix_abc_record_counterparty_id_on_date_id", "counterparty_id", "on_date", "id"
        ),  # queries.classification.classes.abc_on
        # who fell at a run: the later the letter, the worse the class
        Index("ix_abc_record_fell", "run_id", "counterparty_id", postgresql_where=text("abc > old")),
        Index("ix_abc_record_by_hand", "on_date", postgresql_where=text("run_id IS NULL")),  # the next run
        Index("ix_abc_record_hold_id", "hold_id", postgresql_where=text("hold_id IS NOT NULL")),  # the foreign key
    )

    run_id: Mapped[int | None] = mapped_column(ForeignKey("abc_run.id", ondelete="CASCADE"))  # None: by hand
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column("on_date")
    abc: Mapped[AbcClass | None] = mapped_column(choice(AbcClass), info={"label": _l("Class")})
    old: Mapped[AbcClass | None] = mapped_column(choice(AbcClass))  # of the day before
    value: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Value")})
    computed: Mapped[AbcClass | None] = mapped_column(choice(AbcClass))
    # What the rule gave, where the head corrected the run before it was posted; "" is no class.
    rule: Mapped[str | None] = mapped_column(String(20))
    held_until: Mapped[date | None]
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("hold.id", ondelete="SET NULL"))

    run: Mapped[AbcRun | None] = relationship()
    counterparty: Mapped[Counterparty] = relationship()
    hold: Mapped[Hold | None] = relationship()


class StageRun(Base):
    """One classification of all buyers by stages and XYZ: its parameters; its rows are StageRecord."""

    __tablename__ = "stage_run"

    on: Mapped[date] = mapped_column("on_date", info={"label": _l("Date")})  # the stages hold from this day
    start: Mapped[date] = mapped_column("period_start", info={"label": _l("Period from")})
    end: Mapped[date] = mapped_column("period_end", info={"label": _l("Period to")})
    periodicity: Mapped[Periodicity] = mapped_column(choice(Periodicity), info={"label": _l("Periodicity")})
    count: Mapped[int] = mapped_column(info={"label": _l("Number of periods")})
    measure: Mapped[StageMeasure] = mapped_column(choice(StageMeasure), info={"label": _l("Measure")})
    one_time_from: Mapped[int]
    one_time_to: Mapped[int]
    x_to: Mapped[Decimal] = mapped_column(Numeric(9, 2))
    y_to: Mapped[Decimal] = mapped_column(Numeric(9, 2))
    z_to: Mapped[Decimal] = mapped_column(Numeric(9, 2))
    lost_after: Mapped[int] = mapped_column(default=0, server_default="0")  # app.domain.stages.Parameters
    # How many buyers came from where to where: counted once, for the list of runs.
    moves: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default="{}")
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )

    by: Mapped[User | None] = relationship(User, info={"label": _l("Author")})


@visible_by(of_seen_counterparty)
class StageRecord(Base):
    """The stage of one buyer from a day on; the current one is the latest record on or before a day.

    `stage` and `xyz` are what counts. Of a held one, `held_until` is set and
    `computed_stage`, `computed_xyz` are what the run says: they count after that day.
    """

    __tablename__ = "stage_record"
    __table_args__ = (
        UniqueConstraint("run_id", "counterparty_id"),
        # queries.classification.stages.stage_on
        Index("ix_stage_record_counterparty_id_on_date_id", "counterparty_id", "on_date", "id"),
        Index(  # queries.classification.classes.lost_by
            "ix_stage_record_lost",
            "counterparty_id",
            postgresql_where=text("stage = 'lost' OR computed_stage = 'lost'"),
        ),
        Index("ix_stage_record_by_hand", "on_date", postgresql_where=text("run_id IS NULL")),  # the next run
        Index("ix_stage_record_hold_id", "hold_id", postgresql_where=text("hold_id IS NOT NULL")),  # the foreign key
    )

    run_id: Mapped[int | None] = mapped_column(ForeignKey("stage_run.id", ondelete="CASCADE"))  # None: by hand
    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column("on_date")
    stage: Mapped[Stage] = mapped_column(choice(Stage), info={"label": _l("Stage")})
    xyz: Mapped[XyzClass | None] = mapped_column(choice(XyzClass), info={"label": _l("XYZ class")})
    old_stage: Mapped[Stage | None] = mapped_column(choice(Stage), info={"label": _l("Old stage")})
    old_xyz: Mapped[XyzClass | None] = mapped_column(choice(XyzClass))
    purchases: Mapped[int] = mapped_column(default=0, info={"label": _l("Purchases")})
    value: Mapped[Decimal] = mapped_column(Numeric(17, 3), default=0, info={"label": _l("Value")})
    variation: Mapped[Decimal] = mapped_column(Numeric(14, 4), default=0, info={"label": _l("Variation, %")})
    computed_stage: Mapped[Stage | None] = mapped_column(choice(Stage))
    computed_xyz: Mapped[XyzClass | None] = mapped_column(choice(XyzClass))
    # Standing.text that the rule gave, where the head corrected the run before it was posted.
    rule: Mapped[str | None] = mapped_column(String(20))
    held_until: Mapped[date | None]
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("hold.id", ondelete="SET NULL"))

    run: Mapped[StageRun | None] = relationship()
    counterparty: Mapped[Counterparty] = relationship()
    hold: Mapped[Hold | None] = relationship()


class Withdrawal(Base):
    """A classification that somebody took back: by the clock it is not made again."""

    __tablename__ = "withdrawal"

    kind: Mapped[ClassificationKind] = mapped_column(choice(ClassificationKind))
    on: Mapped[date] = mapped_column("on_date")
    end: Mapped[date] = mapped_column("period_end")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
