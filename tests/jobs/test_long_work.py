"""Real workers, a real broker and a real base: long work is done exactly once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import redis
from flask import Flask
from rq.cron import CronScheduler
from rq.utils import import_attribute
from sqlalchemy import Connection, func, select, text

from app import nudge, tracing
from app.domain.words import JobKind, JobState
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.jobs import Job
from app.models.products import Item
from app.models.users import UserProfile
from app.services import jobs
from app.web.reports import first_screen
from app.web.work import KINDS
from jobs import fetching, journal, long_work, mail, runtime, schedule, telling, webhooks
from tests.conftest import user_named
from tests.jobs.conftest import Start, count, end
from tests.waiting import PATIENCE, until
from tests.web.test_rights import grant

pytestmark = pytest.mark.slow

ITEMS = select(func.count()).select_from(Item)
Ask = Callable[..., int]
Look = Callable[[int], Job]


def goods(number: int) -> bytes:
    return b"code,name\n" + b"".join(b"%d,tea\n" % i for i in range(number))


@pytest.fixture
def here(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Work is done in this process, on the test's base."""
    monkeypatch.setattr(runtime, "app", lambda: committed)
    return committed


def finished(look: Look, job_id: int) -> Job | None:
    job = look(job_id)
    return job if job.state in (JobState.DONE, JobState.FAILED) else None


def test_a_worker_does_what_the_edge_asked_for(
    committed: Flask, start: Start, ask: Ask, look: Look, broker: redis.Redis
) -> None:
    start("jobs.worker", "1")
    job_id = ask("items", goods(100))
    with committed.app_context():
        nudge.soon(jobs.TASK)
    job = until(lambda: finished(look, job_id))
    assert (job.state, job.error, job.attempts) == (JobState.DONE, "", 1)
    assert job.result["created"] == 100
    assert count(committed, ITEMS) == 100


def test_the_work_of_a_killed_worker_is_done_once_by_the_next(
    committed: Flask, start: Start, ask: Ask, look: Look
) -> None:
    """The import waits for a lock that the test holds, so that the worker is killed in the middle for certain."""
    worker = start("jobs.worker", "1")
    with committed.app_context(), db.engine.connect() as blocker:
        blocker.execute(text("LOCK TABLE item IN EXCLUSIVE MODE"))
        job_id = ask("items", goods(3000))
        nudge.soon(jobs.TASK)
        until(lambda: waits_for_item(blocker))
        os.killpg(worker.pid or 0, signal.SIGKILL)
        worker.join()
        until(lambda: not locks_of_jobs(blocker))
        blocker.rollback()
    assert look(job_id).state == JobState.RUNNING
    assert count(committed, ITEMS) == 0
    start("jobs.worker", "1")
    with committed.app_context():
        nudge.soon(jobs.TASK)
    job = until(lambda: finished(look, job_id))
    assert (job.state, job.attempts, job.result["created"]) == (JobState.DONE, 2, 3000)
    assert count(committed, ITEMS) == 3000


def waits_for_item(connection: Connection) -> bool:
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'item'::regclass")
    return bool(connection.scalar(query))


def locks_of_jobs(connection: Connection) -> int:
    query = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE locktype = 'advisory' AND classid = :c AND datname = current_database()"
    )
    return int(connection.scalar(query, {"c": jobs.LOCK}) or 0)


def test_what_redis_forgot_the_clock_asks_for_again_and_both_end_when_they_are_told_to(
    committed: Flask, start: Start, ask: Ask, look: Look, broker: redis.Redis
) -> None:
    job_id = ask("items", goods(5))
    with committed.app_context():
        nudge.soon(jobs.TASK)
    broker.flushdb()
    processes = [start("jobs.worker", "1"), start("jobs.clock")]
    assert until(lambda: finished(look, job_id)).state == JobState.DONE
    assert count(committed, ITEMS) == 5
    assert broker.exists("rq:workers", "rq:cron_schedulers") == 2
    for process in processes:
        end(process, signal.SIGTERM)
        assert process.exitcode == 0


