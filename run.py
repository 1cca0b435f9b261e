"""`python run.py`: the whole product on one machine. For other servers: `run:app`; for commands: `flask --app run`."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import embedded
from app.processes import leash, runlock
from app.processes.journal import Journal
from app.processes.leash import Farewell
from app.processes.probe import Probe
from app.processes.sockets import Foreign, own_folder, short_folder
from app.processes.supervisor import CannotStart, Service, Stem, Stopped, Supervisor, trouble_of
from config import ROOT, BadSetting, Settings

if TYPE_CHECKING:
    from flask import Flask

PARTS = {
    "workers": {"worker": ["jobs.worker"], "mail": ["jobs.worker", "2", "mail"]},
    "clock": {"clock": ["jobs.clock"]},
}
SHARED = ("CRM_DATABASE_URL", "CRM_REDIS_URL", "CRM_SECRET_KEY")  # by the machines that run parts of one product
FINISHES = Farewell(patience=35)  # a letter that is on its way: a mail server has half a minute for an answer
LOADING = 300.0  # seconds to load the product on a machine that does much else
WEB = ["-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # listens on every address; asked on this one


def create_app() -> Flask:
    """The application for `flask --app run` and for any WSGI server; a bad setting ends the process with one line.

    The embedded servers, where they are used, start with the first query.
    """
    settings = _settings()
    gc.disable()  # what is loaded stays: to look for garbage among it takes a quarter of a start …
    from sqlalchemy import event  # noqa: PLC0415 - the supervisor stays small without them

    from app.extensions import db  # noqa: PLC0415
    from app.factory import create_app as built  # noqa: PLC0415

    app = built(embedded.filled(settings))
    if embedded.services(settings):
        with app.app_context():
            for engine in db.engines.values():  # reports have one of their own
                event.listen(engine, "do_connect", lambda *_: _use(settings))
    gc.freeze()  # … and a second at the end
    gc.enable()
    return app


def __getattr__(name: str) -> Any:
    if name == "app":
        return create_app()
    raise AttributeError(name)


def main() -> int:
    parser = argparse.ArgumentParser(description="Vizavi: the web server, the workers and the clock.")
    every = ["web", *PARTS]
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"only these of {', '.join(every)}: one of many machines"
    )
    parts = parser.parse_args().parts or every
    if unknown := set(parts) - set(every):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if "MAKELEVEL" in os.environ:
        leash.follow_parent(signal.SIGTERM)  # `make run`: a killed make leaves nothing behind either
    settings = _settings()
    if set(parts) != set(every) and (missing := [name for name in SHARED if name not in settings.told]):
        print(f"{', '.join(missing)}: machines that run parts of one product share them", file=sys.stderr)
        return 2
    try:
        lock = _only_run(settings)
        listening = _listening(settings) if "web" in parts else None
        journal = Journal(settings.data_dir / "log", as_json=settings.log_format == "json")
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(_unwritten(problem), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    supervisor = Supervisor(journal)
    try:
        _start(supervisor, settings, listening, parts)
        supervisor.watch()
    except (CannotStart, Foreign) as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(_unwritten(problem), file=sys.stderr)
        return 2
    except Stopped:
        pass
    finally:
        supervisor.stop()
        os.close(lock)
    return 0


def _settings() -> Settings:
    try:
        return Settings.from_env()
    except BadSetting as problem:
        print(problem, file=sys.stderr)
    except OSError as problem:
        print(_unwritten(problem), file=sys.stderr)
    sys.exit(2)


def _use(settings: Settings) -> None:
    try:
        embedded.use(settings)
    except OSError as problem:
        raise CannotStart(_unwritten(problem)) from None


def _unwritten(problem: OSError) -> str:
    """Where the data cannot be written, and what helps."""
    advice = {errno.ENOSPC: "free some room", errno.EROFS: "make the disk writable"}
    helps = advice.get(problem.errno or 0, "give its folder to who starts Vizavi")
    return f"CRM_DATA_DIR: {trouble_of(problem)}; {helps}, or set CRM_DATA_DIR to another folder"


def _only_run(settings: Settings) -> int:
    """The run lock; waits for a command that runs the servers, and for what a killed run leaves."""
    told = False
    while (lock := runlock.take(settings.data_dir, settings.public_url)) is None:
        holder = runlock.holder(settings.data_dir)
        if holder and holder.lives and holder.url:
            raise CannotStart(f"Vizavi already runs at {holder.url} (pid {holder.pid})")
        if not told:
            print("Waiting until a command, or the previous run, lets the data go …", flush=True)
            told = True
        time.sleep(0.1)
    return lock


def _listening(settings: Settings) -> socket.socket:
    """The web server's socket: whoever asks while it starts, or starts again, waits instead of being refused."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)
    except socket.gaierror:
        raise CannotStart(f"CRM_HOST: this machine has no address {settings.host!r}") from None
    except PermissionError:
        raise CannotStart(f"port {settings.port} needs more rights; set CRM_PORT to 1024 or more") from None
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise CannotStart(f"port {settings.port} is busy; set CRM_PORT") from None
        raise CannotStart(f"CRM_HOST: cannot listen on {settings.host!r}") from None
    return listening


