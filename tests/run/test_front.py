"""The front keeps slow people, many connections and long answers from taking the workers."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from app.processes.front import Front
from config import ROOT, Settings
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow

LENIENT = 2.0  # seconds that the front of these tests gives to who is slow
OF_ONE_ADDRESS = 250
SHORT = (
    f"from app.processes import front; front.IDLE = front.PAUSE = front.LINGER = {LENIENT}; "
    f"front.OF_ONE_ADDRESS = {OF_ONE_ADDRESS}; "
)
FEW_BYTES = b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\na"
HALF_HEADERS = b"GET /slow HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


class Stack:
    """A front with real workers behind it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.names = folder, itertools.count()
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port: int = self.listening.getsockname()[1]
        self.path = str(folder / "s")
        self.behind = socket.socket(socket.AF_UNIX)
        self.behind.bind(self.path)
        self.behind.listen(2048)
        self.env = {**os.environ, "CRM_DATA_DIR": str(folder), "TOLD_IN": str(folder), **settings}
        fd = self.listening.fileno()
        self.front = self._begin([fd], "-c", SHORT + "front.main()", str(fd), self.path)
        self.workers = self.start_workers()
        assert self.get("/work")["method"] == "GET"

    def start_workers(self) -> subprocess.Popen[bytes]:
        config = ("--config", "/dev/null", "--workers", str(self.places), "--timeout", str(int(PATIENCE)))
        fd = self.behind.fileno()
        return self._begin([fd], "-m", "gunicorn", *config, "--bind", f"fd://{fd}", "tests.run.tiny:app")

    def _begin(self, fds: list[int], *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env,
            pass_fds=fds,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        for process in (self.front, self.workers):
            process.terminate()
            process.wait(PATIENCE)
        for each in (self.listening, self.behind):
            each.close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer, answer.read()

    def get(self, path: str, **headers: str) -> dict[str, Any]:
        answer, body = self.ask("GET", path, **headers)
        assert answer.status == 200, body
        told: dict[str, Any] = json.loads(body)
        return told

    def raw(self, sent: bytes) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        line.sendall(sent)
        return line

    @property
    def places(self) -> int:
        """How many requests are worked on at the same time."""
        return Settings.from_env(self.env).web_workers

    def meets(self, count: int) -> bool:
        """Whether so many requests are worked on at the same time, however busy the machine is."""
        name = f"met{next(self.names)}"
        with ThreadPoolExecutor(count) as pool:
            met = [pool.submit(self.get, f"/meet/{count}/{name}") for _ in range(count)]
            return all(each.result()["method"] == "GET" for each in met)

    @contextlib.contextmanager
    def held(self, path: str, count: int, body: bytes | None = None) -> Iterator[Callable[[], int]]:
        """So many requests that their workers do not answer yet: gives how many workers are asked for them. When they
        are let go, all of them are answered.
        """
        name = f"held{next(self.names)}"
        with ThreadPoolExecutor(count) as pool:
            asked = [
                pool.submit(self.ask, "GET" if body is None else "POST", f"{path}/held/{name}", body)
                for _ in range(count)
            ]
            try:
                yield lambda: len([*self.folder.glob(f"{name}-*")])
            finally:
                (self.folder / name).touch()
            assert all(each.result()[0].status == 200 for each in asked)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="vz") as folder:
        stack = Stack(Path(folder))
        yield stack
        stack.stop()


def refuses(stack: Stack) -> bool:
    try:
        stack.raw(b"").close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it came while the door was being shut
    return False


def test_who_is_in_gets_his_answer_when_the_front_ends_and_nobody_is_let_in_any_more() -> None:
    with tempfile.TemporaryDirectory(prefix="vz") as folder, contextlib.ExitStack() as ends:
        stack = Stack(Path(folder))
        ends.callback(stack.stop)
        export = b"GET /export/held/turn HTTP/1.1\r\nHost: localhost\r\n\r\n"
        asked = [http.client.HTTPResponse(stack.raw(export)) for _ in range(3)]  # answered one after another
        open_page = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=PATIENCE)
        open_page.request("GET", "/work")
        open_page.getresponse().read()  # who came before it is in, too
        until(lambda: [*stack.folder.glob("turn-*")], "a worker is asked for the first")
        stack.front.terminate()
        until(lambda: refuses(stack), "nobody is let in")
        (stack.folder / "turn").touch()
        for each in asked:
            each.begin()
        assert [each.status for each in asked] == [200, 200, 200]
        stack.front.wait(PATIENCE)  # a browser that keeps its connection does not hold it
        open_page.close()


