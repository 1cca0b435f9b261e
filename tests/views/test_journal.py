"""The journal, the bin and the history of a card, as people see and use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.own_fields import Owner, OwnKind
from app.models.bell import Reminder
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty, CounterpartyGroup
from app.models.jobs import Job
from app.models.journal import Act
from app.models.orders import BuyerOrder
from app.models.own_fields import OwnField
from app.services import jobs, undoing
from app.services.own_fields import save_field
from tests.conftest import user_named
from tests.deals import item, order
from tests.factories import added, buyer
from tests.web.test_rest import Program

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Login = Callable[..., FlaskClient]


@pytest.fixture
def client_of_anna(session: Session) -> Counterparty:
    who = buyer(session, "Ромашка", manager_id=user_named(session, "anna").id)
    added(session, ContactPerson(counterparty=who, last_name="Иванов"))
    session.commit()
    return who


def offered(page: Any) -> str:
    """The address that the last toast undoes by."""
    *_earlier, address = re.findall(r'action="(/journal/undo/\d+)">\s*<input[^>]*>\s*<button[^>]* data-undo', page.text)
    return str(address)


def test_deleting_asks_nothing_and_one_press_brings_everything_back(
    session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    vera, number = login("vera"), client_of_anna.id
    card = vera.get(f"/counterparties/show/{number}")
    assert "data-confirm" not in re.search(rf'<button[^>]*/counterparties/delete/{number}"[^>]*>', card.text)[0]  # type: ignore[index]
    page = vera.post(f"/counterparties/delete/{number}", follow_redirects=True)
    assert "Удалено: Ромашка." in page.text
    session.expire_all()
    assert session.get(Counterparty, number) is None
    page = vera.post(offered(page), follow_redirects=True)
    assert "Отменено. Контрагенты: Ромашка — восстановлено; " in page.text
    session.expire_all()
    assert session.get_one(Counterparty, number).name == "Ромашка"
    assert session.scalars(select(ContactPerson.last_name)).all() == ["Иванов"]
    assert "Вернуть <kbd" in page.text
    page = vera.post(offered(page), follow_redirects=True)  # the undo is undone as well
    assert re.search("Возвращено. .*Контрагенты: Ромашка — удалено", page.text)
    assert "Отменить <kbd" in page.text
    session.expire_all()
    assert session.get(Counterparty, number) is None
    assert "Возврат отмененного" in vera.get("/journal/").text
    deleted = min(session.scalars(select(Act.undoes_id).where(Act.undoes_id.is_not(None))))
    first = f"/journal/undo/{deleted}"  # again by messages, redone, then by itself
    for asked, is_offered in (
        (None, False),
        (None, True),
        (first, False),
    ):  # undone once more, redone, undone by itself
        page = vera.post(asked or offered(page), follow_redirects=True)
        assert (f'{first}"' in vera.get("/journal/").text) == is_offered
    assert "Это уже отменено, или поверх" in vera.post(first, follow_redirects=True).text


def test_what_hangs_on_a_row_is_told_when_it_cannot_be_deleted(
    app: Flask, session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    for number in range(2):
        order(session, client_of_anna, {item(session, 100): 1})
        added(session, Contact(counterparty=client_of_anna, subject=f"{number}", starts_at=NOW, ends_at=NOW))
    session.commit()
    page = login("vera").post(f"/counterparties/delete/{client_of_anna.id}", follow_redirects=True)
    assert "2 заказа и 2 контакта" in page.text or "2 контакта и 2 заказа" in page.text
    answer = Program(app, session, "vera")("DELETE", f"counterparty/{client_of_anna.id}")
    assert answer.status_code in {404, 405, 422}
    assert session.get(Counterparty, client_of_anna.id) is not None


def test_everybody_sees_his_own_acts_and_heads_see_all(
    session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    anna = login("anna")
    anna.post(f"/persons/delete/{session.scalars(select(ContactPerson.id)).one()}")
    mine = session.scalars(select(Act).where(Act.by_id == user_named(session, "anna").id)).one()
    address = f"/journal/undo/{mine.id}"
    assert address in anna.get("/journal/").text
    assert address not in login("boris").get("/journal/").text
    assert anna.get("/journal/all/").status_code in {302, 403}
    assert login("boris").post(address).status_code == 404
    assert address in login("vera").get("/journal/all/").text
    login("vera").post(address)
    assert session.scalars(select(ContactPerson.last_name)).all() == ["Иванов"]
    assert address not in anna.get("/journal/").text  # it is undone


def test_a_deleted_reminder_is_named_by_what_it_was_of(
    session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    call = Contact(counterparty=client_of_anna, subject="Звонок о цене", starts_at=NOW, ends_at=NOW)
    told = {"user": user_named(session, "anna"), "contact": added(session, call), "due_at": NOW, "zone": "UTC"}
    reminder = added(session, Reminder(text="личное", **told))
    session.commit()
    anna = login("anna")
    anna.post(f"/bell/drop/{reminder.id}", follow_redirects=True)  # its message offers to undo it
    page = anna.get("/journal/").text
    assert "Напоминания: Звонок о цене" in page
    assert "личное" not in page
    assert "/journal/undo/" not in page


def test_the_bin_gives_a_row_back_with_what_hung_on_it(
    session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    other = buyer(session, "Лютик", manager_id=user_named(session, "anna").id)
    numbers = (client_of_anna.id, other.id)
    session.commit()
    session.info["viewer"] = None
    session.execute(text("SELECT set_config('vizavi.user', :id, true)"), {"id": str(user_named(session, "anna").id)})
    for number in numbers:
        session.delete(session.get_one(Counterparty, number))
    session.commit()
    vera = login("vera")
    page = vera.get("/journal/all/bin")
    forms = re.findall(r'action="(/journal/restore/\d+/counterparty/\d+)"', page.text)
    assert len(forms) == 2
    assert "contact_person" not in page.text  # it went with its owner and comes with him
    form = next(form for form in forms if form.endswith(f"/{numbers[0]}"))
    assert login("boris").post(form).status_code == 404  # the act is Anna's
    nobody = form.removesuffix(f"/{numbers[0]}") + f"/{sum(numbers)}"
    assert "В журнале нет этого изменения." in vera.post(nobody, follow_redirects=True).text
    assert "Восстановлено. Контрагенты: Ромашка — восстановлено; " in vera.post(form, follow_redirects=True).text
    session.expire_all()
    assert session.scalars(select(Counterparty.name)).all() == ["Ромашка"]
    assert session.scalars(select(ContactPerson.last_name)).all() == ["Иванов"]
    assert re.findall(r'action="/journal/restore/\d+/counterparty/(\d+)"', vera.get("/journal/all/bin").text) == [
        str(numbers[1])
    ]


def test_the_history_of_a_card_is_read_by_whoever_reads_the_card(
    session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    client_of_anna.needs = "гвозди"
    session.commit()
    client_of_anna.needs = "болты"
    session.commit()
    address = f"/history/counterparty/{client_of_anna.id}"
    assert address in login("vera").get(f"/counterparties/show/{client_of_anna.id}").text
    page = login("anna").get(address)
    assert (page.status_code, "гвозди" in page.text, "болты" in page.text, "Иванов" in page.text) == (200, *[True] * 3)
    assert login("boris").get(address).status_code == 404
    assert login("anna").get("/history/policy/1").status_code == 404
    assert login("anna").get("/history/nothing/1").status_code == 404


def test_a_history_does_not_name_what_the_reader_does_not_see(session: Session, login: Login) -> None:
    anna, boris = (user_named(session, name).id for name in ("anna", "boris"))
    hers, his = buyer(session, "Моя", manager_id=anna), buyer(session, "Чужая", manager_id=boris)
    secret = added(session, ContactPerson(counterparty=his, last_name="Тайный"))
    mine = added(session, ContactPerson(counterparty=hers, last_name="Явный"))
    it = added(session, Contact(counterparty=his, person=secret, manager_id=anna, starts_at=NOW, ends_at=NOW))
    session.commit()
    it.counterparty, it.person = hers, mine
    session.commit()
    page = login("anna").get(f"/history/contact/{it.id}")
    assert ("Явный" in page.text, "Тайный" in page.text) == (True, False)


def test_a_history_tells_own_fields_by_their_names_to_those_who_see_them(
    session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    for name, roles in (("Регион", []), ("Скидка", ["Commercial director"])):
        save_field(session, OwnField(owner=Owner.COUNTERPARTY, kind=OwnKind.TEXT, name=name, seen_by=roles))
    for region, discount in (("Урал", "5 %"), ("Сибирь", "7 %")):
        client_of_anna.own = {"region": region, "skidka": discount}
        session.commit()
    address = f"/history/counterparty/{client_of_anna.id}"
    told = ("Регион", "Урал", "Сибирь", "Скидка", "5 %", "7 %")
    assert [word in login("anna").get(address).text for word in told] == [True] * 3 + [False] * 3
    assert [word in login("vera").get(address).text for word in told] == [True] * 6


def test_pages_of_the_journal_follow_each_other(session: Session, login: Login) -> None:
    for number in range(65):
        buyer(session, f"Клиент {number}")
        session.commit()
    vera, address, seen = login("vera"), "/journal/all/", []
    while address:
        page = vera.get(address)
        seen += re.findall(r"/journal/undo/(\d+)", page.text)
        following = re.search(r'href="(/journal/all/\?before=\d+)"', page.text)
        address = following[1] if following else ""
    assert len(seen) == len(set(seen)) >= 65
    assert vera.get("/journal/all/?before=нет").status_code == 200


def test_an_undo_that_is_refused_says_why_and_changes_nothing(
    session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    client_of_anna.needs = "гвозди"
    session.commit()
    first = session.scalars(select(Act.id).order_by(Act.id.desc()).limit(1)).one()
    client_of_anna.needs = "болты"
    session.commit()
    page = login("vera").post(f"/journal/undo/{first}", follow_redirects=True)
    assert "Ромашка" in page.text
    session.expire_all()
    assert session.get_one(Counterparty, client_of_anna.id).needs == "болты"
    assert session.scalars(select(BuyerOrder)).all() == []


def test_verbs_of_contacts_and_handing_over_are_taken_back(
    session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    anna, boris = (user_named(session, name).id for name in ("anna", "boris"))
    soon = datetime(2030, 1, 10, 9, tzinfo=UTC)
    planned = added(session, Contact(counterparty=client_of_anna, manager_id=anna, starts_at=soon, ends_at=soon))
    session.commit()
    address = f"/contacts/move/{planned.id}?when=tomorrow&version={planned.version}"
    answer = login("anna").post(address, headers={"Accept": "application/json"})
    session.expire_all()
    assert planned.starts_at < soon
    login("anna").post(answer.get_json()["undo"])
    session.expire_all()
    assert planned.starts_at == soon
    form = {"clients": client_of_anna.id, "manager": str(boris)}
    page = login("vera").post("/hand-over/", data=form, follow_redirects=True)
    session.expire_all()
    assert client_of_anna.manager_id == boris
    login("vera").post(offered(page))
    session.expire_all()
    assert client_of_anna.manager_id == anna


def test_an_undo_of_many_rows_is_left_to_a_worker(
    app: Flask, session: Session, login: Login, client_of_anna: Counterparty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undoing, "MANY", 0)
    client_of_anna.needs = "гвозди"
    session.commit()
    act = session.scalars(select(Act.id).order_by(Act.id.desc()).limit(1)).one()
    page = login("vera").post(f"/journal/undo/{act}")
    assert page.location.startswith("/work/")
    job = session.scalars(select(Job)).one()
    session.commit()
    outcome = undoing.undo_job(session, job, jobs.Run(NOW, NOW.date(), lambda _done, _total: None))
    assert outcome.done
    assert outcome.result["is_undo"]  # its page offers to redo it
    assert client_of_anna.needs == ""
    session.commit()
    act = session.scalars(select(Act.id).order_by(Act.id.desc()).limit(1)).one()
    page = login("vera").post(f"/journal/undo/{act}", follow_redirects=True)
    assert "<h1>Возврат отмененного</h1>" in page.text


def test_a_saved_form_and_a_change_of_many_rows_are_taken_back(
    session: Session, login: Login, client_of_anna: Counterparty
) -> None:
    vera, other = login("vera"), buyer(session, "Лютик")
    session.commit()
    form = {"code": other.code, "name": "Василек", "kind": "company", "is_buyer": "y"}
    page = vera.post(f"/counterparties/edit/{other.id}", data=form, follow_redirects=True)
    session.expire_all()
    assert other.name == "Василек"
    vera.post(offered(page))
    session.expire_all()
    assert other.name == "Лютик"
    group = added(session, CounterpartyGroup(name="Сети"))
    session.commit()
    rows = {"rowid": [client_of_anna.id, other.id], "field": "group", "counted": "group", "group": group.id}
    page = vera.post("/counterparties/bulk", data={**rows, "sure": "y"}, follow_redirects=True)
    session.expire_all()
    assert {client_of_anna.group_id, other.group_id} == {group.id}
    vera.post(offered(page))
    session.expire_all()
    assert {client_of_anna.group_id, other.group_id} == {None}
