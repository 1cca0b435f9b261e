"""Who may do what: FAB's security with one statement per question, and sessions that really end."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from click import ClickException
from flask import Flask, current_app, g, has_request_context, redirect, request, session, url_for
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import (
    Group,
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_group_role,
    assoc_permissionview_role,
    assoc_user_group,
    assoc_user_role,
)
from flask_babel import gettext as _
from flask_jwt_extended import JWTManager, get_jwt
from flask_login import LoginManager, current_user, user_logged_in
from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, exists, func, select, union
from sqlalchemy.orm import Session, joinedload
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response

from app import clock
from app.models.access import RoleRule, SecondFactor
from app.models.settings import Policy
from app.models.users import User
from app.services import list_views, own_fields
from app.services.access import program_keys, second_factor, sessions
from app.services.access.sessions import LoginState
from app.services.list_views import Pinned
from app.web import errors
from app.web.access import logins
from app.web.access.kept import RIGHTS
from app.web.access.people import (
    OWN,
    AuthView,
    OwnNameView,
    OwnPasswordView,
    ProfileView,
    RoleView,
    UserView,
    profile_of,
    switch_language,
)
from app.web.access.programs import program_of_request
from app.web.access.rowsec import ASSISTED, MANAGERS_SEE_ALL, STATIC, look_as
from app.web.access.second_factor import SecondFactorView
from app.web.lists.tabs import HABITS, OPENED, PINNED

VERSION = "session_version"
LOGIN = "login"  # the number of the login, in the cookie and in tokens
DEMANDED = "vizavi.second_factor"  # in request.environ: what the user's roles demand and he does not have yet
RINGING = "RingingView.state"
BY_THEMSELVES = {"BellView.state", RINGING}  # what pages ask without anybody
LOGGED_IN = "vizavi.logged_in"  # in request.environ
PROGRAM = "vizavi.program"  # in request.environ: every (permission, section) of the key that a program came in by
READS = {"GET", "HEAD", "OPTIONS"}  # requests that change nothing
MOST_KEPT = 500  # users in the memory of a process
# What a person who must change the password may still open.
OPEN_TO_ALL = {
    *STATIC,
    "LocaleView.index",
    "AuthView.logout",
    "OwnPasswordView.this_form_get",
    "OwnPasswordView.this_form_post",
}
SECOND_FACTOR = {"SecondFactorView.page", "SecondFactorView.switch_on", "SecondFactorView.codes"}


class Kept(NamedTuple):
    """A user as the base had him while the stamp of rights was this one."""

    stamp: str
    user: User
    roles: Sequence[int]
    granted: set[tuple[str, str]]
    managers_see_all: bool
    demanded: bool
    pinned: Sequence[Pinned]


class LoggedIn(NamedTuple):
    """The user whom this request loaded, and every (permission, section) that he has."""

    user: User | None
    granted: Set[tuple[str, str]]


NOBODY = LoggedIn(None, frozenset())


def version_of(user: User) -> int:
    return user.profile.session_version if user.profile else 1


def once_a_request(key: str, make: Any) -> Any:
    """Once a request. Not in `g`: an outer application context would share it between requests."""
    if not has_request_context():
        return make()
    environ = request.environ
    if key not in environ:
        environ[key] = make()
    return environ[key]


def rights(of_roles: ColumnElement[bool]) -> Select[Any]:
    """Every permission and section of the roles, as one text of lines "can_read Section"."""
    link = assoc_permissionview_role
    return (
        select(func.string_agg(Permission.name + " " + ViewMenu.name, "\n"))
        .select_from(link)
        .join(PermissionView, PermissionView.id == link.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(of_roles)
    )


def rights_of(found: str | None) -> set[tuple[str, str]]:
    parts = (right.partition(" ") for right in (found or "").splitlines())
    return {(permission, section) for permission, _space, section in parts}


def roles_of(user_id: int) -> CompoundSelect[int]:
    """The numbers of the user's roles, his own and of his groups."""
    through_groups = select(assoc_group_role.c.role_id).join(
        assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id
    )
    return union(
        select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == user_id),
        through_groups.where(assoc_user_group.c.user_id == user_id),
    )


def names_of_roles(told: Any) -> Iterator[tuple[type[Role | Permission | ViewMenu], Any]]:
    """Every name in a file of roles, and what it is the name of. TypeError, LookupError: it is no such file."""
    for role in listed(told):
        yield Role, role["name"]
        for pair in listed(role["permissions"]):
            yield Permission, pair["permission"]["name"]
            yield ViewMenu, pair["view_menu"]["name"]


def listed(told: Any) -> list[Any]:
    if not isinstance(told, list):
        raise TypeError
    return told


