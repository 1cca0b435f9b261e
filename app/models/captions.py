"""What people read for the values of closed lists."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.domain.own_fields import Owner, OwnKind
from app.domain.requisites import Problem
from app.domain.stages import Periodicity, Stage, StageMeasure, Standing, XyzClass
from app.domain.vat import VatRate
from app.domain.words import (
    AbcClass,
    CampaignKind,
    ChangeKind,
    ContactKind,
    ContactState,
    CounterpartyKind,
    DealState,
    Direction,
    DocumentKind,
    FolderRole,
    Happening,
    Importance,
    InfoType,
    JobState,
    LetterFault,
    LetterKind,
    LetterState,
    Measure,
    MovementKind,
    NoticeKind,
    OfferOutcome,
    OrderDate,
    OrderStatus,
    PartyRole,
    PaymentState,
    PriceSource,
    RecipientState,
    Reliability,
    Road,
    ShipmentState,
    Sign,
    SourceKind,
    TaskState,
    WireSecurity,
)
from app.domain.work_plan import Cell

# By type and value: members of different StrEnums with one value are equal.
CAPTIONS: dict[tuple[type[StrEnum], str], LazyString] = {
    (WireSecurity, WireSecurity.TLS): _l("TLS"),
    (WireSecurity, WireSecurity.START): _l("STARTTLS"),
    (WireSecurity, WireSecurity.NONE): _l("No encryption"),
    (FolderRole, FolderRole.INBOX): _l("Inbox"),
    (FolderRole, FolderRole.SENT): _l("Sent folder"),
    (LetterKind, LetterKind.LETTER): _l("Letter"),
    (LetterKind, LetterKind.INVITE): _l("Invitation"),
    (LetterKind, LetterKind.BOUNCE): _l("Undelivered"),
    (LetterKind, LetterKind.RECEIPT): _l("Receipt of reading"),
    (LetterKind, LetterKind.AUTO): _l("Automatic"),
    (LetterFault, LetterFault.UNREADABLE): _l("Could not be read"),
    (LetterFault, LetterFault.CUT): _l("Only the beginning is here"),
    (LetterState, LetterState.RECEIVED): _l("Received"),
    (LetterState, LetterState.WAITING): _l("Going out"),
    (LetterState, LetterState.SENT): _l("Sent"),
    (LetterState, LetterState.DEAD): _l("Not sent"),
    (PartyRole, PartyRole.FROM): _l("From"),
    (PartyRole, PartyRole.TO): _l("To"),
    (PartyRole, PartyRole.CC): _l("Cc"),
    (PartyRole, PartyRole.BCC): _l("Bcc"),
    (PartyRole, PartyRole.ABOUT): _l("Concerns"),
    (RecipientState, RecipientState.WAITING): _l("Going out"),
    (RecipientState, RecipientState.SENT): _l("Accepted"),
    (RecipientState, RecipientState.REFUSED): _l("Refused"),
    (RecipientState, RecipientState.BOUNCED): _l("Came back"),
    (NoticeKind, NoticeKind.BIRTHDAY): _l("Birthdays"),
    (NoticeKind, NoticeKind.OVERDUE): _l("Overdue orders"),
    (NoticeKind, NoticeKind.OVER_LIMIT): _l("Debt beyond the limit"),
    (NoticeKind, NoticeKind.CLASS_FELL): _l("The class of my client fell"),
    (NoticeKind, NoticeKind.STAGE_FELL): _l("The stage of my client fell"),
    (NoticeKind, NoticeKind.PRICE_ROSE): _l("Prices of suppliers rose"),
    (Happening, Happening.START): _l("Start of the contact"),
    (Happening, Happening.SHIP): _l("Planned shipment"),
    (Happening, Happening.PAY): _l("Planned payment"),
    (Happening, Happening.RECEIVE): _l("Planned receipt"),
    (Happening, Happening.DUE): _l("Task is due"),
    (ChangeKind, ChangeKind.INSERT): _l("Added"),
    (ChangeKind, ChangeKind.UPDATE): _l("Changed"),
    (ChangeKind, ChangeKind.DELETE): _l("Deleted"),
    (Road, Road.FORM): _l("Screen"),
    (Road, Road.REST): _l("Program (REST)"),
    (Road, Road.IMPORT): _l("Import"),
    (Road, Road.BULK): _l("Bulk change"),
    (Road, Road.JOB): _l("Background work"),
    (Road, Road.COMMAND): _l("Command line"),
    (Road, Road.MERGE): _l("Merging"),
    (Road, Road.REGISTERING): _l("Registering of a client"),
    (Road, Road.UNDO): _l("Undoing"),
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
    (Owner, Owner.COUNTERPARTY): _l("Counterparties"),
    (Owner, Owner.PERSON): _l("Contact persons"),
    (Owner, Owner.ITEM): _l("Items"),
    (Owner, Owner.ORDER): _l("Buyer orders"),
    (Owner, Owner.CONTACT): _l("Contacts"),
    (OwnKind, OwnKind.TEXT): _l("Text"),
    (OwnKind, OwnKind.NUMBER): _l("Number"),
    (OwnKind, OwnKind.MONEY): _l("Sum of money"),
    (OwnKind, OwnKind.DATE): _l("Date"),
    (OwnKind, OwnKind.FLAG): _l("Yes or no"),
    (OwnKind, OwnKind.CHOICE): _l("One of a list"),
    (OwnKind, OwnKind.CHOICES): _l("Several of a list"),
    (OwnKind, OwnKind.USER): _l("User"),
    (OwnKind, OwnKind.LINK): _l("Link"),
    (Direction, Direction.IN): _l("Incoming"),
    (Direction, Direction.OUT): _l("Outgoing"),
    (ContactState, ContactState.PLANNED): _l("Planned"),
    (ContactState, ContactState.DONE): _l("Done"),
    (ContactState, ContactState.CANCELLED): _l("Cancelled"),
    (TaskState, TaskState.OPEN): _l("To be done"),
    (TaskState, TaskState.DONE): _l("Task done"),
    (TaskState, TaskState.CANCELLED): _l("Task cancelled"),
    (OfferOutcome, OfferOutcome.ACCEPTED): _l("Accepted"),
    (OfferOutcome, OfferOutcome.THINKING): _l("Thinking it over"),
    (OfferOutcome, OfferOutcome.REFUSED): _l("Refused"),
    (OfferOutcome, OfferOutcome.NO_ANSWER): _l("No answer"),
    (SourceKind, SourceKind.PUBLICATION): _l("Publication"),
    (SourceKind, SourceKind.SITE): _l("Site"),
    (SourceKind, SourceKind.EXHIBITION): _l("Exhibition"),
    (SourceKind, SourceKind.REFERRAL): _l("Recommendation"),
    (SourceKind, SourceKind.OTHER): _l("Other source"),
    (CampaignKind, CampaignKind.ADVERTISING): _l("Advertising"),
    (CampaignKind, CampaignKind.CALLS): _l("Calling round"),
    (CampaignKind, CampaignKind.EXHIBITION): _l("Exhibition"),
    (CampaignKind, CampaignKind.MAILING): _l("Mailing"),
    (CampaignKind, CampaignKind.OTHER): _l("Other campaign"),
    (Importance, Importance.HIGH): _l("High"),
    (Importance, Importance.NORMAL): _l("Normal"),
    (Importance, Importance.LOW): _l("Low"),
    (MovementKind, MovementKind.SHIPMENT): _l("Shipment"),
    (MovementKind, MovementKind.RETURN): _l("Return"),
    (OrderDate, OrderDate.SHIPMENT): _l("Shipment"),
    (OrderDate, OrderDate.PAYMENT): _l("Payment"),
    (AbcClass, AbcClass.A): _l("A class"),
    (AbcClass, AbcClass.B): _l("B class"),
    (AbcClass, AbcClass.C): _l("C class"),
    (Measure, Measure.REVENUE): _l("Revenue"),
    (Measure, Measure.PROFIT): _l("Gross profit"),
    (Stage, Stage.POTENTIAL): _l("Potential client"),
    (Stage, Stage.ONE_TIME): _l("One-time client"),
    (Stage, Stage.REGULAR): _l("Regular client"),
    (Stage, Stage.LOST): _l("Lost client"),
    (XyzClass, XyzClass.X): _l("X – stable purchases"),
    (XyzClass, XyzClass.Y): _l("Y – irregular purchases"),
    (XyzClass, XyzClass.Z): _l("Z – episodic purchases"),
    (StageMeasure, StageMeasure.REVENUE): _l("Revenue"),
    (StageMeasure, StageMeasure.PROFIT): _l("Gross profit"),
    (StageMeasure, StageMeasure.SALES): _l("Number of sales"),
    (StageMeasure, StageMeasure.QUANTITY): _l("Quantity of goods sold"),
    (StageMeasure, StageMeasure.INTERVALS): _l("Intervals between shipments"),
    (Periodicity, Periodicity.DAY): _l("Day"),
    (Periodicity, Periodicity.WEEK): _l("Week"),
    (Periodicity, Periodicity.DECADE): _l("Ten-day period"),
    (Periodicity, Periodicity.MONTH): _l("Month"),
    (Periodicity, Periodicity.QUARTER): _l("Quarter"),
    (Periodicity, Periodicity.HALF_YEAR): _l("Half-year"),
    (Periodicity, Periodicity.YEAR): _l("Year"),
    (JobState, JobState.QUEUED): _l("Waiting"),
    (JobState, JobState.RUNNING): _l("Running"),
    (JobState, JobState.DONE): _l("Finished"),
    (JobState, JobState.FAILED): _l("Failed"),
    (ShipmentState, ShipmentState.NONE): _l("Not shipped"),
    (ShipmentState, ShipmentState.PARTLY): _l("Partly shipped"),
    (ShipmentState, ShipmentState.FULL): _l("Shipped in full"),
    (PaymentState, PaymentState.NONE): _l("Not paid"),
    (PaymentState, PaymentState.PARTLY): _l("Partly paid"),
    (PaymentState, PaymentState.FULL): _l("Paid in full"),
    (OrderStatus, OrderStatus.NEW): _l("New order"),
    (OrderStatus, OrderStatus.IN_WORK): _l("In work"),
    (OrderStatus, OrderStatus.PARTLY): _l("Partly shipped or paid"),
    (OrderStatus, OrderStatus.DONE): _l("Order done"),
    (OrderStatus, OrderStatus.CLOSED): _l("Order closed"),
    (DealState, DealState.COMING): _l("Deal is coming"),
    (DealState, DealState.ORDERED): _l("Became an order"),
    (DealState, DealState.GIVEN_UP): _l("Given up"),
    (DocumentKind, DocumentKind.ORDER): _l("Buyer order"),
    (DocumentKind, DocumentKind.CORRECTION): _l("Order correction"),
    (DocumentKind, DocumentKind.SHIPMENT): _l("Shipment"),
    (DocumentKind, DocumentKind.RETURN): _l("Return"),
    (DocumentKind, DocumentKind.PAYMENT): _l("Payment"),
    (DocumentKind, DocumentKind.CLOSING): _l("Order closing"),
    (DocumentKind, DocumentKind.SUPPLIER_ORDER): _l("Supplier order"),
    (DocumentKind, DocumentKind.RECEIPT): _l("Receipt of goods"),
    (DocumentKind, DocumentKind.SUPPLIER_PAYMENT): _l("Supplier payment"),
    (Reliability, Reliability.HIGH): _l("High reliability"),
    (Reliability, Reliability.MEDIUM): _l("Medium reliability"),
    (Reliability, Reliability.LOW): _l("Low reliability"),
    (Sign, Sign.SILENT): _l("Silent"),
    (Sign, Sign.FALLEN): _l("Class or stage fell"),
    (Sign, Sign.DEBT): _l("Debt grew"),
    (PriceSource, PriceSource.HAND): _l("Set by hand"),
    (PriceSource, PriceSource.RECEIPT): _l("From a receipt"),
    (PriceSource, PriceSource.IMPORT): _l("From a price list"),
    (VatRate, VatRate.NONE): _l("Without VAT"),
    **{(VatRate, rate): _l("%(percent)s %%", percent=rate.percent) for rate in VatRate if rate is not VatRate.NONE},
}


def caption(value: StrEnum) -> str:
    """The caption in the reader's language."""
    return str(CAPTIONS[type(value), value])


