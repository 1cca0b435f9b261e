"""Pages for programs: whoever is logged in opens them, and a program by its token or key as it does REST."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, request
from flask_jwt_extended import get_current_user, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_login import current_user
from jwt import PyJWTError

from app.models.users import User
from app.web import errors

View = TypeVar("View", bound=Callable[..., Any])
MARK = "for_programs"  # of the functions behind such addresses


def for_programs(view: View) -> View:
    """Let a program in besides people; a stranger is led to the login if he is a browser, else answered by 401."""

    @wraps(view)
    def asked(*args: Any, **more: Any) -> Any:
        if not current_user.is_authenticated and not errors.wants_page():
            return errors.unauthorized()
        return view(*args, **more)

    setattr(asked, MARK, True)
    return asked  # type: ignore[return-value]


def program_of_request(_request: Any) -> User | None:
    """In whose name a program asks a page for programs; nobody by what is good no more, and anywhere else."""
    if not getattr(current_app.view_functions.get(request.endpoint or ""), MARK, False):
        return None
    manager = current_app.appbuilder.sm  # type: ignore[attr-defined]
    if (key := manager.extract_api_key_from_request()) is not None:
        user: User | None = manager.validate_api_key(key)
        return user
    try:
        is_known = verify_jwt_in_request() is not None  # OPTIONS asks for nobody
    except (JWTExtendedException, PyJWTError):
        return None
    user = get_current_user() if is_known else None
    return user