def _behind(settings: Settings) -> tuple[int, Path]:
    """Where the web server listens to the front: an open socket that stays when either of them is started again."""
    path = short_folder(settings.data_dir / "web") / "web.sock"
    own_folder(path.parent, os.geteuid())
    path.unlink(missing_ok=True)
    behind = socket.socket(socket.AF_UNIX)
    behind.bind(str(path))
    behind.listen(2048)
    return behind.detach(), path


def _start(supervisor: Supervisor, settings: Settings, listening: socket.socket | None, parts: Sequence[str]) -> None:
    """The servers, the base made ready, the web server, then whoever works behind it."""
    supervisor.journal.say("Vizavi starts …")
    servers = embedded.services(settings)
    supervisor.launch(*servers)
    full = embedded.filled(settings)
    env = {"CRM_DATABASE_URL": full.database_url, "CRM_REDIS_URL": full.redis_url, "PYTHONUNBUFFERED": "1"}
    behind = {name: what for part in parts for name, what in PARTS.get(part, {}).items()}
    stem = Stem(_python("-m", "jobs.stem"), env) if behind and sys.platform == "linux" else None
    if stem:  # loads while the servers start
        supervisor.launch(stem)
    web = _web(settings, listening, env) if listening else ()
    prepared = settings.data_dir / "prepared"
    newest = max(file.name for file in (ROOT / "migrations" / "versions").glob("*.py"))
    early = prepared.exists() and prepared.read_text() == newest
    if early:  # no migration waits: the web server may load while the servers start and rights are checked
        supervisor.launch(*web)
    supervisor.wait(*servers, within=embedded.PATIENCE)
    if stem:
        supervisor.wait(stem, within=LOADING)
    code, notes = supervisor.do(Service("prepare", _python("-m", "jobs.prepare"), env=env, stem=stem))
    try:
        if code:
            raise CannotStart("the base could not be prepared; the lines above say why")
        prepared.write_text(newest)
        if not early:
            supervisor.launch(*web)
        supervisor.wait(*web)
        supervisor.launch(
            *(
                Service(name, _python("-m", *what), env=env, farewell=FINISHES, stem=stem)
                for name, what in behind.items()
            )
        )
        supervisor.journal.say(f"\nVizavi is ready: {settings.public_url if web else ', '.join(parts)}\n")
    finally:
        for line in notes:  # a password is shown even when the start fails after it was made
            supervisor.journal.say(line)
    supervisor.journal.say("Ctrl-C stops it.\n")


def _web(settings: Settings, listening: socket.socket, env: Mapping[str, str]) -> tuple[Service, Service]:
    """The web server, and the front through which people reach it."""
    behind, path = _behind(settings)
    web = Service("web", _python(*WEB, "--bind", f"fd://{behind}", "run:create_app()"), env=env, pass_fds=(behind,))
    front = Service(
        "front",
        _python("-m", "app.processes.front", str(listening.fileno()), str(path)),
        ready=Probe(ANYWHERE.get(settings.host, settings.host), settings.port, "/readyz"),
        env=env,
        pass_fds=(listening.fileno(),),
        farewell=Farewell(patience=40),
        ends_first=True,
    )
    return web, front


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


if __name__ == "__main__":
    sys.exit(main())
