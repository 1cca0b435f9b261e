"""Says "look now" to the workers.

What has to be done is in the base: when Redis is away or forgets, the clock
asks again within a minute, so nothing here may fail an edge's request.
"""

import logging

import redis
from flask import current_app
from rq import Queue

QUEUE = "default"
LONGEST = 6 * 3600  # seconds before RQ gives a piece of work up
log = logging.getLogger(__name__)


def connection() -> redis.Redis:
    """The broker; a short wait, so that a dead one does not hold a request."""
    url: str = current_app.config["REDIS_URL"]
    return redis.Redis.from_url(url, socket_connect_timeout=2)


def soon(task: str) -> None:
    """Ask a worker to run the function (`jobs.long_work.run`); call it after the commit."""
    try:
        with connection() as broker:
            Queue(QUEUE, connection=broker).enqueue(task, job_timeout=LONGEST, result_ttl=0, failure_ttl=86400)
    except redis.RedisError as error:
        log.warning("Redis is away, the clock will ask again: %s", error)
