"""Every request is timed and has an id, which its answer, the log, the base and work left to workers carry."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, request, request_started
from werkzeug.wsgi import ClosingIterator

from app import metrics, tracing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


KIND = "vizavi.kind"


def init_app(app: Flask) -> None:
    request_started.connect(_told_apart, app)
    app.wsgi_app = _known(app.wsgi_app)  # type: ignore[method-assign, assignment]


def _told_apart(_app: Flask) -> None:
    request.environ[KIND] = metrics.kind_of(request.endpoint, request.method)


def _known(inner: WSGIApplication) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        trace = tracing.Trace(tracing.accepted(environ.get("HTTP_X_REQUEST_ID")))
        before, began, status = tracing.begin(trace), time.perf_counter(), "500"

        def started(line: str, headers: list[tuple[str, str]], *broken: Any) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, [*headers, (tracing.HEADER, trace.id)], *broken)

        def ended() -> None:
            tracing.end(before)
            if kind := environ.get(KIND):  # probes do not come so far
                metrics.count(kind, status, time.perf_counter() - began, trace.statements)

        try:
            return ClosingIterator(inner(environ, started), ended)
        except BaseException:
            ended()
            raise

    return answer
