"""Files in the hand, and the answer of the import."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.services import exchange

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module", autouse=True)
def forked(warm_gate: None) -> None:
    """All files of this folder but those that are about the gate."""


@pytest.fixture
def imports(session: Session, app: Any) -> Any:
    """`imports("items", "code;name", "1;Чай")` imports these lines."""
    with app.test_request_context():

        def run(kind: str, *lines: str, **options: Any) -> exchange.ImportReport:
            source = "\n".join(lines).encode()
            return exchange.run_import(session, kind, source, now=NOW, today=TODAY, **options)

        yield run


Imports = Callable[..., exchange.ImportReport]


def counts(report: exchange.ImportReport) -> tuple[int, int, int]:
    assert report.wrong == []
    return report.created, report.updated, report.skipped


def wrong(report: exchange.ImportReport) -> list[tuple[int, str]]:
    assert (report.created, report.updated, report.skipped) == (0, 0, 0)
    return [(error.line, error.field) for error in report.wrong]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file that comes in costs a third of a second, whatever stands in it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
