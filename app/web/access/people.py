"""Users, their roles and their passwords: FAB's security screens in our look and with our rules."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, redirect, request, session, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security import views as stock
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext, refresh
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user
from pytz import common_timezones, common_timezones_set
from sqlalchemy import inspect
from werkzeug.security import generate_password_hash
from werkzeug.wrappers import Response
from wtforms import BooleanField, PasswordField, StringField, ValidationError, validators

from app import clock, roles
from app.domain.passwords import LEAST
from app.domain.words import ByLetter, NoticeKind
from app.errors import Refused
from app.extensions import db
from app.models.captions import caption
from app.models.users import Role, User, UserProfile
from app.services import own_fields, users
from app.services.access import second_factor, sessions
from app.web.access import logins
from app.web.access.rights import RightsField, RolesField
from app.web.datamodel import DataModel
from app.web.filters import Contains, YesNo
from app.web.views import CrmView

OWN = "Own profile"  # a section that everybody has: one's own name and password
OWN_VERBS = {
    "this_form_get": "read",
    "this_form_post": "write",
    "userinfo": "read",
    "end": "write",
    "timezone": "write",
}


def profile_of(user: User) -> UserProfile:
    if user.profile is None:
        user.profile = UserProfile(session_version=1)
    return user.profile


def switch_language(locale: str) -> Response:
    """The same page in the other language, which workers and letters speak to the reader too from now on.

    Flask-AppBuilder goes to a page that some tab was on before.
    """
    appbuilder = current_app.appbuilder  # type: ignore[attr-defined]
    if locale not in appbuilder.languages:
        abort(404)
    session["locale"] = locale
    if current_user.is_authenticated:
        profile_of(current_user).locale = locale
        db.session.commit()
    return redirect(get_safe_redirect(request.referrer or appbuilder.get_url_for_index))


class CodeForm(DynamicForm):
    code = StringField(_l("Code"), validators=[validators.DataRequired(), validators.Length(max=64)])


class AuthView(stock.AuthDBView):
    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> str | Response:
        """As in FAB; who has a second factor is asked for its code before he is let in."""
        if current_user.is_authenticated:
            return redirect(self._get_safe_next_url())
        form = LoginForm_db()
        if not form.validate_on_submit():
            page: str = self.render_template(
                self.login_template, title=self.title, form=form, appbuilder=self.appbuilder
            )
            return page
        follows = self._get_safe_next_url()
        user = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
        if not user:
            flash(str(self.invalid_login_message), "warning")
            return redirect(self.appbuilder.get_url_for_login_with(follows))
        if second_factor.of_user(db.session(), user.id):
            session[logins.PENDING] = [user.id, clock.now().timestamp()]
            return redirect(url_for(".code", next=follows))
        login_user(user)
        return redirect(follows)

    @expose("/login/code", methods=["GET", "POST"])
    @no_cache
    def code(self) -> str | Response:
        number = logins.pending()
        if number is None:
            return redirect(url_for(".login"))
        form = CodeForm()
        if form.validate_on_submit():
            accepted = second_factor.accepts(db.session(), number, form.code.data, now=clock.now())
            db.session.commit()
            logins.tell(came_in=accepted)
            user = self.appbuilder.sm.get_user_by_id(number)
            if accepted and user is not None and user.is_active:
                session.pop(logins.PENDING)
                login_user(user)
                return redirect(self._get_safe_next_url())
            form.code.errors = [_("This code is wrong, or was used already.")]
        page: str = self.render_template("crm/code.html", title=_("Second factor"), form=form)
        return page

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Response:
        """By POST alone: a foreign page cannot log anybody out with a picture's address."""
        return super().logout()


class StrongPassword:
    """Refuses a password that is short, common, or made of what the form or the base knows of its owner."""

    def __call__(self, form: Any, field: Any) -> None:
        names = [name for name in ("username", "first_name", "last_name", "email") if name in form]
        typed = [str(form[name].data or "") for name in names]
        try:
            users.refuse_weak(field.data or "", typed or users.personal_words(current_user))
        except Refused as refused:
            raise ValidationError(str(refused)) from None


