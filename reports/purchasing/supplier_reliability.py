"""Надежность поставщиков: what was set by hand beside what is measured."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.words import Reliability
from app.models.captions import caption
from app.models.counterparties import Counterparty
from app.queries.purchasing.suppliers import measure_columns, measured, terms_on
from reports.kit.columns import Choice, Date, Number, Percent, Text
from reports.kit.params import DateParam, LookupParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape


class SupplierReliability(Report):
    """Every supplier over the 12 months to the day.

    Measured reliability is the share of supplier orders received in full on or
    before the day promised: 95 % is high, 80 % medium; without such orders there
    is none. An order that was moved counts by its new day, and is told apart when
    that is later than the first one. The lead time is the mean of days from an order to its receipts.
    """

    slug = "supplier-reliability"
    title = _l("Reliability of suppliers")
    group = _l("Suppliers")
    description = _l("Who delivers in full and in time, and how long it takes: set by hand and measured.")
    params = (
        DateParam("on", _l("On"), default="today"),
        LookupParam("counterparty", _l("Supplier"), model=Counterparty, key="code"),
    )

    def shape(self, asked: Choices) -> Shape:
        def named(value: str) -> str:
            return caption(Reliability(value))

        return Shape(
            columns=(
                Text("code", _l("Code"), width=14, aside=True),
                Text("supplier", _l("Supplier"), width=36, link=("Counterparty", "id")),
                Choice("reliability", _l("Reliability"), width=22, caption=named),
                Choice("measured", _l("Measured reliability"), width=22, caption=named),
                Percent("share", _l("In full and in time, %"), total=False),
                Number("promised", _l("Orders promised")),
                Number("kept", _l("Of them kept")),
                Number("moved", _l("Of them moved later")),
                Number("lead_days", _l("Lead time, days"), total=False),
                Number("measured_days", _l("Measured lead time, days"), total=False),
                Number("receipts", _l("Number of receipts")),
                Text("delivery", _l("Delivery terms"), width=30),
                Date("since", _l("Set on"), aside=True),
            ),
            order=("supplier",),
            groups=("reliability", "measured"),
        )

    def query(self, session: Session, asked: Choices) -> Select:
        ids = [asked["counterparty"].id] if asked["counterparty"] else None
        found = measured(asked["on"], ids).order_by(None).subquery("measured")
        told = terms_on(asked["on"]).subquery("terms")
        terms = told.c
        share, measured_as, days = measure_columns(found)
        return select(
            found.c.id,
            found.c.code,
            found.c.name.label("supplier"),
            terms.reliability,
            share,
            measured_as,
            found.c.promised,
            found.c.kept,
            found.c.moved,
            terms.lead_days,
            days,
            found.c.receipts,
            terms.delivery,
            terms.on_date.label("since"),
        ).outerjoin(told, terms.counterparty_id == found.c.id)
