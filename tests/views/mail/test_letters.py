"""A letter from the first press to the undo: filled in, kept by itself, checked, seen by whom it concerns."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from html import unescape
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.words import (
    ContactKind,
    ContactState,
    Direction,
    JobState,
    LetterState,
    PartyRole,
    RecipientState,
)
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.jobs import Job, StoredFile
from app.models.journal import Act, RowChange
from app.models.letters import Letter, LetterDraft, LetterParty, LetterTemplate, Outgoing
from app.models.lists import SavedView
from app.models.mailboxes import Mailbox, MailboxRight
from app.services.mail import letter_contacts
from app.web.report_links import view_name
from tests.clients import Clients
from tests.conftest import user_named
from tests.web.test_rest import Program

pytestmark = pytest.mark.slow
Login = Callable[..., FlaskClient]


@pytest.fixture
def clients(session: Session) -> Clients:
    return Clients(session)


@pytest.fixture
def client(session: Session, clients: Clients) -> Counterparty:
    """Anna's, with a person who has an address."""
    found = clients.company("Ромашка", "anna")
    person = ContactPerson(counterparty=found, last_name="Иванов", first_name="Иван", middle_name="Ильич")
    kind = session.scalars(select(ContactInfoKind).where(ContactInfoKind.type == "email")).first()
    session.add(ContactInfo(counterparty=found, person=person, kind=kind, value="Ivan@client.ru"))
    session.commit()
    return found


def box(session: Session, **more: Any) -> Mailbox:
    made = Mailbox(**{"address": "anna@firm.ru", "owner_id": user_named(session, "anna").id, **more})
    session.add(made)
    session.commit()
    return made


def only(session: Session, model: Any) -> Any:
    session.expire_all()
    return session.scalars(select(model)).one()


def send(user: FlaskClient, client: Counterparty, **more: Any) -> Any:
    typed = {"to": "ivan@client.ru", "subject": "Счет", "text": "Добрый день!", "press": "send", **more}
    if "mailbox" not in typed:
        typed["mailbox"] = user.get("/letters/write").text.split('<option value="')[1].split('"')[0]
    return user.post(f"/letters/write?counterparty={client.id}", data=typed)


def test_a_planned_letter_opens_filled_in(
    login: Login, session: Session, client: Counterparty, clients: Clients
) -> None:
    mailbox = box(session, signature="Анна, отдел продаж")
    contact = clients.contact(client, "Цены на май", days=1, manager=user_named(session, "anna"))
    session.commit()
    page = login("anna").get(f"/letters/write?contact={contact.id}").text
    assert "Иванов Иван Ильич&#34; &lt;Ivan@client.ru&gt;" in page
    assert 'value="Цены на май"' in page
    assert mailbox.signature in page


def test_what_is_typed_is_kept_by_itself_and_is_the_authors_alone(
    login: Login, session: Session, client: Counterparty
) -> None:
    box(session)
    anna, typed = login("anna"), {"to": "ivan@client.ru", "subject": "Нача", "text": "Доб"}
    told = anna.post(f"/letters/keep?counterparty={client.id}", data=typed).json
    assert told["wrong"] is None
    anna.post("/letters/keep", data={**typed, "draft": told["draft"], "subject": "Начало"})
    draft = only(session, LetterDraft)
    assert (draft.subject, draft.counterparty_id) == ("Начало", client.id)
    assert "Начало" in anna.get("/letters/drafts").text
    assert "Начало" in anna.get(f"/letters/write?draft={draft.id}").text
    boris = login("boris")
    assert "Начало" not in boris.get("/letters/drafts").text
    assert boris.get(f"/letters/write?draft={draft.id}").status_code == 404
    assert boris.post("/letters/keep", data={**typed, "draft": draft.id}).status_code == 404
    boris.post("/letters/write", data={"subject": "Чужое", "draft": draft.id})
    session.refresh(draft)
    assert draft.subject == "Начало"


