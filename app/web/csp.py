"""What every answer tells the browser: run no script of strangers, guess no types, leak no addresses, keep no page."""

from __future__ import annotations

import secrets

from flask import Flask, Response, request
from flask_login import current_user

from app.web.access.rowsec import STATIC

NONCE = "vizavi.nonce"
POLICY = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def csp_nonce() -> str:
    """The pass of this answer's inline scripts: Flask-AppBuilder's own templates ask for it, ours have none."""
    return str(request.environ.setdefault(NONCE, secrets.token_urlsafe(16)))


def guard(response: Response) -> Response:
    nonce = request.environ.get(NONCE)
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY.format(nonce=f" 'nonce-{nonce}'" if nonce else ""))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.path.startswith("/api/") or (request.endpoint not in STATIC and current_user.is_authenticated):
        headers["Cache-Control"] = "no-store"  # people's and companies' data stay out of a shared computer's cache
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def init_app(app: Flask) -> None:
    app.jinja_env.globals["csp_nonce"] = csp_nonce  # a global: widgets run no context processors
    app.after_request(guard)
