"""REST of orders and their documents: programs make them by the same services as people."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Response
from flask_appbuilder.api import expose, protect, safe
from flask_appbuilder.security.decorators import permission_name
from marshmallow import Schema, fields, validate

from app import clock
from app.domain.digits import MONEY, PERCENT, PRICE, QUANTITY
from app.domain.vat import VatRate
from app.domain.words import MovementKind
from app.models.closing import ClosingReason
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.models.users import User
from app.models.visibility import viewer_of
from app.services.sales.closing import close_orders
from app.services.sales.orders import save_order
from app.services.sales.payments import pay
from app.services.sales.shipments import ship, take_return
from app.services.typed import LineDraft, OrderDraft, PaymentDraft, ShipmentDraft, ShippedDraft, header
from app.web.datamodel import DataModel
from app.web.exact import ExactDecimal
from app.web.filters import Contains, Exactly
from app.web.intake import Intake
from app.web.rest import VERBS


def text(most: int) -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=most))


def named(**more: Any) -> fields.Raw:
    """A row, by its number in the base or by its code, number or login."""
    spellings = [{"type": "integer"}, {"type": "string"}]
    return fields.Raw(metadata={"oneOf": spellings, "description": "Number of the row, or its code"}, **more)


BY_NUMBER = {"number": (Contains, Exactly)}


class LineSchema(Schema):
    """A line; the item by its number in the base or its code. Without `vat`: the item's on the day of the document."""

    item = named(required=True)
    quantity = ExactDecimal(QUANTITY, required=True)
    price = ExactDecimal(PRICE, required=True)
    discount = ExactDecimal(PERCENT, load_default=Decimal(0))
    vat = fields.Enum(VatRate, by_value=fields.String(), load_default=None, allow_none=True)
    cost = ExactDecimal(PRICE, load_default=None, allow_none=True)


class OrderSchema(Schema):
    counterparty = named(required=True)
    date = fields.Date(load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=validate.Length(max=1000))
    number = text(50)
    person = fields.Integer(load_default=None, allow_none=True)
    manager = named(load_default=None)
    ship_on = fields.Date(load_default=None, allow_none=True)
    pay_by = fields.Date(load_default=None, allow_none=True)
    delivery_address = text(500)
    comment = text(10_000)


class ShipmentSchema(Schema):
    """`confirmed` lets more be shipped than is left of the order."""

    counterparty = named(load_default=None)
    order = named(load_default=None)
    kind = fields.Enum(MovementKind, by_value=True, load_default=MovementKind.SHIPMENT)
    date = fields.Date(load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=validate.Length(max=1000))
    number = text(50)
    manager = named(load_default=None)
    confirmed = fields.Boolean(load_default=False)


class PaymentSchema(Schema):
    counterparty = named(load_default=None)
    order = named(load_default=None)
    date = fields.Date(load_default=None, allow_none=True)
    amount = ExactDecimal(MONEY, required=True)
    purpose = text(500)
    number = text(50)


class ClosingSchema(Schema):
    reason = named(load_default=None)
    date = fields.Date(load_default=None, allow_none=True)
    comment = text(500)


class DealApi(Intake):
    """What orders, shipments and payments have in common."""

    def lines(self, sent: dict[str, Any], kind: type[LineDraft]) -> list[Any]:
        made = []
        for place, line in enumerate(sent["lines"]):
            number = self.number_of(Item, "code", line["item"], f"lines-{place}-item")
            more = {"vat": line["vat"]} | ({"cost": line["cost"]} if kind is ShippedDraft else {})
            made.append(kind(number or 0, line["quantity"], line["price"], line["discount"], **more))
        return made

    def owner(self, sent: dict[str, Any]) -> tuple[int, int | None]:
        """The counterparty, said or that of the order, and the order."""
        order = self.number_of(BuyerOrder, "number", sent["order"], "order")
        owner = self.number_of(Counterparty, "code", sent["counterparty"], "counterparty")
        if owner is None and order is not None:
            owner = self.datamodel.session.get_one(BuyerOrder, order).counterparty_id
        return owner or 0, order

    def manager(self, sent: dict[str, Any]) -> int | None:
        return self.number_of(User, "username", sent["manager"], "manager")


# What of an order is sent and answered as it is: the rest names rows.
PLAIN = [name for name in header(OrderDraft, BuyerOrder) if not name.endswith("_id")]


