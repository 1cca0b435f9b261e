"""A client says by one click in his letter how satisfied he is: once a letter, without a login, and nobody for him."""

from __future__ import annotations

import email
import re
from collections.abc import Callable
from datetime import date
from email.message import Message
from email.policy import default

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.models.letters import Letter
from app.models.mailboxes import Mailbox
from app.models.movements import Shipment
from app.models.satisfaction import SatisfactionAsk, SatisfactionMark
from app.services.mail import composing
from app.views.mail.marks import MOST
from tests.clients import Clients
from tests.conftest import user_named
from tests.factories import added

Login = Callable[..., FlaskClient]


@pytest.fixture
def letter(login: Login, session: Session) -> Letter:
    """Anna asks Роза about her shipment, from its card."""
    made = Clients(session)
    rose = made.company("Роза")
    made.email(rose, "rose@one.example")
    added(session, Mailbox(address="anna@vizavi.test", owner_id=user_named(session, "anna").id))
    shipment = added(session, Shipment(number="РН-7", date=date(2026, 5, 4), counterparty=rose))
    session.commit()
    hers = login("anna")
    asking = f"/letters/write?shipment={shipment.id}"
    assert asking in hers.get(f"/shipments/show/{shipment.id}").text
    page = hers.get(asking).text
    assert "РН-7" in page
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)
    assert text
    assert "{оценка}" in text[1]
    box = session.scalars(select(Mailbox.id).where(Mailbox.address == "anna@vizavi.test")).one()
    typed = {"to": "rose@one.example", "subject": "Отгрузка", "text": text[1], "mailbox": box, "press": "send"}
    hers.post(asking, data=typed)
    session.expire_all()
    return session.scalars(select(Letter)).one()


def parts(letter: Letter) -> tuple[str, str]:
    """Text and HTML as they went out."""
    assert letter.source
    message: Message = email.message_from_bytes(letter.source.raw, policy=default)
    text, html = (
        part.get_content()  # type: ignore[attr-defined]
        for part in message.walk()
        if not part.is_multipart()
    )
    return text, html


def links(letter: Letter) -> list[str]:
    return re.findall(r"https?://[^/]+(/mark/\S+)", parts(letter)[0])


def marks(session: Session) -> list[tuple[int, str]]:
    session.expire_all()
    return [(each.mark, each.comment) for each in session.scalars(select(SatisfactionMark))]


def test_a_click_shows_a_page_and_its_button_gives_one_mark_a_letter_that_may_be_changed(
    app: Flask, session: Session, letter: Letter
) -> None:
    text, html = parts(letter)
    found, stranger = links(letter), app.test_client()
    assert [link[-1] for link in found] == ["5", "4", "3", "2", "1"]
    assert all(f'{link}"' in html for link in found)
    assert "Отлично" in text
    for link in found:  # as a program does that looks where links lead
        assert stranger.get(link).status_code == 200
    assert marks(session) == []
    page = stranger.get(found[1]).text
    assert re.search(r'value="4" checked', page)
    assert "Спасибо" in stranger.post(found[1], data={"mark": "4", "comment": "Быстро"}).text
    assert marks(session) == [(4, "Быстро")]
    assert "Быстро" in stranger.get(found[0]).text
    stranger.post(found[0], data={"mark": "5", "comment": ""})
    assert marks(session) == [(5, "")]
    for wrong in ("6", "0", "пять", ""):
        assert stranger.post(found[0], data={"mark": wrong, "comment": "Не то"}).status_code == 400
    mark = session.scalars(select(SatisfactionMark)).one()
    assert (mark.counterparty.name, mark.contact_id, mark.by) == ("Роза", letter.contact_id, None)


def test_nobody_here_answers_for_a_client(app: Flask, login: Login, session: Session, letter: Letter) -> None:
    link, anna = links(letter)[0], login("anna")
    secret = link.split("/")[2]
    card = anna.get(f"/letters/show/{letter.id}").text
    assert secret not in card
    assert "пять оценок" in card
    assert letter.contact
    assert secret not in letter.contact.text
    for card in (f"/contacts/show/{letter.contact_id}", f"/counterparties/show/{letter.contact.counterparty_id}"):
        page = anna.get(card).text  # words there, not the name of a field
        assert ("пять оценок" in page, "{оценка}" in page) == (True, False), card
    assert session.scalars(select(SatisfactionAsk.hash)).one() != secret
    assert anna.get(link).status_code == anna.post(link, data={"mark": "5"}).status_code == 403
    assert marks(session) == []
    app.test_client().post(link, data={"mark": "2", "comment": "Бой"})
    mark = session.scalars(select(SatisfactionMark)).one()
    assert "Сам клиент" in anna.get("/satisfaction/list/").text
    anna.post(f"/satisfaction/edit/{mark.id}", data={"counterparty": mark.counterparty_id, "mark": "5"})
    anna.post(f"/satisfaction/delete/{mark.id}")
    assert marks(session) == [(2, "Бой")]


def test_who_guesses_at_secrets_is_slowed_down(app: Flask, letter: Letter) -> None:
    stranger, link = app.test_client(), links(letter)[0]
    codes = [stranger.get(f"/mark/{number}x/5").status_code for number in range(MOST + 1)]
    assert codes == [404] * MOST + [429]
    assert stranger.post(link, data={"mark": "5"}).status_code == 429
    assert stranger.get(link).status_code == 200  # whoever has a letter still sees its page


def test_a_letter_that_is_taken_back_asks_nobody_and_asks_anew_when_it_goes_again(
    app: Flask, session: Session, letter: Letter
) -> None:
    old = links(letter)[0]
    draft = composing.take_back(session, letter, now=clock.now())
    assert "{оценка}" in draft.text
    again = composing.send(session, draft, site="https://crm.example", now=clock.now())
    session.commit()
    assert app.test_client().get(old).status_code == 404
    assert app.test_client().get(links(again)[0]).status_code == 200
