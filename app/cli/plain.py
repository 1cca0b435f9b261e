"""Bad input is one clear line on stderr and exit code 2, whichever command it was given to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask_babel import gettext as _
from psycopg import DataError, OperationalError
from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction, UndefinedColumn, UndefinedTable
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
    except UnicodeEncodeError:
        raise UnusableInput(_("What was typed is no text in UTF-8.")) from None
    except DBAPIError as problem:
        if isinstance(problem.orig, DataError):
            raise UnusableInput(f"PostgreSQL: {problem.orig.diag.message_primary}") from None
        if (sentence := _said_of(problem)) is None:
            raise
        raise click.ClickException(" ".join(sentence.split())) from None


def _said_of(problem: DBAPIError) -> str | None:
    """What the administrator has to put right; None where the product is wrong."""
    if isinstance(problem.orig, UndefinedTable | UndefinedColumn):
        return _(
            "The database is not prepared for this version: %(command)s does it.",
            command="`flask --app run prepare`",
        )
    if problem.connection_invalidated:
        return _(
            "The database went away in the middle of the work. Of what was not finished nothing is kept; try again."
        )
    if not isinstance(problem.orig, OperationalError | InsufficientPrivilege | ReadOnlySqlTransaction):
        return None
    if problem.statement is None:
        return _(
            "The server of the base cannot be reached, see %(setting)s: %(problem)s",
            setting="CRM_DATABASE_URL",
            problem=problem.orig,
        )
    return f"PostgreSQL: {problem.orig.diag.message_primary}"
