"""Extensions, created empty; app.factory binds them. Any module at the edge may import them."""

from functools import cached_property
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from flask_mail import Mail
from flask_sqlalchemy.session import Session
from flask_wtf import CSRFProtect


class OneBase(Session):
    """All tables are in one base: which one is not looked for a dozen times when a row is saved."""

    @cached_property
    def _engines(self) -> Any:
        return self._db.engines

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **kwargs: Any) -> Any:
        return self._engines[None] if bind is None else bind


# FAB's tables and ours share one metadata, so that Alembic sees both.
db = SQLA(metadata=Model.metadata, session_options={"class_": OneBase})
csrf = CSRFProtect()
mail = Mail()
