"""Which column of a file is which field."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from app.domain.text import fold, fold_caption
from app.errors import Refused
from app.services.exchange.fields import Field
from app.services.exchange.staging import ImportTable

ColumnChoices = Mapping[str, str | int | None]


def captions(table: ImportTable) -> set[str]:
    """Every header that means a column of the table, as headers are compared."""
    return {fold_caption(word) for field in table.fields for word in field.known_as()}


def guess(table: ImportTable, header: list[str]) -> dict[str, int]:
    """The column of each field whose name or caption is a header; of two such columns the first."""
    positions: dict[str, int] = {}
    for position, title in enumerate(header):
        positions.setdefault(fold(title), position)
    found: dict[str, int] = {}
    for field in table.fields:
        # The name first: a column that is named exactly is meant.
        words = [fold(field.name), *sorted(field.known_as())]
        known = next((positions[word] for word in words if word in positions), None)
        if known is not None and known not in found.values():
            found[field.name] = known
    return found


def columns_of(table: ImportTable, header: list[str], mapping: ColumnChoices | None = None) -> dict[Field, int]:
    """Every known field's column. `mapping` says otherwise by header or position; None or "" leaves a field out."""
    found = guess(table, header)
    for name, column in (mapping or {}).items():
        if table.field(name) is None:
            raise Refused(_("There is no field “%(field)s” here.", field=name), field=name)
        found.pop(name, None)
        if column is None or column == "":
            continue
        position: int = column if isinstance(column, int) else _position(header, column)
        if not 0 <= position < len(header):
            raise Refused(_("The file has no column “%(column)s”.", column=column), field=name)
        for other in [other for other, taken in found.items() if taken == position and other not in (mapping or {})]:
            del found[other]
        found[name] = position
    missing = [field for field in table.fields if field.required and field.name not in found]
    if missing:
        names = ", ".join(f"{field.caption} ({field.name})" for field in missing)
        raise Refused(_("The file has no column for: %(fields)s.", fields=names))
    return {field: found[field.name] for field in table.fields if field.name in found}


def _position(header: list[str], column: str) -> int:
    wanted = fold(column)
    return next((position for position, title in enumerate(header) if fold(title) == wanted), -1)
