"""From the checked staging into the base, a few statements for any number of rows."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Integer, func, insert, literal, or_, select, update

from app.domain.text import INVISIBLE, SPACES
from app.services.exchange import own
from app.services.exchange.fields import InfoField, TextField, ValueField
from app.services.exchange.infos import save_infos
from app.services.exchange.matching import value_said
from app.services.exchange.preview import tell_changes
from app.services.exchange.report import ImportReport, RowTold
from app.services.exchange.sentences import each
from app.services.exchange.staging import Staging

# What a cell loses of a text that was typed elsewhere: see `readable`. Programs of tables end lines each in its way.
LOST, INSTEAD = "".join(map(chr, [*SPACES, *INVISIBLE, ord("\r")])), " " * len(SPACES)
BLANKS = "".join(filter(str.isspace, map(chr, range(0x2030))))


def bare(field: ValueField, value: Any) -> ColumnElement[Any]:
    """As a cell would say it."""
    return func.btrim(func.translate(value, LOST, INSTEAD), BLANKS) if type(field) is TextField else value


class RowWriter:
    """Writes what is new or changed and counts it."""

    def __init__(self, staging: Staging, report: ImportReport) -> None:
        self.staging, self.report = staging, report
        self.model: Any = staging.table.model

    def write(self) -> None:
        self.give_numbers()
        self.mark_changed()
        self.spare()
        if self.staging.asked.dry_run:
            tell_changes(self.staging, self.report, self.updates())
        self.write_heads()
        self.write_parts()
        self.write_infos()
        self.refuse_vanished()
        self.count()

    def give_numbers(self) -> None:
        """Numbers of new rows are spent when they are written, not by a check."""
        heads, table = self.staging.heads, self.staging.table
        if not self.staging.asked.dry_run:
            following = func.nextval(func.pg_get_serial_sequence(self.model.__tablename__, "id")).cast(Integer)
            # In the order of the file: as the base comes upon the rows, the order would be another one every time.
            ordered = select(heads.c.line).where(heads.c.is_new).order_by(heads.c.line).subquery()
            given = select(ordered.c.line, following.label("id")).cte()
            self.staging.run(update(heads).where(heads.c.line == given.c.line).values(target_id=given.c.id))
        if table.numbered is not None:
            table.numbered(self.staging)

    def write_parts(self) -> None:
        """What a row has in other tables."""

    def follows(self) -> dict[str, ColumnElement[Any]]:
        """The columns that no field of the file gives."""
        return {name: literal(value) for name, value in self.staging.table.fixed.items()}

    def inside(self) -> list[ValueField]:
        """The fields whose values stand in the row itself."""
        return [field for field in self.staging.table.head_fields if field.aside is None]

    def value_of(self, field: ValueField) -> ColumnElement[Any]:
        """What the file says, or what an empty cell of a new row means."""
        value = value_said(self.staging, field)
        if default := self.staging.table.defaults.get(field.name):
            return func.coalesce(value, default(self.staging))
        return value if field.default is None else func.coalesce(value, field.instead)

    def updates(self) -> dict[ValueField, ColumnElement[Any]]:
        """What every field that the file speaks of will be; an empty cell leaves it unless it is to be cleared."""
        found: dict[ValueField, ColumnElement[Any]] = {}
        for field in self.inside():
            if field.name == self.staging.table.known_by and type(field) is TextField:
                continue  # the code or the number by which the row is known, perhaps in another case
            if field.name in self.staging.asked.clear:
                found[field] = self.value_of(field)
            elif field.name in self.staging.present:
                found[field] = func.coalesce(value_said(self.staging, field), field.stored)
        return found

    def mark_changed(self) -> None:
        heads = self.staging.heads
        different = [
            bare(field, field.stored).is_distinct_from(bare(field, new)) for field, new in self.updates().items()
        ]
        known = heads.c.target_id == self.model.id
        self.staging.run(update(heads).where(known, heads.c.is_new.is_(False), or_(*different)).values(changed=True))

    def spare(self) -> None:
        """Take the mark off what stays as it is, whatever the file says."""

    def write_heads(self) -> None:
        heads, table, follows = self.staging.heads, self.model.__table__, self.follows()
        values = own.columns_of(self.updates(), table.c.get("own")) | follows
        if "version" in table.c:
            values["version"] = table.c.version + 1
        self.staging.run(update(table).where(table.c.id == heads.c.target_id, heads.c.changed).values(values))
        fresh = own.columns_of({field: self.value_of(field) for field in self.inside()}, own.NOTHING) | follows
        rows = select(heads.c.target_id, *fresh.values()).where(heads.c.is_new).order_by(heads.c.line)
        self.staging.run(insert(table).from_select(["id", *fresh], rows, include_defaults=False))

    def write_infos(self) -> None:
        if any(isinstance(field, InfoField) for field in self.staging.table.fields):
            save_infos(self.staging)

    def refuse_vanished(self) -> None:
        """Nobody gives a row away so that he does not see it himself any more."""
        staging = self.staging
        if staging.viewer is None:
            return
        heads = staging.heads
        written = or_(heads.c.is_new, heads.c.changed)
        mine = heads.c.target_id == self.model.id
        wrong = select(heads.c.line).join(self.model, mine).where(written, staging.unseen(self.model))
        name = "manager" if staging.table.field("manager") else staging.table.known_by
        sentence = _("You would not see this row yourself: somebody else would be responsible.")
        each(staging, self.report, name, wrong, lambda: sentence)

    def count(self) -> None:
        heads, report = self.staging.heads, self.report
        new, changed = func.count().filter(heads.c.is_new), func.count().filter(heads.c.changed)
        row = self.staging.run(
            select(new.label("new"), changed.label("changed"), func.count().label("total")).select_from(heads)
        ).one()
        report.created, report.updated, report.skipped = row.new, row.changed, row.total - row.new - row.changed
        if self.staging.asked.tell_rows:
            self.tell_rows()

    def tell_rows(self) -> None:
        heads, lines, told = self.staging.heads, self.staging.lines, self.report.rows
        query = select(lines.c.line, heads.c.target_id, heads.c.is_new, heads.c.changed)
        if lines is not heads:  # every line of a document is told of it
            query = query.join(lines, lines.c.document == heads.c.document)
        for row in self.staging.run(query):
            outcome = "created" if row.is_new else "updated" if row.changed else "skipped"
            told[row.line] = RowTold(None if row.is_new and self.staging.asked.dry_run else row.target_id, outcome)
        told |= {line: told[first] for line, first in self.staging.repeats.items()}
