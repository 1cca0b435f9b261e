"""Rows of persons, and of ways to reach somebody, inside the form of a counterparty: typed, checked, shown as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.ways import KnownWay, parts_of
from app.domain.words import InfoType
from app.extensions import db
from app.models.counterparties import ContactInfoKind
from app.services.counterparties import people
from app.services.counterparties.card import Person
from app.services.counterparties.people import PersonDraft, WayDraft
from app.web.forms.fields import row_number
from app.web.forms.rows import FormRow, RowsField, too_long

NAMES = {"last_name": 100, "first_name": 100, "middle_name": 100, "position": 150}  # cell: letters
REACHED = {"phones": InfoType.PHONE, "emails": InfoType.EMAIL}
LONGEST_WAY = 500
LABELS = {
    "last_name": _l("Last name"),
    "first_name": _l("First name"),
    "middle_name": _l("Middle name"),
    "position": _l("Position"),
    "phones": _l("Phones"),
    "emails": _l("E-mails"),
    "kind": _l("Kind"),
    "value": _l("Value"),
    "comment": _l("Comment"),
}


class PeopleField(RowsField):
    """Persons with their phones and e-mail addresses, several in a cell."""

    section = "Contact persons"
    labels = LABELS
    cells = (*NAMES, *REACHED)

    def check(self, row: FormRow) -> None:
        if not row.typed["last_name"]:
            row.errors["last_name"] = _("Fill this in.")
        for name, most in NAMES.items():
            too_long(row, name, most)
        for name, kind in REACHED.items():
            if too_long(row, name, LONGEST_WAY):
                continue
            for part in parts_of(row.typed[name]):
                if wrong := people.unsound(kind, part):
                    row.errors[name] = wrong

    def show(self, persons: Sequence[Person]) -> None:
        self.fill(
            [
                dict(zip(NAMES, (*person.names, person.position), strict=True))
                | {"id": str(person.id)}
                | {name: "; ".join(texts(person.ways, kind)) for name, kind in REACHED.items()}
                for person in sorted(persons, key=lambda person: person.id)  # the order by talks may change meanwhile
            ]
        )

    def populate_obj(self, obj: Any, name: str) -> None:
        if not self.is_open:
            return
        drafts = [
            PersonDraft(
                row_number(row.typed["id"]),
                {cell: row.typed[cell] for cell in NAMES},
                {kind: parts_of(row.typed[cell]) for cell, kind in REACHED.items()},
            )
            for row in self.data
        ]
        people.keep_people(db.session(), obj, drafts, self.shown, deletes=self.deletes)


class WaysField(RowsField):
    """Ways to reach the counterparty itself."""

    section = "Contact information"
    labels = LABELS
    cells = ("kind", "value", "comment")

    @property
    def choices(self) -> Sequence[ContactInfoKind]:
        found: Sequence[ContactInfoKind] = [kind for kind in self._kinds if kind.for_counterparties]
        return found

    @property
    def _kinds(self) -> Sequence[ContactInfoKind]:
        if not hasattr(self, "_known"):
            self._known = people.kinds(db.session())
        return self._known

    def is_filled(self, row: Mapping[str, str]) -> bool:
        return bool(row["value"] or row["comment"])

    def check(self, row: FormRow) -> None:
        kind = next((each for each in self._kinds if str(each.id) == row.typed["kind"]), None)
        if kind is None:
            row.errors["kind"] = _("Choose one of the list.")
        if not row.typed["value"]:
            row.errors["value"] = _("Fill this in.")
        too_long(row, "comment", 200)
        if too_long(row, "value", LONGEST_WAY):
            return
        if kind is not None and (wrong := people.unsound(kind.type, row.typed["value"])):
            row.errors["value"] = wrong

    def show(self, ways: Sequence[KnownWay]) -> None:
        self.fill(
            [
                {
                    "id": str(way.id),
                    "kind": str(way.kind_id),
                    "value": people.text_of(way.value, way.extension),
                    "comment": way.comment,
                }
                for way in ways
            ]
        )

    def populate_obj(self, obj: Any, name: str) -> None:
        if not self.is_open:
            return
        drafts = [
            WayDraft(row_number(row.typed["id"]), int(row.typed["kind"]), row.typed["value"], row.typed["comment"])
            for row in self.data
        ]
        people.keep_own_ways(db.session(), obj, drafts, self.shown, deletes=self.deletes)


def texts(ways: Sequence[KnownWay], kind: InfoType) -> list[str]:
    return [people.text_of(way.value, way.extension) for way in ways if way.type == kind]
