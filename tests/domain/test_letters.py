"""Letters that break mail programs are read as people would read them."""

import io
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain.formats.limits import LIMITS
from app.domain.letters import markup, parts
from app.domain.letters.answers import PartedText, parted
from app.domain.letters.charsets import decoded
from app.domain.letters.headers import Address
from app.domain.letters.machines import Failure
from app.domain.letters.parts import safe_name
from app.domain.letters.reading import ReadLetter, answers, assembled, read
from app.domain.letters.threads import base_subject, is_answer
from app.domain.words import LetterKind

FOLDER = Path(__file__).parent / "files" / "letters"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
RECEIVED = datetime(2026, 3, 2, 8, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
B64 = "Content-Transfer-Encoding: base64"


def read_text(text: str, received: datetime = RECEIVED) -> ReadLetter:
    return read(text.encode(), received, MOSCOW)


def told(letter: ReadLetter, asked: str) -> Any:
    """What expected.json asks of a letter."""
    bounce, invite = letter.bounce, letter.invite
    match asked:
        case "subject" | "base_subject" | "kind":
            return getattr(letter, asked)
        case "text_has" | "text_lacks":
            return letter.text
        case "attachments" | "inside":
            return [file.name for file in letter.files if bool(file.inside) is (asked == "inside")]
        case "from_":
            return letter.sender.email
        case "of":
            return letter.receipt_of
        case "reply":
            return parted(letter.text).own
        case "html_has" | "html_lacks":
            shown = markup.clean(letter.html, {})
            return shown and shown.html
        case "bounced":
            return bounce and bounce.of
        case "recipient" | "status":
            failure = bounce.failures[0] if bounce else Failure("")
            return failure.address if asked == "recipient" else failure.status
        case "uid" | "method" | "starts":
            return invite and getattr(invite, asked)
    raise AssertionError(asked)


def texts(told: Any) -> Iterator[str]:
    match told:
        case str():
            yield told
        case dict():
            yield from texts([*told.values()])
        case list():
            for each in told:
                yield from texts(each)


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_is_read_of_a_letter_that_no_base_takes(name: str) -> None:
    raw = re.sub(rb"(?m)(?<=[:@/ ])", b"\0", (FOLDER / f"{name}.eml").read_bytes())
    assert [text for text in texts(asdict(read(raw, RECEIVED, MOSCOW))) if "\0" in text] == []


def test_half_of_a_sign_is_none_whatever_charset_is_declared() -> None:
    for name in ("unicode_escape", "raw_unicode_escape", "utf-7"):
        said = decoded(b"\xef \\ud83d +2D0-", name)
        assert said.encode()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_letter_that_breaks_mail_programs_is_read(name: str) -> None:
    letter = read((FOLDER / f"{name}.eml").read_bytes(), RECEIVED, MOSCOW)
    assert "@" in letter.id
    assert "\n" not in letter.subject + "".join(address.name for address in letter.reply_to)
    for asked, value in EXPECTED[name].items():
        if asked == "note":
            continue
        found = told(letter, asked)
        values = value if isinstance(value, list) and asked.startswith("html") else [value]
        if asked.endswith("_has"):
            assert [each for each in values if each not in found] == []
        elif asked.endswith("_lacks"):
            assert [each for each in values if each in found] == []
        elif asked == "starts":
            assert found == datetime.fromisoformat(value)
        else:
            assert (asked, found) == (asked, value)


@pytest.mark.parametrize("name", ["07-winmail-dat", "16-bounce-dsn", "21-invite"])
def test_a_letter_is_the_same_when_another_process_has_read_it(name: str) -> None:
    raw = (FOLDER / f"{name}.eml").read_bytes()
    parts = answers(io.BytesIO(raw), LIMITS, received=RECEIVED.isoformat(), zone="Europe/Moscow")
    travelled = json.loads(json.dumps(list(parts), ensure_ascii=False))
    assert assembled(iter(travelled)) == read(raw, RECEIVED, MOSCOW)


def test_a_letter_without_an_id_is_the_same_in_two_mailboxes() -> None:
    """Servers write their own lines above it on its way."""
    letter = "From: ivan@client.example.com\nSubject: Прайс\n\nпривет\n"
    first = read_text("Received: from a by b; one\n" + letter)
    second = read_text("Received: from c by d; two\nReturn-Path: <x@y.example.com>\n" + letter)
    other = read_text(letter + "!")
    assert first.id == second.id != other.id
    mixed = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\n"
    assert len({read_text(f"From: a@b.ru\n{mixed}{file}\n--b--\n").id for file in "12"}) == 2


def test_the_date_of_a_letter_is_the_servers_when_its_own_cannot_be_right() -> None:
    def at(line: str) -> datetime:
        return read_text(f"From: a@b.example.com\n{line}\n\n").at

    assert at("Date: Sun, 01 Mar 2026 10:00:00 +0300") == datetime(2026, 3, 1, 7, tzinfo=UTC)
    assert at("Date: Tue, 03 Mar 2026 10:59:00 +0300") == RECEIVED + timedelta(hours=23, minutes=59)
    wrong = (
        "X: 1",
        "Date: yesterday",
        "Date: Fri, 06 Mar 2026 10:00:00 +0300",
        "Date: Thu, 01 Jan 1970 00:00:00 +0000",
    )
    assert {at(line) for line in (*wrong, "Date: Mon, 99 Foo 99999 99:99:99 +9999")} == {RECEIVED}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\Прайс.xlsx", "Прайс.xlsx"),
        ("..", ""),
        (".htaccess", "htaccess"),
        ('a\r\nBcc: x"<>|?*.pdf', "a Bcc x .pdf"),
        ("я" * 300 + ".xlsx", "я" * 145 + ".xlsx"),
    ],
)
def test_a_file_name_leads_nowhere(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Re: RE: Fwd: Прайс", "Прайс"),
        (" Прайс ", "Прайс"),
        ("НА: Отв: Ответ: прайс", "прайс"),
        ("[sales] Re: прайс", "прайс"),
        ("[sales] прайс", "[sales] прайс"),
        ("Ремонт: смета", "Ремонт: смета"),
        ("Re:", ""),
    ],
)
def test_answers_share_the_subject_of_what_they_answer(subject: str, base: str) -> None:
    assert base_subject(subject) == base
    assert is_answer(subject) is (base != subject.strip())


