"""The command line: `flask --app run COMMAND`. One module a group of commands; each has `init_app(app)`."""

from flask import Flask

from app.cli import classification, demo, exchange, permissions, plain, prepare, reports, status, users


def init_app(app: Flask) -> None:
    """Add every command to the application."""
    for module in (classification, demo, exchange, permissions, prepare, reports, status, users):
        module.init_app(app)
    plain.plainly(app.cli)
