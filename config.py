"""Every technical setting, read once from CRM_* variables (and `.env`).

Business settings (thresholds, shares, who sees what) live in the `policy` table.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent
REPORTS_BIND = "reports"  # the engine that reports read by
READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}  # one moment, and nothing is changed
COPY_ANSWERS = 3  # seconds that a copy of the base has to take a connection
BASE_ANSWERS = 5  # seconds that the base has for that, and to say that it is still there
# Of a machine that has vanished no word comes: the system has to ask, else it waits for a quarter of an hour.
STILL_THERE = {
    "tcp_user_timeout": BASE_ANSWERS * 1000,  # ms
    "keepalives_idle": BASE_ANSWERS,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
OAUTH = ("google", "microsoft", "yandex")
LANGUAGES = {"ru": {"flag": "ru", "name": "Русский"}, "en": {"flag": "gb", "name": "English"}}


class BadSetting(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """A CRM_* variable has a value that cannot be used; the text names the variable."""


@dataclass(frozen=True)
class Settings:
    """What the environment says, checked. Empty URLs mean the embedded servers in `data_dir`."""

    database_url: str
    reports_database_url: str
    redis_url: str
    secret_key: str
    old_secret_keys: tuple[str, ...]
    demo: bool
    host: str
    port: int
    public_url: str
    data_dir: Path
    backup_dir: Path | None  # None: no copies are made by the clock
    timezone: str
    locale: str
    currency: str
    smtp_url: str
    dav: bool  # address books and calendars for telephones (app.dav)
    webhooks_private: bool  # webhooks may go to addresses of the company's own network
    imap_url: str
    oauth_apps: Mapping[str, tuple[str, str]]  # the ids and secrets of ours at providers of mailboxes
    admin_password: str
    metrics_token: str  # empty: /metrics answers to this machine alone
    log_format: str
    told: frozenset[str]  # the names of what was set, and not left to be found or made here

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check every variable; raises BadSetting on the first bad one."""
        if environ is None:
            found = {k: v or "" for k, v in dotenv_values(ROOT / ".env").items()}
            environ = {**found, **os.environ}
        get = environ.get
        data_dir = Path(get("CRM_DATA_DIR") or "var")
        data_dir = data_dir if data_dir.is_absolute() else ROOT / data_dir
        host = get("CRM_HOST") or "127.0.0.1"
        port = _port(get("CRM_PORT") or "8080")
        database_url = _database(get("CRM_DATABASE_URL") or "", "CRM_DATABASE_URL")
        return cls(
            database_url=database_url,
            reports_database_url=_database(get("CRM_REPORTS_DATABASE_URL") or "", "CRM_REPORTS_DATABASE_URL"),
            redis_url=_url(get("CRM_REDIS_URL") or "", "CRM_REDIS_URL", {"redis", "rediss", "unix"}),
            secret_key=get("CRM_SECRET_KEY") or _kept_secret(data_dir),
            old_secret_keys=tuple(key for key in (get("CRM_OLD_SECRET_KEYS") or "").split(",") if key),
            demo=_flag(get("CRM_DEMO") or "1", "CRM_DEMO"),
            host=host,
            port=port,
            public_url=_url(get("CRM_PUBLIC_URL") or f"http://{host}:{port}", "CRM_PUBLIC_URL", {"http", "https"}),
            data_dir=data_dir,
            backup_dir=_backups(get("CRM_BACKUP_DIR") or "", data_dir),
            timezone=_zone(get("CRM_TIMEZONE") or "Europe/Moscow"),
            locale=_one_of(get("CRM_LOCALE") or "ru", "CRM_LOCALE", LANGUAGES),
            currency=_currency(get("CRM_CURRENCY") or "RUB"),
            dav=_flag(get("CRM_DAV") or "1", "CRM_DAV"),
            webhooks_private=_flag(get("CRM_WEBHOOKS_PRIVATE") or "0", "CRM_WEBHOOKS_PRIVATE"),
            smtp_url=_mail(get("CRM_SMTP_URL") or "", "CRM_SMTP_URL", "smtp", 587),
            imap_url=_mail(get("CRM_IMAP_URL") or "", "CRM_IMAP_URL", "imap", 143),
            oauth_apps={name: app for name in OAUTH if (app := _oauth_app(name, environ))},
            admin_password=get("CRM_ADMIN_PASSWORD") or "",
            metrics_token=_token(get("CRM_METRICS_TOKEN") or "", "CRM_METRICS_TOKEN"),
            log_format=_one_of(get("CRM_LOG_FORMAT") or "text", "CRM_LOG_FORMAT", ("text", "json")),
            told=frozenset(name for name, value in environ.items() if name.startswith("CRM_") and value),
        )

    @property
    def web_workers(self) -> int:
        """Processes of one thread that answer people: one more than the machine can run at once."""
        return max(3, (os.cpu_count() or 1) + 1)

    @property
    def behind_proxy(self) -> bool:
        """True when people come through another server: it alone does https, or another port."""
        public = urlsplit(self.public_url)
        return public.scheme == "https" or (public.port or 80) != self.port

    @property
    def trusted_hosts(self) -> list[str] | None:
        """The names by which people reach the product; None when it listens everywhere and was told no name."""
        public = urlsplit(self.public_url).hostname or ""
        return None if public in {"0.0.0.0", "::"} else [public, self.host, "localhost", "127.0.0.1"]

    def flask(self) -> dict[str, Any]:
        """The settings in Flask's words; `database_url` and `redis_url` must be known by now."""
        https = self.public_url.startswith("https://")
        engine: dict[str, Any] = {
            "hide_parameters": True,  # the log keeps no values of the customer
            "json_deserializer": _read_json,
            # Date-time form fields are naive: PostgreSQL reads them as the company's local time.
            "connect_args": {
                "options": f"-c timezone={self.timezone}",
                "connect_timeout": BASE_ANSWERS,
                **STILL_THERE,
            },
        }
        return {
            "CRM": self,
            "APP_NAME": "Vizavi",
            "SECRET_KEY": self.secret_key,
            "JWT_SECRET_KEY": self.secret_key + ":jwt",
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": engine,
            "SQLALCHEMY_BINDS": {
                REPORTS_BIND: {
                    **engine,
                    "url": self.reports_database_url or self.database_url,
                    "execution_options": READING,
                    "connect_args": {**engine["connect_args"], "connect_timeout": COPY_ANSWERS},
                }
            },
            "REDIS_URL": self.redis_url,
            "CRM_CURRENCY": self.currency,
            "BABEL_DEFAULT_LOCALE": self.locale,
            "BABEL_DEFAULT_TIMEZONE": self.timezone,
            "BABEL_TRANSLATION_DIRECTORIES": "translations",
            "LANGUAGES": LANGUAGES,
            "FAB_CREATE_DB": False,
            "FAB_UPDATE_PERMS": False,
            "FAB_ROLES": {},
            "FAB_API_KEY_ENABLED": True,  # those of app.services.access.program_keys
            "FAB_API_KEY_PREFIXES": ["viz_"],
            # Guessing is slowed down by app.services.guessing.
            "AUTH_RATE_LIMITED": False,
            "RATELIMIT_ENABLED": False,
            "SESSION_COOKIE_NAME": "vizavi",
            "SESSION_COOKIE_SECURE": https,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
            "WTF_CSRF_TIME_LIMIT": None,
            # A forged Host header would make a stranger's address safe to be sent to after the login.
            "TRUSTED_HOSTS": self.trusted_hosts,
            "MAX_CONTENT_LENGTH": 256 * 1024 * 1024,
        }


