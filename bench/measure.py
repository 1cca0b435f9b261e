"""Times of an action by one client and by several at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import quantiles

import psycopg

from bench.client import Browser, Cost
from bench.pages import Page


@dataclass
class Times:
    """Milliseconds of one action."""

    alone: list[float] = field(default_factory=list)
    crowd: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)

    def counted(self, page: Page, client: Browser) -> None:
        self.costs.append(page.ask(client))


def percentile(times: list[float], percent: int) -> float:
    if len(times) < 2:
        return times[0] if times else 0.0
    return quantiles(times, n=100, method="inclusive")[percent - 1]


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def together(asks: Sequence[Callable[[], object]], times: int) -> list[float]:
    """Each of the clients asks so many times, all at once."""
    found: list[float] = []
    start = threading.Barrier(len(asks))

    def work(ask: Callable[[], object]) -> None:
        start.wait()
        found.extend([timed(ask) for _ in range(times)])

    threads = [threading.Thread(target=work, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(found) < len(asks) * times:
        raise SystemExit("a client failed; see above")
    return found


def measure(
    pages: list[Page], clients: list[Browser], connection: psycopg.Connection, *, rounds: int, times: int
) -> dict[str, Times]:
    """All actions in turn, round after round, so that a slow minute of the machine hits everybody alike."""
    found = {page.name: Times() for page in pages}
    for page in pages:  # warm up
        prepare(page, clients[0], 1)
        page.ask(clients[0])
        ask_base(connection, page)
    for _ in range(rounds):
        for page in pages:
            mine, each = found[page.name], max(1, times // 2)
            prepare(page, clients[0], times)
            mine.alone += together([partial(mine.counted, page, clients[0])], times)
            prepare(page, clients[0], len(clients) * each)
            mine.crowd += together([partial(page.ask, client) for client in clients], each)
            mine.floor += [timed(partial(ask_base, connection, page)) for _ in range(times)]
    return found


def prepare(page: Page, client: Browser, times: int) -> None:
    for _ in range(times):
        page.prepare(client)


def ask_base(connection: psycopg.Connection, page: Page) -> None:
    cursor = connection.execute(page.floor, page.values, prepare=True)
    if cursor.description:
        cursor.fetchall()
