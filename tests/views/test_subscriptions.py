"""Reports by letter: each recipient gets his own, once a time; whoever may not is not told, and its owner is."""

from __future__ import annotations

import email
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import policy
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.words import ReadingKind, SendingOutcome
from app.models.letters import Letter, LetterSource
from app.models.readings import Reading
from app.models.subscriptions import ReportRecipient, ReportSending, ReportSubscription
from app.services import subscriptions
from app.views import report_letters
from app.views.report_letters import make
from reports.managers.managers import Managers
from tests.conftest import filled_once, user_named
from tests.managers_world import company
from tests.views.test_reports import Login, text_of

NEW = "/subscriptions/new"
DAILY = {"weekdays": [str(number) for number in range(7)], "at": "08:00"}
OCTOBER = "period=2026-10"


filled, session = filled_once(company)


@pytest.fixture
def due(app: Flask, session: Session) -> Callable[[], int]:
    """Everything that is due by the next day, as the clock does it."""

    def run() -> int:
        steps = 0
        viewer = session.info.pop("viewer", None)
        with app.app_context():
            tomorrow = datetime.now(UTC) + timedelta(days=1)
            while number := subscriptions.begin(session, now=tomorrow):
                subscriptions.carry(session, number, make, now=tomorrow)
                steps += 1
                assert steps < 20
        session.info["viewer"] = viewer
        return steps

    return run


def subscribed(session: Session, client: Any, people: list[str], **more: Any) -> ReportSubscription:
    numbers = [user_named(session, name).id for name in people]
    form = {"report": "director", "name": "Утро", "choice": OCTOBER, "recipients": numbers} | DAILY | more
    answer = client.post(NEW, data=form)
    assert (answer.status_code, answer.location) == (302, "/subscriptions/")
    return session.scalars(select(ReportSubscription)).one()


def letters(session: Session) -> dict[str, Any]:
    """By the address of whom they are to."""
    rows = session.execute(
        select(LetterSource.raw).join(Letter).order_by(Letter.id), execution_options={"unscoped": True}
    )
    found = [email.message_from_bytes(row.raw, policy=policy.default) for row in rows]
    return {one["To"].addresses[0].addr_spec: one for one in found}


def outcomes(session: Session) -> dict[str, SendingOutcome]:
    return {one.user.username: one.outcome for one in session.scalars(select(ReportSending))}


