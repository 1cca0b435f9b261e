"""Passwords of mailboxes and secrets of webhooks, sealed so that a sealed one opens in its own row alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.models.mailboxes import Mailbox

VERSION = b"\x01"
NONCE = 12  # bytes


@dataclass(frozen=True)
class Seal:
    """The secrets that passwords are sealed by: the one of now, and earlier ones that still open."""

    secret: str
    earlier: Sequence[str] = ()

    def close(self, mailbox: Mailbox, password: str) -> None:
        """Seal the password into its row, which must have its number by now; an empty one is taken away."""
        mailbox.sealed_password = self.closed(_row(mailbox.id), password) if password else None

    def opened(self, mailbox_id: int, sealed: bytes | None) -> str | None:
        """The password; "" where there is none, None where it cannot be opened: it is to be entered again."""
        return self.opened_at(_row(mailbox_id), sealed)

    def closed(self, place: bytes, text: str) -> bytes:
        """The text sealed, to be opened at that place alone."""
        nonce = os.urandom(NONCE)
        return VERSION + nonce + _cipher(self.secret).encrypt(nonce, text.encode(), place)

    def opened_at(self, place: bytes, sealed: bytes | None) -> str | None:
        if not sealed:
            return ""
        nonce, text = sealed[1 : NONCE + 1], sealed[NONCE + 1 :]
        for secret in (self.secret, *self.earlier):
            try:
                return _cipher(secret).decrypt(nonce, text, place).decode()
            except (InvalidTag, ValueError):
                continue
        return None


@cache
def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vizavi mailbox").derive(secret.encode()))


def _row(mailbox_id: int) -> bytes:
    return b"mailbox:%d" % mailbox_id