def test_a_letter_goes_after_ten_seconds_and_is_a_contact_that_is_done(
    login: Login, session: Session, client: Counterparty
) -> None:
    box(session)
    anna = login("anna")
    typed = {"cc": "Пётр <petr@other.ru>", "bcc": "boss@firm.ru", "once": "1"}
    answer, again = send(anna, client, **typed), send(anna, client, **typed)
    letter = only(session, Letter)
    assert [answer.location, again.location] == [f"/letters/show/{letter.id}"] * 2
    assert letter.state is LetterState.WAITING
    assert 8 < (letter.outgoing.next_try_at - clock.now()).total_seconds() <= 10
    assert [(party.role, party.address, party.counterparty_id) for party in letter.parties] == [
        (PartyRole.FROM, "anna@firm.ru", None),
        (PartyRole.TO, "ivan@client.ru", client.id),
        (PartyRole.CC, "petr@other.ru", None),
        (PartyRole.BCC, "boss@firm.ru", None),
    ]
    written = message_from_bytes(letter.source.raw, policy=default)
    assert written["From"] == "Анна Петрова <anna@firm.ru>"
    assert written["Subject"] == "Счет"
    assert b"boss@firm.ru" not in letter.source.raw
    contact = letter.contact
    assert (contact.kind, contact.direction, contact.state) == (ContactKind.EMAIL, Direction.OUT, ContactState.DONE)
    assert (contact.counterparty_id, contact.subject, contact.manager_id) == (client.id, "Счет", letter.author_id)
    assert session.scalar(select(func.count(LetterDraft.id))) == 0
    page = anna.get(f"/letters/show/{letter.id}").text
    assert "Не отправлять" in page
    assert "Следующий контакт" in page


def test_one_press_takes_a_letter_back_whole(
    login: Login, session: Session, client: Counterparty, clients: Clients
) -> None:
    contact = clients.contact(client, "Цены", days=1, manager=user_named(session, "anna"))
    contact.kind = ContactKind.EMAIL
    session.commit()
    anna = login("anna")
    mailbox = box(session)
    typed = {"to": "ivan@client.ru", "subject": "Цены", "text": "Вот", "press": "send", "mailbox": mailbox.id}
    anna.post(f"/letters/write?contact={contact.id}", data=typed)
    letter = only(session, Letter)
    session.refresh(contact)
    assert contact.state is ContactState.DONE
    assert letter.contact_id == contact.id
    answer = anna.post(f"/letters/take-back/{letter.id}")
    draft = only(session, LetterDraft)
    assert answer.location == f"/letters/write?draft={draft.id}"
    assert (draft.to, draft.subject, draft.text) == ("ivan@client.ru", "Цены", "Вот")
    session.refresh(contact)
    assert contact.state is ContactState.PLANNED
    assert session.scalar(select(func.count(Letter.id))) == 0


def test_no_press_sends_a_letter_twice_whatever_became_of_it(
    login: Login, session: Session, client: Counterparty
) -> None:
    box(session)
    anna = login("anna")

    def drafts_and_letters() -> tuple[int, int]:
        numbers = select(func.count(LetterDraft.id)).scalar_subquery(), func.count(Letter.id)
        return tuple(session.execute(select(*numbers)).one())  # type: ignore[return-value]

    for key in ("at once", "kept before"):
        kept = {"draft": anna.post("/letters/keep", data={"subject": "Сч"}).json["draft"]} if "kept" in key else {}
        first, again = (send(anna, client, once=key, **kept) for _ in range(2))
        assert (first.status_code, again.status_code, again.location) == (302, 302, first.location)
        assert drafts_and_letters() == (0, 1)
        anna.post(first.location.replace("show", "take-back"))
        assert drafts_and_letters() == (1, 0)
        answer = send(anna, client, once=key, **kept)
        assert drafts_and_letters() == (2, 0)  # what was typed is kept, and goes by another press
        assert "новый черновик" in anna.get(answer.location).text
        taken_back = session.scalars(select(Act.id).order_by(Act.id.desc()).limit(1)).one()
        assert (
            "Отозванное письмо не возвращается" in anna.post(f"/journal/undo/{taken_back}", follow_redirects=True).text
        )
        assert drafts_and_letters() == (2, 0)
        session.execute(delete(LetterDraft))


