"""A report is declared once; page, workbook, JSON and command line print the tables it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from app.domain.own_fields import PREFIX
from app.errors import Refused
from app.formatting import currency, short_date
from app.models.counterparties import Counterparty
from reports.kit import own, setup
from reports.kit.columns import Row, UserName
from reports.kit.comparing import Asking
from reports.kit.params import Label, Param, UnknownName
from reports.kit.reading import table_of
from reports.kit.setup import Setup, Shape
from reports.kit.table import ReportTable


@dataclass(frozen=True)
class Choices:
    """The reader's choices: their texts (default ones included), and what they mean."""

    texts: Mapping[str, str]
    values: Mapping[str, Any]
    today: date
    as_of: datetime | None = None  # the moment of the base, where a copy of it is read
    copy_is_gone: bool = False  # the main base is read in its place

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def number(self, name: str) -> int:
        """Of the chosen row; 0, which no row has, when nothing is chosen."""
        return int(self[name].id) if self[name] else 0


def section_of(slug: str) -> str:
    """The name of the report among the rights of roles."""
    return f"Report {slug}"


class TableSet:
    """Several tables under one title, with the same choices. One sheet each in a workbook."""

    slug: ClassVar[str]
    title: ClassVar[Label]
    description: ClassVar[Label]
    group: ClassVar[Label]  # the part of the catalogue
    params: ClassVar[Sequence[Param]] = ()
    about: ClassVar[str] = ""  # the choice without which there is nothing to show, or far too much
    about_all: ClassVar[Mapping[str, str]] = {}  # the choices of a page about all of them; none: there is no such page
    invitation: ClassVar[Label] = ""  # what the page says until it is made
    definitions: ClassVar[Mapping[str, Label]] = {}  # by the names of columns: how a figure is counted

    @property
    def section(self) -> str:
        return section_of(self.slug)

    def page_choices(self, session: Session, today: date) -> Mapping[str, str]:
        """What the page opens with for a reader who has chosen nothing yet; programs and letters get all there is."""
        return {}

    def texts(self, session: Session, args: Mapping[str, str], *, today: date) -> dict[str, str]:
        """The text of every choice: what the reader leaves open has what the report opens with."""
        return {p.name: args.get(p.name, "").strip() or p.opening(session, today) for p in self.params}

    def ask(self, session: Session, args: Mapping[str, str], *, today: date) -> Choices:
        """Read every choice; Refused with the field where a text means nothing."""
        known = {*(param.name for param in self.params), *setup.NAMES}
        if unknown := next((name for name in args if name not in known and not name.startswith(PREFIX)), None):
            raise unknown_parameter(unknown)
        texts = self.texts(session, args, today=today)
        values = {p.name: p.value(session, texts[p.name], today) for p in self.params}
        texts |= {name: args.get(name, "").strip() for name in setup.NAMES}
        texts |= {name: text.strip() for name, text in args.items() if name.startswith(PREFIX) and text.strip()}
        return Choices(texts, values, today, session.info.get("as_of"), session.info.get("copy_is_gone", False))

    def tables(
        self, session: Session, args: Mapping[str, str], *, today: date, limit: int | None = None
    ) -> Sequence[ReportTable]:
        """Everything the report shows; at most `limit` rows of a table, but totals of all.

        Without a limit the rows are a stream: they are read as they are printed, once.
        """
        raise NotImplementedError

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        """The choices in words, for the head of the report."""
        chosen = [(str(p.label), p.show(asked[p.name])) for p in self.params if asked[p.name] is not None]
        made = [(_("Made on"), short_date(asked.today))]
        if asked.as_of:
            made.append((_("Data as of"), str(format_datetime(asked.as_of, "dd.MM.yyyy HH:mm"))))
        if asked.copy_is_gone:
            made.append((_("Data"), _("of the main base: the copy for reports does not answer")))
        return [*chosen, *made]


def unknown_parameter(name: str) -> Refused:
    return UnknownName(_("The report has no parameter “%(name)s”.", name=name), name, name)


def of_clients(asked: Choices) -> list[ColumnElement[bool]]:
    """Of the chosen counterparty and of the chosen manager's, where they are asked for."""
    found: list[ColumnElement[bool]] = []
    if asked["counterparty"]:
        found.append(Counterparty.id == asked["counterparty"].id)
    if asked["manager"]:
        found.append(Counterparty.manager_id == asked["manager"].id)
    return found


def counted_for(whose: Label) -> tuple[str, str]:
    """Whose the figures of a report by managers are, for its head."""
    return _("Counted for"), str(whose)


def currency_line() -> tuple[str, str]:
    """What money is counted in, for the head of the report."""
    return _("Sums"), _("in %(currency)s", currency=currency())


class Report(TableSet):
    """One table. A descendant says its shape and one query whose columns bear the names of the shape's.

    The query has a column `id` too, which makes any order unambiguous.
    """

    def shape(self, asked: Choices) -> Shape:
        raise NotImplementedError

    def query(self, session: Session, asked: Choices) -> Select:
        raise NotImplementedError

    def finish(self, row: Row) -> Row:
        """A row as it is shown, of one that was read: with what is easier said in Python."""
        return row

    def foot(self, asked: Choices) -> Sequence[tuple[str, Row]]:
        """Lines below the total, outside of it, with their labels."""
        return ()

    def tables(
        self, session: Session, args: Mapping[str, str], *, today: date, limit: int | None = None
    ) -> Sequence[ReportTable]:
        asked = self.ask(session, args, today=today)
        bare = self.shape(asked)
        parts = own.parts_of(session, bare)
        shape = own.with_parts(bare, parts)
        narrowed = {name: text for name, text in asked.texts.items() if name.startswith(PREFIX)}
        if unknown := next((name for name in narrowed if name not in {part.name for part in parts}), None):
            raise unknown_parameter(unknown)
        wanted = Setup.of(shape, asked.texts, Asking(session, today))
        query = own.with_own_columns(self.query(session, asked), parts, wanted.names, narrowed)
        own_note = [(part.field.name, narrowed[part.name]) for part in parts if part.name in narrowed]
        by_users = [column for column in shape.columns if isinstance(column, UserName) and column.counted_for]
        whose = [counted_for(c.counted_for) for c in by_users if c.name in wanted.names or asked.texts.get(c.name)]
        note = [*self.note(asked), *whose, *own_note, *wanted.note(shape, session)]
        table = table_of(session, query, shape, wanted, limit, title=str(self.title), note=note, finish=self.finish)
        return [replace(table, own=[part.param for part in parts], foot=self.foot(asked))]
