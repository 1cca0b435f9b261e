"""Letters come in from a real server, each once, to everybody whom they concern."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.formats.limits import MEGABYTE, Limits
from app.domain.letters.addresses import Recipient
from app.domain.letters.writing import Draft
from app.domain.words import (
    ContactKind,
    ContactState,
    Direction,
    FolderRole,
    InfoType,
    LetterFault,
    LetterKind,
    LetterState,
    PartyRole,
    RecipientState,
    Road,
    WireSecurity,
)
from app.models import authorship
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.letters import Letter, LetterFile, LetterPlace, Outgoing
from app.models.mailboxes import Mailbox, MailboxFolder
from app.services.mail import invites
from app.services.mail.incoming import fetching, receiving
from app.services.mail.incoming.imap import Arrived, ImapReader, Waiting
from app.services.mail.incoming.receiving import Around
from app.services.mail.sealing import Seal
from app.services.mail.sending import send
from app.services.mail.threads import Ties
from tests.conftest import user_named
from tests.domain.test_letters import FOLDER, MOSCOW
from tests.factories import added, buyer
from tests.services.mail.mailboxes import PASSWORD, Dovecot, MailServer, why_no_dovecot

pytestmark = pytest.mark.slow

SEAL = Seal("secret")
T = TypeVar("T")


@pytest.fixture(scope="module", params=["pymap", "dovecot"])
def server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    if request.param == "dovecot" and (why := why_no_dovecot()):
        pytest.skip(why)
    server = Dovecot() if request.param == "dovecot" else MailServer()
    yield server
    server.stop()


DISOWNED = "Authentication-Results: mx.vizavi.test; spf=fail smtp.mailfrom=evil.example; dmarc=fail\n"


class Box:
    """A mailbox of the product on the server, and a way to ask it."""

    def __init__(self, session: Session, server: MailServer, *, owner: str | None = None, **more: Any) -> None:
        self.session, self.server, self.user = session, server, next(server.users)
        address = more.pop("address", f"{self.user}@vizavi.test")
        reached = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_security": WireSecurity.NONE}
        owner_id = user_named(session, owner).id if owner else None
        settings = {**reached, "login": self.user, "fetch_from": date(2026, 1, 1), "owner_id": owner_id, **more}
        self.row = added(session, Mailbox(address=address, **settings))
        SEAL.close(self.row, PASSWORD)
        session.flush()

    def fetch(self, now: datetime | None = None) -> None:
        def at_once(work: Callable[[Session], T]) -> T:
            authorship.by(self.session, Road.JOB, work.__name__)  # as jobs.runtime does
            try:
                done = work(self.session)
                self.session.commit()
            except Exception:
                self.session.rollback()
                raise
            return done

        asking = fetching.Fetching(at_once, lambda: now or datetime.now(UTC), MOSCOW)
        fetching.fetch(asking, self.row.id, SEAL)
        self.session.expire_all()

    def put(self, letter: str | bytes, **more: Any) -> None:
        self.server.put(self.user, letter, **more)

    @property
    def letters(self) -> list[Letter]:
        query = select(Letter).join(LetterPlace).where(LetterPlace.mailbox_id == self.row.id).order_by(Letter.id)
        return list(self.session.scalars(query).unique())

    def folder(self, role: FolderRole = FolderRole.INBOX) -> MailboxFolder:
        rows = select(MailboxFolder).where(MailboxFolder.mailbox_id == self.row.id, MailboxFolder.role == role)
        return self.session.scalars(rows).one()


@pytest.fixture
def box(session: Session, server: MailServer) -> Box:
    return Box(session, server)


def email(session: Session, client: Counterparty, address: str, person: ContactPerson | None = None) -> ContactInfo:
    kind = session.scalars(select(ContactInfoKind).where(ContactInfoKind.type == InfoType.EMAIL)).first()
    return added(session, ContactInfo(counterparty=client, person=person, kind=kind, value=address))


def letter(number: int | str, sender: str = "ivan@client.example.com", **more: str) -> str:
    """A letter of a client to our mailbox; `more` are other headers, `text` is what it says."""
    text = more.pop("text", "Добрый день!")
    heads = {
        "From": f"Иван Петров <{sender}>",
        "To": "sales@vizavi.test",
        "Subject": "Прайс",
        "Message-ID": f"<{number}@client.example.com>",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return "\n".join(f"{name}: {value}" for name, value in heads.items() if value) + f"\n\n{text}\n"


def contacts_of(session: Session, client: Counterparty) -> list[Contact]:
    return list(session.scalars(select(Contact).where(Contact.counterparty_id == client.id).order_by(Contact.id)))


def test_a_letter_of_a_client_is_a_contact_with_him(session: Session, box: Box) -> None:
    client = buyer(session, manager_id=user_named(session, "anna").id)
    person = added(session, ContactPerson(counterparty=client, last_name="Петров"))
    email(session, client, "Ivan@Client.example.com", person)
    box.put(letter(1, text="Согласны.\n\nпн, 2 мар. 2026 г. в 10:00, Анна <anna@vizavi.test>:\n\n> Прайс\n"))
    box.fetch()
    (row,) = box.letters
    assert (row.direction, row.state, row.kind) == (Direction.IN, LetterState.RECEIVED, LetterKind.LETTER)
    sender = next(party for party in row.parties if party.role is PartyRole.FROM)
    assert (sender.counterparty_id, sender.person_id) == (client.id, person.id)
    (contact,) = contacts_of(session, client)
    assert (contact.kind, contact.direction, contact.state) == (ContactKind.EMAIL, Direction.IN, ContactState.DONE)
    assert (contact.text, contact.person_id, contact.manager_id) == ("Согласны.", person.id, client.manager_id)
    assert row.contact_id == contact.id
    assert row.pending_from is not None
    assert row.source is not None
    assert "Прайс" in row.source.raw.decode()


def test_a_mailbox_works_when_its_server_has_let_us_in(session: Session, box: Box) -> None:
    assert not box.row.fetching_works
    SEAL.close(box.row, "wrong")
    session.flush()
    box.fetch()
    assert not box.row.fetching_works
    assert box.row.fetching_stopped
    SEAL.close(box.row, PASSWORD)
    session.flush()
    box.fetch()
    assert box.row.fetching_works


@pytest.mark.parametrize("kept", ["Info@почта.рф", "info@xn--80a1acny.xn--p1ai"])
@pytest.mark.parametrize("written", ["INFO@xn--80a1acny.xn--p1ai", "info@почта.рф"])
def test_a_russian_domain_is_the_same_in_either_alphabet(
    session: Session, server: MailServer, kept: str, written: str
) -> None:
    box = Box(session, server, owner="anna")  # of a personal one letters of unknown people stay on the server
    client = buyer(session, manager_id=user_named(session, "anna").id)
    email(session, client, kept)
    box.put(letter(f"{kept}{written}".encode("ascii", "ignore").hex(), sender=written))
    box.fetch()
    (row,) = box.letters
    sender = next(party for party in row.parties if party.role is PartyRole.FROM)
    assert (row.sender, sender.counterparty_id) == ("info@почта.рф", client.id)
    out = send(
        session,
        box.row,
        Draft(Recipient(box.row.address), [Recipient("info@xn--80a1acny.xn--p1ai")], "Счет", "Вот"),
        now=datetime.now(UTC),
        author_id=None,
    )
    assert [party.counterparty_id for party in out.parties if party.role is PartyRole.TO] == [client.id]


@pytest.mark.parametrize("kept", ["Info@почта.рф", "info@xn--80a1acny.xn--p1ai"])
def test_what_was_written_to_an_address_is_found_when_it_comes_to_the_base_in_the_other_alphabet(
    session: Session, kept: str
) -> None:
    mailbox = added(session, Mailbox(address=f"{kept.encode().hex()}@vizavi.test"))
    to = [Recipient("info@xn--80a1acny.xn--p1ai"), Recipient("other@client.example.com")]
    out = send(
        session, mailbox, Draft(Recipient(mailbox.address), to, "Счет", "Вот"), now=datetime.now(UTC), author_id=None
    )
    client, second = buyer(session), buyer(session, "Вторая")
    email(session, client, kept)
    email(session, second, kept)
    session.commit()
    session.expire_all()
    known = {party.address: party.counterparty_id for party in out.parties if party.role is PartyRole.TO}
    assert known == {"info@xn--80a1acny.xn--p1ai": client.id, "other@client.example.com": None}
    assert [party.counterparty_id for party in out.parties if party.role is PartyRole.ABOUT] == [second.id]


def test_of_an_address_that_the_base_has_in_both_alphabets_the_one_that_is_written_counts() -> None:
    both = {"info@почта.рф", "info@xn--80a1acny.xn--p1ai"}
    for each in both:
        assert Around({}, Ties({}, {}), both, set(), set(), set()).as_kept(each) == each
    assert Around({}, Ties({}, {}), both, set(), set(), set()).as_kept("info@XN--80a1acny.xn--p1ai") == min(both)


def test_a_mailbox_that_is_set_up_anew_while_it_is_asked_is_due_again_and_not_known_to_work(
    session: Session, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew = update(Mailbox).where(Mailbox.id == box.row.id).values(login="other", version=Mailbox.version + 1)
    folders = ImapReader.folders

    def meanwhile(reader: ImapReader) -> dict[FolderRole, str]:
        session.execute(anew.execution_options(synchronize_session=False))
        return folders(reader)

    monkeypatch.setattr(ImapReader, "folders", meanwhile)
    box.fetch()
    assert (box.row.fetching_works, box.row.fetched_at) == (False, None)
    monkeypatch.setattr(ImapReader, "folders", folders)
    box.fetch()
    assert box.row.fetching_stopped  # by what it was set up to


def test_a_server_that_is_lost_while_letters_come_is_asked_again_at_once(
    session: Session, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ImapReader.letters

    def cut(reader: ImapReader, folder: str, waiting: Iterable[Waiting]) -> Iterator[list[Arrived]]:
        monkeypatch.setattr(ImapReader, "letters", whole)
        yield next(whole(reader, folder, waiting))[:2]
        raise ConnectionResetError

    for number in range(5):
        box.put(letter(number))
    monkeypatch.setattr(ImapReader, "letters", cut)
    box.fetch()
    assert len(box.letters) == len({each.message_id for each in box.letters}) == 5


def test_asking_again_brings_nothing_twice_and_reads_nothing_for_its_owner(session: Session, box: Box) -> None:
    for number in range(3):
        box.put(letter(number))
    box.fetch()
    marks = box.folder().last_uid
    box.fetch()
    assert (len(box.letters), box.folder().last_uid) == (3, marks)
    assert [b"Seen" in head for head, _raw in box.server.letters(box.user)] == [False] * 3
    box.put(letter("new"))
    box.fetch()
    assert [row.message_id for row in box.letters][3:] == ["new@client.example.com"]


def test_a_folder_whose_numbers_begin_again_is_read_again_and_nothing_is_doubled(session: Session, box: Box) -> None:
    for number in range(2):
        box.put(letter(number, sender=box.row.address, To="ivan@client.example.com"), folder="Sent")
    box.fetch()
    box.server.make_anew(box.user, "Sent")
    for number in range(1, 3):
        box.put(letter(number, sender=box.row.address, To="ivan@client.example.com"), folder="Sent")
    box.fetch()
    assert session.scalar(select(func.count(Letter.id))) == 3
    assert len(box.letters) == 2  # what lies on the server now


def test_letters_from_before_the_chosen_day_stay_on_the_server(session: Session, server: MailServer) -> None:
    box = Box(session, server, fetch_from=date(2026, 6, 1))
    box.put(letter("old"), at=datetime(2026, 5, 30, 12, tzinfo=UTC))
    box.put(letter("new"), at=datetime(2026, 6, 2, 12, tzinfo=UTC))
    box.fetch()
    assert [row.message_id for row in box.letters] == ["new@client.example.com"]
    assert (box.folder().letters, box.letters[0].pending_from) == (2, None)  # months later nobody has to answer
    box.put(letter("moved"), at=datetime(2026, 5, 1, 12, tzinfo=UTC))  # from another folder, by its owner
    box.fetch()
    assert len(box.letters) == 2


def test_one_letter_in_two_mailboxes_is_one_row(session: Session, server: MailServer) -> None:
    first, second = Box(session, server), Box(session, server)
    for box, way in ((first, "a"), (second, "b")):
        for headers in (letter("same"), letter("none", Message_ID="", Date="Mon, 02 Mar 2026 10:00:00 +0300")):
            box.put(f"Received: by {way}\n{headers}")
        box.fetch()
    assert first.letters == second.letters
    assert len(first.letters) == 2


def test_a_letter_that_bears_the_id_of_another_is_not_taken_for_it(session: Session, server: MailServer) -> None:
    """Or its sender would open somebody else's letter to the owner of this mailbox."""
    first, second = Box(session, server), Box(session, server)
    first.put(letter("same", text="тайна"))
    first.fetch()
    second.put(letter("same", sender="thief@evil.example.com", Subject="pay"))
    second.fetch()
    assert [row.sender for row in second.letters] == ["thief@evil.example.com"]


