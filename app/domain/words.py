"""Closed lists of the business; their captions are in app.models.captions."""

from enum import StrEnum


class CounterpartyKind(StrEnum):
    COMPANY = "company"
    PERSON = "person"


class InfoType(StrEnum):
    """Types of contact information; extension numbers are part of a phone."""

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


class FeedKind(StrEnum):
    """What a feed tells of; of one moment in this order."""

    CONTACT = "contact"
    CONTACT_MOVE = "contact_move"
    LETTER = "letter"
    TASK = "task"
    TASK_MOVE = "task_move"
    NOTE = "note"
    SHARE = "share"
    PAYMENT = "payment"
    SHIPMENT = "shipment"
    CORRECTION = "correction"
    CLOSING = "closing"
    PAPER = "paper"
    ORDER = "order"
    ORDER_MOVE = "order_move"
    SUPPLIER_PAYMENT = "supplier_payment"
    RECEIPT = "receipt"
    SUPPLIER_ORDER = "supplier_order"
    SUPPLIER_CLOSING = "supplier_closing"
    ABC = "abc"
    STAGE = "stage"
    MANAGER = "manager"
    SOURCE = "source"
    CHANGE = "change"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class ContactState(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class TaskState(StrEnum):
    """What became of a task."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class AbsenceKind(StrEnum):
    """Why an employee is away."""

    VACATION = "vacation"
    ILLNESS = "illness"
    TRIP = "trip"
    OTHER = "other"


class OfferOutcome(StrEnum):
    """What a buyer said to an offer."""

    ACCEPTED = "accepted"
    THINKING = "thinking"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"


class MeetingAnswer(StrEnum):
    """What a participant says to an invitation."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class SourceKind(StrEnum):
    """Kinds of information sources."""

    PUBLICATION = "publication"
    SITE = "site"
    EXHIBITION = "exhibition"
    REFERRAL = "referral"
    OTHER = "other"


class CampaignKind(StrEnum):
    """Вид маркетингового мероприятия."""

    ADVERTISING = "advertising"
    CALLS = "calls"
    EXHIBITION = "exhibition"
    MAILING = "mailing"
    OTHER = "other"


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
    """The parameter of ABC classification, one for the whole company."""

    REVENUE = "revenue"
    PROFIT = "profit"


class ClassificationKind(StrEnum):
    ABC = "abc"
    STAGES = "stages"


class BankLineState(StrEnum):
    """What became of a document of a statement; `aside`: it is no payment of a client."""

    WAITING = "waiting"
    KNOWN = "known"
    POSTED = "posted"
    ASIDE = "aside"


class RecognisedBy(StrEnum):
    """By what the other side of a document of a statement was known."""

    ACCOUNT = "account"
    TAXPAYER = "taxpayer"
    INN = "inn"
    PERSON = "person"
    OWN = "own"


class JobKind(StrEnum):
    """What a worker is asked for; app.web.work says what does each and where it is shown."""

    IMPORT = "import"
    WORKBOOK = "report"
    PAGE = "report-page"
    LIST_WORKBOOK = "list"
    BULK_CHANGE = "bulk-change"
    EXPORT = "export"
    BANK = "bank"
    BANK_FILE = "bank-file"
    CLASSES = "classify-abc"
    STAGES = "classify-stages"
    FILL_DRAFT = "fill-draft"
    REDISTRIBUTE_DRAFT = "redistribute-draft"
    POST_DRAFT = "post-draft"
    DUPLICATES = "find-duplicates"
    UNDO = "undo"
    MAILING = "mailing"
    ONE_C = "one-c"


class OneCSubject(StrEnum):
    """What a session of the exchange with 1C is about, as the protocol calls it."""

    CATALOG = "catalog"
    SALE = "sale"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ShipmentState(StrEnum):
    """How much of an order is shipped; derived, see app.domain.order_state."""

    NONE = "none"
    PARTLY = "partly"
    FULL = "full"


class PaymentState(StrEnum):
    """How much of an order is paid; derived, see app.domain.order_state."""

    NONE = "none"
    PARTLY = "partly"
    FULL = "full"


class OrderStatus(StrEnum):
    """The single status of an order, derived from both halves."""

    NEW = "new"
    IN_WORK = "in_work"
    PARTLY = "partly"
    DONE = "done"
    CLOSED = "closed"


class OrderDate(StrEnum):
    """The planned days of an order whose moves are kept."""

    SHIPMENT = "shipment"
    PAYMENT = "payment"


class DealState(StrEnum):
    """What became of a coming deal."""

    COMING = "coming"
    ORDERED = "ordered"
    GIVEN_UP = "given_up"


class DocumentKind(StrEnum):
    """Documents, each kind numbered in a row of its own."""

    ORDER = "order"
    CORRECTION = "correction"
    SHIPMENT = "shipment"
    RETURN = "return"
    PAYMENT = "payment"
    CLOSING = "closing"
    SUPPLIER_ORDER = "supplier_order"
    RECEIPT = "receipt"
    SUPPLIER_PAYMENT = "supplier_payment"
    SUPPLIER_CLOSING = "supplier_closing"
    OFFER = "offer"
    BILL = "bill"
    ACT = "act"


class WebhookEvent(StrEnum):
    """What programs are told of; the values are what they read."""

    CLIENT_MADE = "client.made"
    ORDER_DONE = "order.done"
    PAYMENT_CAME = "payment.came"
    CLASS_MOVED = "class.moved"
    LETTER_ANSWERED = "letter.answered"


class ReadingKind(StrEnum):
    """How somebody came to what he read."""

    CARD = "card"
    FILE = "file"
    PROGRAM = "program"
    LETTER = "letter"


class DisposalKind(StrEnum):
    """What was destroyed: of one person on demand, the others when their time had come."""

    PERSON = "person"
    LETTERS = "letters"
    INQUIRIES = "inquiries"
    READINGS = "readings"
    FILES = "files"
    JOURNAL = "journal"


class PaperKind(StrEnum):
    """What is given to a client on paper; its number is of the DocumentKind of the same name."""

    OFFER = "offer"
    BILL = "bill"
    ACT = "act"


class Reliability(StrEnum):
    """Надежность поставщика."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class PriceSource(StrEnum):
    """Where a supplier's price was learned."""

    HAND = "hand"
    RECEIPT = "receipt"
    IMPORT = "import"


class Sign(StrEnum):
    """What tells that relations with a buyer get worse."""

    SILENT = "silent"
    FALLEN = "class"
    DEBT = "debt"


class ChangeKind(StrEnum):
    """What was done to a row."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class Road(StrEnum):
    """By which road a change came."""

    FORM = "form"
    REST = "rest"
    IMPORT = "import"
    BULK = "bulk"
    JOB = "job"
    COMMAND = "command"
    MERGE = "merge"
    REGISTERING = "registering"
    UNDO = "undo"
    REDO = "redo"
    DEVICE = "device"


class DeviceBookKind(StrEnum):
    """What the telephone or the mail program of a user shows as one list."""

    PEOPLE = "people"
    CALENDAR = "calendar"
    TASKS = "tasks"


class DeviceSubject(StrEnum):
    """What an item of such a list stands for."""

    PERSON = "person"
    COUNTERPARTY = "counterparty"
    CONTACT = "contact"
    TASK = "task"


class Happening(StrEnum):
    """What a reminder comes before."""

    START = "start"  # of a contact
    SHIP = "ship"
    PAY = "pay"
    RECEIVE = "receive"
    DUE = "due"  # a task


class NoticeKind(StrEnum):
    """What the product tells of by itself."""

    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    OVERDUE = "overdue"
    OVER_LIMIT = "debt"
    CLASS_FELL = "class"
    STAGE_FELL = "stage"
    PRICE_ROSE = "price"
    UNDELIVERED = "letter"
    MAILBOX_STOPPED = "mailbox"


class WireSecurity(StrEnum):
    """How the connection to a server of mail is encrypted."""

    TLS = "tls"  # from the first byte
    START = "start"  # after STARTTLS
    NONE = "none"


class MailboxState(StrEnum):
    """What is known of the way that letters of a mailbox go, out or in."""

    STOPPED = "stopped"  # its server refuses it: somebody has to look after it
    LOCAL = "local"  # there is no server
    UNTESTED = "untested"  # nobody has been let in since it was set up
    WORKS = "works"


class FolderRole(StrEnum):
    """Folders of a mailbox that are read."""

    INBOX = "inbox"
    SENT = "sent"


class LetterKind(StrEnum):
    """Who speaks: a person, or a machine of some kind."""

    LETTER = "letter"
    INVITE = "invite"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    AUTO = "auto"


class LetterFault(StrEnum):
    """Why less of a letter is here than was sent."""

    UNREADABLE = "unreadable"
    CUT = "cut"  # it is too large


class LetterState(StrEnum):
    RECEIVED = "received"
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


class PartyRole(StrEnum):
    """What an address is to a letter."""

    FROM = "from"
    TO = "to"
    CC = "cc"
    BCC = "bcc"
    ABOUT = "about"  # it is no address: whom else the letter concerns


class RecipientState(StrEnum):
    """What became of a letter for one of its recipients."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    BOUNCED = "bounced"


class SendingOutcome(StrEnum):
    """What came of a report by letter for one recipient."""

    SENT = "sent"
    EMPTY = "empty"
    NO_RIGHT = "no_right"
    NO_ADDRESS = "no_address"
    FAILED = "failed"


class WhyNoLetter(StrEnum):
    """Why somebody who was chosen gets no letter of a mailing."""

    NO_ADDRESS = "no_address"
    WRONG_ADDRESS = "wrong_address"
    RETURNED = "returned"
    STOPPED = "stopped"
    TWICE = "twice"
    UNSEEN = "unseen"
    NO_VALUE = "no_value"
    HALTED = "halted"


class MailingResult(StrEnum):
    """What became of a letter of a mailing."""

    WAITING = "waiting"
    SENT = "sent"
    ANSWERED = "answered"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    LEFT_OUT = "left_out"


class ByLetter(StrEnum):
    """What a user is told of by letter too, when he wants it."""

    REMINDERS = "reminders"
    NOTICES = "notices"
    DIGEST = "digest"
