"""While the product runs: it answers, says who it is, and gets over the fall of its parts."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.run.product import Product, until


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("running") / "var", free_port())
    product.start()
    yield product
    product.stop()
    assert product.processes() == []


def test_it_prints_its_address_and_a_password_that_no_log_keeps(product: Product) -> None:
    assert f"http://127.0.0.1:{product.port}" in product.said
    password = re.search(r"admin, password (\S+)", product.said)
    assert password is not None
    assert password[1] not in (product.data_dir / "log" / "vizavi.log").read_text()


def test_it_answers(product: Product) -> None:
    status, page = product.get("/login/")
    assert (status, 'name="password"' in page) == (200, True)
    assert product.get("/healthz")[0] == 200
    assert product.readiness() == {"status": "ok", "postgresql": "ok", "redis": "ok"}


def test_probes_set_no_cookie_and_stay_out_of_the_log(product: Product) -> None:
    product.get("/readyz")
    product.get("/login/?next=secret")
    log = product.data_dir / "log" / "vizavi.log"
    until(lambda: "GET /login/" in log.read_text(), "the request is in the log")
    assert "readyz" not in log.read_text()
    assert "secret" not in log.read_text()


def test_a_second_start_says_that_it_already_runs(product: Product) -> None:
    assert product.process is not None
    second = product.once_more()
    assert second.returncode == 1
    assert second.stderr == f"Vizavi already runs at http://127.0.0.1:{product.port} (pid {product.process.pid})\n"


def test_a_busy_port_is_one_clear_line(product: Product, tmp_path: Path) -> None:
    other = Product(tmp_path / "var", product.port).once_more()
    assert (other.returncode, other.stderr) == (1, f"port {product.port} is busy; set CRM_PORT\n")


def test_commands_use_the_servers_that_run(product: Product) -> None:
    added = product.command("users", "add", "olga", "--role", "Sales manager")
    assert added.returncode == 0, added.stderr
    status = product.command("status")
    assert status.returncode == 0, status.stdout
    assert re.search(r"workers +[1-9]", status.stdout)


@pytest.mark.parametrize(("name", "part"), [("postgres", "postgresql"), ("redis-server", "redis")])
def test_a_killed_server_is_started_again_and_nothing_is_lost(product: Product, name: str, part: str) -> None:
    added = product.command("users", "add", f"before-{part}", "--role", "Sales manager", "--password", "long enough")
    assert added.returncode == 0, added.stderr
    fallen = product.child(name)
    fallen.send_signal(signal.SIGKILL)
    until(lambda: not fallen.is_running() or fallen.status() == "zombie", "it is dead")
    until(lambda: product.readiness()["status"] == "ok", f"{part} works again")
    assert product.get("/login/")[0] == 200
    again = product.command("users", "add", f"before-{part}", "--role", "Sales manager")
    assert again.returncode == 2
    until(lambda: product.command("status").returncode == 0, "workers are back")


def test_a_killed_web_server_is_started_again(product: Product) -> None:
    assert product.process is not None
    web = next(p for p in until_children(product) if "gunicorn" in " ".join(p.cmdline()))
    web.send_signal(signal.SIGKILL)
    # The socket stays open meanwhile: the request waits for the new server.
    assert product.get("/login/")[0] == 200


def until_children(product: Product) -> list:
    import psutil  # noqa: PLC0415

    assert product.process is not None
    return psutil.Process(product.process.pid).children()
