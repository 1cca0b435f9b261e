"""Codes and numbers for new rows whose file has none."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import String, bindparam, cast, extract, func, literal, select, update

from app.domain.words import DocumentKind
from app.services import numbering
from app.services.counterparties.counterparties import DIGITS
from app.services.exchange.staging import Staging


def give_codes(staging: Staging) -> None:
    """A code of the row's own number, as the form gives it."""
    heads = staging.heads
    model: Any = staging.table.model
    own = cast(heads.c.target_id, String)
    code = func.lpad(own, DIGITS, "0") if not staging.asked.dry_run else literal("?") + own
    without = heads.c.is_new & heads.c.code.is_(None)
    taken = select(model.id).where(model.code == code).correlate(heads).exists()
    staging.run(update(heads).where(without, taken).values(code=code + "-" + own))
    staging.run(update(heads).where(without).values(code=code))


def numbers_of(kind: DocumentKind) -> Any:
    """The next numbers of the year, in the order of the file."""

    def give(staging: Staging) -> None:
        heads = staging.heads
        without = select(heads.c.line, extract("year", heads.c.date).label("year"))
        rows = staging.run(without.where(heads.c.is_new, heads.c.number.is_(None)).order_by(heads.c.line)).all()
        if not rows:
            return
        years = Counter(int(row.year) for row in rows)
        free = {year: iter(numbering.next_numbers(staging.session, kind, year, n)) for year, n in years.items()}
        numbered = update(heads).where(heads.c.line == bindparam("row")).values(number=bindparam("free"))
        values = [{"row": row.line, "free": next(free[int(row.year)])} for row in rows]
        staging.connection.execute(numbered, values)

    return give