def test_why_a_letter_has_not_gone_out_is_said(login: Login, session: Session, client: Counterparty) -> None:
    mailbox, anna = box(session), login("anna")
    send(anna, client)
    letter = only(session, Letter)
    page, soon, why = f"/letters/show/{letter.id}", "Письмо уйдет через несколько секунд", "почему — сказано ниже"
    assert soon in anna.get(page).text
    mailbox.stopped = "535 wrong password"
    session.commit()
    told = anna.get(page).text
    assert (soon in told, why in told, "535 wrong password" in told) == (False, True, True)
    mailbox.stopped, letter.outgoing.error = "", "timed out"  # another letter was tried
    session.commit()
    told = anna.get(page).text
    assert (soon in told, why in told, "timed out" in told) == (False, True, True)
    letter.state, letter.outgoing.dead_at, letter.outgoing.error = LetterState.DEAD, clock.now(), "in the stop list"
    session.commit()
    told = anna.get(page).text
    assert ("Отправить снова" in told, "in the stop list" in told, "Отложено навсегда" in told) == (True, True, True)


def begun(letter: Letter) -> None:
    letter.outgoing.attempts = 1


def given_over_and_sent_again(letter: Letter) -> None:
    letter.outgoing.may_have_arrived = True


def taken_by_some_and_sent_again(letter: Letter) -> None:
    letter.parties[-1].state = RecipientState.SENT


@pytest.mark.parametrize("went", [begun, given_over_and_sent_again, taken_by_some_and_sent_again])
def test_what_has_begun_to_go_is_not_taken_back(
    login: Login, session: Session, client: Counterparty, went: Callable[[Letter], None]
) -> None:
    box(session)
    anna = login("anna")
    send(anna, client)
    letter = only(session, Letter)
    page = f"/letters/show/{letter.id}"
    assert "/take-back/" in anna.get(page).text
    went(letter)
    session.commit()
    assert "/take-back/" not in anna.get(page).text
    assert "уже ушло" in anna.post(f"/letters/take-back/{letter.id}", follow_redirects=True).text
    sent = session.scalars(select(RowChange.act_id).where(RowChange.table_name == "letter").distinct()).one()
    assert "уже ушло" in anna.post(f"/journal/undo/{sent}", follow_redirects=True).text
    assert only(session, Letter).id == letter.id
    session.execute(delete(Outgoing))  # as of one that another program of hers sent
    session.commit()
    assert "уже ушло" in anna.post(f"/letters/take-back/{letter.id}", follow_redirects=True).text


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"to": ""}, "to", "Укажите, кому письмо"),
        ({"to": "ivan"}, "to", "не адрес электронной почты"),
        ({"to": "иван@client.ru"}, "to", "не принимают русские буквы"),
        ({"to": "ivan@client.ru\r\nBcc: spy@evil.ru"}, "to", "не адрес электронной почты"),
        ({"cc": "ivan@сlient.ru"}, "cc", "русские и латинские буквы"),
        ({"subject": " "}, "subject", "укажите тему"),
        ({"subject": "Счет\r\nBcc: spy@evil.ru"}, "subject", "в одну строку"),
        ({"text": "Ваш долг {долг}"}, "text", "не заполнено"),
        ({"text": "Ваш долг {долк}"}, "text", "Поля {долк} нет"),
        ({"at": "2001-01-01T10:00"}, "at", "позже нынешнего"),
        ({"mailbox": "1000000"}, "mailbox", "Выберите ящик"),
    ],
)
def test_what_cannot_go_is_told_at_its_field_and_nothing_is_lost(
    login: Login, session: Session, client: Counterparty, typed: dict[str, str], field: str, told: str
) -> None:
    box(session)
    answer = send(login("anna"), client, **{"text": "Длинный текст", **typed})
    assert answer.status_code == 200
    error = answer.text.split(f'data-error="{field}"')[1].split("</small>")[0]
    assert told in error
    assert " hidden" not in error
    assert re.findall(r'name="(\w+)"[^>]* autofocus', answer.text) == [field]
    assert typed.get("text", "Длинный текст") in answer.text
    assert session.scalar(select(func.count(Letter.id))) == 0


def test_files_go_with_a_letter_under_plain_names_and_are_seen_by_whom_it_concerns(
    login: Login, session: Session, client: Counterparty
) -> None:
    box(session)
    anna = login("anna")
    send(anna, client, files=(io.BytesIO(b"PDF"), "../../Прайс.pdf"))
    letter = only(session, Letter)
    (file,) = letter.files
    assert file.name == "Прайс.pdf"
    address = f"/letters/file/{letter.id}/{file.id}"
    answer = anna.get(address)
    assert answer.data == b"PDF"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert login("boris").get(address).status_code == 404
    assert login("vera").get(address).status_code == 200


