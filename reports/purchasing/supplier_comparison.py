"""Сравнение поставщиков: who offers an item, at what price, how soon and how reliably."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.domain.words import PriceSource, Reliability
from app.models.captions import caption
from app.models.products import Item
from app.queries.purchasing.suppliers import comparison
from reports.kit.columns import Choice, Date, Money, Number, Percent, Text
from reports.kit.params import DateParam, LookupParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape


def level(value: str) -> str:
    return caption(Reliability(value))


class SupplierComparison(Report):
    """Every supplier of one item: the price that holds on the day, what was promised and what was measured."""

    slug = "supplier-comparison"
    title = _l("Comparison of suppliers")
    group = _l("Suppliers")
    description = _l("Who offers an item: price, lead time and reliability, set by hand and measured.")
    params = (LookupParam("item", _l("Item"), model=Item, key="code"), DateParam("on", _l("On"), default="today"))
    about = "item"
    invitation = _l("Choose an item: its suppliers and their prices are shown here.")

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                Text("supplier", _l("Supplier"), width=36, link=("Counterparty", "id")),
                Money("price", _l("Price"), total=False),
                Number("rank", _l("Place by price"), total=False),
                Date("price_on", _l("Price since")),
                Choice("source", _l("Source of the price"), width=20, words=PriceSource),
                Number("min_quantity", _l("Smallest quantity"), total=False),
                Number("lead_days", _l("Lead time, days"), total=False),
                Number("measured_days", _l("Measured lead time, days"), total=False),
                Choice("reliability", _l("Reliability"), width=22, caption=level),
                Choice("measured", _l("Measured reliability"), width=22, caption=level),
                Percent("share", _l("In full and in time, %"), total=False),
                Number("promised", _l("Orders promised"), aside=True),
                Number("moved", _l("Of them moved later"), aside=True),
                Text("supplier_code", _l("Supplier's code"), width=18),
                Text("delivery", _l("Delivery terms"), width=30),
            ),
            order=("rank", "supplier"),
        )

    def query(self, session: Session, asked: Choices) -> Select:
        return comparison(asked["item"].id if asked["item"] else None, asked["on"])

    def note(self, asked: Choices) -> list[tuple[str, str]]:
        return [*super().note(asked), *([] if asked["item"] else [(_("Result"), _("Choose an item."))])]
