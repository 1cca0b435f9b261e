"""One box over the whole base: whatever a text may mean is found by one statement, however many tables there are.

`found` asks for beginnings, numbers and addresses; where it finds little `found_inside` asks for the middle of words,
and `found_misspelt` for words with one slip.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from app.domain import phones
from app.domain.own_fields import Owner
from app.domain.spelling import mistyped, slips, transliterated
from app.models.base import middle_of
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty, CounterpartyName
from app.models.letters import Letter
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.own_fields import OwnField
from app.models.products import Item
from app.models.supply import Receipt, SupplierOrder, SupplierPayment
from app.models.users import User
from app.queries import own_fields, search
from app.queries.counterparties.phones import ENOUGH, LOCAL, phone_ends
from app.queries.firsts import seems_common
from app.queries.mail.letters import letter_matches
from app.queries.sql import literal_number, literal_text, user_name

MOST_LOOKED_AT = 200  # rows of one table: of a common word any of them will do
MOST_MET = 2_000  # rows that are tried before an index is asked for all that have a word
THREE = 3  # letters: what the index of middles keeps
MOST_WORDS, MOST_LETTERS = 3, 16  # that may hide a slip
WHOLE = frozenset((10, 12, 13, 15))  # digits of an INN and an OGRN

DOCUMENTS: dict[str, type[Any]] = {
    "Orders": BuyerOrder,
    "Shipments": Shipment,
    "Payments": Payment,
    "Supplier orders": SupplierOrder,
    "Receipts": Receipt,
    "Supplier payments": SupplierPayment,
}
# What people call documents before the number, by the beginning of the word.
CALLED = {
    "заказ": ("Orders", "Supplier orders"), "order": ("Orders", "Supplier orders"), "отгруз": ("Shipments",),
    "shipment": ("Shipments",), "накладн": ("Shipments", "Receipts"), "оплат": ("Payments", "Supplier payments"),
    "плат": ("Payments", "Supplier payments"), "payment": ("Payments", "Supplier payments"),
    "поступлен": ("Receipts",), "приход": ("Receipts",), "receipt": ("Receipts",),
}  # fmt: skip
Some = Callable[[Any, ColumnElement[bool]], Select[int]]  # the numbers of some rows of a model that meet a condition
BEFORE_NUMBER = re.compile(r"([^\W\d_]+)[\s№#.\-]*(\d[\w\-/]*)")


class Rank(IntEnum):
    """How sure it is that this was meant, the surest first."""

    SAME = 0  # a requisite, a code, a number or an address, whole
    START = 1  # the name begins so
    WORD = 2
    TAIL = 3  # the end of a document's number, the beginning of an INN
    ALSO = 4
    OWN = 5  # a word of an own field
    INSIDE = 6
    MISSPELT = 7


def found(
    text: str, sections: Collection[str], own: Mapping[Owner, Sequence[OwnField]], limit: int, *, of_all: bool
) -> Select | None:
    """`section, id, facts, rank` of what the text names in these sections, at most so many of a kind.

    None: a text that can name nothing. `own` are the fields of words that the viewer sees; `of_all`: he sees all rows.
    """
    some = _some_named if of_all else _some_of
    parts: list[Select] = []
    has_letters, has_digits = any(c.isalpha() for c in text), any(c.isdecimal() for c in text)
    if "Contact information" in sections:
        parts += _ways(text, limit)
    if not search.is_email(text):
        if "Counterparties" in sections:
            parts += _counterparties(text, limit, some)
        if "Contact persons" in sections and has_letters:
            named = search.named(ContactPerson.words, text)
            parts.append(_persons(_called(ContactPerson, named, text, limit, some), Rank.WORD, limit, text))
        if "Contacts" in sections:
            parts.append(_prospects(text, limit))
        if "Items" in sections:
            rank = Rank.WORD if has_letters else Rank.ALSO
            named = search.item_matches(text)
            parts.append(_items(_called(Item, named, text, limit, _some_of), rank, limit, text))
        if has_digits:
            parts += _documents(text, sections, limit)
    if "Letters" in sections and has_letters:
        parts.append(_letters(letter_matches(text), Rank.ALSO, limit))
    parts += _own(text, sections, own, limit)
    return _all(parts)


def found_inside(text: str, sections: Collection[str], limit: int) -> Select | None:
    """The same of names that have the words typed anywhere in them."""
    conditions = {model: _inside(text, model) for model in MIDDLES}
    return _all(list(_names(conditions, sections, Rank.INSIDE, limit)))


def found_misspelt(text: str, sections: Collection[str], limit: int) -> Select | None:
    """The same of names that have the words typed but for one slip."""
    conditions = {model: _misspelt(text, model) for model in MIDDLES}
    return _all(list(_names(conditions, sections, Rank.MISSPELT, limit)))


def by_keys(keys: Mapping[str, Collection[int]]) -> Select | None:
    """The same of these rows: section -> their numbers."""
    makers = {
        "Counterparties": _clients,
        "Contact persons": _persons,
        "Items": _items,
        "Contacts": _contacts,
        "Letters": _letters,
    }
    parts = []
    for section, ids in keys.items():
        model: Any = DOCUMENTS.get(section) or MODELS[section]
        condition = model.id.in_(sorted(ids))
        if section in DOCUMENTS:
            parts.append(_numbered(section, Rank.SAME, condition, (model.id,), len(ids)))
        else:
            parts.append(makers[section](condition, Rank.SAME, len(ids)))
    return _all(parts)


MODELS = {
    "Counterparties": Counterparty,
    "Contact persons": ContactPerson,
    "Items": Item,
    "Contacts": Contact,
    "Letters": Letter,
}
MIDDLES = {Counterparty: "name_key", ContactPerson: "name_sort", Item: "name_sort"}


def _all(parts: list[Select]) -> Select | None:
    if not parts:
        return None
    return select(union_all(*parts).subquery("found"))


def _row(section: str, key: Any, **facts: Any) -> Select:
    """Each row of the section with what is told of it; a maker of such is asked once."""
    told = func.jsonb_build_object(*(part for name, value in facts.items() for part in (literal_text(name), value)))
    return select(literal(section).label("section"), key.label("id"), told.label("facts"))


def _ranked(row: Select, rank: Any, condition: ColumnElement[bool], order: Sequence[Any], limit: int) -> Select:
    ranked = literal_number(rank) if isinstance(rank, Rank) else rank
    return row.add_columns(ranked.label("rank")).where(condition).order_by(*order).limit(limit)


def _of(model: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    some: ColumnElement[bool] = model.id.in_(_some_of(model, condition))
    return some


def _some_of(model: Any, condition: ColumnElement[bool]) -> Select[int]:
    """Some rows of many. The fence of OFFSET 0 keeps the planner from hoping to meet them on a walk over the table."""
    every = select(model.id).where(condition).offset(literal_number(0)).subquery()
    return select(every.c.id).limit(literal_number(MOST_LOOKED_AT))


def _some_named(model: Any, condition: ColumnElement[bool]) -> Select[int]:
    """The same of a word, which many rows may have: of a common one the oldest come before those of an index."""
    met = select(model.id, condition.label("ok")).order_by(model.id).limit(literal_number(MOST_MET)).subquery()
    every = select(model.id).where(condition).offset(literal_number(0)).subquery()
    first = select(met.c.id).where(met.c.ok, seems_common(condition, MOST_LOOKED_AT, MOST_MET))
    either = union_all(first, select(every.c.id)).subquery()
    return select(either.c.id).limit(literal_number(MOST_LOOKED_AT))


def _called(model: Any, condition: ColumnElement[bool], text: str, limit: int, some: Some) -> ColumnElement[bool]:
    """Some rows, and of all whose names begin with the text the first ones."""
    begin = select(model.id).where(condition, _begins(model.name_sort, text))
    first = begin.order_by(model.name_sort, model.id).limit(literal_number(limit))
    called: ColumnElement[bool] = model.id.in_(union_all(first, some(model, condition)))
    return called


def _begins(name: Any, text: str) -> Any:
    whole = " ".join(text.lower().replace("ё", "е").split())
    return name.like(literal_text(search.like_prefix(whole)))


def _first(name: Any, rank: Rank, text: str) -> Any:
    """The rank of a name, better where it begins with the text."""
    if rank is not Rank.WORD or not text:
        return rank
    return case((_begins(name, text), literal_number(Rank.START)), else_=literal_number(rank))


def _clients(condition: ColumnElement[bool], rank: Rank, limit: int, order: Any = Counterparty.name_sort) -> Select:
    return _ranked(_every_client(), rank, condition, (order, Counterparty.id), limit)


@cache
def _every_client() -> Select:
    row = _row(
        "Counterparties", Counterparty.id, name=Counterparty.name, code=Counterparty.code, inn=Counterparty.inn,
        manager=user_name(User),
    )  # fmt: skip
    return row.outerjoin(User, User.id == Counterparty.manager_id)


def _counterparties(text: str, limit: int, some: Some) -> Iterator[Select]:
    digits = "".join(text.split())
    is_number = digits.isdecimal()
    requisites = [search.begins(Counterparty.code, text)]
    if is_number:
        requisites += [search.begins(Counterparty.inn, digits), search.begins(Counterparty.ogrn, digits)]
        if len(digits) == search.KPP_LENGTH:
            requisites.append(Counterparty.kpp == literal_text(digits))
    is_whole = not is_number or len(digits) in WHOLE or len(digits) == search.KPP_LENGTH
    rank = Rank.SAME if is_whole else Rank.TAIL if len(digits) >= LOCAL else Rank.ALSO
    yield _clients(_of(Counterparty, or_(*requisites)), rank, limit)
    if words := search.words_of_firm(text):
        begins = Counterparty.name_key.like(literal_text(search.like_prefix(" ".join(words))))
        in_order: Any = literal_column("counterparty.name_key USING ~<~")  # as the index of patterns is sorted
        yield _clients(begins, Rank.ALSO if is_number else Rank.START, limit, in_order)
    named = search.named(Counterparty.words, text, search.words_of_firm)
    yield _clients(Counterparty.id.in_(some(Counterparty, named)), Rank.ALSO if is_number else Rank.WORD, limit)


def _persons(condition: ColumnElement[bool], rank: Rank, limit: int, text: str = "") -> Select:
    order: Sequence[Any] = literal_column("rank"), ContactPerson.name_sort, ContactPerson.id
    return _ranked(_every_person(), _first(ContactPerson.name_sort, rank, text), condition, order, limit)


@cache
def _every_person() -> Select:
    person = ContactPerson
    name = func.concat_ws(" ", person.last_name, _filled(person.first_name), _filled(person.middle_name))
    row = _row("Contact persons", person.id, name=name, position=person.position, whose=CounterpartyName.name)
    return row.join(CounterpartyName, CounterpartyName.id == person.counterparty_id)


def _items(condition: ColumnElement[bool], rank: Rank, limit: int, text: str = "") -> Select:
    order: Sequence[Any] = literal_column("rank"), Item.name_sort, Item.id
    return _ranked(_every_item(), _first(Item.name_sort, rank, text), condition, order, limit)


@cache
def _every_item() -> Select:
    return _row("Items", Item.id, name=Item.name, code=Item.code, price=cast(Item.price, Text))


def _contacts(condition: ColumnElement[bool], rank: Rank, limit: int) -> Select:
    """The latest first."""
    return _ranked(_every_contact(), rank, condition, (Contact.starts_at.desc(), Contact.id.desc()), limit)


@cache
def _every_contact() -> Select:
    """With clients and with those who are none yet."""
    row = _row(
        "Contacts", Contact.id, name=func.coalesce(_filled(Contact.prospect), CounterpartyName.name),
        subject=Contact.subject, person=Contact.prospect_person, phone=Contact.prospect_phone, at=Contact.starts_at,
    )  # fmt: skip
    return row.outerjoin(CounterpartyName, CounterpartyName.id == Contact.counterparty_id)


def _letters(condition: ColumnElement[bool], rank: Rank, limit: int) -> Select:
    """The latest first."""
    letter = Letter.__table__.c
    seen = letter.id.in_(_some_of(Letter, condition))
    return _ranked(_every_letter(), rank, seen, (letter.at.desc(), letter.id.desc()), limit)


@cache
def _every_letter() -> Select:
    """Of the table itself: the rules of the viewer, which are long, are asked where some letters are found."""
    letter = Letter.__table__.c
    return _row("Letters", letter.id, name=letter.subject, sender=letter.sender, at=letter.at)


def _filled(column: Any) -> Any:
    return func.nullif(column, literal("", literal_execute=True))


def _prospects(text: str, limit: int) -> Select:
    words = search.named(Contact.prospect_words, text, search.words_of_firm)
    by_name = (Contact.prospect != literal("", literal_execute=True)) & words
    known = or_(by_name, phone_ends(text, Contact.prospect_tail)) & Contact.counterparty_id.is_(None)
    rank = Rank.WORD if any(c.isalpha() for c in text) else Rank.ALSO
    return _contacts(_of(Contact, known), rank, limit)


def _ways(text: str, limit: int) -> Iterator[Select]:
    """Phones by their last digits, addresses by their beginning, each with whose it is."""
    number, _extension = phones.split(text)
    digits = phones.search_tail(text)
    if not any(c.isalpha() for c in number) and len(digits) >= ENOUGH:
        rank = Rank.SAME if len(digits) >= LOCAL else Rank.ALSO
        yield _way(phone_ends(text), rank, func.length(ContactInfo.phone_tail), limit)
    if search.is_address(text):
        rank = Rank.SAME if search.is_email(text) else Rank.ALSO
        yield _way(search.email_begins(text), rank, func.lower(ContactInfo.value), limit)


def _way(condition: ColumnElement[bool], rank: Rank, order: Any, limit: int) -> Select:
    return _ranked(_every_way(), rank, _of(ContactInfo, condition), (order, ContactInfo.id), limit)


@cache
def _every_way() -> Select:
    info, person, whose = ContactInfo, aliased(ContactPerson), CounterpartyName
    row = _row(
        "Contact information", info.id, name=info.value, phone=info.phone, extension=info.extension,
        is_phone=info.phone_tail != literal_text(""), whose=whose.name, counterparty=info.counterparty_id,
        person=info.person_id, who=func.concat_ws(" ", person.last_name, _filled(person.first_name)),
    )  # fmt: skip
    return row.join(whose, whose.id == info.counterparty_id).outerjoin(person, person.id == info.person_id)


@dataclass(frozen=True)
class _Number:
    """A number as it was typed: in what sections it may be, whole, its letters and the rest."""

    sections: Collection[str]
    whole: str
    letters: str
    rest: str


def _numbers(text: str) -> Iterator[_Number]:
    """What stands before the digits says what document it is, or begins its number; in either layout."""
    for typed in filter(None, (text.strip(), mistyped(text.strip(), fewest=1))):
        told = BEFORE_NUMBER.fullmatch(typed)
        stem = next((stem for stem in CALLED if told and told[1].lower().startswith(stem)), "")
        if told and stem:
            yield _Number(CALLED[stem], told[2], "", told[2])
        else:
            yield _Number(DOCUMENTS, typed, told[1] if told else "", told[2] if told else typed)


def _documents(text: str, sections: Collection[str], limit: int) -> Iterator[Select]:
    """By the beginning of the number and by its end."""
    for section, document in DOCUMENTS.items():
        numbers = [each for each in _numbers(text) if section in sections and section in each.sections]
        if not numbers:
            continue
        is_told = any(each.letters or each.sections is not DOCUMENTS for each in numbers)
        rank = Rank.SAME if is_told else Rank.TAIL
        begins = [search.begins(document.number, each.whole) for each in numbers]
        yield _numbered(section, rank, or_(*begins), (document.number,), limit)
        ends = [search.ends(document.number, each.rest) & _lettered(document.number, each.letters) for each in numbers]
        yield _numbered(section, rank, or_(*ends), (document.date.desc(), document.id), limit)


def _lettered(number: Any, letters: str) -> ColumnElement[bool]:
    return search.begins(number, letters) if letters else true()


def _numbered(section: str, rank: Rank, condition: ColumnElement[bool], order: Sequence[Any], limit: int) -> Select:
    return _ranked(_every_document(section), rank, condition, order, limit)


@cache
def _every_document(section: str) -> Select:
    document = DOCUMENTS[section]
    row = _row(
        section, document.id, name=document.number, on=document.date, amount=cast(document.amount, Text),
        whose=CounterpartyName.name,
    )  # fmt: skip
    return row.join(CounterpartyName, CounterpartyName.id == document.counterparty_id)


OWNERS = {"Counterparties": Owner.COUNTERPARTY, "Contact persons": Owner.PERSON, "Items": Owner.ITEM,
          "Orders": Owner.ORDER, "Contacts": Owner.CONTACT}  # fmt: skip


def _own(text: str, sections: Collection[str], own: Mapping[Owner, Sequence[OwnField]], limit: int) -> Iterator[Select]:
    for section, owner in OWNERS.items():
        if section not in sections or not own.get(owner):
            continue
        model: Any = own_fields.MODELS[owner]
        some = _of(model, own_fields.words(model, text, *own[owner]))
        match section:
            case "Orders":
                yield _numbered(section, Rank.OWN, some, (BuyerOrder.date.desc(), BuyerOrder.id), limit)
            case "Contacts":
                yield _contacts(some, Rank.OWN, limit)
            case "Counterparties":
                yield _clients(some, Rank.OWN, limit)
            case "Contact persons":
                yield _persons(some, Rank.OWN, limit)
            case "Items":
                yield _items(some, Rank.OWN, limit)


def _names(
    conditions: Mapping[Any, ColumnElement[bool] | None], sections: Collection[str], rank: Rank, limit: int
) -> Iterator[Select]:
    makers = {"Counterparties": _clients, "Contact persons": _persons, "Items": _items}
    for section, make in makers.items():
        model: Any = MODELS[section]
        condition = conditions[model]
        if section in sections and condition is not None:
            yield make(condition, rank, limit)


def _words(text: str, model: Any) -> list[str]:
    return search.words_of_firm(text) if model is Counterparty else search.words_of(text)


def _inside(text: str, model: Any) -> ColumnElement[bool] | None:
    column = getattr(model, MIDDLES[model])
    kept: Any = literal_column(middle_of(f"{model.__tablename__}.{MIDDLES[model]}"))
    ways = []
    for spelling in search.spellings(text):
        words = _words(spelling, model)
        middles = dict.fromkeys(word[at : at + THREE] for word in words for at in range(len(word) - THREE + 1))
        if middles:
            has_all = kept.op("@>", is_comparison=True)(func.string_to_array(literal_text("|".join(middles)), "|"))
            ways.append(and_(has_all, *(column.like(literal_text(f"%{word}%")) for word in words)))
    return _of(model, or_(*ways)) if ways else None


def _misspelt(text: str, model: Any) -> ColumnElement[bool] | None:
    asked = []
    for spelling in (text, *(transliterated(text)[:1] if text.isascii() else ())):
        words = [word for word in _words(spelling, model) if len(word) <= MOST_LETTERS][:MOST_WORDS]
        for at, word in enumerate(words):
            beside = words[:at] + words[at + 1 :]
            asked += [":* & ".join([each, *beside]) + ":*" for each in dict.fromkeys(slips(word))]
    if not asked:
        return None
    # Each way is asked by itself: most of the hundreds are no words at all, and the index says so at once.
    ways = (
        func.unnest(func.string_to_array(literal_text(";".join(asked)), ";"))
        .table_valued("way")
        .render_derived()
        .lateral()
    )
    one = select(model.id).where(model.words.op("@@")(func.to_tsquery("simple", ways.c.way))).lateral()
    known = select(one.c.id).select_from(ways).join(one, true()).limit(literal_number(MOST_LOOKED_AT))
    return model.id.in_(known)  # type: ignore[no-any-return]
