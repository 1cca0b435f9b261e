"""Why, by hand, what if: the pages of classification, for those who may."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.periods import DAY, months_from
from app.models.classes import AbcRecord, AbcRun, Hold, StageRecord, StageRun
from app.models.counterparties import Counterparty
from tests.reports.trade import shipped

Login = Callable[..., FlaskClient]


def text_of(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return str(response.get_data(as_text=True))


def test_the_page_of_a_buyer_says_why(login: Login, company: list[Counterparty]) -> None:
    page = text_of(login("vera").get(f"/standing/{company[1].id}"))
    for told in ("20,00", "90", "Второй", "timeline"):
        assert told in page


def test_an_explanation_leads_to_its_documents_and_says_when_they_changed(
    login: Login, session: Session, company: list[Counterparty], today: date
) -> None:
    client, second = login("vera"), company[1]
    month = months_from(today.replace(day=1) - DAY, 1)
    shipped(session, second, 7777, month.last + DAY)
    shipped(session, second, 5555, month.first - 400 * DAY)
    session.commit()
    page = text_of(client.get(f"/standing/{second.id}"))
    assert "изменено после классификации" not in page
    addresses = [html.unescape(found) for found in re.findall(r'href="(/shipments/list/[^"]+)"', page)]
    assert [parse_qs(urlsplit(address).query)["_flt_1_date"] for address in addresses] == [[f"{month.last}"]] * 2
    for address in addresses:
        listed = text_of(client.get(address))
        assert re.findall(r"<b>([\d,]+)</b>", listed) == ["20,00", "20,00", "20,00", "0"]
        assert "7 777" not in listed
        assert "5 555" not in listed
        assert re.search(rf'name="_flt_1_date"[^>]*value="{month.last}"', listed)
    shipped(session, second, -3, month.last)
    session.commit()
    assert text_of(client.get(f"/standing/{second.id}")).count("изменено после классификации") == 2
    assert "1 возврат" in text_of(client.get(addresses[0]))
    assert 'class="muted sums"' not in text_of(client.get("/shipments/list/"))


def test_a_director_sets_a_class_and_a_stage_and_releases_them(
    login: Login, session: Session, company: list[Counterparty], today: date
) -> None:
    client, pk = login("vera"), company[2].id
    given = {"until": (today + timedelta(days=30)).isoformat(), "reason": "Сын директора"}
    assert client.post(f"/standing/{pk}/hold", data=given | {"kind": "abc", "abc": "A"}).status_code == 302
    stage = given | {"kind": "stages", "stage": "regular Y"}
    assert client.post(f"/standing/{pk}/hold", data=stage).status_code == 302
    held = session.scalars(select(Hold).order_by(Hold.id)).all()
    assert [(h.abc, h.stage, h.xyz) for h in held] == [("A", None, None), (None, "regular", "Y")]
    for path in (f"/standing/{pk}", f"/counterparties/show/{pk}"):
        assert "Сын директора" in text_of(client.get(path))
    assert client.post(f"/standing/{pk}/release/{held[0].id}").status_code == 302
    latest = session.scalars(
        select(AbcRecord).where(AbcRecord.counterparty_id == pk).order_by(AbcRecord.id.desc())
    ).first()
    assert latest
    assert (latest.abc, latest.hold_id, latest.run_id) == ("C", None, None)


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"until": "2000-01-01"}, {"until": "soon"}, {"abc": "Q"}])
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    login: Login, session: Session, company: list[Counterparty], today: date, wrong: dict[str, str]
) -> None:
    given = {"kind": "abc", "abc": "A", "until": today.isoformat(), "reason": "Так надо"} | wrong
    page = text_of(login("vera").post(f"/standing/{company[0].id}/hold", data=given))
    assert 'role="alert"' in page
    assert given["reason"] in page
    assert session.scalar(select(func.count()).select_from(Hold)) == 0


def test_managers_read_their_own_and_set_nothing(login: Login, session: Session, company: list[Counterparty]) -> None:
    client = login("anna")
    assert "form" not in text_of(client.get(f"/standing/{company[0].id}")).partition('class="hold"')[1]
    assert client.get(f"/standing/{company[1].id}").status_code == 404
    client.post(f"/standing/{company[0].id}/hold", data={"kind": "abc", "abc": "A"})
    client.post("/what-if/abc", data={})
    assert client.get("/what-if/stages").status_code == 403
    assert session.scalar(select(func.count()).select_from(Hold)) == 0
    assert session.scalar(select(func.count()).select_from(AbcRun)) == 1


ABC = {"period": "last-month", "share_a": "10", "share_b": "10", "share_c": "80"}
STAGES = {
    "end": "today",
    "periodicity": "month",
    "count": "3",
    "one_time_from": "1",
    "one_time_to": "1",
    "x_to": "20",
    "y_to": "50",
    "z_to": "10000",
    "lost_after": "0",
}


def test_what_if_of_classes_stores_nothing_and_equals_the_run(
    login: Login, session: Session, company: list[Counterparty]
) -> None:
    client = login("vera")
    page = text_of(client.get("/what-if/abc", query_string=ABC))
    assert "Второй" in page
    assert client.get("/what-if/abc", query_string=ABC | {"page": "1", "endpoint": "x"}).status_code == 200
    assert session.scalar(select(func.count()).select_from(AbcRun)) == 1
    assert client.post("/what-if/abc", data=ABC).status_code == 302
    run = session.scalars(select(AbcRun).order_by(AbcRun.id.desc())).first()
    assert run
    assert run.share_a == 10
    classes = session.scalars(select(AbcRecord.abc).where(AbcRecord.run == run).order_by(AbcRecord.value.desc()))
    assert classes.all() == ["A", "C", "C"]
    # once posted there is nothing to change against the run of the same day before it
    assert text_of(client.get("/what-if/abc"))


def test_what_if_of_stages_stores_nothing_and_equals_the_run(
    app: Flask, login: Login, session: Session, company: list[Counterparty]
) -> None:
    client = login("vera")
    shipped(session, company[0], 5, company_day(app))
    session.commit()
    page = text_of(client.get("/what-if/stages", query_string=STAGES))
    assert "Первый" in page
    assert "Второй" not in page
    assert session.scalar(select(func.count()).select_from(StageRun)) == 1
    assert client.post("/what-if/stages", data=STAGES).status_code == 302
    run = session.scalars(select(StageRun).order_by(StageRun.id.desc())).first()
    assert run
    moved = select(Counterparty.name).join(StageRecord, StageRecord.counterparty_id == Counterparty.id)
    assert session.scalars(moved.where(StageRecord.run == run, StageRecord.stage != StageRecord.old_stage)).all() == [
        "Первый"
    ]


def company_day(app: Flask) -> date:
    with app.app_context():
        return clock.today()


@pytest.mark.parametrize(
    ("path", "wrong", "field", "said"),
    [
        ("/what-if/abc", {"share_c": "79"}, "share_c", "ровно 100"),
        ("/what-if/abc", {"share_b": "95", "share_c": "-5"}, "share_c", "ровно 100"),
        ("/what-if/abc", {"share_a": "x"}, "share_a", "а не «x»"),
        ("/what-if/abc", {"period": ""}, "period", "период"),
        ("/what-if/abc", {"period": "soon"}, "period", "«soon»"),
        ("/what-if/abc", {"period": "2099-01"}, "period", "еще не начался"),
        ("/what-if/stages", {"one_time_from": "0"}, "one_time_from", "от 1 покупки"),
        ("/what-if/stages", {"one_time_to": "0"}, "one_time_to", "меньше нижней"),
        ("/what-if/stages", {"x_to": "-5"}, "x_to", "а не «-5»"),
        ("/what-if/stages", {"x_to": "0"}, "x_to", "X больше 0"),
        ("/what-if/stages", {"x_to": "60"}, "y_to", "больше границы X"),
        ("/what-if/stages", {"z_to": "50"}, "z_to", "больше границы Y"),
        ("/what-if/stages", {"count": "0"}, "count", "от 1 до 120"),
        ("/what-if/stages", {"count": "99999"}, "count", "от 1 до 120"),
        ("/what-if/stages", {"count": "1.5"}, "count", "«1.5»"),
        ("/what-if/stages", {"lost_after": "2"}, "lost_after", "Не меньше периодов"),
        ("/what-if/stages", {"lost_after": "121"}, "lost_after", "Не меньше периодов"),
        ("/what-if/stages", {"periodicity": "eon"}, "periodicity", "периодичность"),
        ("/what-if/stages", {"end": "2099-01-01"}, "end", "еще не начался"),
    ],
)
def test_bad_parameters_are_told_at_their_fields(
    login: Login,
    session: Session,
    company: list[Counterparty],
    path: str,
    wrong: dict[str, str],
    field: str,
    said: str,
) -> None:
    client = login("vera")
    asked = (ABC if path == "/what-if/abc" else STAGES) | wrong
    for response in (client.post(path, data=asked), client.get(path, query_string=asked)):
        page = text_of(response)
        told = dict(re.findall(r'id="(\w+)-error" role="alert">([^<]+)<', page))
        assert [*told] == [field]
        assert said in told[field]
        assert "Классифицировать" not in page
        if field not in {"period", "periodicity"}:
            assert all(f'value="{text.replace(".", ",")}"' in page for text in wrong.values())
    assert session.scalar(select(func.count()).select_from(AbcRun)) == 1
    assert session.scalar(select(func.count()).select_from(StageRun)) == 1


def test_a_report_leads_to_what_would_change_and_writes_nothing(
    login: Login, session: Session, company: list[Counterparty]
) -> None:
    client = login("vera")
    for report, form in (("abc-buyers", "/what-if/abc"), ("xyz-buyers", "/what-if/stages")):
        page = text_of(client.get(f"/reports/{report}/"))
        assert not re.search(r'action="/(what-if|classification)', page)
        assert f'href="{form}' in page
        [history] = re.findall(r'class="btn btn-default" href="/classification/[^"]*">', page)
        assert history in text_of(client.get(form))
    assert client.post("/what-if/stages").status_code == 302
    assert session.scalar(select(func.count()).select_from(StageRun)) == 2


def test_the_last_classification_is_withdrawn_by_whoever_may_delete(
    login: Login, session: Session, company: list[Counterparty]
) -> None:
    vera, first = login("vera"), session.scalars(select(AbcRun.id)).one()
    assert vera.post("/what-if/abc", data=ABC).status_code == 302
    last = session.scalars(select(AbcRun.id).order_by(AbcRun.id.desc())).first()
    assert text_of(vera.get("/classification/")).count("/withdraw") == 1
    assert "/withdraw" not in text_of(login("anna").get("/classification/"))
    assert login("anna").post(f"/classification/abc/{last}/withdraw").status_code == 403
    vera = login("vera")
    refused = vera.post(f"/classification/abc/{first}/withdraw", follow_redirects=True)
    assert "alert-danger" in text_of(refused)
    assert set(session.scalars(select(AbcRun.id))) == {first, last}
    done = vera.post(f"/classification/abc/{last}/withdraw", follow_redirects=True)
    assert "alert-success" in text_of(done)
    assert session.scalars(select(AbcRun.id)).all() == [first]
    assert vera.post("/classification/nonsense/1/withdraw").status_code == 404


def test_the_matrix_leads_to_the_clients(login: Login, company: list[Counterparty]) -> None:
    page = text_of(login("vera").get("/reports/abc-xyz/"))
    assert "/reports/xyz-buyers/?" in page
