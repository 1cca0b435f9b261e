"""The page of our organisation: requisites that are checked, accounts of which one is the main one, the logo."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from io import BytesIO

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.organisation import BankAccount, Organisation

Login = Callable[..., FlaskClient]

DOT = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
ACCOUNT = {"number": "4070 2810 8000 3000 5413", "bic": "044525187", "bank": "ВТБ", "correspondent": ""}


def test_requisites_are_checked_and_a_logo_is_taken(login: Login, session: Session) -> None:
    admin = login("admin")
    assert admin.get("/organisation/list/").location == "/organisation/show/1"
    refused = admin.post("/organisation/edit/1", data={"name": "ООО «Вектор»", "inn": "7707083890"})
    assert "Неверна контрольная сумма ИНН" in refused.text
    assert "ООО «Вектор»" in refused.text
    logo = (BytesIO(b"GIF89a"), "logo.gif")
    assert "PNG" in admin.post("/organisation/edit/1", data={"inn": "", "new_logo": logo}).text
    data = {"name": "ООО «Вектор»", "inn": "7707 083893", "new_logo": (BytesIO(DOT), "logo.png")}
    assert admin.post("/organisation/edit/1", data=data).status_code == 302
    session.expire_all()
    organisation = session.get_one(Organisation, 1)
    assert (organisation.name, organisation.inn) == ("ООО «Вектор»", "7707083893")
    assert admin.get("/organisation/logo/").data == DOT
    assert "/organisation/logo/" in admin.get("/organisation/show/1").text
    admin.post("/organisation/edit/1", data={"name": "ООО «Вектор»", "no_logo": "y"})
    assert admin.get("/organisation/logo/").status_code == 404


def test_bills_are_paid_to_one_main_account(login: Login, session: Session) -> None:
    admin = login("admin")
    wrong = admin.post("/bank-accounts/add", data={**ACCOUNT, "bic": "044525225"})
    assert "не подходят друг к другу" in wrong.text
    assert admin.post("/bank-accounts/add", data=ACCOUNT).status_code == 302
    second = {"number": "40702810942020002415", "bic": "042202603", "bank": "Волго-Вятский банк", "is_main": "y"}
    assert admin.post("/bank-accounts/add", data=second).status_code == 302
    accounts = select(BankAccount.number, BankAccount.is_main).order_by(BankAccount.id)
    assert session.execute(accounts).all() == [("40702810800030005413", False), ("40702810942020002415", True)]
    assert "40702810942020002415" in admin.get("/organisation/show/1").text


def test_whoever_may_not_set_it_up_does_not(login: Login) -> None:
    assert login("anna").get("/organisation/show/1").status_code == 403
    vera = login("vera")
    assert vera.get("/organisation/show/1").status_code == 200
    assert vera.post("/organisation/edit/1", data={"name": "Чужая"}).status_code == 403
    assert vera.post("/bank-accounts/add", data=ACCOUNT).status_code == 403
