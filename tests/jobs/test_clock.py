"""Of the clocks of several machines one asks for what is due."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from math import inf

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.exceptions import StopRequested
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from app import nudge
from app.domain.words import ByLetter
from app.extensions import db
from app.services.mail import outbox
from jobs import clock, mail, runtime, telling
from jobs.clock import OnlyOne, Scheduler
from tests.waiting import until

OF_ANOTHER = """
    FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
END_ANOTHER = text(f"SELECT pg_terminate_backend(pid) {OF_ANOTHER}")
HAS_ANOTHER = text(f"SELECT EXISTS (SELECT {OF_ANOTHER})")


def let_go(one: OnlyOne) -> None:
    """The base learns that its connection has ended when it comes to it."""
    one.let_go()
    with db.engine.connect() as connection:
        until(lambda: not connection.scalar(HAS_ANOTHER))


def test_the_clock_goes_on_when_redis_can_write_to_its_disk_again(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [redis.ResponseError("MISCONF Errors writing to the AOF file"), redis.ConnectionError()]

    def start(_clock: Scheduler) -> None:
        if refusals:
            raise refusals.pop()

    monkeypatch.setattr(Scheduler, "start", start)
    monkeypatch.setattr(runtime, "app", lambda: committed)
    monkeypatch.setattr(clock, "PAUSE", 0)
    monkeypatch.setattr(clock.lines, "set_up", lambda: None)
    monkeypatch.setattr(time, "tzset", lambda: None)
    monkeypatch.setenv("TZ", "UTC")
    clock.main()
    assert not refusals


def test_what_had_its_hour_while_no_clock_ran_is_asked_for_once(committed: Flask, broker: redis.Redis) -> None:
    def asked() -> int:
        scheduler = Scheduler(OnlyOne(db.engine), broker)
        scheduler.register(mail.run, "mail", cron="0 3 * * *")
        many = len(scheduler.enqueue_jobs())
        let_go(scheduler.one)
        return many

    with committed.app_context():
        assert asked() == 0  # the first start of all
        for stopped in (timedelta(days=1), timedelta(days=40)):
            broker.hset(clock.ASKED, "jobs.mail.run", time.time() - stopped.total_seconds())
            assert [asked(), asked()] == [1, 0]
        broker.hset(clock.ASKED, "jobs.mail.run", time.time() + 40 * 86400)  # the machine's clock was set back
        assert asked() == 0


def test_an_hour_that_comes_twice_stops_nothing(committed: Flask, broker: redis.Redis) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    with committed.app_context():
        scheduler = Scheduler(OnlyOne(db.engine), broker)
        each_minute = scheduler.register(mail.run, "mail", interval=60)
        each_hour = scheduler.register(mail.run, "mail", cron="0 * * * *")
        for job in (each_minute, each_hour):
            job.set_enqueue_time(ahead)
        scheduler.looked = ahead
        assert scheduler.enqueue_jobs() == [each_minute]
        assert each_hour.next_enqueue_time is not None
        assert each_hour.next_enqueue_time <= ahead
        assert scheduler.enqueue_jobs() == []
        let_go(scheduler.one)


def test_what_was_due_while_the_base_was_away_is_asked_for_when_it_is_back(
    committed: Flask, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed.app_context():
        engine, connect, refusals = db.engine, db.engine.connect, [1, 2]

        def connected() -> Connection:
            if refusals:
                refusals.pop()
                raise OperationalError("", {}, Exception())
            return connect()

        monkeypatch.setattr(clock, "PAUSE", 0)
        monkeypatch.setattr(engine, "connect", connected)
        scheduler = Scheduler(OnlyOne(engine), broker)
        each_minute = scheduler.register(mail.run, "mail", interval=60)
        assert scheduler.enqueue_jobs() == [each_minute]
        assert not refusals
        let_go(scheduler.one)


def test_the_second_clock_asks_when_the_first_one_has_gone(committed: Flask, broker: redis.Redis) -> None:
    def asked(clock: Scheduler) -> int:
        queue = Queue("mail", connection=broker)
        before = queue.count
        for job in clock.get_jobs():
            job.latest_enqueue_time = None  # due now
        clock.enqueue_jobs()
        return queue.count - before

    with committed.app_context():
        first, second = (Scheduler(OnlyOne(db.engine), broker) for _ in range(2))
        for clock in (first, second):
            clock.register(mail.run, "mail", interval=60)
        assert [asked(first), asked(second), asked(first)] == [1, 0, 1]
        with db.engine.connect() as connection:
            until(lambda: not connection.execute(END_ANOTHER).all())
        assert asked(second) == 1
        assert [asked(first), asked(first)] == [0, 0]  # it sees that its lock is lost, and that another one has it
        let_go(second.one)
        assert asked(first) == 1
        let_go(first.one)


def test_a_letter_that_is_due_soon_holds_no_worker_that_others_wait_for(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(runtime, "app", lambda: app)
    monkeypatch.setattr(outbox.Drain, "run", lambda *_given, **_named: 0)
    monkeypatch.setattr(outbox, "next_due_in", lambda _engine: 30.0)
    monkeypatch.setattr(nudge, "is_asked", lambda queue: queue == nudge.MAIL)
    monkeypatch.setattr(nudge, "soon", lambda *what: asked.append(what))
    mail.run()
    assert asked == [(outbox.TASK, nudge.MAIL)]


def test_what_fails_without_redis_keeps_nothing_else_from_being_done_nor_ends_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def mail_fails() -> int:
        done.append("letters")
        raise KeyError

    def one_step_is_told_to_stop(_step: object) -> None:
        done.append("reminders")
        raise StopRequested

    monkeypatch.setattr(mail, "run_what_is_due", mail_fails)
    monkeypatch.setattr(telling, "tell", mail_fails)
    assert clock.instead_of_workers(-inf) > 0
    monkeypatch.setattr(runtime, "once", one_step_is_told_to_stop)
    monkeypatch.setattr(telling, "tell", lambda: len(telling._to_some(ByLetter.REMINDERS, [1, 2])))
    with pytest.raises(StopRequested):
        clock.instead_of_workers(-inf)
    assert done == ["letters", "letters", "letters", "reminders"]
