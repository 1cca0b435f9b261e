"""Mailings: who gets one and who is left out, what each is told, how slowly they go, and who wants no more."""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.letters.fields import TemplateField
from app.domain.words import (
    ContactState,
    Direction,
    LetterKind,
    LetterState,
    MailingResult,
    RecipientState,
    WhyNoLetter,
)
from app.models.contacts import Campaign, Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.jobs import Job
from app.models.letters import Letter, LetterTemplate, Outgoing
from app.models.mailboxes import Mailbox
from app.models.mailings import Mailing, MailingRecipient, StopAddress
from app.models.orders import BuyerOrder
from app.queries.mail.mailings import counts, who_is_left_out
from app.services.mail import mailings, troubles
from jobs import long_work
from tests.clients import Clients
from tests.conftest import user_named
from tests.domain.test_letters import MOSCOW
from tests.factories import added, buyer

Login = Callable[..., FlaskClient]
SITE = "https://crm.example"


@pytest.fixture
def in_russian(app: Flask, session: Session) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "ru"}):
        yield


@pytest.fixture
def clients(session: Session) -> list[Counterparty]:
    """Anna's: three that can be written to, others that cannot for every reason; and Boris's."""
    made = Clients(session)
    rows = [made.company(name) for name in ("Астра", "Берег", "Вега", "Двойник", "Немой", "Пропавший", "Стоп")]
    addresses = (
        "astra@one.example",
        "bereg@two.example",
        "vega@one.example",
        "ASTRA@one.example",
        "",
        "lost@x.example",
    )
    for row, address in zip(rows, (*addresses, "stop@x.example"), strict=True):
        if address:
            made.email(row, address)
    lost = session.scalars(select(ContactInfo).where(ContactInfo.value == "lost@x.example")).one()
    lost.returned_on = clock.now().date()
    session.add_all(
        [
            StopAddress(address="Stop@x.example", reason="Просил не писать", on=clock.now().date()),
            Mailbox(address="anna@vizavi.test", owner_id=user_named(session, "anna").id, pace=60),
            LetterTemplate(
                name="Новинки", subject="Новинки для {клиент}", text="Здравствуйте!\nМы начали возить {клиент}."
            ),
            Campaign(name="Весна"),
        ]
    )
    rows.append(made.company("Чужой", "boris"))
    made.email(rows[-1], "alien@x.example")
    session.commit()
    return rows


def begun(session: Session, client: FlaskClient, rows: list[Counterparty]) -> Mailing:
    data = {"action": "mailing", "rowid": [row.id for row in rows]}
    handed_on = client.post("/counterparties/action_post", data=data)
    assert handed_on.status_code == 307  # the browser sends the same form there
    client.post(handed_on.location, data=data)
    return session.scalars(select(Mailing).order_by(Mailing.id.desc()).limit(1)).one()


def typed(session: Session, mailing: Mailing, **more: Any) -> dict[str, Any]:
    box = session.scalars(select(Mailbox).where(Mailbox.address == "anna@vizavi.test")).one()
    template = session.scalars(select(LetterTemplate).where(LetterTemplate.name == "Новинки")).one()
    campaign = session.scalars(select(Campaign)).one()
    return {"name": "Весенняя", "template": template.id, "mailbox": box.id, "campaign": campaign.id, **more}


def sent(app: Flask, session: Session, client: FlaskClient, mailing: Mailing) -> None:
    data = typed(session, mailing, press="send")
    session.commit()
    client.post(f"/mailings/keep/{mailing.id}", data=data)
    session.expire_all()
    job = session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()
    with app.app_context():
        long_work.work(session, session.connection(), job.id)
    session.expire_all()
    assert job.error == ""


