"""The import tables: every kind and its fields, declared once for import, export, check and screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.words import InfoType, PriceSource
from app.models.base import Base
from app.models.closing import ClosingReason, OrderClosing
from app.models.contacts import Campaign, Contact
from app.models.counterparties import ContactPerson, Counterparty, CounterpartyGroup, InformationSource
from app.models.movements import Payment, Shipment, ShipmentLine
from app.models.orders import BuyerOrder, OrderLine
from app.models.products import Item
from app.models.suppliers import SupplierItem, SupplierPrice
from app.models.users import User
from app.services.exchange.fields import Bound, Field, Type, info, of, ref


@dataclass(frozen=True)
class Kind:
    """One import table. `key` names the fields by which a known row is recognised.

    With a `unique` key a file names a row once; without one (persons, contacts)
    the n-th line of a key is the n-th known row of it. A kind with a `line`
    model is a document: one line of the file is one line of the document.
    """

    slug: str
    caption: LazyString
    section: str  # whose right to write an import needs
    model: type[Base]
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    unique: bool = True
    line: type[Base] | None = None
    parent: InstrumentedAttribute[Any] | None = None  # of the line: its document
    fixed: tuple[tuple[str, Any], ...] = ()  # columns that say where a written row came from

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    @property
    def line_fields(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.attribute is not None and f.attribute.class_ is self.line)

    @property
    def head_fields(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f not in self.line_fields)


COUNTERPARTY = (_l("Counterparty"), "Контрагент", "Код контрагента")
MANAGER = (_l("Responsible manager"), "Ответственный", "Ответственный менеджер", "Менеджер")
ITEM = (_l("Item"), "Номенклатура", "Товар", "Код номенклатуры")
ORDER = (_l("Order"), "Заказ", "Заказ покупателя", "Номер заказа")
COMMENT = ("Комментарий", "Примечание")
NUMBER, DATE, PRICE, QUANTITY, AMOUNT = "Номер", "Дата", "Цена", ("Количество", "Кол-во"), "Сумма"

COUNTERPARTIES = Kind(
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
        ref("manager", Counterparty.manager_id, User.username, *MANAGER),
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
)

PERSONS = Kind(
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
        info("extension", InfoType.PHONE, _l("Extension"), "Добавочный", "Внутренний номер", extension=True),
        info("email", InfoType.EMAIL, _l("E-mail"), "Эл. почта", "Электронная почта", "Почта"),
        of(ContactPerson.comment, *COMMENT),
    ),
    unique=False,
)

ITEMS = Kind(
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
        of(Item.price, PRICE, bound=Bound.NOT_NEGATIVE, default=0),
        of(Item.cost, "Себестоимость", bound=Bound.NOT_NEGATIVE),
        of(Item.is_service, "Услуга", default=False),
    ),
)

ORDERS = Kind(
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
        of(OrderLine.quantity, *QUANTITY, required=True, bound=Bound.POSITIVE),
        of(OrderLine.price, PRICE, required=True, bound=Bound.NOT_NEGATIVE),
        of(OrderLine.discount, "Скидка", "Скидка, %", bound=Bound.NOT_NEGATIVE, default=0),
        ref("manager", BuyerOrder.manager_id, User.username, *MANAGER),
        of(BuyerOrder.ship_on, "Дата отгрузки", "Отгрузить"),
        of(BuyerOrder.pay_by, "Дата оплаты", "Оплатить до"),
        of(BuyerOrder.delivery_address, "Адрес доставки"),
        of(BuyerOrder.comment, *COMMENT),
    ),
    line=OrderLine,
    parent=OrderLine.order_id,
)

SHIPMENTS = Kind(
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
        of(ShipmentLine.quantity, *QUANTITY, required=True, bound=Bound.NOT_ZERO),
        of(ShipmentLine.price, PRICE, required=True, bound=Bound.NOT_NEGATIVE),
        of(ShipmentLine.discount, "Скидка", "Скидка, %", bound=Bound.NOT_NEGATIVE, default=0),
        of(ShipmentLine.cost, "Себестоимость", bound=Bound.NOT_NEGATIVE),
        ref("order", Shipment.order_id, BuyerOrder.number, *ORDER),
        ref("manager", Shipment.manager_id, User.username, *MANAGER),
    ),
    line=ShipmentLine,
    parent=ShipmentLine.shipment_id,
)

PAYMENTS = Kind(
    "payments",
    _l("Payments"),
    "Payments",
    Payment,
    ("number",),
    (
        of(Payment.number, NUMBER, required=True),
        of(Payment.date, DATE, required=True),
        ref("counterparty", Payment.counterparty_id, Counterparty.code, *COUNTERPARTY, required=True),
        of(Payment.amount, AMOUNT, required=True, bound=Bound.NOT_ZERO),
        ref("order", Payment.order_id, BuyerOrder.number, *ORDER),
        of(Payment.purpose, "Назначение", "Назначение платежа"),
    ),
)

CONTACTS = Kind(
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
        ref("person", Contact.person_id, ContactPerson.name_sort, _l("Contact person"), "Контактное лицо"),
        ref("manager", Contact.manager_id, User.username, *MANAGER),
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
)

SUPPLIER_PRICES = Kind(
    "supplier-prices",
    _l("Prices of suppliers"),
    "Counterparties",
    SupplierPrice,
    ("supplier", "item", "date"),
    (
        ref("supplier", SupplierPrice.counterparty_id, Counterparty.code, _l("Supplier"), "Поставщик", required=True),
        ref("item", SupplierPrice.item_id, Item.code, *ITEM, required=True),
        of(SupplierPrice.on, DATE, name="date", required=True),
        of(SupplierPrice.price, PRICE, required=True, bound=Bound.NOT_NEGATIVE),
        of(SupplierPrice.lead_days, "Срок поставки", "Срок поставки, дней", bound=Bound.NOT_NEGATIVE),
        of(SupplierPrice.min_quantity, "Минимальное количество", "Минимальная партия", bound=Bound.POSITIVE),
        of(SupplierItem.code, "Код поставщика", "Код у поставщика", name="supplier_code", keeps=True, aside=True),
    ),
    fixed=(("source", PriceSource.IMPORT.value),),
)

ORDER_CLOSINGS = Kind(
    "order-closings",
    _l("Closings of orders"),
    "Orders",
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
)

KINDS: dict[str, Kind] = {
    kind.slug: kind
    for kind in (
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

__all__ = ["KINDS", "Kind", "Type"]
