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
from app.models.counterparties import Counterparty
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.models.users import User
from app.services import own_fields
from app.services.sales.closing import BUYER_ORDERS
from app.services.sales.orders import save_order
from app.services.sales.payments import correct_payment, pay, refund, reverse_payment
from app.services.sales.shipments import correct_shipment, reverse_shipment, ship, take_return
from app.services.typed import LineDraft, OrderDraft, PaymentDraft, RefundDraft, ShipmentDraft, ShippedDraft, header
from app.web.datamodel import DataModel
from app.web.filters import Contains, Exactly
from app.web.intake import Intake, OrdersIntake, reference, text
from app.web.rest import VERBS
from app.web.schemas import ExactDecimal

BY_NUMBER = {"number": (Contains, Exactly)}


class LineSchema(Schema):
    """A line; the item by its number in the base or its code. Without `vat`: the item's on the day of the document."""

    item = reference(required=True)
    quantity = ExactDecimal(QUANTITY, required=True)
    price = ExactDecimal(PRICE, required=True)
    discount = ExactDecimal(PERCENT, load_default=Decimal(0))
    vat = fields.Enum(VatRate, by_value=fields.String(), load_default=None, allow_none=True)
    cost = ExactDecimal(PRICE, load_default=None, allow_none=True)


class OrderSchema(Schema):
    counterparty = reference(required=True)
    date = fields.Date(load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=validate.Length(max=1000))
    number = text(50)
    person = fields.Integer(load_default=None, allow_none=True)
    manager = reference(load_default=None)
    ship_on = fields.Date(load_default=None, allow_none=True)
    pay_by = fields.Date(load_default=None, allow_none=True)
    delivery_address = text(500)
    comment = text(10_000)
    own = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), load_default=dict)


class ShipmentSchema(Schema):
    """`confirmed` lets more be shipped than is left of the order."""

    counterparty = reference(load_default=None)
    order = reference(load_default=None)
    kind = fields.Enum(MovementKind, by_value=True, load_default=MovementKind.SHIPMENT)
    date = fields.Date(load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=validate.Length(max=1000))
    number = text(50)
    manager = reference(load_default=None)
    confirmed = fields.Boolean(load_default=False)


class PaymentSchema(Schema):
    counterparty = reference(load_default=None)
    order = reference(load_default=None)
    date = fields.Date(load_default=None, allow_none=True)
    amount = ExactDecimal(MONEY, required=True)
    purpose = text(500)
    number = text(50)
    confirmed = fields.Boolean(load_default=False)


class PaymentCorrectionSchema(Schema):
    """What is not sent stays; `amount` of a refund is above zero. With `version` nobody else's change is lost."""

    order = reference(allow_none=True)
    date = fields.Date()
    amount = ExactDecimal(MONEY)
    purpose = fields.String(validate=validate.Length(max=500))
    number = fields.String(validate=validate.Length(max=50))
    confirmed = fields.Boolean(load_default=False)
    version = fields.Integer(load_default=None)


class ShipmentCorrectionSchema(Schema):
    """What is not sent stays; lines are sent whole, quantities of a return above zero."""

    date = fields.Date()
    lines = fields.List(fields.Nested(LineSchema), validate=validate.Length(max=1000))
    number = fields.String(validate=validate.Length(max=50))
    manager = reference(allow_none=True)
    confirmed = fields.Boolean(load_default=False)
    version = fields.Integer(load_default=None)


class RefundSchema(Schema):
    """Money of a payment that is given back, `amount` above zero."""

    date = fields.Date(load_default=None, allow_none=True)
    amount = ExactDecimal(MONEY, required=True)
    purpose = text(500)
    number = text(50)


class ReversalSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(max=500))
    version = fields.Integer(load_default=None)


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


class PutRight(DealApi):
    """Documents that are corrected and reversed."""

    method_permission_name = VERBS | {"reverse": "write", "refund": "write"}
    correction: type[Schema]
    openapi_spec_component_schemas: tuple[type[Schema], ...] = (ReversalSchema,)

    def _init_model_schemas(self) -> None:
        super()._init_model_schemas()
        self.edit_model_schema = self.correction()  # what OpenAPI says that a program sends

    def put_headless(self, pk: Any) -> Response:
        return self.answered(pk, lambda row: self.correct(row, self.sent(self.correction)))

    def correct(self, row: Any, sent: dict[str, Any]) -> Any:
        raise NotImplementedError

    def reversed(self, row: Any, reason: str, version: int | None) -> Any:
        raise NotImplementedError

    @expose("/<pk>/reverse", methods=["POST"])
    @protect()
    @safe
    @permission_name("reverse")
    def reverse(self, pk: str) -> Response:
        """Reverse the document with a reason: it stays and counts nowhere.
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
                  $ref: '#/components/schemas/ReversalSchema'
          responses:
            200:
              description: The document
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            404:
              $ref: '#/components/responses/404'
            422:
              $ref: '#/components/responses/422'
        """

        def verb(row: Any) -> Any:
            sent = self.sent(ReversalSchema)
            return self.reversed(row, sent["reason"], sent["version"])

        return self.answered(pk, verb)


