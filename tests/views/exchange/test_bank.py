"""The page of bank statements: a file comes in, is asked about and posted; nobody without the right comes near."""

from collections.abc import Callable
from io import BytesIO

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.bank import BankLine, BankStatement
from app.models.jobs import Job
from app.models.movements import Payment
from app.models.organisation import BankAccount
from app.services.exchange.bank.loading import LARGE, load_job
from app.services.jobs import Run, finish, unwatched
from tests.factories import added, buyer
from tests.services.exchange.conftest import NOW, TODAY
from tests.services.exchange.test_bank_statements import OURS, document, statement

Login = Callable[..., FlaskClient]


def test_a_statement_is_loaded_answered_and_posted(session: Session, login: Login) -> None:
    added(session, BankAccount(number=OURS, bic="044525225", bank="Банк", is_main=True))
    client = buyer(session, "Ромашка")
    session.commit()
    page = login("admin")
    wrong = page.post("/bank-statements/", data={"file": (BytesIO(statement(document("1", "1"), total="2")), "a.txt")})
    assert wrong.status_code == 400
    assert 'name="confirmed"' in wrong.text
    source = statement(document("1", "10.00"), document("2", "20.00"))
    sent = page.post("/bank-statements/", data={"file": (BytesIO(source), "выписка.txt")})
    kept = session.scalars(select(BankStatement)).one()
    assert sent.headers["Location"].endswith(f"/bank-statements/{kept.id}")
    shown = page.get(sent.headers["Location"]).text
    assert f'value="{client.id}" data-key="Digit1"' in " ".join(shown.split())
    line = session.scalars(select(BankLine.id).order_by(BankLine.id)).first()
    page.post(f"/bank-statements/{kept.id}/answer/{line}", data={"client": client.id})
    page.post(f"/bank-statements/{kept.id}/post")
    assert [float(amount) for amount in session.scalars(select(Payment.amount).order_by(Payment.id))] == [10, 20]
    again = page.post("/bank-statements/", data={"file": (BytesIO(source), "выписка.txt")})
    assert again.status_code == 400
    assert "уже загружены" in again.text


def test_a_large_statement_is_read_by_a_worker(app: Flask, session: Session, login: Login) -> None:
    added(session, BankAccount(number=OURS, bic="044525225", bank="Банк", is_main=True))
    session.commit()
    page = login("admin")
    source = statement(document("1", "10.00")) + b" " * LARGE
    sent = page.post("/bank-statements/", data={"file": (BytesIO(source), "выписка.txt")})
    assert session.scalar(select(BankStatement)) is None
    job = session.scalars(select(Job)).one()
    with app.test_request_context():
        outcome = load_job(session, job, Run(NOW, TODAY, unwatched))
        finish(session, job, outcome, now=NOW)
    session.commit()
    assert "Новых документов: 1" in page.get(sent.headers["Location"]).text
    assert session.scalars(select(BankLine.amount)).all() == [10]


def test_only_who_may_sees_the_money_of_all(session: Session, login: Login) -> None:
    kept = added(session, BankStatement(name="выписка.txt"))
    session.commit()
    manager = login("anna")
    for url in ("/bank-statements/", f"/bank-statements/{kept.id}"):
        assert manager.get(url).status_code in {302, 403, 404}
    assert manager.post(f"/bank-statements/{kept.id}/post").status_code in {302, 403, 404}