@pytest.mark.parametrize(
    ("tail", "is_quote"),
    [
        ("> Когда?", True),
        ("> Когда?\n\n  > Где?\n\n-- \nАнна", True),  # a signature is nothing new
        ("Когда?\nГде?", True),  # as Outlook quotes
        ("> Когда?\nЗавтра\n> Где?\nУ нас", False),
        ("> Когда?\n\nЗавтра", False),
    ],
)
def test_what_is_written_under_a_quote_is_not_hidden_with_it(tail: str, is_quote: bool) -> None:
    heading = "02.03.2026 10:00, Анна пишет:\n"
    whole = f"Добрый день\n\n{heading}{tail}"
    assert parted(whole) == (PartedText("Добрый день", heading + tail) if is_quote else PartedText(whole))


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Auto-Submitted: No", LetterKind.LETTER),
        ("Auto-Submitted: Auto-Replied; owner=a@b.ru", LetterKind.AUTO),
        ("Precedence: Bulk", LetterKind.AUTO),
        ("Precedence: urgent", LetterKind.LETTER),
        ("Return-Path: < >\nFrom: MAILER-DAEMON@b.example.com", LetterKind.BOUNCE),
        ("Return-Path: < >", LetterKind.LETTER),
        ("X-Failed-Recipients: c@d.example.com", LetterKind.BOUNCE),
        ("Content-Type: multipart/report; report-type=Disposition-Notification", LetterKind.RECEIPT),
        ("Content-Type: text/plain; report-type=delivery-status", LetterKind.LETTER),
    ],
)
def test_what_a_letter_says_of_itself_tells_its_kind(said: str, kind: LetterKind) -> None:
    assert read_text(f"{said}\nFrom: a@b.example.com\nSubject: x\n\nx").kind is kind


