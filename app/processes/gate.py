"""The gate for files of strangers: they are opened in a process of their own, which may use so much and no more.

A file that asks for more memory or time than it may have ends that process and
nothing else. What was read comes back in parts, as they are asked for.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from app.domain.formats.limits import BadTable, Limits, Unreadable

ROOT = Path(__file__).resolve().parents[2]  # the settings cost more to read than most files
# What may be read, by whom: a generator of parts that JSON can carry.
READERS = {
    "table": "app.domain.formats.table:answers",
    "address-book": "app.domain.formats.address_book:answers",
    "commerceml": "app.domain.formats.commerceml:answers",
    "bank-statement": "app.domain.formats.bank_statement:answers",
    "letter": "app.domain.letters.reading:answers",
}
LENGTH = struct.Struct(">I")
LONGEST = 64 << 20  # bytes of one part
AT_ONCE = threading.BoundedSemaphore(2)  # files that one process has open: their memory adds up


@contextmanager
def opened(source: Path | bytes | BinaryIO, reader: str, limits: Limits, **asked: Any) -> Iterator[Iterator[Any]]:
    """The parts of the file that the reader gives; raises BadTable with the limit that was overstepped."""
    with AT_ONCE, _on_disk(source) as file:
        process = _begun(file, json.dumps({"reader": reader, "limits": asdict(limits), "asked": asked}))
        assert process.stdout is not None
        try:
            yield _parts(process, process.stdout, limits)
        finally:
            process.stdout.close()
            process.kill()
            process.wait()


def _begun(file: BinaryIO, order: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-E", "-s", "-m", "app.processes.gate"],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what it would say is about the file: values of the customer
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "GATE": order},
    )


@contextmanager
def _on_disk(source: Path | bytes | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    elif isinstance(source, bytes):
        with tempfile.TemporaryFile() as file:
            file.write(source)
            file.seek(0)
            yield file
    else:
        source.seek(0)
        yield source


def _parts(process: subprocess.Popen[bytes], stream: Any, limits: Limits) -> Iterator[Any]:
    while start := stream.read(LENGTH.size):
        length = LENGTH.unpack(start)[0] if len(start) == LENGTH.size else 0
        part = stream.read(min(length, LONGEST))
        if not part or len(part) < length:
            break
        what, value = json.loads(part)
        if what == "end":
            return
        if what == "bad":
            raise BadTable(Unreadable(value["reason"]), value["line"], value["limit"])
        yield value
    stream.close()
    raise _fallen(process.wait(), limits)


def _fallen(code: int, limits: Limits) -> BadTable:
    """Why the process ended before its file did."""
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return BadTable(Unreadable.TIME, limit=limits.seconds)
    if code in {
        -signal.SIGABRT,
        -signal.SIGSEGV,
        -signal.SIGBUS,
        -signal.SIGTRAP,
    }:  # how a Rust library ends without memory
        return BadTable(Unreadable.MEMORY, limit=limits.memory)
    return BadTable(Unreadable.BROKEN)


# -- in the process of its own -----------------------------------------------------------------------


def main() -> None:
    order = json.loads(os.environ["GATE"])
    limits = Limits(**order["limits"])
    module, _colon, name = READERS[order["reader"]].partition(":")
    reader: Callable[..., Iterator[Any]] = getattr(importlib.import_module(module), name)
    _confine(limits)
    out, told = sys.stdout.buffer, 0
    try:
        for part in reader(sys.stdin.buffer, limits, **order["asked"]):
            told += _tell(out, "part", part)
            if told > limits.unpacked:  # a small file may say one text of it a million times
                raise BadTable(Unreadable.UNPACKED, limit=limits.unpacked)
        _tell(out, "end", None)
    except BadTable as bad:
        _tell(out, "bad", {"reason": bad.reason, "line": bad.line, "limit": bad.limit})
    except MemoryError:
        _tell(out, "bad", {"reason": Unreadable.MEMORY, "line": None, "limit": limits.memory})


def _confine(limits: Limits) -> None:
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _tell(out: BinaryIO, what: str, value: Any) -> int:
    """How many bytes that took."""
    part = json.dumps([what, value], ensure_ascii=False, separators=(",", ":")).encode()
    out.write(LENGTH.pack(len(part)) + part)
    out.flush()
    return len(part)


if __name__ == "__main__":
    main()
