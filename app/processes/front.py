"""`python -m app.processes.front LISTENING_FD SOCKET`: takes slow people off the hands of the web server.

It reads a request to its end before the web server hears of it, and takes the
whole answer at once, so that a worker is busy only while it works. Here time is
limited, connections of one address are counted, and long answers wait for one
another instead of taking every worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gettext
import logging
import re
import resource
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, BinaryIO, cast

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, UnixConnector, web
from aiohttp.client_exceptions import ClientConnectionError, ClientError
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict
from yarl import URL

from app import tracing
from app.processes import leash, lines
from config import ROOT, Settings

IDLE = 15.0  # seconds for the headers of a request, and between two requests of one connection
PAUSE = 15.0  # seconds without a byte of a body, or without a reader of an answer
LINGER = 10.0  # seconds that who is refused may go on sending, so that he hears why
SLOWEST = 5_000  # bytes a second of a body or of an answer, after the first pause
QUEUE = 60.0  # seconds that a request waits for a free worker; heavy ones wait for each other as long as one may take
LAST_REQUESTS = 0.5  # seconds for what is on its way when it is told to end
LAST_ANSWERS = 30.0  # seconds for the requests that are in when it is told to end
LONGEST = 600.0  # seconds of an answer
OF_ONE_ADDRESS = 200  # connections; an office behind one address has a few for each open page
LARGEST_BODY = 256 * 1024 * 1024
IN_MEMORY = 512 * 1024  # bytes of a body or an answer; what is more goes to the disk
PIECE = 64 * 1024

# What a connection says about itself ends here: it is not the request's.
HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
SAID_BY_PROXIES = ("forwarded", "via", "x-real-ip", "x-forwarded-")  # how these names begin
ADDRESS = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")  # with a port, as some say it
log = logging.getLogger(__name__)


def weight(method: str, path: str) -> int:
    """How heavy a request is: 2 for whole tables and workbooks, 1 for reports, 0 for the rest."""
    if method not in {"GET", "HEAD"}:
        return 1 if path.startswith("/import") else 0
    if (path.startswith("/export/") and path != "/export/") or path.endswith("/xlsx"):
        return 2
    if path.startswith("/reports/") and path != "/reports/":
        return 2 if path.endswith(("/pdf", "/csv", "/json")) else 1
    return 0


class TooSlow(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The other side did not send, or take, its bytes in time."""


