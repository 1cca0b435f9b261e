"""The web server: `gunicorn 'run:create_app()'` reads this file, and so does run.py."""

import gc
import hashlib
import logging
import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from app import tracing
from app.processes.lines import cut
from app.processes.sockets import own_folder
from config import Settings

_settings = Settings.from_env()
# In memory where that is open to us: a disk that is full must not take the web server along.
_memory = Path("/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else tempfile.gettempdir())


def _emptied(name: str) -> str:
    """A folder of this server alone, always the same one."""
    mark = hashlib.sha256(f"{os.geteuid()} {_settings.data_dir}".encode()).hexdigest()[:16]
    folder = _memory / f"vizavi-{name}-{mark}"
    own_folder(folder, os.geteuid())
    for old in folder.iterdir():
        old.unlink(missing_ok=True)  # a worker that outlives a killed server may still take one away
    return str(folder)


os.environ["PROMETHEUS_MULTIPROC_DIR"] = _emptied("counts")  # before anything imports app.metrics
_templates = _emptied("templates")  # compiled by this version of the product alone
tracing.works_as("web")


def _not_a_probe(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(("GET /healthz ", "GET /readyz ", "GET /metrics "))


def _settle(server: Any) -> None:
    """The product is loaded, and no worker forked: what all of them share."""
    from app.web.page import CompiledOnce  # noqa: PLC0415 - it is loaded by now

    server.app.wsgi().jinja_env.bytecode_cache = CompiledOnce(_templates)
    # What is loaded by now stays: collecting garbage would only walk through it, and unshare its memory.
    gc.collect()
    gc.freeze()


def _give_place(server: Any, worker: Any) -> None:
    """The files of counts stay few, however often a worker is replaced."""
    taken = {each.place for each in server.WORKERS.values()}
    worker.place = next(number for number in count() if number not in taken)


def _begin(_server: Any, worker: Any) -> None:
    from app import metrics  # noqa: PLC0415 - it looks at the environment when it is imported

    metrics.take_place(worker.place)
    gc.set_threshold(50_000, 20, 50)  # a page makes some ten thousand objects that go by themselves


def _clear(_server: Any) -> None:
    for folder in (os.environ["PROMETHEUS_MULTIPROC_DIR"], _templates):
        shutil.rmtree(folder, ignore_errors=True)


class _Logger(Logger):
    """A stranger chooses how long an address is, not how long a line of the log."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().atoms(*args)
        path = found["U"] or ""
        if path.startswith("/dav/"):  # a device chooses how an item is called, perhaps by a person's name
            path = "/".join(path.split("/")[:4])
        return found | {"U": cut(path, 200)}


bind = f"{_settings.host}:{_settings.port}"
# One request a process: threads would only wait for each other's interpreter. Slow people are kept away by the server
# in front of it: app.processes.front, or nginx (docs/operations.md).
worker_class = "sync"
workers = _settings.web_workers
preload_app = True  # the application is imported once, and its workers share the memory
timeout = 600
graceful_timeout = 5
max_requests = 5000  # what a long life leaves in the memory goes with the process
max_requests_jitter = 1000
worker_tmp_dir = str(_memory)  # their signs of life stay off the disk
control_socket_disable = True
when_ready = _settle
pre_fork = _give_place
post_fork = _begin
on_exit = _clear
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
