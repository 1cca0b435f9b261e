"""For tests; production runs queries.contacts.work_plan: whom a plan of contacts takes."""

from datetime import date

from app.domain.periods import DAY, Period
from app.domain.work_plan import Verdict


def judge(*, is_open: bool, last_on: date | None, every_days: int, period: Period) -> tuple[Verdict, date]:
    """What becomes of a client with such contacts, and from which day he is due."""
    due = max(period.first, last_on + every_days * DAY) if last_on else period.first
    if is_open:
        return Verdict.OPEN, due
    return (Verdict.RECENT if due > period.last else Verdict.DUE), due
