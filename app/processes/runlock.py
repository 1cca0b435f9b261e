"""Who uses a data folder: a lock that the kernel drops with the last process that holds it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Holder:
    """The process that runs the servers of a data folder; `url` is empty when it serves one command only."""

    pid: int
    url: str

    @property
    def lives(self) -> bool:
        return bool(psutil.pid_exists(self.pid))


def path(data_dir: Path) -> Path:
    return data_dir / "run.lock"


def take(data_dir: Path, url: str) -> int | None:
    """The lock as a file descriptor, kept until it is closed; None while somebody else has it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = _open(path(data_dir))
    if not _locked(descriptor, fcntl.LOCK_EX):
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(asdict(Holder(os.getpid(), url))).encode(), 0)
    return descriptor


def is_free(data_dir: Path) -> bool:
    if not path(data_dir).exists():
        return True
    descriptor = _open(path(data_dir))
    try:
        return _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def holder(data_dir: Path) -> Holder | None:
    """Who took the lock last; it may have ended since."""
    try:
        return Holder(**json.loads(path(data_dir).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def share(data_dir: Path) -> int:
    """Say that this process uses the servers, until it ends or closes the descriptor."""
    descriptor = _open(data_dir / "use.lock")
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_used(data_dir: Path) -> bool:
    """True while any process shares the servers."""
    descriptor = _open(data_dir / "use.lock")
    try:
        return not _locked(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _open(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
