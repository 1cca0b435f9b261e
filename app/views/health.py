"""/healthz and /readyz, for balancers and for whoever watches the product.

They answer before Flask does: without a session, a login or row rights, also
when the base is away and whatever address the request was sent to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from app import readiness
from app.extensions import db

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def init_app(app: Flask) -> None:
    app.wsgi_app = _watched(app, app.wsgi_app)  # type: ignore[method-assign, assignment]


def _watched(app: Flask, inner: WSGIApplication) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/healthz":
            return _answered(start_response, {})
        if path == "/readyz":
            with app.app_context():
                found = readiness.checks(db.session(), app.config["REDIS_URL"])
                details = readiness.details(db.session()) if found["postgresql"] == readiness.OK else {}
                return _answered(start_response, found, details)
        return inner(environ, start_response)

    return answer


def _answered(
    start_response: StartResponse, checks: dict[str, str], details: dict[str, str] | None = None
) -> Iterable[bytes]:
    """200 or 503, and the checks as JSON."""
    well = all(found == readiness.OK for found in checks.values())
    body = json.dumps({"status": "ok" if well else "wrong", **checks, **(details or {})}).encode()
    start_response(
        "200 OK" if well else "503 Service Unavailable",
        [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")],
    )
    return [body]