def test_a_personal_mailbox_gives_letters_of_clients_and_answers_and_counts_the_rest(
    session: Session, server: MailServer
) -> None:
    box = Box(session, server, owner="anna")
    email(session, buyer(session), "ivan@client.example.com")
    box.put(letter("client"))
    box.put(letter("answer", sender="new@other.example.com", In_Reply_To="<client@client.example.com>"))
    box.put(letter("mother", sender="mother@home.example.com"))
    box.put(letter("colleague", sender="boris@example.com"))
    box.fetch()
    assert [row.message_id.partition("@")[0] for row in box.letters] == ["client", "answer"]
    assert box.folder().left_out == 2
    email(session, buyer(session, "Родня"), "mother@home.example.com")
    assert fetching.look_again(session, box.row.id)
    session.commit()
    box.fetch()
    assert [row.message_id.partition("@")[0] for row in box.letters] == ["client", "answer", "mother"]
    assert box.folder().left_out == 1


def test_what_another_program_sent_is_found_in_sent_and_deals_with_what_it_answers(session: Session, box: Box) -> None:
    client = buyer(session)
    email(session, client, "ivan@client.example.com")
    box.put(letter(1))
    box.fetch()
    assert box.letters[0].pending_from is not None
    answer = letter("ours", sender=box.row.address, To="ivan@client.example.com", In_Reply_To="<1@client.example.com>")
    box.put(answer, folder="Sent")
    box.fetch(now=datetime.now(UTC) + timedelta(minutes=1))
    first, second = box.letters
    assert (second.direction, second.state, second.thread_id) == (Direction.OUT, LetterState.SENT, first.thread_id)
    assert first.pending_from is None
    assert [contact.direction for contact in contacts_of(session, client)] == [Direction.IN, Direction.OUT]