class PresentPassword:
    """Asks for the password that one has: an open screen is not enough to take an account away."""

    def __call__(self, form: Any, field: Any) -> None:
        if not current_app.appbuilder.sm.knows_password(field.data or ""):  # type: ignore[attr-defined]
            raise ValidationError(_("This is not your present password."))


def new_password(label: Any, *rules: Any, description: Any = "") -> PasswordField:
    return PasswordField(label, validators=rules, widget=BS3PasswordFieldWidget(), description=description)


class OwnPasswordForm(DynamicForm):
    present = new_password(_l("Present password"), validators.DataRequired(), PresentPassword())
    password = new_password(
        _l("New password"),
        validators.DataRequired(),
        StrongPassword(),
        description=_l("At least %(count)s characters, and no common word.", count=LEAST),
    )
    conf_password = new_password(
        _l("New password once more"), validators.EqualTo("password", message=_l("The passwords differ."))
    )


class OwnPasswordView(stock.ResetMyPasswordView):
    class_permission_name = OWN
    method_permission_name = OWN_VERBS
    form = OwnPasswordForm
    form_title = _l("Change password")
    message = _l("The password is changed; other sessions are closed.")

    def form_get(self, form: OwnPasswordForm) -> None:
        """Who has to come here is told why."""
        if current_user.profile is not None and current_user.profile.must_change_password:
            form.present.description = _("The one that you were given. Others may know it: choose your own.")


class OwnNameView(stock.UserInfoEditView):
    class_permission_name = OWN
    method_permission_name = OWN_VERBS
    form_title = _l("My name")


class ProfileView(BaseView):
    """What the product knows of the one who is logged in."""

    route_base = "/profile"
    default_view = "userinfo"
    class_permission_name = OWN
    method_permission_name = OWN_VERBS

    @expose("/")
    @has_access
    def userinfo(self) -> str:
        page: str = self.render_template(
            "crm/profile.html",
            title=_("My profile"),
            user=current_user,
            logins=sessions.of_user(db.session(), current_user.id, now=clock.now()),
            this=session.get("login"),
            zones=common_timezones,
            zone=current_user.profile.timezone if current_user.profile else None,
            notice_kinds=[(kind.value, caption(kind)) for kind in NoticeKind],
            notices_off=current_user.profile.notices_off if current_user.profile else [],
            bell_sound=current_user.profile.bell_sound if current_user.profile else True,
            own_mail_program=bool(current_user.profile and current_user.profile.own_mail_program),
            letter_kinds=[(kind.value, caption(kind)) for kind in ByLetter],
            by_letter=current_user.profile.by_letter if current_user.profile else [],
            extension=(current_user.profile and current_user.profile.extension) or "",
            company_zone=str(clock.zone()),
            factor=second_factor.of_user(db.session(), current_user.id),
        )
        return page

    @expose("/timezone", methods=["POST"])
    @has_access
    def timezone(self) -> Response:
        """Times are shown and typed in this zone from now on; an empty one is the company's."""
        chosen = request.form.get("timezone", "")
        if chosen and chosen not in common_timezones_set:
            abort(400)
        profile_of(current_user).timezone = chosen or None
        db.session.commit()
        refresh()
        flash(_("Saved."), "success")
        return redirect(url_for(".userinfo"))

    @expose("/logins/<int:number>/end", methods=["POST"])
    @has_access
    def end(self, number: int) -> Response:
        if not sessions.end(db.session(), current_user.id, number):
            abort(404)
        db.session.commit()
        flash(_("The login is ended."), "info")
        return redirect(url_for(".userinfo"))


class NewPasswordField(PasswordField):
    """A password given by an administrator: its owner must change it, and the sessions opened before it end."""

    def __init__(self, label: Any, rules: list[Any], **kwargs: Any) -> None:
        super().__init__(label, [*rules, StrongPassword()], widget=BS3PasswordFieldWidget(), **kwargs)

    def process_data(self, value: Any) -> None:
        """The hash in the base is never shown."""
        self.data = None

    def populate_obj(self, obj: User, name: str) -> None:
        if self.data:
            obj.password = generate_password_hash(self.data)
            profile = profile_of(obj)
            profile.must_change_password = True
            profile.session_version = (profile.session_version or 1) + 1


