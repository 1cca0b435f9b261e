"""The REST of the product described for those who write programs: as OpenAPI, and as a page."""

from __future__ import annotations

from flask import url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.api.manager import OpenApi
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

SECTION = "API"


class DescriptionApi(OpenApi):
    class_permission_name = SECTION
    method_permission_name = {"get": "read"}


class DescriptionView(BaseView):
    route_base = "/api-description"
    default_view = "page"
    class_permission_name = SECTION

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        self.update_redirect()
        page: str = self.render_template(
            "crm/exchange/api.html",
            title=_("Interface for programs"),
            openapi=url_for("DescriptionApi.get", version="v1"),
        )
        return page
