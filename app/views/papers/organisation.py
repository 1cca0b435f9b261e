"""Our organisation: the requisites that stand on papers, and the accounts that bills are paid to."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Response as Answered
from flask import abort, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, FileField

from app.models.organisation import BankAccount, Organisation
from app.services.papers import organisation as organisations
from app.services.papers.organisation import LARGEST_LOGO
from app.web.datamodel import DataModel
from app.web.forms.fields import text_field
from app.web.views import VERBS, CrmView

SECTION = "Our organisation"
REQUISITES = ["name", "full_name", "inn", "kpp", "ogrn", "address"]
REACHED = ["phone", "email", "website"]
SIGNERS = ["head_position", "head_name", "accountant_name"]


class NewLogoField(FileField):
    """A picture that takes the place of the logo, when one is chosen."""

    def populate_obj(self, obj: Any, name: str) -> None:
        """The view takes it: it is no column."""


class NoLogoField(BooleanField):
    def populate_obj(self, obj: Organisation, name: str) -> None:
        if self.data:
            obj.logo_id = None


class BankAccountView(CrmView):
    datamodel = DataModel(BankAccount, order_by={"bank": "bank"})
    route_base = "/bank-accounts"
    class_permission_name = SECTION
    exclude_route_methods = {"download", "show", "bulk"}
    list_title, add_title = _l("Accounts in banks"), _l("New account in a bank")
    list_columns = add_columns = ["number", "bic", "bank", "correspondent", "is_main"]
    # Wider than the column: people paste accounts in groups of digits.
    add_form_extra_fields = edit_form_extra_fields = {
        "number": text_field(_l("Account number"), 40),
        "correspondent": text_field(_l("Correspondent account"), 40),
    }
    related_columns = {"organisation": list_columns}
    description_columns = {"is_main": _l("Bills are paid to it.")}
    base_order = ("bank", "asc")
    not_in_place = tuple(add_columns)

    def pre_add(self, item: BankAccount) -> None:
        item.organisation_id = 1
        organisations.complete_account(self.datamodel.session, item)

    pre_update = pre_add

    def after_save_url(self, item: BankAccount) -> str:
        return url_for("OrganisationView.show", pk=1)

    after_delete_url = after_save_url


class OrganisationView(CrmView):
    datamodel = DataModel(Organisation)
    route_base = "/organisation"
    class_permission_name = SECTION
    method_permission_name = VERBS | {"logo": "read"}
    include_route_methods = {"list", "show", "edit", "logo"}
    list_title = _l("Our organisation")
    list_columns = show_columns = [*REQUISITES, *REACHED, *SIGNERS]
    add_columns = [*REQUISITES, *REACHED, *SIGNERS, "new_logo", "no_logo"]
    add_fieldsets = [
        (_l("Requisites"), {"fields": REQUISITES}),
        (_l("Contact information"), {"fields": REACHED}),
        (_l("Who signs"), {"fields": SIGNERS}),
        (_l("Logo"), {"fields": ["new_logo", "no_logo"]}),
    ]
    add_form_extra_fields = edit_form_extra_fields = {
        "new_logo": NewLogoField(
            _l("Logo"), description=_l("A PNG or a JPEG of up to 300 KB. None chosen: the old one stays.")
        ),
        "no_logo": NoLogoField(_l("Without a logo")),
    }
    description_columns = {
        "name": _l("As it stands on papers, with the legal form."),
        "head_position": _l("Empty: director, of an entrepreneur nothing."),
        "head_name": _l("Surname and initials, as they stand under papers."),
    }
    related_views = [BankAccountView]
    not_in_place = tuple(list_columns)
    show_template = "crm/papers/organisation.html"

    @expose("/list/")
    @has_access
    def list(self) -> Response:
        return redirect(url_for(".show", pk=1))

    @expose("/logo/")
    @has_access
    def logo(self) -> Answered:
        blob = organisations.ours(self.datamodel.session).logo
        if blob is None:
            abort(404)
        return send_file(BytesIO(blob.content), mimetype=picture_type(blob.content), etag=blob.sha256)

    def pre_update(self, item: Organisation) -> None:
        organisations.complete(item)
        chosen = request.files.get("new_logo")
        if chosen is not None and chosen.filename:
            organisations.take_logo(self.datamodel.session, item, chosen.read(LARGEST_LOGO + 1))


def picture_type(content: bytes) -> str:
    return "image/png" if content.startswith(organisations.PICTURES[0]) else "image/jpeg"
