"""One product on one data folder, from its first start to its death: tests in the order of its life."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

import run
from app import embedded
from config import Settings
from tests.bases import Bases
from tests.ports import free_port
from tests.run.product import Product, lives
from tests.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with tempfile.TemporaryDirectory(prefix="vizavi-test-") as checkout:
        Path(checkout).chmod(0o755)  # as root the server is another user
        # A path too long for a socket, and with a space in it.
        folder = Path(checkout) / "a deep checkout" / ("x" * 90)
        folder.mkdir(parents=True)
        product = Product(folder / "var", free_port())
        yield product
        if product.runs():
            product.stop()


@pytest.fixture
def running(product: Product) -> Product:
    if not product.runs():
        product.start()
    return product


@pytest.fixture
def stopped(product: Product) -> Product:
    """Stopped after it ran: its base is there."""
    if product.process is None:
        product.start()
    if product.runs():
        product.stop()
    return product


def note(product: Product, word: str) -> list[str]:
    """Write a word into the base and into Redis; gives all words that are there, the same in both."""
    settings = embedded.filled(Settings.from_env({"CRM_DATA_DIR": str(product.data_dir)}))
    with redis.Redis.from_url(settings.redis_url, decode_responses=True) as broker:
        broker.rpush("noted", word)
        broker.execute_command("WAITAOF", 1, 0, 10_000)  # on the disk: a kill loses nothing of it
        queued = broker.lrange("noted", 0, -1)
    with connection(product) as base:
        base.execute("CREATE TABLE IF NOT EXISTS noted (word text)")
        base.execute("INSERT INTO noted VALUES (%s)", [word])
        words = [row[0] for row in base.execute("SELECT word FROM noted ORDER BY ctid")]
    assert queued == words
    return words


def connection(product: Product) -> psycopg.Connection[Any]:
    settings = embedded.filled(Settings.from_env({"CRM_DATA_DIR": str(product.data_dir)}))
    return psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True)


def test_the_first_start_prints_the_address_and_a_password_that_no_log_keeps(running: Product) -> None:
    assert f"http://127.0.0.1:{running.port}" in running.said
    password = re.search(r"admin, password (\S+)", running.said)
    assert password is not None
    assert password[1] not in running.log()


def test_what_it_keeps_is_for_its_owner_alone(running: Product) -> None:
    kept = ["log/vizavi.log", "redis/appendonlydir/appendonly.aof.1.incr.aof", "secret_key"]
    assert {name: (running.data_dir / name).stat().st_mode & 0o077 for name in kept} == dict.fromkeys(kept, 0)


def test_it_answers(running: Product) -> None:
    status, page = running.get("/login/")
    assert (status, 'name="password"' in page) == (200, True)
    assert running.get("/healthz")[0] == 200
    assert running.readiness() == {"status": "ok", "postgresql": "ok", "redis": "ok", "mail": "nothing is due"}


def test_probes_and_what_was_searched_for_stay_out_of_the_log(running: Product) -> None:
    running.get("/readyz")
    running.get("/login/?next=sought")
    until(lambda: "GET /login/" in running.log(), "the request is in the log")
    assert "readyz" not in running.log()
    assert "sought" not in running.log()


def test_a_value_that_breaks_a_statement_is_not_in_the_log(running: Product) -> None:
    with pytest.raises(psycopg.Error), connection(running) as base:
        base.execute("SELECT 'sought value'::integer")
    with connection(running) as base:
        base.execute("DO $$ BEGIN RAISE LOG 'after the error'; END $$")
    until(lambda: "after the error" in running.log(), "the later line is there")
    assert "sought value" not in running.log()


def test_people_are_served_while_nobody_reads_the_log_and_what_was_lost_is_told(running: Product) -> None:
    assert running.process is not None
    running.process.send_signal(signal.SIGSTOP)
    try:
        for number in range(400):  # more than a pipe holds
            assert running.get(f"/nowhere/{number}{'7' * 3000}")[0] == 404
    finally:
        running.process.send_signal(signal.SIGCONT)
    running.get("/login/")
    until(lambda: "lines were dropped" in running.log(), "the log tells what it lost")


def test_a_second_start_says_that_it_already_runs(running: Product) -> None:
    assert running.process is not None
    second = running.once_more()
    assert second.returncode == 1
    assert second.stderr == f"Vizavi already runs at http://127.0.0.1:{running.port} (pid {running.process.pid})\n"


def test_a_busy_port_is_one_clear_line(running: Product, tmp_path: Path) -> None:
    other = Product(tmp_path / "var", running.port).once_more()
    assert (other.returncode, other.stderr) == (1, f"port {running.port} is busy; set CRM_PORT\n")


def test_commands_use_the_servers_that_run(running: Product) -> None:
    settings = embedded.filled(Settings.from_env({"CRM_DATA_DIR": str(running.data_dir)}))
    with redis.Redis.from_url(settings.redis_url) as broker:  # the workers come a moment after the web server
        until(lambda: broker.scard("rq:workers"), "workers are there")
    status = running.command("status")
    assert status.returncode == 0, status.stdout + status.stderr
    assert re.search(r"workers +[1-9]", status.stdout)
    assert running.runs()


@pytest.mark.parametrize("name", ["postgres", "valkey-server"])
def test_a_killed_server_is_started_again_and_nothing_is_lost(running: Product, name: str) -> None:
    note(running, f"before {name} fell")
    fallen = running.child(name)
    fallen.kill()
    until(lambda: not lives(fallen), "it is dead")
    until(lambda: running.readiness()["status"] == "ok", f"{name} works again")
    assert running.get("/login/")[0] == 200
    assert f"before {name} fell" in note(running, f"after {name} fell")


def test_who_comes_while_the_web_server_is_started_again_waits_and_is_answered(running: Product) -> None:
    web = running.child("gunicorn")
    its = [web, *web.children()]
    web.kill()
    until(lambda: not any(map(lives, its)), "all of it is dead")
    assert running.get("/login/")[0] == 200


def test_a_killed_front_is_started_again(running: Product) -> None:
    front = running.child("app.processes.front")
    front.kill()
    until(lambda: not lives(front), "it is dead")
    assert running.get("/login/")[0] == 200


BEHIND = ["worker", "mail", "clock"]
PARTS = [*BEHIND, "jobs.stem", "app.processes.front", "gunicorn", "postgres", "valkey-server"]


def parts(product: Product) -> dict[str, psutil.Process]:
    """When all of them run, each a process of its own."""
    found = {name: product.child(name) for name in PARTS}
    assert len(set(found.values())) == len(PARTS)
    return found


def clock_acts(product: Product) -> bool:
    with connection(product) as base:
        acting = base.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 99").fetchone()
    return acting is not None


@pytest.mark.parametrize("name", BEHIND)
def test_who_works_behind_the_web_server_is_forked_anew_when_he_falls(running: Product, name: str) -> None:
    before = parts(running)
    before[name].kill()
    until(lambda: not lives(before[name]), "it is dead")
    after = parts(running)
    assert {each for each in before if before[each] != after[each]} == {name}


def test_a_killed_stem_takes_nobody_along(running: Product) -> None:
    before = parts(running)
    shared = before["jobs.stem"]  # has nothing that two processes cannot have: one thread, no file, no line but orders
    until(
        lambda: (shared.num_threads(), shared.num_fds(), len(shared.net_connections("inet"))) == (1, 4, 0), "it rests"
    )
    before["jobs.stem"].kill()
    until(lambda: not lives(before["jobs.stem"]), "it is dead")
    after = parts(running)
    assert {each for each in before if before[each] != after[each]} == {"jobs.stem"}
    after["clock"].kill()
    until(lambda: not lives(after["clock"]), "it is dead")
    assert running.child("clock") != after["clock"]  # the new stem gave it
    until(lambda: clock_acts(running), "the clock acts")


def test_all_parts_that_are_killed_in_any_order_are_there_again(running: Product) -> None:
    note(running, "before all fell")
    victims = parts(running)
    order = random.sample(PARTS, len(PARTS))
    for name in order:
        victims[name].kill()
    until(lambda: not any(map(lives, victims.values())), "all are dead")
    parts(running)
    until(lambda: running.readiness()["status"] == "ok", f"it is ready again after {order}")
    assert "before all fell" in note(running, "after all fell")
    settings = embedded.filled(Settings.from_env({"CRM_DATA_DIR": str(running.data_dir)}))
    with redis.Redis.from_url(settings.redis_url) as broker:
        until(lambda: broker.scard("rq:workers:default") and broker.scard("rq:workers:mail"), "workers listen")


@pytest.fixture(scope="module")
def unread() -> Iterator[int]:
    """A console that nobody reads."""
    reading, writing = os.pipe()
    yield writing
    os.close(reading)
    os.close(writing)


def test_a_killed_run_leaves_no_process_and_loses_nothing(running: Product, unread: int) -> None:
    note(running, "before the kill")
    killed = running.processes()
    assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    running.launch(unread)  # at once: it waits for the rest of the killed run to go
    until(lambda: answers(running), "it answers")
    assert [each for each in killed if lives(each)] == []
    assert "before the kill" in note(running, "after the kill")


def test_ctrl_c_ends_everything_while_nobody_reads_the_console(product: Product, unread: int) -> None:
    """The pipe is full: who writes into it would wait for ever."""
    if not product.runs():
        product.launch(unread)
    until(lambda: answers(product), "it answers")
    own = os.open(f"/proc/self/fd/{unread}", os.O_WRONLY | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(own, b"x" * 4096)
    os.close(own)
    assert product.get("/nowhere/")[0] == 404
    assert product.stop() == 0
    until(lambda: product.processes() == [], "everything is gone")


def answers(product: Product) -> bool:
    try:
        return product.get("/readyz")[0] == 200
    except OSError:
        return False


def test_a_command_starts_the_servers_for_itself_and_stops_them(stopped: Product) -> None:
    # What a container that was switched off leaves: a pid file whose number is a stranger's now.
    (stopped.data_dir / "postgres" / "postmaster.pid").write_text("1\n/\n0\n5432\n\n\n0 0\nready\n")
    reported = stopped.command("report", "abc-buyers", "--format", "json")  # reports have an engine of their own
    assert reported.stdout.startswith("[{"), reported.stderr
    added = stopped.command("users", "add", "olga", "--role", "Sales manager")
    assert re.fullmatch(r"olga: \S{14}\n", added.stdout), added.stderr
    # The lock is free a moment before its last process is gone.
    until(lambda: stopped.processes() == [], "everything is gone")


UNDER_MAKE = ["sh", "-c", '"$0" run.py & wait']


@pytest.fixture(scope="module")
def given(bases: Bases, redis_url: str, migrated: str) -> Iterator[Product]:
    """On servers that are not its own, under make; the base has its tables and nobody in it."""
    address = bases.new("run", of=migrated)
    with tempfile.TemporaryDirectory(prefix="vizavi-test-") as folder:
        servers = {"CRM_DATABASE_URL": address.replace("+psycopg", ""), "CRM_REDIS_URL": redis_url}
        product = Product(Path(folder) / "var", free_port(), **servers)
        product.start(MAKELEVEL="1", parent=UNDER_MAKE)
        yield product
        if product.runs():
            product.stop()
        until(lambda: product.processes() == [], "everything is gone")
    bases.let_go(address)


def test_real_servers_are_used_where_they_are_given(given: Product) -> None:
    assert given.readiness() == {"status": "ok", "postgresql": "ok", "redis": "ok", "mail": "nothing is due"}
    assert "admin, password" in given.said
    assert not (given.data_dir / "postgres").exists()
    assert not (given.data_dir / "redis").exists()


def test_a_killed_make_leaves_no_process(given: Product) -> None:
    assert len(given.processes()) > 5
    assert given.process is not None
    assert given.process.args[0] == "sh"  # type: ignore[index]
    given.process.kill()
    until(lambda: given.processes() == [], "everything is gone")


def test_help_starts_no_server_and_a_command_that_cannot_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path / "var"))
    commands = run.create_app().test_cli_runner()
    helped = commands.invoke(args=["users", "add", "--help"])
    assert (helped.exit_code, "--role" in helped.output) == (0, True)
    assert not (tmp_path / "var" / "postgres").exists()
    (tmp_path / "var" / "use.lock").mkdir()
    refused = commands.invoke(args=["permissions"])
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
    assert "CRM_DATA_DIR" in refused.stderr
    (tmp_path / "var" / "use.lock").rmdir()
    (tmp_path / "var" / "log").write_text("")  # whoever keeps the servers needs a folder there
    refused = commands.invoke(args=["permissions"])
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
    assert "FileExistsError" in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CRM_PORT", "eighty"),
        ("CRM_TIMEZONE", "Moon/Crater"),
        ("CRM_DATABASE_URL", "mysql://x/y"),
        ("CRM_WEBHOOKS_PRIVATE", "true"),
    ],
)
def test_a_bad_setting_is_one_line_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="2"):
        run.create_app()
    said = capsys.readouterr().err
    assert said.startswith(f"{name}: ")
    assert said.count("\n") == 1


def test_product_and_commands_say_no_more_of_a_bad_setting_than_that_line(tmp_path: Path) -> None:
    product = Product(tmp_path / "var", free_port(), CRM_PORT="eighty")
    for done in (product.once_more(), product.command("status")):
        assert done.returncode == 2
        assert done.stderr.startswith("CRM_PORT: ")
        assert done.stderr.count("\n") == 1


# A Python that fails at one step of the installation and says much.
FAILING = """#!/bin/sh
case "$*" in
    *"$FAILS_AT"*) echo much; echo more; exit 1 ;;
    "-m venv .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
esac >&2
"""


@pytest.mark.parametrize(
    ("step", "helps"),
    [
        ("version_info", "Python 3.11 or newer is needed; say which"),
        ("disk_usage", "MB of room are needed here: free some"),
        ("venv", "on Debian, apt-get install python3-venv"),
        ("pip", "behind a proxy of packages set PIP_INDEX_URL"),
    ],
)
def test_an_installation_that_cannot_go_on_says_in_one_line_what_to_do(tmp_path: Path, step: str, helps: str) -> None:
    python = tmp_path / "python3"
    python.write_text(FAILING)
    python.chmod(0o755)
    (tmp_path / "Makefile").symlink_to(Path("Makefile").resolve())
    (tmp_path / "requirements.txt").touch()
    env = {**os.environ, "FAILS_AT": step}
    command = ["make", "setup", f"PYTHON={python}"]
    made = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert made.returncode != 0
    assert helps in made.stdout.splitlines()[-1]
    assert "much" not in made.stdout + made.stderr
