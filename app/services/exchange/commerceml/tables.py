"""Files of CommerceML as import tables: goods, offers, documents; rows are known by what 1C knows them by."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Integer, Text, case, cast, delete, exists, func, null, or_, select, update
from sqlalchemy.orm import aliased

from app.domain.formats.commerceml import OWN, Holds
from app.formatting import money
from app.models.movements import Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.services.exchange.fields import (
    BroughtField,
    Field,
    Naming,
    NumberRange,
    ReferenceField,
    TextField,
    ValueField,
    any_case,
    of,
)
from app.services.exchange.report import ImportReport
from app.services.exchange.rules import early_days, find_changed_owner
from app.services.exchange.saving import RowWriter
from app.services.exchange.sentences import each
from app.services.exchange.staging import Brings, ImportTable, Part, Rule, Staging, Way, way
from app.services.exchange.tables import (
    BRINGS_BUYERS,
    COUNTERPARTIES,
    ITEMS,
    ORDERS,
    OWNER,
    PAYMENTS,
    SHIPMENTS,
    as_it_is,
    order_of,
)
from app.services.exchange.writers.documents import OrderWriter, ShipmentWriter
from app.services.sales.orders import DAYS

READER = "commerceml"


class OutsideKey(TextField):
    """By what 1C knows the row; a row that was recognised by something else gets it."""


def key_of(model: Any) -> ValueField:
    return OutsideKey(name="outside_key", caption=_l("Key in 1C"), attribute=model.outside_key, default=None)


def own_code(key: Any) -> ColumnElement[str]:
    """The code of an item that went out under a key of ours."""
    return case((func.starts_with(key, OWN), func.substr(key, len(OWN) + 1)))


def not_in_1c(_heads: Any) -> ColumnElement[bool]:
    return Item.outside_key.is_(None)


OF_ITEMS = (
    way("outside_key"),
    Way((Part("outside_key", own_code, Item.code),)),
    Way((Part("code", any_case),), also=not_in_1c),
    Way((Part("name", any_case, Item.name_sort),), also=not_in_1c),
)


def keep_our_keys(staging: Staging, _report: ImportReport) -> None:
    """A key that we gave out ourselves is none of 1C."""
    heads = staging.heads
    staging.run(update(heads).where(func.starts_with(heads.c.outside_key, OWN)).values(outside_key=null()))


def free_codes(staging: Staging, _report: ImportReport) -> None:
    """An article names no row: several goods may have it. Only a new item takes it, if nobody else has it."""
    heads = staging.heads
    earlier = heads.alias("earlier")
    said_before = exists().where(any_case(earlier.c.code) == any_case(heads.c.code), earlier.c.line < heads.c.line)
    taken = exists().where(any_case(Item.code) == any_case(heads.c.code))
    known = heads.c.is_new.is_(False)
    staging.run(update(heads).where(or_(known, said_before, taken)).values(code=null()))


def pass_unknown(staging: Staging, report: ImportReport) -> None:
    """A price or a rest of what nobody knows is told and left."""
    heads = staging.heads
    unknown = heads.c.is_new & heads.c.name.is_(None)
    lines = select(heads.c.line, heads.c.outside_key).where(unknown)

    def sentence(key: str) -> str:
        return str(_("There is no item “%(key)s”: its price is left out.", key=key))

    each(staging, report, "outside_key", lines, sentence, warning=True)
    staging.run(delete(heads).where(unknown))


def of_base(attribute: Any) -> Callable[[Staging], ColumnElement[Any]]:
    """What a new variant has from the item that it is one of."""

    def default(staging: Staging) -> ColumnElement[Any]:
        base = aliased(Item)
        mine = base.outside_key == func.split_part(staging.heads.c.outside_key, "#", 1)
        value = select(getattr(base, attribute.key)).where(mine).scalar_subquery()
        field = staging.field(attribute.key)
        return func.coalesce(value, field.instead)

    return default


GOODS = ImportTable(
    f"{READER}-{Holds.ITEMS}",
    _l("Goods"),
    ITEMS.section,
    Item,
    (key_of(Item), *(each for each in ITEMS.fields if each.name not in {"price", "cost"})),
    writer=RowWriter,
    ways=OF_ITEMS,
    rules=(keep_our_keys, free_codes),
    numbered=ITEMS.numbered,
    reader=READER,
)
OFFERS = dataclasses.replace(
    GOODS,
    slug=f"{READER}-{Holds.PRICES}",
    caption=_l("Prices and stock"),
    fields=(
        *(dataclasses.replace(each, needed=False) for each in GOODS.fields),
        of(Item.stock, default=None),
        of(Item.price, "Цена", range=NumberRange.NOT_NEGATIVE, default=0),
    ),
    rules=(pass_unknown, keep_our_keys, free_codes),
    defaults={name: of_base(getattr(Item, name)) for name in ("unit", "group", "vat", "is_service")},
    mapped=("price",),
)


def own_number(key: Any) -> ColumnElement[int]:
    """The row of an order that went out under a key of ours."""
    return case((key.regexp_match(f"^{OWN}[0-9]{{1,9}}$"), cast(func.substr(key, len(OWN) + 1), Integer)))


def keep_identity(*names: str) -> Rule:
    """What a document of 1C has been known by since it came: another one there is told, and changes nothing here."""

    def keep(staging: Staging, report: ImportReport) -> None:
        heads = staging.heads
        model: Any = staging.table.model
        mine = model.id == heads.c.target_id
        for name in names:
            known, said = getattr(model, name), heads.c[name]
            others = select(heads.c.line, model.number, model.date, said).join(model, mine)
            each(staging, report, name, others.where(known != said), still_known, warning=True)
            staging.run(update(heads).where(mine).values({name: null()}))

    return keep


def still_known(number: str, day: date, said: str | date) -> str:
    other = f"{said:%d.%m.%Y}" if isinstance(said, date) else said
    told = {"number": number, "day": f"{day:%d.%m.%Y}", "other": other}
    return str(_("Document %(number)s of %(day)s is now %(other)s in 1C: here it stays as it was.", **told))


def find_wrong_totals(staging: Staging, report: ImportReport) -> None:
    """A document whose lines do not add up to what it says was cut or changed on the way."""
    heads = staging.heads
    wrong = select(heads.c.line, heads.c.number, heads.c.said_amount, heads.c.amount)
    wrong = wrong.where(heads.c.said_amount != heads.c.amount)

    def sentence(number: str, said: Any, counted: Any) -> str:
        amounts = {"said": money(said), "counted": money(counted)}
        return str(_("Document %(number)s says %(said)s, its lines make %(counted)s.", number=number, **amounts))

    each(staging, report, "said_amount", wrong, sentence)


def find_other_keys(staging: Staging, report: ImportReport) -> None:
    """By its number it is a document that 1C knows by another key."""
    heads = staging.heads
    model: Any = staging.table.model
    wrong = (
        select(heads.c.line, heads.c.number)
        .join(model, model.id == heads.c.target_id)
        .where(model.outside_key != heads.c.outside_key)
    )

    def sentence(number: str) -> str:
        return str(_("Document %(number)s is known under another key in 1C.", number=number))

    each(staging, report, "number", wrong, sentence)


def left_as_it_is(number: str) -> str:
    return str(_("Order %(number)s is shipped, paid or closed already: it is left as it is.", number=number))


class ReturnedWriter(OrderWriter):
    """Orders that come back from 1C: one that has begun to be shipped or paid keeps its lines."""

    def spare(self) -> None:
        heads = self.staging.heads
        begun = or_(BuyerOrder.shipped_quantity > 0, BuyerOrder.paid_amount != 0, BuyerOrder.closed_on.is_not(None))
        mine = BuyerOrder.id == heads.c.target_id
        left = select(heads.c.line, BuyerOrder.number).join(BuyerOrder, mine).where(heads.c.changed, begun)
        each(self.staging, self.report, "number", left, left_as_it_is, warning=True)
        self.staging.run(update(heads).where(mine, heads.c.changed, begun).values(changed=False))


class ShippedWriter(ShipmentWriter):
    """Shipments of 1C: the goods are gone, whatever was decided of their order here."""

    warned_of_closed = True


def brought(name: str, reference: str, table: ImportTable, into: str) -> BroughtField:
    field = table.field(into)
    assert field is not None
    return BroughtField(name=name, caption=field.caption, of=reference, into=field)


OF_BUYER = (
    brought("counterparty_full_name", "counterparty", COUNTERPARTIES, "full_name"),
    brought("counterparty_kind", "counterparty", COUNTERPARTIES, "kind"),
)
OF_GOODS = (
    brought("item_key", "item", GOODS, "outside_key"),
    brought("item_is_service", "item", GOODS, "is_service"),
)
BRINGS_GOODS = Brings("item", dataclasses.replace(GOODS, slug=ITEMS.slug), by_name=True)
DOCUMENTS = dataclasses.replace(
    ORDERS,
    slug=f"{READER}-{Holds.ORDERS}",
    caption=_l("Orders"),
    fields=(
        key_of(BuyerOrder),
        *ORDERS.fields,
        of(BuyerOrder.amount, name="said_amount", default=None, aside=as_it_is(BuyerOrder.amount)),
        *OF_BUYER,
        *OF_GOODS,
    ),
    writer=ReturnedWriter,
    ways=(
        way("outside_key"),
        Way((Part("outside_key", own_number, BuyerOrder.id),)),
        *ORDERS.ways,
    ),
    rules=(
        find_other_keys,
        find_changed_owner,
        early_days(*DAYS, spared=True),
        find_wrong_totals,
        keep_our_keys,
        keep_identity("number"),
    ),
    brings=(BRINGS_BUYERS, BRINGS_GOODS),
    reader=READER,
)


def order_in_1c(attribute: Any) -> ReferenceField:
    """The order that a shipment or a payment is of, by what 1C or its site know it by; an unknown one is told."""
    plain = order_of(attribute, owner=OWNER)
    ours = Naming(cast(BuyerOrder.id, Text), own_order)
    return dataclasses.replace(plain, namings=(Naming(BuyerOrder.outside_key), ours, *plain.namings), spared=True)


def own_order(key: Any) -> ColumnElement[str]:
    return cast(own_number(key), Text)


def documents_of_1c(
    table: ImportTable, sheet: Holds, *more: Field, identity: Sequence[str], rules: Sequence[Rule]
) -> ImportTable:
    """The usual table of documents, with what a file of 1C says besides; its order may be one that is not known."""
    fields = [key_of(table.model), *(each for each in table.fields if each.name != "order")]
    fields += [order_in_1c(table.model.order_id), *OF_BUYER, *more]
    return dataclasses.replace(
        table,
        slug=f"{READER}-{sheet}",
        fields=tuple(fields),
        ways=(way("outside_key"), *table.ways),
        rules=(find_other_keys, *table.rules, *rules, keep_identity(*identity)),
        brings=(BRINGS_BUYERS, BRINGS_GOODS) if table.line else (BRINGS_BUYERS,),
        reader=READER,
    )


SHIPMENTS_OF_1C = documents_of_1c(
    dataclasses.replace(SHIPMENTS, writer=ShippedWriter),
    Holds.SHIPMENTS,
    *OF_GOODS,
    of(Shipment.amount, name="said_amount", default=None, aside=as_it_is(Shipment.amount)),
    identity=("number",),
    rules=(find_wrong_totals,),
)
PAYMENTS_OF_1C = documents_of_1c(PAYMENTS, Holds.PAYMENTS, identity=("number", "date"), rules=(find_changed_owner,))
COMMERCEML = ImportTable(
    READER,
    _l("CommerceML (1C)"),
    ITEMS.section,
    Item,
    (),
    writer=RowWriter,
    reader=READER,
    parts={
        Holds.ITEMS: GOODS,
        Holds.PRICES: OFFERS,
        Holds.ORDERS: DOCUMENTS,
        Holds.SHIPMENTS: SHIPMENTS_OF_1C,
        Holds.PAYMENTS: PAYMENTS_OF_1C,
    },
    endings=("xml",),
)
