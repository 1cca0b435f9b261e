"""The cookie of a session: where clocks do not agree, and where nobody looks at what was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import SignatureExpired, TimestampSigner, URLSafeTimedSerializer

AHEAD = timedelta(days=1)
TOLD = "_flashes"  # messages that no page has shown yet
MOST_TOLD = 10


class Signer(TimestampSigner):
    """Takes a cookie that was signed a little later than now: by another web host, or before the clock was set back."""

    def unsign(self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        try:
            return super().unsign(signed_value, max_age, return_timestamp)  # type: ignore[call-overload]
        except SignatureExpired as old:
            now = datetime.fromtimestamp(self.get_timestamp(), UTC)
            if old.date_signed is None or not now < old.date_signed < now + AHEAD:
                raise
        return super().unsign(signed_value, None, return_timestamp)  # type: ignore[call-overload]


class Sessions(SecureCookieSessionInterface):
    """Of one application."""

    _signing: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Made once: the keys of an application stay."""
        if self._signing is None and (made := super().get_signing_serializer(app)) is not None:
            made.signer = Signer
            self._signing = made
        return self._signing

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """With the last messages alone: who saves and looks at no page would get a cookie too large to be taken."""
        if session.modified and len(told := session.get(TOLD, ())) > MOST_TOLD:
            session[TOLD] = told[-MOST_TOLD:]
        super().save_session(app, session, response)
