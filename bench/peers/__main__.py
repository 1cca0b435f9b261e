"""Asks the product and its peers in turn and prints the table."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import geometric_mean, median

from bench import place
from bench.client import Browser
from bench.measure import Times, together
from bench.pages import Facts, facts, got, planned
from bench.peers.fab import FAB
from bench.peers.peer import Screens, Sought, served, spread
from bench.peers.tryton import TRYTON

CROWD = 8
PEERS = {peer.name: peer for peer in (FAB, TRYTON)}
PIECE = "добровольск"  # of the name of one company of a thousand
CLEAN = "DELETE FROM contact WHERE subject = 'bench'"


def main() -> None:
    asked = arguments()
    with place.ready("100k") as ours, ours.connect() as connection, ExitStack() as servers:
        servers.callback(connection.execute, CLEAN)
        sought = what(facts(connection))
        everybody = {"ours": screens(ours, sought)}
        for peer in [PEERS[name] for name in asked.peers]:
            servers.enter_context(served(peer, ours, asked.venvs))
            everybody[peer.name] = peer.screens(peer.port, ours.password, sought, CROWD)
        if asked.rounds:
            for line in table(measure(everybody, asked.rounds, asked.times)):
                print(line, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.peers", description="The product beside its peers.")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--rounds", type=int, default=5, help="how often all are asked in turn; 0: bases are only made")
    parser.add_argument("--times", type=int, default=6, help="how often one client asks in a round")
    parser.add_argument("--venvs", type=Path, default=Path.home() / ".cache" / "vizavi-peers")
    return parser.parse_args()


def what(known: Facts) -> Sought:
    phone = known.values["tail"].rstrip("%")[::-1]
    return Sought(known.card, known.values["who"], known.planner, phone, PIECE)


def screens(ours: place.Grounds, sought: Sought) -> list[Screens]:
    """Our own pages, named as those of the peers."""
    browser = Browser(ours.port)
    browser.log_in(place.USER, ours.password)
    asked = {
        "a bare Flask route": got("/bench/constant"),
        "companies, first page": got("/counterparties/list/"),
        "companies, page 1,000": got("/counterparties/list/", page_CounterpartyView=999),
        "by a part of a name": got("/counterparties/list/", _flt_0_words=sought.name),
        "by phone": got("/counterparties/list/", _flt_0_phone=sought.phone),
        "card of a company": got(f"/counterparties/show/{sought.company}"),
        "tasks of one user": got("/calendar/", responsible=sought.login),
        "saving an activity": planned(browser, sought.company),
        "orders, first page": got("/orders/list/"),
    }
    return spread(asked, browser, CROWD)


def measure(everybody: dict[str, list[Screens]], rounds: int, times: int) -> dict[str, dict[str, Times]]:
    """Milliseconds by row and by who was asked; a slow minute of the machine hits all of them alike."""
    names = list(everybody["ours"][0])
    found = {name: {who: Times() for who, (one, *_) in everybody.items() if name in one} for name in names}
    for turn in range(rounds + 1):
        for name, by_whom in found.items():
            for who, mine in by_whom.items():
                asks = [one[name] for one in everybody[who]]
                if turn == 0:  # each process is warmed up
                    together(asks, 2)
                    continue
                mine.alone += together(asks[:1], times)
                mine.crowd += together(asks, max(1, times // 2))
    return found


def table(found: dict[str, dict[str, Times]]) -> Iterator[str]:
    """Medians in milliseconds, and how many times as long as ours the best of the peers takes."""
    times: dict[str, Callable[[Times], list[float]]] = {
        "1 client": lambda each: each.alone,
        f"{CROWD} clients": lambda each: each.crowd,
    }
    everybody = " / ".join(list(found.values())[-1])
    yield "| action |" + "".join(f" {clients}: {everybody} | × |" for clients in times)
    yield "|---|" + "---|---|" * len(times)
    ratios: dict[str, list[float]] = {clients: [] for clients in times}
    for name, by_whom in found.items():
        row = f"| {name} |"
        for clients, of in times.items():
            ours, *theirs = [median(of(each)) for each in by_whom.values()]
            ratios[clients] += [min(theirs) / ours] if theirs else []
            row += f" {' / '.join(f'{each:.1f}' for each in (ours, *theirs))} |"
            row += f" {ratios[clients][-1]:.1f} |" if theirs else " |"
        yield row
    yield "| geometric mean |" + "".join(f" | {geometric_mean(each):.1f} |" for each in ratios.values())


if __name__ == "__main__":
    main()
