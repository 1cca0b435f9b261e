"""When a letter that comes again and again is due: on days of the week or a day of the month, in one time zone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.periods import DAY, end_of_month

MOST_DAYS = 62  # two months: every schedule has a day among them


@dataclass(frozen=True)
class SendingTimes:
    """`weekdays` are 0 (Monday) to 6; a `month_day` stands in their place, the last day where the month is shorter."""

    weekdays: Collection[int]
    month_day: int | None
    at: time
    zone: ZoneInfo

    def is_on(self, day: date) -> bool:
        if self.month_day is None:
            return day.weekday() in self.weekdays
        return day.day == min(self.month_day, end_of_month(day).day)

    def after(self, moment: datetime) -> datetime:
        """The first time after the moment; an hour that the clock leaves out comes with the next one."""
        day = moment.astimezone(self.zone).date()
        for _day in range(MOST_DAYS):
            due = datetime.combine(day, self.at, self.zone).astimezone(UTC)
            if self.is_on(day) and due > moment:
                return due
            day += DAY
        return moment + timedelta(days=MOST_DAYS)
