"""Files of strangers are opened in a process of their own: what costs too much ends that process and nothing else."""

import io
import os
import zipfile
from pathlib import Path

import openpyxl
import psutil
import pytest
from flask import Flask
from flask_babel import force_locale

from app.domain.formats.limits import MEGABYTE, Limits
from app.errors import Refused
from app.services.exchange.opening import opened
from tests.run.product import has_word

pytestmark = pytest.mark.slow
SCANT = 500 * MEGABYTE  # far less than a sheet of so many cells takes


@pytest.fixture(scope="module")
def warm_gate() -> None:
    """Here each process begins as it does for a person's file."""


@pytest.fixture(autouse=True)
def english(app: Flask) -> object:
    with app.test_request_context(), force_locale("en"):
        yield


def rows(source: bytes | Path, limits: Limits | None = None) -> int:
    with opened(source, limits=limits or Limits()) as table:
        return sum(1 for _row in table.rows)


def saved(*cells: str) -> bytes:
    book = openpyxl.Workbook()
    for cell in cells:
        book.worksheets[0][cell] = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refusal(source: bytes | Path, limits: Limits | None = None) -> str:
    with pytest.raises(Refused) as caught:
        rows(source, limits)
    assert caught.value.field == "file"
    return str(caught.value)


def children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if has_word(each, "app.processes.gate")]


def test_a_file_that_says_more_than_it_may_hold_is_refused() -> None:
    assert refusal(b"a;b\n" + b"1;2\n" * 100_000, Limits(unpacked=MEGABYTE)).startswith("What the file holds is larger")


@pytest.mark.parametrize(("last", "said"), [("XFD1048576", "1000"), ("T1048576", "6000000")])
def test_a_workbook_whose_cells_stand_far_apart_is_refused_before_they_are_laid_out(last: str, said: str) -> None:
    assert said in refusal(saved("A1", last), Limits(memory=SCANT))
    assert children() == []


def quoted_otherwise(source: bytes) -> bytes:
    """The same workbook in a spelling that hides how far apart its cells stand: only opening it shows that."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry, old.read(entry).replace(b'r="XFD1048576"', b"r='XFD1048576'"))
    return out.getvalue()


def test_what_takes_too_much_memory_is_refused_though_its_size_was_not_seen_before() -> None:
    assert "500 MB" in refusal(quoted_otherwise(saved("A1", "XFD1048576")), Limits(memory=SCANT))
    assert children() == []


def test_what_takes_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        for _block in range(60):
            file.write("1;2;3;4;5;6;7;8;9;10\n" * 50_000)
    assert "1 seconds" in refusal(path, Limits(seconds=1))
    assert children() == []


def test_an_archive_that_unpacks_to_much_more_than_it_is_packed_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b" " * (40 << 20))
    assert "250 times" in refusal(out.getvalue())


def test_entities_of_xml_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Код")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved("A1"))) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            text = old.read(entry)
            if entry.filename == "xl/workbook.xml":
                text = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]>'.encode() + text
            new.writestr(entry, text)
    assert refusal(out.getvalue()) == "The workbook cannot be read."


def test_a_table_is_read_as_it_is_asked_for_and_its_process_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code;name\n" + f"1;{'x' * 20}\n" * 500_000)
    with opened(path) as table:
        assert next(table.rows)[0] == 2
        (child,) = children()
        assert child.io_counters().read_chars < 2 * path.stat().st_size  # looked through once, and not read to its end
        assert os.getpid() == child.ppid()
    assert children() == []
