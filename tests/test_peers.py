"""Other CRMs can be given our rows (bench/peers)."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.peers.fab import FAB
from bench.peers.peer import Rows
from bench.peers.tryton import TRYTON


@pytest.mark.parametrize("rows", [*FAB.rows, *TRYTON.rows], ids=lambda rows: rows.table)
def test_our_base_gives_what_a_table_of_a_peer_wants(session: Session, rows: Rows) -> None:
    found = session.execute(text(f"SELECT * FROM ({rows.query}) found LIMIT 1"))
    assert len(list(found.keys())) == len(rows.columns.split(","))
