"""The web server: `gunicorn 'run:create_app()'` reads this file, and so does run.py."""

import logging
from pathlib import Path

from config import Settings

_settings = Settings.from_env()


def _not_a_probe(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(("GET /healthz ", "GET /readyz "))


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
accesslog = "-"
errorlog = "-"
# No address of a client and no query string: what people search for is not for a log.
access_log_format = "%(m)s %(U)s %(s)s %(b)s bytes %(M)s ms"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(message)s"}},
    "filters": {"asked": {"()": lambda: _not_a_probe}},
    "handlers": {
        "all": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stdout"},
        "asked": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "filters": ["asked"]},
    },
    "root": {"level": "WARNING", "handlers": ["all"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["all"], "propagate": False},
        "gunicorn.access": {"level": "INFO", "handlers": ["asked"], "propagate": False},
    },
}