def test_asking_never_fails_when_redis_is_away(committed: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with committed.app_context():
        committed.config["REDIS_URL"] = "redis://127.0.0.1:1"
        nudge.soon(jobs.TASK)
    assert "Redis is away" in caplog.text


def test_a_worker_that_is_told_to_end_does_not_finish_a_long_piece_of_work_first(
    committed: Flask, start: Start, ask: Ask, look: Look
) -> None:
    worker = start("jobs.worker", "1")
    with committed.app_context(), db.engine.connect() as blocker:
        blocker.execute(text("LOCK TABLE item IN EXCLUSIVE MODE"))
        job_id = ask("items", goods(10))
        nudge.soon(jobs.TASK)
        until(lambda: waits_for_item(blocker))
        end(worker, signal.SIGTERM)
        until(lambda: not locks_of_jobs(blocker))
    assert look(job_id).state == JobState.RUNNING  # the next worker takes it


def test_a_refusal_is_told_to_the_owner_and_does_not_stop_the_queue(here: Flask, ask: Ask, look: Look) -> None:
    first, second = ask("items", b""), ask("items", goods(1))
    assert long_work.run() == 2
    assert (look(first).state, look(second).state) == (JobState.FAILED, JobState.DONE)
    assert look(first).error


def test_a_bug_is_told_to_the_owner_and_does_not_stop_the_queue(
    here: Flask, ask: Ask, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> jobs.Outcome:
        raise KeyError("a bug")

    monkeypatch.setitem(KINDS, JobKind.IMPORT, replace(KINDS[JobKind.IMPORT], handler=broken))
    job_id = ask("items", goods(1))
    assert long_work.run() == 1
    assert look(job_id).state == JobState.FAILED
    assert "a bug" not in look(job_id).error


def test_wrong_lines_and_dry_runs_end_with_a_report_and_change_nothing(here: Flask, ask: Ask, look: Look) -> None:
    wrong, dry = ask("items", b"code,name\n1,\n"), ask("items", goods(3), dry_run=True)
    long_work.run()
    assert look(wrong).state == look(dry).state == JobState.DONE
    (error,) = (look(wrong).result or {})["wrong"]
    assert (error["line"], error["field"]) == (2, "name")
    assert (look(dry).result or {})["created"] == 3
    assert count(here, ITEMS) == 0


def test_doing_everything_again_changes_nothing(here: Flask, ask: Ask, look: Look) -> None:
    job_id = ask("items", goods(3))
    assert (long_work.run(), long_work.run()) == (1, 0)
    assert look(job_id).attempts == 1


def test_work_that_kills_its_worker_every_time_is_given_up(here: Flask, ask: Ask, look: Look) -> None:
    job_id = ask("items", goods(3))
    with here.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE job SET attempts = :most, state = 'running'"), {"most": jobs.ATTEMPTS})
    long_work.run()
    assert look(job_id).state == JobState.FAILED
    assert count(here, ITEMS) == 0


def test_progress_is_seen_while_the_work_goes_on_and_never_waits_for_it(
    here: Flask, ask: Ask, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int | None]] = []

    def slow(session: Any, job: Job, run: jobs.Run) -> jobs.Outcome:
        run.progress(1, 2)
        seen.append((look(job.id).progress, look(job.id).total))
        session.execute(text("UPDATE job SET kind = kind"))  # the row is locked by the work itself
        monkeypatch.setattr(long_work, "PROGRESS_EVERY", 0)
        run.progress(2, 2)
        return jobs.Outcome()

    monkeypatch.setitem(KINDS, JobKind.IMPORT, replace(KINDS[JobKind.IMPORT], handler=slow))
    job_id = ask("items", goods(1))
    long_work.run()
    assert seen == [(1, 2)]
    assert look(job_id).state == JobState.DONE


def test_work_that_nobody_waits_for_any_more_is_ended_in_the_base(
    here: Flask, monkeypatch: pytest.MonkeyPatch, works_as: Callable[[str], None]
) -> None:
    begun = threading.Event()

    def endless(session: Any, _job: Job, _run: jobs.Run) -> jobs.Outcome:
        begun.set()
        session.execute(text("SELECT pg_sleep(600)"))
        return jobs.Outcome()

    monkeypatch.setitem(KINDS, JobKind.PAGE, replace(KINDS[JobKind.PAGE], handler=endless))
    works_as("worker")
    with here.app_context():
        session = db.session()
        asked_by, params = user_named(session, "admin").id, {"slug": "abc-buyers"}
        job = jobs.enqueue(session, JobKind.PAGE, user_id=asked_by, params=params)
        job.request_id = tracing.new_id()
        session.commit()
        worker = threading.Thread(target=long_work.run)
        worker.start()
        assert begun.wait(PATIENCE)
        until(lambda: count(here, text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)'")))
        session.refresh(job)
        first_screen.stop(session, job)
        worker.join(PATIENCE)
    assert not worker.is_alive()
    assert count(here, select(func.count()).select_from(Job)) == 0


def test_four_threads_do_every_piece_of_work_exactly_once(here: Flask, ask: Ask, look: Look) -> None:
    ids = [ask("items", b"code,name\n%d,tea\n" % i) for i in range(12)]
    threads = [threading.Thread(target=long_work.run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [look(job_id).attempts for job_id in ids] == [1] * 12
    assert count(here, ITEMS) == 12


def test_the_second_import_of_a_kind_waits_and_finds_everything_done(here: Flask, ask: Ask, look: Look) -> None:
    ids = [ask("items", goods(2000)), ask("items", goods(2000))]
    threads = [threading.Thread(target=long_work.run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results = sorted((r["created"], r["skipped"]) for r in (look(job_id).result or {} for job_id in ids))
    assert results == [(0, 2000), (2000, 0)]


def test_the_worker_imports_with_the_eyes_and_the_language_of_whoever_asked(here: Flask, ask: Ask, look: Look) -> None:
    ask("counterparties", b"code,name,manager\n1,Mine,anna\n2,His,boris\n")
    long_work.run()
    with here.app_context():
        anna = user_named(db.session(), "anna")
        db.session.add(UserProfile(user=anna, locale="en"))
        grant(db.session(), "Sales manager", {("can_write", "Import")})
        number = anna.id
    mine = ask("counterparties", b"code,name\n1,Mine too\n3,New\n", user_id=number)
    his = ask("counterparties", b"code,name\n2,Stolen\n", user_id=number)
    long_work.run()
    assert (look(mine).result or {})["updated"] == (look(mine).result or {})["created"] == 1
    (error,) = (look(his).result or {})["wrong"]
    assert error["text"] == "Somebody else is responsible for this row."
    own = select(func.count()).select_from(Counterparty).where(Counterparty.manager_id == number)
    assert count(here, own) == 2


def test_files_of_work_that_ended_long_ago_are_dropped_and_the_figures_stay(here: Flask, ask: Ask, look: Look) -> None:
    old, fresh = ask("items", goods(1)), ask("items", goods(1))
    long_work.run()
    with here.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE job SET finished_at = now() - interval '40 days' WHERE id = :id"), {"id": old})
    for tidied_at_night in (journal.tend, long_work.tidy, telling.tidy, webhooks.tidy):
        tidied_at_night()
    assert look(old).input_id is None
    assert look(old).result
    assert look(fresh).input_id


def test_a_worker_knows_everything_that_the_clock_asks_for(redis_url: str) -> None:
    scheduler = CronScheduler(connection=redis.Redis.from_url(redis_url))
    schedule.register_all(scheduler)
    assert scheduler.get_jobs()
    for job in scheduler.get_jobs():
        assert import_attribute(job.func_name) is job.func
    by_queue = {
        name: [job.func for job in scheduler.get_jobs() if job.queue_name == name] for name in (nudge.QUEUE, nudge.MAIL)
    }
    assert len(scheduler.get_jobs()) == sum(map(len, by_queue.values()))
    assert by_queue[nudge.MAIL] == [fetching.run, mail.run, telling.tell]  # what waits for no import
    assert callable(import_attribute(jobs.TASK))
