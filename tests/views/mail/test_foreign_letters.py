"""Nobody reads a letter of a client or a mailbox that is not his, by any address; what is handed over he reads."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import clock
from app.domain.words import Direction, LetterState, PartyRole
from app.models.contacts import Contact
from app.models.counterparties import Counterparty
from app.models.letters import (
    Blob,
    DraftFile,
    IgnoredSender,
    Letter,
    LetterDraft,
    LetterFile,
    LetterInvite,
    LetterParty,
    LetterPlace,
    LetterSource,
    LetterThread,
    Outgoing,
)
from app.models.mailboxes import Mailbox, MailboxFolder
from app.services.mail import letter_contacts
from tests.clients import Clients
from tests.conftest import user_named
from tests.web.test_rest import Program

Login = Callable[..., FlaskClient]
SECRET = re.compile("жемчуг|zhemchug", re.IGNORECASE)
SECTIONS = {"Letters", "Mailboxes", "Shared mailboxes"}
COLUMNS = ("subject", "address")  # of a letter, of a mailbox
# Addresses of everything that a letter may be told in besides its own screens.
ELSEWHERE = (
    "/", "/bell/", "/bell/all", "/bell/panel", "/calendar/", "/calendar/json", "/contacts/list/?view=all",
    "/counterparties/list/?view=all", "/persons/list/?view=all", "/contact-info/list/", "/journal/", "/journal/bin",
    "/search?q=договор", "/search/typed?q=договор", "/search?q=skrepka", "/reports/contacts/?from=2020-01-01",
    "/reports/contacts/json", "/lookup/Counterparty", "/lookup/ContactPerson", "/letters/people?q=zh",
    "/contacts/add?letter={letter}", "/letters/list/?view=all", "/letters/list/?_flt_0_mailbox={box}",
    "/letters/list/?_flt_0_author={author}", "/letters/list/?q=договор", "/letters/list/?_flt_2_subject=договор",
    "/incoming/unknown", "/counterparties/show/{client}", "/contacts/show/{contact}", "/call/beside/{client}",
    "/bell/about/contact/{contact}",
    "/history/letter/{letter}", "/history/mailbox/{box}", "/history/contact/{contact}", "/register/{contact}",
    *(f"/letters/{page}?{what}={{{what}}}" for page in ("write", "program") for what in ("draft", "reply", "contact")),
)  # fmt: skip
REST = ("letter/", "letter/_info", "letter/{letter}", "contact/", "contact/{contact}", "counterparty/{client}")


@dataclass(frozen=True)
class Correspondence:
    """What is kept of it: name of a thing -> numbers of its rows."""

    client: Counterparty
    ids: dict[str, list[int]]

    @property
    def first(self) -> dict[str, int]:
        """One number a thing, as addresses name it."""
        return {name: numbers[0] for name, numbers in self.ids.items()} | {"reply": self.ids["letter"][0]}


class Writing:
    """Letters in Anna's mailbox, every word of which is a secret."""

    def __init__(self, session: Session) -> None:
        self.session, self.clients = session, Clients(session)
        self.anna = self.clients.user("anna")
        self.box = self.clients.add(Mailbox(address="zhemchug@firm.ru", name="Жемчуг", owner=self.anna))
        self.folder = self.clients.add(MailboxFolder(mailbox=self.box, name="INBOX", role="inbox"))
        self.clients.add(IgnoredSender(mailbox=self.box, address="zhemchug-ignored@skrepka.ru"))
        self.thread = self.clients.add(LetterThread(subject="Жемчуг: договор"))
        self.blob = self.clients.add(Blob(sha256="f" * 64, size=6, content="Жемчуг".encode()))

    def letter(self, state: LetterState, client: Counterparty | None = None) -> Letter:
        comes, at = state is LetterState.RECEIVED, clock.now() - timedelta(hours=1)
        other = {"address": "zhemchug@skrepka.ru", "name": "Жемчуг договор", "counterparty": client, "at": at}
        own = {"address": self.box.address, "at": at}
        hidden = {"address": "zhemchug-bcc@skrepka.ru", "at": at}
        letter = Letter(
            message_id=f"zhemchug-{state}-{bool(client)}@x", mailbox=self.box, thread=self.thread, state=state, at=at,
            author=None if comes else self.anna, direction=Direction.IN if comes else Direction.OUT,
            subject="Жемчуг: договор", text="Жемчуг, договор", html="<b>Жемчуг</b>", file_count=1,
            sender="zhemchug@skrepka.ru" if comes else self.box.address, source=LetterSource(raw=b"zhemchug"),
            parties=[
                LetterParty(role=PartyRole.FROM, **(other if comes else own)),
                LetterParty(role=PartyRole.TO, answer="Жемчуг", **(own if comes else other)),
                LetterParty(role=PartyRole.BCC, **hidden),
            ],
            files=[LetterFile(blob=self.blob, name="Жемчуг договор.png", mime="image/png", content_id="zhemchug")],
        )  # fmt: skip
        self.clients.add(letter)
        if comes:
            self.clients.add(LetterPlace(letter=letter, mailbox=self.box, folder_id=self.folder.id, uid=letter.id))
            when = {"starts_at": at, "ends_at": at}
            self.clients.add(LetterInvite(letter=letter, uid="zhemchug", sequence=0, title="Жемчуг договор", **when))
        else:
            way = Outgoing(letter=letter, mailbox=self.box, sender=self.box.address, next_try_at=at, error="Жемчуг")
            self.clients.add(way)
        return letter

    def kept(self, client: Counterparty, letters: list[Letter]) -> Correspondence:
        about = {"to": "zhemchug@skrepka.ru", "subject": "Жемчуг", "text": "Жемчуг", "changed_at": clock.now()}
        draft = self.clients.add(LetterDraft(author_id=self.anna.id, mailbox=self.box, **about))
        enclosed = self.clients.add(DraftFile(draft=draft, blob=self.blob, name="Жемчуг.png"))
        for letter in letters:
            letter_contacts.keep(self.session, letter)
        contacts = [letter.contact.id for letter in letters if letter.contact]
        contacts = contacts or [self.clients.contact(None, "Жемчуг", prospect="Жемчуг", manager=self.anna).id]
        self.session.commit()
        return Correspondence(
            client,
            {
                "letter": [letter.id for letter in letters],
                "file": [letter.files[0].id for letter in letters] + [enclosed.id],
                "draft": [draft.id],
                "box": [self.box.id],
                "thread": [self.thread.id],
                "client": [client.id],
                "contact": contacts,
                "author": [self.anna.id],
            },
        )


