"""Processes that tests begin leave nothing behind."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from config import ROOT
from tests.waiting import PATIENCE

BEGINS = """
from time import sleep
from tests.jobs import begun
from tests.jobs.conftest import LOADED
LOADED.Process(target=begun.script, args=("from time import sleep; sleep(1000)", {})).start()
print("begun", flush=True)
sleep(1000)
"""


@pytest.mark.slow
def test_what_tests_began_ends_with_them_when_they_are_told_to_end() -> None:
    with subprocess.Popen([sys.executable, "-c", BEGINS], stdout=subprocess.PIPE, cwd=ROOT) as tests:
        assert tests.stdout
        assert tests.stdout.readline() == b"begun\n"
        begun = psutil.Process(tests.pid).children(recursive=True)
        assert len(begun) >= 2  # who forks, and who was forked
        tests.terminate()
    _gone, left = psutil.wait_procs(begun, PATIENCE)
    for process in left:
        process.kill()
    assert left == []
