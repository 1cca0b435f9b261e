"""Orders of both kinds in one report: which of them the reader may read, and asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.words import DocumentKind
from app.errors import Refused
from app.models.captions import CAPTIONS
from app.queries.rights import readable
from reports.kit.params import ChoiceParam, Label

SECTIONS = {DocumentKind.ORDER: "Orders", DocumentKind.SUPPLIER_ORDER: "Supplier orders"}
KINDS: Mapping[str, Label] = {str(kind): CAPTIONS[DocumentKind, kind] for kind in SECTIONS}
TO_SUPPLIER = ("SupplierOrder", "id")  # where a row of them leads


@dataclass(frozen=True)
class OrderKindParam(ChoiceParam):
    """Whoever may read orders of one kind alone opens the report with them."""

    def opening(self, session: Session, today: date) -> str:
        kinds = readable(session, SECTIONS)
        return str(kinds[0]) if len(kinds) == 1 else self.default


def kinds_to_show(session: Session, asked: str | None) -> list[DocumentKind]:
    """Of the kinds that the reader may read, those that are asked for; Refused when he may read none of them."""
    kinds = [kind for kind in readable(session, SECTIONS) if asked in (None, kind)]
    if not kinds:
        raise Refused(_("You may not read these orders."), field="kind")
    return kinds