def test_who_waits_for_his_turn_until_the_front_has_ended_is_told_so(tmp_path: Path) -> None:
    async def answered() -> web.StreamResponse:
        async with Front(str(tmp_path / "s"), Settings.from_env({})) as front:
            pass
        return await front.answer(make_mocked_request("GET", "/work"))

    with ThreadPoolExecutor(1) as thread:  # this one has a loop already where a browser was at work before
        assert thread.submit(asyncio.run, answered()).result().status == 502


@contextlib.contextmanager
def dripping(stack: Stack, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that send a byte now and then, and come again when they are closed."""
    lines, going = [stack.raw(sent) for _ in range(count)], threading.Event()

    def drip() -> None:
        while not going.wait(LENIENT / 4):
            for place, line in enumerate(lines):
                try:
                    line.send(b"b")
                except OSError:
                    with contextlib.suppress(OSError):
                        line.close()
                        lines[place] = stack.raw(sent)

    dripper = threading.Thread(target=drip)
    dripper.start()
    try:
        yield lines
    finally:
        going.set()
        dripper.join()
        for line in lines:
            line.close()


@pytest.mark.parametrize("count", [10, 200])
@pytest.mark.parametrize("sent", [HALF_HEADERS, FEW_BYTES], ids=["headers", "bodies"])
def test_slow_connections_hold_no_worker(stack: Stack, sent: bytes, count: int) -> None:
    with dripping(stack, count, sent):
        assert all(stack.meets(stack.places) for _ in range(3))
    assert not (stack.folder / "slow").exists()  # no worker has heard of what is not whole


DRIPPERS = {"idle": b"", "headers": HALF_HEADERS, "body": FEW_BYTES}


def dripped(stack: Stack, sent: bytes) -> tuple[bytes, float]:
    """What one hears who sends a byte now and then, and how long he is listened to."""
    began = time.monotonic()
    with contextlib.closing(stack.raw(sent)) as line:
        answer = b""
        line.settimeout(LENIENT / 4)
        while time.monotonic() < began + PATIENCE:
            try:
                answer += (piece := line.recv(1000))
                if not piece:
                    break
            except TimeoutError:
                if sent:
                    with contextlib.suppress(OSError):
                        line.send(b"b")
            except OSError:
                break
        else:
            raise AssertionError("nobody cut him off")
    return answer, time.monotonic() - began


@pytest.fixture(scope="module")
def cut_off(stack: Stack) -> dict[str, tuple[bytes, float]]:
    """What became of each of them: they drip at the same time."""
    with ThreadPoolExecutor(len(DRIPPERS)) as pool:
        return dict(zip(DRIPPERS, pool.map(lambda sent: dripped(stack, sent), DRIPPERS.values()), strict=True))


@pytest.mark.parametrize(("who", "told"), [("idle", b""), ("headers", b""), ("body", b"HTTP/1.1 408 ")])
def test_who_drips_is_cut_off(cut_off: dict[str, tuple[bytes, float]], who: str, told: bytes) -> None:
    answer, lasted = cut_off[who]
    assert answer.startswith(told)
    assert not told or "Ваша связь слишком медленная" in answer.decode()
    assert lasted > LENIENT - 0.5


def test_the_probe_is_answered_while_all_workers_are_busy(stack: Stack) -> None:
    os.kill(stack.workers.pid, signal.SIGSTOP)
    try:
        answer, body = stack.ask("GET", "/healthz")
        assert (answer.status, json.loads(body)) == (200, {"status": "ok"})
    finally:
        os.kill(stack.workers.pid, signal.SIGCONT)


def test_of_one_address_only_so_many_connections_are_kept_and_a_new_one_is_served(stack: Stack) -> None:
    lines = [stack.raw(b"") for _ in range(OF_ONE_ADDRESS + 20)]
    try:
        assert stack.get("/work")["method"] == "GET"
        assert lines[0].recv(1) == b""  # the one that waited longest went
    finally:
        for line in lines:
            line.close()


def test_who_reads_slowly_holds_no_worker(stack: Stack) -> None:
    lines = [stack.raw(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(10)]
    try:
        for line in lines:
            assert line.recv(9) == b"HTTP/1.1 "
        assert stack.get("/work")["method"] == "GET"
    finally:
        for line in lines:
            line.close()


def test_exports_asked_for_at_once_are_made_one_after_another_and_leave_the_rest_of_the_workers(stack: Stack) -> None:
    with stack.held("/export", 4) as at_work:
        until(lambda: at_work() == 1, "one is being made")
        assert stack.meets(stack.places - 1)
        assert at_work() == 1


def test_reports_leave_one_worker_to_the_others(stack: Stack) -> None:
    with stack.held("/reports", 16) as at_work:
        until(lambda: at_work() == stack.places - 1, "reports have all of the workers but one")
        assert stack.get("/work")["method"] == "GET"
        assert at_work() == stack.places - 1


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_arrives_whole(stack: Stack, chunked: bool) -> None:
    sent = os.urandom(3_000_000)
    pieces = (sent[place : place + 70_000] for place in range(0, len(sent), 70_000))
    _answer, body = stack.ask("POST", "/work?a=%2F%D1%8F&b", pieces if chunked else sent)
    told = json.loads(body)
    assert (told["method"], told["uri"]) == ("POST", "/work?a=%2F%D1%8F&b")
    assert (told["size"], told["sum"]) == (len(sent), hashlib.sha256(sent).hexdigest())


def test_who_asks_whether_to_continue_is_told_so(stack: Stack) -> None:
    head = b"POST /work HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    with contextlib.closing(stack.raw(head)) as line:
        assert line.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"hello")
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"size": 5' in answer


def test_an_answer_comes_whole_and_as_it_was_said(stack: Stack) -> None:
    answer, body = stack.ask("GET", "/big")
    assert (answer.headers["Content-Type"], len(body)) == ("text/csv", 20 * 1024 * 1024)
    answer, body = stack.ask("GET", "/nothing")
    assert (answer.status, answer.headers.get_all("Set-Cookie"), body) == (204, ["a=1", "b=2"], b"")
    answer, body = stack.ask("HEAD", "/work")
    assert (answer.status, int(answer.headers["Content-Length"]) > 100, body) == (200, True, b"")


def test_a_form_is_passed_on_without_the_disk(stack: Stack) -> None:
    with stack.held("/forms", 1, b"subject=" + b"x" * 10_000) as at_work:
        until(at_work)
        open_files = []
        for each in Path(f"/proc/{stack.front.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # a connection of before, closed meanwhile
                open_files.append(os.readlink(each))
        assert open_files
        assert [each for each in open_files if "(deleted)" in each] == []


def test_cookies_stay_with_whom_they_belong_to(stack: Stack) -> None:
    stack.ask("GET", "/nothing", Cookie="mine=1")
    assert "HTTP_COOKIE" not in stack.get("/work")
    strange = 'vizavi=.eJwl; b="q, w"; c=%20=; ;d'
    assert stack.get("/work", Cookie=strange)["HTTP_COOKIE"] == strange


def test_an_address_that_a_stranger_names_is_not_believed(stack: Stack) -> None:
    told = stack.get("/work", X_Forwarded_For="203.0.113.5", X_Forwarded_Host="evil.example", Forwarded="for=1.2.3.4")
    assert told["HTTP_X_FORWARDED_FOR"] == "unknown, 127.0.0.1"
    assert {"HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED"} & set(told) == set()
    told = stack.get("/work", X_Forwarded_Prefix="/elsewhere")
    assert (told["HTTP_X_FORWARDED_FOR"], "HTTP_X_FORWARDED_PREFIX" in told) == ("unknown, 127.0.0.1", False)
    assert stack.get("/work")["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"


def test_a_server_in_front_is_believed_in_what_it_added_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    with tempfile.TemporaryDirectory(prefix="vz") as folder:
        proxied = Stack(Path(folder), CRM_PUBLIC_URL="https://crm.example")
        try:
            told = proxied.get("/work", X_Forwarded_For="203.0.113.5, 198.51.100.7", X_Forwarded_Proto="https")
            assert told["HTTP_X_FORWARDED_FOR"] == "unknown, 198.51.100.7"
            assert told["HTTP_X_FORWARDED_PROTO"] == "https"
            # As HAProxy does: a line of its own after the stranger's.
            several = proxied.get("/work", x_forwarded_for="203.0.113.5", X_Forwarded_For="198.51.100.7")
            assert several["HTTP_X_FORWARDED_FOR"] == "unknown, 198.51.100.7"
            for named, address in {"198.51.100.7:51234": "198.51.100.7", "[2001:db8::1]:443": "2001:db8::1"}.items():
                assert proxied.get("/work", X_Forwarded_For=named)["HTTP_X_FORWARDED_FOR"] == f"unknown, {address}"
            assert proxied.get("/work", X_Forwarded_For="evil")["HTTP_X_FORWARDED_FOR"] == "unknown, 127.0.0.1"
        finally:
            proxied.stop()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET http://elsewhere.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x00\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 1000 + b"\r\n",
        b"nonsense\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_is_not_a_request_is_refused(stack: Stack, sent: bytes) -> None:
    with contextlib.closing(stack.raw(sent)) as line:
        answer = line.recv(65536)
    assert answer[:10] == b"HTTP/1.1 4" or answer[:10] == b"HTTP/1.0 4", answer


def test_who_asks_while_the_workers_are_started_again_waits(stack: Stack) -> None:
    stack.workers.kill()
    stack.workers.wait()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(stack.get, "/work")
        stack.workers = stack.start_workers()
        assert waiting.result()["method"] == "GET"
