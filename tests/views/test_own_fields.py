"""Own fields in the browser: added by an administrator, and at once in every form."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.counterparties import Counterparty
from app.models.orders import BuyerOrder
from app.models.own_fields import OwnField
from app.models.products import Item
from app.models.users import Role
from app.services import own_fields
from tests.conftest import user_named
from tests.factories import added, buyer, typed

Login = Callable[..., FlaskClient]


def add(client: FlaskClient, **values: Any) -> Any:
    return client.post("/own-fields/add", data={"owner": "counterparty", "kind": "text", "position": "100", **values})


def saved(session: Session, name: str) -> Counterparty:
    session.expire_all()
    return session.scalars(select(Counterparty).where(Counterparty.name == name)).one()


def test_a_field_made_now_stands_in_the_form_now_and_is_kept(login: Login, session: Session) -> None:
    admin = login("admin")
    assert add(admin, name="Регион", group="Логистика", hint="Куда возим").status_code == 302
    assert add(admin, name="Каналы", kind="choices", words="Опт\nРозница").status_code == 302
    assert add(admin, name="Площадь", kind="number").status_code == 302
    assert add(admin, name="Сегмент", kind="choice", words="Дом\nДача", default="Дача").status_code == 302
    assert add(admin, name="По ЭДО", kind="flag").status_code == 302
    assert 'id="name-error"' in add(admin, name="Регион").text  # there is one of this name
    rows = admin.get("/own-fields/list/").get_data(as_text=True)
    assert re.search(r'<a class="lead-link" href="/own-fields/edit/\d+">Регион</a>', rows)
    page = admin.get("/counterparties/add").get_data(as_text=True)
    assert (
        "Логистика" in page and "Куда возим" in page and 'name="own_kanaly" value="Опт"' in page.replace("type", "t")
    ) or 'value="Опт"' in page
    assert '<option selected value="Дача">' in page
    typed = {"name": "Вектор", "kind": "company", "is_buyer": "y", "own_region": "Урал", "own_ploschad": "12,50"}
    typed |= {"own_segment": "Дом", "own_po_edo": "no"}
    answer = admin.post("/counterparties/add", data={**typed, "own_kanaly": ["", "Опт", "Розница"]})
    assert answer.status_code == 302
    client = saved(session, "Вектор")
    more = {"segment": "Дом", "po_edo": False}
    assert client.own == {"region": "Урал", "kanaly": ["Опт", "Розница"], "ploschad": "12.5", **more}
    form = admin.get(f"/counterparties/edit/{client.id}").get_data(as_text=True)
    assert 'value="Урал"' in form
    assert 'value="12,5"' in form
    assert re.findall(r'<option selected value="(Дом|no)">', form) == ["Дом", "no"]
    ticks = re.findall("<input[^>]*checkbox[^>]*>", admin.get(f"/counterparties/fact/{client.id}/own_kanaly").text)
    assert [(tick.count("form-control"), tick.count("aria-label")) for tick in ticks] == [(0, 1)] * 2
    for field in session.scalars(select(OwnField).where(OwnField.kind.in_(["choice", "choices"]))).all():
        field.words = field.words[1:]  # the list has the word no more, the client does
        own_fields.save_field(session, field)
    form = admin.get(f"/counterparties/edit/{client.id}").get_data(as_text=True)
    assert ("Дом" in form, "Опт" in form) == (True, True)
    kept = client.own
    typed |= {"own_kanaly": re.findall(r'name="own_kanaly" value="(\w+)" [^>]*checked', form), "own_region": "Сибирь"}
    assert admin.post(f"/counterparties/edit/{client.id}", data=typed).status_code == 302
    assert saved(session, "Вектор").own == {**kept, "region": "Сибирь", "kanaly": ["Розница", "Опт"]}


def test_a_wrong_value_is_told_at_its_field_and_nothing_typed_is_lost(login: Login, session: Session) -> None:
    admin = login("admin")
    add(admin, name="Площадь", kind="number", is_required="y")
    typed = {"name": "Вектор", "kind": "company", "is_buyer": "y", "own_ploschad": "много"}
    page = admin.post("/counterparties/add", data=typed).get_data(as_text=True)
    assert 'id="own_ploschad-error">Ожидается число' in page.replace("\n", "")
    assert 'value="много"' in page
    assert 'value="Вектор"' in page
    page = admin.post("/counterparties/add", data={**typed, "own_ploschad": ""}).get_data(as_text=True)
    assert 'id="own_ploschad-error"' in page


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"kind": "text", "told_days": "5"}, "Каждый год напоминается только о датах контрагентов."),
        ({"kind": "date", "owner": "person", "told_days": "5"}, "Каждый год напоминается только о датах контрагентов."),
        ({"kind": "date", "told_days": "61"}, "От 0 до 60 дней."),
        ({"kind": "date", "told_days": "-1"}, "От 0 до 60 дней."),
    ],
)
def test_only_days_of_clients_are_told_of_each_year(
    login: Login, session: Session, typed: dict[str, str], wrong: str
) -> None:
    admin = login("admin")
    page = add(admin, name="Основан", **typed)
    assert page.status_code == 200
    assert f'id="told_days-error">{wrong}' in page.get_data(as_text=True).replace("\n", "")
    assert add(admin, name="Основан", kind="date", told_days="5").status_code == 302
    assert session.scalars(select(OwnField.told_days)).all() == [5]


def test_a_field_is_for_its_roles(login: Login, session: Session) -> None:
    add(
        login("admin"),
        name="Скидка",
        seen_by=["Commercial director", "Sales manager"],
        changed_by=["Commercial director"],
    )
    anna = user_named(session, "anna")
    client = added(session, Counterparty(code="К-1", name="Клен", manager=anna, own={"skidka": "5"}))
    assert "own_skidka" in login("vera").get(f"/counterparties/edit/{client.id}").get_data(as_text=True)
    manager = login("anna")
    assert "own_skidka" not in manager.get(f"/counterparties/edit/{client.id}").get_data(as_text=True)
    answer = manager.post(
        f"/counterparties/edit/{client.id}",
        data={
            "name": "Клён",
            "kind": "company",
            "is_buyer": "y",
            "code": "К-1",
            "own_skidka": "90",
            "manager": anna.id,
        },
    )
    assert answer.status_code == 302
    assert saved(session, "Клён").own == {"skidka": "5"}


def test_a_field_is_for_a_role_that_an_administrator_made(login: Login, session: Session) -> None:
    admin, anna = login("admin"), user_named(session, "anna")
    role = added(session, Role(name="Логисты"))
    assert re.search(r'name="seen_by" value="Логисты"', admin.get("/own-fields/add").text)
    add(admin, name="Скидка", seen_by=["Логисты", "Admin", "Никто"], changed_by=["Логисты"])
    field = session.scalars(select(OwnField)).one()
    assert (field.seen_by, field.changed_by) == (["Логисты"], ["Логисты"])
    client = added(session, Counterparty(code="К-1", name="Клен", manager=anna, own={"skidka": "5"}))
    form = f"/counterparties/edit/{client.id}"
    assert "own_skidka" not in login("anna").get(form).text
    anna.roles.append(role)
    session.commit()
    assert "own_skidka" in login("anna").get(form).text
    # by another name it is the same role, and while fields are for it it is not deleted
    assert admin.post(f"/roles/edit/{role.id}", data={"name": "Склад"}).status_code == 302
    session.expire_all()
    assert (field.seen_by, field.changed_by) == (["Склад"], ["Склад"])
    assert "own_skidka" in login("anna").get(form).text
    anna.roles.remove(role)
    session.commit()
    assert "Скидка" in admin.post(f"/roles/delete/{role.id}", follow_redirects=True).text
    assert session.scalars(select(Role.name).where(Role.name == "Склад")).one()
    # a save takes no role away unasked, be it gone by other ways: the field would be everybody's
    session.delete(session.get(Role, role.id))
    session.commit()
    edit = f"/own-fields/edit/{field.id}"
    ticked = re.findall(r'name="(seen_by|changed_by)" value="(Склад)"[^>]* checked', admin.get(edit).text)
    assert admin.post(edit, data={"name": "Скидка", "position": "7", **dict(ticked)}).status_code == 302
    session.expire_all()
    assert (field.position, field.seen_by, field.changed_by) == (7, ["Склад"], ["Склад"])


def test_two_editors_of_one_own_field_are_told(login: Login, session: Session) -> None:
    admin = login("admin")
    add(admin, name="Регион")
    client = added(session, Counterparty(code="К-1", name="Клен", own={"region": "Урал"}))
    page = admin.get(f"/counterparties/edit/{client.id}").get_data(as_text=True)
    shown = page.split('name="shown"')[1].split('value="')[1].split('"')[0]
    client.own = {"region": "Сибирь"}
    session.flush()
    typed = {"name": "Клен", "kind": "company", "is_buyer": "y", "code": "К-1", "shown": shown, "own_region": "Алтай"}
    answer = admin.post(f"/counterparties/edit/{client.id}", data=typed)
    assert answer.status_code == 200
    assert "Сибирь" in answer.get_data(as_text=True)


@pytest.mark.parametrize("username", ["anna", "vera", "pavel"])
def test_only_an_administrator_makes_fields(login: Login, session: Session, username: str) -> None:
    client = login(username)
    assert client.get("/own-fields/list/").status_code == 403
    assert add(client, name="Регион").status_code == 403
    assert session.scalars(select(OwnField)).all() == []


def test_an_order_has_own_fields_among_its_own(login: Login, session: Session) -> None:
    admin = login("admin")
    add(admin, name="Проект", owner="order", is_required="y")
    item = added(session, Item(code="Т-1", name="Гвозди", price=Decimal(5)))
    order = typed(buyer(session), [(item, "2", "5")])
    page = admin.post("/orders/add", data=order).get_data(as_text=True)
    assert 'id="own_proekt-error"' in page
    assert admin.post("/orders/add", data={**order, "own_proekt": "Мост"}).status_code == 302
    made = session.scalars(select(BuyerOrder)).one()
    assert made.own == {"proekt": "Мост"}
    page = admin.get(f"/orders/edit/{made.id}").get_data(as_text=True)
    assert 'value="Мост"' in page
    again = {**order, "own_proekt": "Тоннель", "version": made.version, "number": made.number}
    assert admin.post(f"/orders/edit/{made.id}", data=again).status_code == 302
    session.expire_all()
    assert made.own == {"proekt": "Тоннель"}


def test_a_list_has_a_column_and_a_filter_for_each(login: Login, session: Session, sql: list[str]) -> None:
    admin = login("admin")
    add(admin, name="Регион")
    add(admin, name="Площадь", kind="number")
    add(admin, name="Канал", kind="choice", words="Опт\nРозница")
    add(admin, name="Логист", kind="user")
    anna = user_named(session, "anna")
    own = {"region": "Южный Урал", "ploschad": "12.5", "kanal": "Опт", "logist": anna.id}
    added(session, Counterparty(code="К-1", name="Вектор", own=own))
    added(session, Counterparty(code="К-2", name="Клен", own={"region": "Сибирь", "ploschad": "100"}))
    columns = "_col_CounterpartyView=name,own_region,own_ploschad,own_kanal,own_logist"
    admin.get(f"/counterparties/list/?{columns}")
    sql.clear()
    page = admin.get(f"/counterparties/list/?{columns}").get_data(as_text=True)
    assert len(sql) <= 9
    assert "Южный Урал" in page
    assert "12,5" in page
    assert "Петрова А." in page
    for asked, seen, unseen in (
        ("_flt_0_own_region=урал", "Вектор", "Клен"),
        ("_flt_0_own_ploschad=50", "Клен", "Вектор"),
        ("_flt_1_own_ploschad=50,0", "Вектор", "Клен"),
        ("_flt_0_own_kanal=Опт", "Вектор", "Клен"),
        (f"_flt_0_own_logist={anna.id}", "Вектор", "Клен"),
    ):
        page = admin.get(f"/counterparties/list/?{asked}").get_data(as_text=True)
        assert f">{seen}<" in page, asked
        assert f">{unseen}<" not in page, asked
    for wrong in ("_flt_0_own_ploschad=много", "_flt_0_own_kanal=Нет", "_flt_0_own_logist=x"):
        assert admin.get(f"/counterparties/list/?{wrong}").status_code == 200


def test_rows_with_a_word_that_the_list_has_no_longer_are_found(login: Login, session: Session) -> None:
    admin = login("admin")
    add(admin, name="Канал", kind="choice", words="Опт\nРозница")
    added(session, Counterparty(code="К-1", name="Вектор", own={"kanal": "Опт"}))
    added(session, Counterparty(code="К-2", name="Клен", own={"kanal": "Розница"}))
    field = session.scalars(select(OwnField)).one()
    asked = "/counterparties/list/?_flt_0_own_kanal="
    data = {"name": "Канал", "words": "Розница\nСети", "position": "100"}
    said = admin.post(f"/own-fields/edit/{field.id}", data=data, follow_redirects=True).get_data(as_text=True)
    assert "«Опт» остается в 1 строке." in said
    (address,) = re.findall(r'href="(/counterparties/list/[^"]*own_kanal[^"]*)"', said)
    page = admin.get(html.unescape(address)).get_data(as_text=True)
    assert ">Вектор<" in page
    assert ">Клен<" not in page
    assert '<option selected value="Опт">Опт</option>' in page
    assert "chip bad" not in page
    said = admin.post(f"/own-fields/edit/{field.id}", data={**data, "words": "розница"}, follow_redirects=True).text
    (address,) = re.findall(r'href="(/counterparties/list/[^"]*own_kanal[^"]*)"', said)  # it is written otherwise now
    page = admin.get(html.unescape(address)).text
    assert (">Клен<" in page, "chip bad" in page) == (True, False)
    admin.post(f"/own-fields/edit/{field.id}", data=data)
    saved(session, "Вектор").own = {"kanal": "Сети"}
    session.commit()
    assert "chip bad" in admin.get(f"{asked}Опт").get_data(as_text=True)
    said = admin.post(f"/own-fields/edit/{field.id}", data=data, follow_redirects=True).get_data(as_text=True)
    assert "остается" not in said


def test_a_list_tells_nobody_the_fields_of_others(login: Login, session: Session) -> None:
    add(login("admin"), name="Скидка", seen_by=["Commercial director"])
    anna = user_named(session, "anna")
    added(session, Counterparty(code="К-1", name="Клен", manager=anna, own={"skidka": "тридцать"}))
    asked = "?_col_CounterpartyView=name,own_skidka&_flt_0_own_skidka=тридцать"
    assert "<td" in login("vera").get(f"/counterparties/list/{asked}").get_data(as_text=True)
    assert "тридцать" not in login("anna").get("/counterparties/list/?_col_CounterpartyView=name,own_skidka").get_data(
        as_text=True
    )
    nothing = login("anna").get("/counterparties/list/?_flt_0_own_skidka=сорок").get_data(as_text=True)
    assert ">Клен<" in nothing  # the filter is none of his: it narrows nothing
