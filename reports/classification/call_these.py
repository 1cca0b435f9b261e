"""Кому позвонить: buyers with signs that relations get worse, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, func, literal, select, true
from sqlalchemy.orm import Session

from app.domain.periods import DAY, Period, shift_months
from app.domain.rhythm import SILENCE
from app.domain.stages import Stage, XyzClass
from app.domain.words import AbcClass, ContactKind, ContactState, Direction, Measure, Sign
from app.models.captions import CAPTIONS, caption
from app.models.counterparties import Counterparty
from app.models.users import User
from app.queries.classification.classes import abc_on
from app.queries.classification.rhythm import last_purchase
from app.queries.classification.signs import FLAGS, signs
from app.queries.classification.stages import stage_on, xyz_on
from app.queries.client_list import main_person
from app.queries.sales.sales import value_by_buyer
from app.queries.sql import user_name
from app.services.classification.signs import sentence
from reports.kit.chart import Bars
from reports.kit.columns import MANAGER_NOW, Begin, Choice, Date, Money, Number, PhoneNumber, Row, Text, UserName
from reports.kit.comparing import How
from reports.kit.params import ChoiceParam, DateParam, LookupParam, NumberParam
from reports.kit.report import Choices, Report, currency_line
from reports.kit.setup import Shape
from reports.kit.table import ReportTable

JUST_CALLED = (("state", ContactState.DONE), ("kind", ContactKind.CALL), ("direction", Direction.OUT))
NEW_CONTACT = Begin("Contact", "counterparty", "id", _l("New contact"), "fa-phone", JUST_CALLED)

BY_SIGN = Bars(
    _l("Clients by sign"),
    label="sign",
    bars="buyers",
    columns=(Text("sign", _l("Sign")), Number("buyers", _l("Buyers"))),
)


@dataclass(frozen=True)
class Expected(Date):
    """The day of the next purchase; people are told why there is none."""

    def show(self, value: Any) -> str:
        return _("too little data") if value is None else super().show(value)

    def to_excel(self, value: Any) -> Any:
        return self.show(value) if value is None else value


@dataclass(frozen=True)
class Reason(Text):
    """A sentence made of other columns, which may be asked for."""

    comparisons: ClassVar[tuple[How, ...]] = ()


class CallThese(Report):
    """Whoever has at least one sign, most signs first, then the greatest revenue of twelve months."""

    slug = "call-these"
    title = _l("Call these")
    group = _l("Buyers")
    description = _l("Who is silent for longer than usual, whose class fell, whose debt grew – and why.")
    params = (
        DateParam("on", _l("On the day"), default="today"),
        ChoiceParam("sign", _l("Sign"), options={"": _l("Any"), **{s.value: CAPTIONS[Sign, s] for s in Sign}}),
        LookupParam("manager", _l("Responsible manager"), model=User, key="username"),
        NumberParam("k", _l("Silent for longer than, rhythms"), default=str(SILENCE), least=1, most=100),
        NumberParam("days", _l("Changes in, days"), default="90", least=1, most=3660, whole=True),
    )

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Text("code", _l("Code"), width=14, aside=True),
                Text("buyer", _l("Buyer"), width=42, link=("Counterparty", "id"), begins=NEW_CONTACT),
                Text("person", _l("Whom to call"), width=24),
                PhoneNumber("phone", _l("Phone")),
                UserName("manager", _l("Responsible manager"), counted_for=MANAGER_NOW),
                Number("signs", _l("Signs"), width=10, total=False, aside=True),
                Reason("why", _l("Why"), width=90),
                Date("last_on", _l("Last purchase"), aside=True),
                Number("rhythm", _l("Rhythm, days"), width=10, total=False, aside=True),
                Number("silent", _l("Silent, days"), width=10, total=False, aside=True),
                Expected("expected", _l("Expected purchase"), width=18, aside=True),
                Choice("abc", _l("ABC class"), width=9, listed=[*AbcClass]),
                Choice("stage", _l("Stage"), width=20, words=Stage, aside=True),
                Choice("xyz", _l("XYZ class"), width=9, aside=True, listed=[*XyzClass]),
                Money("debt", _l("Debt"), total=True),
                Money("overdue", _l("Overdue"), total=True, aside=True),
                Money("revenue", _l("Revenue of 12 months"), total=True, aside=True),
                Choice("kinds", _l("Kinds of signs"), width=40, caption=kinds_caption, aside=True),
                *(Number(FLAGS[sign], CAPTIONS[Sign, sign], aside=True) for sign in Sign),
            ),
            order=("-signs", "-revenue"),
            groups=("manager", "kinds", "abc", "stage"),
            at_once=True,
        )

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [*super().note(asked), currency_line()]

    def finish(self, row: Row) -> Row:
        return {**row, "why": sentence(row, row["silent"])}

    def tables(
        self, session: Session, args: Mapping[str, str], *, today: date, limit: int | None = None
    ) -> Sequence[ReportTable]:
        (table,) = super().tables(session, args, today=today, limit=limit)
        counts = [{"sign": caption(sign), "buyers": table.total[FLAGS[sign]]} for sign in Sign]
        note = [*table.note, *((count["sign"], BY_SIGN.columns[1].show(count["buyers"])) for count in counts)]
        if table.setup.detail is None:
            # Of three bars the head of a page says enough.
            table = replace(table, chart=replace(BY_SIGN, rows=counts) if limit is None and table.count else None)
        return [replace(table, note=note)]

    def query(self, session: Session, asked: Choices) -> Select:
        sign, manager = asked["sign"], asked["manager"]
        return buyers(
            asked["on"],
            signs(
                asked["on"],
                asked["k"],
                asked["days"],
                sign=Sign(sign) if sign else None,
                manager_id=manager.id if manager else None,
            ),
        )


def buyers(day: date, known: Select[Any]) -> Select[Any]:
    """Whoever the signs are of, with what they follow from."""
    found = known.subquery("signs")
    sign = found.c
    sold = value_by_buyer(Period(shift_months(day, -12) + DAY, day), Measure.REVENUE).subquery("sold")
    reached = main_person(Counterparty.id)
    last_on = last_purchase(day, Counterparty.id)
    count = sign.is_silent + sign.has_fallen + sign.owes_more
    kinds = func.concat_ws(",", *(case((sign[flag] > 0, name.value)) for name, flag in FLAGS.items()))
    return (
        select(
            Counterparty.id,
            Counterparty.code,
            Counterparty.name.label("buyer"),
            reached.c.person,
            reached.c.phone,
            Counterparty.manager_id,
            user_name(User).label("manager"),
            count.label("signs"),
            count.label("why"),  # to be sorted by; its words are made of the figures below
            last_on.label("last_on"),
            (literal(day) - last_on).label("silent"),
            sign.usual.label("rhythm"),
            *(column for column in sign if column.name != "counterparty_id"),
            abc_on(day, Counterparty.id).label("abc"),
            stage_on(day, Counterparty.id).label("stage"),
            xyz_on(day, Counterparty.id).label("xyz"),
            func.coalesce(sold.c.value, 0).label("revenue"),
            kinds.label("kinds"),
        )
        .join(found, sign.counterparty_id == Counterparty.id)
        .outerjoin(sold, sold.c.counterparty_id == Counterparty.id)
        .outerjoin(User, User.id == Counterparty.manager_id)
        .outerjoin(reached, true())
    )


def kinds_caption(value: str) -> str:
    return ", ".join(caption(Sign(kind)).lower() for kind in value.split(","))
