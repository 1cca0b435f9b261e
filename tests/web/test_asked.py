"""A request has an id wherever it leaves a trace, and /metrics tells how requests and the rest of the product fare."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from psycopg.pq import TransactionStatus
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import metrics, tracing
from app.domain.words import JobKind
from app.extensions import db
from app.factory import create_app
from app.processes import lines
from app.processes.journal import cleaned
from app.services import jobs
from config import REPORTS_BIND
from tests.ports import free_port


def test_an_id_of_a_server_in_front_is_kept_and_anything_else_gets_a_new_one(app: Flask) -> None:
    def answered(said: str) -> str:
        return app.test_client().get("/healthz", headers={"X-Request-ID": said}).headers["X-Request-ID"]

    assert answered("7f1c9d4e-5b1a-4c5e-9a55-0d8b7b6f2a10") == "7f1c9d4e-5b1a-4c5e-9a55-0d8b7b6f2a10"
    for said in ("", "short", "a" * 49, "with a blank", "line\tbreak", "приветпривет", "x'; DROP TABLE--"):
        assert re.fullmatch(r"r[0-9a-f]{10}", answered(said)), said


@pytest.fixture
def trace() -> Iterator[None]:
    with tracing.at_work(tracing.Trace("request-of-anna")):
        yield


def test_the_base_knows_the_request(committed: Flask, trace: None, works_as: Callable[[str], None]) -> None:
    works_as("command")  # a test before may have been a clock
    with committed.app_context(), db.engine.connect() as connection:
        assert connection.scalar(text("SHOW application_name")) == "command request-of-anna"


def test_the_transaction_of_a_request_begins_with_its_name_and_that_of_a_report_in_its_own_way(
    committed: Flask, trace: None, works_as: Callable[[str], None]
) -> None:
    works_as("web")
    named, level = text("SHOW application_name"), text("SHOW transaction_isolation")
    with committed.test_request_context():
        db.engine.dispose()  # what is idle has the name of its process alone
        with db.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            assert driver.info.transaction_status is TransactionStatus.INTRANS
            assert connection.scalar(named) == "web request-of-anna"
            connection.rollback()
            assert connection.scalar(named) == "web"
        with db.engines[REPORTS_BIND].connect() as connection:
            told = connection.scalar(named), connection.scalar(level)
            assert told == ("web request-of-anna", "repeatable read")
    with committed.app_context(), db.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        assert alone.scalar(named) == "web request-of-anna"


def test_the_base_keeps_the_plans_of_chosen_statements_of_a_page_alone(committed: Flask) -> None:
    with committed.test_request_context(), db.engine.connect() as connection:
        for _request in range(7):
            connection.execute(text("SELECT 'chosen'"), execution_options={"keeps_plan": True})
            connection.execute(text("SELECT 'any other'"))
            connection.rollback()
        assert connection.scalars(text("SELECT statement FROM pg_prepared_statements")).all() == ["SELECT 'chosen'"]


def test_what_is_rolled_back_is_not_kept(committed: Flask) -> None:
    with committed.app_context(), db.engine.connect() as connection:
        for _request in range(2):
            connection.execute(text("INSERT INTO counterparty_group (name) VALUES ('Метизы')"))
            assert connection.scalar(text("SELECT count(*) FROM counterparty_group WHERE name = 'Метизы'")) == 1
            connection.rollback()
        assert connection.scalar(text("SELECT count(*) FROM counterparty_group WHERE name = 'Метизы'")) == 0


def test_work_left_to_a_worker_knows_the_request(session: Session, trace: None) -> None:
    assert jobs.enqueue(session, JobKind.IMPORT, user_id=None).request_id == "request-of-anna"


def test_every_line_of_an_error_begins_with_the_request() -> None:
    reads, writes = os.pipe()
    log = logging.Logger("test")
    log.addHandler(lines.Handler(writes))
    with tracing.at_work(tracing.Trace("request-of-anna")):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            log.exception("It broke")
    tracing.end(None)
    log.warning("Nobody asked")
    os.close(writes)
    with os.fdopen(reads) as said:
        *of_request, other = said.read().splitlines()
    assert len(of_request) >= 3
    assert all(line.startswith("[request-of-anna] ") for line in of_request)
    assert other == "WARNING Nobody asked"


def told(client: FlaskClient) -> dict[str, dict[tuple[str, ...], float]]:
    """Each measure by the values of its labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_metrics_tell_of_requests_and_of_what_waits(login: Callable[[str], FlaskClient], session: Session) -> None:
    client = login("admin")
    before = told(client)
    for path in ("/counterparties/list/?_flt_0_words=secret-of-a-customer", "/nowhere/secret-of-a-customer"):
        client.get(path).close()  # a server closes what it has sent
    jobs.enqueue(session, JobKind.IMPORT, user_id=None)
    found = told(client)

    def more(name: str, *labels: str) -> float:
        return found[name][labels] - before.get(name, {}).get(labels, 0)

    assert more("vizavi_requests_total", "list", "200") == 1
    assert more("vizavi_requests_total", "other", "404") == 1
    assert more("vizavi_request_seconds_count", "list") == 1
    assert more("vizavi_request_statements_sum", "list") >= 2
    assert found["vizavi_up"] == {("postgresql",): 1, ("redis",): 1, ("clock",): 0}
    assert set(found["vizavi_oldest_due_seconds"]) == {("letter",), ("reminder",), ("webhook",)}
    assert found["vizavi_jobs"].keys() >= {("queued",), ("running",), ("done",), ("failed",)}
    assert set(found["vizavi_queue_waiting"]) == {("default",), ("mail",)}
    assert found["vizavi_base_connections_most"][()] >= 20
    assert "secret-of-a-customer" not in client.get("/metrics").text


