"""Papers in the browser: made, kept, read back, seen by whoever sees their order, sent as an offer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.vat import VatRate
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, Counterparty
from app.models.letters import LetterDraft
from app.models.mailboxes import Mailbox
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder, OrderLine
from app.models.organisation import BankAccount
from app.models.papers import Paper, PaperTemplate
from app.models.products import Item
from app.services.papers.organisation import ours
from tests.conftest import user_named
from tests.factories import added, buyer

Login = Callable[..., FlaskClient]


@pytest.fixture
def us(session: Session) -> None:
    organisation = ours(session)
    organisation.name, organisation.inn, organisation.head_name = "ООО «Вектор»", "7707083893", "Воронцов А. С."
    account = {"number": "40702810800030005413", "bic": "044525187", "bank": "Банк ВТБ"}
    added(session, BankAccount(is_main=True, correspondent="30101810700000000187", **account))


@pytest.fixture
def client(session: Session) -> Counterparty:
    return buyer(session, "Ромашка", full_name="ООО «Ромашка»", manager=user_named(session, "anna"))


def order_of(session: Session, client: Counterparty, lines: int = 1) -> BuyerOrder:
    items = [added(session, Item(code=f"Б{n}", name=f"Кабель № {n:02}")) for n in range(1, lines + 1)]
    order = BuyerOrder(number="ЗП-7", date=date(2026, 3, 10), counterparty=client, amount=Decimal(122) * lines)
    order.lines = [
        OrderLine(item=item, quantity=2, price=Decimal(61), vat=VatRate.TWENTY_TWO, amount=Decimal(122))
        for item in items
    ]
    return added(session, order)


def only(session: Session, model: Any) -> Any:
    session.expire_all()
    return session.scalars(select(model)).one()


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in pages).replace("\xa0", " ").replace("\r", "")


@pytest.mark.usefixtures("us")
def test_a_bill_is_kept_and_its_code_is_read_back(login: Login, session: Session, client: Counterparty) -> None:
    order = order_of(session, client)
    anna = login("anna")
    assert f"/papers/new?kind=bill&amp;order={order.id}" in anna.get(f"/orders/show/{order.id}").text
    made = anna.post(f"/papers/new?kind=bill&order={order.id}", data={"press": "keep"})
    paper = only(session, Paper)
    assert made.location == f"/papers/show/{paper.id}"
    pdf = anna.get(f"/papers/file/{paper.id}").data
    text = text_of(pdf)
    for words in (
        paper.number,
        "ООО «Ромашка»",
        "40702810800030005413",
        "В том числе НДС 22 %",
        "22,00",
        "Кабель № 01",
    ):
        assert words in text, words
    assert "Сто двадцать два рубля 00 копеек" in text
    (page,) = pypdfium2.PdfDocument(pdf)
    picture = page.render(scale=2).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    said = dict(part.split("=", 1) for part in code.text.split("|")[1:])
    assert code.text.startswith("ST00012|Name=ООО «Вектор»|")
    assert (said["Sum"], said["PayeeINN"], said["BIC"]) == ("12200", "7707083893", "044525187")
    assert paper.number in said["Purpose"]
    assert order.number in said["Purpose"]
    assert paper.title in anna.get(f"/orders/show/{order.id}").text  # among what happened to the order
    assert login("boris").get(f"/papers/file/{paper.id}").status_code in {302, 404}
    assert login("boris").post(f"/papers/new?kind=bill&order={order.id}").status_code == 404


@pytest.mark.usefixtures("us")
def test_an_offer_that_is_sent_is_a_contact_with_an_offer(login: Login, session: Session, client: Counterparty) -> None:
    anna = user_named(session, "anna")
    kind = session.scalars(select(ContactInfoKind).where(ContactInfoKind.type == "email")).first()
    added(session, ContactInfo(counterparty=client, kind=kind, value="info@romashka.ru"))
    added(session, Mailbox(address="anna@firm.ru", owner_id=anna.id))
    order = order_of(session, client)
    began = login("anna").post(f"/papers/new?kind=offer&order={order.id}", data={"press": "letter"})
    draft = only(session, LetterDraft)
    assert began.location == f"/letters/write?draft={draft.id}"
    assert (draft.to, [file.name for file in draft.files]) == ("info@romashka.ru", [f"{draft.subject}.pdf"])
    typed = {"draft": draft.id, "mailbox": draft.mailbox_id, "to": draft.to, "subject": draft.subject}
    login("anna").post("/letters/write", data={**typed, "text": "Добрый день!", "press": "send"})
    contact = only(session, Contact)
    assert (contact.is_offer, contact.counterparty_id) == (True, client.id)


@pytest.mark.usefixtures("us")
def test_whoever_has_one_name_is_called_by_it(login: Login, session: Session, client: Counterparty) -> None:
    order, anna = order_of(session, client), user_named(session, "anna")
    anna.first_name, anna.last_name = "Снабжение", ""
    offer = session.scalars(select(PaperTemplate).where(PaperTemplate.kind == "offer")).one()
    offer.closing = "Вопросы: {менеджер}, {лицо}. Долг {лицо} известен."
    session.commit()
    shown = text_of(login("anna").post(f"/papers/preview?kind=offer&order={order.id}").data)
    assert "Вопросы: Снабжение.\n" in shown
    assert "известен" not in shown


@pytest.mark.usefixtures("us")
def test_sixty_lines_go_over_pages_under_their_heads(login: Login, session: Session, client: Counterparty) -> None:
    order = order_of(session, client, 60)
    login("anna").post(f"/papers/new?kind=offer&order={order.id}")
    pages = pypdfium2.PdfDocument(only(session, Paper).blob.content)
    texts = [page.get_textpage().get_text_range() for page in pages]
    assert len(texts) > 1
    assert all("Наименование" in text for text in texts if "Кабель" in text)
    assert "Кабель № 60" in "".join(texts)


@pytest.mark.usefixtures("us")
def test_an_act_tells_what_was_owed_moved_and_is_owed(
    login: Login, session: Session, client: Counterparty, today: date
) -> None:
    for number, day, amount in (("РТ-1", date(2025, 5, 5), 100), ("РТ-2", date(2026, 2, 5), 50)):
        added(session, Shipment(number=number, date=day, counterparty=client, amount=amount))
    added(session, Payment(number="ОП-1", date=date(2026, 2, 7), counterparty=client, amount=30))
    anna, address = login("anna"), f"/papers/new?kind=act&counterparty={client.id}"
    offered = re.search(r'<select[^>]* name="period".*?</select>', anna.get(address).text, re.DOTALL)
    assert offered
    assert f'<option value="this-year" selected>Этот год: {today.year}</option>' in offered[0]
    wrong = anna.post(address, data={"period": "когда-нибудь"}).text
    assert "«когда-нибудь» — не период" in wrong
    assert 'aria-invalid="true" aria-describedby="period-error"' in wrong
    assert "Период еще не начался: Январь 2199." in anna.post(address, data={"period": "2199-01"}).text
    shown = anna.post(address.replace("/new", "/preview"), data={"period": "2026"})
    text = text_of(shown.data)
    assert "Сальдо на начало 100,00" in text
    assert "РТ-1" not in text
    assert "Обороты за период 50,00 30,00" in text
    assert f"На {min(date(2026, 12, 31), today):%d.%m.%Y} задолженность в пользу ООО «Вектор» — 120,00 руб." in text
    assert session.scalars(select(Paper)).all() == []


@pytest.mark.usefixtures("us")
def test_what_is_refused_is_told_in_the_language_of_whoever_asked(
    login: Login, session: Session, client: Counterparty
) -> None:
    order, anna = order_of(session, client), login("anna")
    session.scalars(select(PaperTemplate).where(PaperTemplate.kind == "offer")).one().title = "Для {лицо}"
    session.commit()
    anna.get("/lang/en")
    for asked, period, told in (
        (f"act&counterparty={client.id}", "2199-Q3", "The period 3rd quarter 2199 has not begun yet."),
        (f"act&counterparty={client.id}", "", "Choose the counterparty and the period."),
        (f"offer&order={order.id}", "", "There is nothing to fill {лицо} in with"),
    ):
        answer = anna.post(f"/papers/preview?kind={asked}", data={"period": period})
        assert told in answer.get_data().decode(errors="replace"), asked


@pytest.mark.usefixtures("us")
def test_an_act_of_other_days_of_which_one_is_empty_is_refused_with_the_other_one_kept(
    login: Login, session: Session, client: Counterparty
) -> None:
    answer = login("anna").post(f"/papers/new?kind=act&counterparty={client.id}", data={"period": "2026-03-01.."})
    moment = answer.text.partition("data-moment>")[2].partition("</div>")[0]
    assert 'name="period" aria-invalid="true" aria-describedby="period-error"' in moment
    assert re.findall(r'type="date" value="([^"]*)" required', moment) == ["2026-03-01", ""]
    assert session.scalars(select(Paper)).all() == []


def test_what_is_missing_for_a_paper_is_told(login: Login, session: Session, client: Counterparty) -> None:
    order = order_of(session, client)
    refused = login("anna").post(f"/papers/new?kind=bill&order={order.id}")
    assert "Сначала заполните «Нашу организацию»" in refused.text
    assert "Наш" in login("anna").post(f"/papers/preview?kind=bill&order={order.id}").text


@pytest.mark.usefixtures("us")
def test_a_clerk_changes_a_template_and_looks_at_it_first(login: Login, session: Session, today: date) -> None:
    vera = login("vera")
    bill = session.scalars(select(PaperTemplate).where(PaperTemplate.kind == "bill")).one()
    typed = {"kind": "bill", "name": "Счет со скидкой", "title": "Счет {номер документа}", "valid_days": "3"}
    shown = vera.post("/paper-templates/preview", data={**typed, "closing": "Спасибо, {имя}!"})
    assert "Спасибо, Мария!" in text_of(shown.data)
    act = vera.post("/paper-templates/preview", data=typed | {"kind": "act"})
    assert f"На {today:%d.%m.%Y} задолженность" in text_of(act.data)
    assert vera.post("/paper-templates/preview", data={**typed, "closing": "{чего нет}"}).status_code == 422
    assert "Поля {чего нет} нет" in vera.post("/paper-templates/add", data={**typed, "closing": "{чего нет}"}).text
    assert vera.post("/paper-templates/add", data={**typed, "is_main": "y"}).status_code == 302
    session.expire_all()
    assert not bill.is_main
    vera.post(f"/paper-templates/delete/{bill.id}")
    assert [one.name for one in session.scalars(select(PaperTemplate).where(PaperTemplate.kind == "bill"))] == [
        "Счет со скидкой"
    ]
    assert login("anna").post("/paper-templates/add", data=typed).status_code == 403
