"""The policy: business settings of the whole company, in one row."""

from __future__ import annotations

from flask import redirect, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.models.settings import Policy
from app.web.datamodel import DataModel
from app.web.forms.own_fields import FLAGS
from app.web.views import CrmView

FIELDS = [
    *("managers_see_all", "abc_measure", "stage_measure", "share_a", "share_b", "share_c"),
    *("journal_months", "readings_months", "letters_months", "inquiries_months", "files_days", "backup_weeks"),
]


class PolicyView(CrmView):
    datamodel = DataModel(Policy)
    route_base = "/policy"
    class_permission_name = "Policy"
    include_route_methods = {"list", "show", "edit"}
    list_title = _l("Policy")
    list_columns = show_columns = add_columns = FIELDS
    formatters_columns = {
        "managers_see_all": lambda may: FLAGS["yes" if may else "no"],
        **dict.fromkeys(("letters_months", "inquiries_months"), lambda months: months or _("kept for ever")),
    }
    description_columns = {
        "letters_months": _l("Empty: for ever. What goes at night is shown by «Terms of keeping»."),
        "inquiries_months": _l("Empty: for ever. Names, phones and texts go; the days stay for reports."),
    }

    @expose("/list/")
    @has_access
    def list(self) -> Response:
        return redirect(url_for("PolicyView.show", pk=1))