# What of an order is sent and answered as it is: the rest names rows.
PLAIN = [name for name in header(OrderDraft, BuyerOrder) if not name.endswith("_id")]


class OrderApi(OrdersIntake, DealApi):
    closable = BUYER_ORDERS
    resource_name = "order"
    datamodel = DataModel(BuyerOrder, searches=BY_NUMBER, order_by={"date": "date", "number": "number"})
    class_permission_name = "Orders"
    schema = OrderSchema
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
            "own": own_fields.read_sent(self.datamodel.session, BuyerOrder, sent["own"]),
        }
        return save_order(self.datamodel.session, OrderDraft(**{name: sent[name] for name in PLAIN} | found))


class ShipmentApi(PutRight):
    resource_name = "shipment"
    datamodel = DataModel(Shipment, searches=BY_NUMBER, order_by={"date": "date", "number": "number"})
    class_permission_name = "Shipments"
    include_route_methods = {"info", "get", "get_list", "deleted", "post", "put", "reverse"}
    schema, correction = ShipmentSchema, ShipmentCorrectionSchema
    list_columns = [
        *("id", "number", "date", "kind", "counterparty.id", "counterparty.code", "order.number"),
        *("manager.username", "amount", "vat_amount", "cost_amount", "reversed_on", "reversed_because", "version"),
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

    def correct(self, row: Shipment, sent: dict[str, Any]) -> Shipment:
        draft = ShipmentDraft(
            row.counterparty_id,
            sent.get("date", row.date),
            self.lines(sent, ShippedDraft) if "lines" in sent else drafts_of(row),
            order_id=row.order_id,
            number=sent.get("number", "").strip(),
            manager_id=self.manager(sent) if "manager" in sent else row.manager_id,
            confirmed=sent["confirmed"],
        )
        return correct_shipment(self.datamodel.session, row.id, draft, sent["version"])

    def reversed(self, row: Shipment, reason: str, version: int | None) -> Shipment:
        return reverse_shipment(self.datamodel.session, row.id, reason, on=clock.today(), version=version)


def drafts_of(shipment: Shipment) -> list[ShippedDraft]:
    """Its lines as they are typed: of a return above zero."""
    return [
        ShippedDraft(line.item_id, abs(line.quantity), line.price, line.discount, line.vat, line.cost)
        for line in shipment.lines
    ]


class PaymentApi(PutRight):
    resource_name = "payment"
    datamodel = DataModel(Payment, searches=BY_NUMBER, order_by={"date": "date", "number": "number"})
    class_permission_name = "Payments"
    include_route_methods = {"info", "get", "get_list", "deleted", "post", "put", "reverse", "refund"}
    schema, correction = PaymentSchema, PaymentCorrectionSchema
    openapi_spec_component_schemas = (ReversalSchema, RefundSchema)
    list_columns = [
        *("id", "number", "date", "counterparty.id", "counterparty.code", "order.number"),
        *("amount", "allocated_amount", "purpose", "refund_of.id", "reversed_on", "reversed_because", "version"),
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
            confirmed=sent["confirmed"],
        )
        return pay(self.datamodel.session, draft)

    def correct(self, row: Payment, sent: dict[str, Any]) -> Payment:
        order_id = self.number_of(BuyerOrder, "number", sent["order"], "order") if "order" in sent else row.order_id
        draft = PaymentDraft(
            row.counterparty_id,
            sent.get("date", row.date),
            sent.get("amount", abs(row.amount)),
            order_id=order_id,
            purpose=sent.get("purpose", row.purpose),
            number=sent.get("number", "").strip(),
            confirmed=sent["confirmed"],
        )
        return correct_payment(self.datamodel.session, row.id, draft, sent["version"])

    def reversed(self, row: Payment, reason: str, version: int | None) -> Payment:
        return reverse_payment(self.datamodel.session, row.id, reason, on=clock.today(), version=version)

    @expose("/<pk>/refund", methods=["POST"])
    @protect()
    @safe
    @permission_name("refund")
    def refund(self, pk: str) -> Response:
        """Give money of the payment back; the refund is answered.
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
                  $ref: '#/components/schemas/RefundSchema'
          responses:
            200:
              description: The refund, a payment below zero
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            404:
              $ref: '#/components/responses/404'
            422:
              $ref: '#/components/responses/422'
        """

        def verb(row: Payment) -> Payment:
            sent = self.sent(RefundSchema)
            draft = RefundDraft(
                row.counterparty_id,
                sent["date"] or clock.today(),
                sent["amount"],
                payment_id=row.id,
                purpose=sent["purpose"],
                number=sent["number"].strip(),
            )
            return refund(self.datamodel.session, draft)

        return self.answered(pk, verb, makes=True)
