"""The numbers of the first page: each is how many rows a list finds by the filters that its link asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.viewer import Viewer
from app.domain.words import ContactState
from app.extensions import db
from app.models.visibility import narrowed_for, viewer_of
from app.web.display import AtLeast, reader_zone
from app.web.lists.chosen import ChosenRows

CAP = 1000  # nobody does more today; counting fifty thousand would cost more than the whole page
WEEK = timedelta(days=7)

Asked = dict[str, Any]


@dataclass(frozen=True)
class Tile:
    """A number of the first page; its link shows exactly the rows behind it."""

    label: str
    count: int
    url: str
    is_late: bool


@dataclass(frozen=True, eq=False)
class CountedRows:
    """How many rows of a list are asked for: `asked` are its filters, by the day and the reader."""

    view: str
    label: Any
    right: tuple[str, str]
    asked: Callable[[date, int], Asked]
    is_late: bool = False
    needs: tuple[tuple[str, str], ...] = field(default_factory=tuple)

    @property
    def offered(self) -> bool:
        may = current_app.appbuilder.sm.has_access  # type: ignore[attr-defined]
        return all(may(*right) for right in (self.right, *self.needs))


def planned_contacts(when: str, day: date, me: int) -> Asked:
    return {"_flt_0_when": when, "_flt_0_state": ContactState.PLANNED.value, "_flt_0_manager": me}


HEADS = ("can_write", "Responsible managers")  # who says whose clients are whose answers for those people
NUMBERS = (
    CountedRows(
        *("ContactView", _l("Overdue contacts"), ("can_read", "Contacts")),
        asked=lambda day, me: planned_contacts("overdue", day, me),
        is_late=True,
    ),
    CountedRows(
        *("ContactView", _l("Contacts today"), ("can_read", "Contacts")),
        asked=lambda day, me: planned_contacts("today", day, me),
    ),
    CountedRows(
        *("TaskView", _l("Tasks due by today"), ("can_read", "Tasks")),
        asked=lambda day, me: {"_flt_0_whose": "mine", "_flt_0_standing": "due"},
        is_late=True,
    ),
    CountedRows(
        *("OrderView", _l("Orders to ship by today"), ("can_read", "Orders")),
        asked=lambda day, me: {"_flt_0_due": "ship", "_flt_0_manager": me},
        is_late=True,
    ),
    CountedRows(
        *("OrderView", _l("Payments due by today"), ("can_read", "Orders")),
        asked=lambda day, me: {"_flt_0_due": "pay", "_flt_0_manager": me},
        is_late=True,
    ),
    CountedRows(
        *("SupplierOrderView", _l("Late receipts"), ("can_write", "Supplier orders")),
        asked=lambda day, me: {"_flt_0_state": "late"},
        is_late=True,
    ),
    CountedRows(
        *("SupplierOrderView", _l("Receipts due within a week"), ("can_write", "Supplier orders")),
        asked=lambda day, me: {"_flt_0_state": "week"},
    ),
    CountedRows(
        *("SupplierOrderView", _l("Suppliers to pay by today"), ("can_write", "Supplier payments")),
        asked=lambda day, me: {"_flt_0_due": "pay"},
        is_late=True,
    ),
    CountedRows(
        *("SupplierItemView", _l("Prices risen within 30 days"), ("can_write", "Suppliers")),
        asked=lambda day, me: {"_flt_0_change": "risen"},
    ),
    CountedRows(
        *("CounterpartyView", _l("Fell in class"), ("can_read", "Counterparties")),
        asked=lambda day, me: {"_flt_0_class_move": "fell"},
        needs=(HEADS,),
    ),
    CountedRows(
        *("ContactView", _l("Inquiries within a week"), ("can_read", "Contacts")),
        asked=lambda day, me: {
            "_flt_0_inquiry": "1",
            "_flt_0_starts_at": (day - WEEK + timedelta(days=1)).isoformat(),
            "_flt_1_starts_at": day.isoformat(),
        },
        needs=(("can_write", "Catalogues"),),
    ),
)


def tiles_of(session: Session, day: date, me: int) -> list[Tile]:
    """Every number that the reader may ask for, counted by one statement."""
    numbers = tuple(number for number in NUMBERS if number.offered)
    if not numbers:
        return []
    counts = session.execute(counting(viewer_of(session), numbers, me, reader_zone(), day, clock.today())).one()
    return [
        Tile(str(number.label), capped(count), list_url(number.view, number.asked(day, me)), number.is_late)
        for number, count in zip(numbers, counts, strict=True)
    ]


@lru_cache(maxsize=128)
def counting(
    viewer: Viewer | None, numbers: tuple[CountedRows, ...], me: int, _zone: ZoneInfo, day: date, _today: date
) -> Select[Any]:
    """How many rows each list finds, stopped at one more than the cap.

    Made once a day for each reader: all that the filters of `numbers` go by are these arguments, of which some know the
    reader's zone and the business day by themselves.
    """
    counts = (counted(db.session(), number.view, number.asked(day, me)) for number in numbers)
    return narrowed_for(viewer, select(*counts))


def counted(session: Session, view: str, asked: Asked) -> ScalarSelect[int]:
    rows = ChosenRows(view, {name: str(value) for name, value in asked.items()})
    keys = rows.statement(session).order_by(None).limit(CAP + 1).subquery()
    return select(func.count()).select_from(keys).scalar_subquery()


def list_url(view: str, asked: Asked) -> str:
    return url_for(f"{view}.list", **asked)


def capped(count: int) -> int:
    return AtLeast(count) if count > CAP else count


def worth_showing(tiles: Iterable[Tile], *, sees_all: bool) -> list[Tile]:
    """Who sees the whole base has nothing of his own in most of it: zeros only fill his page."""
    return [tile for tile in tiles if tile.count or not sees_all]
