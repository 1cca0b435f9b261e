"""How long data is kept, what goes tonight, and what was destroyed."""

from __future__ import annotations

from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app import clock
from app.extensions import db
from app.services.privacy import retention

LAST = 50


class RetentionView(BaseView):
    route_base = "/retention"
    default_view = "page"
    class_permission_name = "Policy"

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        shown: str = self.render_template(
            "crm/privacy/retention.html",
            title=_("Terms of keeping"),
            outlook=list(retention.outlook(db.session(), clock.today())),
            disposals=retention.disposals(db.session(), most=LAST),
        )
        return shown