def test_kinds_of_requests_are_few(app: Flask) -> None:
    kinds = {metrics.kind_of(rule.endpoint, m) for rule in app.url_map.iter_rules() for m in ("GET", "POST")}
    assert len(kinds) < 20


def test_no_secret_of_an_address_stands_in_the_log(app: Flask) -> None:
    secret = "Qw3rTyUiOpAsDfGhJkLzXc"
    rules = [re.sub("<secret>", secret, rule.rule) for rule in app.url_map.iter_rules() if "secret" in rule.arguments]
    assert len(rules) >= 4
    for line in (f"{said} {rule} 200" for said in ("GET", "Exception on") for rule in rules):
        assert secret not in cleaned(line), line


def test_strangers_find_no_metrics(app: Flask) -> None:
    def asked(app: Flask, address: str, **headers: str) -> int:
        return app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers).status_code

    assert asked(app, "127.0.0.1") == 200
    assert asked(app, "203.0.113.7") == 404
    for name in ("Forwarded", "Via", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto"):
        assert asked(app, "127.0.0.1", **{name: "127.0.0.1"}) == 404, name
    assert asked(app, "", **{"X-Forwarded-For": "127.0.0.1"}) == 200  # as app.processes.front passes it on
    assert asked(app, "", **{"X-Forwarded-For": "unknown, 127.0.0.1"}) == 404
    with patch.dict(app.config, CRM=replace(app.config["CRM"], metrics_token="0123456789abcdef")):
        for wrong in ({}, {"Authorization": "Bearer 0123456789abcde"}, {"Authorization": "Bearer \xe9"}):
            assert asked(app, "127.0.0.1", **wrong) == 404
        assert asked(app, "203.0.113.7", Authorization="Bearer 0123456789abcdef") == 200


@pytest.fixture(scope="module")
def lonely(app: Flask) -> Flask:
    """The application whose base has gone."""
    away = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"
    return create_app(app.config["CRM"], SQLALCHEMY_DATABASE_URI=away, SQLALCHEMY_BINDS={"reports": away})


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("path", ["/", "/counterparties/list/", "/login/", "/bell/", "/api/v1/counterparty/"])
def test_without_the_base_every_page_says_so_and_when_to_come_back(lonely: Flask, path: str, accept: str) -> None:
    client = lonely.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = "1", True
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status_code == 503
    assert "База не отвечает" in answer.text or "База" in str(answer.json)
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["X-Request-ID"] in answer.text


def test_without_the_base_metrics_say_so(lonely: Flask) -> None:
    assert told(lonely.test_client())["vizavi_up"] == {("postgresql",): 0, ("redis",): 1}