def test_a_long_chain_keeps_what_is_answered_and_everybody_is_read() -> None:
    letter = read_text(
        f"From: a@b.example.com\nReply-To: Я <c@b.example.com>\nCc: d@b.example.com, D@b.example.com\n"
        f"REFERENCES: {'<first@b.example.com> ' * 2_000}<last@b.example.com>\nMessage-ID: <{'x' * 500}@b.ru>\n\nx"
    )
    assert (letter.chain, letter.id) == (["first@b.example.com", "last@b.example.com"], letter.own_mark)
    assert (letter.reply_to, letter.cc) == ([Address("c@b.example.com", "Я")], [Address("d@b.example.com")])


def test_a_letter_of_html_alone_has_words_too() -> None:
    html = "<style>p{}</style><p>Добрый&nbsp;день!</p><p>Цена:<br>10&lt;20<script>1</script></p>"
    letter = read_text(f"From: a@b.example.com\nContent-Type: text/html; charset=utf-8\n\n{html}")
    assert letter.text == "Добрый день!\n\nЦена:\n10<20"


def test_pictures_of_the_letter_are_shown_and_those_of_servers_only_when_asked_for() -> None:
    html = '<p><img src="cid:logo@x"><img src="https://spy.example.com/1.gif"><img src="data:image/svg+xml,x"></p>'
    shown = markup.clean(html, {"logo@x": "/letter/file/7"})
    assert shown is not None
    assert ('src="/letter/file/7"' in shown.html, "spy" in shown.html, "svg" in shown.html) == (True, False, False)
    assert shown.left_out == 1
    asked = markup.clean(html, {}, remote=True)
    assert asked is not None
    assert ("spy.example.com" in asked.html, asked.left_out) == (True, 0)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 30_000,
        "<span><div></span></div>" * 10_000,
        '<div title="</div>">' * 30_000,
        "<span>" * 5000 + "</i>" * 200_000,
        "<p>" + "".join(f"<b id={number}>" for number in range(2000)) + "<p>x" * 2000,
        f'<p><i title=">{"x" * 1500}">' + "<p>x" * 50_000,
        f'<p><i title=">{"x" * 3000}">',
        "x" * (2 << 20) + "x",
    ],
    ids=["open", "crossed", "hidden", "walked", "again", "long", "longer", "large"],
)
def test_html_that_would_take_too_long_to_clean_is_not_cleaned(html: str) -> None:
    assert markup.clean(html, {}) is None


def test_a_report_names_each_address_that_was_not_reached() -> None:
    report = "\n\n".join(
        f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: {status}\nDiagnostic-Code: smtp; {words}"
        for address, status, words in (
            ("One@client.example.com", "5.1.1", "550 no such user"),
            ("two@client.example.com", "4.2.2", "452 mailbox full"),
        )
    )
    letter = read_text(
        "From: MAILER-DAEMON@mx.example.com\nReturn-Path: <>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n{report}\n\n"
        "--b\nContent-Type: message/rfc822\n\nMessage-ID: <ours@vizavi.test>\nSubject: hi\n\ntext\n--b--\n"
    )
    assert letter.bounce is not None
    assert letter.bounce.of == "ours@vizavi.test"
    one, two = letter.bounce.failures
    assert (one.address, one.words, one.is_final) == ("one@client.example.com", "550 no such user", True)
    assert (two.address, two.status, two.is_final) == ("two@client.example.com", "4.2.2", False)


def test_a_letter_of_thousands_of_parts_is_read_to_its_limit() -> None:
    parts = "".join(f"--b\nContent-Type: text/plain; name=f{n}.txt\n\n{n}\n" for n in range(2_000))
    letter = read_text(f'From: a@b.example.com\nContent-Type: multipart/mixed; boundary="b"\n\n{parts}--b--\n')
    assert len(letter.files) == 499


