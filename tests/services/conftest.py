"""The demo company, filled once, whoever works on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.extensions import db
from app.services import demo
from tests.bases import Bases
from tests.conftest import CODE, moved

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)


@pytest.fixture(scope="session")
def filled(bases: Bases, bare: Flask, furnished: str) -> Callable[[str, demo.Size], str]:
    """`filled("small", size)`: the base to copy that has such a company in it, and tells how it was filled."""

    def filling(size: demo.Size) -> Callable[[str], None]:
        def fill(address: str) -> None:
            with moved(bare, address), bare.app_context(), Session(db.engine) as session:
                result = demo.fill(session, size, today=TODAY, now=NOW)
                told = json.dumps({"password": result.password, "counts": result.counts})
                session.execute(text(f"COMMENT ON SCHEMA public IS '{told}'"))
                session.commit()

        return fill

    return lambda name, size: bases.once(f"company_{name}", filling(size), of=furnished, by=(*CODE, "tests/services"))


def told(session: Session) -> Any:
    """The password and the counts of rows that filling gave."""
    return json.loads(session.scalars(text("SELECT obj_description('public'::regnamespace)")).one())