@pytest.fixture
def of_client(session: Session) -> Correspondence:
    """With a client of Anna's: one that came, and one that nobody took."""
    writing = Writing(session)
    client = writing.clients.company("Жемчуг", "anna")
    writing.clients.email(client, "zhemchug@skrepka.ru")
    return writing.kept(client, [writing.letter(state, client) for state in (LetterState.RECEIVED, LetterState.DEAD)])


@pytest.fixture
def of_mailbox(session: Session) -> Correspondence:
    """With somebody whom the base does not know."""
    writing = Writing(session)
    nobody = writing.clients.company("Никто", "anna")
    return writing.kept(nobody, [writing.letter(state) for state in (LetterState.RECEIVED, LetterState.DEAD)])


def own_routes(app: Flask) -> Iterator[tuple[Rule, Any]]:
    """Every route of a screen of mail, with its view: a new one is found here by its section."""
    with app.test_request_context():
        views = {type(view).__name__: view for view in app.appbuilder.baseviews}  # type: ignore[attr-defined]
    for rule in app.url_map.iter_rules():
        view = views.get(rule.endpoint.partition(".")[0])
        if getattr(view, "class_permission_name", "") in SECTIONS and not rule.rule.startswith("/api/"):
            yield rule, view


def numbers_of(view: Any, name: str, mail: Correspondence) -> list[Any]:
    if name == "name":
        return list(COLUMNS)
    if name == "pk":
        return {Letter: mail.ids["letter"], Mailbox: mail.ids["box"]}.get(_model(view), [1])
    return sorted({number for numbers in mail.ids.values() for number in numbers})


def _model(view: Any) -> Any:
    return getattr(getattr(view, "datamodel", None), "obj", Letter)