class OrderApi(DealApi):
    resource_name = "order"
    datamodel = DataModel(BuyerOrder, searches=BY_NUMBER, order_by={"date": "date", "number": "number"})
    class_permission_name = "Orders"
    method_permission_name = VERBS | {"close": "write"}
    include_route_methods = {"info", "get", "get_list", "deleted", "post", "close"}
    schema = OrderSchema
    openapi_spec_component_schemas = (ClosingSchema,)
    list_columns = [
        *("id", "number", "date", "counterparty.id", "counterparty.code", "manager.username"),
        *("status", "shipment_state", "payment_state", "ship_on", "pay_by"),
        *("amount", "rest_quantity", "unpaid_amount"),
    ]
    show_columns = [
        *dict.fromkeys((*list_columns, *PLAIN)),
        *("corrected_amount", "shipped_amount", "returned_amount", "rest_amount", "paid_amount"),
        *("done_on", "closed_on"),
    ]
    search_columns = ["number", "date", "counterparty", "manager", "status", "shipment_state", "payment_state"]
    base_order = ("date", "desc")

    def make(self, sent: dict[str, Any]) -> BuyerOrder:
        found = {
            "counterparty_id": self.number_of(Counterparty, "code", sent["counterparty"], "counterparty") or 0,
            "date": sent["date"] or clock.today(),
            "lines": self.lines(sent, LineDraft),
            "number": sent["number"].strip(),
            "person_id": sent["person"],
            "manager_id": self.manager(sent),
        }
        return save_order(self.datamodel.session, OrderDraft(**{name: sent[name] for name in PLAIN} | found))

    @expose("/<pk>/close", methods=["POST"])
    @protect()
    @safe
    @permission_name("close")
    def close(self, pk: str) -> Response:
        """Close the order with a reason; of an order closed before the first closing is given.
        ---
        post:
          parameters:
          - in: path
            name: pk
            schema:
              type: integer
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  $ref: '#/components/schemas/ClosingSchema'
          responses:
            200:
              description: The closing
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            404:
              $ref: '#/components/responses/404'
            422:
              $ref: '#/components/responses/422'
        """
        order = self.row(pk)
        if order is None:
            return self.response_404()
        return self.written(lambda: self._close(order))

    def _close(self, order: BuyerOrder) -> Response:
        sent = self.sent(ClosingSchema)
        viewer = viewer_of(self.datamodel.session)
        closed = close_orders(
            self.datamodel.session,
            {order.id: self.number_of(ClosingReason, "name", sent["reason"], "reason")},
            on=sent["date"] or clock.today(),
            by_id=viewer.user_id if viewer else None,
            comment=sent["comment"],
        )
        self.datamodel.session.commit()
        (row,) = closed.rows or closed.before
        result = {
            "number": row.number,
            "date": row.on.isoformat(),
            "reason": row.reason.name,
            "closing_amount": str(row.closing_amount),
            "unpaid_amount": str(row.unpaid_amount),
            "order_amount": str(row.order_amount),
        }
        return self.response(200, id=row.id, result=result, closed_before=bool(closed.before), message=closed.message)


class ShipmentApi(DealApi):
    resource_name = "shipment"
    datamodel = DataModel(Shipment, searches=BY_NUMBER, order_by={"date": "date", "number": "number"})
    class_permission_name = "Shipments"
    include_route_methods = {"info", "get", "get_list", "deleted", "post"}
    schema = ShipmentSchema
    list_columns = [
        *("id", "number", "date", "kind", "counterparty.id", "counterparty.code", "order.number"),
        *("manager.username", "amount", "vat_amount", "cost_amount"),
    ]
    search_columns = ["number", "date", "kind", "counterparty", "manager"]
    base_order = ("date", "desc")

    def make(self, sent: dict[str, Any]) -> Shipment:
        counterparty_id, order_id = self.owner(sent)
        draft = ShipmentDraft(
            counterparty_id,
            sent["date"] or clock.today(),
            self.lines(sent, ShippedDraft),
            order_id=order_id,
            number=sent["number"].strip(),
            manager_id=self.manager(sent),
            confirmed=sent["confirmed"],
        )
        move = ship if sent["kind"] is MovementKind.SHIPMENT else take_return
        return move(self.datamodel.session, draft)


class PaymentApi(DealApi):
    resource_name = "payment"
    datamodel = DataModel(Payment, searches=BY_NUMBER, order_by={"date": "date", "number": "number"})
    class_permission_name = "Payments"
    include_route_methods = {"info", "get", "get_list", "deleted", "post"}
    schema = PaymentSchema
    list_columns = [
        *("id", "number", "date", "counterparty.id", "counterparty.code", "order.number"),
        *("amount", "allocated_amount", "purpose"),
    ]
    search_columns = ["number", "date", "counterparty"]
    base_order = ("date", "desc")

    def make(self, sent: dict[str, Any]) -> Payment:
        counterparty_id, order_id = self.owner(sent)
        draft = PaymentDraft(
            counterparty_id,
            sent["date"] or clock.today(),
            sent["amount"],
            order_id=order_id,
            purpose=sent["purpose"],
            number=sent["number"].strip(),
        )
        return pay(self.datamodel.session, draft)
