"""What the starts of the tests would cost, and what surrounds them, and no test is about.

What is imported is kept compiled, whatever the surroundings say: each run reads it, and each process it starts. Rubbish
is collected seldom: an application is a million things that stay.
"""

import gc
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from dotenv import dotenv_values

OF_TESTS = "CRM_REAL_DATA"
SETTINGS = (
    "CRM_",
    "FLASK_",
    "FORWARDED_",
    "GIT_",
    "GUNICORN_",
    "MAKE",
    "MFLAGS",
    "PG",
    "PROMETHEUS_",
    "PYTHON",
    "WEB_",
)


def forget_surroundings(environ: MutableMapping[str, str], lines: Path) -> None:
    """Take out what the product and the programs that it needs were told by whoever began the tests: by the `make`
    above them, by a base of his own. Lines of his `.env` count for nothing. A test says what it starts.
    """
    for name in [*environ]:
        if name != OF_TESTS and (name.startswith(SETTINGS) or name.lower().endswith("_proxy")):
            del environ[name]
    environ |= {name: "" for name in dotenv_values(lines) if name.startswith("CRM_") and name != OF_TESTS}


sys.dont_write_bytecode = False
forget_surroundings(os.environ, Path(__file__).parent.parent / ".env")
gc.set_threshold(100_000, 1_000, 100)