def test_the_letter_and_its_workbook_are_of_one_reading(
    session: Session, login: Login, due: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    user_named(session, "vera").email = "vera@example.com"
    subscribed(session, login("vera"), ["vera"], report="managers", choice=f"{OCTOBER}&columns=manager,revenue,profit")
    monkeypatch.setattr(report_letters, "MOST_ROWS", 1)
    monkeypatch.setattr(report_letters, "MOST_COLUMNS", 2)
    made: list[Any] = []
    tables = Managers.tables
    monkeypatch.setattr(Managers, "tables", lambda *told, **more: made.append(told) or tables(*told, **more))
    due()
    (letter,) = letters(session).values()
    assert len(made) == 1
    (book,) = letter.iter_attachments()
    sheet = openpyxl.load_workbook(BytesIO(book.get_content())).worksheets[0]
    in_book = [str(row[0]) for row in sheet.iter_rows(min_row=5, values_only=True)][:3]
    page = letter.get_body(("html",)).get_content()
    assert [name in page for name in in_book] == [True, False, False]
    assert "Остальные строки" in page
    plain = letter.get_body(("plain",)).get_content()
    assert f"{in_book[0]}\r\n  Сумма выручки: " in plain
    assert ["Только в книге Excel: Прибыль." in text for text in (page, plain)] == [True, True]


def test_the_page_that_is_looked_at_is_no_part_of_what_goes_by_letter(session: Session, login: Login) -> None:
    made = subscribed(session, login("vera"), ["vera"], choice=f"{OCTOBER}&page=3")
    assert made.view.choice == {"period": "2026-10"}


def test_each_recipient_gets_his_own_figures_once(session: Session, login: Login, due: Callable[[], int]) -> None:
    vera, anna = user_named(session, "vera"), user_named(session, "anna")
    vera.email, anna.email = "vera@example.com", "anna@example.com"
    subscribed(session, login("vera"), ["vera", "anna"])
    assert due() > 0
    assert outcomes(session) == {"vera": SendingOutcome.SENT, "anna": SendingOutcome.SENT}
    taken = select(Reading.by_id, Reading.path).where(Reading.kind == ReadingKind.LETTER)
    assert {*session.execute(taken)} == {(user.id, "/reports/director/") for user in (vera, anna)}
    found = letters(session)
    hers, whole = found["anna@example.com"], found["vera@example.com"]
    assert "Утро: Сумма выручки 262" in whole["Subject"]
    assert "Утро: Сумма выручки 80" in hers["Subject"]
    body = whole.get_body(("html",)).get_content()
    assert "262" in body
    assert 'src="cid:chart1"' in body
    assert [part.get_content_type() for part in whole.walk()].count("image/png") >= 1
    (book,) = whole.iter_attachments()
    sheet = openpyxl.load_workbook(BytesIO(book.get_content())).worksheets[0]
    assert {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}["Сумма выручки"] == 262
    assert "Утро" in whole.get_body(("plain",)).get_content()
    before = len(letters(session))
    found_subscription = session.scalars(select(ReportSubscription)).one()
    assert found_subscription.next_at > datetime.now(UTC) + timedelta(days=1)
    first = session.scalars(select(ReportSending.due_at)).first()
    found_subscription.next_at = first  # a worker was killed before it wrote the next time
    due()
    assert len(letters(session)) == before


def test_who_has_his_letter_gets_no_other_when_the_report_is_deleted_and_comes_back_amid_its_sending(
    app: Flask, session: Session, login: Login, due: Callable[[], int]
) -> None:
    vera, anna = user_named(session, "vera"), user_named(session, "anna")
    client = login("vera")
    one = subscribed(session, client, ["vera", "anna"])
    client.post(f"/subscriptions/{one.id}/act", data={"verb": "now"})
    session.expire_all()
    viewer = session.info.pop("viewer", None)
    with app.app_context():
        assert subscriptions.begin(session, now=datetime.now(UTC)) == one.id
        subscriptions.carry(session, one.id, make, now=datetime.now(UTC))
    session.info["viewer"] = viewer
    assert len(outcomes(session)) == 1
    gone = client.post(f"/subscriptions/{one.id}/act", data={"verb": "drop"}, follow_redirects=True)
    undo = re.search(r"/journal/undo/\d+", gone.text)
    assert undo
    assert session.scalars(select(ReportSending)).all() == []
    session.expire_all()
    client.post(undo[0])
    due()
    sent = select(ReportSending.user_id, func.count()).group_by(ReportSending.user_id)
    assert {*session.execute(sent)} == {(vera.id, 1), (anna.id, 1)}
    assert len(session.scalars(select(Letter.id).execution_options(unscoped=True)).all()) == 2


def test_however_many_there_are_their_page_costs_as_few_statements(
    session: Session, login: Login, due: Callable[[], int], sql: list[str]
) -> None:
    for name in ("vera", "anna"):
        user_named(session, name).email = f"{name}@example.com"
    vera = login("vera")
    anna, costs = user_named(session, "anna").id, []
    for number in (1, 2, 3):
        form = {"report": "managers", "name": f"Утро {number}", "choice": OCTOBER, "recipients": [anna]}
        vera.post(NEW, data=form | DAILY)
        due()
        vera.get("/subscriptions/")
        session.expire_all()
        sql.clear()
        assert text_of(vera.get("/subscriptions/")).count('<ul class="plain">') == number
        costs.append(len(sql))
    assert costs[0] == costs[2]


def test_whoever_may_not_gets_nothing_and_the_owner_is_told(
    session: Session, login: Login, due: Callable[[], int]
) -> None:
    vera, pavel = user_named(session, "vera"), user_named(session, "pavel")
    vera.email, pavel.email = "vera@example.com", "pavel@example.com"
    subscribed(session, login("vera"), ["pavel"])  # the purchasing specialist has no right to it
    due()
    assert outcomes(session) == {"pavel": SendingOutcome.NO_RIGHT}
    found = letters(session)
    assert set(found) == {"vera@example.com"}
    assert "Утро" in found["vera@example.com"]["Subject"]


def test_a_report_that_kills_its_worker_again_and_again_is_given_up_until_its_next_time(
    session: Session, login: Login, due: Callable[[], int]
) -> None:
    user_named(session, "vera").email = "vera@example.com"
    one = subscribed(session, login("vera"), ["anna", "pavel"])
    when = one.next_at
    for _kill in range(subscriptions.ATTEMPTS):
        assert subscriptions.begin(session, now=when) == one.id
    assert due() == 1
    assert outcomes(session) == {"anna": SendingOutcome.FAILED}
    assert set(letters(session)) == {"vera@example.com"}
    assert (one.attempts, one.next_at > when) == (0, True)


def test_an_empty_report_is_not_sent(session: Session, login: Login, due: Callable[[], int]) -> None:
    more = {"report": "order-closing", "choice": "period=2020", "skip_empty": "1"}
    user_named(session, "vera").email = "vera@example.com"
    subscribed(session, login("vera"), ["vera"], **more)
    due()
    assert outcomes(session) == {"vera": SendingOutcome.EMPTY}
    assert letters(session) == {}


def test_it_is_paused_sent_at_once_and_left(session: Session, login: Login, due: Callable[[], int]) -> None:
    user_named(session, "anna").email = "anna@example.com"
    vera, anna = login("vera"), login("anna")
    one = subscribed(session, vera, ["anna"])
    page = f"/subscriptions/{one.id}/act"
    assert login("boris").post(page, data={"verb": "pause"}).status_code == 404
    assert anna.post(page, data={"verb": "pause"}).status_code == 404
    vera.post(page, data={"verb": "pause"})
    assert due() == 0
    vera.post(page, data={"verb": "resume"})
    vera.post(page, data={"verb": "now"})
    session.refresh(one)
    assert one.next_at <= datetime.now(UTC)
    assert "Утро" in text_of(anna.get("/subscriptions/"))
    assert "Утро" not in text_of(login("boris").get("/subscriptions/"))
    undo = re.search(r"/journal/undo/\d+", vera.post(page, data={"verb": "drop"}, follow_redirects=True).text)
    assert undo
    assert session.scalars(select(ReportSubscription)).all() == []
    vera.post(undo[0])
    assert session.scalars(select(ReportRecipient.user_id)).all() == [user_named(session, "anna").id]
    anna.post(page, data={"verb": "leave"})
    assert session.scalars(select(ReportSubscription)).all() == []


def test_what_was_due_in_a_base_that_was_brought_back_does_not_go_again(session: Session, login: Login) -> None:
    one = subscribed(session, login("vera"), ["vera"])
    now = one.next_at + timedelta(minutes=1)
    subscriptions.pass_over_due(session, now=now)
    assert one.next_at == one.times.after(now)
    subscriptions.pass_over_due(session, now=now)
    assert one.next_at == one.times.after(now)


WRONG: list[dict[str, Any]] = [{"at": "late"}, {"month_day": "32"}, {"weekdays": []}, {"name": " "}, {"recipients": []}]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_cannot_be_read_is_said_beside_its_field(session: Session, login: Login, wrong: dict[str, Any]) -> None:
    form = {"report": "director", "name": "Утро", "recipients": [1]} | DAILY | wrong
    answer = login("vera").post(NEW, data=form)
    assert answer.status_code == 400
    assert 'class="err"' in text_of(answer)
    assert re.search(rf'name="{next(iter(wrong))}"[^>]*aria-invalid="true"', text_of(answer))
    assert session.scalars(select(ReportSubscription)).all() == []
