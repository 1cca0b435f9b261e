"""One journal: whichever way a row was written, the base keeps who did it, when and by which verb."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from app.domain.viewer import NOBODY, Sees, Viewer
from app.domain.words import ChangeKind, Road
from app.extensions import db
from app.models import authorship, journal
from app.models.base import metadata
from app.models.captions import name_of_table
from app.models.contacts import Campaign
from app.models.counterparties import Counterparty
from app.models.journal import Act, RowChange
from app.models.orders import BuyerOrder
from app.models.settings import Policy
from app.services.access import sessions
from app.services.exchange import run_import
from app.services.journal import tend
from app.services.sales import posting
from jobs import runtime
from tests.conftest import user_named
from tests.deals import item, order, paid
from tests.factories import buyer
from tests.web.test_rest import Program

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def act(session: Session) -> Act:
    """The last one."""
    return session.scalars(select(Act).order_by(Act.id.desc()).limit(1)).one()


def changes(session: Session, table: str, row: int) -> list[RowChange]:
    query = select(RowChange).where(RowChange.table_name == table, RowChange.row_id == row).order_by(RowChange.id)
    return list(session.scalars(query))


def test_every_table_is_journalled_or_says_why_not(session: Session) -> None:
    on = select(text("tgrelid::regclass::text, count(*)")).select_from(text("pg_trigger"))
    found = dict(session.execute(on.where(text("tgname LIKE 'journal\\_%'")).group_by(text("1"))).all())
    mine = {name for name in metadata.tables if not name.startswith(journal.ACCOUNTS)}
    watched = mine - journal.LEFT_OUT.keys()
    assert found == dict.fromkeys(watched, 3) | dict.fromkeys(journal.GOING_ALONG, 1)
    assert [name for name in watched if name_of_table(name) == name] == []
    assert journal.LEFT_OUT.keys() - mine == set()
    assert {name: set(kept) - set(metadata.tables[name].c.keys()) for name, kept in journal.KEPT.items()} == {
        name: set() for name in journal.KEPT
    }


def test_the_triggers_know_every_column(session: Session) -> None:
    """A column that a migration added is journalled at once: they are made of the models after each upgrade."""
    before = act(session).id if session.scalar(select(Act.id).limit(1)) else 0
    journal.watch(session.connection())
    assert (session.scalar(select(Act.id).order_by(Act.id.desc()).limit(1)) or 0) == before
    body = session.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = 'journal_of_counterparty'"))
    assert body is not None
    assert "gone.needs" in body
    assert "gone.words" not in body


def test_a_row_before_is_kept_whole(session: Session) -> None:
    client = buyer(session, "Ромашка", needs="гвозди")
    client.needs = "болты"
    session.flush()
    session.delete(client)
    session.flush()
    born, changed, gone = changes(session, "counterparty", client.id)
    assert [each.what for each in (born, changed, gone)] == ["insert", "update", "delete"]
    assert (born.old, changed.old["needs"], gone.old["needs"]) == (None, "гвозди", "болты")  # type: ignore[index]
    assert changed.old["name"] == "Ромашка"  # type: ignore[index]
    assert "words" not in changed.old  # type: ignore[operator]


def test_what_hangs_on_a_row_names_it(session: Session) -> None:
    it = order(session, buyer(session), {item(session, 100): 2})
    line = it.lines[0].id
    session.delete(it)
    session.flush()
    assert [(each.what, each.owner_id) for each in changes(session, "buyer_order_line", line)] == [
        ("insert", it.id),
        ("delete", it.id),
    ]


def test_figures_that_follow_from_documents_are_no_change(session: Session) -> None:
    who = buyer(session)
    it = order(session, who, {item(session, 100): 1})
    payment = paid(session, who, 100)
    assert it.payment_state == "full"
    posting.settle(session, orders=[it.id], payments=[payment.id])
    session.execute(update(BuyerOrder).values(version=BuyerOrder.version + 1))
    assert [each.what for each in changes(session, "buyer_order", it.id)] == ["insert"]
    assert [each.what for each in changes(session, "payment", payment.id)] == ["insert"]


def test_a_statement_that_changes_nothing_is_no_act(session: Session) -> None:
    buyer(session)
    session.commit()
    before = act(session).id
    session.execute(update(Counterparty).values(name=Counterparty.name))
    session.execute(delete(Campaign).where(Campaign.id == 0))
    assert act(session).id == before


def test_a_change_of_many_rows_costs_no_more_a_row_after_one_of_none(session: Session) -> None:
    """The connection plans the trigger once: what suits no rows would compare ten thousand with each other."""
    name = "counterparty_group"
    session.execute(text(f"INSERT INTO {name} (name) SELECT 'Группа ' || i FROM generate_series(1, 10000) i"))
    session.execute(text("DISCARD PLANS"))
    session.execute(text(f"UPDATE {name} SET name = 'Ничья' WHERE name = 'Такой нет'"))
    session.execute(text("SET LOCAL statement_timeout = '3s'"))
    session.execute(text(f"UPDATE {name} SET name = name || ' опта' WHERE name LIKE 'Группа %'"))
    kept = select(func.count()).where(RowChange.table_name == name, RowChange.what == ChangeKind.UPDATE)
    assert session.scalar(kept) == 10_000


@pytest.mark.slow
def test_every_way_of_writing_leaves_its_rows(
    app: Flask, session: Session, login: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = user_named(session, "vera").id
    it = buyer(session, manager_id=vera)
    plain = {"kind": "company", "is_buyer": "y"}
    session.commit()

    def by_job() -> None:
        def rename(own: Session) -> bool:
            own.get_one(Counterparty, it.id).name = "Работа"
            return False

        monkeypatch.setattr(runtime, "app", lambda: app)
        runtime.repeat(rename)

    def by_command() -> None:
        path = app.config["CRM"].data_dir / "clients.csv"
        path.write_text(f"code;name\n{it.code};Команда\n", encoding="utf-8")
        answer = app.test_cli_runner().invoke(args=["import", "counterparties", str(path)])
        assert answer.exit_code == 0, answer.output

    def by_import() -> None:
        session.info["viewer"] = Viewer.of(vera, {Sees.ALL})
        run_import(session, "counterparties", f"code;name\n{it.code};Файл\n".encode(), now=NOW, today=NOW.date())
        del session.info["viewer"]

    def raw() -> None:
        session.execute(text("UPDATE counterparty SET name = 'Прямо' WHERE id = :id"), {"id": it.id})

    def form() -> None:
        answer = login("vera").post(f"/counterparties/edit/{it.id}", data={"code": it.code, "name": "Форма", **plain})
        assert answer.status_code == 302

    def by_rest() -> None:
        Program(app, session, "vera")("PUT", f"counterparty/{it.id}", json={"name": "Программа"})

    def by_bulk_rest() -> None:
        rows = [{"code": it.code, "name": "Пачка"}]
        answer = Program(app, session, "vera")("POST", "counterparty/bulk", json={"rows": rows})
        assert answer.status_code == 200, answer.text

    ways: list[tuple[Callable[[], object], str, int | None]] = [
        (form, "form:CounterpartyView.edit", vera),
        (by_rest, "rest:CounterpartyApi.put", vera),
        (by_bulk_rest, "import:counterparties", vera),
        (by_import, "import:counterparties", vera),
        (by_command, "import:counterparties", None),
        (by_job, "job:rename", None),
        (raw, "", None),
    ]
    for way, verb, author in ways:
        session.info.pop("verb", None)
        session.commit()
        count = len(changes(session, "counterparty", it.id))
        way()
        left = changes(session, "counterparty", it.id)[count:]
        assert (verb, [each.what for each in left]) == (verb, [ChangeKind.UPDATE])
        kept = session.get_one(Act, left[0].act_id)
        assert (kept.verb, kept.by_id) == (verb, author)


def test_one_transaction_is_one_act_and_says_it_once(committed: Flask, sql: list[str]) -> None:
    with committed.app_context(), Session(db.engine) as session:
        session.info["viewer"] = Viewer.of(5, {Sees.ALL})
        authorship.by(session, Road.BULK, "counterparties")
        for name in ("Первый", "Второй"):
            buyer(session, name)
            session.execute(insert(Campaign).values(name=name))
        session.commit()
        acts = session.scalars(select(Act)).all()
        assert [(each.verb, each.by_id) for each in acts] == [("bulk:counterparties", 5)]
        assert session.scalar(text("SELECT count(DISTINCT act_id) FROM journal_change")) == 1
        buyer(session, "Третий")
        session.commit()
        assert len(session.scalars(select(Act)).all()) == 2
    assert not any("set_config" in statement for statement in sql)  # beside the statements, not among them


TOLD_VERB = text("SELECT current_setting('vizavi.verb', true)")
GONE = "DELETE FROM campaign WHERE id = 0 RETURNING id"


@pytest.mark.parametrize(
    ("statement", "signs"),
    [
        (text(f"WITH gone AS ({GONE}) SELECT id FROM gone"), True),
        (text(f"  with gone as ({GONE.lower()}) select id from gone"), True),
        (
            text("WITH one AS (SELECT 0 AS id) UPDATE campaign SET name = name FROM one WHERE campaign.id = one.id"),
            True,
        ),
        (select(insert(Campaign).values(name="Осень").returning(Campaign.id).cte().c.id), True),
        (update(Campaign).values(name=Campaign.name), True),
        (select(select(Campaign.id.label("updated_id")).cte("deleted").c.updated_id), False),
        (select(Campaign.id), False),
    ],
)
def test_what_may_write_is_signed_and_what_only_reads_is_not(committed: Flask, statement: Any, signs: bool) -> None:
    with committed.app_context(), Session(db.engine) as session:
        authorship.by(session, Road.FORM, "here")
        session.execute(statement)
        assert (session.scalar(TOLD_VERB) == "form:here") is signs


def test_what_is_copied_in_is_signed() -> None:
    assert authorship.writes("COPY campaign (name) FROM STDIN")


@pytest.mark.parametrize(
    ("viewer", "writes_as"),
    [(Viewer.of(5, {Sees.ALL}), 5), (Viewer.of(6, {Sees.ALL}), 6), (NOBODY, None)],
    ids=["who asked", "another", "nobody"],
)
def test_who_asks_signs_as_he_asks_and_whoever_else_writes_signs_for_himself(
    committed: Flask, viewer: Viewer, writes_as: int | None
) -> None:
    with committed.app_context(), Session(db.engine) as session:
        session.info["viewer"] = viewer
        authorship.by(session, Road.FORM, "here")
        sessions.state(session, 5, None, now=NOW, writes=True)
        session.execute(text("SELECT set_config('vizavi.verb', 'told by state', true)"))  # stays till one signs again
        buyer(session, "Ромашка")
        session.commit()
        buyer(session, "Лютик")
        session.commit()
        acts = session.scalars(select(Act).order_by(Act.id)).all()
    first = "told by state" if writes_as == 5 else "form:here"
    assert [(each.by_id, each.verb) for each in acts] == [(writes_as, first), (writes_as, "form:here")]


def test_what_another_session_reads_by_the_same_connection_takes_no_author_away(committed: Flask) -> None:
    """As users and own fields are read that are kept since."""
    with committed.app_context(), Session(db.engine) as session:
        session.info["viewer"] = Viewer.of(5, {Sees.ALL})
        authorship.by(session, Road.FORM, "here")
        sessions.state(session, 5, None, now=NOW, writes=True)
        for name in ("Весна", "Осень"):
            with Session(session.connection(), join_transaction_mode="rollback_only") as own:
                own.scalars(select(Campaign)).all()
            session.execute(insert(Campaign).values(name=name))
        session.commit()
        assert [(each.by_id, each.verb) for each in session.scalars(select(Act))] == [(5, "form:here")]


def test_what_a_savepoint_took_back_is_not_kept_and_the_author_stays(committed: Flask) -> None:
    with committed.app_context(), Session(db.engine) as session:
        session.info["viewer"] = Viewer.of(5, {Sees.ALL})
        with session.begin_nested() as savepoint:
            buyer(session, "Не надо")
            savepoint.rollback()
        buyer(session, "Надо")
        session.commit()
        assert [each.by_id for each in session.scalars(select(Act))] == [5]
        assert session.scalar(text("SELECT count(*) FROM journal_change WHERE table_name = 'counterparty'")) == 1


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "taken back"])
def test_what_is_done_once_stays_so_after_a_savepoint(committed: Flask, is_kept: bool) -> None:
    with committed.app_context(), Session(db.engine) as session:
        session.info["viewer"] = Viewer.of(5, {Sees.ALL})
        authorship.once(session, "form")
        with session.begin_nested() as savepoint:
            if is_kept:
                session.execute(select(Campaign))
            else:
                buyer(session, "Не надо")
                savepoint.rollback()
        buyer(session, "Надо")
        session.commit()
        assert not authorship.is_undone(session)
        assert session.scalars(select(Act.once)).all() == [authorship.digest_of(5, "form")]


def test_a_month_without_a_place_stops_no_save_and_moves_to_its_place_later(session: Session) -> None:
    for (name,) in session.execute(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal_change'::regclass")
    ).all():
        if name != "journal_change_rest":
            session.execute(text(f"DROP TABLE {name}"))
    client = buyer(session)
    assert session.scalar(text("SELECT count(*) FROM journal_change_rest")) > 0
    today = session.scalars(select(text("timezone('UTC', now())::date"))).one()  # months begin by UTC
    tend(session, today)
    assert session.scalar(text("SELECT count(*) FROM journal_change_rest")) == 0
    assert len(changes(session, "counterparty", client.id)) == 1
    assert session.scalar(text(f"SELECT count(*) FROM journal_change_{today:%Y_%m}")) > 0


def test_months_are_kept_as_long_as_policy_says(session: Session) -> None:
    buyer(session)
    session.scalars(select(Policy)).one().journal_months = 2
    tend(session, date(2030, 5, 20))
    names = set(
        session.scalars(
            text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal_change'::regclass")
        )
    )
    assert names == {"journal_change_rest", *(f"journal_change_2030_{month:02}" for month in (5, 6, 7))}
    assert session.scalars(select(Act)).all() == []