def test_a_report_of_thousands_of_addresses_is_read_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = list[Message]()
    whole = parts._headers
    monkeypatch.setattr(parts, "_headers", lambda each: looked_at.append(each) or whole(each))
    groups = "".join(f"Final-Recipient: rfc822; a{n}@client.example.com\nStatus: 5.1.1\n\n" for n in range(2_000))
    report = f"--b\nContent-Type: message/delivery-status\n\n{groups}\n"
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    letter = read_text(f"From: a@b.example.com\nContent-Type: {kind}\n\n{report * 3}--b--\n")
    assert letter.bounce is not None
    assert letter.bounce.failures[0] == Failure("a0@client.example.com", "5.1.1")
    assert len(letter.bounce.failures) == len(looked_at) / 3 == 500


@pytest.mark.parametrize(
    ("whole", "name"),
    [
        ("Иван Петров <Ivan@client.example.com>", "Иван Петров"),
        ("ivan@client.example.com", ""),
        ('"Петров, Иван" <ivan@client.example.com>', "Петров, Иван"),
    ],
)
@pytest.mark.parametrize("encoding", ["b", "q", "in two", "quoted"])
def test_an_address_that_was_encoded_with_its_name_is_read(whole: str, name: str, encoding: str) -> None:
    def encoded(text: str) -> str:
        return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="

    sent = {
        "b": encoded(whole),
        "q": f"=?utf-8?q?{''.join(f'={each:02X}' for each in whole.encode())}?=",
        "in two": f"{encoded(whole[:3])} {encoded(whole[3:])}",
        "quoted": f'"{encoded(whole)}"',
    }[encoding]
    letter = read_text(f"From: {sent}\nTo: {sent}\nSubject: x\n\nx")
    assert letter.sender == Address("ivan@client.example.com", name)
    assert letter.to == [letter.sender]


def test_an_address_inside_an_encoded_name_is_not_the_senders() -> None:
    name = b64encode("Директор <boss@client.example.com>".encode()).decode()
    letter = read_text(f"From: =?utf-8?b?{name}?= <thief@example.net>\nSubject: x\n\nx")
    assert letter.sender.email == "thief@example.net"


SAID = "Authentication-Results: mx.us.example;"
FAILED = f"{SAID} dmarc=fail (p=reject dis=none) header.from=a.example"
PASSED = f"{SAID} dmarc=pass"


@pytest.mark.parametrize(
    ("said", "is_forged"),
    [
        (FAILED, True),
        (f"{SAID} spf=fail;\n\tDMARC = fail (p=QUARANTINE sp=NONE) header.from=a.example", True),
        (f"{SAID} dkim=none; dmarc/1=fail action=none", True),
        ("Authentication-Results: spf=none; dmarc=fail action=none", True),  # without the server's name
        (f"{SAID} dmarc=fail (p=NONE sp=REJECT dis=NONE) header.from=a.example", False),
        (f"{SAID} dmarc=fail (said (of p) all (p = none)) header.from=a.example", False),
        (f'{SAID} spf=fail smtp.mailfrom="a(p=none;"@b.example; dmarc=fail (p=reject)', True),
        (f"{SAID} spf=fail smtp.mailfrom=(b.example; dmarc=fail (p=reject)", True),  # what is not closed hides nothing
        (f"{SAID} arc=pass (i=1 dkim=pass; dmarc=fail (p=reject)); dmarc=pass", False),
        (f'{SAID} spf=fail reason="\\"; dmarc=fail"; dmarc=pass', False),
        (f"{SAID} dmarc=failed; x-dmarc=fail; arc=dmarc=fail", False),
        (f"{SAID} spf=pass\n{FAILED}", True),
        (f"{PASSED}\nAuthentication-Results: MX.us.example 1; dmarc=fail (p=reject)", True),
        (f"{PASSED}\nReceived: from a\n{FAILED}", False),  # came with the letter
        (f"{PASSED}\n{FAILED.replace('mx.us', 'mx.of')}", False),
        (f"{SAID} {'(' * 20_000}; dmarc=fail", True),
        ("Subject: dmarc=fail", False),
    ],
)
def test_a_letter_is_forged_where_the_server_that_took_it_says_that_its_domain_disowns_it(
    said: str, is_forged: bool
) -> None:
    assert read_text(f"Received: from b\n{said}\nFrom: a@a.example\n\nx").is_forged is is_forged


