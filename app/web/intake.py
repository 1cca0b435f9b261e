"""What programs send to REST to make a document: read by a schema, made by a service, refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError
from sqlalchemy import select
from werkzeug.exceptions import BadRequest

from app.errors import Refused
from app.web.forms.fields import INT4
from app.web.rest import RestApi


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
