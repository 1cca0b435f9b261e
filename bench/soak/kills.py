"""Parts of the product end without a word while people work; how long until all is well again."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from bench.soak.meanwhile import Meanwhile
from bench.soak.product import PARTS, Product, until

BETWEEN = (8.0, 20.0)  # seconds
WEB_WORKER, SMTP = "web worker", "smtp"


@dataclass
class Kills(Meanwhile):
    """One victim after another in rounds of all kinds; `back`: of each kind the seconds until all was well again."""

    product: Product
    smtp: Callable[[], None]
    back: dict[str, list[float]] = field(default_factory=dict)

    def go_on(self) -> None:
        left: list[str] = []
        while not self.stopped.wait(random.uniform(*BETWEEN)):
            left = left or random.sample([*PARTS, WEB_WORKER, SMTP], len(PARTS) + 2)
            victim = left.pop()
            began = time.monotonic()
            self._kill(victim)
            until(self.product.is_well, f"well again after {victim} was killed")
            self.back.setdefault(victim, []).append(time.monotonic() - began)

    def _kill(self, victim: str) -> None:
        if victim == SMTP:
            self.smtp()
            return
        with suppress(KeyError, IndexError, psutil.Error):
            of_web = self.product.web_workers()
            process = random.choice(of_web) if victim == WEB_WORKER else self.product.parts()[victim]
            process.send_signal(signal.SIGKILL)
            psutil.wait_procs([process], timeout=5)