def test_a_header_of_a_megabyte_costs_nothing() -> None:
    crowd = ", ".join(f"Имя {n} <a{n}@client.example.com>" for n in range(30_000))
    letter = read_text(f"From: a@b.example.com\nTo: {crowd}\nSubject: {'=?utf-8?Q?=D0=AF?= ' * 50_000}\n\nx")
    assert letter.to[0].email == "a0@client.example.com"
    assert len(letter.to) == 500
    assert len(letter.subject) == 500


@pytest.mark.parametrize("declared", ["", "; boundary=other"])
@pytest.mark.parametrize("between", ["abc", "=_Part.1-2"])
def test_parts_whose_boundary_is_not_said_are_read_by_the_one_that_stands_there(declared: str, between: str) -> None:
    letter = read_text(
        f"From: a@b.ru\r\nSubject: x\r\nContent-Type: multipart/mixed{declared}\r\n\r\n--{between}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\nДобрый день\r\n--{between}\r\n"
        f"Content-Type: application/pdf; name=price.pdf\r\n{B64}\r\n\r\nJVBERg==\r\n--{between}--\r\n"
    )
    assert letter.text.strip() == "Добрый день"
    assert [(file.name, file.content) for file in letter.files] == [("price.pdf", b"%PDF")]


def test_a_letter_that_is_wrong_at_every_level_is_not_read_anew_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    read_anew = list[bytes]()

    def counted(raw: bytes, **more: Any) -> Message:
        read_anew.append(raw)
        return message_from_bytes(raw, **more)

    monkeypatch.setattr(parts, "message_from_bytes", counted)
    levels = "".join(f"--level{n}\nContent-Type: multipart/mixed\n\n" for n in range(100))
    letter = read_text(f"From: a@b.ru\nSubject: x\nContent-Type: multipart/mixed\n\n{levels}Добрый день\n")
    assert letter.subject == "x"
    assert 0 < len(read_anew) <= parts.MOST_REPAIRED


@pytest.mark.parametrize("declared", ["", "; boundary=other"])
def test_parts_that_nothing_parts_are_one_text(declared: str) -> None:
    letter = read_text(f"From: a@b.ru\r\nContent-Type: multipart/mixed{declared}\r\n\r\nДобрый день\r\n")
    assert (letter.text.strip(), letter.files) == ("Добрый день", [])


@pytest.mark.parametrize(
    ("text", "cut"), [("Привет, жду ответа", -1), ("Счет № 5 — на оплату", -1), ("Да, согласны", 1)]
)
def test_a_text_in_utf_8_that_was_cut_inside_a_sign_stays_one(text: str, cut: int) -> None:
    raw = text.encode()
    said = decoded(raw[:cut] if cut < 0 else raw[cut:], "utf-8")
    assert text[2:-2] in said
    assert said.count("\ufffd") == 1


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        *product(["cp1251", "koi8-r", "cp866"], ["Рапорт о работе", "Прошу выслать счет", "Параллели, ура"]),
        ("cp1251", "2. «Колонки»"),
        *product(
            ["cp1251", "koi8-r", "cp866"],
            ["АО Дом", "ИП Ким", "Это НДС", "Счет АО", "Да", "А", "ДОГОВОР", "ПРИВЕТ, МИР"],
        ),
    ],
)
def test_a_code_page_is_not_taken_for_broken_utf_8(charset: str, text: str) -> None:
    assert decoded(text.encode(charset), "utf-8") == text
