"""The command line: `flask --app run COMMAND`. One module a group of commands; each has `init_app(app)`."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add every command to the application."""
