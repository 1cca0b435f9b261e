"""The web server: `gunicorn 'run:create_app()'` reads this file, and so does run.py."""

import logging
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from app.processes.lines import cut
from config import Settings

_settings = Settings.from_env()


def _not_a_probe(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(("GET /healthz ", "GET /readyz "))


class _Logger(Logger):
    """A stranger chooses how long an address is, not how long a line of the log."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().atoms(*args)
        return found | {"U": cut(found["U"] or "", 200)}


bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = 2
threads = 4
preload_app = True  # the application is imported once, and its workers share the memory
timeout = 120
graceful_timeout = 5
keepalive = 15
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # their signs of life stay off the disk
control_socket_disable = True
logger_class = _Logger
accesslog = "-"
errorlog = "-"
# No address of a client and no query string: what people search for is not for a log.
access_log_format = "%(m)s %(U)s %(s)s %(b)s bytes %(M)s ms"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "app.processes.lines.Formatter", "format": "%(levelname)s %(message)s"},
        "asked": {"format": "%(message)s"},
    },
    "filters": {"asked": {"()": lambda: _not_a_probe}},
    "handlers": {
        "all": {"class": "app.processes.lines.Handler", "formatter": "plain"},
        "asked": {"class": "app.processes.lines.Handler", "formatter": "asked", "filters": ["asked"]},
    },
    "root": {"level": "WARNING", "handlers": ["all"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["all"], "propagate": False},
        "gunicorn.access": {"level": "INFO", "handlers": ["asked"], "propagate": False},
    },
}