def test_too_much_is_refused_before_it_is_sent(login: Login, session: Session, client: Counterparty) -> None:
    box(session)
    answer = send(login("anna"), client, files=(io.BytesIO(b"0" * (20 << 20) + b"1"), "big.bin"))
    assert "слишком большой" in answer.text
    assert "Добрый день!" in answer.text


def test_a_letter_of_a_client_goes_with_him_and_others_see_nothing(
    login: Login, session: Session, client: Counterparty
) -> None:
    box(session)
    send(login("anna"), client)
    letter = only(session, Letter)
    boris = login("boris")
    address = f"/letters/show/{letter.id}"
    for screen in (address, f"/letters/html/{letter.id}"):
        assert boris.get(screen).status_code == 404
    assert "Счет" not in boris.get("/letters/list/").text
    assert boris.post(f"/letters/copy/{letter.id}").status_code == 404
    client.manager = user_named(session, "boris")
    session.commit()
    assert boris.get(address).status_code == 200
    assert login("anna").get(address).status_code == 200  # she wrote it
    pages = {user: login(user).get("/letters/list/").text for user in ("boris", "vera", "pavel")}
    assert {user: "Счет" in page for user, page in pages.items()} == {"boris": True, "vera": True, "pavel": False}


def test_letters_with_nobody_of_the_base_are_seen_by_their_mailbox_alone(login: Login, session: Session) -> None:
    shared = box(session, address="info@firm.ru", owner_id=None)
    session.add(MailboxRight(mailbox=shared, user_id=user_named(session, "boris").id, sends=False))
    session.add(
        Letter(
            message_id="x@y", mailbox=shared, direction=Direction.IN, state=LetterState.RECEIVED,
            at=clock.now(), subject="Личное", sender="stranger@x.ru",
        )
    )  # fmt: skip
    session.commit()
    seen = {user: "Личное" in login(user).get("/letters/list/").text for user in ("anna", "boris", "vera", "admin")}
    assert seen == {"anna": False, "boris": True, "vera": False, "admin": False}
    assert f'value="{shared.id}"' not in login("boris").get("/letters/write").text  # he may not send from it


def test_programs_read_by_the_same_rules(login: Login, session: Session, client: Counterparty, app: Any) -> None:
    box(session)
    send(login("anna"), client)
    letter = only(session, Letter)
    found = {name: Program(app, session, name)("GET", "letter/").json["result"] for name in ("anna", "boris")}
    assert [row["subject"] for row in found["anna"]] == ["Счет"]
    assert found["boris"] == []
    whole = Program(app, session, "anna")("GET", f"letter/{letter.id}").json["result"]
    assert whole["text"] == "Добрый день!"


def test_a_template_is_filled_in_and_an_unknown_field_is_refused_when_it_is_written(
    login: Login, session: Session, client: Counterparty
) -> None:
    box(session)
    anna, vera = login("anna"), login("vera")
    typed = {"name": "Долг", "subject": "Сверка с {клиент}", "text": "{имя отчество}, ваш долг {долг}."}
    assert "Поля {долк} нет" in vera.post("/letter-templates/add", data={**typed, "text": "{долк}"}).text
    vera.post("/letter-templates/add", data=typed)
    template = only(session, LetterTemplate)
    person = session.scalars(select(ContactPerson)).one()
    answer = anna.post(f"/letters/write?person={person.id}", data={"press": "template", "template": template.id})
    page = anna.get(answer.location).text
    assert "Сверка с Ромашка" in page
    assert "Иван Ильич, ваш долг 0,00" in page
    answer = anna.post("/letters/write", data={"press": "template", "template": template.id})
    assert "нечего подставить" in answer.text


def template(session: Session, text: str) -> LetterTemplate:
    found = LetterTemplate(name=f"Образец {len(text)}", subject="", text=text)
    session.add(found)
    session.commit()
    return found


def email(session: Session, client: Counterparty, address: str, person: ContactPerson | None = None) -> None:
    kind = session.scalars(select(ContactInfoKind).where(ContactInfoKind.type == "email")).first()
    session.add(ContactInfo(counterparty=client, person=person, kind=kind, value=address))
    session.commit()


