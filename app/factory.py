"""Puts the parts together."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, connections, models, views, web
from app.extensions import csrf, db, mail
from app.services import watching
from app.services.mail import linking
from app.views import health
from app.views.contacts import inquiries
from app.views.counterparties import telephony
from app.views.exchange import one_c
from app.views.guide import guide
from app.views.home import HomeView
from app.views.mail import mailings, marks
from app.web import asked
from app.web.access.cookies import Sessions
from app.web.access.security import CrmSecurityManager
from app.web.addresses import Site
from config import ROOT, Settings

__all__ = ["create_app", "models"]


def create_app(settings: Settings, **overrides: Any) -> Flask:
    """A whole application; runs no SQL. `overrides` are Flask settings, for tests."""
    app = Site("app", root_path=str(ROOT / "app"))
    app.config.update(settings.flask())
    app.config.update(overrides)
    app.session_interface = Sessions()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True  # lines of tags cost the page nothing
    db.init_app(app)
    connections.init_app(app)
    watching.init()
    linking.init()
    csrf.init_app(app)
    mail.init_app(app)
    with app.app_context():
        # One an application: FAB refuses to be bound twice.
        appbuilder = AppBuilder(security_manager_class=CrmSecurityManager, indexview=HomeView)
        appbuilder.init_app(app, db.session)
        web.init_app(app)
        views.register(appbuilder)
        if settings.dav:
            from app import dav  # noqa: PLC0415 - under another licence: left out where it is not wanted

            dav.init_app(app, appbuilder)
    inquiries.init_app(app)
    telephony.init_app(app)
    one_c.init_app(app)
    mailings.init_app(app)
    marks.init_app(app)
    health.init_app(app)
    guide.init_app(app)
    app.wsgi_app = _addressed(app.wsgi_app, settings)  # type: ignore[method-assign]
    asked.init_app(app)
    cli.init_app(app)
    return app


def _addressed(inner: Any, settings: Settings) -> Any:
    """Who comes from where: the server in front says it, and only its word counts.

    By a unix socket nobody comes but a server in front of this one: app.processes.front, or another.
    """
    if settings.behind_proxy:
        return ProxyFix(inner, x_host=1)
    named = ProxyFix(inner, x_proto=0)

    def answer(environ: Any, start_response: Any) -> Any:
        return (inner if environ.get("REMOTE_ADDR") else named)(environ, start_response)

    return answer