def test_our_letter_is_put_into_sent_once_and_known_when_it_comes_back(session: Session, box: Box) -> None:
    box.put(letter("any", sender=box.row.address, To="x@client.example.com"), folder="Sent")
    draft = Draft(Recipient(box.row.address), [Recipient("ivan@client.example.com")], subject="Прайс", text="Вот")
    now = datetime.now(UTC)
    ours = send(session, box.row, draft, now=now, author_id=None)
    box.fetch()
    assert len(box.server.letters(box.user, "Sent")) == 1  # it has not gone out yet
    session.query(Outgoing).filter_by(letter_id=ours.id).update({"sent_at": now})
    ours.state = LetterState.SENT
    box.fetch()
    box.fetch()
    sent = box.server.letters(box.user, "Sent")
    assert len(sent) == 2
    assert b"Seen" in sent[1][0]
    assert ours.source is not None
    assert sent[1][1] == ours.source.raw
    assert ours in box.letters
    assert session.scalar(select(func.count(Letter.id)).where(Letter.message_id == ours.message_id)) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"login": "nobody"}, "login or the password"),
        ({"imap_host": "nowhere.invalid"}, "no server of incoming mail with this name"),
        ({"imap_security": WireSecurity.TLS}, "does not speak this encryption"),
        ({"imap_port": 1}, ""),
        ({"imap_host": "later.invalid"}, ""),
    ],
)
def test_a_mailbox_that_is_wrong_is_stopped_and_says_why(
    session: Session, box: Box, wrong: dict[str, Any], sentence: str
) -> None:
    """A server that is only away is asked again."""
    for name, value in wrong.items():
        setattr(box.row, name, value)
    box.fetch()
    assert bool(box.row.fetching_stopped) is bool(sentence)
    assert sentence in box.row.fetching_stopped
    assert (box.row.id in fetching.due(session, None, now=datetime.now(UTC) + timedelta(hours=1))) is not bool(sentence)


