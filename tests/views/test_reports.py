"""Reports in the browser: who may open them, what a wrong choice says, that each exit answers."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.models.classes import AbcRun
from app.models.counterparties import Counterparty
from app.models.jobs import Job
from app.services import jobs
from app.services.classification import abc
from app.services.jobs import Run
from app.web.reports.snapshot import TakesLong
from app.web.work import KINDS
from reports import CATALOGUE, work
from reports.classification.abc_buyers import AbcBuyers
from reports.work import FORMS
from tests.conftest import user_named
from tests.factories import buyer
from tests.reports.trade import noise, shipped

pytestmark = pytest.mark.slow

Login = Callable[..., FlaskClient]
MARCH = "/reports/abc-buyers/?period=2026-03"


def company(session: Session) -> None:
    anna = user_named(session, "anna")
    noise(session)
    for name, amount, manager in (("Ромашка", 850, anna), ("Василёк <b>", 120, None), ("Лютик", 30, None)):
        one = buyer(session, name, manager=manager)
        shipped(session, one, amount, date(2026, 3, 9))


def text_of(page: Any) -> str:
    return page.get_data(as_text=True)


def rows_of(page: Any) -> list[list[str]]:
    body = text_of(page).split("<tbody>")[1].split("</tbody>")[0]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in rows
    ]


def test_the_page_shows_rows_totals_and_the_chart(session: Session, login: Login) -> None:
    company(session)
    page = login("vera").get(MARCH)
    assert page.status_code == 200
    assert [row[1] for row in rows_of(page)] == ["Ромашка", "Василёк &lt;b&gt;", "Лютик", "Шум"]
    assert "1\xa0000,00" in text_of(page).split("<tfoot>")[1]
    spec = json.loads(re.search(r'data-chart="([^"]+)"', text_of(page))[1].replace("&#34;", '"').replace("&amp;", "&"))  # type: ignore[index]
    assert spec["bars"]["values"] == [850, 120, 30]
    assert spec["line"]["values"] == [85, 97, 100]
    first = session.scalars(select(Counterparty).where(Counterparty.name == "Ромашка")).one()
    assert [links[0] for links in spec["links"]] == [f"/counterparties/show/{first.id}"] * 2


def test_a_manager_sees_his_own_rows_at_every_exit(session: Session, login: Login) -> None:
    company(session)
    anna, boris = login("anna"), login("boris")
    assert [row[1] for row in rows_of(anna.get(MARCH))] == ["Ромашка"]
    rows = anna.get("/reports/abc-buyers/json?period=2026-03").json[0]["rows"]
    assert [(row["buyer"], row["share"]) for row in rows] == [("Ромашка", "85.0000")]
    sheet = openpyxl.load_workbook(io.BytesIO(anna.get("/reports/abc-buyers/xlsx?period=2026-03").data)).worksheets[0]
    assert [cell.value for cell in sheet["B"][4:]] == ["Ромашка", None]
    for exit_ in ("", "xlsx", "json"):
        answer = boris.get(f"/reports/abc-buyers/{exit_}?period=2026-03")
        assert answer.status_code == 200
        assert "Ромашка".encode() not in answer.data


@pytest.mark.parametrize(
    ("asked", "name"), [("order-closing/?counterparty=no-such", "counterparty"), ("director/?top=many", "top")]
)
def test_a_field_with_what_cannot_be_names_where_it_is_said(login: Login, asked: str, name: str) -> None:
    page = login("vera").get(f"/reports/{asked}").text
    assert f'aria-describedby="{name}-error"' in page
    assert f'id="{name}-error"' in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("period=soon", "soon"),
        ("period=2026-02-30", "2026-02-30"),
        ("abc=Z", "Z"),
        ("sort=secret", "secret"),
        ("x=1", "x"),
    ],
)
def test_a_wrong_choice_is_said_above_the_form(session: Session, login: Login, query: str, words: str) -> None:
    client = login("vera")
    page = client.get(f"/reports/abc-buyers/?{query}")
    assert page.status_code == 400
    alert = re.search(r'<div class="alert alert-danger" role="alert">(.*?)</div>', text_of(page), re.DOTALL)
    assert alert
    assert words in alert[1]
    assert text_of(page).index("alert-danger") < text_of(page).index('<form class="filters')
    assert client.get(f"/reports/abc-buyers/xlsx?{query}").status_code == 400
    told = client.get(f"/reports/abc-buyers/json?{query}")
    assert told.status_code == 400
    assert told.json["field"] == query.split("=")[0]


def test_csv_has_the_rows_under_the_names_of_the_columns(session: Session, login: Login) -> None:
    company(session)
    session.execute(update(Counterparty).where(Counterparty.name == "Ромашка").values(name="=cmd|'/c calc'!A1"))
    lines = text_of(login("vera").get("/reports/abc-buyers/csv?period=2026-03&columns=buyer,revenue")).splitlines()
    assert lines[:2] == ["buyer,revenue", "'=cmd|'/c calc'!A1,850.00"]


def test_one_right_a_report(session: Session, login: Login) -> None:
    assert login("vera").get("/reports/").status_code == 200
    assert "/reports/abc-buyers/" in text_of(login("vera").get("/reports/"))
    # the purchasing specialist has the catalogue, but not this report
    catalogue = login("pavel").get("/reports/")
    assert "/reports/abc-buyers/" not in text_of(catalogue).split("<main")[1]
    for exit_ in ("", "xlsx", "json"):
        answer = login("pavel").get(f"/reports/abc-buyers/{exit_}")
        assert answer.status_code == 403


def test_a_stranger_is_asked_to_log_in(app: Any, session: Session) -> None:
    for path in ("/reports/", "/reports/abc-buyers/", "/reports/abc-buyers/xlsx", "/classification/"):
        answer = app.test_client().get(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (302, "/login/")


def test_an_empty_base_answers_at_every_exit(session: Session, login: Login) -> None:
    client = login("vera")
    for report in CATALOGUE:
        assert "empty" in text_of(client.get(f"/reports/{report.slug}/"))
        assert client.get(f"/reports/{report.slug}/json").json[0]["rows"] == []
        assert client.get(f"/reports/{report.slug}/xlsx").data[:2] == b"PK"


def test_ticked_columns_and_sorting_stay_in_the_address(session: Session, login: Login) -> None:
    company(session)
    page = login("vera").get(MARCH + "&columns=buyer&columns=revenue&sort=revenue&group=manager")
    assert [row for row in rows_of(page) if len(row) != 2] == []
    assert 'aria-sort="ascending"' in text_of(page)
    assert "sort=-revenue" not in text_of(page).split("aria-sort")[1].split("</th>")[0]
    assert 'value="buyer" checked' in text_of(page)
    assert 'value="code" data-usual>' in text_of(page)


def test_a_page_costs_few_statements(session: Session, login: Login, sql: list[str]) -> None:
    company(session)
    client = login("vera")
    client.get(MARCH)
    sql.clear()
    assert len(rows_of(client.get(MARCH))) == 4
    assert len(sql) <= 7, sql


def test_the_day_that_a_report_opens_by_is_looked_up_once(session: Session, login: Login, sql: list[str]) -> None:
    shipped(session, buyer(session, "Ромашка"), 850, date(2026, 3, 9)).manager = user_named(session, "anna")
    client = login("vera")
    sql.clear()
    assert 'value="2026-03-31"' in text_of(client.get("/reports/managers-rating/"))
    assert sum("max(shipment.date)" in one for one in sql) == 1, sql


def test_a_week_stays_a_word(session: Session, login: Login) -> None:
    page = text_of(login("vera").get("/reports/work-plan/"))
    assert re.search(r'<option value="this-week"[^>]* selected', page)


def test_whoever_finds_nothing_is_led_to_the_last_period_that_has_rows(session: Session, login: Login) -> None:
    shipped(session, buyer(session, "Ромашка"), 850, date(2026, 3, 9)).manager = user_named(session, "anna")
    client, last = login("vera"), "Последний раз что-то было: 1-й квартал 2026"
    page = text_of(client.get("/reports/managers-rating/?period=2026-Q3&criterion=revenue"))
    assert last in page
    address = re.search(r'<a class="btn btn-default" href="([^"]+)" data-swap="#report">', page)[1]  # type: ignore[index]
    assert rows_of(client.get(address.replace("&amp;", "&")))
    assert "criterion=revenue" in address
    assert last not in text_of(client.get("/reports/managers-rating/?period=2026-Q1"))
    # the one before it would begin earlier than periods do
    assert "Последний раз" not in text_of(client.get("/reports/managers-rating/?period=2030-01-01..2199-12-31"))
    # it is not the period that leaves nothing
    assert "Последний раз" not in text_of(client.get("/reports/managers-rating/?period=2026-Q1&where=revenue:ge:1000"))


def test_classify_assigns_shows_and_keeps_the_run(session: Session, login: Login) -> None:
    company(session)
    vera = login("vera")
    assert "alert-warning" in text_of(vera.get(MARCH))
    preview = text_of(vera.get("/what-if/abc?period=2026-03"))
    assert "Классифицировать: изменится 4 клиента" in preview
    moves = re.findall(r"<span>([^<]+ → [^<]+): <b>(\d)</b>", preview)
    assert moves == [("без класса → A", "1"), ("без класса → B", "1"), ("без класса → C", "2")]
    assert session.scalar(select(func.count()).select_from(AbcRun)) == 0
    answer = vera.post("/what-if/abc", data={"period": "2026-03"}, follow_redirects=True)
    assert answer.request.query_string == b"period=2026-03"
    assert "A – 1, B – 1, C – 2" in text_of(answer)
    assert [row[6] for row in rows_of(answer)] == ["A", "B", "C", "C"]
    assert "alert-warning" not in text_of(answer)
    run = session.scalars(select(AbcRun)).one()
    assert run.by.username == "vera"
    (row,) = rows_of(vera.get("/classification/"))
    assert row[0] == "31.03.2026"
    assert row[4:11] == ["1", "1", "2", "0", "4", "0", "Вера Орлова"]


def test_only_whoever_has_the_right_classifies(session: Session, login: Login) -> None:
    company(session)
    anna = login("anna")
    assert "/what-if/abc" not in text_of(anna.get(MARCH))
    assert anna.post("/what-if/abc", data={"period": "2026-03"}).status_code == 403
    assert session.scalar(select(func.count()).select_from(AbcRun)) == 0
    assert anna.get("/classification/").status_code == 200
    assert "/what-if/abc?period=2026-03" in text_of(login("vera").get(MARCH))


@pytest.fixture
def many_buyers(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a page may wait for, here a twentieth of what it may."""
    assert abc.LONG == work.LONG == 20_000
    monkeypatch.setattr(abc, "LONG", 1_000)
    monkeypatch.setitem(FORMS, "xlsx", replace(FORMS["xlsx"], long=1_000))
    company(session)
    rows = func.generate_series(1, 1_001).column_valued("n")
    name = func.concat("Покупатель ", rows)
    session.execute(insert(Counterparty).from_select(["code", "name"], select(func.concat("М", rows), name)))


