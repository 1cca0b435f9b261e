"""A copy of the base comes back whole, or not at all."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from app import readiness
from app.errors import Refused
from app.processes.postgres import program
from app.services import backups
from tests.bases import Bases

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
KEY = "a key of this base"
WRITTEN = """
    INSERT INTO counterparty_group (name) VALUES ('Ёлки «и» палки'), (E'two\\nlines');
    UPDATE policy SET managers_see_all = true;
"""


@pytest.fixture(scope="module")
def base(bases: Bases, migrated: str) -> Iterator[Engine]:
    address = bases.new("copied", migrated)
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text(WRITTEN))
    yield engine
    engine.dispose()
    bases.let_go(address)


@pytest.fixture(scope="module")
def made(base: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copies") / "copy"
    backups.write(base, folder, now=NOW, secret_key=KEY)
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.fixture(scope="module")
def empty(bases: Bases) -> Iterator[Engine]:
    address = bases.new("restored")
    engine = create_engine(address)
    yield engine
    engine.dispose()
    bases.let_go(address)


def tables(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text(backups.TABLES)))


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_was_written_of_a_copy_that_failed_goes(
    base: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_kept_on_disk", killed)
    with pytest.raises(KeyboardInterrupt):
        backups.write(base, tmp_path / "copy", now=NOW, secret_key=KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_is_not_whole_touches_nothing(copied: Path, empty: Engine) -> None:
    longest = max(copied.rglob("*.gz"), key=lambda path: path.stat().st_size)
    there = longest.read_bytes()
    longest.write_bytes(there[:20] + bytes([there[20] ^ 1]) + there[21:])
    with pytest.raises(Refused, match=longest.name):
        backups.restore(empty, copied, readiness.knows)
    longest.unlink()
    with pytest.raises(Refused, match=longest.name):
        backups.restore(empty, copied, readiness.knows)
    assert not tables(empty)


def test_a_copy_of_a_newer_version_and_a_folder_without_one_are_refused(copied: Path, empty: Engine) -> None:
    with pytest.raises(Refused, match="newer version"):
        backups.restore(empty, copied, lambda migration: False)
    for broken in ("", "[]", "{}", json.dumps({"made_at": "now", "tables": {}, "files": []})):
        (copied / backups.MANIFEST).write_text(broken)
        with pytest.raises(Refused, match="no copy"):
            backups.restore(empty, copied, readiness.knows)
    with pytest.raises(Refused, match="no copy"):
        backups.restore(empty, copied / "elsewhere", readiness.knows)
    assert not tables(empty)


def test_a_base_that_is_not_what_it_was_is_not_left_there(copied: Path, empty: Engine) -> None:
    said = json.loads((copied / backups.MANIFEST).read_text())
    said["tables"]["counterparty_group"][1] = "1"
    (copied / backups.MANIFEST).write_text(json.dumps(said))
    with pytest.raises(Refused, match="counterparty_group"):
        backups.restore(empty, copied, readiness.knows)
    assert not tables(empty)


def test_a_base_comes_back_row_for_row_and_into_an_empty_place_alone(
    made: Path, base: Engine, empty: Engine, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="not empty"):
        backups.restore(base, made, readiness.knows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backups, "_counted", killed)
        with pytest.raises(KeyboardInterrupt):
            backups.restore(empty, made, readiness.knows)
    with empty.connect() as connection:
        assert backups.is_unfinished(connection)
    there = backups.restore(empty, made, readiness.knows)
    with empty.begin() as connection:
        backups.finish(connection)
    again = backups.write(empty, tmp_path / "again", now=NOW, secret_key="another key")
    assert again.tables == there.tables
    assert there.tables["counterparty_group"][0] == 2
    assert backups.has_key(there, KEY)
    assert not backups.has_key(again, KEY)
    with pytest.raises(Refused, match="not empty"):
        backups.write(base, made, now=NOW, secret_key=KEY)


def test_a_copy_is_brought_back_without_what_servers_before_17_do_not_know(made: Path) -> None:
    """Those are no part of these tests: the line that 15 refused is looked for where it was."""
    script = subprocess.run([program("pg_restore"), "--file=-", made / backups.DUMP], capture_output=True, check=True)
    begins = script.stdout[: backups.BEGINNING]
    assert b"transaction_timeout" in begins
    assert b"transaction_timeout" not in backups.understood(begins)


def test_copies_of_a_week_and_of_five_weeks_are_kept(base: Engine, made: Path, tmp_path: Path) -> None:
    names = [f"vizavi-{NOW - timedelta(days=day):%Y%m%d-%H%M%S}" for day in range(60)]
    upgrades = ["before-upgrade-of-0001-", "before-upgrade-of-0002-"]  # 60 and 61 days ago
    for day, name in enumerate([*names, *reversed(upgrades)]):
        moment = NOW - timedelta(days=day)
        folder = tmp_path / name
        folder.mkdir()
        said = json.loads((made / backups.MANIFEST).read_text()) | {"made_at": moment.isoformat()}
        (folder / backups.MANIFEST).write_text(json.dumps(said))
    (tmp_path / "of somebody").mkdir()
    (tmp_path / f"{names[0]}.part").mkdir()  # whoever wrote it was killed
    assert backups.newest(tmp_path) == NOW
    soon = {"now": NOW + timedelta(hours=3), "secret_key": KEY, "weeks": 5}
    assert backups.by_the_clock(base, tmp_path, **soon, every=timedelta(hours=20)) is None
    assert backups.by_the_clock(base, tmp_path, **soon, every=timedelta(hours=2)) is not None
    assert not list(tmp_path.glob("*.part"))
    kept = sorted(path.name[7:15] for path in tmp_path.glob("vizavi-*"))
    assert kept == [
        *("20261101", "20261108", "20261115"),  # Sundays: the last of each week
        *("20261117", "20261118", "20261119", "20261120", "20261121", "20261122", "20261123"),
    ]
    assert (tmp_path / "of somebody").exists()
    assert [path.name for path in tmp_path.glob("before*")] == [upgrades[1]]  # the newest stays