def test_a_mailing_goes_once_to_each_address_that_wants_it_as_slowly_as_its_mailbox_may(
    app: Flask, login: Login, session: Session, clients: list[Counterparty]
) -> None:
    anna = login("anna")
    mailing = begun(session, anna, clients)
    page = anna.post(f"/mailings/keep/{mailing.id}", data=typed(session, mailing), follow_redirects=True).text
    assert "Новинки для Астра" in page
    assert page.count("Мы начали возить") == 3
    assert session.scalars(select(Letter)).all() == []
    sent(app, session, anna, mailing)
    rows = session.scalars(select(MailingRecipient).order_by(MailingRecipient.id)).all()
    why = {row.counterparty_name.name: row.left_out for row in rows}
    assert why == {
        **dict.fromkeys(("Астра", "Берег", "Вега")),
        **{
            "Двойник": WhyNoLetter.TWICE,
            "Немой": WhyNoLetter.NO_ADDRESS,
            "Пропавший": WhyNoLetter.RETURNED,
            "Стоп": WhyNoLetter.STOPPED,
        },
    }  # Boris's client was never among them
    letters = session.scalars(select(Letter).order_by(Letter.id)).all()
    assert [letter.subject for letter in letters] == ["Новинки для Астра", "Новинки для Берег", "Новинки для Вега"]
    message = email.message_from_bytes(letters[0].source.raw)
    assert (
        message["List-Unsubscribe"].strip() == f"<{app.config['CRM'].public_url}/api/v1/unsubscribe/{rows[0].secret}>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    due = session.scalars(select(Outgoing.next_try_at).order_by(Outgoing.id)).all()
    assert [at - due[0] for at in due] == [timedelta(minutes=n) for n in range(3)]
    contacts = session.scalars(select(Contact).order_by(Contact.id)).all()
    assert {(each.campaign.name, each.kind, each.direction) for each in contacts if each.campaign} == {
        ("Весна", "email", Direction.OUT)
    }
    assert [letter.contact_id for letter in letters] == [each.id for each in contacts]
    again = anna.post(f"/mailings/keep/{mailing.id}", data=typed(session, mailing, press="send"))
    assert "уже отправлена" in again.text
    assert len(session.scalars(select(Letter.id)).all()) == 3


def test_the_page_tells_what_became_of_each(
    app: Flask, login: Login, session: Session, clients: list[Counterparty]
) -> None:
    anna = login("anna")
    mailing = begun(session, anna, clients[:4])
    sent(app, session, anna, mailing)
    first, second, third = session.scalars(select(Letter).order_by(Letter.id)).all()
    first.state = second.state = LetterState.SENT
    second.parties[1].state = RecipientState.BOUNCED
    session.add(
        Letter(
            message_id="answer@x",
            direction=Direction.IN,
            kind=LetterKind.LETTER,
            state=LetterState.RECEIVED,
            at=clock.now(),
            thread_id=first.thread_id,
        )
    )
    session.commit()
    found = dict(session.execute(counts(mailing.id)).all())
    R = MailingResult  # noqa: N806
    assert found == {R.ANSWERED: 1, R.BOUNCED: 1, R.WAITING: 1, R.LEFT_OUT: 1}
    page = anna.get(f"/mailings/show/{mailing.id}?result=bounced").text
    assert "Берег" in page
    assert "Астра" not in page
    assert third.state is LetterState.WAITING


def test_a_mailing_that_its_author_only_looked_at_is_gone_the_next_night(
    login: Login, session: Session, clients: list[Counterparty]
) -> None:
    anna = login("anna")
    left, kept = begun(session, anna, clients[:1]), begun(session, anna, clients[:2])
    anna.post(f"/mailings/keep/{kept.id}", data={"name": "Весенняя"})
    assert mailings.tidy(session, now=clock.now()) == 0
    assert mailings.tidy(session, now=clock.now() + mailings.UNTOUCHED_FOR + timedelta(hours=1)) == 1
    assert session.scalars(select(Mailing.name)).all() == ["Весенняя"]
    assert (
        session.scalars(select(MailingRecipient.mailing_id).where(MailingRecipient.mailing_id == left.id)).all() == []
    )


def test_one_click_without_a_login_stops_mailings_and_what_waits(
    app: Flask, login: Login, session: Session, clients: list[Counterparty]
) -> None:
    anna = login("anna")
    mailing = begun(session, anna, clients[:2])
    sent(app, session, anna, mailing)
    row = session.scalars(select(MailingRecipient).order_by(MailingRecipient.id).limit(1)).one()
    stranger = app.test_client()
    address = f"/api/v1/unsubscribe/{row.secret}"
    assert "astra@one.example" in stranger.get(address).text
    assert session.scalars(select(StopAddress).where(StopAddress.mailing_id.is_not(None))).all() == []
    for _twice in range(2):
        assert stranger.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    session.expire_all()
    stopped = session.scalars(select(StopAddress).where(StopAddress.mailing_id == mailing.id)).one()
    assert (stopped.address, stopped.on) == ("astra@one.example", clock.now().astimezone(MOSCOW).date())
    states = session.scalars(select(Letter.state).order_by(Letter.id)).all()
    assert states == [LetterState.DEAD, LetterState.WAITING]
    assert "Получатель в стоп-листе" in anna.post(f"/letters/again/{row.letter_id}", follow_redirects=True).text
    assert session.get_one(Letter, row.letter_id, populate_existing=True).state is LetterState.DEAD
    assert dict(session.execute(counts(mailing.id)).all()) == {"unsubscribed": 1, "waiting": 1}
    assert stranger.get("/api/v1/unsubscribe/nonsense").status_code == 404
    assert {each.left_out for each in _of(session, begun(session, anna, clients[:1]))} == {WhyNoLetter.STOPPED}
    assert "astra@one.example" in anna.get("/stop-list/list/").text


def test_a_mailing_that_goes_out_is_stopped_by_its_author(
    app: Flask, login: Login, session: Session, clients: list[Counterparty]
) -> None:
    anna = login("anna")
    mailing = begun(session, anna, clients[:3])
    sent(app, session, anna, mailing)
    gone, halted, _other = session.scalars(select(Letter).order_by(Letter.id))
    gone.outgoing.lease_by = uuid4()
    halted.outgoing.attempts = 1  # in vain
    session.commit()
    page, verb = f"/mailings/show/{mailing.id}", f"/mailings/halt/{mailing.id}"
    assert verb in anna.get(page).text
    assert login("vera").post(verb).status_code == 403
    assert "2 письма не уйдут" in anna.post(verb, follow_redirects=True).text
    session.expire_all()
    assert dict(session.execute(counts(mailing.id)).all()) == {"waiting": 1, "left_out": 2}
    states = [(letter.state, letter.contact.state) for letter in session.scalars(select(Letter).order_by(Letter.id))]
    assert states == [(LetterState.WAITING, ContactState.DONE), *[(LetterState.DEAD, ContactState.CANCELLED)] * 2]
    assert troubles.look(session, now=clock.now()) == 0  # he knows
    assert "Рассылка остановлена" in anna.post(f"/letters/again/{halted.id}", follow_redirects=True).text
    session.refresh(halted)
    assert halted.state is LetterState.DEAD
    assert "уже отправляются" in anna.post(verb, follow_redirects=True).text  # it goes just now
    gone.state = LetterState.SENT
    session.commit()
    assert verb not in anna.get(page).text
    assert "ушли" in anna.post(verb, follow_redirects=True).text


def _of(session: Session, mailing: Mailing) -> list[MailingRecipient]:
    return list(session.scalars(select(MailingRecipient).where(MailingRecipient.mailing_id == mailing.id)))


def test_an_unknown_field_and_what_is_missing_are_said_before_anything_goes(
    login: Login, session: Session, clients: list[Counterparty]
) -> None:
    anna = login("anna")
    mailing = begun(session, anna, clients[:2])
    assert mailing.mailbox is not None
    assert mailing.mailbox.address == "anna@vizavi.test"  # hers goes first
    for press in ("show", "send"):
        nothing = typed(session, mailing, press=press) | {"template": "", "mailbox": ""}
        page = anna.post(f"/mailings/keep/{mailing.id}", data=nothing).text
        assert re.search(r'id="template-error"[^>]*>Выберите шаблон', page)
    no_box = typed(session, mailing, press="send") | {"mailbox": "999"}
    page = anna.post(f"/mailings/keep/{mailing.id}", data=no_box).text
    assert re.search(r'id="mailbox-error"[^>]*>Выберите ящик', page)
    assert re.search(r'<button[^>]*value="send"[^>]*data-confirm="Отправить \d+ получател', page)
    session.scalars(
        select(LetterTemplate).where(LetterTemplate.name == "Новинки")
    ).one().text = "Здравствуйте, {имечко}!"
    session.commit()
    page = anna.post(f"/mailings/keep/{mailing.id}", data=typed(session, mailing, press="send")).text
    assert "{имечко}" in page
    assert re.search(r'name="template"[^>]*aria-invalid', page)
    assert session.scalars(select(Job)).all() == []


def test_a_client_handed_over_before_the_mailing_is_left_out(
    app: Flask, login: Login, session: Session, clients: list[Counterparty]
) -> None:
    anna = login("anna")
    mailing = begun(session, anna, clients[:2])
    clients[0].manager = user_named(session, "boris")
    session.commit()
    page = anna.get(f"/mailings/show/{mailing.id}").text
    assert "Письмо 1 получателю." in page
    assert f'href="/counterparties/show/{clients[0].id}">Астра</a>' in page
    sent(app, session, anna, mailing)
    assert [row.left_out for row in _of(session, mailing)] == [WhyNoLetter.UNSEEN, None]


def test_whose_address_cannot_be_one_is_told_before_the_mailing_goes_out(
    app: Flask, login: Login, session: Session, clients: list[Counterparty]
) -> None:
    info = session.scalars(select(ContactInfo).where(ContactInfo.value == "bereg@two.example")).one()
    info.value = "почты нет"
    session.commit()
    anna = login("anna")
    mailing = begun(session, anna, clients[:2])
    page = anna.get(f"/mailings/show/{mailing.id}").text
    assert "Письмо 1 получателю." in page
    assert "неверный адрес" in page
    sent(app, session, anna, mailing)
    found = {row.address: row.left_out for row in _of(session, mailing)}
    assert found == {"astra@one.example": None, "почты нет": WhyNoLetter.WRONG_ADDRESS}


@pytest.mark.usefixtures("in_russian")
def test_who_has_nothing_to_fill_a_field_in_with_is_known_before_his_letter_is_made(
    session: Session, clients: list[Counterparty]
) -> None:
    anna, today = user_named(session, "anna"), clock.now().date()
    added(session, BuyerOrder(number="З-1", date=today, counterparty=clients[0], amount=500))
    persons = [
        ContactPerson(
            counterparty=clients[place], last_name=name, first_name=first, middle_name=middle, position=position
        )
        for place, name, first, middle, position in (
            (0, "Первый", "", "", ""),
            (1, "Второй", "Иван", "", "директор"),
            (2, "Третий", "", "Иванович", ""),
        )
    ]
    kind = session.scalars(select(ContactInfo).limit(1)).one().kind
    for person in persons:
        value = f"{person.last_name}@x.example"
        added(session, ContactInfo(person=person, counterparty=person.counterparty, kind=kind, value=value))
    whose = {"clients": [row.id for row in clients], "persons": [row.id for row in persons]}
    mailing = mailings.begin(session, anna, "Проба", **whose)
    for field in TemplateField:
        mailing.subject, mailing.text = "Тема", f"{{{field}}} {{{field}|нет}}"
        told = mailings.preview(session, mailing, today=today, most=len(clients) + len(persons))
        found = session.execute(who_is_left_out(mailing.id, mailings.needed(mailing)))
        without = {row.id for row, why in found if why == WhyNoLetter.NO_VALUE}
        assert without == {each.recipient.id for each in told if each.refused}, field


def test_a_mailing_is_seen_by_its_author_and_by_whoever_sees_everything(
    login: Login, session: Session, clients: list[Counterparty]
) -> None:
    mailing = begun(session, login("anna"), clients[:2])
    assert login("boris").get(f"/mailings/show/{mailing.id}").status_code == 404
    assert login("vera").get(f"/mailings/show/{mailing.id}").status_code == 200
    assert login("pavel").post("/mailings/begin", data={"clients": str(clients[0].id)}).status_code in {302, 403}
    assert len(session.scalars(select(Mailing)).all()) == 1
    foreign = login("boris").post("/mailings/begin", data={"clients": str(clients[0].id)})
    assert foreign.location.endswith("/mailings/list/")


@pytest.mark.usefixtures("in_russian")
def test_many_recipients_cost_statements_by_the_batch(
    session: Session, clients: list[Counterparty], sql: list[str]
) -> None:
    kind, anna = session.scalars(select(ContactInfo).limit(1)).one().kind, user_named(session, "anna")
    many = [buyer(session, f"Клиент {n}", manager=anna) for n in range(40)]
    session.add_all(
        [ContactInfo(counterparty=row, kind=kind, value=f"client{n}@many.example") for n, row in enumerate(many)]
    )

    def cost(rows: list[Counterparty]) -> int:
        mailing = mailings.begin(session, anna, "Проба", clients=[row.id for row in rows])
        mailing.template = session.scalars(select(LetterTemplate).limit(1)).one()
        mailing.subject, mailing.text = "Тема", "Здравствуйте, {клиент}!"
        mailing.mailbox_id = session.scalars(select(Mailbox.id).where(Mailbox.address == "anna@vizavi.test")).one()
        session.flush()
        sql.clear()
        mailings.prepare(session, mailing, site=SITE, now=clock.now(), today=clock.today())
        return len(sql)

    assert cost(many) <= cost(many[:2]) + 5