def done(app: Flask, session: Session, answer: Any) -> None:
    """What a worker does with the job that the answer leads to."""
    job = session.get_one(Job, int(answer.location.rsplit("/", 1)[1]))
    run = Run(datetime.now(UTC), date(2026, 11, 23), lambda _done, _total: None)
    with app.app_context(), force_locale("ru"):
        jobs.finish(session, job, KINDS[job.kind].handler(session, job, run), now=run.now)
    session.flush()


@pytest.mark.usefixtures("many_buyers")
def test_a_long_workbook_is_made_by_a_worker(app: Flask, session: Session, login: Login) -> None:
    vera = login("vera")
    assert "1\xa0005" in text_of(vera.get(MARCH))
    asked = vera.get("/reports/abc-buyers/xlsx?period=2026-03&columns=buyer,revenue")
    assert asked.status_code == 302
    assert "data-job" in text_of(vera.get(asked.location))
    assert vera.get(asked.location + "/json").json["running"] is True
    assert vera.get(asked.location + "/file").status_code == 404
    done(app, session, asked)
    page = vera.get(asked.location)
    assert "1\xa0005" in text_of(page)
    made = io.BytesIO(vera.get(asked.location + "/file").data)
    sheet = openpyxl.load_workbook(made, data_only=True, read_only=True).worksheets[0]
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    assert (len(rows), len(rows[0]), rows[-1][1]) == (1_007, 2, 1000)
    # of others it is none
    assert login("admin").get(asked.location).status_code == 404


