"""The embedded PostgreSQL where its own user may not go."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.processes import postgres

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives PostgreSQL another user")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """In the place of /var/lib."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        monkeypatch.setattr(postgres, "ELSEWHERE", folder)
        yield folder


def test_as_root_in_a_closed_checkout_data_and_programs_are_kept_where_the_server_may_go(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (postgres.PROGRAMS.parent, f"{postgres.PACKAGE}.libs"):
        shutil.copytree(postgres._site() / folder, closed / folder, symlinks=True)
    monkeypatch.setattr(postgres, "_site", lambda: closed)
    cluster = postgres.Cluster(closed / "var" / "postgres")

    cluster.make()

    assert (cluster.folder / "PG_VERSION").read_text() == "18\n"
    assert cluster.folder.resolve().is_relative_to(elsewhere)
    assert cluster.folder.resolve().stat().st_uid == cluster._owner != 0
    assert cluster._programs().is_relative_to(elsewhere)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700  # nobody opened what was closed
    made = (cluster.folder / "PG_VERSION").stat().st_ctime_ns
    cluster.make()
    assert (cluster.folder / "PG_VERSION").stat().st_ctime_ns == made


def test_a_first_start_that_was_killed_halfway_is_begun_again(elsewhere: Path) -> None:
    half = elsewhere / "postgres.part"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    cluster = postgres.Cluster(elsewhere / "postgres")
    cluster.make()
    assert (cluster.folder / "base").is_dir()
    assert not half.exists()
