"""How a test waits: for what it waits for, as long as the busiest machine needs. Nothing is faster or slower by it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 100.0  # seconds; a third of what a test may take at all


def until(condition: Callable[[], Any], what: str = "it happens") -> Any:
    """The first true answer; fails when it does not come."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not in {PATIENCE} s: {what}"
        time.sleep(0.05)
    return answer
