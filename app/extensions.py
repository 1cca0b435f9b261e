"""Extensions, created empty; app.factory binds them. Any module at the edge may import them."""

from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from flask_mail import Mail
from flask_wtf import CSRFProtect

# FAB's tables and ours share one metadata, so that Alembic sees both.
db = SQLA(metadata=Model.metadata)
csrf = CSRFProtect()
mail = Mail()