def test_a_password_that_cannot_be_opened_is_to_be_entered_again(session: Session, box: Box) -> None:
    box.row.sealed_password = b"\x01" + b"0" * 40
    session.flush()
    box.fetch()
    assert "enter it again" in box.row.fetching_stopped


def test_what_cannot_be_read_is_kept_as_it_is_and_the_next_letter_comes(
    session: Session, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.mail.incoming.receiving.LIMITS", Limits(memory=32 * MEGABYTE))
    box.put(letter("costly", text="x" * 300_000))
    box.put(letter("next"))
    box.fetch()
    unread, following = box.letters
    assert (unread.fault, following.fault) == (LetterFault.UNREADABLE, None)
    assert unread.source is not None
    assert b"costly" in unread.source.raw
    box.fetch()
    assert len(box.letters) == 2


@pytest.mark.parametrize(("sign", "why"), [("\0", "DataError"), ("\ud83d", "UnicodeEncodeError")])
def test_what_the_base_does_not_take_as_it_is_read_is_kept_as_it_came_and_the_others_come(
    session: Session, box: Box, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sign: str, why: str
) -> None:
    read = receiving.read

    def strange(raw: bytes, *more: Any) -> Any:
        found = read(raw, *more)
        return replace(found, text=sign) if b"strange" in raw else found

    monkeypatch.setattr(receiving, "read", strange)
    for number in ("before", "strange", "after"):
        box.put(letter(number))
    box.fetch()
    box.fetch()
    before, unread, after = box.letters
    assert (before.fault, unread.fault, after.fault) == (None, LetterFault.UNREADABLE, None)
    assert unread.source is not None
    assert b"strange" in unread.source.raw
    place = session.scalars(select(LetterPlace).where(LetterPlace.letter_id == unread.id)).one()
    (told,) = (each for each in caplog.messages if "as it came" in each)
    assert told.endswith(f"folder {place.folder_id}, number {place.uid} there: {why}")


def test_a_large_letter_is_opened_in_a_process_of_its_own_and_one_too_large_gives_its_beginning(
    session: Session, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "--b\nContent-Type: text/plain; charset=utf-8\n\nпривет\n--b\nContent-Type: application/pdf; name=a.pdf\n\n"
    mixed = {"Content_Type": "multipart/mixed; boundary=b"}
    box.put(letter("large", **mixed, text=body + "x" * 300_000 + "\n--b--"))
    box.fetch()
    monkeypatch.setattr("app.services.mail.incoming.imap.WHOLE", 400_000)
    box.put(letter("huge", **mixed, text=body + "x" * 500_000 + "\n--b--"))
    box.fetch()
    large, huge = box.letters
    assert (large.fault, large.text.strip(), large.files[0].size) == (None, "привет", 300_000)
    assert (huge.fault, huge.text.strip(), huge.files[0].name) == (LetterFault.CUT, "привет", "a.pdf")
    assert (large.files[0].blob_id is None, huge.files[0].blob_id) == (False, None)  # no file is half of one
    assert huge.size > 500_000


def test_machines_make_no_contacts_and_nobody_has_to_answer_them(session: Session, box: Box) -> None:
    client = buyer(session)
    for address in ("ivan@client.example.com", "news@shop.example.com"):
        email(session, client, address)
    for name in ("18-auto-reply", "19-read-receipt", "20-list-letter"):
        box.put((FOLDER / f"{name}.eml").read_bytes())
    box.fetch()
    assert [row.kind for row in box.letters] == [LetterKind.AUTO, LetterKind.RECEIPT, LetterKind.AUTO]
    assert contacts_of(session, client) == []
    assert {row.pending_from for row in box.letters} == {None}


def test_a_letter_that_came_back_marks_its_recipient_and_the_address(session: Session, box: Box) -> None:
    client = buyer(session)
    address = email(session, client, "wrong@client.example.com")
    draft = Draft(Recipient(box.row.address), [Recipient("wrong@client.example.com")], subject="hi", text="x")
    ours = send(session, box.row, draft, now=datetime.now(UTC), author_id=None)
    raw = (FOLDER / "16-bounce-dsn.eml").read_text(encoding="utf-8")
    box.put(raw.replace("letter-77@vizavi.test", ours.message_id))
    box.fetch()
    recipient = next(party for party in ours.parties if party.role is PartyRole.TO)
    assert (recipient.state, recipient.answer[:5]) == (RecipientState.BOUNCED, "5.1.1")
    assert (address.returned_on is not None, "no such user" in address.returned_words) == (True, True)
    assert box.letters[0].thread_id == ours.thread_id
    address.value = "right@client.example.com"
    session.flush()
    assert (address.returned_on, address.returned_words) == (None, "")


def test_nobody_marks_an_address_by_a_report_of_what_we_never_sent(session: Session, box: Box) -> None:
    address = email(session, buyer(session), "wrong@client.example.com")
    box.put((FOLDER / "16-bounce-dsn.eml").read_bytes())
    box.fetch()
    assert address.returned_on is None


def test_an_invitation_becomes_a_planned_contact_on_a_click_and_follows_the_next_letters(
    session: Session, box: Box
) -> None:
    client = buyer(session)
    email(session, client, "ivan@client.example.com")
    invitation = (FOLDER / "21-invite.eml").read_text(encoding="utf-8")
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    box.put(invitation, at=now)
    box.fetch(now)
    asked = box.letters[0]
    contact = invites.plan(session, asked, user=user_named(session, "anna"))
    assert (contact.counterparty_id, contact.subject, contact.kind) == (client.id, "Переговоры", ContactKind.MEETING)
    assert contact.starts_at == datetime(2026, 3, 5, 11, tzinfo=UTC)

    def said(number: int, sequence: int, hour: int, method: str = "REQUEST", more: str = "") -> None:
        text = invitation.replace("<21@", f"<21-{number}@").replace("SEQUENCE:2", f"SEQUENCE:{sequence}")
        box.put(more + text.replace("T140000", f"T{hour}0000").replace("METHOD:REQUEST", f"METHOD:{method}"), at=now)
        box.fetch(now)

    said(1, 1, 10)  # an older letter that came late
    assert contact.starts_at.astimezone(UTC).hour == 11
    said(2, 3, 13)
    assert contact.starts_at.astimezone(UTC).hour == 10
    said(3, 4, 13, "CANCEL", DISOWNED)
    assert contact.state is ContactState.PLANNED
    said(4, 4, 13, "CANCEL")
    assert contact.state is ContactState.CANCELLED


def test_what_a_stranger_sent_in_our_name_is_no_letter_of_ours(session: Session, box: Box) -> None:
    box.put(letter("ours", sender=box.row.address))
    box.put(DISOWNED + letter("forged", sender=box.row.address))
    box.fetch()
    assert [row.direction for row in box.letters] == [Direction.OUT, Direction.IN]


def test_files_and_conversations_are_whole_whichever_letter_comes_first(session: Session, box: Box) -> None:
    box.put(letter("answer", In_Reply_To="<question@client.example.com>", Subject="Re: Прайс"))
    box.put((FOLDER / "06-attachment-name-ways.eml").read_bytes())
    box.put(letter("question"))
    box.put(letter("forgetful", Subject="RE: прайс ", References=""))
    box.put(letter("subject", Subject="Re: Прайс"))
    box.put(letter("stranger", sender="else@other.example.com", Subject="Re: Прайс"))
    box.fetch()
    threads = {row.message_id.partition("@")[0]: row.thread_id for row in box.letters}
    assert threads["answer"] == threads["question"] == threads["subject"]
    assert threads["stranger"] != threads["question"]
    with_files = box.letters[1]
    names = list(session.scalars(select(LetterFile.name).where(LetterFile.letter_id == with_files.id)))
    assert (with_files.file_count, names) == (4, ["Счёт №5.pdf", "Договор.pdf", "Акт.pdf", "passwd"])


def test_letters_that_come_at_once_are_kept_as_one_after_another(session: Session, box: Box) -> None:
    """One of them ties two conversations, one is a copy, one bears the id of another, one answers by its subject."""
    for name in ("first", "second"):
        box.put(letter(name, Subject=name))
    box.fetch()
    client = buyer(session)
    email(session, client, "ivan@client.example.com")
    box.put(letter("to-first", In_Reply_To="<first@client.example.com>", Subject="Re: first"))
    box.put(letter("to-second", In_Reply_To="<second@client.example.com>", Subject="Re: second"))
    both = "<first@client.example.com> <second@client.example.com>"
    box.put(letter("to-both", References=both, Subject="Re: both"))
    box.put(letter("late", In_Reply_To="<to-second@client.example.com>", Subject="Re: second"))
    box.put(letter("to-both", References=both, Subject="Re: both"))
    box.put(letter("late", Subject="pay", text="тайна"))
    box.put(letter("forgetful", Subject="Re: pay"))
    box.fetch()
    rows = {row.message_id.partition("@")[0]: row for row in box.letters}
    forged = next(row for name, row in rows.items() if name.startswith("sha256."))
    one = ("first", "second", "to-first", "to-second", "to-both", "late")
    assert len({rows[name].thread_id for name in one}) == 1
    assert forged.thread_id == rows["forgetful"].thread_id != rows["late"].thread_id
    assert len(rows) == len(one) + 2
    assert len([row for row in rows.values() if len(row.parties) != 2 or row.contact_id is None]) == 0
    assert len(contacts_of(session, client)) == len(rows)


def test_a_new_address_finds_the_letters_that_came_before_it(session: Session, box: Box) -> None:
    for number in range(2):
        box.put(letter(number))
    box.put(letter("copy", sender="else@other.example.com", Cc="ivan@client.example.com"))
    box.fetch()
    client = buyer(session)
    email(session, client, "ivan@client.example.com")
    session.commit()
    session.expire_all()
    assert len(contacts_of(session, client)) == 2
    concerned = [party.role for row in box.letters for party in row.parties if party.counterparty_id == client.id]
    assert concerned == [PartyRole.FROM, PartyRole.FROM, PartyRole.CC]
    twin = buyer(session, "Другая")
    email(session, twin, "ivan@client.example.com")
    session.commit()
    session.expire_all()
    assert {party.role for row in box.letters for party in row.parties if party.counterparty_id == twin.id} == {
        PartyRole.ABOUT
    }
