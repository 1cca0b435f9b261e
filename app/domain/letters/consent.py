"""Access that the owner of a mailbox gives at his provider, in place of a password: OAuth 2 with PKCE, XOAUTH2."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode


@dataclass(frozen=True)
class App:
    """Our application as a provider has registered it."""

    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Authority:
    """Where a provider asks the owner of a mailbox, and where it gives tokens for his answer."""

    name: str
    asks: str
    gives: str
    scope: str
    more: Mapping[str, str] = field(default_factory=dict)


AUTHORITIES = {
    "google": Authority(
        "Google",
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/",
        {"access_type": "offline", "prompt": "consent"},  # without them a token that renews comes but once
    ),
    "microsoft": Authority(
        "Microsoft",
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    ),
    "yandex": Authority(
        "Yandex",
        "https://oauth.yandex.ru/authorize",
        "https://oauth.yandex.ru/token",
        "mail:imap_full mail:smtp",
        {"force_confirm": "yes"},
    ),
}
# Companies have domains of their own: whose a mailbox is, its server says.
BY_SERVER = {
    **dict.fromkeys(("smtp.gmail.com", "imap.gmail.com"), "google"),
    **dict.fromkeys(("smtp-mail.outlook.com", "smtp.office365.com", "outlook.office365.com"), "microsoft"),
    **dict.fromkeys(("smtp.yandex.ru", "imap.yandex.ru", "smtp.yandex.com", "imap.yandex.com"), "yandex"),
}


def authority_of(smtp_host: str, imap_host: str) -> str:
    """Whose servers these are, by its name in the settings; "" for one that is asked for a password."""
    return BY_SERVER.get(imap_host.lower()) or BY_SERVER.get(smtp_host.lower()) or ""


def asking_url(authority: Authority, app: App, *, address: str, back: str, state: str, verifier: str) -> str:
    """The provider's page that asks its user; it comes `back` with a code, good only with the verifier."""
    digest = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": back,
        "scope": authority.scope,
        "state": state,
        "code_challenge": digest,
        "code_challenge_method": "S256",
        "login_hint": address,
        **authority.more,
    }
    return f"{authority.asks}?{urlencode(asked)}"


def xoauth2(login: str, token: str) -> str:
    """What is said to a server of mail in place of a login and a password."""
    return f"user={login}\1auth=Bearer {token}\1\1"