class Front(web.Server):
    """Passes requests on to the web workers, which listen at the socket `behind`."""

    def __init__(self, behind: str, settings: Settings) -> None:
        # Who has gone does not wait in the queue.
        quiet: dict[str, Any] = {"access_log": None, "handler_cancellation": True}
        super().__init__(self.answer, keepalive_timeout=IDLE, lingering_time=LINGER, auto_decompress=False, **quiet)
        self.behind = behind
        self.proxied = settings.behind_proxy
        # Of the installation: nobody knows here whose request it is.
        self.words = gettext.translation("messages", ROOT / "app" / "translations", [settings.locale], fallback=True)
        # A heavy request needs a place in every lane: at most one of them is at work, reports leave one worker free.
        workers = settings.web_workers
        self.lanes = [asyncio.Semaphore(places) for places in (workers, max(workers - 1, 1), 1)]
        self.devices = asyncio.Semaphore(1)  # telephones wait for each other: one alone may ask for a whole book
        self.address_of: dict[RequestHandler, str] = {}
        self.of_address: dict[str, int] = {}
        self.waiting: dict[RequestHandler, None] = {}  # for a request, the longest first

    async def __aenter__(self) -> Front:
        connector = UnixConnector(self.behind, limit=0, force_close=True)
        timeout = ClientTimeout(total=LONGEST)
        # No jar: what one person is given goes to nobody else.
        jar = DummyCookieJar()
        self.client = ClientSession(connector=connector, timeout=timeout, auto_decompress=False, cookie_jar=jar)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    # -- connections --------------------------------------------------------------------------------

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Of an address that has too many connections the one that waits longest for its request is closed."""
        super().connection_made(handler, transport)
        if self.proxied:
            return  # all come from the server in front, which counts them itself
        address = self.address_of[handler] = _address(transport)
        self.of_address[address] = self.of_address.get(address, 0) + 1
        self.waiting[handler] = None
        if self.of_address[address] > OF_ONE_ADDRESS:
            next(each for each in self.waiting if self.address_of[each] == address).force_close()

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self.waiting.pop(handler, None)
        if (address := self.address_of.pop(handler, None)) is not None:
            self.of_address[address] -= 1
            if not self.of_address[address]:
                del self.of_address[address]

    # -- requests -----------------------------------------------------------------------------------

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.waiting.pop(request.protocol, None)
        try:
            with tracing.at_work(tracing.Trace(tracing.accepted(request.headers.get(tracing.HEADER)))):
                return await self._answered(request)
        finally:
            if request.protocol in self.address_of:
                self.waiting[request.protocol] = None

    async def _answered(self, request: web.BaseRequest) -> web.StreamResponse:
        _ = self.words.gettext
        if not request.raw_path.startswith("/"):
            return _refusal(400, _("The request is not clear"))
        if request.path == "/healthz":
            return web.json_response({"status": "ok"}, headers={"Cache-Control": "no-store"})
        try:
            with _spool() as body, _spool() as answer:
                size = await self._read(request, body)
                told = await self._ask(request, body, size, answer)
                try:
                    return await self._send(request, *told, answer)
                except ConnectionResetError:  # whoever asked has gone: nobody's fault, and nobody to answer
                    request.protocol.force_close()
                    return web.Response()
        except TooSlow:
            return _refusal(408, _("Your connection is too slow"))
        except web.HTTPRequestEntityTooLarge:
            return _refusal(413, _("The file is too large"))
        except TimeoutError:
            log.warning("No worker was free in time: %s", request.method)
            return _refusal(503, _("The server is busy, try again in a minute"))
        except ValueError:
            return _refusal(400, _("The request is not clear"))
        except (ClientError, OSError) as error:
            log.warning("The web server did not answer: %s", type(error).__name__)
            return _refusal(502, _("The server is starting again, try once more"))

    async def _read(self, request: web.BaseRequest, body: BinaryIO) -> int:
        """The whole body; its sender has to be quick enough."""
        if not request.body_exists:
            return 0
        if (request.content_length or 0) > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, request.content_length or 0)
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        size, began = 0, asyncio.get_running_loop().time()
        while piece := await self._in_time(request.content.readany(), began, size):
            size += len(piece)
            if size > LARGEST_BODY:
                raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, size)
            body.write(piece)
        body.seek(0)
        return size

    async def _in_time(self, transfer: Any, began: float, size: int) -> Any:
        """What the transfer gives, unless it pauses too long or is too slow as a whole."""
        left = began + PAUSE + size / SLOWEST - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(max(min(PAUSE, left), 0.001)):  # wait_for would make a task of each piece
                return await transfer
        except TimeoutError:
            raise TooSlow from None

    async def _ask(
        self, request: web.BaseRequest, body: BinaryIO, size: int, answer: BinaryIO
    ) -> tuple[int, str, CIMultiDict[str]]:
        """Let a worker work; holds it only until it has said all."""
        async with contextlib.AsyncExitStack() as places:
            heavy = weight(request.method, request.path)
            async with asyncio.timeout(LONGEST if heavy else QUEUE):
                if request.path.startswith("/dav/"):
                    await places.enter_async_context(self.devices)
                for lane in reversed(self.lanes[: heavy + 1]):
                    await places.enter_async_context(lane)
            if self.client.closed:
                raise ClientConnectionError("it waited for its turn until the front had ended")
            headers = self._passed_on(request, size)
            async with self.client.request(
                request.method,
                URL(f"http://localhost{request.raw_path}", encoded=True),
                headers=headers,
                # Of a file aiohttp asks a thread for each piece, and a spooled one goes to the disk for that.
                data=body if size > IN_MEMORY else body.read() or None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            ) as said:
                async for piece in said.content.iter_chunked(PIECE):
                    answer.write(piece)
                answer.seek(0)
                return said.status, said.reason or "", CIMultiDict(said.headers)

    def _passed_on(self, request: web.BaseRequest, size: int) -> CIMultiDict[str]:
        """The headers of the request, and the address of whoever sent it, as far as is known for sure.

        Before it stands `unknown` where the request came through another server, whose word counts or not.
        """
        address = _address(request.transport)
        through = any(name.lower().startswith(SAID_BY_PROXIES) for name in request.headers)
        if self.proxied:
            address = _named_last(request.headers.getall("X-Forwarded-For", [])) or address
        passed = CIMultiDict(
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in HOP | {"content-length", "expect"}
            and (self.proxied or not name.lower().startswith(SAID_BY_PROXIES))
        )
        passed["X-Forwarded-For"] = f"unknown, {address}" if through else address
        passed[tracing.HEADER] = tracing.current_id()
        if size or request.method in {"POST", "PUT", "PATCH"}:
            passed["Content-Length"] = str(size)
        return passed

    async def _send(
        self, request: web.BaseRequest, status: int, reason: str, headers: CIMultiDict[str], answer: BinaryIO
    ) -> web.StreamResponse:
        kept = CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in HOP)
        response = web.StreamResponse(status=status, reason=reason, headers=kept)
        size = answer.seek(0, 2)
        answer.seek(0)
        if "Content-Length" not in kept and status >= 200 and status not in {204, 304}:
            response.content_length = size
        await response.prepare(request)
        sent, began = 0, asyncio.get_running_loop().time()
        while piece := answer.read(PIECE):
            try:
                await self._in_time(response.write(piece), began, sent)
            except TooSlow:
                request.protocol.force_close()
                return response
            sent += len(piece)
        with contextlib.suppress(TooSlow):
            await self._in_time(response.write_eof(), began, sent)
        return response


def _spool() -> BinaryIO:
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY))


def _named_last(lines: Sequence[str]) -> str:
    """The address that the server in front added itself, after what it was told: the last one of the last line."""
    named = lines[-1].rsplit(",", 1)[-1].strip() if lines else ""
    found = ADDRESS.fullmatch(named)
    with contextlib.suppress(ValueError):
        return str(ip_address((found and (found[1] or found[2])) or named))
    return ""


def _address(transport: asyncio.BaseTransport | None) -> str:
    peer = transport.get_extra_info("peername") if transport else None
    return str(peer[0]) if peer else ""


def _refusal(status: int, sentence: str) -> web.Response:
    headers = {"Connection": "close", "Cache-Control": "no-store", tracing.HEADER: tracing.current_id()}
    headers |= {"Retry-After": "60"} if status == 503 else {}
    return web.Response(status=status, text=f"{sentence} ({tracing.current_id()}).\n", headers=headers)


async def serve(listening: socket.socket, behind: str, settings: Settings) -> None:
    """Until SIGTERM or SIGINT: then nobody is let in any more, and who is in gets his answer."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with Front(behind, settings) as front:
        server = await loop.create_server(front, sock=listening, backlog=2048)
        await told.wait()
        listening.shutdown(socket.SHUT_RDWR)  # for all who have it: a server in front goes elsewhere at once
        server.close()
        await asyncio.sleep(LAST_REQUESTS)
        front.pre_shutdown()  # whoever asks for nothing is not waited for
        await front.shutdown(LAST_ANSWERS)


def main() -> None:
    lines.set_up(logging.WARNING)
    leash.follow_parent(signal.SIGTERM)
    settings = Settings.from_env()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 65536), hard), hard))
    gc.freeze()
    listening = socket.socket(fileno=int(sys.argv[1]))
    asyncio.run(serve(listening, sys.argv[2], settings))


if __name__ == "__main__":
    main()