class UserView(CrmView):
    rows = datamodel = DataModel(
        User,
        searches={"last_name": Contains, "username": Contains, "active": YesNo},
        order_by={"name": "last_name", "username": "username"},
        computed={"name": User.get_full_name},
    )
    route_base = "/users"
    class_permission_name = "Users"
    exclude_route_methods = {"download", "delete"}  # what a user did stays; who left is switched off
    list_title, add_title = _l("Users"), _l("New user")
    label_columns = {
        "name": _l("Name and surname"),
        "last_name": _l("Last name"),
        "first_name": _l("First name"),
        "username": _l("Login"),
        "email": _l("E-mail"),
        "active": _l("Active"),
        "roles": _l("Roles"),
        "last_login": _l("Last login"),
        "password": _l("Password"),
    }
    list_columns = ["name", "username", "email", "roles", "active", "last_login"]
    kinds = {"username": "whole", "email": "name", "roles": "name"}
    show_columns = ["last_name", "first_name", "username", "email", "roles", "active", "last_login"]
    search_columns = ["last_name", "username", "active"]
    base_order = ("name", "asc")
    add_columns = ["last_name", "first_name", "username", "email", "roles", "active", "password"]
    add_form_extra_fields = {
        "roles": RolesField(_l("Roles"), [validators.DataRequired()]),
        "password": NewPasswordField(
            _l("Password"),
            [validators.DataRequired()],
            description=_l("For the first login: its owner will choose another."),
        ),
    }
    edit_form_extra_fields = {
        "roles": RolesField(_l("Roles"), [validators.DataRequired()]),
        "password": NewPasswordField(
            _l("New password"), [validators.Optional()], description=_l("Empty: the old one stays.")
        ),
    }

    def pre_add(self, item: User) -> None:
        users.refuse_unreachable(item.email)

    def pre_update(self, item: User) -> None:
        if inspect(item).attrs.email.history.has_changes():
            users.refuse_unreachable(item.email)
        names = {role.name for role in item.roles}
        if item.id == current_user.id and not (item.active and names & {roles.ADMIN}):
            raise Refused(_("You cannot take your own administrator's rights away."), field="roles")


class RoleView(CrmView):
    rows = datamodel = DataModel(Role, order_by={"name": "name"})
    route_base = "/roles"
    class_permission_name = "Roles"
    exclude_route_methods = {"download", "show"}
    list_title, add_title = _l("Roles"), _l("New role")
    label_columns = {"name": _l("Name"), "permissions": _l("Rights")}
    list_columns = ["name"]
    formatters_columns = {"name": gettext}
    add_columns = ["name", "second_factor", "permissions"]
    base_order = ("name", "asc")
    add_form_extra_fields = edit_form_extra_fields = {
        "second_factor": BooleanField(
            _l("Second factor"), description=_l("Who has this role logs in with a code of his telephone, too.")
        ),
        "permissions": RightsField(_l("Rights")),
    }

    def title_of(self, item: Role) -> str:
        return gettext(item.name)

    def pre_update(self, item: Role) -> None:
        if item.name == roles.ADMIN:
            raise Refused(_("The administrator has every right."))
        before = set(inspect(item).attrs.name.history.deleted or ())
        if before & set(roles.SEES):
            raise Refused(_("A role of the product keeps its name: what it sees depends on it."), field="name")
        for name in before:
            own_fields.rename_role(self.datamodel.session, name, item.name)

    def pre_delete(self, item: Role) -> None:
        if item.name in roles.SEES or item.user:
            raise Refused(_("A role of the product, or one that people have, cannot be deleted."))
        if fields := own_fields.fields_for(self.datamodel.session, item.name):
            names = ", ".join(field.name for field in fields)
            raise Refused(_("Own fields are for this role: %(names)s.", names=names))