def standing_caption(standing: Standing) -> str:
    """The stage with the class of a regular client: "Regular client (X)"; a dash where there is none."""
    if standing.stage is None:
        return "—"
    return f"{caption(standing.stage)} ({standing.xyz})" if standing.xyz else caption(standing.stage)


def place_caption(place: AbcClass | Standing | None) -> str:
    """The letter of a class, or the stage; a dash for none."""
    return standing_caption(place) if isinstance(place, Standing) else place or "—"


def cell_caption(cell: Cell) -> str:
    """The ABC class and the standing: "A class, Regular client (X)"."""
    abc = caption(cell.abc) if cell.abc else str(_l("No class"))
    return f"{abc}, {standing_caption(Standing(cell.stage, cell.xyz))}"


# By the field and the code of a Problem.
REQUISITE_MESSAGES: dict[tuple[str, str], LazyString] = {
    ("inn", "digits"): _l("An INN consists of digits."),
    ("inn", "length"): _l("The INN of a company has 10 digits, of a private person 12."),
    ("inn", "checksum"): _l("The check sum of the INN is wrong."),
    ("kpp", "form"): _l("A KPP has 9 characters: four digits, two digits or Latin capitals, three digits."),
    ("kpp", "needless"): _l("A private person has no KPP."),
    ("ogrn", "digits"): _l("An OGRN consists of digits."),
    ("ogrn", "length"): _l("The OGRN of a company has 13 digits, of an entrepreneur 15."),
    ("ogrn", "checksum"): _l("The check sum of the OGRN is wrong."),
}


def requisite_message(problem: Problem) -> str:
    """What is wrong with a requisite, in the reader's language."""
    return str(REQUISITE_MESSAGES[problem.field, problem.code])
