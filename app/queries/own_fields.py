"""Rows by the values of their own fields; each condition is answered by an index, see app.models.own_fields."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Select, Text, and_, cast, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from app.domain.own_fields import Kept, Owner, OwnKind
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty
from app.models.orders import BuyerOrder
from app.models.own_fields import OWN_WORDS, OwnField, Owning
from app.models.products import Item
from app.queries.search import named
from app.queries.sql import literal_text

MODELS: dict[Owner, type[Any]] = {
    Owner.COUNTERPARTY: Counterparty,
    Owner.PERSON: ContactPerson,
    Owner.ITEM: Item,
    Owner.ORDER: BuyerOrder,
    Owner.CONTACT: Contact,
}
OWNERS = {model: owner for owner, model in MODELS.items()}


def fields_of(owner: Owner) -> Select[OwnField]:
    """The own fields of a table, as they stand in its form."""
    return select(OwnField).where(OwnField.owner == owner).order_by(OwnField.position, OwnField.id)


def told_fields() -> Select[OwnField]:
    """Those whose day comes each year for a client."""
    return select(OwnField).where(OwnField.told_days.is_not(None)).order_by(OwnField.id)


def value(model: type[Owning], field: OwnField) -> ColumnElement[Any]:
    """The value as SQL compares and sorts it: text, or a number."""
    text = model.own.op("->>", return_type=Text())(literal_column(f"'{field.key}'"))  # a key has Latin letters only
    return cast(text, Numeric) if field.kind in {OwnKind.NUMBER, OwnKind.MONEY} else text


def has(model: type[Owning], field: OwnField) -> ColumnElement[bool]:
    """The row has a value; said as the partial index of the field says it."""
    return model.own.op("?", is_comparison=True)(literal_column(f"'{field.key}'"))


def equal(model: type[Owning], field: OwnField, kept: Kept) -> ColumnElement[bool]:
    """The value is this one; of several words one of them."""
    wanted = [kept] if field.kind is OwnKind.CHOICES and isinstance(kept, str) else kept
    return model.own.contains(cast({field.key: wanted}, JSONB))


def between(
    model: type[Owning], field: OwnField, least: Decimal | date | None, most: Decimal | date | None
) -> ColumnElement[bool]:
    """A number, a sum or a day within bounds, each of which may be absent; both belong to it."""
    column = value(model, field)
    bounds = [has(model, field)]
    if least is not None:
        bounds.append(column >= _bound(least))
    if most is not None:
        bounds.append(column <= _bound(most))
    return and_(*bounds)


def words(model: type[Owning], text: str, *fields: OwnField) -> ColumnElement[bool]:
    """Every word typed begins some word of one of the fields; of any field where none is named."""
    everywhere = named(literal_column(OWN_WORDS.format(f"{model.__table__.name}.own")), text)  # type: ignore[attr-defined]
    return everywhere & or_(*(field_words(model, text, field) for field in fields)) if fields else everywhere


def field_words(row: Any, text: str, field: OwnField) -> ColumnElement[bool]:
    """The same of one field, of a model or an alias; no index answers it."""
    return named(func.to_tsvector("simple", func.replace(value(row, field), "ё", "е")), text)


def joined_words(row: Any, field: OwnField, between: str) -> ColumnElement[str]:
    """The words of a field that holds several, of a model or an alias, in one text; NULL where there are none."""
    kept = row.own.op("->", return_type=JSONB())(literal_column(f"'{field.key}'"))
    word = func.jsonb_array_elements_text(kept).column_valued("word")
    return select(func.string_agg(word, between)).correlate(row).scalar_subquery()


def _bound(bound: Decimal | date) -> Any:
    return literal_text(bound.isoformat()) if isinstance(bound, date) else bound
