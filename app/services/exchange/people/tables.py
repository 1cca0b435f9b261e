"""Address books as import tables: one line is a person, and the organisation that he is of comes along."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, delete, distinct, func, select, true, update

from app.domain.formats.people import FAX, HOME, NAMES
from app.domain.words import InfoType
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.services.exchange import rules
from app.services.exchange.fields import BroughtField, Field, ValueField, info, of
from app.services.exchange.matching import is_asked, reaches, ways_of
from app.services.exchange.report import ImportReport
from app.services.exchange.saving import RowWriter
from app.services.exchange.staging import Brings, ImportTable, Staging
from app.services.exchange.tables import COUNTERPARTIES, PERSONS, counterparty_of

# What the catalogue of kinds is called where it came with the product.
MOBILE, FACSIMILE = "Мобильный телефон", "Факс"


def drop_organisations(staging: Staging, _report: ImportReport) -> None:
    """A card without a person says only how its organisation is reached: it comes along, no person does."""
    heads = staging.heads
    staging.run(delete(heads).where(heads.c.last_name.is_(None)))


def know_by_ways(rows: Staging, _report: ImportReport) -> None:
    """Somebody without an organisation is the client whom his phone or e-mail belongs to, if it is but one."""
    if "kind" not in rows.present or is_asked(rows):
        return
    heads = rows.heads
    way = ways_of(heads.c.said["infos"])
    fitting = (
        select(heads.c.line, func.min(ContactInfo.counterparty_id).label("target"))
        .select_from(heads)
        .join(way, true())
        .join(ContactInfo, reaches(way))
        .join(Counterparty, Counterparty.id == ContactInfo.counterparty_id)
        .where(heads.c.target_id < 0, heads.c.kind.is_not(None), rows.seen(Counterparty))
        .group_by(heads.c.line)
        .having(func.count(distinct(ContactInfo.counterparty_id)) == 1)
        .subquery()
    )
    known = {"target_id": fitting.c.target, "is_new": False}
    # Lines that were joined to this one follow it.
    theirs = case((heads.c.target_id < 0, -heads.c.target_id), else_=0) == fitting.c.line
    rows.run(update(heads).where(theirs).values(known))


def of_client(field: str, caption: Any, *headers: str) -> BroughtField:
    into = next(each for each in COUNTERPARTIES.fields if each.name == field)
    return BroughtField(name=f"counterparty_{field}", caption=caption, headers=headers, of="counterparty", into=into)


def plain(name: str) -> Field:
    """A field of persons, which a card may go without."""
    field = PERSONS.field(name)
    assert isinstance(field, ValueField)
    return dataclasses.replace(field, required=False)


OWNERS = dataclasses.replace(
    COUNTERPARTIES,
    rules=(know_by_ways, *COUNTERPARTIES.rules),
    criteria=("name", "full_name", "inn", "email"),
)
VCARD = ImportTable(
    "vcard",
    _l("vCard"),
    PERSONS.section,
    ContactPerson,
    (
        counterparty_of(ContactPerson.counterparty_id),
        *(plain(name) for name in NAMES),
        *(plain(name) for name in ("position", "role", "birthday", "comment")),
        info("phone", InfoType.PHONE, _l("Phone")),
        info("phone_cell", InfoType.PHONE, _l("Mobile phone"), called=MOBILE),
        info("phone_home", InfoType.PHONE, _l("Home phone"), remark=HOME),
        info("phone_fax", InfoType.PHONE, _l("Fax"), called=FACSIMILE, remark=FAX),
        info("email", InfoType.EMAIL, _l("E-mail")),
        info("email_home", InfoType.EMAIL, _l("Home e-mail"), remark=HOME),
        info("address", InfoType.ADDRESS, _l("Address")),
        info("address_home", InfoType.ADDRESS, _l("Home address"), remark=HOME),
        info("website", InfoType.WEB, _l("Web page")),
        of(ContactPerson.card),
        of_client("name", _l("Name of the counterparty")),
        of_client("inn", _l("INN of the counterparty"), "ИНН"),
        of_client("kind", _l("Kind of the counterparty")),
        of_client("phone", _l("Phone of the counterparty")),
        of_client("email", _l("E-mail of the counterparty")),
        of_client("address", _l("Address of the counterparty")),
        of_client("website", _l("Web page of the counterparty")),
    ),
    writer=RowWriter,
    in_order=PERSONS.in_order,
    criteria=PERSONS.criteria,
    rules=(drop_organisations, rules.spare_namesakes),
    brings=(Brings("counterparty", OWNERS),),
    reader="address-book",
    endings=("vcf",),
)
OUTLOOK = dataclasses.replace(VCARD, slug="outlook-csv", caption=_l("Outlook contacts"), endings=("csv",))