def asked(app: Flask, mail: Correspondence) -> Iterator[tuple[str, str]]:
    """(method, address) of everything that can be asked for with the numbers of these letters."""
    adapter = app.url_map.bind("localhost")
    for rule, view in own_routes(app):
        values = [numbers_of(view, name, mail) for name in sorted(rule.arguments)]
        for chosen in product(*values):
            address = adapter.build(rule.endpoint, dict(zip(sorted(rule.arguments), chosen, strict=True)))
            for method in {"GET", "POST"} & set(rule.methods or ()):
                yield method, address
    for address in ELSEWHERE:
        yield "GET", address.format(**mail.first)


def told(answer: TestResponse) -> str:
    """What an answer says, in whatever it is packed; the names of addresses too."""
    data, where = answer.data, answer.headers.get("Location", "") + answer.headers.get("Content-Disposition", "")
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"".join(book.read(name) for name in book.namelist())
    text = data.decode(errors="replace") + where
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


def leaks(app: Flask, session: Session, user: FlaskClient, username: str, mail: Correspondence) -> list[str]:
    """Addresses whose answers tell something, or fail."""
    form = {"draft": mail.first["draft"], "rowid": mail.ids["letter"], "ids": mail.ids["letter"], "press": "send"}
    found = []
    for method, address in asked(app, mail):
        answer = user.open(address, method=method, data=form if method == "POST" else None)
        if answer.status_code >= 500 or SECRET.search(told(answer)):
            found.append(f"{method} {address}: {answer.status_code}")
    ask = Program(app, session, username)
    for address in REST:
        answer = ask("GET", address.format(**mail.first))
        if answer.status_code >= 500 or SECRET.search(told(answer)):
            found.append(f"REST {address}: {answer.status_code}")
    return found


def test_a_manager_learns_nothing_of_a_letter_of_another_ones_client(
    app: Flask, login: Login, session: Session, of_client: Correspondence
) -> None:
    assert leaks(app, session, login("boris"), "boris", of_client) == []
    session.expire_all()
    assert session.get_one(Letter, of_client.ids["letter"][1]).state is LetterState.DEAD  # nor did he change anything
    assert session.get(LetterDraft, of_client.ids["draft"][0]) is not None


def test_whoever_sees_all_clients_learns_nothing_of_a_letter_with_a_stranger_in_a_mailbox_that_is_not_his(
    app: Flask, login: Login, session: Session, of_mailbox: Correspondence
) -> None:
    session.delete(session.get_one(Contact, of_mailbox.ids["contact"][0]))  # a director sees contacts
    session.commit()
    assert leaks(app, session, login("vera"), "vera", of_mailbox) == []


def test_letters_of_a_client_handed_over_are_read_with_their_files_but_not_who_got_hidden_copies(
    app: Flask, login: Login, session: Session, of_client: Correspondence
) -> None:
    client = session.get_one(Counterparty, of_client.client.id)
    client.manager = user_named(session, "boris")
    session.commit()
    boris, ids, ask = login("boris"), of_client.ids, Program(app, session, "boris")
    read = [boris.get(f"/letters/{screen}/{number}") for number in ids["letter"] for screen in ("show", "html")]
    read.append(boris.get(f"/letters/file/{ids['letter'][0]}/{ids['file'][0]}"))
    read.append(boris.get(f"/counterparties/show/{client.id}"))
    read += [boris.get("/letters/list/?view=all"), boris.get("/search?q=договор")]
    read += [ask("GET", "letter/"), ask("GET", f"letter/{ids['letter'][1]}")]
    assert [answer.request.path for answer in read if not SECRET.search(told(answer))] == []
    read.append(boris.post(f"/letters/copy/{ids['letter'][1]}", follow_redirects=True))
    assert [answer.request.path for answer in read if "zhemchug-bcc" in told(answer)] == []
    assert "zhemchug-bcc" in told(login("anna").get(f"/letters/show/{ids['letter'][1]}"))
    assert boris.get(f"/letters/write?draft={ids['draft'][0]}").status_code == 404
    assert boris.get(f"/mailboxes/show/{ids['box'][0]}").status_code == 404
