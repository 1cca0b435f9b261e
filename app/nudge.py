"""Says "look now" to the workers.

What has to be done is in the base: when Redis is away or forgets, the clock
asks again within a minute, so nothing here may fail an edge's request.
"""

import logging

import redis
from flask import current_app
from rq import Queue

from app import tracing

QUEUE = "default"
MAIL = "mail"  # letters do not wait behind long work
REQUEST = "request"  # where a piece of work keeps the id of what asked for it
LONGEST = 6 * 3600  # seconds before RQ gives a piece of work up
log = logging.getLogger(__name__)


def connection() -> redis.Redis:
    """The broker; a short wait, so that a dead one does not hold a request."""
    url: str = current_app.config["REDIS_URL"]
    return redis.Redis.from_url(url, socket_connect_timeout=2)


def soon(task: str, queue: str = QUEUE) -> bool:
    """Ask a worker to run the function (`jobs.long_work.run`); call it after the commit. False: nobody hears it now.

    It takes everything that waits, so one that is asked for already is enough.
    """
    try:
        with _quick() as broker:
            asked = Queue(queue, connection=broker)
            if queue == MAIL and any(job.func_name == task for job in asked.jobs):
                return True
            asked.enqueue(
                task, job_timeout=LONGEST, result_ttl=0, failure_ttl=86400, meta={REQUEST: tracing.current_id()}
            )
    except redis.RedisError as error:
        log.warning("Redis is away, the clock will ask again: %s", error)
        return False
    return True


def is_asked(queue: str) -> bool:
    """Whether something waits for a worker of the queue; no where Redis is away."""
    try:
        with _quick() as broker:
            return bool(Queue(queue, connection=broker).count)
    except redis.RedisError:
        return False


def _quick() -> redis.Redis:
    """For a moment: a broker that is stopped takes connections and says nothing."""
    url: str = current_app.config["REDIS_URL"]
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=0.5)
