"""Many rows in one call of a program, all or nothing: recognised and checked as those of a file."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_appbuilder.api import expose, protect, safe
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate

from app import clock
from app.errors import Refused
from app.extensions import db
from app.services.exchange import ImportReport, LineError, run_import, table_for
from app.services.exchange.sent import SentRows
from app.views.exchange.tables import lacking
from app.web.rest import Answering

MOST = 100  # rows of one call


class BulkSchema(Schema):
    """`confirmed`: the questions that a file is asked are answered with yes. `dry_run`: nothing is kept."""

    rows = fields.List(
        fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True)),
        required=True,
        validate=validate.Length(min=1, max=MOST),
    )
    confirmed = fields.Boolean(load_default=False)
    dry_run = fields.Boolean(load_default=False)


class RowSchema(Schema):
    """`id` is null for a row that a check would make."""

    row = fields.Integer(required=True, metadata={"description": "Which of the rows that were sent, from 1"})
    id = fields.Integer(required=True, allow_none=True)
    outcome = fields.String(required=True, validate=validate.OneOf(["created", "updated", "skipped"]))


class WarningSchema(Schema):
    row = fields.Integer(allow_none=True)
    field = fields.String()
    text = fields.String(required=True)


class BulkAnswerSchema(Schema):
    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    skipped = fields.Integer(required=True)
    rows = fields.List(fields.Nested(RowSchema), required=True)
    warnings = fields.List(fields.Nested(WarningSchema), required=True)


class BulkApi(Answering):
    """`kind` is the import table of the resource."""

    kind: str
    method_permission_name = {"bulk": "write"}
    openapi_spec_component_schemas = (BulkSchema, BulkAnswerSchema)

    @expose("/bulk", methods=["POST"])
    @protect()
    @safe
    @permission_name("bulk")
    def bulk(self) -> Response:
        """Add and change rows, at most 100 a call, all or nothing
        ---
        post:
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  $ref: '#/components/schemas/BulkSchema'
          responses:
            200:
              description: What became of every row, how many were created, updated and left, warnings by row
              content:
                application/json:
                  schema:
                    $ref: '#/components/schemas/BulkAnswerSchema'
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            422:
              $ref: '#/components/responses/422'
        """
        try:
            sent = BulkSchema().load(request.get_json(silent=True) or {})
            return self._written(sent)
        except ValidationError as wrong:
            return self.response(422, message=wrong.normalized_messages())
        except Refused as refused:
            db.session.rollback()
            return self.response(422, message={refused.field or "": [str(refused)]})

    def _written(self, sent: dict[str, Any]) -> Response:
        table = table_for(db.session(), self.kind, lacking("can_write"), to_write=True)
        rows = SentRows(table, sent["rows"])
        report = run_import(
            db.session(),
            self.kind,
            rows.table,
            now=clock.now(),
            today=clock.today(),
            mapping=rows.columns,
            dry_run=sent["dry_run"],
            lacking=lacking("can_write"),
            confirmed=sent["confirmed"],
            tell_rows=True,
        )
        if report.wrong_count:
            db.session.rollback()
            told = _("Nothing is kept: %(count)s values are wrong.", count=report.wrong_count)
            return self.response(422, message=told, errors=by_row(rows, report.wrong))
        db.session.commit()
        return self.response(200, **counts(report), rows=outcomes(rows, report), warnings=by_row(rows, report.warnings))


def counts(report: ImportReport) -> dict[str, int]:
    return {"created": report.created, "updated": report.updated, "skipped": report.skipped}


def outcomes(rows: SentRows, report: ImportReport) -> list[dict[str, Any]]:
    """Once for every row that was sent, in their order."""
    found = {rows.row_of[line]: report.rows[line] for line in sorted(report.rows, reverse=True)}
    return [{"row": row, "id": found[row].id, "outcome": found[row].outcome} for row in sorted(found)]


def by_row(rows: SentRows, errors: list[LineError]) -> list[dict[str, Any]]:
    return [{"row": rows.row_of.get(each.line), "field": each.field, "text": each.text} for each in errors]


class CounterpartyBulkApi(BulkApi):
    resource_name, kind, class_permission_name = "counterparty", "counterparties", "Counterparties"


class PersonBulkApi(BulkApi):
    resource_name, kind, class_permission_name = "person", "persons", "Contact persons"


class ItemBulkApi(BulkApi):
    resource_name, kind, class_permission_name = "item", "items", "Items"


class OrderBulkApi(BulkApi):
    resource_name, kind, class_permission_name = "order", "orders", "Orders"


class ShipmentBulkApi(BulkApi):
    resource_name, kind, class_permission_name = "shipment", "shipments", "Shipments"


class PaymentBulkApi(BulkApi):
    resource_name, kind, class_permission_name = "payment", "payments", "Payments"


class ContactBulkApi(BulkApi):
    resource_name, kind, class_permission_name = "contact", "contacts", "Contacts"


BULK = (
    CounterpartyBulkApi,
    PersonBulkApi,
    ItemBulkApi,
    OrderBulkApi,
    ShipmentBulkApi,
    PaymentBulkApi,
    ContactBulkApi,
)
