"""Classes and stages of 23,570 real customers, computed anew from the file by the written rules alone."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.cli.real_data import cdnow_tables, table
from app.domain.periods import Period
from app.domain.stages import Parameters
from app.extensions import db
from app.models.classes import AbcRecord, StageRecord
from app.models.counterparties import Counterparty
from app.services.classification.abc import classify_abc
from app.services.classification.stages import classify_stages
from app.services.exchange import run_import

FILE = Path(os.environ.get("CRM_REAL_DATA", "../shared/data")) / "cdnow" / "CDNOW_master.txt"
TODAY = date(2026, 11, 23)
N = 6
Month = int  # since the beginning of our era
Standing = tuple[str, str | None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not FILE.is_file(), reason=f"{FILE} is not here: CRM_REAL_DATA names the folder that has cdnow/CDNOW_master.txt"
    ),
]


def purchases() -> list[tuple[str, date, int]]:
    """Customer, day, cents."""
    lines = (line.split() for line in FILE.read_text().splitlines())
    return [
        (customer, date.fromisoformat(day), int(amount.replace(".", ""))) for customer, day, _items, amount in lines
    ]


def month_of(day: date) -> Month:
    return day.year * 12 + day.month


def ends(first: date, last: date) -> Iterator[date]:
    """The last day of every month."""
    day = first
    while day <= last:
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        yield day - timedelta(days=1)


def abc_anew(values: dict[str, int], lost: set[str], old: dict[str, str | None]) -> dict[str, str | None]:
    """Sorted downwards, `before` of the first of equals decides; the lost are out or emptied."""
    taking = {who: value for who, value in values.items() if who not in lost or old.get(who)}
    positive = sorted((value for value in taking.values() if value > 0), reverse=True)
    total = Decimal(sum(positive)) / 100
    kopeck = Decimal("0.01")
    a_sum = (total * 70 / 100).quantize(kopeck, ROUND_HALF_UP)
    b_sum = (total * 20 / 100).quantize(kopeck, ROUND_HALF_UP)
    before: dict[int, Decimal] = {}
    sum_ = 0
    for value in positive:
        before.setdefault(value, Decimal(sum_) / 100)
        sum_ += value
    classes: dict[str, str | None] = {}
    for who, value in taking.items():
        if who in lost:
            classes[who] = None
        elif value <= 0 or before[value] >= a_sum + b_sum:
            classes[who] = "C"
        else:
            classes[who] = "A" if before[value] < a_sum else "B"
    return classes


def stage_anew(old: Standing | None, x: list[int], count: int) -> Standing | None:
    """Where the buyer stands now; None: nothing is written."""
    stage = old[0] if old else None
    value = sum(x)
    if stage == "lost" and count == 0:
        return None
    if count == 0 or value <= 0:
        return ("lost", None) if stage in {"regular", "lost"} else (stage or "potential", None)
    if stage in {None, "potential", "one_time"} and count <= 2:
        return ("one_time", None)
    # CV <= b % without roots: N·Σx² - (Σx)² <= (b/100)²·(Σx)²
    scatter = N * sum(one * one for one in x) - value * value
    for bound, xyz in ((20, "X"), (50, "Y")):
        if scatter * 10_000 <= bound * bound * value * value:
            return ("regular", xyz)
    return ("regular", "Z")


def test_every_client_at_every_month_end(committed: Flask) -> None:
    bought: dict[str, Counter[Month]] = defaultdict(Counter)
    times: dict[str, Counter[Month]] = defaultdict(Counter)
    rows = purchases()
    for who, day, cents in rows:
        bought[who][month_of(day)] += cents
        times[who][month_of(day)] += 1
    with committed.app_context():
        session = db.session()
        for kind, lines in cdnow_tables(FILE):
            report = run_import(session, kind, table(lines), now=datetime.now(UTC), today=TODAY)
            assert not report.wrong_count
        session.commit()
        names = dict(session.execute(select(Counterparty.id, Counterparty.code)).all())
        codes = {code: code.removeprefix("C") for code in names.values()}
        assert set(codes.values()) == set(bought)
        customer = {key: codes[code] for key, code in names.items()}
        # What follows from a row in other tables is another test's affair, and costs half of it.
        session.execute(text("SET session_replication_role = replica"))
        standing: dict[str, Standing] = {}
        classes: dict[str, str | None] = {}
        days = sorted(day for _, day, _ in rows)
        for end in ends(days[0], days[-1]):
            months = range(month_of(end) - N + 1, month_of(end) + 1)
            expected = {}
            for who, his in bought.items():
                x = [his.get(month, 0) for month in months]
                count = sum(times[who].get(month, 0) for month in months)
                after = stage_anew(standing.get(who), x, count)
                if after:
                    expected[who] = after
            run = classify_stages(session, Parameters(end, count=N), today=TODAY)
            query = select(StageRecord.counterparty_id, StageRecord.stage, StageRecord.xyz).where(
                StageRecord.run == run
            )
            assert {customer[k]: (s.value, x and x.value) for k, s, x in session.execute(query)} == expected, end
            standing |= expected
            lost = {who for who, (stage, _) in standing.items() if stage == "lost"}
            values = {who: his.get(month_of(end), 0) for who, his in bought.items()}
            anew = abc_anew(values, lost, classes)
            classified = classify_abc(session, Period(end.replace(day=1), end), today=TODAY)
            found = select(AbcRecord.counterparty_id, AbcRecord.abc).where(AbcRecord.run == classified)
            assert {customer[k]: abc and abc.value for k, abc in session.execute(found)} == anew, end
            classes |= anew
            session.commit()
        assert {"X", "Y", "Z", None} == {xyz for _, xyz in standing.values()}
        assert {"one_time", "regular", "lost"} == {stage for stage, _ in standing.values()} - {"potential"}
