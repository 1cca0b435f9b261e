"""What is made once for all readers of one language, or of the same rights too, and kept in the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request
from flask_babel import get_locale

from app.formatting import of_language

MOST_KEPT = 1000
RIGHTS = "vizavi.rights"  # in request.environ: the stamp of everybody's rights and the reader's roles
T = TypeVar("T")


def locale_code() -> str:
    return of_language("code", lambda: str(get_locale() or "ru"))


def kept_for_reader(key: tuple[Any, ...], make: Callable[[], T]) -> T:
    """What depends on the reader's rights, language and the key alone; made anew where no stamp tells his rights."""
    rights = request.environ.get(RIGHTS)
    return make() if rights is None else _kept((rights, *key), make)


def kept_for_all(key: tuple[Any, ...], make: Callable[[], T]) -> T:
    """What depends on the reader's language and the key alone."""
    return _kept((None, *key), make)


def _kept(key: tuple[Any, ...], make: Callable[[], T]) -> T:
    every: dict[Any, Any] = current_app.extensions.setdefault("vizavi.kept", {})
    key = (locale_code(), *key)
    if key not in every:
        made = make()
        if len(every) > MOST_KEPT:
            every.clear()
        every[key] = made
    found: T = every[key]
    return found