def _read_json(kept: bytes) -> Any:
    """Of a column as the base sends it; own fields, which every row has, are empty most of the time."""
    return {} if kept == b"{}" else json.loads(kept)


def _flag(text: str, name: str) -> bool:
    if text not in {"0", "1"}:
        raise BadSetting(f"{name}: 0 or 1 is expected, not {text!r}")
    return text == "1"


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise BadSetting(f"CRM_PORT: a number from 1 to 65535 is expected, not {text!r}")
    return int(text)


def _url(text: str, name: str, schemes: set[str]) -> str:
    if text and urlsplit(text).scheme not in schemes:
        raise BadSetting(f"{name}: an address that begins with {' or '.join(sorted(schemes))} is expected")
    return text.rstrip("/") if text.startswith("http") else text


def _mail(text: str, name: str, scheme: str, port: int) -> str:
    """An address of a server of mail: it has a host, and says how to encrypt in words that we know."""
    parts = urlsplit(_url(text, name, {scheme, f"{scheme}s"}))
    try:
        known = not text or (parts.hostname and (parts.port or 1))
    except ValueError:
        known = False
    if not known or dict(parse_qsl(parts.query)).get("tls", "none") not in {"tls", "start", "none"}:
        raise BadSetting(f"{name}: as in {scheme}://user:password@host:{port}?tls=start")
    return text


def _oauth_app(name: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    names = [f"CRM_OAUTH_{name.upper()}_{part}" for part in ("ID", "SECRET")]
    client_id, secret = (environ.get(each) or "" for each in names)
    if bool(client_id) != bool(secret):
        raise BadSetting(f"{names[0]} and {names[1]}: both are expected, or none")
    return (client_id, secret) if client_id else None


def _database(text: str, name: str) -> str:
    """Any spelling of a PostgreSQL address, as the psycopg 3 address that SQLAlchemy wants."""
    text = _url(text, name, {"postgresql", "postgres", "postgresql+psycopg"})
    return f"postgresql+psycopg://{text.split('://', 1)[1]}" if text else ""


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSetting(f"CRM_TIMEZONE: no such time zone: {text!r}") from None
    return text


def _one_of(text: str, name: str, allowed: Collection[str]) -> str:
    if text not in allowed:
        raise BadSetting(f"{name}: one of {', '.join(allowed)} is expected, not {text!r}")
    return text


def _currency(text: str) -> str:
    if not (len(text) == 3 and text.isalpha() and text.isupper()):
        raise BadSetting(f"CRM_CURRENCY: three capital letters are expected, as in RUB, not {text!r}")
    return text


def _token(text: str, name: str) -> str:
    if text and not re.fullmatch(r"[\w.~+/=-]{16,}", text, re.ASCII):
        raise BadSetting(f"{name}: at least 16 letters and digits are expected")
    return text


def _backups(text: str, data_dir: Path) -> Path | None:
    if text == "0":
        return None
    return ROOT / text if text else data_dir / "backups"


def _kept_secret(data_dir: Path) -> str:
    """The key made on the first start and kept beside the data, readable by its owner only."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_text(secrets.token_urlsafe(48))
        try:
            os.link(part, path)  # of two processes that start at once the first wins
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_text().strip()
