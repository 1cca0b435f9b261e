"""Why a row cannot be deleted: what refers to it and would not go with it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.base import metadata
from app.models.captions import name_of_table
from app.models.journal import is_journalled


def refusal_to_delete(session: Session, model: Any, row_id: int) -> Refused | None:
    """What refers to the row, counted: “48 orders and 12 contacts”; None when nothing does."""
    found = []
    for table in metadata.sorted_tables:
        columns = [
            column
            for column in table.columns
            for key in column.foreign_keys
            if key.column.table is model.__table__ and key.ondelete is None
        ]
        for column in columns:
            count = session.scalar(select(func.count()).select_from(table).where(column == row_id))
            if count and is_journalled(table.name):
                found.append(_counted(table.name, count))
    if not found:
        return None
    *most, last = found
    what = _("%(most)s and %(last)s", most=", ".join(most), last=last) if most else last
    return Refused(_("It cannot be deleted, this hangs on it: %(what)s.", what=what))


def _counted(table: str, count: int) -> str:
    match table:
        case "buyer_order":
            return str(ngettext("%(num)s order", "%(num)s orders", count))
        case "contact":
            return str(ngettext("%(num)s contact", "%(num)s contacts", count))
        case "shipment":
            return str(ngettext("%(num)s shipment", "%(num)s shipments", count))
        case "payment":
            return str(ngettext("%(num)s payment", "%(num)s payments", count))
        case "supplier_order":
            return str(ngettext("%(num)s supplier order", "%(num)s supplier orders", count))
        case "receipt":
            return str(ngettext("%(num)s receipt", "%(num)s receipts", count))
        case "counterparty":
            return str(ngettext("%(num)s counterparty", "%(num)s counterparties", count))
    return f"{name_of_table(table).lower()}: {count}"