def filled(anna: FlaskClient, template: LetterTemplate, **about: Any) -> str:
    """What the composer shows after «Подставить»."""
    answer = anna.post("/letters/write", query_string=about, data={"press": "template", "template": template.id})
    return anna.get(answer.location).text if answer.location else str(answer.text)


def test_a_letter_to_the_firm_itself_addresses_its_main_person_whoever_is_written_to_or_whoever_was_chosen(
    login: Login, session: Session, client: Counterparty, clients: Clients
) -> None:
    box(session)
    anna, greeting = login("anna"), template(session, "Здравствуйте, {имя}!")
    second = ContactPerson(counterparty=client, last_name="Сидорова", first_name="Ольга")
    session.add(second)
    email(session, client, "olga@client.ru", second)
    email(session, client, "info@client.ru")
    about = {"counterparty": client.id}

    def said(**typed: Any) -> str:
        told = anna.post("/letters/keep", query_string=about, data=typed).json
        pressed = {"press": "template", "template": greeting.id, "draft": told["draft"]}
        page = anna.get(anna.post("/letters/write", data=pressed).location).text
        return page.split("Здравствуйте, ")[1].split("!")[0]

    assert said(to="info@client.ru") == "Иван"
    assert said(to="Ольга <OLGA@client.ru>", person="") == "Ольга"
    assert said(to="info@client.ru", person=second.id) == "Ольга"
    assert said(to="info@client.ru, это не адрес", person=second.id) == "Ольга"
    page = filled(anna, greeting, **about)
    assert "Здравствуйте, Иван!" in page
    assert f'value="{client_person(session, "Иванов").id}" selected' in page
    stranger = ContactPerson(counterparty=clients.company("Лютик", "boris"), last_name="Чужой", first_name="Чужой")
    session.add(stranger)
    session.commit()
    assert said(to="info@client.ru", person=stranger.id) == "Иван"


@pytest.mark.parametrize("typed", ["9" * 5000, str(2**31), "٣", "-1", "", "нет"])
def test_a_number_that_no_row_has_chooses_nobody(
    login: Login, session: Session, client: Counterparty, typed: str
) -> None:
    box(session)
    anna = login("anna")
    told = anna.post(f"/letters/keep?counterparty={client.id}", data={"mailbox": typed, "person": typed})
    assert told.status_code == 200
    draft = session.get_one(LetterDraft, told.json["draft"])  # type: ignore[index]
    assert (draft.mailbox, draft.person) == (None, None)


def client_person(session: Session, last_name: str) -> ContactPerson:
    return session.scalars(select(ContactPerson).where(ContactPerson.last_name == last_name)).one()


def test_a_template_says_what_stands_where_nobody_is_known(login: Login, session: Session, clients: Clients) -> None:
    box(session)
    firm = clients.company("Без людей", "anna")
    email(session, firm, "info@nobody.ru")
    anna = login("anna")
    refused = filled(anna, template(session, "Здравствуйте, {имя}!"), counterparty=firm.id)
    assert "{имя} нечего подставить" in refused
    assert "Здравствуйте, коллеги!" in filled(
        anna, template(session, "Здравствуйте, {имя|коллеги}!"), counterparty=firm.id
    )
    assert "Здравствуйте!" in filled(anna, template(session, "Здравствуйте{лицо| }!"), counterparty=firm.id)
    vera = login("vera")
    typed = {"name": "Еще", "subject": "Т", "text": "{имечко|коллеги}"}
    assert "Поля {имечко" in vera.post("/letter-templates/add", data=typed).text


@pytest.mark.parametrize("text", ["Здравствуйте, {имя|коллеги}!", "{имя}", "{имечко}", "{mark}"])
def test_a_field_that_was_not_filled_in_does_not_go_out(
    login: Login, session: Session, client: Counterparty, text: str
) -> None:
    box(session)
    refused = send(login("anna"), client, text=text)
    assert refused.status_code == 200
    assert session.scalar(select(func.count(Letter.id))) == 0


