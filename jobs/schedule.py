"""Everything that happens by the clock, in one list."""

from rq.cron import CronScheduler

from app.nudge import LONGEST, MAIL, QUEUE
from jobs import (
    backups,
    classification,
    completeness,
    duplicates,
    fetching,
    journal,
    long_work,
    mail,
    notices,
    subscriptions,
    telling,
    webhooks,
)


def register_all(scheduler: CronScheduler) -> None:
    # `ttl`: what no worker took until the next time is asked for again then.
    scheduler.register(long_work.run, QUEUE, interval=60, ttl=60, result_ttl=0, job_timeout=LONGEST)
    scheduler.register(fetching.run, MAIL, interval=60, ttl=60, result_ttl=0, job_timeout=600)
    scheduler.register(mail.run, MAIL, interval=60, ttl=60, result_ttl=0, job_timeout=LONGEST)
    scheduler.register(subscriptions.run, QUEUE, interval=60, ttl=60, result_ttl=0, job_timeout=LONGEST)
    scheduler.register(webhooks.run, QUEUE, interval=60, ttl=60, result_ttl=0, job_timeout=600)
    scheduler.register(telling.tell, MAIL, interval=60, ttl=60, result_ttl=0, job_timeout=LONGEST)
    scheduler.register(webhooks.tidy, QUEUE, cron="45 3 * * *", result_ttl=0)
    scheduler.register(telling.tidy, QUEUE, cron="25 3 * * *", result_ttl=0)
    scheduler.register(long_work.tidy, QUEUE, cron="20 3 * * *", result_ttl=0)
    scheduler.register(backups.nightly, QUEUE, cron="15 2-6,20 * * *", ttl=3600, result_ttl=0, job_timeout=LONGEST)
    scheduler.register(journal.tend, QUEUE, cron="40 3 * * *", result_ttl=0)
    first_days = f"5 0 1-{completeness.LAST} * *"
    scheduler.register(completeness.month_end, QUEUE, cron=first_days, result_ttl=0, job_timeout=LONGEST)
    scheduler.register(duplicates.search, QUEUE, cron="30 2 * * *", result_ttl=0, job_timeout=LONGEST)
    # Each hour, for a product that was stopped at midnight, and midnight is the company's own.
    scheduler.register(classification.new_day, QUEUE, cron="0 * * * *", ttl=3600, result_ttl=0)
    # Also after the night's classification; it may be looked any number of times.
    scheduler.register(notices.look, QUEUE, cron="0 1,7 * * *", result_ttl=0, job_timeout=LONGEST)
    # In the first night of a month; in the next ones what could not be done then.
    scheduler.register(classification.month_end, QUEUE, cron="0 4 1-5 * *", result_ttl=0, job_timeout=LONGEST)
