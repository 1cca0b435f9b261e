"""Bad input is one clear line on stderr and exit code 2, whichever command it was given to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask_babel import gettext as _
from psycopg.errors import UndefinedColumn, UndefinedTable
from sqlalchemy.exc import DBAPIError

from app.errors import Refused
from app.processes.supervisor import CannotStart


class UnusableInput(click.ClickException):
    """The input cannot be used."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def plainly(command: click.Command) -> None:
    """Make the command, and those inside it, say in one line what is wrong with its input."""
    for name in ("make_context", "invoke"):
        setattr(command, name, _refusing(getattr(command, name)))
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            plainly(inner)


def _refusing(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with refusals():
            return function(*args, **kwargs)

    return wrapped


@contextmanager
def writing() -> Iterator[None]:
    """Around what writes a file that the user has named."""
    try:
        yield
    except OSError as problem:
        raise Refused(_("The file cannot be written: %(problem)s.", problem=problem.strerror)) from None


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as problem:
        raise UnusableInput(problem.format_message()) from None
    except Refused as problem:
        raise UnusableInput(str(problem)) from None
    except CannotStart as problem:
        raise click.ClickException(str(problem)) from None
    except DBAPIError as problem:
        if isinstance(problem.orig, (UndefinedTable, UndefinedColumn)):
            raise click.ClickException(
                _(
                    "The database is not prepared for this version: %(command)s does it.",
                    command="`flask --app run prepare`",
                )
            ) from None
        if not problem.connection_invalidated:
            raise
        raise click.ClickException(
            _("The database went away in the middle of the work. Of what was not finished nothing is kept; try again.")
        ) from None
