"""A new import table is one declaration."""

import pytest
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.counterparties import InformationSource
from app.services import exchange
from app.services.exchange import TABLES, ImportTable, exporting
from app.services.exchange.fields import NumberRange, of
from app.services.exchange.saving import RowWriter
from app.services.exchange.staging import way
from tests.services.exchange.conftest import Imports, counts, wrong

SOURCES = ImportTable(
    "sources",
    _l("Information sources"),
    "Information sources",
    InformationSource,
    (
        of(InformationSource.name, "Источник", required=True),
        of(InformationSource.valid_days, "Дней", range=NumberRange.NOT_NEGATIVE, default=0),
    ),
    writer=RowWriter,
    ways=(way("name"),),
)


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLES, SOURCES.slug, SOURCES)


def test_a_declared_table_is_read_checked_updated_and_written_out(session: Session, imports: Imports) -> None:
    assert counts(imports("sources", "Источник;Дней", "Ярмарка;30", "Газета;")) == (2, 0, 0)
    assert counts(imports("sources", "name,valid_days", "Ярмарка,45", "Газета,")) == (0, 1, 1)
    assert wrong(imports("sources", "name,valid_days", "Ярмарка,-1", ",5")) == [(2, "valid_days"), (3, "name")]
    days = dict(session.execute(select(InformationSource.name, InformationSource.valid_days)).all())
    assert (days["Ярмарка"], days["Газета"]) == (45, 0)
    written = b"".join(block for _rows, block in exporting.csv_blocks(session, SOURCES))
    assert "Ярмарка,45" in written.decode()
    assert imports("sources", *written.decode().splitlines()).updated == 0
    assert exchange.table_named("sources") is SOURCES
