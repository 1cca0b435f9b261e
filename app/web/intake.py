"""What programs send to REST to make a document: read by a schema, made by a service, refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Response, request
from flask_appbuilder.api import expose, protect, safe
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import select
from werkzeug.exceptions import BadRequest

from app import clock
from app.errors import Refused
from app.models.closing import ClosingReason
from app.models.visibility import viewer_of
from app.services.closing import Closable
from app.web.forms.fields import INT4
from app.web.rest import VERBS, RestApi


def text(most: int) -> fields.String:
    return fields.String(load_default="", validate=validate.Length(max=most))


def reference(**more: Any) -> fields.Raw:
    """A row, by its number in the base or by its code, number or login."""
    spellings = [{"type": "integer"}, {"type": "string"}]
    return fields.Raw(metadata={"oneOf": spellings, "description": "Number of the row, or its code"}, **more)


class Intake(RestApi):
    """A resource whose rows are documents: `schema` reads the body, `make` gives the row or refuses."""

    schema: type[Schema]

    def _init_model_schemas(self) -> None:
        super()._init_model_schemas()
        self.add_model_schema = self.schema()  # what OpenAPI says that a program sends

    def make(self, sent: dict[str, Any]) -> Any:
        raise NotImplementedError

    def post_headless(self) -> Response:
        def write() -> Response:
            row = self.make(self.sent(self.schema))
            self.datamodel.session.commit()
            return self.response(201, id=row.id, result=self.sent_back(row))

        return self.written(lambda: self.once(write))

    def sent_back(self, row: Any) -> Any:
        return self.show_model_schema.dump(row, many=False)

    def sent(self, schema: type[Schema]) -> dict[str, Any]:
        if not isinstance(body := request.get_json(silent=True), dict):
            raise BadRequest(_("An object of JSON is expected."))
        loaded: dict[str, Any] = schema().load(body)
        return loaded

    def written(self, write: Callable[[], Response]) -> Response:
        """What `write` answers; nothing is kept of what was refused."""
        try:
            return self._answer(write)
        except ValidationError as wrong:
            self.datamodel.session.rollback()
            return self.response(422, message=wrong.normalized_messages())

    def number_of(self, model: Any, key: str, value: Any, field: str) -> int | None:
        """The row that a program names by its number in the base, or by what people call it."""
        if value is None or value == "":
            return None
        by_number = isinstance(value, int) and not isinstance(value, bool)
        known = 0 < value <= INT4 if by_number else isinstance(value, str)
        column = model.id if by_number else getattr(model, key)
        found = self.datamodel.session.scalar(select(model.id).where(column == value)) if known else None
        if found is None:
            raise Refused(_("There is no “%(text)s”.", text=value), field=field)
        return int(found)

    def answered(self, pk: Any, verb: Callable[[Any], Any], *, makes: bool = False) -> Response:
        """The row that the verb left, or `makes`, of the one that the address names, or why not."""
        row = self.row(pk)
        if row is None:
            return self.response_404()

        def write() -> Response:
            made = verb(row)
            self.datamodel.session.commit()
            return self.response(200, id=made.id, result=self.sent_back(made))

        return self.written(lambda: self.once(write, 200) if makes else write())


class ClosingSchema(Schema):
    reason = reference(load_default=None)
    date = fields.Date(load_default=None, allow_none=True)
    comment = text(500)


class OrdersIntake(Intake):
    """A resource of orders, which are closed with a reason and returned to work."""

    closable: ClassVar[Closable]
    method_permission_name = VERBS | {"close": "write", "reopen": "write"}
    include_route_methods = {"info", "get", "get_list", "deleted", "post", "close", "reopen"}
    openapi_spec_component_schemas: tuple[type[Schema], ...] = (ClosingSchema,)

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

    @expose("/<pk>/reopen", methods=["POST"])
    @protect()
    @safe
    @permission_name("reopen")
    def reopen(self, pk: str) -> Response:
        """Return the closed order to work.
        ---
        post:
          parameters:
          - in: path
            name: pk
            schema:
              type: integer
          responses:
            200:
              description: The order
            401:
              $ref: '#/components/responses/401'
            404:
              $ref: '#/components/responses/404'
            422:
              $ref: '#/components/responses/422'
        """

        def verb(order: Any) -> Any:
            self.closable.reopen(self.datamodel.session, [order.id])
            return order

        return self.answered(pk, verb)

    def _close(self, order: Any) -> Response:
        sent = self.sent(ClosingSchema)
        viewer = viewer_of(self.datamodel.session)
        closed = self.closable.close(
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
