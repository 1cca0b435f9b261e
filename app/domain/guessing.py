"""How long whoever guesses a password must wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Patience:
    """So many wrong tries are free; each further one doubles the wait, up to the longest."""

    free: int
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        if failures < self.free:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(failures - self.free, 30)), self.longest)

    def left(self, failures: int, last_at: datetime | None, now: datetime) -> timedelta:
        """What is left of the wait, from the last try on, which is later than `now` where another one was faster."""
        wait = self.wait(failures)
        return max(last_at + wait - now, timedelta(0)) if last_at and wait else timedelta(0)


# One login from one address: a person who forgot his password, or a program that has a wrong one.
ONE = Patience(free=5, longest=timedelta(minutes=15))
# One login from everywhere, and one address with all logins: wider, and asked only of a login
# that never came in from this address, so that nobody is shut out by what his colleagues, or a stranger, do.
LOGIN = Patience(free=20, longest=timedelta(minutes=1))
ADDRESS = Patience(free=50, longest=timedelta(minutes=1))

FORGOTTEN = timedelta(days=1)  # after so long without a wrong try all are free again
REMEMBERED = timedelta(days=90)  # that a login came in from an address
