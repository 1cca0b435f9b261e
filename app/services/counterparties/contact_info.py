"""What is kept beside a phone as it was typed, so that a caller is found by any digits."""

from flask_babel import gettext as _

from app.domain import phones, ways
from app.domain.words import InfoType
from app.errors import Refused
from app.models.counterparties import ContactInfo

COMMENT = 200  # letters


def set_phone(info: ContactInfo) -> None:
    """Fill the normalised number, its tail and the extension from `value`, which stays as typed.

    An extension written in the value wins over the one in its own field; what
    is no phone has none of the three.
    """
    is_phone = info.kind.type is InfoType.PHONE
    phone = phones.parse(info.value) if is_phone else None
    info.phone = phone.e164 if phone else ""
    info.phone_tail = phone.tail if phone else ""
    info.extension = (phone.extension if phone else "") or (info.extension or "" if is_phone else "")


def complete(info: ContactInfo) -> None:
    """Take the counterparty from the person, refuse information of nobody, keep the phone in all its forms."""
    if info.person is not None:
        if info.counterparty is not None and info.counterparty.id != info.person.counterparty_id:
            raise Refused(_("This person belongs to another counterparty."), field="person")
        info.counterparty = info.person.counterparty
    if info.counterparty is None:
        raise Refused(_("Choose a counterparty or a person."), field="counterparty")
    set_phone(info)


def divided(info: ContactInfo) -> list[ContactInfo]:
    """Leave the first of several phones or e-mail addresses in the row; gives rows of the others."""
    first, *others = ways.several(info.kind.type, info.value)
    if not others:
        return []
    rows = []
    for part in others:
        row = ContactInfo(counterparty=info.counterparty, person=info.person, kind=info.kind)
        rows.append(row)
        take(row, part, info.comment)
    info.extension = ""
    take(info, first, info.comment)
    return rows


def take(info: ContactInfo, part: ways.Reached, comment: str | None) -> None:
    info.value, info.comment = part.value, (part.comment or comment or "")[:COMMENT]
    set_phone(info)
