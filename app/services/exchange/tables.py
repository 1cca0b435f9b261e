"""The import tables: each is declared once for import, export, check and screen."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Integer, case, func, literal
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.vat import VatRate
from app.domain.words import ContactState, InfoType, PriceSource
from app.models.closing import ClosingReason, OrderClosing
from app.models.contacts import Campaign, Contact
from app.models.counterparties import ContactPerson, Counterparty, CounterpartyGroup, InformationSource
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from app.models.suppliers import SupplierItem, SupplierPrice
from app.models.users import User
from app.services.exchange import rules
from app.services.exchange.closings import ClosingWriter
from app.services.exchange.documents import OrderWriter, PostedWriter, ShipmentWriter
from app.services.exchange.fields import ExtensionField, NumberRange, ReferenceField, ValueField, info, of, ref
from app.services.exchange.matching import folded
from app.services.exchange.saving import RowWriter
from app.services.exchange.staging import ImportTable, Staging
from app.services.exchange.suppliers import PriceWriter, supplier_code


def full_name(person: Any) -> ColumnElement[Any]:
    parts = (person.last_name, person.first_name, person.middle_name)
    return func.btrim(
        func.coalesce(parts[0], "") + " " + func.coalesce(parts[1], "") + " " + func.coalesce(parts[2], "")
    )


def coming_or_done(staging: Staging) -> ColumnElement[Any]:
    """A contact of tomorrow is planned, one of yesterday took place."""
    coming = staging.heads.c.starts_at > staging.now
    return case((coming, ContactState.PLANNED.value), else_=ContactState.DONE.value)


COUNTERPARTY = (_l("Counterparty"), "Контрагент", "Код контрагента")
ITEM = (_l("Item"), "Номенклатура", "Товар", "Код номенклатуры")
ORDER = (_l("Order"), "Заказ", "Заказ покупателя", "Номер заказа")
COMMENT = ("Комментарий", "Примечание")


def manager_of(attribute: InstrumentedAttribute[Any]) -> ReferenceField:
    names = ("Ответственный", "Ответственный менеджер", "Менеджер")
    unknown = _l("There is no user with the login “%(value)s”.")
    return ref("manager", attribute, User.username, _l("Responsible manager"), *names, unknown=unknown)


def discount(attribute: InstrumentedAttribute[Any]) -> ValueField:
    most = (100, _l("%(value)s: a discount is at most 100 percent."))
    return of(attribute, "Скидка", "Скидка, %", range=NumberRange.NOT_NEGATIVE, most=most, default=0)


NUMBER, DATE, PRICE, QUANTITY, AMOUNT = "Номер", "Дата", "Цена", ("Количество", "Кол-во"), "Сумма"

COUNTERPARTIES = ImportTable(
    "counterparties",
    _l("Counterparties"),
    "Counterparties",
    Counterparty,
    ("code",),
    (
        of(Counterparty.code, "Код", required=True),
        of(Counterparty.name, "Наименование", "Название", required=True),
        of(Counterparty.full_name, "Полное наименование"),
        of(Counterparty.kind, "Вид", "Вид контрагента", "Юр. / физ. лицо", default="company", keeps=True),
        of(Counterparty.inn, "ИНН"),
        of(Counterparty.kpp, "КПП"),
        of(Counterparty.ogrn, "ОГРН"),
        of(Counterparty.is_buyer, "Покупатель", default=True, keeps=True),
        of(Counterparty.is_supplier, "Поставщик", default=False, keeps=True),
        of(Counterparty.is_subcontractor, "Подрядчик", default=False, keeps=True),
        of(Counterparty.is_other, "Прочий", default=False, keeps=True),
        manager_of(Counterparty.manager_id),
        ref("group", Counterparty.group_id, CounterpartyGroup.name, _l("Group"), "Группа", made=True),
        info("phone", InfoType.PHONE, _l("Phone"), "Телефон"),
        info("email", InfoType.EMAIL, _l("E-mail"), "Эл. почта", "Электронная почта", "Почта"),
        info("address", InfoType.ADDRESS, _l("Address"), "Адрес"),
        info("website", InfoType.WEB, _l("Web page"), "Сайт", "Веб-страница"),
        of(Counterparty.needs, "Потребности и предпочтения", "Потребности"),
        of(Counterparty.comment, *COMMENT),
        ref(
            "source",
            Counterparty.source_id,
            InformationSource.name,
            _l("Information source"),
            "Источник информации",
            "Источник",
            made=True,
        ),
        of(Counterparty.registered_on, "Дата регистрации", "Зарегистрирован", keeps=True),
    ),
    writer=RowWriter,
    defaults={"manager": lambda staging: literal(staging.owner, Integer), "registered_on": lambda s: literal(s.today)},
    line_rules=(rules.warn_of_requisites,),
)

PERSONS = ImportTable(
    "persons",
    _l("Contact persons"),
    "Contact persons",
    ContactPerson,
    ("counterparty", "last_name", "first_name", "middle_name"),
    (
        ref("counterparty", ContactPerson.counterparty_id, Counterparty.code, *COUNTERPARTY, required=True),
        of(ContactPerson.last_name, "Фамилия", required=True),
        of(ContactPerson.first_name, "Имя"),
        of(ContactPerson.middle_name, "Отчество"),
        of(ContactPerson.position, "Должность"),
        of(ContactPerson.role, "Роль"),
        of(ContactPerson.birthday, "Дата рождения", "День рождения"),
        info("phone", InfoType.PHONE, _l("Phone"), "Телефон"),
        ExtensionField(name="extension", caption=_l("Extension"), headers=("Добавочный", "Внутренний номер")),
        info("email", InfoType.EMAIL, _l("E-mail"), "Эл. почта", "Электронная почта", "Почта"),
        of(ContactPerson.comment, *COMMENT),
    ),
    unique=False,
    writer=RowWriter,
)

ITEMS = ImportTable(
    "items",
    _l("Items"),
    "Items",
    Item,
    ("code",),
    (
        of(Item.code, "Код", "Артикул", required=True),
        of(Item.name, "Наименование", "Название", required=True),
        of(Item.unit, "Единица", "Ед.", "Ед. изм.", "Единица измерения", default="шт", keeps=True),
        of(Item.group, "Группа"),
        of(Item.price, PRICE, range=NumberRange.NOT_NEGATIVE, default=0),
        of(Item.cost, "Себестоимость", range=NumberRange.NOT_NEGATIVE),
        of(Item.vat, "НДС", "Ставка НДС", "НДС, %", default=VatRate.TWENTY_TWO.value, keeps=True),
        of(Item.is_service, "Услуга", default=False),
    ),
    writer=RowWriter,
)

ORDERS = ImportTable(
    "orders",
    _l("Orders"),
    "Orders",
    BuyerOrder,
    ("number",),
    (
        of(BuyerOrder.number, NUMBER, required=True),
        of(BuyerOrder.date, DATE, required=True),
        ref("counterparty", BuyerOrder.counterparty_id, Counterparty.code, *COUNTERPARTY, required=True),
        ref("item", OrderLine.item_id, Item.code, *ITEM, required=True),
        of(OrderLine.quantity, *QUANTITY, required=True, range=NumberRange.POSITIVE),
        of(OrderLine.price, PRICE, required=True, range=NumberRange.NOT_NEGATIVE),
        discount(OrderLine.discount),
        of(OrderLine.vat, "НДС", "Ставка НДС", "НДС, %"),
        manager_of(BuyerOrder.manager_id),
        of(BuyerOrder.ship_on, "Дата отгрузки", "Отгрузить"),
        of(BuyerOrder.pay_by, "Дата оплаты", "Оплатить до"),
        of(BuyerOrder.delivery_address, "Адрес доставки"),
        of(BuyerOrder.comment, *COMMENT),
    ),
    line=OrderLine,
    parent=OrderLine.order_id,
    writer=OrderWriter,
)

SHIPMENTS = ImportTable(
    "shipments",
    _l("Shipments"),
    "Shipments",
    Shipment,
    ("number",),
    (
        of(Shipment.number, NUMBER, required=True),
        of(Shipment.date, DATE, required=True),
        ref("counterparty", Shipment.counterparty_id, Counterparty.code, *COUNTERPARTY, required=True),
        ref("item", ShipmentLine.item_id, Item.code, *ITEM, required=True),
        of(ShipmentLine.quantity, *QUANTITY, required=True, range=NumberRange.NOT_ZERO),
        of(ShipmentLine.price, PRICE, required=True, range=NumberRange.NOT_NEGATIVE),
        discount(ShipmentLine.discount),
        of(ShipmentLine.vat, "НДС", "Ставка НДС", "НДС, %"),
        of(ShipmentLine.cost, "Себестоимость", range=NumberRange.NOT_NEGATIVE),
        ref("order", Shipment.order_id, BuyerOrder.number, *ORDER),
        manager_of(Shipment.manager_id),
    ),
    line=ShipmentLine,
    parent=ShipmentLine.shipment_id,
    writer=ShipmentWriter,
    rules=(rules.find_orders_of_others, rules.find_mixed_signs),
)

PAYMENTS = ImportTable(
    "payments",
    _l("Payments"),
    "Payments",
    Payment,
    ("number",),
    (
        of(Payment.number, NUMBER, required=True),
        of(Payment.date, DATE, required=True),
        ref("counterparty", Payment.counterparty_id, Counterparty.code, *COUNTERPARTY, required=True),
        of(Payment.amount, AMOUNT, required=True, range=NumberRange.NOT_ZERO),
        ref("order", Payment.order_id, BuyerOrder.number, *ORDER),
        of(Payment.purpose, "Назначение", "Назначение платежа"),
    ),
    writer=PostedWriter,
    rules=(rules.find_orders_of_others,),
)

CONTACTS = ImportTable(
    "contacts",
    _l("Contacts"),
    "Contacts",
    Contact,
    ("counterparty", "starts_at", "kind", "subject"),
    (
        ref("counterparty", Contact.counterparty_id, Counterparty.code, *COUNTERPARTY, required=True),
        of(Contact.starts_at, "Начало", "Дата", required=True),
        of(Contact.kind, "Вид", "Вид контакта", "Вид события", default="call"),
        of(Contact.direction, "Направление", "Тип", default="out", keeps=True),
        of(Contact.state, "Состояние", "Статус", keeps=True),
        of(Contact.importance, "Важность", default="normal", keeps=True),
        of(Contact.ends_at, "Окончание", keeps=True),
        ref(
            "person",
            Contact.person_id,
            ContactPerson.name_sort,
            _l("Contact person"),
            "Контактное лицо",
            folded=folded,
            spelled=full_name,
            within="counterparty",
        ),
        manager_of(Contact.manager_id),
        of(Contact.subject, "Тема"),
        of(Contact.text, "Содержание", "Суть"),
        ref(
            "source",
            Contact.source_id,
            InformationSource.name,
            _l("Information source"),
            "Источник информации",
            "Источник",
            made=True,
        ),
        ref("campaign", Contact.campaign_id, Campaign.name, _l("Campaign"), "Мероприятие", made=True),
    ),
    unique=False,
    writer=RowWriter,
    defaults={"state": coming_or_done, "ends_at": lambda staging: staging.heads.c.starts_at},
    rules=(rules.find_backward_times,),
)

SUPPLIER_PRICES = ImportTable(
    "supplier-prices",
    _l("Prices of suppliers"),
    "Suppliers",
    SupplierPrice,
    ("supplier", "item", "date"),
    (
        ref("supplier", SupplierPrice.counterparty_id, Counterparty.code, _l("Supplier"), "Поставщик", required=True),
        ref("item", SupplierPrice.item_id, Item.code, *ITEM, required=True),
        of(SupplierPrice.on, DATE, name="date", required=True),
        of(SupplierPrice.price, PRICE, required=True, range=NumberRange.NOT_NEGATIVE),
        of(SupplierPrice.lead_days, "Срок поставки", "Срок поставки, дней", range=NumberRange.NOT_NEGATIVE),
        of(SupplierPrice.min_quantity, "Минимальное количество", "Минимальная партия", range=NumberRange.POSITIVE),
        of(
            SupplierItem.code,
            "Код поставщика",
            "Код у поставщика",
            name="supplier_code",
            keeps=True,
            aside=supplier_code,
        ),
    ),
    writer=PriceWriter,
    fixed={"source": PriceSource.IMPORT.value},
    rules=(rules.find_no_suppliers,),
)

ORDER_CLOSINGS = ImportTable(
    "order-closings",
    _l("Closings of orders"),
    "Closings",
    OrderClosing,
    ("order",),
    (
        ref("order", OrderClosing.order_id, BuyerOrder.number, *ORDER, required=True),
        ref(
            "reason",
            OrderClosing.reason_id,
            ClosingReason.name,
            _l("Reason of closing"),
            "Причина",
            "Причина закрытия",
            "Причина закрытия заказа",
            required=True,
        ),
        of(OrderClosing.on, DATE, "Дата закрытия", name="date"),
        of(OrderClosing.comment, *COMMENT),
    ),
    writer=ClosingWriter,
    rules=(rules.find_early_closings,),
    written_by="Orders",  # an order is closed by whoever may change it
)

TABLES: dict[str, ImportTable] = {
    table.slug: table
    for table in (
        COUNTERPARTIES,
        PERSONS,
        ITEMS,
        ORDERS,
        SHIPMENTS,
        PAYMENTS,
        CONTACTS,
        SUPPLIER_PRICES,
        ORDER_CLOSINGS,
    )
}
