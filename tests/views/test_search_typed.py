"""What one types into the box, and what stands first under it: one small company, sixty ways to ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.own_fields import Owner, OwnKind
from app.models.movements import Payment, Shipment
from app.models.own_fields import OwnField
from app.models.products import Item
from app.models.supply import Receipt, SupplierOrder
from app.services import own_fields
from tests.clients import Clients
from tests.conftest import undone, user_named

FULL = "Общество с ограниченной ответственностью «Стандартстрой»"


def furnish(session: Session) -> None:
    clients = Clients(session)
    own_fields.save_field(session, OwnField(owner=Owner.COUNTERPARTY, name="Отрасль", kind=OwnKind.TEXT))
    secret = OwnField(owner=Owner.COUNTERPARTY, name="Тайна", kind=OwnKind.TEXT, seen_by=["Commercial director"])
    own_fields.save_field(session, secret)
    standard = clients.company(
        "ООО «Стандартстрой»", full_name=FULL, inn="7707083893", kpp="770701001", ogrn="1027700132195"
    )
    daisy = clients.company("Ромашка", inn="5001007322", own={"otrasl": "Цветоводство", "tayna": "Клиентура"})
    clients.company("АО «Ромашкин луг»")
    clients.company("ТОРГСНАБ-2000")
    guard = clients.company("Авангард", manager="boris")
    clients.company("ИП Берёзкин Пётр Ильич", kind="person")
    clients.company("Bosch Rus")
    clients.company("Caffè Étoile")
    clients.company("Щербинские лифты")
    supplier = clients.company("Кирпичный завод", manager=None, is_supplier=True)
    smirnova = clients.person(standard, "Смирнова", "Ольга", middle_name="Павловна", position="Бухгалтер")
    clients.person(daisy, "Журавлёв", "Егор")
    clients.phone(daisy, "8 (912) 345-67-89")
    clients.phone(standard, "8 495 700-00-02", smirnova)
    clients.email(daisy, "Zakaz@romashka.example")
    clients.email(standard, "olga@std.example", smirnova)
    clients.order(standard, "ЗП-2026-01256", 3)
    clients.order(daisy, "ЗП-2026-01257", 4)
    clients.order(guard, "ЗП-2026-01300", 4)
    day = date(2026, 11, 5)
    clients.add(Shipment(number="РН-2026-00880", date=day, counterparty=standard, amount=100))
    clients.add(Payment(number="ПП-5521", date=day, counterparty=daisy, amount=100))
    clients.add(SupplierOrder(number="ЗПО-00044", date=day, counterparty=supplier))
    clients.add(Receipt(number="ПТ-00671", date=day, counterparty=supplier))
    clients.add(Item(code="ДР-15", name="Дрель ударная Makita"))
    clients.add(Item(code="СМ-100", name="Саморез кровельный 4,8×35"))
    clients.add(Item(code="ШП-7", name="Шуруповёрт"))
    clients.contact(None, "Спросил о цене", prospect="Лесная сказка", prospect_person="Зуев Пётр")
    session.flush()


@pytest.fixture(scope="module")
def world(app: Flask) -> Iterator[Session]:
    with undone(app) as session:
        furnish(session)
        yield session


def as_user(app: Flask, world: Session, username: str) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = str(user_named(world, username).id), True
    return client


def typed(client: FlaskClient, text: str, *opened: str) -> dict[str, Any]:
    answer = client.get("/search/typed", query_string={"q": text, "opened": opened})
    assert answer.status_code == 200
    return answer.get_json()  # type: ignore[no-any-return]


def hits(answer: dict[str, Any]) -> list[str]:
    return [hit["title"] for group in answer["groups"] for hit in group["hits"]]


NEW_ORDER, ABC = "Новый заказ покупателя", "ABC-анализ покупателей"
LILY, SMIRNOVA = "АО «Ромашкин луг»", "Смирнова Ольга Павловна"
STANDARD, DAISY, BIRCH = "ООО «Стандартстрой»", "Ромашка", "ИП Берёзкин Пётр Ильич"
ORDER, DRILL, DRIVER, SCREW = "Заказ ЗП-2026-01256", "Дрель ударная Makita", "Шуруповёрт", "Саморез кровельный 4,8×35"
QUERIES = [
    # names: their beginning, any word, without and with legal forms
    *(("ст", STANDARD), ("стандарт", STANDARD), ("Стандартстрой", STANDARD), ("ООО Стандартстрой", STANDARD)),
    *(
        ("стандартстрой, ООО", STANDARD),
        (FULL, STANDARD),
        ('ооо "стандартстрой"', STANDARD),
        ("луг", LILY),
    ),
    *(
        ("ромашка", DAISY),
        ("ромашкин", LILY),
        ("пётр берёзкин", BIRCH),
        ("торгснаб2000", "ТОРГСНАБ-2000"),
    ),
    *(("2000", "ТОРГСНАБ-2000"), ("кирп", "Кирпичный завод")),
    # ё and е, accents
    *(("березкин", BIRCH), ("БЕРЁЗКИН", BIRCH), ("caffe etoile", "Caffè Étoile"), ("журавлев", "Журавлёв Егор")),
    *(("шуруповерт", DRIVER), ("шуруповёрт", DRIVER)),
    # the middle of a word
    *(("гард", "Авангард"), ("строй", STANDARD), ("дартстр", STANDARD), ("поверт", DRIVER), ("вельный", SCREW)),
    # the other layout
    *(("hjvfirf", DAISY), ("cnfylfhn", STANDARD), ("ufhl", "Авангард"), ("ищыср", "Bosch Rus"), ("lhtkm", DRILL)),
    *(("pg-2026-01256", ORDER), ("pfrfp 1256", ORDER)),
    # the other alphabet
    *(("romashka", DAISY), ("standartstroy", STANDARD), ("berezkin", BIRCH), ("shcherbinskie", "Щербинские лифты")),
    *(("бош", "Bosch Rus"), ("макита", DRILL), ("zhuravlev", "Журавлёв Егор"), ("avangard", "Авангард")),
    # one slip
    *(("ромошка", DAISY), ("стандрат", STANDARD), ("стандартсрой", STANDARD), ("шурпуоверт", DRIVER)),
    # requisites
    *(("7707083893", STANDARD), ("7707 083 893", STANDARD), ("1027700132195", STANDARD), ("770701001", STANDARD)),
    *(("50010", DAISY),),
    # documents by number, its end, and with a word before
    *(("1256", ORDER), ("01256", ORDER), ("ЗП-2026-01256", ORDER), ("№ 01256", ORDER), ("заказ 1256", ORDER)),
    *(("зп 1257", "Заказ ЗП-2026-01257"), ("00880", "Реализация РН-2026-00880"), ("оплата 5521", "Оплата ПП-5521")),
    *(("ЗПО-00044", "Заказ поставщику ЗПО-00044"), ("671", "Поступление ПТ-00671")),
    # phones and addresses
    *(("6789", "+7 912 345-67-89"), ("+7 912 345-67-89", "+7 912 345-67-89"), ("700-00-02", "+7 495 700-00-02")),
    *(("zakaz@", "Zakaz@romashka.example"), ("OLGA@std.example", "olga@std.example")),
    # people, items, who is no client yet, own fields
    *(
        ("смирнова", SMIRNOVA),
        ("ольга см", SMIRNOVA),
        ("др-15", DRILL),
        ("удар", DRILL),
    ),
    *(("лесная", "Лесная сказка"), ("зуев", "Лесная сказка"), ("цветоводство", DAISY)),
    # what one may do and open
    *(("новый заказ", NEW_ORDER), ("новый контрагент", "Новый контрагент"), ("импорт", "Загрузить файл")),
    *(
        ("ABC", ABC),
        ("авс", ABC),
        ("заказы покупателей", "Заказы покупателей"),
    ),
    *(("отчеты", "Отчеты"), ("jnxtns", "Отчеты"), ("корзина", "Корзина")),
]


@pytest.mark.parametrize(("text", "first"), QUERIES)
def test_what_is_meant_stands_first(app: Flask, world: Session, text: str, first: str) -> None:
    assert hits(typed(as_user(app, world, "vera"), text))[:1] == [first]


def test_there_are_sixty_of_them_and_more() -> None:
    assert len({text for text, _first in QUERIES}) >= 60


@pytest.mark.parametrize("text", ["", "с", "ыъыъ", "%%", "'; --", "\\", "(((", "|&!", "№", "а" * 3000])
def test_nonsense_finds_nothing_and_breaks_nothing(app: Flask, world: Session, text: str) -> None:
    assert hits(typed(as_user(app, world, "vera"), text)) == []


@pytest.mark.parametrize(
    "text", ["авангард", "гард", "ufhl", "avangard", "авангдар", "1300", "лесная", "кирпичный", "клиентура"]
)
def test_nobody_finds_what_he_may_not_see(app: Flask, world: Session, text: str) -> None:
    assert hits(typed(as_user(app, world, "vera"), text))
    seen = set(hits(typed(as_user(app, world, "anna"), text)))
    assert not seen & {"Авангард", "Заказ ЗП-2026-01300", "Лесная сказка", "Кирпичный завод", DAISY}


def test_an_own_field_is_searched_for_those_who_see_it(app: Flask, world: Session) -> None:
    assert hits(typed(as_user(app, world, "vera"), "клиентура")) == [DAISY]
    assert hits(typed(as_user(app, world, "maria"), "клиентура")) == []
    assert hits(typed(as_user(app, world, "maria"), "цветоводство")) == [DAISY]


def test_only_what_one_may_do_and_open_is_offered(app: Flask, world: Session) -> None:
    def offered(username: str) -> set[str]:
        client = as_user(app, world, username)
        return {hit for text in ("новый", "импорт", "роли") for hit in hits(typed(client, text))}

    assert {NEW_ORDER, "Загрузить файл"} <= offered("vera")
    assert {NEW_ORDER, "Загрузить файл", "Роли"} & offered("anna") == {NEW_ORDER}
    assert NEW_ORDER not in offered("pavel")
    assert "Роли" in offered("admin")


def test_enter_leads_to_what_alone_was_found(app: Flask, world: Session) -> None:
    client = as_user(app, world, "vera")
    for text in ("авангард", "новый заказ", "7707083893"):
        only = typed(client, text)["only"]
        assert only.startswith("/")
        assert client.get("/search", query_string={"q": text}).headers["Location"] == only
    assert typed(client, "ромаш")["only"] == ""


def test_the_cards_opened_last_stand_there_in_their_order_while_they_may_be_seen(app: Flask, world: Session) -> None:
    vera = as_user(app, world, "vera")
    cards = [typed(vera, text)["groups"][0]["hits"][0]["url"] for text in ("авангард", "1256", "дрель", "смирнова")]
    nonsense = ("/counterparties/show/999999", "/nowhere/show/1", "https://evil.example/counterparties/show/1", "x")
    found = typed(vera, "", *nonsense, *cards)["groups"]
    assert [group["title"] for group in found] == ["Открытые последними"]
    assert [hit["url"] for hit in found[0]["hits"]] == cards
    anna = typed(as_user(app, world, "anna"), "", *cards)["groups"]
    assert [hit["url"] for hit in anna[0]["hits"]] == cards[1:]


def test_a_stranger_is_told_nothing(app: Flask, world: Session) -> None:
    answer = app.test_client().get("/search/typed?q=ромашка")
    assert (answer.status_code, answer.get_json()) == (401, {"groups": []})


@pytest.mark.parametrize("text", ["ромашка", "гард", "ромошка", "ыыыыыы", "1256", "+7 912 345-67-89", "zakaz@"])
def test_an_answer_costs_at_most_six_statements(app: Flask, world: Session, sql: list[str], text: str) -> None:
    client = as_user(app, world, "anna")
    typed(client, text)
    world.expire_all()
    sql.clear()
    typed(client, text)
    assert len(sql) <= 6, "\n".join(sql)
