"""Closing of orders by a file: the same verb as everywhere, so that the first reason stays."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, Select, func, select

from app.models.visibility import viewer_of
from app.services.closing import Closable
from app.services.exchange.report import ImportReport
from app.services.exchange.saving import RowWriter
from app.services.exchange.staging import Staging


class ClosingWriter(RowWriter):
    """Closes what is not closed yet; those of one day and comment together, in the order of the file."""

    def __init__(self, closable: Closable, staging: Staging, report: ImportReport) -> None:
        super().__init__(staging, report)
        self.closable = closable

    def write(self) -> None:
        staging, report = self.staging, self.report
        rows = staging.run(lines_to_close(staging, self.closable.order)).all()
        viewer = viewer_of(staging.session)
        self.closable.lock(staging.session, [(row.order_id, row.counterparty_id) for row in rows])
        for (on, comment), some in groupby(rows, key=lambda row: (row.on, row.comment)):
            named: dict[int, Row] = {row.order_id: row for row in some}
            closed = self.closable.close(
                staging.session,
                {order: row.reason_id for order, row in named.items()},
                on=on,
                by_id=viewer.user_id if viewer else None,
                comment=comment,
            )
            report.created += len(closed.rows)
            report.skipped += len(closed.before)
            for row in closed.before:
                line = named[row.order_id]
                if row.reason_id != line.reason_id:
                    order, reason = row.order.number, row.reason.name
                    told = _(
                        "Order %(order)s was closed before, its reason stays: %(reason)s.", order=order, reason=reason
                    )
                    report.warn(line.line, "reason", told)


def lines_to_close(staging: Staging, model: Any) -> Select:
    """`line`, `order_id`, `counterparty_id`, `reason_id`, `on`, `comment` of every line."""
    heads = staging.heads
    on, comment = func.coalesce(heads.c.date, staging.today), func.coalesce(heads.c.comment, "")
    order = staging.named("order")
    return (
        select(
            heads.c.line,
            order.label("order_id"),
            model.counterparty_id,
            staging.named("reason").label("reason_id"),
            on.label("on"),
            comment.label("comment"),
        )
        .join(model, model.id == order)
        .order_by(on, comment, heads.c.line)
    )
