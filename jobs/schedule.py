"""Everything that happens by the clock, in one list."""

from rq.cron import CronScheduler

from app.nudge import LONGEST, QUEUE
from jobs import long_work


def register_all(scheduler: CronScheduler) -> None:
    # `ttl`: what no worker took until the next time is asked for again then.
    scheduler.register(long_work.run, QUEUE, interval=60, ttl=60, result_ttl=0, job_timeout=LONGEST)
    scheduler.register(long_work.tidy, QUEUE, cron="20 3 * * *", result_ttl=0)
