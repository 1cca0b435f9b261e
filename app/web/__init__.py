"""The FAB workshop: everything that touches Flask-AppBuilder's insides lives here."""

from flask import Flask

from app.web import rowsec


def init_app(app: Flask) -> None:
    """Called after FAB is bound: FAB's own before_request has then loaded the user."""
    rowsec.init_app(app)
