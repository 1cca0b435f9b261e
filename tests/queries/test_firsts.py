"""The first rows by a word are the same whichever way they are found; of a common word no index is asked for all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.counterparties import Counterparty
from app.models.figures import ClientFigure
from app.queries import firsts
from app.queries.firsts import Ordering, first_found
from app.queries.search import counterparty_matches
from tests.conftest import undone, user_named

ROWS, CAP = 120, 10
BY_NAME = Ordering(Counterparty, Counterparty.name_sort)
BACKWARDS = Ordering(Counterparty, Counterparty.name_sort, falling=True)
BY_DEBT = Ordering(Counterparty, ClientFigure.debt, falling=True, beside=ClientFigure)
BY_CLASS = Ordering(Counterparty, ClientFigure.abc, beside=ClientFigure)
BY_NUMBER = Ordering(Counterparty, Counterparty.id)


@pytest.fixture(scope="module")
def filled(app: Flask, tidied: None) -> Iterator[Session]:
    """«Заря» are few, «Маяк» each second, «Якорь» stand behind all others in the order of names. No test changes it."""
    with undone(app) as session:
        fill(session)
        yield session


def fill(session: Session) -> None:
    anna = user_named(session, "anna").id
    names = [f"{'Якорь' if n % 3 == 0 else 'Маяк' if n % 2 else 'Вымпел'} {n * 7 % ROWS:03}" for n in range(ROWS)]
    names += [f"Заря {n}" for n in range(CAP // 2)]
    rows = [
        {"code": f"Ф{n}", "name": name, "registered_on": date(2026, 1, 1), "manager_id": anna if n % 4 else None}
        for n, name in enumerate(names)
    ]
    session.execute(insert(Counterparty), rows)
    debts = update(ClientFigure).values(debt=ClientFigure.counterparty_id % 17 * Decimal(10))
    session.execute(debts)


@pytest.fixture
def base(filled: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(firsts, "SORTED", 30)
    monkeypatch.setattr(firsts, "PROBED", 20)
    monkeypatch.setattr(firsts, "LOOKED_AT", 60)
    monkeypatch.setattr(firsts, "WALKED", 60)
    return filled


@pytest.mark.parametrize("order", [BY_NAME, BACKWARDS, BY_DEBT, BY_CLASS, BY_NUMBER])
@pytest.mark.parametrize("last", [5, 30, 200])
@pytest.mark.parametrize("word", ["маяк", "якорь", "заря", "вымпел 0", "никто"])
@pytest.mark.parametrize("is_plain", [True, False])
def test_the_first_rows_are_those_of_a_sort(
    base: Session, order: Ordering, last: int, word: str, is_plain: bool
) -> None:
    condition = counterparty_matches(word)
    every = base.scalars(order.put(select(Counterparty.id)).where(condition)).all()
    found = first_found(base, condition, order, last, cap=CAP, is_plain=is_plain)
    assert found.numbers == every[:last]
    assert found.found == min(len(every), CAP + 1)


@pytest.mark.parametrize(("word", "count"), [("заря", 1), ("маяк", 2), ("якорь", 3)])
def test_a_word_that_many_have_is_met_on_the_way(base: Session, sql: list[str], word: str, count: int) -> None:
    """Few: one statement says all; many: a bounded walk in the order meets the first of them; else they are sorted."""
    condition = counterparty_matches(word)
    sql.clear()
    first_found(base, condition, BY_NAME, 5, cap=CAP)
    assert len(sql) == count
    assert not [statement for statement in sql[1:2] if "AS ok" not in statement]  # the condition is tried, not asked


def test_what_an_index_finds_is_put_in_order_at_once(
    base: Session, sql: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More rows than are counted, but not so many that they could not be sorted: no statement more."""
    monkeypatch.setattr(firsts, "SORTED", ROWS)
    monkeypatch.setattr(firsts, "LOOKED_AT", CAP)
    condition = counterparty_matches("якорь")
    every = base.scalars(BY_NAME.put(select(Counterparty.id)).where(condition)).all()
    sql.clear()
    assert first_found(base, condition, BY_NAME, 5, cap=CAP) == (every[:5], CAP + 1)
    assert len(sql) == 1


@pytest.mark.parametrize(("word", "is_looked_at"), [("заря", False), ("маяк", True)])
def test_rows_are_looked_at_for_a_word_that_seems_common_alone(base: Session, word: str, is_looked_at: bool) -> None:
    statement = firsts._some(counterparty_matches(word), BY_NAME, 5, CAP, is_plain=True)
    asked = statement.compile(base.connection(), compile_kwargs={"render_postcompile": True})
    plan = base.connection().exec_driver_sql(f"EXPLAIN (ANALYZE) {asked}", asked.params).scalars().all()
    looked_at = next(line for line in plan if "Subquery Scan on looked" in line)
    assert ("never executed" not in looked_at) == is_looked_at, plan


def test_what_is_sorted_is_bounded_by_what_was_met(base: Session, sql: list[str]) -> None:
    sql.clear()
    first_found(base, counterparty_matches("якорь"), BY_NAME, 5, cap=CAP)
    assert "name_sort <= " in sql[-1]
    assert "OFFSET 0) AS found" in " ".join(sql[-1].split())  # no walk over all that stand before them


def test_who_sees_his_own_rows_alone_finds_them_alone(base: Session) -> None:
    anna = user_named(base, "anna").id
    own = select(Counterparty.id).where(Counterparty.manager_id == anna)
    for word in ("заря", "маяк", "якорь"):
        condition = counterparty_matches(word)
        every = base.scalars(BY_NAME.put(own.where(condition)).limit(30)).all()
        base.info["viewer"] = Viewer.of(anna, [Sees.OWN])
        assert first_found(base, condition, BY_NAME, 30, cap=CAP).numbers == every
        del base.info["viewer"]