def fits(kind: type[Role | Permission | ViewMenu], name: Any) -> bool:
    """The base keeps such a name."""
    longest = kind.__table__.c.name.type.length
    return isinstance(name, str) and name.isprintable() and 0 < len(name) <= longest


class CrmSecurityManager(SecurityManager):
    userstatschartview = None  # draws with a foreign site's script, and loads every user
    userdbmodelview = UserView
    rolemodelview = RoleView
    authdbview = AuthView
    resetmypasswordview = OwnPasswordView
    userinfoeditview = OwnNameView

    def __init__(self, appbuilder: Any) -> None:
        super().__init__(appbuilder)
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self.userdbmodelview.datamodel = UserView.rows  # FAB puts stock ones there
        self.rolemodelview.datamodel = RoleView.rows

    def create_login_manager(self, app: Flask) -> LoginManager:
        """With the form of logging in that there is: FAB names one that there is not."""
        manager: LoginManager = super().create_login_manager(app)
        manager.login_view = "AuthView.login"
        manager.login_message = ""  # the form says it all
        manager.request_loader(program_of_request)
        return manager

    def register_views(self) -> None:
        """The screens of logging in and of one's own profile; users and roles are put into the menu with the rest."""
        self.appbuilder.add_api(self.security_api)
        self.auth_view = self.authdbview()
        for view in (self.auth_view, self.userinfoeditview, self.resetmypasswordview, SecondFactorView):
            self.appbuilder.add_view_no_menu(view)
        self.user_view = self.appbuilder.add_view_no_menu(ProfileView)  # where FAB's own links to a profile lead

    # -- rights -------------------------------------------------------------------------------------

    def granted(self, role_ids: Iterable[int]) -> set[tuple[str, str]]:
        """Every (permission, section) of the roles, in one statement a request."""
        asked = frozenset(role_ids)

        def read() -> set[tuple[str, str]]:
            return rights_of(self.session.scalar(rights(assoc_permissionview_role.c.role_id.in_(asked))))

        return once_a_request(f"vizavi.granted.{sorted(asked)}", read)

    def exist_permission_on_roles(self, view_name: str, permission_name: str, role_ids: list[int]) -> bool:
        return (permission_name, view_name) in self.granted(role_ids)

    def get_public_role(self) -> Any:
        return once_a_request("vizavi.public", super().get_public_role)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Nothing is public: strangers see the login form alone."""
        return False

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """A menu item is seen by whoever has any right to its section, a category by whoever sees one of its items."""
        if permission_name == "menu_access":
            return self._sees_menu(self.appbuilder.menu.find(view_name))
        if (of_key := request.environ.get(PROGRAM)) is not None:
            return (permission_name, view_name) in of_key
        user = current_user._get_current_object()  # asked for once: each look at the proxy finds its request anew
        if not user.is_authenticated:
            return bool(super().has_access(permission_name, view_name))  # a token may be read between two questions
        if view_name == OWN:
            return True
        if user is (known := request.environ.get(LOGGED_IN, NOBODY)).user:  # a list asks it of every row
            return (permission_name, view_name) in known.granted
        asked, allowed = f"vizavi.may.{user.get_id()}.{permission_name}.{view_name}", super().has_access
        return bool(once_a_request(asked, lambda: allowed(permission_name, view_name)))

    def _sees_menu(self, item: Any) -> bool:
        if item is None or not current_user.is_authenticated:
            return False
        if item.childs:
            return any(self._sees_menu(child) for child in item.childs)
        section = getattr(item.baseview, "class_permission_name", None)
        roles = [role.id for role in self.get_user_roles(current_user)]
        return any(name == section for _permission, name in self.granted(roles))

    # -- roles of a file ----------------------------------------------------------------------------

    def import_roles(self, path: str) -> None:
        """As the library does (`flask fab import-roles`); of a file that is not such a one nothing is taken."""
        try:
            names = list(names_of_roles(json.loads(Path(path).read_text(encoding="utf-8"))))
        except OSError as problem:
            raise ClickException(f"{path}: {problem.strerror}") from None
        except (ValueError, LookupError, TypeError, RecursionError):
            names = []
        if not names or not all(fits(kind, name) for kind, name in names):
            raise ClickException(_("%(path)s is no file of roles that this product has written.", path=path))
        super().import_roles(path)

    # -- coming in ----------------------------------------------------------------------------------

    def auth_user_db(self, username: str, password: str) -> User | None:
        """The user, when the password is his; the try was counted before this request began (see logins)."""
        user: User | None = super().auth_user_db(username, password)
        if user is not None and second_factor.of_user(self.session, user.id):
            if not logins.is_program():
                return user  # the form goes on to ask for the code, and only then the try was right
            user = user if logins.shows_code(user) else None
        logins.tell(came_in=user is not None)
        return user

    def knows_password(self, password: str) -> bool:
        """True when the one who is logged in has typed his password; wrong ones count as at the login."""
        knows = check_password_hash(current_user.password or "", password)
        logins.tell(came_in=knows)
        return knows

    # -- sessions -----------------------------------------------------------------------------------

    def get_user_by_id(self, pk: Any) -> User | None:
        """The user from the base, with all that every request asks of him."""
        found = self._read(self.session, int(pk), stamp="")
        return found.user if found else None

    def _read(self, session: Session, pk: int, stamp: str) -> Kept | None:
        """The user with his roles and rights, the policy that row rights depend on, and whether he lacks a factor."""
        own = roles_of(pk)
        granted = rights(assoc_permissionview_role.c.role_id.in_(own)).scalar_subquery()
        demanded = and_(
            exists().where(RoleRule.role_id.in_(own), RoleRule.second_factor),
            ~exists().where(SecondFactor.user_id == pk),
        )
        statement = (
            select(User, select(Policy.managers_see_all).scalar_subquery(), granted, demanded)
            .where(User.id == pk)
            .options(
                joinedload(User.profile),
                joinedload(User.roles),
                joinedload(User.groups).joinedload(Group.roles),
            )
            .execution_options(unscoped=True)  # users are nobody's; making the row rules costs more than the query
        )
        found = session.execute(statement).unique().one_or_none()
        if found is None:
            return None
        roles = sorted({role.id for role in self.get_user_roles(found[0])})
        pinned = list_views.in_menu(session, pk, roles)
        return Kept(stamp, found[0], roles, rights_of(found[2]), bool(found[1]), bool(found[3]), pinned)

    def _kept_user(self, pk: int, state: LoginState) -> User | None:
        """The user of this request: kept since an earlier one, unless anybody's rights have changed since."""
        stamp = state.stamp
        kept, environ = self._kept.get(pk), request.environ
        if kept is not None and kept.stamp == stamp:
            environ[HABITS] = state.habits
        else:
            # In a session of its own, which leaves him whole and belonging to no request.
            with Session(self.session.connection(), join_transaction_mode="rollback_only") as own:
                kept = self._read(own, pk, stamp)
                own.expunge_all()
            if kept is None:
                return None
            self._kept[pk] = kept
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        user: User = self.session.merge(kept.user, load=False)
        environ |= {MANAGERS_SEE_ALL: kept.managers_see_all, ASSISTED: state.assisted, DEMANDED: kept.demanded}
        environ[f"vizavi.granted.{kept.roles}"] = kept.granted
        environ[RIGHTS], environ[PINNED] = (stamp, *kept.roles), kept.pinned
        environ[LOGGED_IN] = LoggedIn(user, kept.granted)
        return user

    def _in(self, pk: Any, login: int | None, version: int | None) -> User | None:
        """The user, if what he showed, the number of his login and the version of his sessions, is still good."""
        now = clock.now()
        state = self._state(int(pk), login, now)
        if login is not None and state.seen_at is None:
            return None
        # A page that asks by itself does not keep a login alive.
        works = not has_request_context() or request.endpoint not in BY_THEMSELVES
        if works and login is not None and state.seen_at and state.seen_at < now - sessions.SEEN_EVERY:
            sessions.mark_seen(self.session, login, now=now)
            self.session.commit()
        user = self._kept_user(int(pk), state)
        if user is None or not user.is_active or version != version_of(user):
            return None
        return user

    def _state(self, pk: int, login: int | None, now: datetime) -> LoginState:
        """What is asked of the base before anything else."""
        writes, habits = has_request_context() and request.method not in READS, None
        if has_request_context() and request.endpoint in OPENED and (kept := self._kept.get(pk)):
            habits = str(request.blueprint), kept.roles  # which are his while the stamp is the same
        state = sessions.state(self.session, pk, login, now=now, writes=writes, habits=habits)
        self.session.info[own_fields.STAMP] = state.stamp
        return state

    def load_user(self, pk: Any) -> User | None:
        """Nobody, when his login was ended, or he has got another password since it began."""
        return self._in(pk, session.get(LOGIN), session.get(VERSION, 1))

    def on_user_login(self, user: User) -> None:
        """FAB says it of a right password; the login begins when nothing else is asked: see `begin_login`."""

    def begin_login(self, user: User, *, is_program: bool = False) -> int:
        """A login of its own, which its owner sees and may end."""
        agent = request.user_agent.string
        number = sessions.begin(self.session, user.id, agent=agent, is_program=is_program, now=clock.now())
        self.session.commit()
        return number

    def on_user_logout(self, user: User) -> None:
        """This login ends; the others go on."""
        if session.get(LOGIN) is None:
            self.end_sessions(user)
            return
        sessions.end(self.session, user.id, session.pop(LOGIN))
        self.session.commit()

    def end_sessions(self, user: User) -> None:
        """Cookies and tokens given before this moment are worth nothing."""
        profile_of(user).session_version += 1
        sessions.end_all(self.session, user.id)
        self.session.commit()

    def reset_password(self, userid: Any, password: str) -> None:
        """One's own new password ends every other session; one that is given goes through NewPasswordField."""
        user = self.get_user_by_id(userid)
        if user is None:
            return
        user.password = generate_password_hash(password)
        profile_of(user).must_change_password = False
        self.end_sessions(user)
        if has_request_context():
            session[VERSION], session[LOGIN] = version_of(user), self.begin_login(user)

    def create_jwt_manager(self, app: Flask) -> JWTManager:
        manager = super().create_jwt_manager(app)
        for told in (manager.unauthorized_loader, manager.invalid_token_loader):
            told(lambda _why: errors.unauthorized())
        for told in (manager.expired_token_loader, manager.user_lookup_error_loader):
            told(lambda _head, _claims: errors.unauthorized())

        @manager.additional_claims_loader
        def claims(identity: str) -> dict[str, int]:
            user = self.get_user_by_id(identity)
            claims = {VERSION: version_of(user)}
            if has_request_context() and user is not None:
                earlier = get_jwt().get(LOGIN) if getattr(g, "_jwt_extended_jwt", None) else None
                claims[LOGIN] = earlier or once_a_request(
                    "vizavi.login", lambda: self.begin_login(user, is_program=True)
                )
            return claims

        return manager

    def load_user_jwt(self, _jwt_header: Any, jwt_data: dict[str, Any]) -> User | None:
        user = self._in(jwt_data["sub"], jwt_data.get(LOGIN), jwt_data.get(VERSION))
        if user is None or request.environ[DEMANDED] or (user.profile and user.profile.must_change_password):
            return None
        g.user = user
        look_as(user)
        return user

    def validate_api_key(self, api_key_string: str) -> User | None:
        """In whose name a program comes in by its key: what both he and the role of the key may is what it may."""
        now = clock.now()
        key = program_keys.of_secret(self.session, api_key_string, now=now)
        if key is None:
            return None
        if key in self.session.dirty:  # it was used; whatever becomes of the request
            self.session.commit()
        state = self._state(key.user_id, None, now)
        user = self._kept_user(key.user_id, state)
        if user is None or not user.is_active:
            return None
        of_role = rights_of(self.session.scalar(rights(assoc_permissionview_role.c.role_id == key.role_id)))
        request.environ[PROGRAM] = request.environ[LOGGED_IN].granted & of_role
        del request.environ[RIGHTS]  # of the user alone: nothing is kept for what a key leaves of them
        g.user = user
        look_as(user)
        return user


