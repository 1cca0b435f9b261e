"""A process of the product, as `python -m` begins it."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Mapping, Sequence


def run(module: str, arguments: Sequence[str], env: Mapping[str, str], cwd: str) -> None:
    os.setsid()
    os.chdir(cwd)
    os.environ.update(env)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def script(code: str, env: Mapping[str, str]) -> None:
    """As `python -c` begins it, and nobody reads what it says."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ.update(env)
    exec(code, {"__name__": "__main__"})
