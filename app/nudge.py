"""Says "look now" to the workers.

What has to be done is in the base: when Redis is away or forgets, the clock
asks again within a minute, so nothing here may fail an edge's request.
"""

import logging
import socket

import redis
from flask import current_app
from rq import Queue

from app import tracing
from config import STILL_THERE

QUEUE = "default"
MAIL = "mail"  # letters, and what is told by letter, do not wait behind long work
REQUEST = "request"  # where a piece of work keeps the id of what asked for it
LONGEST = 6 * 3600  # seconds before RQ gives a piece of work up
# Whoever waits for work hears nothing from a machine that has vanished, unless the system asks as it asks the base.
KEEPALIVE = {
    socket.TCP_USER_TIMEOUT: STILL_THERE["tcp_user_timeout"],
    socket.TCP_KEEPIDLE: STILL_THERE["keepalives_idle"],
    socket.TCP_KEEPINTVL: STILL_THERE["keepalives_interval"],
    socket.TCP_KEEPCNT: STILL_THERE["keepalives_count"],
}
log = logging.getLogger(__name__)


def connection() -> redis.Redis:
    """The broker; a short wait, so that a dead one does not hold a request."""
    url: str = current_app.config["REDIS_URL"]
    asks = {} if url.startswith("unix:") else {"socket_keepalive": True, "socket_keepalive_options": KEEPALIVE}
    return redis.Redis.from_url(url, socket_connect_timeout=2, **asks)


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
