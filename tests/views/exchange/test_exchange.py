"""Import and export in the browser, as a person meets them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.own_fields import Owner, OwnKind
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.jobs import Job, StoredFile
from app.models.own_fields import OwnField
from app.models.products import Item
from app.queries.rights import rights_of
from app.services import exchange, jobs, own_fields
from app.services.exchange import exporting
from app.services.exchange.fields import CONTACT_INFORMATION
from app.web.work import KINDS
from tests.conftest import user_named
from tests.services.exchange.conftest import NOW, TODAY

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("warm_gate")]
Login = Callable[..., FlaskClient]
SOURCE = "Код;Название;Кто;Заметка\nК1;Ромашка;anna;да\nК2;Ёж;boris;нет\n".encode("windows-1251")


def upload(client: FlaskClient, source: bytes = SOURCE, kind: str = "counterparties", **more: Any) -> Any:
    data = {"kind": kind, "file": (io.BytesIO(source), "товары.csv"), **more}
    return client.post("/import/", data=data, content_type="multipart/form-data")


def work(app: Flask, session: Session) -> Job:
    """What a worker does with the newest job, as far as the page can tell."""
    job = session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()
    run = jobs.Run(NOW, TODAY, lambda _done, _total: None, rights_of(session, job.user_id))
    with app.test_request_context():
        jobs.finish(session, job, exchange.import_job(session, job, run), now=NOW)
    session.commit()
    return job


def progress_of(client: FlaskClient, page: str) -> str:
    """The address that the progress bar of the page asks."""
    address = re.search('data-job="([^"]+)"', client.get(page).text)
    assert address
    return address[1]


def test_a_workbook_whose_cells_stand_far_apart_is_refused_with_the_limit_it_oversteps(login: Login) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = book.worksheets[0]["XFD1048576"] = 1
    out = io.BytesIO()
    book.save(out)
    client = login("vera")
    for _again in range(3):
        answer = upload(client, out.getvalue())
        assert answer.status_code == 400
        assert "В таблице больше 1000 колонок." in answer.text


def test_a_file_is_checked_shown_and_imported(app: Flask, session: Session, login: Login) -> None:
    client = login("vera")
    answer = upload(client)
    assert answer.status_code == 302
    page = answer.location
    progress = progress_of(client, page)
    state = client.get(progress).json
    assert state == {"running": True, "state": "queued", "progress": 0, "total": None}
    work(app, session)
    assert client.get(progress).json["running"] is False
    text = client.get(page).text
    assert "Ромашка" in text  # the first values of the columns
    assert re.search(r'name="column-0".*?value="code" selected', text, re.S)
    assert re.search(r'name="column-1".*?value="name" selected', text, re.S)
    assert 'value="import"' in text
    assert session.scalar(select(func.count()).select_from(Counterparty)) == 0
    # the third column means the manager: its name did not say so
    mapping = {"column-0": "code", "column-1": "name", "column-2": "manager", "column-3": ""}
    answer = client.post(page, data={**mapping, "do": "import"})
    job = work(app, session)
    assert (job.result or {})["created"] == 2
    assert [c.manager.username for c in session.scalars(select(Counterparty).order_by(Counterparty.code))] == [
        "anna",
        "boris",
    ]
    text = client.get(answer.location).text
    assert 'value="import"' not in text
    assert "товары.csv" in client.get("/import/").text
    undo = re.search('formaction="(/journal/undo/[0-9]+)"', text)
    assert undo
    client.post(undo[1])
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Counterparty)) == 0


def test_wrong_lines_are_listed_and_cannot_be_imported(app: Flask, session: Session, login: Login) -> None:
    client = login("vera")
    page = upload(client, b"code,name,registered_on\n1,A,31.02.2026\n2,B,\n").location
    work(app, session)
    text = client.get(page).text
    assert "31.02.2026" in text
    assert 'value="import"' not in text


def test_what_is_no_table_is_told_on_the_form(session: Session, login: Login) -> None:
    client = login("vera")
    for source in (b"", b"\xff\x98", b"PK\x03\x04no"):
        answer = upload(client, source)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert session.scalar(select(func.count()).select_from(StoredFile)) == 0


def test_two_columns_may_be_one_field(app: Flask, session: Session, login: Login) -> None:
    client = login("vera")
    page = upload(client, b"code,name,one,two\n1,A,84957000030,84957000031\n", "counterparties").location
    work(app, session)
    chosen = {"column-0": "code", "column-1": "name", "column-2": "phone", "column-3": "phone", "do": "import"}
    client.post(page, data=chosen)
    work(app, session)
    assert set(session.scalars(select(ContactInfo.phone))) == {"+74957000030", "+74957000031"}


def test_one_column_may_be_two_fields(app: Flask, session: Session, login: Login) -> None:
    client = login("vera")
    page = upload(client, "Фирма;Заметка\nМак;84957000030\n".encode(), "counterparties").location
    work(app, session)
    chosen = {"column-0": ["code", "name"], "column-1": ["phone", "comment"]}
    answer = client.post(page, data={**chosen, "do": "check"})
    work(app, session)
    text = client.get(answer.location).text
    for place, names in enumerate(chosen.values()):
        found = re.findall(rf'name="column-{place}".*?</select>', text, re.S)
        assert [re.findall(r'value="(\w+)" selected', each) for each in found] == [[name] for name in names]
    client.post(answer.location, data={**chosen, "do": "import"})
    work(app, session)
    one = session.scalars(select(Counterparty)).one()
    assert (one.code, one.name, one.comment) == ("Мак", "Мак", "84957000030")
    assert session.scalars(select(ContactInfo.phone)).all() == ["+74957000030"]


def test_a_file_of_orders_brings_its_buyers(app: Flask, session: Session, login: Login) -> None:
    session.add(Item(code="A", name="Чай"))
    session.commit()
    client = login("vera")
    page = upload(
        client, "Номер;Дата;Покупатель;Товар;Количество;Цена\n1;20.11.2026;Мак;A;1;1\n".encode(), "orders"
    ).location
    assert (work(app, session).result or {})["wrong_count"] == 1
    assert 'name="make_unknown"' in client.get(page).text
    names = ("number", "date", "counterparty", "item", "quantity", "price")
    chosen = {f"column-{place}": name for place, name in enumerate(names)}
    page = client.post(page, data={**chosen, "make_unknown": "on", "do": "check"}).location
    work(app, session)
    assert "Новые: Контрагенты" in client.get(page).text
    client.post(page, data={**chosen, "make_unknown": "on", "do": "import"})
    work(app, session)
    assert session.scalars(select(Counterparty.name)).all() == ["Мак"]


def test_the_right_lines_come_in_and_the_wrong_ones_are_taken_away(app: Flask, session: Session, login: Login) -> None:
    client = login("vera")
    page = upload(client, b"code,name,price\n1,A,5\n2,B,dear\n", "items").location
    work(app, session)
    page = client.post(
        page, data={"column-0": "code", "column-1": "name", "column-2": "price", "skip_wrong": "on", "do": "import"}
    ).location
    work(app, session)
    assert session.scalars(select(Item.code)).all() == ["1"]
    book = client.get(f"{page}/wrong")
    assert book.status_code == 200
    rows = list(openpyxl.load_workbook(io.BytesIO(book.data)).worksheets[0].iter_rows(values_only=True))
    assert rows[1][:3] == ("2", "B", "dear")


def test_an_import_is_its_owners_alone(session: Session, login: Login) -> None:
    page = upload(login("vera")).location
    for path in (page, progress_of(login("vera"), page)):
        assert login("admin").get(path).status_code == 404
    assert login("admin").post(page, data={"do": "import"}).status_code == 404


def test_import_needs_the_right_to_import_and_to_write_the_rows(session: Session, login: Login) -> None:
    assert upload(login("anna"), b"code,name\n1,A\n", "items").status_code == 403
    assert upload(login("pavel"), b"number,date\n1,2026-01-01\n", "orders").status_code == 403
    maria = login("maria")
    assert upload(maria).status_code == 403
    assert session.scalar(select(func.count()).select_from(Job)) == 0
    stranger = login("vera").application.test_client()
    assert "login" in stranger.get("/import/").location


def test_the_page_of_an_import_costs_few_statements(app: Flask, session: Session, login: Login, sql: list[str]) -> None:
    client = login("vera")
    for _ in range(3):
        page = upload(client).location
        progress = progress_of(client, page)
        work(app, session)
    client.get(page)
    for path, most in (("/import/", 6), (page, 6), (progress, 4)):
        sql.clear()
        client.get(path)
        assert len(sql) <= most, sql


def test_the_sheet_and_the_line_of_the_header_may_be_chosen(app: Flask, session: Session, login: Login) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Первый"
    for row in (["Код", "Название"], ["что", "где"], ["К1", "Мак"]):
        sheet.append(row)
    other = book.create_sheet("Второй")
    for row in (["Список"], ["Код", "Название", "ИНН"], ["К2", "Астра", ""]):
        other.append(row)
    out = io.BytesIO()
    book.save(out)
    client = login("vera")
    page = upload(client, out.getvalue()).location
    work(app, session)
    text = client.get(page).text
    assert re.search(r"<option selected>Второй</option>", text)  # it has more captions that are known
    assert 'name="line" value="2"' in text
    answer = client.post(page, data={"sheet": "Первый", "line": "2", "do": "check"})
    job = work(app, session)
    assert (job.params["sheet"], job.params["line"], job.params["header"]) == ("Первый", 1, ["Код", "Название"])
    answer = client.post(answer.location, data={"sheet": "Первый", "line": "2", "do": "check"})
    job = session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()
    assert (job.params["line"], job.params["header"], job.params["first"]) == (2, ["что", "где"], [["К1", "Мак"]])
    chosen = {"sheet": "Первый", "line": "2", "column-0": "code", "column-1": "name", "do": "import"}
    client.post(answer.location, data=chosen)
    work(app, session)
    assert session.scalars(select(Counterparty.name)).all() == ["Мак"]
    answer = client.post(answer.location, data={"sheet": "Первый", "line": "99", "do": "check"})
    assert "Строка 99 не может быть шапкой" in client.get(answer.location).text


def test_a_long_table_is_written_by_a_worker_and_waits_among_my_files(
    app: Flask, session: Session, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "LONG", 2)
    own_fields.save_field(session, OwnField(owner=Owner.ITEM, name="Материал", kind=OwnKind.TEXT))
    session.add_all(Item(code=f"{n}", name=f"Гвоздь {n}", own={"material": "сталь"}) for n in range(4))
    session.commit()
    client = login("admin")
    for kind, ending in (("items", "csv"), ("items", "xlsx"), ("commerceml", "xml")):
        asked = client.get(f"/export/{kind}.{ending}")
        assert asked.location.startswith("/work/")
        job = session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()
        seen: list[tuple[int, int]] = []
        run = jobs.Run(NOW, TODAY, lambda *step, seen=seen: seen.append(step), rights_of(session, job.user_id))
        with app.test_request_context():
            jobs.finish(session, job, KINDS[job.kind].handler(session, job, run), now=NOW)
        session.commit()
        assert seen[-1] == (4, 4)
        assert "4" in client.get(asked.location).text
        made = client.get(f"{asked.location}/file")
        monkeypatch.setattr(exporting, "LONG", 100)
        assert (made.mimetype, len(made.data) > 50) == (client.get(f"/export/{kind}.{ending}").mimetype, True)
        monkeypatch.setattr(exporting, "LONG", 2)
        if ending == "csv":
            assert (made.text.count("\r\n"), made.text.count("сталь")) == (5, 4)
        assert asked.location in client.get("/export/").text
        assert login("boris").get(f"{asked.location}/file").status_code == 404


def test_people_are_taken_away_as_cards_by_whoever_sees_them(session: Session, login: Login) -> None:
    client = Counterparty(code="К-карты", name="Ромашка")
    person = ContactPerson(counterparty=client, last_name="Ёлкина", first_name="Анна")
    session.add(person)
    session.commit()
    boss, manager = login("admin"), login("anna")
    sent = boss.get(f"/export/cards/persons.vcf?ids={person.id}")
    assert sent.content_type.startswith("text/vcard")
    assert "N:Ёлкина;Анна;;;" in sent.text
    assert "ORG:Ромашка" in sent.text
    assert boss.get(f"/export/cards/clients.vcf?ids={client.id}").text.count("X-ABSHOWAS:COMPANY") == 1
    assert manager.get(f"/export/cards/persons.vcf?ids={person.id}").status_code == 404
    assert f"/export/cards/persons.vcf?ids={person.id}" in boss.get(f"/persons/show/{person.id}").text


def test_people_of_a_file_are_chosen_row_by_row_and_its_columns_are_remembered(
    app: Flask, session: Session, login: Login
) -> None:
    client = login("vera")
    source = "Кто;Клиент;Где\nЧижов;Птицы;Отдел\nЩеглов;Птицы;Склад\n".encode()
    page = upload(client, source, "outlook-csv").location
    mapping = {"column-0": "last_name", "column-1": "counterparty_name", "column-2": "role"}
    work(app, session)
    page = client.post(page, data={**mapping, "search": "last_name"}).location
    work(app, session)
    assert 'name="row-2"' in client.get(page).text
    client.post(page, data={**mapping, "search": "last_name", "row-2": "leave", "do": "import"})
    assert (work(app, session).result or {})["left"] == 1
    assert session.execute(select(ContactPerson.last_name, ContactPerson.role)).all() == [("Щеглов", "Склад")]
    page = upload(client, source.replace("Склад".encode(), "Контора".encode()), "outlook-csv").location
    job = work(app, session)
    assert [(row["title"], row["verdict"]) for row in (job.result or {})["people"]] == [
        ("Щеглов", "update"),
        ("Чижов", "take"),
    ]
    text = client.get(page).text
    assert "Колонки — как вы выбрали в прошлый раз" in text
    assert re.search(r'value="last_name" checked', text)


def test_people_are_looked_for_by_what_the_reader_may_write_alone(app: Flask, session: Session, login: Login) -> None:
    client = login("vera")
    of_people = {"counterparty", "last_name", "first_name", "middle_name", "birthday"}
    assert criteria_of_people(app, session, client) == of_people | {"phone", "email"}
    for role in user_named(session, "vera").roles:
        role.permissions = [right for right in role.permissions if right.view_menu.name != CONTACT_INFORMATION]
    session.commit()
    assert criteria_of_people(app, session, client) == of_people


def criteria_of_people(app: Flask, session: Session, client: FlaskClient) -> set[str]:
    """What stands on the page of a check of contact persons."""
    page = upload(client, "Фамилия;Клиент\nЧижов;Птицы\n".encode(), "persons").location
    work(app, session)
    return set(re.findall('name="search" value="([a-z_]+)"', client.get(page).text))


def test_cards_are_imported_as_chosen_by_what_their_page_sends(app: Flask, session: Session, login: Login) -> None:
    cards = "".join(
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:{name};;;;\r\nORG:Птицы\r\nEND:VCARD\r\n" for name in ("Чижов", "Щеглов")
    )
    client = login("vera")
    page = upload(client, cards.encode(), "vcard").location
    lines = [row["line"] for row in (work(app, session).result or {})["people"]]
    shown = client.get(page).text
    sent = dict(re.findall(r'<input [^>]*name="(line|name-[0-9]+)" value="([^"]*)"', shown))
    for name, options in re.findall(r'<select [^>]*name="(column-[0-9]+)"[^>]*>(.*?)</select>', shown, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent.setdefault(name, chosen[1] if chosen else "")
    assert sent[f"name-{lines[1]}"] == "Щеглов"
    sent[f"name-{lines[1]}"] = "Щеглова  Анна"
    page = client.post(page, data=sent).location
    job = work(app, session)
    assert job.params["choice"]["names"] == {str(lines[1]): "Щеглова Анна"}
    assert 'value="Щеглова Анна"' in client.get(page).text
    client.post(page, data={**sent, f"row-{lines[0]}": "leave", "do": "import"})
    assert (work(app, session).result or {})["left"] == 1
    assert session.execute(select(ContactPerson.last_name, ContactPerson.first_name)).all() == [("Щеглова", "Анна")]
