"""RestApi: FAB's REST of a model without its holes; by token only, so that no cookie can be misused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask import Response, g, request
from flask_appbuilder.api import BaseApi, ModelRestApi, expose, protect, safe
from flask_appbuilder.api.convert import Model2SchemaConverter
from flask_appbuilder.const import API_FILTERS_RIS_KEY, API_SELECT_SEL_COLUMNS_RIS_KEY
from flask_appbuilder.exceptions import InvalidColumnArgsFABException
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields
from marshmallow_sqlalchemy.fields import Related
from sqlalchemy import DateTime, inspect, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from app import clock
from app.errors import Refused
from app.extensions import db
from app.models.journal import GOING_ALONG
from app.models.keeping import check_days
from app.models.own_fields import Owning
from app.queries.deletions import deletions
from app.queries.own_fields import OWNERS
from app.queries.sql import one_of
from app.services import journal, own_fields
from app.services.remarks import Remark
from app.web import errors
from app.web.constraints import explained
from app.web.datamodel import MAX_OFFSET, MAX_PAGE, DataModel
from app.web.display import AtLeast
from app.web.filters import After, CrmFilters, Since
from app.web.forms.fields import row_number
from app.web.readings import note_shown, note_shown_many
from app.web.schemas import refuse_fine

NAME = "counterparty_name"  # of a document that is seen without its counterparty
OWN = "own"  # the values of own fields, by key
REPEATED = "Idempotency-Key"  # the header by which a request that is repeated is known
VERBS = {
    "get": "read",
    "get_list": "read",
    "post": "write",
    "put": "write",
    "delete": "delete",
    "info": "read",
    "deleted": "read",
}


# What an answer has besides what FAB describes: method, status, properties.
MORE = {
    "get_list": (
        ("get", 200),
        {
            "count": {"type": "integer", "description": "Of all rows that fit, exact up to 100,000"},
            "count_is_exact": {"type": "boolean"},
            "more": {"type": "boolean", "description": "Rows follow this page"},
        },
    ),
}
WARNINGS = {
    "type": "array",
    "description": "What is worth knowing of a row that was kept, such as one that it resembles",
    "items": {
        "type": "object",
        "properties": {
            "field": {"type": "string"},
            "text": {"type": "string"},
            "id": {"type": "integer", "nullable": True, "description": "The other row, where the user may see it"},
        },
    },
}
WITH_REMARKS = {"post": (("post", 201), {"warnings": WARNINGS}), "put": (("put", 200), {"warnings": WARNINGS})}


DELETIONS = 1000  # of one answer


def moment_of(text: str) -> datetime | None:
    """A moment in time, the company's own where no zone is said; None when it is none."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus of an address that nobody escaped
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=clock.zone())


class NameSchema(Schema):
    name = fields.String()


class SchemaConverter(Model2SchemaConverter):
    """FAB's, which gives the counterparty of a colleague as what everybody may know of him: his name."""

    def _column2enum(self, datamodel: Any, column: Any) -> Any:
        """Nothing is a value of a word that may be absent; FAB's put sends back what it does not change."""
        field = super()._column2enum(datamodel, column)
        field.allow_none = datamodel.is_nullable(column.name)
        return field

    def _column2field(self, datamodel: Any, column: Any, *args: Any, **more: Any) -> Any:
        if isinstance(getattr(datamodel.obj, column.name), str):  # what is said with a change, and no column keeps
            return fields.String()
        if column.name == NAME and datamodel.is_relation(NAME):
            return fields.Pluck(NameSchema, "name", dump_only=True, allow_none=True)
        return super()._column2field(datamodel, column, *args, **more)


class SeenRowsField(fields.List):
    """Numbers of rows that the viewer sees; the rows themselves are set."""

    def __init__(self, model: Any, **more: Any) -> None:
        super().__init__(fields.Integer(strict=True), load_only=True, **more)
        self.model = model

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> list[Any]:
        numbers = {row_number(str(each)) or 0 for each in super()._deserialize(value, *args, **more)}
        found = db.session.scalars(select(self.model).where(one_of(self.model.id, numbers))).all()
        if len(found) < len(numbers):
            raise ValidationError(_("There is no such row."))
        return list(found)


