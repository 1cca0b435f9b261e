"""What every piece of background work runs in: one application a process, one transaction a step."""

from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable
from functools import cache
from types import FrameType, TracebackType
from typing import Self, TypeVar

from flask import Flask
from sqlalchemy.orm import Session

from app import embedded
from app.domain.words import Road
from app.extensions import db
from app.factory import create_app
from app.models import authorship
from config import Settings

Step = Callable[[Session], bool]
T = TypeVar("T")


@cache
def app() -> Flask:
    """The application of this process; made before the workers fork, so that it is loaded once."""
    made = create_app(embedded.filled(Settings.from_env()))
    gc.freeze()  # it stays: to look for garbage in it would copy what the workers share, and cost a second at the end
    return made


def repeat(step: Step) -> int:
    """Do the step, each time in a transaction of its own, until it says that nothing is left; returns how often."""
    times = 0
    with app().app_context():
        while once(step):
            times += 1
    return times


def once(step: Callable[[Session], T]) -> T:
    """Do the step in a transaction of its own, in the application's context."""
    try:
        session = db.session()
        authorship.by(session, Road.JOB, step.__name__)
        done = step(session)
        session.commit()
        return done
    finally:
        db.session.remove()


class Shift:
    """Work that others hear of, bit by bit: over when its time is, or when somebody ends the process in the meantime.

    It is asked between two bits, so that what was said to another server is also written down. Whoever waits for the
    end by a handler of his own hears of it when the shift is over.
    """

    ENDS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._told: int | None = None

    def is_over(self) -> bool:
        return self._told is not None or time.monotonic() > self._end

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._tell) for number in self.ENDS}
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if self._told is not None and callable(self._before[signal.Signals(self._told)]):
            signal.raise_signal(self._told)

    def _tell(self, number: int, _frame: FrameType | None) -> None:
        self._told = number
