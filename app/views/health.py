"""/healthz, /readyz and /metrics, for balancers and for whoever watches the product.

They answer before Flask does: without a session, a login or row rights, also
when the base is away and whatever address the request was sent to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hmac import compare_digest
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Flask
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from app import metrics, readiness
from app.extensions import db

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SAID = {"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"}


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
        if path == "/metrics" and _may_watch(environ, app.config["CRM"].metrics_token):
            body = metrics.exposition(app)
            start_response("200 OK", [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4), *_headers(body)])
            return [body]
        return inner(environ, start_response)

    return answer


def _may_watch(environ: WSGIEnvironment, token: str) -> bool:
    """Whoever has the token; without one, whoever asks from this machine and through no other server.

    A server in front may stand on this machine too, and asks for whoever asked it.
    """
    if token:
        return compare_digest(environ.get("HTTP_AUTHORIZATION", "").encode(), f"Bearer {token}".encode())
    try:
        return ip_address(environ.get("REMOTE_ADDR", "")).is_loopback and not _was_passed_on(environ)
    except ValueError:
        return False


def _was_passed_on(environ: WSGIEnvironment) -> bool:
    """Whether a server says that it asks for somebody else; of app.processes.front, that it heard so."""
    if not environ.get("werkzeug.proxy_fix.orig", environ).get("REMOTE_ADDR"):
        return "," in environ.get("HTTP_X_FORWARDED_FOR", "")
    return any(name.startswith("HTTP_X_FORWARDED_") or name in SAID for name in environ)


def _headers(body: bytes) -> list[tuple[str, str]]:
    return [("Content-Length", str(len(body))), ("Cache-Control", "no-store")]


def _answered(
    start_response: StartResponse, checks: dict[str, str], details: dict[str, str] | None = None
) -> Iterable[bytes]:
    """200 or 503, and the checks as JSON."""
    well = all(found == readiness.OK for found in checks.values())
    body = json.dumps({"status": "ok" if well else "wrong", **checks, **(details or {})}).encode()
    start_response(
        "200 OK" if well else "503 Service Unavailable",
        [("Content-Type", "application/json"), *_headers(body)],
    )
    return [body]
