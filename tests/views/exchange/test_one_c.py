"""A 1C written from the description of the protocol exchanges, is cut off, comes again, and brings nothing twice."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.jobs import Job
from app.models.one_c import OneCKey, OneCPart, OneCSession
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.queries.rights import rights_of
from app.services import jobs
from app.services.exchange.commerceml import talking
from tests.conftest import user_named
from tests.services.exchange.conftest import NOW, TODAY
from tests.services.exchange.test_commerceml import catalogue, order

pytestmark = pytest.mark.slow
Login = Callable[..., FlaskClient]


class OneC:
    """The client: what it sends and what it makes of answers, by the protocol."""

    def __init__(self, client: FlaskClient, password: str, encoding: str = "utf-8") -> None:
        self.client, self.encoding = client, encoding
        self.basic = "Basic " + base64.b64encode(f"бухгалтерия:{password}".encode()).decode()
        self.cookie = ""
        self.limit = 0

    def ask(self, subject: str, mode: str, body: bytes | None = None, **more: str) -> Any:
        headers = {"Authorization": self.basic, "Cookie": self.cookie}
        asked = {"query_string": {"type": subject, "mode": mode, **more}, "headers": headers}
        found = self.client.get("/1c/exchange", **asked) if body is None else None
        return found or self.client.post("/1c/exchange", data=body, **asked)

    def lines(self, *asked: Any, **more: Any) -> list[str]:
        lines: list[str] = self.ask(*asked, **more).data.decode(self.encoding).split("\n")
        return lines

    def come(self, subject: str) -> None:
        self.cookie = ""
        said, name, value = self.lines(subject, "checkauth")
        assert said == "success"
        self.cookie = f"{name}={value}"
        zipped, limit = self.lines(subject, "init")
        assert zipped == "zip=yes"
        self.limit = int(limit.partition("=")[2])

    def send(self, subject: str, name: str, content: bytes, part: int = 0) -> None:
        part = part or self.limit
        for first in range(0, len(content), part):
            assert self.lines(subject, "file", content[first : first + part], filename=name) == ["success"]


@pytest.fixture
def password(session: Session, app: Flask) -> str:
    boss = user_named(session, "admin")
    key = OneCKey(
        name="бухгалтерия", user_id=boss.id, goods=True, orders=True, since=TODAY.replace(day=1), in_1251=False
    )
    with app.app_context():
        secret = talking.make_key(session, key, now=NOW)
    session.commit()
    return secret


def work(app: Flask, session: Session) -> None:
    """What a worker does with the jobs that wait."""
    for job in session.scalars(select(Job).where(Job.state.in_(jobs.UNFINISHED)).order_by(Job.id)).all():
        run = jobs.Run(NOW, TODAY, jobs.unwatched, rights_of(session, job.user_id))
        with app.test_request_context():
            outcome = talking.import_job(session, job, run)
        if not outcome.done:
            session.rollback()
        jobs.finish(session, session.get_one(Job, job.id), outcome, now=NOW)
        session.commit()


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.xml", content)
    return out.getvalue()


def test_a_catalogue_comes_in_parts_is_cut_off_and_comes_once(app: Flask, session: Session, password: str) -> None:
    one_c = OneC(app.test_client(), password)
    archive = packed(**{"import": catalogue()})
    half = len(archive) // 2 + 1
    one_c.come("catalog")
    one_c.send("catalog", "v8.zip", archive[:half])  # cut off: the rest never came
    one_c.come("catalog")
    one_c.send("catalog", "v8.zip", archive[:half])
    one_c.send("catalog", "v8.zip", archive[:half])  # the answer was lost: the same part once more
    one_c.send("catalog", "v8.zip", archive[half:])
    assert one_c.lines("catalog", "import", filename="import.xml")[0] == "progress"
    one_c.come("catalog")  # cut off while it was imported, and begun anew
    one_c.send("catalog", "v8.zip", archive, part=half)
    assert one_c.lines("catalog", "import", filename="import.xml")[0] == "progress"
    work(app, session)
    assert one_c.lines("catalog", "import", filename="import.xml")[0] == "success"
    assert [(each.name, each.price) for each in session.scalars(select(Item))] == [("Чай чёрный", 150.5)]
    files = [
        [each.name for each in talk.files] for talk in session.scalars(select(OneCSession).order_by(OneCSession.id))
    ]
    assert files == [["v8.zip"], ["v8.zip", "import.xml"], ["v8.zip", "import.xml"]]
    began = session.scalars(select(func.max(OneCSession.seen_at))).one()
    assert talking.tidy(session, now=began + 2 * talking.FILES) == 0
    assert session.scalar(select(func.count()).select_from(OneCPart)) == 0
    assert talking.tidy(session, now=began + 2 * talking.RETENTION) == 3


def test_orders_go_until_they_are_confirmed_and_come_back_once(app: Flask, session: Session, password: str) -> None:
    one_c = OneC(app.test_client(), password)
    one_c.come("sale")
    one_c.send("sale", "orders.xml", order())  # whole: it is imported without being asked for
    work(app, session)
    made = session.scalars(select(BuyerOrder)).one()
    assert "<Документ>" not in one_c.ask("sale", "query").text  # what came from 1C does not go back
    made.comment = "позвонить"
    session.commit()
    asked = one_c.ask("sale", "query").text
    assert re.findall(r"<Ид>o-1</Ид><Номер>77</Номер>", asked) == ["<Ид>o-1</Ид><Номер>77</Номер>"]
    one_c.come("sale")  # cut off before the confirmation
    assert one_c.ask("sale", "query").data.count("<Документ>".encode()) == 1
    assert one_c.lines("sale", "success") == ["success"]
    assert "<Документ>" not in one_c.ask("sale", "query").text
    one_c.send("sale", "orders.xml", asked.encode())  # 1C sends it back as it was given
    work(app, session)
    assert one_c.lines("sale", "import", filename="orders.xml")[1] == "Создано: 0, изменено: 0, без изменений: 1."
    assert session.scalar(select(func.count()).select_from(BuyerOrder)) == 1


def test_a_wrong_file_changes_nothing_and_says_why(app: Flask, session: Session, password: str, login: Login) -> None:
    session.scalars(select(OneCKey)).one().in_1251 = True
    session.commit()
    one_c = OneC(app.test_client(), password, "windows-1251")
    one_c.come("sale")
    one_c.send("sale", "orders.xml", order(Сумма="1"))
    work(app, session)
    said = one_c.lines("sale", "import", filename="orders.xml")
    assert said[0] == "failure"
    assert "Документ 77: указано 1,00, а по строкам 200,00." in said[2]
    assert session.scalar(select(func.count()).select_from(BuyerOrder)) == 0
    page = login("admin")
    listed = page.get("/exchange-1c/").text
    assert "бухгалтерия" in listed
    talk = session.scalars(select(OneCSession)).one()
    assert "Документ 77: указано 1,00" in page.get(f"/exchange-1c/{talk.id}").text
    assert login("anna").get("/exchange-1c/").status_code in {302, 403}


@pytest.mark.usefixtures("later")
def test_a_stranger_is_refused_and_slowed_down(app: Flask, session: Session, password: str) -> None:
    stranger = OneC(app.test_client(), "не тот")
    codes = [stranger.ask("sale", "checkauth").status_code for _try in range(12)]
    assert codes[0] == 401
    assert codes[-1] == 429
    stranger.cookie = "vizavi_1c=x"
    for mode in ("init", "query", "success"):
        assert stranger.ask("sale", mode).status_code == 401
    key = session.scalars(select(OneCKey)).one()
    key.goods = False
    session.commit()
    assert OneC(app.test_client(), password).ask("catalog", "checkauth").status_code == 403


def test_a_key_is_shown_once_and_its_session_is_over_when_it_is_revoked(
    app: Flask, session: Session, password: str, login: Login
) -> None:
    one_c = OneC(app.test_client(), password)
    one_c.come("catalog")
    key = session.scalars(select(OneCKey)).one()
    assert password not in {key.hash, key.name}
    admin = login("admin")
    assert password not in admin.get("/exchange-1c/").text
    for since in ("0001-01-01", "9999-12-31"):
        refused = admin.post("/exchange-1c/", data={"name": "Склад", "since": since}).text
        asked = refused[refused.index('for="since"') :]
        assert "Ожидается год от 1900" in asked[: asked.index("</div>")]
    assert admin.post("/exchange-1c/revoke/2147483647").status_code == 404
    assert admin.post("/exchange-1c/revoke/99999999999").status_code == 404
    assert one_c.ask("catalog", "init").status_code == 200
    admin.post(f"/exchange-1c/revoke/{key.id}")
    assert one_c.ask("catalog", "init").status_code == 401
    one_c.cookie = ""
    assert one_c.ask("catalog", "checkauth").status_code == 401
