"""Starting, stopping and being killed: nothing is left behind, and the next start works."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.run.product import Product, until


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    # A path too long for a socket, and with a space in it.
    folder = tmp_path_factory.mktemp("starting") / "a deep checkout" / ("x" * 90)
    folder.mkdir(parents=True)
    product = Product(folder / "var", free_port())
    yield product
    if product.process is not None and product.process.poll() is None:
        product.stop()


def test_a_command_starts_the_servers_for_itself_and_stops_them(product: Product) -> None:
    assert product.command("prepare").returncode == 0
    assert product.processes() == []
    added = product.command("users", "add", "olga", "--role", "Sales manager", "--password", "long enough")
    assert added.returncode == 0, added.stderr
    assert product.processes() == []


def test_ctrl_c_leaves_no_process(product: Product) -> None:
    product.start()
    assert len(product.processes()) > 5
    assert product.stop(signal.SIGINT) == 0
    assert product.processes() == []


def test_a_killed_run_leaves_no_process_and_loses_nothing(product: Product) -> None:
    product.start()
    assert product.stop(signal.SIGKILL) == -signal.SIGKILL
    product.start()  # at once: it waits for the rest of the killed run
    assert product.command("users", "add", "olga", "--role", "Sales manager").returncode == 2
    product.stop(signal.SIGKILL)
    until(lambda: product.processes() == [], "everything is gone")


def test_help_starts_no_server(product: Product, tmp_path: Path) -> None:
    fresh = Product(tmp_path / "var", product.port)
    for asked in (["--help"], ["users", "--help"], ["users", "add", "--help"]):
        assert fresh.command(*asked).returncode == 0
    assert not (tmp_path / "var" / "postgres").exists()


def test_a_stale_pid_file_that_names_a_living_stranger_does_not_stop_the_start(product: Product) -> None:
    pid_file = product.data_dir / "postgres" / "postmaster.pid"
    pid_file.write_text(f"1\n{product.data_dir / 'postgres'}\n0\n5432\n\n\n0 0\nready\n")
    assert product.command("users", "password", "olga").returncode == 0


@pytest.mark.parametrize(
    ("name", "value"), [("CRM_PORT", "eighty"), ("CRM_TIMEZONE", "Moon/Crater"), ("CRM_DATABASE_URL", "mysql://x/y")]
)
def test_a_bad_setting_is_one_line_with_its_name(product: Product, name: str, value: str) -> None:
    for done in (product.once_more(**{name: value}), product.command("status", **{name: value})):
        assert done.returncode == 2
        assert done.stderr.startswith(f"{name}: ")
        assert done.stderr.count("\n") == 1
