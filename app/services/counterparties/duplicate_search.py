"""The search for duplicates over the whole base: who shares a key is compared, and the likely pairs are kept.

Keys and judgements are the domain's (app.domain.likeness), blocks of one key are
made by the base. The blocks are read as a stream, a large one by a window, so
that neither the memory nor the time grows with the commonest name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from app.domain.likeness import COMMON, Party, blocks_of, core, judge
from app.errors import Refused
from app.models.authorship import FILLING
from app.models.duplicates import DuplicatePair
from app.models.jobs import Job
from app.models.visibility import viewer_of
from app.services.jobs import Outcome, Progress, Run

DUPLICATES = "Duplicates"  # the section whose rights it needs
LOCK = 0x647570  # one search at a time: "dup"
BATCH = 5_000  # counterparties, or rows of blocks, in memory at once
LARGE = 40  # of a block: in larger ones each is compared with its neighbours by name
WINDOW = 10  # neighbours
SHARES = (30, 70)  # percent of the time: making keys, comparing

TABLES = """
    CREATE TEMPORARY TABLE likely_party (id integer, core text, inn text, kpp text, is_person boolean,
        ways text[], is_explained boolean) ON COMMIT DROP;
    CREATE TEMPORARY TABLE likely_key (key text, id integer) ON COMMIT DROP;
    CREATE TEMPORARY TABLE likely_pair (first_id integer, second_id integer, confidence integer, signs jsonb)
        ON COMMIT DROP"""
PARTIES = """
    SELECT c.id, c.name_key, c.inn, c.kpp, c.kind = 'person' AS is_person, c.distinct_reason <> '' AS is_explained,
        ARRAY(
            SELECT CASE WHEN phone_tail <> '' THEN 'p' || left(phone_tail, 10) ELSE 'e' || lower(value) END
            FROM contact_info
            WHERE counterparty_id = c.id AND (length(phone_tail) >= 10 OR phone_tail = '' AND value LIKE '%@%')
        ) AS ways
    FROM counterparty c WHERE c.id > :after ORDER BY c.id LIMIT :batch"""
# Whoever shares a key with nobody is left out.
BLOCKS = """
    SELECT key, size, p.*, common.core IS NOT NULL AS is_common
    FROM (SELECT key, id, count(*) OVER (PARTITION BY key) AS size FROM likely_key) k
    JOIN likely_party p USING (id)
    LEFT JOIN (SELECT core FROM likely_party GROUP BY core HAVING count(*) > :common) common USING (core)
    WHERE size > 1 ORDER BY key, p.core, p.id"""
KEEP = """
    WITH best AS (
        SELECT DISTINCT ON (first_id, second_id) * FROM likely_pair ORDER BY first_id, second_id, confidence DESC
    ), gone AS (
        DELETE FROM duplicate_pair d WHERE NOT is_distinct AND NOT EXISTS (
            SELECT FROM best b WHERE (b.first_id, b.second_id) = (d.first_id, d.second_id))
    )
    INSERT INTO duplicate_pair AS d (first_id, second_id, confidence, signs)
    SELECT first_id, second_id, confidence, signs FROM best
    JOIN counterparty f ON f.id = first_id JOIN counterparty s ON s.id = second_id
    ON CONFLICT (first_id, second_id) DO UPDATE SET confidence = excluded.confidence, signs = excluded.signs
    WHERE NOT d.is_distinct AND (d.confidence, d.signs) IS DISTINCT FROM (excluded.confidence, excluded.signs)"""
WAITING = "SELECT count(*) FROM duplicate_pair WHERE NOT is_distinct"


def search(session: Session, progress: Progress) -> int:
    """Compare everybody with everybody alike; gives how many pairs wait for a decision, old ones too.

    Refused while another search is under way.
    """
    if not session.scalar(text(f"SELECT pg_try_advisory_xact_lock({LOCK})")):
        raise Refused(_("Duplicates are being searched for already."))
    session.info["verb"] = FILLING  # what is found is nobody's doing, and found again tomorrow
    connection = session.connection()
    for statement in TABLES.split(";"):
        connection.execute(text(statement))
    _write_parties(connection, progress)
    connection.execute(text("ANALYZE likely_party, likely_key"))
    _write_pairs(connection, progress)
    connection.execute(text("ANALYZE likely_pair"))
    connection.execute(text(KEEP))
    return int(connection.scalar(text(WAITING)) or 0)


def search_job(session: Session, job: Job, run: Run) -> Outcome:
    found = search(session, run.progress)
    told = ngettext("%(num)s pair waits for a decision.", "%(num)s pairs wait for a decision.", found)
    return Outcome({"told": told})


def _write_parties(connection: Connection, progress: Progress) -> None:
    about, after = connection.scalar(text("SELECT count(*) FROM counterparty")) or 1, 0
    done = 0
    while rows := connection.execute(text(PARTIES), {"after": after, "batch": BATCH}).all():
        after = rows[-1].id
        parties = [_party(row, core(row.name_key)) for row in rows]
        _copy(connection, "likely_party", (_row_of(party) for party in parties))
        _copy(connection, "likely_key", ((key, party.id) for party in parties for key in set(blocks_of(party))))
        done += len(rows)
        progress(SHARES[0] * done // about, sum(SHARES))


def _party(row: Any, words: str, *, is_common: bool = False) -> Party:
    return Party(row.id, words, row.inn, row.kpp, row.is_person, frozenset(row.ways), row.is_explained, is_common)


def _row_of(party: Party) -> tuple[Any, ...]:
    return party.id, party.core, party.inn, party.kpp, party.is_person, list(party.ways), party.is_explained


def _write_pairs(connection: Connection, progress: Progress) -> None:
    """Judge the pairs of each block."""
    about = connection.scalar(text("SELECT count(*) FROM likely_key")) or 1
    stream = connection.execute(text(BLOCKS), {"common": COMMON}, execution_options={"yield_per": BATCH})
    found: list[tuple[int, int, int, str]] = []
    done = 0
    for _key, block in groupby(stream, key=lambda row: row.key):
        for party, others in _compared(block):
            done += 1
            for other in others:
                if judgement := judge(party, other):
                    first, second = sorted((party.id, other.id))
                    found.append((first, second, judgement.confidence, json.dumps(judgement.signs)))
        if len(found) >= BATCH:
            _copy(connection, "likely_pair", found)
            found.clear()
        progress(SHARES[0] + min(SHARES[1] * done // about, SHARES[1]), sum(SHARES))
    _copy(connection, "likely_pair", found)


def _compared(block: Iterable[Any]) -> Iterator[tuple[Party, list[Party]]]:
    """Each of the block with those that it is compared with."""
    window: list[Party] = []
    for row in block:
        party = _party(row, row.core, is_common=row.is_common)
        yield party, window
        window.append(party)
        if row.size > LARGE:
            del window[:-WINDOW]


def _copy(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def set_apart(session: Session, pair_id: int, *, now: datetime) -> DuplicatePair | None:
    """Remember that these two are not one, in later searches too; None where the viewer does not see the pair."""
    pair = session.scalars(select(DuplicatePair).where(DuplicatePair.id == pair_id)).one_or_none()
    if pair is not None:
        viewer = viewer_of(session)
        pair.is_distinct, pair.by_id, pair.said_at = True, viewer.user_id if viewer else None, now
    return pair
