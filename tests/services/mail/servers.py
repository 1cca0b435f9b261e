"""A server of mail that does as the addresses of the recipients say, and writes down what it took.

`python -m tests.services.mail.servers PORT FILE SHARE` is one in a process of its own, which may be killed; it behaves
badly with that share of the letters.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import sys
import time
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.ports import free_port
from tests.waiting import PATIENCE

REFUSED = {"nobody": "550 5.1.1 No such user here", "busy": "450 4.2.0 Mailbox busy", "spam": "554 5.7.1 Spam"}
FAULTS = ("421", "450", "451", "550", "552", "hang", "drop", "accept and drop", "one of three")


class Handler:
    """`taken` is the letters: their Message-ID, recipients and bytes."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.connections = 0
        self.port = 0

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := REFUSED.get(address.partition("@")[0]):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = bytes(envelope.content or b"")
        wish = envelope.rcpt_tos[0].partition("@")[0]
        if wish == "drop":
            server.transport.abort()
            return "451 gone"
        if wish == "drip":
            for _ in range(100):
                server.transport.write(b"2")
                await asyncio.sleep(0.05)
        self.taken.append((message_id(content), list(envelope.rcpt_tos), content))
        if wish == "silent":
            server.transport.abort()
        return "552 5.2.2 Too big" if wish == "big" else "250 OK"


def message_id(content: bytes) -> str:
    return str(message_from_bytes(content)["Message-ID"]).strip("<>")


def no_password(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=getattr(data, "password", b"") == b"right", handled=False)


def running(handler: Handler, **more: Any) -> Controller:
    handler.port = free_port()
    place = {"hostname": "127.0.0.1", "port": handler.port, "ready_timeout": PATIENCE}
    controller = Controller(handler, data_size_limit=50_000_000, **place, **more)
    controller.start()
    return controller


class BadHandler:
    """Of a server that behaves badly; a letter counts as taken when its line is in the file."""

    def __init__(self, file: Path, share: float) -> None:
        self.line = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.share = share
        self.chance = random.Random()

    def write(self, *parts: str) -> None:
        os.write(self.line, ("\t".join((f"{time.time():.3f}", *parts)) + "\n").encode())

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not envelope.rcpt_tos:
            session.fault = self.chance.choice(FAULTS) if self.chance.random() < self.share else ""
        if session.fault in {"450", "550"}:
            return f"{session.fault} as it likes"
        if session.fault == "one of three" and address.startswith("b"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        content = bytes(envelope.content or b"")
        fault, session.fault = session.fault, ""
        if fault in {"421", "451", "552"}:
            return f"{fault} as it likes"
        if fault == "hang":
            await asyncio.sleep(60)
        if fault == "drop":
            server.transport.abort()
            return "451 gone"
        self.write("taken", message_id(content), ",".join(envelope.rcpt_tos), hashlib.sha256(content).hexdigest())
        if fault == "accept and drop":
            self.write("dropped", message_id(content))
            server.transport.abort()
        return "250 OK"


async def serve(port: int, file: Path, share: float) -> None:
    handler = BadHandler(file, share)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: SMTP(handler, timeout=300), "127.0.0.1", port, reuse_address=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
