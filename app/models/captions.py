"""What people read for the values of closed lists."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.domain.words import (
    AbcClass,
    ContactKind,
    ContactState,
    CounterpartyKind,
    Direction,
    Importance,
    InfoType,
    JobState,
    Measure,
    MovementKind,
)

# By type and value: members of different StrEnums with one value are equal.
CAPTIONS: dict[tuple[type[StrEnum], str], LazyString] = {
    (CounterpartyKind, CounterpartyKind.COMPANY): _l("Company"),
    (CounterpartyKind, CounterpartyKind.PERSON): _l("Private person"),
    (InfoType, InfoType.ADDRESS): _l("Address"),
    (InfoType, InfoType.PHONE): _l("Phone"),
    (InfoType, InfoType.EMAIL): _l("E-mail"),
    (InfoType, InfoType.WEB): _l("Web page"),
    (InfoType, InfoType.OTHER): _l("Other"),
    (ContactKind, ContactKind.CALL): _l("Phone call"),
    (ContactKind, ContactKind.MEETING): _l("Meeting"),
    (ContactKind, ContactKind.EMAIL): _l("E-mail letter"),
    (ContactKind, ContactKind.LETTER): _l("Postal letter"),
    (ContactKind, ContactKind.OTHER): _l("Other contact"),
    (Direction, Direction.IN): _l("Incoming"),
    (Direction, Direction.OUT): _l("Outgoing"),
    (ContactState, ContactState.PLANNED): _l("Planned"),
    (ContactState, ContactState.DONE): _l("Done"),
    (ContactState, ContactState.CANCELLED): _l("Cancelled"),
    (Importance, Importance.HIGH): _l("High"),
    (Importance, Importance.NORMAL): _l("Normal"),
    (Importance, Importance.LOW): _l("Low"),
    (MovementKind, MovementKind.SHIPMENT): _l("Shipment"),
    (MovementKind, MovementKind.RETURN): _l("Return"),
    (AbcClass, AbcClass.A): _l("A class"),
    (AbcClass, AbcClass.B): _l("B class"),
    (AbcClass, AbcClass.C): _l("C class"),
    (Measure, Measure.REVENUE): _l("Revenue"),
    (Measure, Measure.PROFIT): _l("Gross profit"),
    (JobState, JobState.QUEUED): _l("Waiting"),
    (JobState, JobState.RUNNING): _l("Running"),
    (JobState, JobState.DONE): _l("Finished"),
    (JobState, JobState.FAILED): _l("Failed"),
}


def caption(value: StrEnum) -> str:
    """The caption in the reader's language."""
    return str(CAPTIONS[type(value), value])