class Answering(BaseApi):
    """What is refused before anything is done, in the language of whoever asks: FAB says it in English."""

    allow_browser_login = False

    def response_401(self) -> Response:
        return errors.unauthorized()

    def response_403(self) -> Response:
        return self.response(403, message=str(errors.WORDS[403][0]))

    def response_404(self) -> Response:
        return self.response(404, message=_("There is no such row."))


class RestApi(Answering, ModelRestApi):
    """Declare `resource_name`, `datamodel`, the section and columns; `before_save` makes a row whole or refuses it."""

    datamodel: DataModel
    list_columns: Any
    search_columns: Any
    show_columns: Any = None
    add_columns: Any = None
    edit_columns: Any = None
    max_page_size = MAX_PAGE
    method_permission_name = VERBS
    optional_columns: Collection[str] = ()  # saving fills them
    row_lists: ClassVar[Mapping[str, Any]] = {}  # attributes that are lists of rows of these models
    before_save: Callable[[Session, Any], None] | None = None
    remarks: Callable[[Session, Any], list[Remark]] | None = None

    model2schemaconverter = SchemaConverter

    def operation_helper(self, *args: Any, func: Any = None, **kwargs: Any) -> None:
        super().operation_helper(*args, func=func, **kwargs)
        more = MORE | (WITH_REMARKS if self.remarks else {})
        if func.__name__ in more:
            (method, status), properties = more[func.__name__]
            answer = kwargs["operations"][method]["responses"][status]
            answer["content"]["application/json"]["schema"]["properties"] |= properties

    def _handle_columns_args(self, args: dict[str, Any], *known: list[str]) -> tuple[list[str], list[str]]:
        """FAB asks of a list alone, not of a row, that these are several."""
        if not isinstance(args.get(API_SELECT_SEL_COLUMNS_RIS_KEY, []), list):
            raise InvalidColumnArgsFABException("select_columns is no list")
        columns: tuple[list[str], list[str]] = super()._handle_columns_args(args, *known)
        return columns

    def _init_properties(self) -> None:
        self.datamodel.order_by = {"id": "id", **self.datamodel.order_by}
        self.datamodel.searches = {"id": After, "changed_at": Since, **self.datamodel.searches}
        self.order_columns = [*self.datamodel.order_by]
        named = [NAME] if hasattr(self.datamodel.obj, NAME) else []
        self.list_columns = [*self.list_columns, *named, "changed_at"]
        if self.show_columns:
            self.show_columns = [*dict.fromkeys((*self.show_columns, *named, "changed_at"))]
        self.search_columns = [*self.search_columns, "id", "changed_at"]
        if issubclass(self.datamodel.obj, Owning):
            for name in ("list_columns", "show_columns", "add_columns", "edit_columns"):
                if columns := getattr(self, name):
                    setattr(self, name, [*columns, OWN])
        # What is not named would be every column and relation of the model.
        self.show_columns = self.show_columns or self.list_columns
        self.add_columns = self.add_columns or ["id"]
        self.edit_columns = self.edit_columns or self.add_columns
        super()._init_properties()
        self.datamodel.list_options = self.datamodel.eager(self.list_columns)
        self.datamodel.row_options = self.datamodel.eager(self.show_columns)

    def _init_model_schemas(self) -> None:
        super()._init_model_schemas()
        for name, field in self.add_model_schema.fields.items():
            column = self.datamodel.list_columns.get(name)
            if name in self.optional_columns or (column is not None and (column.default or column.server_default)):
                field.required = False  # FAB demands everything that may not be empty, defaults or not
        for schema in (self.add_model_schema, self.edit_model_schema):
            for name, model in self.row_lists.items():
                schema.fields[name] = schema.load_fields[name] = SeenRowsField(model)
                schema.fields[name]._bind_to_schema(name, schema)
            refuse_fine(schema)
            if OWN in schema.fields:
                schema.fields[OWN].required = False

    def _handle_filters_args(self, rison_args: dict[str, Any]) -> CrmFilters:
        """Filters of this request alone: FAB keeps those of all threads in one object."""
        mine = self._filters.fresh()
        mine.rest_add_filters(rison_args.get(API_FILTERS_RIS_KEY, []))
        return mine.get_joined_filters(self._base_filters)

    def _handle_page_args(self, rison_args: dict[str, Any]) -> tuple[int | None, int | None]:
        page, size = super()._handle_page_args(rison_args)
        if (page or 0) * (size or 0) > MAX_OFFSET:
            raise BadRequest(f"No more than {MAX_OFFSET} rows are passed over: filter by id greater than the last one.")
        g.passed = (page or 0) * (size or 0)
        return page, size

    def pre_get_list(self, data: dict[str, Any]) -> None:
        """`count` is exact up to a bound, which is said; `more` whether rows follow this page."""
        count, seen = data["count"], g.passed + len(data["result"])
        is_exact = not isinstance(count, AtLeast)
        data["count"] = int(count) if is_exact else int(count) - 1
        data["count_is_exact"] = is_exact
        data["more"] = seen < count
        note_shown_many(self.datamodel.obj)

    @expose("/_info", methods=["GET"])
    @protect()
    @safe
    @permission_name("info")
    def info(self, **_kwargs: Any) -> Response:
        """What may be filtered and sorted by.
        ---
        get:
          responses:
            200:
              description: The filters of each column with their operators, and the columns to sort by
              content:
                application/json:
                  schema:
                    type: object
            401:
              $ref: '#/components/responses/401'
        """
        found = self._filters.get_search_filters().items()
        filters = {name: [{"name": str(f.name), "operator": f.arg_name} for f in each] for name, each in found}
        return self.response(200, filters=filters, order_columns=self.order_columns)

    @expose("/deleted", methods=["GET"])
    @protect()
    @safe
    @permission_name("deleted")
    def deleted(self) -> Response:
        """Numbers of rows that were deleted since a time, the first deletion first; no word of what they were.
        ---
        get:
          parameters:
          - in: query
            name: since
            required: true
            description: A moment, such as 2026-11-23T10:00:00Z
            schema:
              type: string
              format: date-time
          - in: query
            name: after
            description: The `next` of the page before
            schema:
              type: integer
          responses:
            200:
              description: The rows; while there are `more`, `next` is what the next page is asked `after`
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      result:
                        type: array
                        items:
                          type: object
                          properties:
                            id:
                              type: integer
                            deleted_at:
                              type: string
                              format: date-time
                      more:
                        type: boolean
                      next:
                        type: integer
                        nullable: true
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
        """
        since, after = moment_of(request.args.get("since", "")), row_number(request.args.get("after", "0"))
        if since is None or after is None:
            return self.response_400(message=_("Say since when: a day with a time and a zone."))
        rows = self.datamodel.session.execute(deletions(self.datamodel.obj, since, after, DELETIONS + 1)).all()
        page = rows[:DELETIONS]
        result = [{"id": row.row_id, "deleted_at": row.at.isoformat()} for row in page]
        return self.response(200, result=result, more=len(rows) > DELETIONS, next=page[-1].id if page else None)

    def row(self, pk: Any) -> Any:
        """The row that the address names, or None when the reader does not see it."""
        return self.datamodel.get(pk, self._base_filters)

    def pre_add(self, item: Any) -> None:
        self.refuse_invented(item)
        if isinstance(item, Owning):
            self._keep_own(item)
        for attribute in inspect(type(item)).column_attrs:
            moment = getattr(item, attribute.key) if isinstance(attribute.columns[0].type, DateTime) else None
            if moment is not None and moment.tzinfo is None:  # the company's local time is meant, as in forms
                setattr(item, attribute.key, moment.replace(tzinfo=clock.zone()))
        check_days(item)
        if self.before_save:
            with self.datamodel.session.no_autoflush:
                self.before_save(self.datamodel.session, item)
        if self.remarks:
            with self.datamodel.session.no_autoflush:
                g.remarks = self.remarks(self.datamodel.session, item)

    pre_update = pre_add

    def _keep_own(self, item: Any) -> None:
        """What was sent of own fields, by key; what was not stays."""
        history = inspect(item).attrs.own.history
        if not history.added and item.id is not None:
            return
        sent = history.added[0] if history.added else {}
        item.own = dict(history.deleted[0]) if history.deleted else {}
        if not isinstance(sent, dict):
            raise Refused(_("Values by the names of own fields are expected."), field=OWN)
        session = self.datamodel.session
        own_fields.write(session, item, own_fields.read_sent(session, type(item), sent), whole=item.id is None)

    def pre_get(self, data: dict[str, Any]) -> None:
        note_shown(self.datamodel.session.get(self.datamodel.obj, data["id"]))  # it is there already: nothing is asked

    def response(self, code: int, **answer: Any) -> Response:
        """Whichever way rows go out, of own fields the reader is given those that he sees."""
        result = answer.get("result")
        self._hide_own(result if isinstance(result, list) else [result] if isinstance(result, dict) else [])
        return super().response(code, **answer)

    def _hide_own(self, rows: list[dict[str, Any]]) -> None:
        having = [row for row in rows if row.get(OWN)]
        if not having or not issubclass(self.datamodel.obj, Owning):
            return
        seen = {field.key for field in own_fields.seen_fields(self.datamodel.session, OWNERS[self.datamodel.obj])}
        for row in having:
            row[OWN] = {key: value for key, value in row[OWN].items() if key in seen}

    @staticmethod
    def refuse_invented(item: Any) -> None:
        """marshmallow-sqlalchemy makes a new row for a foreign key it does not find, or may not see."""
        for relation in inspect(type(item)).relationships:
            value = getattr(item, relation.key) if relation.direction.name == "MANYTOONE" else None
            if value is not None and not inspect(value).persistent:
                raise Refused(_("There is no such row."), field=relation.key)

    def post_headless(self) -> Response:
        write = super().post_headless
        return self._answer(lambda: self.once(lambda: self._keyed(self.add_model_schema, write)))

    def put_headless(self, pk: Any) -> Response:
        return self._answer(lambda: self._keyed(self.edit_model_schema, lambda: super(RestApi, self).put_headless(pk)))

    def delete_headless(self, pk: Any) -> Response:
        return self._answer(lambda: super(RestApi, self).delete_headless(pk))

    def once(self, write: Callable[[], Response], status: int = 201) -> Response:
        """What `write` answers, which makes a row; to a request that is repeated with its key: the row of the first."""
        key, session = request.headers.get(REPEATED, ""), self.datamodel.session
        table = self.datamodel.obj.__tablename__
        if not key or table in GOING_ALONG:  # the journal does not keep how those were made
            return write()
        once = journal.once_of(session, request.path, key)
        if journal.begin_once(session, once):
            answer = write()
            if answer.status_code >= 400:
                session.rollback()  # the key is free again
            return answer
        number = journal.made_once(session, once, table)
        row = number and self.row(number)
        if not row:
            return self.response(
                409, message=_("This was done already by a request with the same %(header)s.", header=REPEATED)
            )
        return self.response(status, id=number, result=self.sent_back(row))

    def sent_back(self, row: Any) -> Any:
        """What is answered of a row that was made."""
        return self.add_model_schema.dump(row, many=False)

    def _keyed(self, schema: Schema, write: Callable[[], Response]) -> Response:
        """Write when every key that was sent can be one: the schema would ask the base for anything."""
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise BadRequest(_("An object of JSON is expected."))
        for name, field in schema.fields.items():
            value = body.get(name) if isinstance(field, Related) else None
            if value is not None and row_number(value) is None:
                raise Refused(_("The number of a row is expected."), field=name)
        return write()

    def _with_warnings(self, answer: Response) -> Response:
        """What is worth knowing of a row that was kept, such as one that it resembles."""
        if not self.remarks or "remarks" not in g:
            return answer
        warnings = [
            {"field": each.field, "text": each.text, "id": each.row and each.row[1]} for each in g.pop("remarks")
        ]
        return self.response(answer.status_code, **answer.get_json(), warnings=warnings)

    def _answer(self, write: Callable[[], Response]) -> Response:
        """What `write` answers; nothing is kept of what was refused, and no word of the driver is repeated."""
        try:
            return self._with_warnings(write())
        except Refused as refused:
            self.datamodel.session.rollback()
            return self.response(422, message={refused.field or "": [str(refused)]})
        except (IntegrityError, DataError) as error:
            self.datamodel.session.rollback()
            told = explained(error)
            return self.response(422, message={told.field or "": [str(told)]})
        except BadRequest as bad:
            self.datamodel.session.rollback()
            return self.response_400(message=bad.description)
