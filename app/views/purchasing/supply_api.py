"""REST of orders to suppliers: programs make and close them by the same services as people."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from app import clock
from app.domain.digits import PRICE, QUANTITY
from app.domain.vat import VatRate
from app.models.counterparties import Counterparty
from app.models.products import Item
from app.models.supply import SupplierOrder
from app.models.users import User
from app.services.purchasing.closing import SUPPLIER_ORDERS
from app.services.purchasing.supplier_documents import order_supply
from app.services.typed import LineDraft, SupplyDraft
from app.web.datamodel import DataModel
from app.web.filters import Contains, Exactly
from app.web.intake import OrdersIntake, reference, text
from app.web.schemas import ExactDecimal


class SupplyLineSchema(Schema):
    """A line; the item by its number in the base or its code. Without `vat`: the item's on the day of the order."""

    item = reference(required=True)
    quantity = ExactDecimal(QUANTITY, required=True)
    price = ExactDecimal(PRICE, required=True)
    vat = fields.Enum(VatRate, by_value=fields.String(), load_default=None, allow_none=True)


class SupplierOrderSchema(Schema):
    counterparty = reference(required=True)
    date = fields.Date(load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(SupplyLineSchema), required=True, validate=validate.Length(max=1000))
    number = text(50)
    manager = reference(load_default=None)
    receive_on = fields.Date(load_default=None, allow_none=True)
    pay_by = fields.Date(load_default=None, allow_none=True)
    comment = text(10_000)


class SupplierOrderApi(OrdersIntake):
    resource_name = "supplier_order"
    closable = SUPPLIER_ORDERS
    datamodel = DataModel(
        SupplierOrder,
        searches={"number": (Contains, Exactly)},
        order_by={"date": "date", "number": "number"},
    )
    class_permission_name = "Supplier orders"
    schema = SupplierOrderSchema
    list_columns = [
        *("id", "number", "date", "counterparty.id", "counterparty.code", "manager.username", "receive_on", "pay_by"),
        *("amount", "rest_quantity", "unpaid_amount", "closed_on"),
    ]
    show_columns = [*list_columns, "comment", "received_on", "received_amount", "paid_amount", "due_amount"]
    search_columns = ["number", "date", "counterparty", "manager", "receive_on", "pay_by"]
    base_order = ("date", "desc")

    def make(self, sent: dict[str, Any]) -> SupplierOrder:
        draft = SupplyDraft(
            self.number_of(Counterparty, "code", sent["counterparty"], "counterparty") or 0,
            sent["date"] or clock.today(),
            [
                LineDraft(
                    self.number_of(Item, "code", line["item"], f"lines-{place}-item") or 0,
                    line["quantity"],
                    line["price"],
                    vat=line["vat"],
                )
                for place, line in enumerate(sent["lines"])
            ],
            manager_id=self.number_of(User, "username", sent["manager"], "manager"),
            number=sent["number"].strip(),
            **{name: sent[name] for name in ("receive_on", "pay_by", "comment")},
        )
        return order_supply(self.datamodel.session, draft)