def test_what_takes_long_is_offered_in_the_background(
    session: Session, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(*_: Any, **__: Any) -> None:
        raise TakesLong

    monkeypatch.setattr(AbcBuyers, "tables", too_long)
    vera = login("vera")
    assert "Excel в фоне" in text_of(vera.get(MARCH))
    for way in ("xlsx", "later/xlsx", "pdf", "later/pdf", "csv", "later/csv"):
        asked = vera.get(f"/reports/abc-buyers/{way}?period=2026-03")
        job = session.get_one(Job, int(asked.location.rpartition("/")[2]))
        assert (job.params["form"], job.params["args"]) == (way[-4:].strip("/"), {"period": "2026-03"})
    assert vera.get("/reports/abc-buyers/later/docx").status_code == 404
    odd = "name=x&endpoint=y&_scheme=z"  # only names, whatever they mean where addresses are made
    assert f"/later/xlsx?period=2026-03&amp;{odd.replace('&', '&amp;')}" in text_of(vera.get(f"{MARCH}&{odd}"))
    assert vera.get(f"/reports/abc-buyers/later/xlsx?{odd}").status_code == 302
    assert vera.get(f"/reports/abc-buyers/json?{odd}").status_code == 413
    told = vera.get("/reports/abc-buyers/json?period=2026-03")
    assert (told.status_code, told.json["later"]) == (
        413,
        "http://localhost/reports/abc-buyers/later/json?period=2026-03",
    )
    assert "в фоне" in told.json["message"]
    asked = vera.get(told.json["later"])
    assert session.get_one(Job, int(asked.location.rpartition("/")[2])).params["form"] == "json"


@pytest.mark.usefixtures("many_buyers")
def test_a_big_company_is_classified_by_a_worker(app: Flask, session: Session, login: Login) -> None:
    vera = login("vera")
    asked = vera.post("/what-if/abc", data={"period": "2026-03"})
    assert asked.location.startswith("/work/")
    assert session.scalar(select(func.count()).select_from(AbcRun)) == 0
    done(app, session, asked)
    assert session.scalars(select(AbcRun)).one().by.username == "vera"
    assert "A – 1, B – 1, C – 1003" in text_of(vera.get(asked.location))