def test_braces_that_the_client_wrote_are_no_fields_of_ours(
    login: Login, session: Session, client: Counterparty
) -> None:
    mailbox = box(session)
    anna = login("anna")
    came = Letter(
        message_id="x@client.ru", direction=Direction.IN, state=LetterState.RECEIVED, at=clock.now(), mailbox=mailbox,
        subject='Ошибка {"code": 5}', sender="ivan@client.ru", text='Ответ {"code": 5}',
        parties=[LetterParty(role=PartyRole.FROM, address="ivan@client.ru", at=clock.now(), counterparty_id=client.id)],
    )  # fmt: skip
    session.add(came)
    session.commit()
    page = anna.get(f"/letters/write?reply={came.id}").text
    quoted = unescape(page.split('rows="14"')[1].split(">", 1)[1].split("</textarea>")[0])
    assert '> Ответ {"code": 5}' in quoted
    typed = {"to": "ivan@client.ru", "subject": f"Re: {came.subject}", "text": f"Смотрим\n{quoted}"}
    sent = anna.post(f"/letters/write?reply={came.id}", data={**typed, "press": "send", "mailbox": mailbox.id})
    assert sent.status_code == 302, sent.text
    assert session.scalars(select(Letter).where(Letter.id != came.id)).one().subject == typed["subject"]


def test_an_answer_goes_to_the_sender_with_a_quote_and_keeps_the_thread(
    login: Login, session: Session, client: Counterparty
) -> None:
    mailbox = box(session)
    anna = login("anna")
    send(anna, client)
    first = only(session, Letter)
    page = anna.get(f"/letters/write?reply={first.id}").text
    assert 'value="Re: Счет"' in page
    assert "&gt; Добрый день!" in page
    typed = {"to": "ivan@client.ru", "subject": "Re: Счет", "text": "И еще", "press": "send", "mailbox": mailbox.id}
    anna.post(f"/letters/write?reply={first.id}", data=typed)
    second = session.scalars(select(Letter).where(Letter.id != first.id)).one()
    assert (second.in_reply_to, second.thread_id) == (first.message_id, first.thread_id)
    assert f"In-Reply-To: <{first.message_id}>".encode() in second.source.raw


def test_ones_own_program_gets_a_link_while_it_is_short_and_a_file_else(
    login: Login, session: Session, client: Counterparty, clients: Clients
) -> None:
    contact = clients.contact(client, "Цены & скидки", days=1, manager=user_named(session, "anna"))
    session.commit()
    anna = login("anna")
    answer = anna.get(f"/letters/program?contact={contact.id}")
    assert answer.location.startswith("mailto:Ivan@client.ru?subject=%D0%A6%D0%B5%D0%BD%D1%8B%20%26%20")
    typed = {"to": "ivan@client.ru", "cc": "a@client.ru, b@client.ru", "bcc": "c@client.ru", "subject": "Т"}
    told = anna.post("/letters/keep", data=typed).json
    answer = anna.get(f"/letters/program?draft={told['draft']}")
    assert "?cc=a@client.ru,b@client.ru&bcc=c@client.ru&subject=" in answer.location
    told = anna.post("/letters/keep", data=typed | {"text": "ы" * 400}).json
    answer = anna.get(f"/letters/program?draft={told['draft']}")
    assert answer.headers["Content-Type"] == "message/rfc822"
    for line in (b"X-Unsent: 1", b"Cc: a@client.ru, b@client.ru", b"Bcc: c@client.ru"):
        assert line in answer.data


def test_a_dead_letter_is_sent_again_or_copied(login: Login, session: Session, client: Counterparty) -> None:
    box(session)
    anna = login("anna")
    send(anna, client)
    letter = only(session, Letter)
    letter.state, letter.outgoing.dead_at = LetterState.DEAD, clock.now()
    letter.parties[1].state, letter.parties[1].answer = RecipientState.REFUSED, "550 No such user"
    session.commit()
    page = anna.get(f"/letters/show/{letter.id}").text
    assert "550 No such user" in page
    anna.post(f"/letters/copy/{letter.id}")
    assert only(session, LetterDraft).subject == "Счет"
    anna.post(f"/letters/again/{letter.id}")
    session.refresh(letter)
    assert letter.state is LetterState.WAITING
    assert letter.parties[1].state is RecipientState.WAITING


def test_recipients_are_found_while_typing_among_those_that_the_reader_sees(
    login: Login, session: Session, client: Counterparty
) -> None:
    for text in ("иван", "ромаш", "ivan@"):
        assert [each["typed"] for each in login("anna").get(f"/letters/people?q={text}").json] == [
            '"Иванов Иван Ильич" <Ivan@client.ru>'
        ]
    assert login("boris").get("/letters/people?q=иван").json == []


