"""Columns of lists that say of a client or a person what one asks before calling: phone, class, contacts, debt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import ColumnElement
from wtforms import SelectField, StringField

from app import clock
from app.domain import ways
from app.domain.digits import MONEY
from app.domain.formats.values import BadValue, Wrong, parse_decimal
from app.domain.stages import Stage
from app.domain.words import AbcClass, InfoType
from app.errors import Refused
from app.formatting import figure
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.figures import ClientFigure
from app.models.users import User
from app.queries.classification.classes import abc_on, fell
from app.queries.classification.stages import stage_on, xyz_on
from app.queries.client_list import (
    additional_managers,
    in_stage,
    last_contact,
    main_phone,
    next_contact,
    of_class,
    owes_from,
    phone_of_contact,
    silent_since,
    worked_with_by,
)
from app.queries.sales.settlements import overdue
from app.services.own_fields import EXPECTED
from app.web.display import NOTHING, day_text, reader_today, reader_zone
from app.web.filters import Filter, one_of_list, row_asked, word_of
from app.web.forms.fields import LookupField, offered, row_number, words_of
from app.web.lists.columns import Fact
from app.web.reach import linked

LONGEST_SILENCE = 100 * 366  # days
STAGES = {  # one word each: a column is narrow
    Stage.POTENTIAL: _l("Potential"),
    Stage.ONE_TIME: _l("One-time"),
    Stage.REGULAR: _l("Regular"),
    Stage.LOST: _l("Lost"),
}


def phone(found: list[str] | None) -> Any:
    """The number as a link that dials it."""
    if not found:
        return NOTHING
    value, number, extension = found
    return linked(ways.readable_way(value, number), ways.link(InfoType.PHONE, value, number, extension), extension)


def abc_chip(abc: Any) -> Any:
    if abc is None:
        return NOTHING
    return Markup(f'<span class="tag{" strong" if abc == "A" else ""}">{abc.value}</span>')


def stage_text(standing: tuple[Any, Any] | None) -> str:
    stage, xyz = standing or (None, None)
    return NOTHING if stage is None else " · ".join(filter(None, (str(STAGES[stage]), xyz and xyz.value)))


def local_day(moment: Any) -> Any:
    return moment and moment.astimezone(reader_zone()).date()


def days() -> Callable[[datetime | None], str]:
    zone = reader_zone()
    return lambda moment: day_text(moment.astimezone(zone)) if moment else NOTHING


def planned_days() -> Callable[[datetime | None], str]:
    """Red when it is over."""
    zone, today = reader_zone(), reader_today()

    def text(moment: datetime | None) -> str:
        if moment is None:
            return NOTHING
        day = moment.astimezone(zone).date()
        return Markup(f'<span class="late">{day_text(day)}</span>') if day < today else day_text(day)

    return text


def debt(owed: tuple[Any, Any] | None) -> Any:
    """Red when some of it is overdue."""
    total, late = owed or (None, None)
    if not total:
        return NOTHING
    return Markup(f'<span class="late">{figure(total)}</span>') if late else figure(total)


class OfClass(Filter):
    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        return of_class(word_of(value, AbcClass))

    def input(self) -> Any:
        return SelectField(choices=offered(words_of(AbcClass)))


class Fell(Filter):
    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        return one_of_list(value, {"fell": fell})()

    def input(self) -> Any:
        return SelectField(choices=offered({"fell": _l("Fell at the last classification")}))


class InStage(Filter):
    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        return in_stage(word_of(value, Stage))

    def input(self) -> Any:
        return SelectField(choices=offered(words_of(Stage)))


class OwesFrom(Filter):
    """Whoever owes so much or more."""

    name, arg_name = _l("from"), "ge"

    def condition(self, value: str) -> ColumnElement[bool]:
        try:
            return owes_from(parse_decimal(value, MONEY))
        except BadValue as bad:
            raise Refused(EXPECTED[bad.expected]) from None

    def input(self) -> Any:
        return StringField(render_kw={"inputmode": "decimal"})


class SilentFor(Filter):
    """Nobody has talked to him for so many days."""

    name, arg_name = _l("days"), "ge"

    def condition(self, value: str) -> ColumnElement[bool]:
        days = row_number(value)
        if days is None:
            raise Refused(_("“%(text)s” is not a whole number.", text=value))
        if days > LONGEST_SILENCE:
            raise Refused(EXPECTED[Wrong.BIG])
        return silent_since(clock.now() - timedelta(days=days))

    def input(self) -> Any:
        return StringField(render_kw={"inputmode": "numeric"})


class WorkedWithBy(Filter):
    """Whoever is responsible for the client or an additional manager of it."""

    name, arg_name = _l("Equal to"), "rel_o_m"

    def condition(self, value: str) -> ColumnElement[bool]:
        return worked_with_by(row_asked(value))

    def input(self) -> Any:
        return LookupField(model=User)


# Named as the columns, so that who may not read a column cannot ask for it either.
SEARCHES = {"abc": OfClass, "class_move": Fell, "stage": InStage, "debt": OwesFrom, "last_contact": SilentFor}
SEARCH_LABELS = {
    "abc": _l("Class"),
    "class_move": _l("Change of class"),
    "stage": _l("Stage"),
    "debt": _l("Debt from"),
    "last_contact": _l("No contact for, days"),
}
ORDERS = {
    "abc": ClientFigure.abc,
    "debt": ClientFigure.debt,
    "last_contact": ClientFigure.last_contact_at,
    "next_contact": ClientFigure.next_contact_at,
}
OF_CLIENT = {
    "abc": Fact(
        _l("Class"),
        lambda today, _: [abc_on(today, Counterparty.id)],
        sections=("Classification",),
        formatter=abc_chip,
        excel=lambda abc: abc and abc.value,
        kind="whole",
    ),
    "stage": Fact(
        _l("Stage"),
        lambda today, _: [stage_on(today, Counterparty.id), xyz_on(today, Counterparty.id)],
        sections=("Classification",),
        of_reader=lambda: cache(stage_text),
        excel=stage_text,
        kind="whole",
    ),
    "additional": Fact(_l("Additional managers"), lambda *_: [additional_managers(Counterparty.id)]),
    "phone": Fact(
        _l("Phone"),
        lambda *_: [main_phone(ContactInfo.counterparty_id, Counterparty.id)],
        sections=("Contact information",),
        formatter=phone,
        excel=phone,
        kind="whole",
    ),
    "last_contact": Fact(
        _l("Last contact"),
        lambda *_: [last_contact(Counterparty.id)],
        sections=("Contacts",),
        of_reader=days,
        excel=local_day,
        kind="whole",
    ),
    "next_contact": Fact(
        _l("Next contact"),
        lambda *_: [next_contact(Counterparty.id)],
        sections=("Contacts",),
        of_reader=planned_days,
        excel=local_day,
        kind="whole",
    ),
    "debt": Fact(
        _l("Debt"),
        lambda _today, owed: [owed.debt, owed.overdue],
        beside=lambda ids, today: overdue(today, ids).subquery("owed"),
        sections=("Shipments", "Payments"),
        formatter=debt,
        kind="num",
    ),
}
OF_CONTACT = {
    "phone": Fact(
        _l("Phone"),
        lambda *_: [phone_of_contact()],
        sections=("Contact information",),
        formatter=phone,
        kind="whole",
    )
}
OF_PERSON = {
    "phone": Fact(
        _l("Phone"),
        lambda *_: [main_phone(ContactInfo.person_id, ContactPerson.id)],
        sections=("Contact information",),
        formatter=phone,
        excel=phone,
        kind="whole",
    )
}
