"""What is to be asked of a client who comes: how he learned about us, and by which campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.words import ContactState, Direction
from app.models.contacts import Campaign, Contact
from app.models.counterparties import Counterparty, InformationSource
from app.models.histories import SourceRecord
from app.queries.contacts.campaigns import running_with
from app.services.remarks import Remark


@dataclass(frozen=True)
class KnownSource:
    """A source registered on a day; it counts for so many days, for none when they are 0."""

    name: str
    on: date
    valid_days: int

    @property
    def until(self) -> date:
        """At whose midnight it expires."""
        return self.on + timedelta(days=self.valid_days)

    def is_valid(self, day: date) -> bool:
        """At any hour of the day: at the midnight of `until` it is over."""
        return day < self.until


def remarks(
    session: Session, counterparty_id: int, day: date, *, own: int | None, source_id: int | None
) -> list[Remark]:
    """Of an incoming contact with a buyer: whether his source is known, valid, or to be asked for."""
    client = session.get(Counterparty, counterparty_id)
    if client is None or not client.is_buyer:
        return []
    known = known_on(session, client.id, day)
    if known is not None and known.is_valid(day):
        if source_id is None:
            return []
        told = _("“%(name)s” still counts, until %(until)s: a source typed here takes its place.", **_words(known))
    elif source_id is not None:
        return []
    elif known is not None:
        told = _("“%(name)s” of %(on)s has expired on %(until)s: ask how he learned about us.", **_words(known))
    elif session.scalar(_came_before(client.id, own)):
        told = _("He comes again, and nobody has asked how he learned about us.")
    else:
        told = _("His first contact: ask how he learned about us.")
    return [Remark("source", told)]


def known_on(session: Session, counterparty_id: int, day: date) -> KnownSource | None:
    """The source that was registered last by the day."""
    record = SourceRecord
    row = session.execute(
        select(InformationSource.name, record.on, InformationSource.valid_days)
        .join(InformationSource, InformationSource.id == record.source_id)
        .where(record.counterparty_id == counterparty_id, record.on <= day)
        .order_by(record.on.desc())
        .limit(1)
    ).one_or_none()
    return KnownSource(*row) if row else None


def offers(session: Session, source_id: int, day: date, campaign_id: int | None) -> list[Remark]:
    """The campaigns that use the source on the day, unless one of them is named already."""
    running = session.scalars(running_with(source_id, day)).all()
    if campaign_id in {campaign.id for campaign in running}:
        return []
    told = _("With this source that day: %(name)s.")
    return [Remark("campaign", told % {"name": each.name}, (Campaign, each.id)) for each in running]


def campaign_of(session: Session, source_id: int | None, day: date) -> Campaign | None:
    """The campaign that brings whoever names the source on the day; None where none or several do."""
    running = session.scalars(running_with(source_id, day)).all() if source_id else []
    return running[0] if len(running) == 1 else None


def _came_before(counterparty_id: int, own: int | None) -> Select[int]:
    theirs = (Contact.counterparty_id == counterparty_id, Contact.direction == Direction.IN)
    came = (*theirs, Contact.state == ContactState.DONE, Contact.id.is_distinct_from(own))
    return select(Contact.id).where(*came).limit(1)


def _words(known: KnownSource) -> dict[str, str]:
    on, until = (format_date(day, "dd.MM.yyyy") for day in (known.on, known.until))
    return {"name": known.name, "on": on, "until": until}
