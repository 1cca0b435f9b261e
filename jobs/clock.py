"""`python -m jobs.clock`: asks the workers, by jobs.schedule, to do what is due."""

import logging
import os
import time

import redis
from rq.cron import CronScheduler
from rq.exceptions import StopRequested
from sqlalchemy.exc import OperationalError

from app import nudge, tracing
from app.processes import lines
from jobs import mail, runtime, schedule

PAUSE = 2  # seconds between two looks whether Redis is back
WITHOUT_REDIS = 30.0  # seconds between two looks for letters meanwhile
log = logging.getLogger("jobs.clock")


def main() -> None:
    """Until SIGTERM or SIGINT; a Redis that is away is waited for."""
    lines.set_up()
    tracing.works_as("clock")
    app = runtime.app()
    os.environ["TZ"] = app.config["BABEL_DEFAULT_TIMEZONE"]  # cron expressions are local time
    time.tzset()
    with app.app_context():
        scheduler = CronScheduler(connection=nudge.connection(), logging_level="WARNING")
    schedule.register_all(scheduler)
    log.info("The clock runs")
    carried = 0.0
    while True:
        try:
            # Returns when it is told to stop; what came due meanwhile is asked for at its next start.
            scheduler.start()
            return
        except (redis.ConnectionError, redis.TimeoutError) as error:
            log.warning("Redis is away: %s", error)
        try:
            time.sleep(PAUSE)
            carried = instead_of_workers(carried)
        except (StopRequested, KeyboardInterrupt):
            return


def instead_of_workers(last: float) -> float:
    """Letters go out without Redis too: nobody can ask a worker, so it is done here, now and then."""
    if time.monotonic() - last < WITHOUT_REDIS:
        return last
    try:
        mail.run_what_is_due()
    except OperationalError as error:
        log.warning("PostgreSQL is away too: %s", type(error).__name__)
    return time.monotonic()


if __name__ == "__main__":
    main()
