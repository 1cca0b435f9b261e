"""Closed lists of the business; their captions are in app.models.captions."""

from enum import StrEnum


class CounterpartyKind(StrEnum):
    COMPANY = "company"
    PERSON = "person"


class InfoType(StrEnum):
    """Types of contact information (domain.md 6.1); extension numbers are part of a phone."""

    ADDRESS = "address"
    PHONE = "phone"
    EMAIL = "email"
    WEB = "web"
    OTHER = "other"


class ContactKind(StrEnum):
    CALL = "call"
    MEETING = "meeting"
    EMAIL = "email"
    LETTER = "letter"
    OTHER = "other"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class ContactState(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class Importance(StrEnum):
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class MovementKind(StrEnum):
    """A shipment adds to sales; a return has negative quantities and takes from them."""

    SHIPMENT = "shipment"
    RETURN = "return"


class AbcClass(StrEnum):
    A = "A"
    B = "B"
    C = "C"


class Measure(StrEnum):
    """The parameter of ABC classification, one for the whole company (domain.md 1.1)."""

    REVENUE = "revenue"
    PROFIT = "profit"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
