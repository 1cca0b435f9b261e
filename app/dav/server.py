"""Radicale, set up to read and write nothing but our books: no files, no log of its own, no accounts of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import g
from radicale import Application, config, httputils, pathutils
from radicale.auth import BaseAuth
from radicale.rights import BaseRights

from app.dav.storage import PATHS, BookStorage

USER = "vizavi.device"  # in the environment of a request: the number of the user that app.dav.view let in
LONGEST_ITEM = 3_000_000  # bytes of a card or an event, pictures and all
LONGEST_BODY = 4_000_000


class PasswordAuth(BaseAuth):
    """Whom app.dav.view has let in by a password of a program."""

    def get_external_login(self, environ: Mapping[str, Any]) -> tuple[str, str]:
        return environ[USER], ""

    def _login(self, login: str, password: str) -> str:
        return login


class OwnRights(BaseRights):
    """One's own books alone, each by the rights of its section; no book is made, renamed or deleted."""

    def authorization(self, user: str, user_groups: Any = frozenset(), path: str = "", *_more: Any) -> str:
        parts = [part for part in pathutils.strip_path(path).split("/") if part]
        if not parts:
            return "R"
        if not user or parts[0] != user:
            return ""
        if len(parts) == 1:
            return "R"
        kind = PATHS.get(parts[1])
        if len(parts) != 2 or kind is None or not g.device.reads(kind):
            return ""
        return "rw" if g.device.writes(kind) else "r"


class DeviceServer(Application):
    """Radicale would write what fails into the log, with what people sent: here it goes to the edge."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return _told_to_the_edge(found) if name.startswith("do_") else found


def _told_to_the_edge(do: Any) -> Any:
    def done(*args: Any) -> Any:
        try:
            return do(*args)
        except Exception as error:
            g.device.error = error
            return httputils.INTERNAL_SERVER_ERROR

    return done


def make_server() -> DeviceServer:
    for name in ("radicale", "vobject.base"):  # they name people and quote what they wrote
        logging.getLogger(name).disabled = True
    configuration = config.load()
    configuration.update(
        {
            # Nobody is made to wait: he would hold a worker, and what the edge refuses is no guess at a password.
            "server": {"max_content_length": LONGEST_BODY, "max_resource_size": LONGEST_ITEM, "delay_on_error": 0},
            "auth": {"type": PasswordAuth, "delay": 0},
            "rights": {"type": OwnRights, "permit_delete_collection": False, "permit_overwrite_collection": False},
            "storage": {"type": BookStorage, "strict_preconditions": True},
            "web": {"type": "none"},
        },
        "vizavi",
        privileged=True,
    )
    return DeviceServer(configuration)
