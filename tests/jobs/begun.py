"""A process of the product, as `python -m` begins it; it ends with the tests, however those end."""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence

from app.processes import leash


def run(module: str, arguments: Sequence[str], env: Mapping[str, str], cwd: str) -> None:
    leash.follow_parent(signal.SIGKILL)
    os.setsid()
    os.chdir(cwd)
    os.environ.update(env)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def script(code: str, env: Mapping[str, str]) -> None:
    """As `python -c` begins it, and nobody reads what it says."""
    leash.follow_parent(signal.SIGKILL)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ.update(env)
    exec(code, {"__name__": "__main__"})
