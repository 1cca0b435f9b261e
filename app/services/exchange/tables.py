"""The import tables: each is declared once for import, export, check and screen."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date, tzinfo
from functools import partial
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Integer, and_, case, extract, func, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.domain import requisites
from app.domain.formats.values import parse_date, parse_moment
from app.domain.text import fold_word
from app.domain.vat import VatRate
from app.domain.words import ContactState, CounterpartyKind, DocumentKind, InfoType, MovementKind, PriceSource
from app.models.base import NameKey
from app.models.closing import ClosingReason
from app.models.contacts import Campaign, CampaignCost, Contact, ContactParticipant
from app.models.counterparties import (
    AdditionalManager,
    ContactPerson,
    Counterparty,
    CounterpartyGroup,
    CounterpartyName,
    InformationSource,
)
from app.models.duplicates import FormerCode
from app.models.histories import ManagerRecord, SourceRecord
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from app.models.suppliers import SupplierItem, SupplierPrice
from app.models.supply import SupplierOrder, SupplierOrderLine, SupplierPayment
from app.models.targets import Target
from app.models.tasks import Task
from app.models.users import User
from app.queries.managers.indicators import INDICATORS
from app.services.closing import Closable
from app.services.contacts.campaigns import LONGEST_WINDOW
from app.services.counterparties.counterparties import RESPONSIBLES
from app.services.exchange import rules
from app.services.exchange.fields import (
    BroughtField,
    DateField,
    ExtensionField,
    Naming,
    NumberRange,
    Parser,
    ReferenceField,
    TextField,
    Unfit,
    ValueField,
    WordsField,
    any_case,
    info,
    of,
    ref,
)
from app.services.exchange.matching import names_of_user
from app.services.exchange.numbers import give_codes, numbers_of
from app.services.exchange.saving import RowWriter
from app.services.exchange.staging import Brings, ImportTable, Part, Staging, Way, way
from app.services.exchange.writers.campaigns import CampaignWriter, of_the_campaign
from app.services.exchange.writers.closings import ClosingWriter
from app.services.exchange.writers.contacts import ContactWriter
from app.services.exchange.writers.documents import (
    BuyerOrderWriter,
    PaymentWriter,
    ShipmentWriter,
    SupplierOrderWriter,
    SupplierPostedWriter,
)
from app.services.exchange.writers.suppliers import PriceWriter, supplier_code
from app.services.purchasing.closing import SUPPLIER_ORDERS as CLOSABLE_SUPPLIER_ORDERS
from app.services.purchasing.supplier_documents import DAYS as SUPPLIER_ORDER_DAYS
from app.services.sales.closing import BUYER_ORDERS as CLOSABLE_ORDERS
from app.services.sales.orders import DAYS as ORDER_DAYS


def full_name(person: Any) -> ColumnElement[Any]:
    parts = (person.last_name, person.first_name, person.middle_name)
    return func.btrim(
        func.coalesce(parts[0], "") + " " + func.coalesce(parts[1], "") + " " + func.coalesce(parts[2], "")
    )


def kind_by_inn(staging: Staging) -> ColumnElement[Any]:
    """A person's INN is longer than a company's."""
    person = func.length(staging.heads.c.inn) == requisites.INN_LENGTH[CounterpartyKind.PERSON]
    return case((person, CounterpartyKind.PERSON.value), else_=CounterpartyKind.COMPANY.value)


def no_other_branch(heads: Any) -> ColumnElement[bool]:
    """Two KPPs of one INN are two branches."""
    return or_(heads.c.kpp.is_(None), Counterparty.kpp == "")


def no_other_taxpayer(heads: Any) -> ColumnElement[bool]:
    """Two INNs of one name are two companies."""
    return or_(heads.c.inn.is_(None), Counterparty.inn == "")


def with_form(name: Any) -> ColumnElement[Any]:
    """A name with a legal form, in any case: of clients that differ by it alone the one is meant that is so written."""
    words = func.btrim(func.regexp_replace(any_case(name), "[^[:alnum:]]+", " ", "g"))
    return case((words != NameKey(name), any_case(name)))


def same_letters(heads: Any) -> ColumnElement[bool]:
    return and_(so_written(heads), Counterparty.name == heads.c.name)


def so_written(heads: Any) -> ColumnElement[bool]:
    return and_(no_other_taxpayer(heads), Counterparty.name_sort == with_form(heads.c.name))


def of_kind(heads: Any) -> ColumnElement[bool]:
    """Shipments and returns are numbered apart."""
    kind = case((heads.c.returned, MovementKind.RETURN.value), else_=MovementKind.SHIPMENT.value)
    return Shipment.kind == kind


def year_of(day: Any) -> ColumnElement[Any]:
    return extract("year", day)


BY_YEAR = (
    Way((Part("number"), Part("date", year_of))),
    Way((Part("number", any_case), Part("date", year_of))),
)


def coming_or_done(staging: Staging) -> ColumnElement[Any]:
    """A contact of tomorrow is planned, one of yesterday took place."""
    heads = staging.heads
    coming = func.greatest(heads.c.starts_at, heads.c.ends_at) > staging.now
    return case((coming, ContactState.PLANNED.value), else_=ContactState.DONE.value)


def whose_prospect(staging: Staging) -> ColumnElement[Any]:
    """A prospect is seen by his manager: by whoever brings him, where the file names nobody."""
    return case((staging.named("counterparty").is_(None), literal(staging.owner, Integer)))


COMMENT = ("Комментарий", "Примечание")
NUMBER, DATE, PRICE, QUANTITY, AMOUNT = "Номер", "Дата", "Цена", ("Количество", "Кол-во", "Кол."), "Сумма"
PERSON_NAMES = ("last_name", "first_name", "middle_name")
OWNER = ("counterparty", BuyerOrder.counterparty_id)


COUNTERPARTY = _l("Counterparty")
# A name without a legal form may be short for another: of several that it may be, none is meant.
BY_NAME = (
    Naming(tuple_(Counterparty.name_sort, Counterparty.name), lambda word: tuple_(with_form(word), word)),
    Naming(Counterparty.name_sort, with_form),
    Naming(Counterparty.name_key, NameKey),
)


def code_of(attribute: InstrumentedAttribute[Any], *headers: str) -> ValueField:
    """A code or a number: a file may go without, then the next one is given."""
    return of(attribute, *headers, default=None)


def of_former_code(code: Any) -> Any:
    """Whose code it was, before they were merged."""
    return select(FormerCode.counterparty_id).where(FormerCode.code == code).scalar_subquery()


def counterparty_of(
    attribute: InstrumentedAttribute[Any],
    name: str = "counterparty",
    label: LazyString = COUNTERPARTY,
    *headers: str,
) -> ReferenceField:
    headers = headers or (
        "Контрагент",
        "Код контрагента",
        "Клиент",
        "Покупатель",
        "Организация",
        "Код клиента",
        "Код покупателя",
        "Плательщик",
    )
    namings = (
        Naming(Counterparty.code),
        Naming(any_case(Counterparty.code), any_case),
        Naming(Counterparty.id, of_former_code),
        Naming(func.nullif(Counterparty.inn, ""), lambda word: func.replace(word, " ", "")),
        *BY_NAME,
    )
    return ref(name, attribute, Counterparty.code, label, *headers, namings=namings, required=True)


ITEM_WORDS = ("Номенклатура", "Товар")
OF_ITEM = ("номенклатуры", "товара")


def item_of(attribute: InstrumentedAttribute[Any]) -> ReferenceField:
    headers = ("Артикул", *(f"Код {whose}" for whose in OF_ITEM), *ITEM_WORDS)
    namings = (Naming(Item.code), Naming(any_case(Item.code), any_case), Naming(Item.name_sort, any_case))
    return ref("item", attribute, Item.code, _l("Item"), *headers, namings=namings, required=True)


def order_of(attribute: InstrumentedAttribute[Any], model: Any = BuyerOrder, **more: Any) -> ReferenceField:
    """By its number; where numbers of two years are the same, the nearest day is meant, or the one that is named:
    “ЗП-0001 от 15.01.2025”.
    """
    headers = ("Заказ", "Заказ покупателя" if model is BuyerOrder else "Заказ поставщику", "Номер заказа")
    dated = func.concat(any_case(model.number), " от ", func.to_char(model.date, "DD.MM.YYYY"))
    namings = (Naming(model.number), Naming(any_case(model.number), any_case), Naming(dated, any_case))
    more |= {"namings": namings, "spelled": order_name, "day": model.date}
    return ref("order", attribute, model.number, _l("Order"), *headers, **more)


def order_name(order: Any) -> ColumnElement[Any]:
    """The number, with the day where another order has the same."""
    other = aliased(order)
    repeated = select(other.id).where(other.number == order.number, other.id != order.id).correlate(order).exists()
    dated = func.concat(order.number, " от ", func.to_char(order.date, "DD.MM.YYYY"))
    return case((repeated, dated), else_=order.number)


def manager_of(attribute: InstrumentedAttribute[Any]) -> ReferenceField:
    return user_of(
        "manager", attribute, _l("Responsible manager"), "Ответственный", "Ответственный менеджер", "Менеджер"
    )


def user_of(
    name: str, attribute: InstrumentedAttribute[Any], label: LazyString, *headers: str, **more: Any
) -> ReferenceField:
    """By the login, or by both names in either order."""
    namings = (
        Naming(User.username),
        Naming(any_case(User.username), any_case),
        *(Naming(name, any_case) for name in names_of_user()),
    )
    unknown = _l("There is no user with the login “%(value)s”.")
    return ref(name, attribute, User.username, label, *headers, namings=namings, unknown=unknown, **more)


def source_of(attribute: InstrumentedAttribute[Any], **more: Any) -> ReferenceField:
    headers = ("Источник информации", "Источник")
    name = InformationSource.name
    return ref("source", attribute, name, _l("Information source"), *headers, made=True, **more)


def discount(attribute: InstrumentedAttribute[Any]) -> ValueField:
    most = (100, _l("%(value)s: a discount is at most 100 percent."))
    return of(attribute, "Скидка", "Скидка, %", range=NumberRange.NOT_NEGATIVE, most=most, default=0)


FIRMS = ("контрагента", "клиента", "покупателя", "плательщика", "организации", "компании", "фирмы")
NAMES_OF_FIRMS = (
    "Наименование",
    "Название",
    "Контрагент",
    "Организация",
    "Клиент",
    "Компания",
    "Фирма",
    "Краткое наименование",
    "Сокращенное наименование",
    *(f"{word} {of_whom}" for word in ("Наименование", "Название") for of_whom in FIRMS),
)
PHONES = (
    "Телефон",
    "Телефоны",
    "Тел.",
    "Номер телефона",
    "Контактный телефон",
    "Рабочий телефон",
    "Мобильный",
    "Мобильный телефон",
    "Моб. телефон",
    "Моб. тел.",
    "Сотовый",
    "Сотовый телефон",
)
ADDRESSES = ("Адрес", "Юридический адрес", "Юр. адрес", "Фактический адрес", "Почтовый адрес")
EMAILS = ("E-mail", "Email", "Эл. почта", "Электронная почта", "Почта", "Эл. адрес", "Адрес эл. почты", "Mail")

COUNTERPARTIES = ImportTable(
    "counterparties",
    _l("Counterparties"),
    "Counterparties",
    Counterparty,
    (
        code_of(Counterparty.code, "Код", "Код контрагента", "Код клиента"),
        of(Counterparty.name, *NAMES_OF_FIRMS, needed=True),
        of(Counterparty.full_name, "Полное наименование", "Полное название"),
        of(Counterparty.kind, "Вид", "Вид контрагента", "Юр. / физ. лицо", "Тип контрагента", "Тип"),
        of(Counterparty.inn, "ИНН"),
        of(Counterparty.kpp, "КПП"),
        WordsField(
            name="inn_kpp",
            caption=_l("INN/KPP"),
            headers=("ИНН/КПП", "ИНН / КПП", "ИНН КПП"),
            into=("inn", "kpp"),
            by="/",
        ),
        of(Counterparty.ogrn, "ОГРН", "ОГРНИП", "ОГРН/ОГРНИП"),
        of(Counterparty.is_buyer, "Покупатель", default=True),
        of(Counterparty.is_supplier, "Поставщик", default=False),
        of(Counterparty.is_subcontractor, "Подрядчик", default=False),
        of(Counterparty.is_other, "Прочий", default=False),
        manager_of(Counterparty.manager_id),
        ref("group", Counterparty.group_id, CounterpartyGroup.name, _l("Group"), "Группа", made=True),
        info("phone", InfoType.PHONE, _l("Phone"), *PHONES),
        info("email", InfoType.EMAIL, _l("E-mail"), *EMAILS),
        info("address", InfoType.ADDRESS, _l("Address"), *ADDRESSES),
        info("website", InfoType.WEB, _l("Web page"), "Сайт", "Веб-страница"),
        of(Counterparty.needs, "Потребности и предпочтения", "Потребности"),
        of(Counterparty.comment, *COMMENT),
        source_of(Counterparty.source_id),
        of(Counterparty.registered_on, "Дата регистрации", "Зарегистрирован"),
    ),
    writer=RowWriter,
    defaults={
        "kind": kind_by_inn,
        "manager": lambda staging: literal(staging.owner, Integer),
        "registered_on": lambda staging: literal(staging.today),
    },
    line_rules=(rules.mend_requisites,),
    ways=(
        way("code"),
        Way((Part("code", any_case),)),
        Way((Part("code", of_former_code, Counterparty.id),)),
        Way((Part("inn"), Part("kpp")), unless=("code",)),
        Way((Part("inn"),), unless=("code",), also=no_other_branch),
        Way((Part("name", NameKey, Counterparty.name_key),), unless=("code",), also=same_letters),
        Way((Part("name", NameKey, Counterparty.name_key),), unless=("code",), also=so_written),
        Way((Part("name", NameKey, Counterparty.name_key),), unless=("code",), also=no_other_taxpayer),
    ),
    rules=(rules.warn_of_zeros, rules.warn_of_duplicates),
    numbered=give_codes,
    guards={RESPONSIBLES: rules.find_handed_over},
)

PERSONS = ImportTable(
    "persons",
    _l("Contact persons"),
    "Contact persons",
    ContactPerson,
    (
        counterparty_of(ContactPerson.counterparty_id),
        WordsField(name="full_name", caption=_l("Full name"), headers=("ФИО", "Ф.И.О."), into=PERSON_NAMES),
        of(ContactPerson.last_name, "Фамилия", required=True),
        of(ContactPerson.first_name, "Имя"),
        of(ContactPerson.middle_name, "Отчество"),
        of(ContactPerson.position, "Должность"),
        of(ContactPerson.role, "Роль"),
        of(ContactPerson.birthday, "Дата рождения", "День рождения", any_day=True),
        info("phone", InfoType.PHONE, _l("Phone"), *PHONES),
        ExtensionField(name="extension", caption=_l("Extension"), headers=("Добавочный", "Внутренний номер")),
        info("email", InfoType.EMAIL, _l("E-mail"), *EMAILS),
        of(ContactPerson.comment, *COMMENT),
    ),
    writer=RowWriter,
    in_order=("counterparty", *PERSON_NAMES),
    criteria=("counterparty", *PERSON_NAMES, "birthday", "email", "phone"),
    rules=(rules.spare_namesakes,),
)

ITEMS = ImportTable(
    "items",
    _l("Items"),
    "Items",
    Item,
    (
        code_of(Item.code, "Код", "Артикул"),
        of(Item.name, "Наименование", "Название", "Номенклатура", "Товар", needed=True),
        of(Item.unit, "Единица", "Ед.", "Ед. изм.", "Единица измерения", default="шт"),
        of(Item.group, "Группа"),
        of(Item.price, PRICE, range=NumberRange.NOT_NEGATIVE, default=0),
        of(Item.cost, "Себестоимость", range=NumberRange.NOT_NEGATIVE),
        of(Item.vat, "НДС", "Ставка НДС", "НДС, %", default=VatRate.TWENTY_TWO.value),
        of(Item.is_service, "Услуга", default=False),
    ),
    writer=RowWriter,
    ways=(
        way("code"),
        Way((Part("code", any_case),)),
        Way((Part("name", any_case, Item.name_sort),), unless=("code",)),
    ),
    rules=(rules.warn_of_zeros,),
    numbered=give_codes,
)


def of_party(reference: str, field: str, *headers: str, whose: tuple[str, ...] = FIRMS, **more: Any) -> BroughtField:
    """What a file of documents says of their buyer, or of their supplier."""
    into = next(each for each in COUNTERPARTIES.fields if each.name == field)
    theirs = (f"{header} {word}" for header in headers for word in whose)
    own = () if more else headers  # "ИНН" is his in such a file, "Наименование" may be that of the item
    named = {"name": field, "caption": into.caption} | more
    return BroughtField(headers=(*own, *theirs), of=reference, into=into, **named)


def of_item(field: str, name: str, label: LazyString, *headers: str) -> BroughtField:
    """What a file of documents or prices says of an item."""
    into = next(each for each in ITEMS.fields if each.name == field)
    return BroughtField(name=name, caption=label, headers=headers, of="item", into=into)


NAME = ("Наименование", "Название")
BUYER = (
    of_party("counterparty", "name", *NAME, name="counterparty_name", caption=_l("Name of the counterparty")),
    *(of_party("counterparty", field, *headers) for field, headers in (("inn", ("ИНН",)), ("kpp", ("КПП",)))),
    of_party("counterparty", "phone", *PHONES),
    of_party("counterparty", "email", *EMAILS),
    of_party("counterparty", "address", *ADDRESSES),
)
BRINGS_BUYERS = Brings("counterparty", COUNTERPARTIES, line_rules=(rules.take_inn,))

OF_SUPPLIER = ("поставщика",)
SUPPLIER = (
    of_party("supplier", "name", *NAME, whose=OF_SUPPLIER, name="supplier_name", caption=_l("Name of the supplier")),
    of_party("supplier", "inn", "ИНН", whose=OF_SUPPLIER),
    of_party("supplier", "kpp", "КПП", whose=OF_SUPPLIER),
)
SUPPLIERS = dataclasses.replace(
    COUNTERPARTIES,
    fields=tuple(
        dataclasses.replace(field, default=field.name == "is_supplier")
        if isinstance(field, ValueField) and field.name in {"is_buyer", "is_supplier"}
        else field
        for field in COUNTERPARTIES.fields
    ),
)
BRINGS_SUPPLIERS = Brings("supplier", SUPPLIERS, line_rules=(rules.take_inn,))

ITEM = (
    # Beside the article these name the item.
    of_item(
        "name", "item_name", _l("Name of the item"), *NAME, *ITEM_WORDS, *(f"{w} {i}" for w in NAME for i in OF_ITEM)
    ),
    of_item("unit", "unit", Item.unit.info["label"], "Единица", "Ед.", "Ед. изм.", "Единица измерения"),
    of_item("group", "item_group", _l("Group of the item"), *(f"Группа {i}" for i in OF_ITEM)),
)
BRINGS_ITEMS = Brings("item", ITEMS, by_name=True)

ORDERS = ImportTable(
    "orders",
    _l("Orders"),
    "Orders",
    BuyerOrder,
    (
        code_of(BuyerOrder.number, NUMBER, "Номер заказа", "Номер документа"),
        of(BuyerOrder.date, DATE, "Дата заказа", "Дата документа", required=True),
        counterparty_of(BuyerOrder.counterparty_id),
        item_of(OrderLine.item_id),
        of(OrderLine.quantity, *QUANTITY, required=True, range=NumberRange.POSITIVE),
        of(OrderLine.price, PRICE, required=True, range=NumberRange.NOT_NEGATIVE),
        discount(OrderLine.discount),
        of(OrderLine.vat, "НДС", "Ставка НДС", "НДС, %"),
        manager_of(BuyerOrder.manager_id),
        of(BuyerOrder.ship_on, "Дата отгрузки", "Отгрузить"),
        of(BuyerOrder.pay_by, "Дата оплаты", "Оплатить до"),
        of(BuyerOrder.delivery_address, "Адрес доставки"),
        of(BuyerOrder.comment, *COMMENT),
        *BUYER,
        *ITEM,
    ),
    brings=(BRINGS_BUYERS, BRINGS_ITEMS),
    line=OrderLine,
    parent=OrderLine.order_id,
    writer=BuyerOrderWriter,
    ways=BY_YEAR,
    rules=(rules.find_changed_owner, rules.early_days(*ORDER_DAYS)),
    numbered=numbers_of(DocumentKind.ORDER),
)

SHIPMENTS = ImportTable(
    "shipments",
    _l("Shipments"),
    "Shipments",
    Shipment,
    (
        code_of(Shipment.number, NUMBER, "Номер реализации", "Номер документа"),
        of(Shipment.date, DATE, "Дата реализации", "Дата документа", required=True),
        counterparty_of(Shipment.counterparty_id),
        item_of(ShipmentLine.item_id),
        of(ShipmentLine.quantity, *QUANTITY, required=True, range=NumberRange.NOT_ZERO),
        of(ShipmentLine.price, PRICE, required=True, range=NumberRange.NOT_NEGATIVE),
        discount(ShipmentLine.discount),
        of(ShipmentLine.vat, "НДС", "Ставка НДС", "НДС, %"),
        of(ShipmentLine.cost, "Себестоимость", range=NumberRange.NOT_NEGATIVE),
        order_of(Shipment.order_id, owner=OWNER),
        manager_of(Shipment.manager_id),
        *BUYER,
        *ITEM,
    ),
    brings=(BRINGS_BUYERS, BRINGS_ITEMS),
    line=ShipmentLine,
    parent=ShipmentLine.shipment_id,
    writer=ShipmentWriter,
    rules=(
        rules.find_changed_owner,
        rules.find_orders_of_others,
        rules.find_mixed_signs,
        rules.warn_of_reversed,
    ),
    ways=tuple(Way(way.parts, also=of_kind) for way in BY_YEAR),
    numbered=numbers_of(DocumentKind.SHIPMENT),
)

PAYMENTS = ImportTable(
    "payments",
    _l("Payments"),
    "Payments",
    Payment,
    (
        code_of(Payment.number, NUMBER, "Номер платежа", "Номер документа"),
        of(Payment.date, DATE, "Дата платежа", "Дата документа", required=True),
        counterparty_of(Payment.counterparty_id),
        of(Payment.amount, AMOUNT, required=True, range=NumberRange.NOT_ZERO),
        order_of(Payment.order_id, owner=OWNER),
        of(Payment.purpose, "Назначение", "Назначение платежа"),
        *BUYER,
    ),
    brings=(BRINGS_BUYERS,),
    writer=PaymentWriter,
    rules=(rules.find_orders_of_others, rules.question_payments, rules.find_given_back, rules.warn_of_reversed),
    ways=(way("number", "date", "counterparty"),),
    numbered=numbers_of(DocumentKind.PAYMENT),
)

CONTACTS = ImportTable(
    "contacts",
    _l("Contacts"),
    "Contacts",
    Contact,
    (
        dataclasses.replace(counterparty_of(Contact.counterparty_id), required=False),
        of(Contact.prospect, "Потенциальный клиент"),
        of(Contact.prospect_person),
        of(Contact.prospect_phone),
        of(Contact.prospect_email),
        of(Contact.starts_at, "Начало", "Дата", required=True),
        of(Contact.kind, "Вид", "Вид контакта", "Вид события", default="call"),
        of(Contact.direction, "Направление", "Тип", default="out"),
        of(Contact.state, "Состояние", "Статус"),
        of(Contact.importance, "Важность", default="normal"),
        of(Contact.ends_at, "Окончание"),
        ref(
            "person",
            Contact.person_id,
            ContactPerson.name_sort,
            _l("Contact person"),
            "Контактное лицо",
            namings=(Naming(ContactPerson.name_sort, any_case),),
            spelled=full_name,
            owner=("counterparty", ContactPerson.counterparty_id),
        ),
        manager_of(Contact.manager_id),
        of(Contact.subject, "Тема"),
        of(Contact.text, "Содержание", "Суть"),
        source_of(Contact.source_id),
        ref("campaign", Contact.campaign_id, Campaign.name, _l("Campaign"), "Мероприятие", made=True),
        of(Contact.is_offer, "Предложение", default=False),
        of(Contact.outcome, "Исход", "Исход предложения", "Результат предложения"),
        of(Contact.reason, "Причина", "Причина отказа"),
    ),
    writer=ContactWriter,
    defaults={
        "state": coming_or_done,
        "ends_at": lambda staging: staging.heads.c.starts_at,
        "manager": whose_prospect,
    },
    rules=(
        rules.find_contacts_with_nobody,
        rules.find_backward_times,
        rules.find_done_ahead,
        rules.find_wrong_outcomes,
    ),
    in_order=("counterparty", "starts_at", "kind", "subject"),
    or_in_order=("prospect", "starts_at", "kind", "subject"),
)


def as_it_is(attribute: Any) -> Callable[[], ColumnElement[Any]]:
    return lambda: attribute


class MeetingField(ReferenceField):
    """A meeting of the counterparty by its beginning: `23.11.2026 10:00`, with its subject where there are two."""

    def parser(self, zone: tzinfo) -> Parser:
        def parse(text: str) -> str:
            found = STARTS.match(text)
            place = found.end() if found else len(text)
            moment, subject = parse_moment(text[:place]), text[place:].strip()
            local = moment.astimezone(zone) if moment.tzinfo else moment
            return f"{local:%Y-%m-%d %H:%M} {subject}".strip()

        return parse


STARTS = re.compile(r"\S+[ T]\d{1,2}:\d{2}(?::\d{2})?(?:[+-]\d{2}:?\d{2}|Z)?(?=\s|$)", re.ASCII)


def meeting_name(contact: Any) -> ColumnElement[Any]:
    """Its beginning, with the subject where another contact of the counterparty begins at that minute."""
    other, begins = aliased(contact), func.to_char(contact.starts_at, "DD.MM.YYYY HH24:MI")
    repeated = select(other.id).where(rules.begin_together(contact, other)).correlate(contact).exists()
    return case((repeated, func.concat(begins, " ", contact.subject)), else_=begins)


def code_of_client(person: Any) -> ColumnElement[Any]:
    code = select(CounterpartyName.code).where(CounterpartyName.id == person.counterparty_id)
    return code.correlate(person).scalar_subquery()


def participant_name(person: Any) -> ColumnElement[Any]:
    """The name; of a person of another counterparty with its code: “Семенов Иван (К2)”."""
    elsewhere = func.concat(full_name(person), " (", code_of_client(person), ")")
    return case((person.counterparty_id != Contact.counterparty_id, elsewhere), else_=full_name(person))


PARTICIPANTS = ImportTable(
    "participants",
    _l("Participants of meetings"),
    "Contacts",
    ContactParticipant,
    (
        MeetingField(
            name="meeting",
            caption=_l("Contact"),
            headers=("Встреча", "Начало", "Дата"),
            attribute=ContactParticipant.contact_id,
            key=Contact.subject,
            namings=(
                Naming(rules.minute_of(Contact)),
                Naming(any_case(func.concat(rules.minute_of(Contact), " ", Contact.subject)), any_case),
            ),
            spelled=meeting_name,
            owner=("counterparty", Contact.counterparty_id),
            required=True,
        ),
        dataclasses.replace(counterparty_of(Contact.counterparty_id), aside=as_it_is(Contact.counterparty_id)),
        ref(
            "person",
            ContactParticipant.person_id,
            ContactPerson.name_sort,
            _l("Contact person"),
            "Контактное лицо",
            "Участник",
            namings=(
                Naming(ContactPerson.name_sort, any_case),
                Naming(
                    func.concat(ContactPerson.name_sort, " (", any_case(code_of_client(ContactPerson)), ")"), any_case
                ),
            ),
            spelled=participant_name,
            owner=("counterparty", ContactPerson.counterparty_id),
        ),
        user_of("colleague", ContactParticipant.user_id, _l("Employee"), "Сотрудник"),
        of(ContactParticipant.answer, "Ответ"),
        of(ContactParticipant.answered_at, "Время ответа", "Ответил"),
    ),
    writer=RowWriter,
    rules=(rules.find_vague_meetings, rules.find_no_participants, rules.find_half_answers),
    ways=(way("meeting", "person"), way("meeting", "colleague")),
)

SUPPLIER_PRICES = ImportTable(
    "supplier-prices",
    _l("Prices of suppliers"),
    "Suppliers",
    SupplierPrice,
    (
        counterparty_of(SupplierPrice.counterparty_id, "supplier", _l("Supplier"), "Поставщик"),
        item_of(SupplierPrice.item_id),
        of(SupplierPrice.on, DATE, name="date", required=True),
        of(SupplierPrice.price, PRICE, required=True, range=NumberRange.NOT_NEGATIVE),
        of(SupplierPrice.lead_days, "Срок поставки", "Срок поставки, дней", range=NumberRange.NOT_NEGATIVE),
        of(SupplierPrice.min_quantity, "Минимальное количество", "Минимальная партия", range=NumberRange.POSITIVE),
        of(
            SupplierItem.code,
            "Код поставщика",
            "Код у поставщика",
            name="supplier_code",
            aside=supplier_code,
        ),
        *SUPPLIER,
        *ITEM,
    ),
    brings=(BRINGS_SUPPLIERS, BRINGS_ITEMS),
    writer=PriceWriter,
    fixed={"source": PriceSource.IMPORT.value},
    rules=(rules.find_no_suppliers,),
    ways=(way("supplier", "item", "date"),),
)

SUPPLIER_ORDERS = ImportTable(
    "supplier-orders",
    _l("Supplier orders"),
    "Supplier orders",
    SupplierOrder,
    (
        code_of(SupplierOrder.number, NUMBER, "Номер заказа", "Номер документа"),
        of(SupplierOrder.date, DATE, "Дата заказа", "Дата документа", required=True),
        counterparty_of(SupplierOrder.counterparty_id, "supplier", _l("Supplier"), "Поставщик", "Контрагент"),
        item_of(SupplierOrderLine.item_id),
        of(SupplierOrderLine.quantity, *QUANTITY, required=True, range=NumberRange.POSITIVE),
        of(SupplierOrderLine.price, PRICE, required=True, range=NumberRange.NOT_NEGATIVE),
        of(SupplierOrderLine.vat, "НДС", "Ставка НДС", "НДС, %"),
        manager_of(SupplierOrder.manager_id),
        of(SupplierOrder.receive_on, "Дата поступления", "Дата поставки", "Срок поставки"),
        of(SupplierOrder.pay_by, "Дата оплаты", "Оплатить до"),
        of(SupplierOrder.comment, *COMMENT),
        *SUPPLIER,
        *ITEM,
    ),
    brings=(BRINGS_SUPPLIERS, BRINGS_ITEMS),
    line=SupplierOrderLine,
    parent=SupplierOrderLine.order_id,
    writer=SupplierOrderWriter,
    ways=BY_YEAR,
    rules=(
        rules.find_no_suppliers,
        rules.find_changed_owner,
        rules.early_days(*SUPPLIER_ORDER_DAYS),
        rules.find_received_before,
    ),
    numbered=numbers_of(DocumentKind.SUPPLIER_ORDER),
)

SUPPLIER_PAYMENTS = ImportTable(
    "supplier-payments",
    _l("Supplier payments"),
    "Supplier payments",
    SupplierPayment,
    (
        code_of(SupplierPayment.number, NUMBER),
        of(SupplierPayment.date, DATE, required=True),
        counterparty_of(SupplierPayment.counterparty_id, "supplier", _l("Supplier"), "Поставщик", "Контрагент"),
        of(SupplierPayment.amount, AMOUNT, required=True, range=NumberRange.NOT_ZERO),
        order_of(SupplierPayment.order_id, SupplierOrder, owner=("supplier", SupplierOrder.counterparty_id)),
        of(SupplierPayment.purpose, "Назначение", "Назначение платежа"),
        *SUPPLIER,
    ),
    brings=(BRINGS_SUPPLIERS,),
    writer=SupplierPostedWriter,
    rules=(
        rules.find_no_suppliers,
        rules.find_orders_of_others,
        rules.question_payments,
        rules.find_given_back,
        rules.warn_of_reversed,
    ),
    ways=(way("number", "date", "supplier"),),
    numbered=numbers_of(DocumentKind.SUPPLIER_PAYMENT),
)


def closings(slug: str, caption: LazyString, section: str, closable: Closable, *, written_by: str) -> ImportTable:
    """Orders are closed by whoever may change them."""
    model = closable.closing
    return ImportTable(
        slug,
        caption,
        section,
        model,
        (
            order_of(model.order_id, closable.order, required=True),
            ref(
                "reason",
                model.reason_id,
                ClosingReason.name,
                _l("Reason of closing"),
                "Причина",
                "Причина закрытия",
                "Причина закрытия заказа",
                required=True,
            ),
            of(model.on, DATE, "Дата закрытия", name="date"),
            of(model.comment, *COMMENT),
        ),
        writer=partial(ClosingWriter, closable),
        rules=(rules.find_early_closings,),
        written_by=written_by,
        ways=(way("order"),),
    )


ORDER_CLOSINGS = closings("order-closings", _l("Closings of orders"), "Closings", CLOSABLE_ORDERS, written_by="Orders")
SUPPLIER_ORDER_CLOSINGS = closings(
    "supplier-order-closings",
    _l("Closings of supplier orders"),
    "Supplier closings",
    CLOSABLE_SUPPLIER_ORDERS,
    written_by="Supplier orders",
)

MANAGER_HISTORY = ImportTable(
    "manager-history",
    _l("History of responsible managers"),
    "Counterparties",
    ManagerRecord,
    (
        counterparty_of(ManagerRecord.counterparty_id),
        of(ManagerRecord.on, DATE, "С", name="on", required=True),
        manager_of(ManagerRecord.manager_id),
    ),
    writer=RowWriter,
    rules=(rules.find_coming_days,),
    ways=(way("counterparty", "on"),),
    written_by=RESPONSIBLES,
)

ADDITIONAL_MANAGERS = ImportTable(
    "additional-managers",
    _l("Additional managers"),
    "Counterparties",
    AdditionalManager,
    (
        counterparty_of(AdditionalManager.counterparty_id),
        user_of("manager", AdditionalManager.user_id, _l("Additional manager"), "Сотрудник", "Менеджер", required=True),
        of(AdditionalManager.since, DATE, "С", name="on"),
    ),
    writer=RowWriter,
    defaults={"on": lambda staging: literal(staging.today)},
    rules=(rules.find_responsibles, rules.find_coming_days),
    ways=(way("counterparty", "manager"),),
    written_by=RESPONSIBLES,
)

SOURCE_HISTORY = ImportTable(
    "source-history",
    _l("History of information sources"),
    "Counterparties",
    SourceRecord,
    (
        counterparty_of(SourceRecord.counterparty_id),
        of(SourceRecord.on, DATE, "С", name="on", required=True),
        source_of(SourceRecord.source_id, required=True),
    ),
    writer=RowWriter,
    rules=(rules.find_coming_days,),
    ways=(way("counterparty", "on"),),
)


def of_campaign(attribute: InstrumentedAttribute[Any], *headers: str, **more: Any) -> ValueField:
    """What stands with the campaign itself, on each of its lines."""
    return of(attribute, *headers, aside=as_it_is(attribute), default=None, **more)


WINDOW = (LONGEST_WINDOW, _l("%(value)s: a window is at most 3650 days."))
CAMPAIGNS = ImportTable(
    "campaigns",
    _l("Marketing campaigns"),
    "Catalogues",
    CampaignCost,
    (
        ref(
            "name",
            CampaignCost.campaign_id,
            Campaign.name,
            _l("Name"),
            *("Наименование", "Название", "Мероприятие"),
            made=True,
            required=True,
        ),
        of_campaign(Campaign.kind, "Вид", "Вид мероприятия"),
        of_campaign(Campaign.begins, "Начало"),
        of_campaign(Campaign.ends, "Окончание", "Конец"),
        of_campaign(Campaign.window_days, "Окно, дней", "Окно", range=NumberRange.POSITIVE, most=WINDOW),
        of_campaign(Campaign.budget, "Бюджет", range=NumberRange.NOT_NEGATIVE),
        source_of(CampaignCost.source_id),
        of(CampaignCost.cost, "Стоимость", "Затраты", range=NumberRange.NOT_NEGATIVE, default=0),
        dataclasses.replace(manager_of(Campaign.manager_id), aside=as_it_is(Campaign.manager_id)),
    ),
    writer=CampaignWriter,
    ways=(way("name", "source"), Way((Part("name"),), unless=("source",), also=of_the_campaign)),
    rules=(rules.find_backward_campaigns,),
)


def whose_order(staging: Staging) -> ColumnElement[Any]:
    """A task of an order is about its buyer."""
    return select(BuyerOrder.counterparty_id).where(BuyerOrder.id == staging.named("order")).scalar_subquery()


TASKS = ImportTable(
    "tasks",
    _l("Tasks"),
    "Tasks",
    Task,
    (
        of(Task.text, "Задача", "Текст", "Что сделать", "Описание", required=True),
        user_of("executor", Task.executor_id, _l("Executor"), "Исполнитель", "Кому", required=True),
        of(Task.due_on, "Срок", "Сделать до", required=True),
        user_of("author", Task.author_id, _l("Author"), "Автор", "Поручил", "От кого"),
        of(Task.done_on, "Выполнено", "Дата выполнения"),
        dataclasses.replace(counterparty_of(Task.counterparty_id), required=False),
        order_of(Task.order_id, owner=OWNER),
    ),
    writer=RowWriter,
    defaults={
        "author": lambda staging: func.coalesce(literal(staging.importer, Integer), staging.named("executor")),
        "counterparty": whose_order,
    },
    rules=(
        rules.find_tasks_done_ahead,
        rules.find_cancelled,
        rules.find_gone_executors,
        rules.find_taken_over,
        rules.find_other_tasks,
    ),
    in_order=("executor", "due_on", "text"),
)


class IndicatorField(TextField):
    """An indicator of managers, by its name or its caption."""

    def parser(self, zone: tzinfo) -> Parser:
        named = {fold_word(word): one.name for one in INDICATORS for word in (one.name, str(one.label))}

        def parse(text: str) -> str:
            if (name := named.get(fold_word(text))) is None:
                known = ", ".join(one.name for one in INDICATORS)
                raise Unfit(_("There is no indicator “%(value)s”. Possible: %(known)s.", value=text[:50], known=known))
            return name

        return parse


class MonthField(DateField):
    """A month, or any of its days: `2026-11`, `11.2026`, `15.11.2026`; kept as its first day."""

    def parser(self, zone: tzinfo) -> Parser:
        def parse(text: str) -> date:
            found = MONTH.fullmatch(text.strip())
            day = f"{found['y'] or found['y2']}-{found['m'] or found['m2']}-01" if found else text
            return parse_date(day, zone=zone).replace(day=1)

        return parse


MONTH = re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})|(?P<m2>\d{1,2})\.(?P<y2>\d{4})", re.ASCII)


def plan_of(field: type[ValueField], attribute: InstrumentedAttribute[Any], *headers: str) -> ValueField:
    return field(
        name=attribute.key, caption=attribute.info["label"], headers=headers, attribute=attribute, required=True
    )


TARGETS = ImportTable(
    "targets",
    _l("Plans of managers"),
    "Targets",
    Target,
    (
        dataclasses.replace(manager_of(Target.manager_id), required=True),
        plan_of(MonthField, Target.month, "Месяц", "Период"),
        plan_of(IndicatorField, Target.indicator, "Показатель"),
        of(Target.value, "План", "Значение", "Сумма", required=True),
    ),
    writer=RowWriter,
    ways=(way("manager", "month", "indicator"),),
)

OF_TRADE: tuple[ImportTable, ...] = (
    COUNTERPARTIES,
    PERSONS,
    ITEMS,
    ORDERS,
    SHIPMENTS,
    PAYMENTS,
    CONTACTS,
    PARTICIPANTS,
    SUPPLIER_PRICES,
    SUPPLIER_ORDERS,
    SUPPLIER_PAYMENTS,
    ORDER_CLOSINGS,
    SUPPLIER_ORDER_CLOSINGS,
    MANAGER_HISTORY,
    ADDITIONAL_MANAGERS,
    SOURCE_HISTORY,
    CAMPAIGNS,
    TASKS,
    TARGETS,
)
