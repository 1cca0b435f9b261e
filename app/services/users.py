"""People who log in."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.domain import passwords
from app.domain.letters.addresses import WrongRecipient, recipient
from app.domain.passwords import Weakness
from app.errors import Refused
from app.models.users import Role, User, UserProfile

LONGEST: int = User.__table__.c.username.type.length  # characters of a login
LONGEST_NAME: int = User.__table__.c.first_name.type.length


def add(
    session: Session,
    *,
    username: str,
    role: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    must_change_password: bool = False,
) -> User:
    """A new active user with one role; refuses a taken name or e-mail, an unknown role and a weak password."""
    username, email = username.strip(), email.strip()
    if email:
        refuse_unreachable(email)
    email = email or f"{username}@localhost"  # the table wants one, different for everybody
    if not username or len(username) > LONGEST:
        raise Refused(_("A user name has from 1 to %(most)s characters.", most=LONGEST), field="username")
    if find(session, username):
        raise Refused(_("There is already a user named %(name)s.", name=username), field="username")
    if session.scalar(select(User.id).where(func.lower(User.email) == email.lower())):
        raise Refused(_("There is already a user with the e-mail %(email)s.", email=email), field="email")
    about = (username, first_name, last_name, email)
    user = User(
        username=username,
        first_name=first_name if first_name or last_name else username[:LONGEST_NAME],  # lists and lanes name people
        last_name=last_name,
        email=email,
        active=True,
        password=_hashed(password, about),
        roles=[_role(session, role)],
    )
    user.profile = UserProfile(must_change_password=must_change_password)
    session.add(user)
    session.flush()
    return user


def set_password(session: Session, username: str, password: str, *, must_change: bool) -> User:
    """Give a user another password; his open sessions end."""
    user = find(session, username)
    if user is None:
        raise Refused(_("There is no user named %(name)s.", name=username), field="username")
    user.password = _hashed(password, personal_words(user))
    user.fail_login_count = 0
    if user.profile is None:
        user.profile = UserProfile(session_version=1)
    user.profile.must_change_password = must_change
    user.profile.session_version += 1
    session.flush()
    return user


def find(session: Session, username: str) -> User | None:
    return session.scalar(select(User).where(func.lower(User.username) == username.strip().lower()))


def are_there(session: Session, role: str | None = None) -> bool:
    """True when somebody can log in at all, or in that role."""
    users = select(User.id).limit(1)
    return session.scalar(users.where(User.roles.any(name=role)) if role else users) is not None


def _role(session: Session, name: str) -> Role:
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        names = ", ".join(session.scalars(select(Role.name).order_by(Role.id)))
        raise Refused(_("There is no role %(name)s; the roles are: %(names)s.", name=name, names=names), field="role")
    return role


def personal_words(user: User) -> tuple[str, ...]:
    """What a password of the user must not be made of."""
    return tuple(text for text in (user.username, user.first_name, user.last_name, user.email) if text)


def refuse_unreachable(email: str) -> None:
    """Raises Refused for what is no address: reminders and notices would be lost without a word."""
    try:
        recipient(email)
    except WrongRecipient:
        raise Refused(_("“%(text)s” is no e-mail address.", text=email[:80]), field="email") from None


def refuse_weak(password: str, about: Iterable[str]) -> None:
    """Raises Refused with what is wrong with the password of somebody of whom this is known."""
    found = passwords.weakness(password, about)
    if found is Weakness.SHORT:
        raise Refused(_("A password has at least %(count)s characters.", count=passwords.LEAST), field="password")
    if found is Weakness.COMMON:
        sentence = _(
            "This password is easy to guess: it is a common one, or made of the login, the name or the product's name. "
            "Take several words that do not belong together."
        )
        raise Refused(sentence, field="password")


def _hashed(password: str, about: Iterable[str]) -> str:
    refuse_weak(password, about)
    return generate_password_hash(password)