def demand_more() -> Response | None:
    """Runs before every request: a password that was given is changed first, a second factor that is due is set up."""
    user = None if request.endpoint in OPEN_TO_ALL else current_user._get_current_object()
    if user is None or not user.is_authenticated or PROGRAM in request.environ:
        return None
    if user.profile is not None and user.profile.must_change_password:
        return redirect(url_for("OwnPasswordView.this_form_get"))
    if request.environ.get(DEMANDED) and request.endpoint not in SECOND_FACTOR:
        return redirect(url_for("SecondFactorView.page"))
    return None


def note_login(_app: Flask, user: User) -> None:
    """Flask-Login has let somebody in: in his language, or he has chosen one at the door."""
    profile = profile_of(user)
    if profile.locale:
        session["locale"] = profile.locale
    else:
        profile.locale = session.get("locale")
    manager: CrmSecurityManager = current_app.appbuilder.sm  # type: ignore[attr-defined]
    session[VERSION], session[LOGIN] = version_of(user), manager.begin_login(user)


def zone_of_reader() -> str | None:
    """In which zone times are shown to the reader and typed by him; None: the company's."""
    profile = getattr(current_user, "profile", None)
    return profile.timezone if profile else None


def init_app(app: Flask) -> None:
    app.before_request(logins.slow_down)
    app.before_request(demand_more)
    app.extensions["babel"].timezone_selector = zone_of_reader
    app.view_functions["LocaleView.index"] = switch_language
    user_logged_in.connect(note_login, app)
    app.after_request(logins.note_refusal)
