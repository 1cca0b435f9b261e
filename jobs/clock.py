"""`python -m jobs.clock`: asks the workers, by jobs.schedule, to do what is due."""

import logging
import os
import time
from contextlib import suppress
from datetime import UTC, datetime

import redis
from rq.cron import CronJob, CronScheduler
from rq.exceptions import StopRequested
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from app import nudge, tracing
from app.extensions import db
from app.processes import lines
from app.readiness import CLOCK, OF_CLOCK
from jobs import mail, runtime, schedule, telling

HELD = text(f"SELECT EXISTS (SELECT FROM pg_locks WHERE {OF_CLOCK} AND pid = pg_backend_pid())")
ASKED = "vizavi:asked"  # of Redis: when each work that has its hour was asked for last, by its name
PAUSE = 2  # seconds between two looks whether Redis, or the base, is back
WITHOUT_REDIS = 30.0  # seconds between two looks for letters and reminders meanwhile
log = logging.getLogger("jobs.clock")


class OnlyOne:
    """Of the clocks of many machines one acts: who has a lock in the base, as long as its connection lives."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.connection: Connection | None = None

    def acts(self) -> bool | None:
        """None while the base is away: what is due could not be done."""
        try:
            if self.connection is None:
                self.connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            return bool(
                self.connection.scalar(HELD) or self.connection.scalar(select(func.pg_try_advisory_lock(CLOCK)))
            )
        except DBAPIError:
            self.let_go()
            return None

    def let_go(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(DBAPIError):
                connection.invalidate()
                connection.close()


class Scheduler(CronScheduler):
    """Asks for what is due where it is the one that acts; elsewhere what is due is left to that one."""

    def __init__(self, one: OnlyOne, connection: redis.Redis) -> None:
        super().__init__(connection=connection, logging_level="WARNING")
        self.one = one
        self.looked = datetime.now(UTC)
        self.has_recalled = False

    def enqueue_jobs(self) -> list[CronJob]:
        self.follow(datetime.now(UTC))
        while (acts := self.one.acts()) is None:  # what is due meanwhile is asked for as soon as it is back
            time.sleep(PAUSE)
        if acts:
            self.recall()
            asked = super().enqueue_jobs()
            for job in asked:
                if job.cron:
                    self.note(job)
            return asked
        for job in self.get_jobs():
            if job.should_run():
                job.set_enqueue_time(datetime.now(UTC))
        return []

    def recall(self) -> None:
        """What had its hour while no clock ran is asked for now, once: a product may be stopped every night."""
        if self.has_recalled:
            return
        for job in self.get_jobs():
            if job.cron and (told := self.connection.hget(ASKED, job.func_name)):
                job.set_enqueue_time(datetime.fromtimestamp(min(float(told), self.looked.timestamp()), UTC))
            elif job.cron:
                self.note(job)
        self.has_recalled = True

    def note(self, job: CronJob) -> None:
        self.connection.hset(ASKED, job.func_name, self.looked.timestamp())

    def follow(self, now: datetime) -> None:
        """What was counted from a time that has not come yet is counted anew: somebody set the machine's clock back."""
        if now < self.looked:
            for job in self.get_jobs():
                job.latest_enqueue_time = None
                job.next_enqueue_time = job.get_next_enqueue_time() if job.cron else None
        self.looked = now


def main() -> None:
    """Until SIGTERM or SIGINT; a Redis that does not serve is waited for."""
    lines.set_up()
    tracing.works_as("clock")
    app = runtime.app()
    os.environ["TZ"] = app.config["BABEL_DEFAULT_TIMEZONE"]  # cron expressions are local time
    time.tzset()
    with app.app_context():
        scheduler = Scheduler(OnlyOne(db.engine), nudge.connection())
    schedule.register_all(scheduler)
    log.info("The clock runs")
    carried = 0.0
    while True:
        try:
            # Returns when it is told to stop; what came due meanwhile is asked for at its next start.
            scheduler.start()
            return
        except redis.RedisError as error:  # it is away, or cannot write to its disk
            log.warning("Redis does not serve: %s", error)
        try:
            time.sleep(PAUSE)
            carried = instead_of_workers(carried)
        except (StopRequested, KeyboardInterrupt):
            return


def instead_of_workers(last: float) -> float:
    """Letters go out and reminders are told without Redis too, now and then: nobody can ask a worker.

    Whatever fails of it, the clock goes on: of what one cannot do the other is done.
    """
    if time.monotonic() - last < WITHOUT_REDIS:
        return last
    for work in (mail.run_what_is_due, telling.tell):
        try:
            work()
        except StopRequested:
            raise
        except OperationalError as error:
            log.warning("PostgreSQL is away too: %s", type(error).__name__)
        except Exception:
            log.exception("The clock could not do it without Redis: %s", work.__name__)
    return time.monotonic()


if __name__ == "__main__":
    main()
