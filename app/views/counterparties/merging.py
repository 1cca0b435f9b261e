"""Merging of clients, and of persons of one client: which one stays, and whose values."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.api import expose as expose_api
from flask_appbuilder.api import protect, safe
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import inspect
from werkzeug.wrappers import Response
from wtforms.meta import DefaultMeta

from app import clock
from app.errors import Refused
from app.extensions import db
from app.formatting import birthday
from app.models.counterparties import ContactPerson, Counterparty
from app.queries.counterparties.duplicates import waiting
from app.services.counterparties import merging
from app.services.counterparties.merging import ALL, MERGING, MOST, Disagreement
from app.services.journal import act_of
from app.web.display import card_url, display
from app.web.forms.fields import LookupField, row_number
from app.web.forms.own_fields import displayed
from app.web.lists.chosen import numbers_of
from app.web.rest import Answering
from app.web.undo import flash_undoable

FIELD = "field-"  # before the name of a field in the form
KINDS: dict[str, Any] = {"clients": Counterparty, "persons": ContactPerson}
TITLES = {"clients": _l("Merge clients"), "persons": _l("Merge persons")}


def may_merge() -> bool:
    return bool(current_app.appbuilder.sm.has_access("can_write", MERGING))  # type: ignore[attr-defined]


def merge_url(items: Any | list[Any], kind: str) -> str:
    """Where these rows, or one of them with others to be chosen, are merged."""
    return url_for("MergeView.page", kind=kind, ids=numbers_of(items))


class MergeView(BaseView):
    route_base = "/merge"
    default_view = "page"
    class_permission_name = MERGING

    @expose("/<kind>", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def page(self, kind: str) -> str | Response:
        model = KINDS.get(kind) or abort(404)
        texts = ",".join(request.values.getlist("ids")).split(",")
        ids = list(dict.fromkeys(number for number in map(row_number, texts) if number))[: MOST + 1]
        if len(ids) < 2:
            return self.choosing(kind, model, ids)
        try:
            rows = merging.rows_to_merge(db.session(), model, ids)
            kept_id = row_number(request.values.get("kept", "")) or merging.offered_kept(db.session(), rows)
            if kept_id not in ids:
                abort(404)
            if request.method == "POST":
                return self.merged(model, kept_id, [number for number in ids if number != kept_id])
        except Refused as refused:
            db.session.rollback()
            flash(str(refused), "danger")
            return redirect(url_for("DuplicatesView.page"))
        rows.sort(key=lambda row: row.id != kept_id)
        shown: str = self.render_template(
            "crm/counterparties/merge.html",
            title=TITLES[kind],
            kind=kind,
            rows=rows,
            kept_id=kept_id,
            hanging=merging.hanging(db.session(), model, ids),
            differences=[row_of_difference(each, rows) for each in merging.choices_of(db.session(), rows, kept_id)],
            all=ALL,
            back=card_url(model, kept_id),
        )
        return shown

    def choosing(self, kind: str, model: Any, ids: Sequence[int]) -> str:
        """One is there: with whom?"""
        own = (db.session.get(model, ids[0]) if ids else None) or abort(404)
        picker = LookupField(_l("Merge with"), model=model).bind(form=None, name="ids", _meta=DefaultMeta())
        picker.process(None)
        pairs = db.session.scalars(waiting(of=own.id).limit(MOST)) if model is Counterparty else ()
        shown: str = self.render_template(
            "crm/counterparties/merge_with.html",
            title=_("Merge “%(name)s” with another one", name=own),
            kind=kind,
            own=own,
            picker=picker,
            pairs=[(pair.confidence, pair.second if pair.first_id == own.id else pair.first) for pair in pairs],
        )
        return shown

    def merged(self, model: Any, kept_id: int, others: list[int]) -> Response:
        names = [name for name in request.form if name.startswith(FIELD)]
        chosen = {name.removeprefix(FIELD): row_number(request.form[name]) or ALL for name in names}
        kept = merging.merge(db.session(), model, kept_id, others, chosen, today=clock.today())
        words = _("Merged into “%(name)s”.", name=kept)
        url = card_url(model, kept.id) or url_for("DuplicatesView.page")
        act = act_of(db.session())
        db.session.commit()
        flash_undoable(words, act)
        return redirect(url)


def row_of_difference(each: Disagreement, rows: Sequence[Any]) -> tuple[Disagreement, Any, list[tuple[int, Any]]]:
    """A difference with its caption, and what each row says."""
    if each.own is not None:
        shown = [displayed(db.session(), each.own, value) for value in each.values]
        return each, each.label, [(row.id, "—" if it is None else it) for row, it in zip(rows, shown, strict=True)]
    relation = each.name.removesuffix("_id")
    relations: Any = inspect(type(rows[0])).relationships
    values = [getattr(row, relation) for row in rows] if relation in relations else each.values
    if each.name == "birthday":
        values = list(map(birthday, values))
    return each, each.label, [(row.id, shown_value(value)) for row, value in zip(rows, values, strict=True)]


def shown_value(value: Any) -> Any:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return display(value) if isinstance(value, StrEnum) or not isinstance(value, str) else value or "—"


class MergeSchema(Schema):
    """`ids` become one with the row of the address; `choose` says for a field whose value stays (0: all texts)."""

    ids = fields.List(fields.Integer(strict=True), required=True, validate=validate.Length(min=1, max=MOST - 1))
    choose = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True), load_default=dict)


class MergeApi(Answering):
    """`model` is what is merged."""

    model: Any
    class_permission_name = MERGING
    method_permission_name = {"merge": "write"}
    openapi_spec_component_schemas = (MergeSchema,)

    @expose_api("/<pk>/merge", methods=["POST"])
    @protect()
    @safe
    @permission_name("merge")
    def merge(self, pk: str) -> FlaskResponse:
        """Merge others into this row: everything that hangs on them hangs on it, and they are gone
        ---
        post:
          parameters:
          - in: path
            schema:
              type: integer
            name: pk
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  $ref: '#/components/schemas/MergeSchema'
          responses:
            200:
              description: The number of the row that stays
              content:
                application/json:
                  schema:
                    type: object
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            404:
              $ref: '#/components/responses/404'
            422:
              $ref: '#/components/responses/422'
        """
        number = row_number(pk)
        if number is None or db.session.get(self.model, number) is None:
            return self.response_404()
        try:
            sent = MergeSchema().load(request.get_json(silent=True) or {})
            ids = [each for each in map(row_number, sent["ids"]) if each is not None]
            if len(ids) < len(sent["ids"]):
                raise Refused(_("The number of a row is expected."), field="ids")
            kept = merging.merge(db.session(), self.model, number, ids, sent["choose"], today=clock.today())
            db.session.commit()
        except ValidationError as wrong:
            return self.response(422, message=wrong.normalized_messages())
        except Refused as refused:
            db.session.rollback()
            return self.response(422, message={refused.field or "": [str(refused)]})
        return self.response(200, id=kept.id)


class CounterpartyMergeApi(MergeApi):
    resource_name, model = "counterparty", Counterparty


class PersonMergeApi(MergeApi):
    resource_name, model = "person", ContactPerson