def test_html_of_a_stranger_is_shown_in_a_frame_that_runs_nothing(
    login: Login, session: Session, client: Counterparty
) -> None:
    box(session)
    anna = login("anna")
    send(anna, client)
    letter = only(session, Letter)
    letter.html = "<b>Да</b><script>alert(1)</script><img src='https://spy.ru/x.png'>"
    session.commit()
    answer = anna.get(f"/letters/html/{letter.id}")
    assert "<b>Да</b>" in answer.text
    assert "script" not in answer.text
    assert "spy.ru" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    page = anna.get(f"/letters/show/{letter.id}")
    assert 'sandbox="allow-popups' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]  # else the browser leaves the frame empty


def test_sending_later_waits(login: Login, session: Session, client: Counterparty) -> None:
    box(session)
    tomorrow = clock.now() + timedelta(days=1)
    send(login("anna"), client, at=tomorrow.strftime("%Y-%m-%dT%H:%M"))
    letter = only(session, Letter)
    assert letter.outgoing.next_try_at > clock.now() + timedelta(hours=15)


def test_a_letter_about_an_order_is_begun_from_its_card_and_stands_there(
    login: Login, session: Session, client: Counterparty, clients: Clients
) -> None:
    box(session)
    short, long = clients.order(client, "ЗП-12"), clients.order(client, "ЗП-12/3")
    session.commit()
    anna = login("anna")
    assert f"/letters/write?order={long.id}" in anna.get(f"/orders/show/{long.id}").text
    page = anna.get(f"/letters/write?order={long.id}").text
    assert 'value="Заказ ЗП-12/3"' in page
    assert "Ivan@client.ru" in page
    send(anna, client, subject="Заказ ЗП-12/3: готов")
    letter = only(session, Letter)
    assert letter.order_id == long.id
    for order, stands in ((long, True), (short, False)):
        assert (f"/letters/show/{letter.id}" in anna.get(f"/orders/show/{order.id}").text) is stands
    assert login("boris").get(f"/letters/write?order={long.id}").status_code == 404


def test_a_letter_that_comes_is_of_the_order_that_it_names(
    session: Session, client: Counterparty, clients: Clients
) -> None:
    order = clients.order(client, "ЗП-12")
    for subject, named in (("Re: заказ ЗП-12: сроки", order.id), ("Заказ ЗП-123", None), ("Прайс", None)):
        assert letter_contacts.order_named(session, client.id, subject) == named


def test_ones_own_files_and_reports_as_one_sees_them_are_attached(
    login: Login, session: Session, client: Counterparty, clients: Clients
) -> None:
    clients.company("Чужая", "boris")
    anna, boris = user_named(session, "anna"), user_named(session, "boris")
    made = [
        Job(kind="workbook", user_id=user.id, state=JobState.DONE, finished_at=clock.now(), output=file)
        for user in (anna, boris)
        for file in [StoredFile(name=f"{user.username}.xlsx", size=1, content=b"x")]
    ]
    kept = SavedView(user_id=anna.id, list=view_name("contact-info"), name="Мои клиенты 1/2", choice={})
    clients.session.add_all([*made, kept])
    session.commit()
    writer = login("anna")
    typed = {"to": "ivan@client.ru", "subject": "Отчет", "press": "enclose"}
    page = writer.get("/letters/write").text
    assert "anna.xlsx" in page
    assert "boris.xlsx" not in page
    for chosen in (f"file:{made[0].id}", f"report:{kept.id}"):
        draft = session.scalar(select(LetterDraft.id))
        answer = writer.post("/letters/write", data={**typed, "draft": draft or "", "enclosure": chosen})
        assert answer.status_code == 302
    own, report = only(session, LetterDraft).files
    assert (own.name, own.blob.content) == ("anna.xlsx", b"x")
    sheet = openpyxl.load_workbook(io.BytesIO(report.blob.content)).worksheets[0]
    cells = " ".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
    assert "Ромашка" in cells
    assert "Чужая" not in cells
    assert report.name.startswith("Мои клиенты 1-2 ")
    refused = writer.post("/letters/write", data={**typed, "enclosure": f"file:{made[1].id}"})
    assert "Выберите файл или отчет" in refused.text
