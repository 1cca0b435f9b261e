"""The product as gunicorn serves it for measuring: every answer says how many SQL statements and what CPU time it took.

`/bench/constant` is answered by a bare Flask beside the product: the floor of any page.
"""

import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from run import create_app

STATEMENTS, CPU = "X-SQL-Statements", "X-CPU-Milliseconds"
CONSTANT = "<p>The same for everybody.</p>" * 700  # as long as a page


def count(*_: Any) -> None:
    if has_request_context():
        g.sql_statements = g.get("sql_statements", 0) + 1


def tell(response: Response) -> Response:
    response.headers[STATEMENTS] = str(g.get("sql_statements", 0))
    response.headers[CPU] = f"{(time.thread_time() - request.environ['bench.cpu']) * 1000:.2f}"
    return response


def clocked(served: Callable[..., Any]) -> Callable[..., Any]:
    """The CPU time of the thread: unlike the clock it does not care who else uses the machine."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        environ["bench.cpu"] = time.thread_time()
        return served(environ, start_response)

    return wrapped


def bare() -> Flask:
    app = Flask("bare")
    app.add_url_rule("/constant", view_func=lambda: CONSTANT)
    return app


def create() -> Flask:
    app = create_app()
    event.listen(Engine, "before_cursor_execute", count)
    app.after_request(tell)
    app.wsgi_app = DispatcherMiddleware(clocked(app.wsgi_app), {"/bench": bare()})  # type: ignore[method-assign]
    return app
