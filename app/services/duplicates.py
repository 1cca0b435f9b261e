"""A counterparty or a person that may be there already: whoever types is told.

Branches share an INN and people share a name: only the eye tells them from
duplicates. For the same INN and KPP a reason is asked, and kept. Of a client
that the viewer may not see he is told the manager alone, and that not of a
name, so that nobody learns the clients of others by guessing.
"""

from __future__ import annotations

from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from app.domain import ways
from app.domain.likeness import FIELDS, Likeness
from app.domain.words import InfoType
from app.errors import Refused
from app.models.counterparties import ContactPerson, Counterparty
from app.models.visibility import viewer_of
from app.queries import resemblance
from app.services.remarks import Remark

KNOWN: dict[str, LazyString] = {
    "inn": _l("This INN is already there: %(who)s"),
    "name": _l("This name is already there: %(who)s"),
    "phone": _l("This phone is already there: %(who)s"),
    "email": _l("This e-mail is already there: %(who)s"),
}
WHY = _l("Say why it is another counterparty.")


def remarks(
    session: Session,
    *,
    own: int | None = None,
    inn: str = "",
    kpp: str = "",
    name: str = "",
    phone: str = "",
    email: str = "",
) -> list[Remark]:
    """What the counterparty with these values resembles, and which of them cannot be what they are said to be.

    The same INN and KPP ask. `own` is its number when it is there. Costs one statement.
    """
    told = [*unsound("phone", InfoType.PHONE, phone), *unsound("email", InfoType.EMAIL, email)]
    return told + alike(session, own=own, inn=inn, kpp=kpp, name=name, phone=phone, email=email)


def alike(
    session: Session,
    *,
    own: int | None = None,
    inn: str = "",
    kpp: str = "",
    name: str = "",
    phone: str = "",
    email: str = "",
) -> list[Remark]:
    """The same, without what is said of the values themselves."""
    inn, kpp = "".join(inn.split()), "".join(kpp.split())
    numbers, emails = values_of(InfoType.PHONE, phone), values_of(InfoType.EMAIL, email)
    if not (inn or name.strip() or numbers or emails):
        return []
    typed = resemblance.typed(inn=inn, kpp=kpp, name=name.strip(), numbers=numbers, emails=emails)
    statement = resemblance.like(viewer_of(session), own, typed)
    rows = session.execute(statement.execution_options(unscoped=True))
    found = [remark(row) for row in rows if row.is_seen or row.likeness != Likeness.NAME]
    order = list(KNOWN)
    return sorted(dict.fromkeys(found), key=lambda remark: order.index(remark.field))


def remark(row: Any) -> Remark:
    field, asks = FIELDS[row.likeness], row.likeness == Likeness.TAXPAYER
    if not row.is_seen:
        return Remark(field, of_another(row.manager), asks=asks)
    who = f"{row.person} ({row.name})" if row.person else row.name
    if row.manager:
        who = _("%(who)s, manager %(manager)s", who=who, manager=row.manager)
    card: tuple[type, int] = (ContactPerson, row.person_id) if row.person_id else (Counterparty, row.id)
    return Remark(field, str(KNOWN[field]) % {"who": who}, card, asks)


def of_another(manager: str | None) -> str:
    """What is said of a client that the viewer may not see."""
    return str(_("This is a client of another manager: %(name)s.", name=manager or "—"))


def values_of(kind: InfoType, text: str) -> list[str]:
    return [part.value for part in ways.several(kind, text) if part.sound]


def unsound(field: str, kind: InfoType, text: str) -> list[Remark]:
    """Phones and e-mails of the text that cannot be one."""
    told = {InfoType.PHONE: _l("“%(value)s” is no phone."), InfoType.EMAIL: _l("“%(value)s” is no e-mail address.")}
    bad = [part.value for part in ways.several(kind, text) if not part.sound]
    return [Remark(field, str(told[kind]) % {"value": value[:50]}) for value in bad]


def of_counterparty(session: Session, counterparty: Counterparty) -> list[Remark]:
    """Refused where another one has its INN and KPP and nothing says why; a known row, when it takes them."""
    found = remarks(
        session,
        own=counterparty.id,
        inn=counterparty.inn or "",
        kpp=counterparty.kpp or "",
        name=counterparty.name or "",
    )
    attributes: Any = inspect(counterparty).attrs
    is_new = not inspect(counterparty).persistent
    if is_new or attributes.inn.history.has_changes() or attributes.kpp.history.has_changes():
        for each in found:
            if each.asks and not (counterparty.distinct_reason or "").strip():
                raise Refused(f"{each.text} {WHY}", field=each.field)
    return found


def of_info(session: Session, kind: InfoType, text: str, own: int | None) -> list[Remark]:
    """Of phones or e-mail addresses of the counterparty `own`, at `value`."""
    if kind not in (InfoType.PHONE, InfoType.EMAIL):
        return []
    found = remarks(session, own=own, **{kind.value: text})
    return [Remark("value", each.text, each.row) for each in found]


def of_person(session: Session, person: ContactPerson) -> list[Remark]:
    return namesakes(session, person.counterparty and person.counterparty.id, person.name, person.id)


def namesakes(session: Session, counterparty_id: int | None, name: str, own: int | None) -> list[Remark]:
    """Whoever has the same name at the same counterparty."""
    name = " ".join(name.split())
    if counterparty_id is None or not name:
        return []
    found = session.scalars(resemblance.namesakes(counterparty_id, name, own))
    told = _("This person is already there: %(who)s", who=name)
    return [Remark("last_name", told, (ContactPerson, each.id)) for each in found]
