"""Letters, received and sent: one row a letter, however many mailboxes it lies in, and its way out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
    exists,
    func,
    not_,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.viewer import Viewer
from app.domain.words import Direction, LetterFault, LetterKind, LetterState, PartyRole, RecipientState
from app.models.base import Base, Followed, Versioned, choice, folded, followed, words_column
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty, seen_counterparty
from app.models.mailboxes import Mailbox, read_mailboxes
from app.models.users import User
from app.models.visibility import visible_by

# Of a letter that is longer than a book the beginning is searched.
SEARCHED = folded("subject || ' ' || left(text, 100000)")
WORDS = f"to_tsvector('russian'::regconfig, {SEARCHED})"


def own_letter(letter: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The viewer wrote it, or reads a mailbox that it lies in."""
    place, read = LetterPlace.__table__.alias(), read_mailboxes(viewer)
    lies = exists().where(place.c.letter_id == letter.id, place.c.mailbox_id.in_(read)).correlate_except(place)
    return or_(letter.author_id == viewer.user_id, letter.mailbox_id.in_(read), lies)


def seen_letter(letter: Any, viewer: Viewer) -> ColumnElement[bool]:
    """It is his own, or with a counterparty that the viewer sees.

    Like all rules of letters it is made of tables: rules of models would be put into each other, hundreds of them;
    and of aliases: a model that a statement has under another name would get it in its own rule too.
    """
    party, client = LetterParty.__table__.alias(), Counterparty.__table__
    about = exists().where(party.c.letter_id == letter.id, party.c.counterparty_id.is_not(None))
    if not viewer.sees_all:
        about = about.where(party.c.counterparty_id == client.c.id, seen_counterparty(client.c, viewer))
    return or_(own_letter(letter, viewer), about.correlate_except(party, client))


class LetterThread(Base):
    """A conversation: letters that answer each other."""

    __tablename__ = "letter_thread"

    subject: Mapped[str] = mapped_column(String(500), default="", server_default="")  # without Re: and Fwd:


@visible_by(seen_letter, personal=True)
class Letter(Followed, Versioned, Base):
    """Письмо: what it says. How it came or goes are rows beside it: `LetterPlace`, `Outgoing`.

    `message_id` is in one normal form, without angle brackets. `at` is when it was written;
    a letter that goes out later has the time when it goes.
    """

    __tablename__ = "letter"
    __table_args__ = (
        followed("letter"),
        Index("ix_letter_at_id", "at", "id"),  # the list, newest first
        Index("ix_letter_mailbox_id_at_id", "mailbox_id", "at", "id"),  # the list of a mailbox
        Index("ix_letter_author_id_at_id", "author_id", "at", "id", postgresql_where=text("author_id IS NOT NULL")),
        Index("ix_letter_thread_id_at_id", "thread_id", "at", "id"),  # the thread
        Index("ix_letter_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_letter_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),  # the order's card
        Index("ix_letter_unsent", "state", "at", "id", postgresql_where=text("state IN ('waiting', 'dead')")),
        Index(
            "ix_letter_pending", "pending_from", "id", postgresql_where=text("pending_from IS NOT NULL")
        ),  # the queue
        Index("ix_letter_references", "references", postgresql_using="gin"),  # answers that came before their question
        Index("ix_letter_words", "words", postgresql_using="gin"),  # search
        CheckConstraint("(direction = 'in') = (state = 'received')", name="state_of_direction"),
    )

    message_id: Mapped[str] = mapped_column(String(500), unique=True)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id", ondelete="SET NULL"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    direction: Mapped[Direction] = mapped_column(choice(Direction), info={"label": _l("Direction")})
    kind: Mapped[LetterKind] = mapped_column(
        choice(LetterKind), default=LetterKind.LETTER, server_default="letter", info={"label": _l("Kind")}
    )
    state: Mapped[LetterState] = mapped_column(choice(LetterState), info={"label": _l("State")})
    at: Mapped[datetime] = mapped_column("at", DateTime(timezone=True), info={"label": _l("Date")})
    subject: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Subject")})
    sender: Mapped[str] = mapped_column(String(320), default="", server_default="", info={"label": _l("From")})
    text: Mapped[str] = mapped_column(Text, default="", server_default="", deferred=True, info={"label": _l("Text")})
    html: Mapped[str] = mapped_column(
        Text, default="", server_default="", deferred=True
    )  # as it came; cleaned when shown
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("letter_thread.id", ondelete="SET NULL"))
    in_reply_to: Mapped[str] = mapped_column(String(500), default="", server_default="")
    references: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    size: Mapped[int] = mapped_column(default=0, server_default="0", info={"label": _l("Size")})
    file_count: Mapped[int] = mapped_column(default=0, server_default="0", info={"label": _l("Files")})
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    # Whose number the subject names.
    order_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_order.id", ondelete="SET NULL"))
    # None: somebody has dealt with it, or nobody needs to.
    pending_from: Mapped[date | None] = mapped_column(info={"label": _l("To be dealt with from")})
    fault: Mapped[LetterFault | None] = mapped_column(choice(LetterFault), info={"label": _l("What is missing")})
    words: Mapped[Any] = mapped_column(TSVECTOR, Computed(WORDS, persisted=True), deferred=True)

    mailbox: Mapped[Mailbox | None] = relationship(info={"label": _l("Mailbox")})
    author: Mapped[User | None] = relationship(User, info={"label": _l("Author")})
    thread: Mapped[LetterThread | None] = relationship()
    contact: Mapped[Contact | None] = relationship(info={"label": _l("Contact")})
    parties: Mapped[list[LetterParty]] = relationship(
        back_populates="letter", cascade="all, delete-orphan", passive_deletes=True, order_by="LetterParty.id"
    )
    files: Mapped[list[LetterFile]] = relationship(
        back_populates="letter", cascade="all, delete-orphan", passive_deletes=True, order_by="LetterFile.id"
    )
    places: Mapped[list[LetterPlace]] = relationship(
        back_populates="letter", cascade="all, delete-orphan", passive_deletes=True, order_by="LetterPlace.id"
    )
    source: Mapped[LetterSource | None] = relationship(
        back_populates="letter", cascade="all, delete-orphan", passive_deletes=True
    )
    outgoing: Mapped[Outgoing | None] = relationship(
        back_populates="letter", cascade="all, delete-orphan", passive_deletes=True
    )
    invite: Mapped[LetterInvite | None] = relationship(
        back_populates="letter", cascade="all, delete-orphan", passive_deletes=True
    )

    def __str__(self) -> str:
        return self.subject or self.sender


def _of_letter(cls: Any, rule: Callable[[Any, Viewer], ColumnElement[bool]], viewer: Viewer) -> ColumnElement[bool]:
    letter = Letter.__table__
    return exists().where(letter.c.id == cls.letter_id, rule(letter.c, viewer)).correlate_except(letter)


def of_seen_letter(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The rule of whatever belongs to one letter."""
    return _of_letter(cls, seen_letter, viewer)


def seen_party(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """Who got a hidden copy is known to those alone whose letter it is."""
    hidden = and_(cls.role == PartyRole.BCC, not_(_of_letter(cls, own_letter, viewer)))
    return and_(of_seen_letter(cls, viewer), not_(hidden))


@visible_by(seen_party, personal=True)
class LetterParty(Base):
    """Whom a letter is from or to, and who that is in the base; of a recipient, what became of it.

    `at` is the letter's, so that the card of a counterparty finds its newest letters by an index.
    """

    __tablename__ = "letter_party"
    __table_args__ = (
        Index("ix_letter_party_letter_id", "letter_id"),  # the letter
        Index("ix_letter_party_address", text("lower(address)")),  # everything of one address
        Index(  # the card
            "ix_letter_party_counterparty_id_at",
            "counterparty_id",
            "at",
            "letter_id",
            postgresql_where=text("counterparty_id IS NOT NULL"),
        ),
        Index(  # the card of a person
            "ix_letter_party_person_id_at",
            "person_id",
            "at",
            "letter_id",
            postgresql_where=text("person_id IS NOT NULL"),
        ),
        Index("ix_letter_party_words", "words", postgresql_using="gin"),  # search by people
    )

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"))
    role: Mapped[PartyRole] = mapped_column(choice(PartyRole))
    address: Mapped[str] = mapped_column(String(320), default="", server_default="", info={"label": _l("Address")})
    name: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Name")})
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    counterparty_id: Mapped[int | None] = mapped_column(ForeignKey("counterparty.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id", ondelete="SET NULL"))
    state: Mapped[RecipientState | None] = mapped_column(choice(RecipientState), info={"label": _l("State")})
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")  # the server's own words
    words: Mapped[Any] = words_column("name || ' ' || address")

    letter: Mapped[Letter] = relationship(back_populates="parties")
    counterparty: Mapped[Counterparty | None] = relationship(info={"label": _l("Counterparty")})
    person: Mapped[ContactPerson | None] = relationship(info={"label": _l("Contact person")})

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


@visible_by(of_seen_letter, personal=True)
class LetterPlace(Base):
    """Where a letter lies on a server: the same letter may lie in several folders and mailboxes."""

    __tablename__ = "letter_place"
    __table_args__ = (
        UniqueConstraint("folder_id", "uid"),
        Index("ix_letter_place_letter_id", "letter_id"),  # the letter
        Index("ix_letter_place_mailbox_id", "mailbox_id"),  # the foreign key
    )

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"))
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id", ondelete="CASCADE"))
    folder_id: Mapped[int] = mapped_column(ForeignKey("mailbox_folder.id", ondelete="CASCADE"))
    uid: Mapped[int] = mapped_column(BigInteger)
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")

    letter: Mapped[Letter] = relationship(back_populates="places")
    mailbox: Mapped[Mailbox] = relationship()


class Blob(Base):
    """Bytes that are kept once, however many letters bring them."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


@visible_by(of_seen_letter, personal=True)
class LetterFile(Base):
    """A file of a letter. `content_id` is how the HTML of the letter names it, when it is a picture in it."""

    __tablename__ = "letter_file"
    __table_args__ = (
        Index("ix_letter_file_letter_id", "letter_id"),  # the letter
        Index("ix_letter_file_blob_id", "blob_id"),  # the foreign key
    )

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"))
    blob_id: Mapped[int | None] = mapped_column(ForeignKey("blob.id"))  # None: still on the server
    name: Mapped[str] = mapped_column(String(255), info={"label": _l("Name")})
    mime: Mapped[str] = mapped_column(String(150), default="application/octet-stream")
    size: Mapped[int] = mapped_column(default=0, server_default="0", info={"label": _l("Size")})
    content_id: Mapped[str] = mapped_column(String(255), default="", server_default="")

    letter: Mapped[Letter] = relationship(back_populates="files")
    blob: Mapped[Blob | None] = relationship()

    def __str__(self) -> str:
        return self.name


class LetterSource(Base):
    """The letter itself, byte for byte: as it came, or as it goes out every time that it is tried."""

    __tablename__ = "letter_source"

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), unique=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    letter: Mapped[Letter] = relationship(back_populates="source")


@visible_by(of_seen_letter, personal=True)
class LetterInvite(Base):
    """Приглашение: the meeting that a letter asks for. `uid` is the same in all letters about one meeting."""

    __tablename__ = "letter_invite"
    __table_args__ = (
        Index("ix_letter_invite_uid", "uid"),  # what else was said of the meeting
        Index("ix_letter_invite_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
    )

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), unique=True)
    uid: Mapped[str] = mapped_column(String(500))
    sequence: Mapped[int]
    is_cancelled: Mapped[bool] = mapped_column(default=False, server_default="false")
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": _l("Start")})
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": _l("End")})
    title: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Subject")})
    place: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Place")})
    about: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Text")})
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))

    letter: Mapped[Letter] = relationship(back_populates="invite")
    contact: Mapped[Contact | None] = relationship(info={"label": _l("Contact")})

    def __str__(self) -> str:
        return self.title


def of_read_mailbox(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    return cls.mailbox_id.in_(read_mailboxes(viewer))


@visible_by(of_read_mailbox, personal=True)
class IgnoredSender(Base):
    """An address whose letters nobody of the mailbox wants to see among unknown senders."""

    __tablename__ = "ignored_sender"
    __table_args__ = (Index("uq_ignored_sender_mailbox_id_address", "mailbox_id", text("lower(address)"), unique=True),)

    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(320), info={"label": _l("Address")})

    mailbox: Mapped[Mailbox] = relationship(info={"label": _l("Mailbox")})

    def __str__(self) -> str:
        return self.address


# SQL, laid out as the base lays it out: a letter that no server has answered waits since its first try.
WAITS_SINCE = """
CASE
    WHEN error ~ '^[2-5][0-9][0-9] ' THEN next_try_at
    ELSE COALESCE(first_try_at, next_try_at)
END"""


class Outgoing(Base):
    """The way of a letter out. Whoever takes it moves `next_try_at` past the time that he has: that is his lease."""

    __tablename__ = "outgoing"
    __table_args__ = (
        # what is due to be sent
        Index("ix_outgoing_due", "next_try_at", "id", postgresql_where=text("sent_at IS NULL AND dead_at IS NULL")),
        Index(  # what waits longest of a mailbox
            "ix_outgoing_waits",
            *("mailbox_id", text(f"({WAITS_SINCE})")),
            postgresql_where=text("sent_at IS NULL AND dead_at IS NULL"),
        ),
        Index("ix_outgoing_mailbox_id", "mailbox_id"),  # the foreign key; what waits for a mailbox
        Index(  # what is still to be put into the Sent folder
            "ix_outgoing_unfiled", "mailbox_id", "id", postgresql_where=text("sent_at IS NOT NULL AND filed_at IS NULL")
        ),
    )

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), unique=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    sender: Mapped[str] = mapped_column(String(320))  # of the envelope
    next_try_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    interrupted: Mapped[int] = mapped_column(default=0, server_default="0")  # tries that told no end, in a row
    lease_by: Mapped[UUID | None] = mapped_column(Uuid)
    first_try_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dead_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    may_have_arrived: Mapped[bool] = mapped_column(default=False, server_default="false")
    error: Mapped[str] = mapped_column(Text, default="", server_default="")
    filed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # into the Sent folder

    letter: Mapped[Letter] = relationship(back_populates="outgoing")
    mailbox: Mapped[Mailbox] = relationship()


def begun_to_go() -> ColumnElement[bool]:
    """Somebody has begun to send the letter; of one that is sent again too, where some have it or may have it."""
    return or_(Outgoing.attempts > 0, may_be_had())


def may_be_had() -> ColumnElement[bool]:
    """Some have the letter, or may have it; one that was tried in vain nobody has."""
    party = LetterParty.__table__.alias()
    has_it = party.c.state.in_([RecipientState.SENT, RecipientState.BOUNCED])
    got = exists().where(party.c.letter_id == Outgoing.letter_id, has_it).correlate_except(party)
    return or_(Outgoing.may_have_arrived, got)


def own_draft(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    return cls.author_id == viewer.user_id


@visible_by(own_draft, personal=True)
class LetterDraft(Base):
    """Черновик: what stands in the composer, kept while it is typed. Nobody else sees it."""

    __tablename__ = "letter_draft"
    __table_args__ = (Index("ix_letter_draft_author_id_changed_at", "author_id", "changed_at"),)  # the list

    author_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id", ondelete="SET NULL"))
    to: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("To")})
    cc: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Cc")})
    bcc: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Bcc")})
    subject: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Subject")})
    text: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Text")})
    counterparty_id: Mapped[int | None] = mapped_column(ForeignKey("counterparty.id", ondelete="SET NULL"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id", ondelete="SET NULL"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id", ondelete="SET NULL"), index=True)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": _l("Changed at")})

    author: Mapped[User] = relationship(User)
    mailbox: Mapped[Mailbox | None] = relationship(info={"label": _l("From")})
    counterparty: Mapped[Counterparty | None] = relationship(info={"label": _l("Counterparty")})
    person: Mapped[ContactPerson | None] = relationship(info={"label": _l("Contact person")})
    contact: Mapped[Contact | None] = relationship(info={"label": _l("Contact")})
    reply_to: Mapped[Letter | None] = relationship(info={"label": _l("Answer to")})
    files: Mapped[list[DraftFile]] = relationship(
        back_populates="draft", cascade="all, delete-orphan", passive_deletes=True, order_by="DraftFile.id"
    )

    def __str__(self) -> str:
        return self.subject or self.to


def of_own_draft(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    return cls.draft.has(own_draft(LetterDraft, viewer))


@visible_by(of_own_draft, personal=True)
class DraftFile(Base):
    """A file that will go with a letter."""

    __tablename__ = "letter_draft_file"
    __table_args__ = (
        Index("ix_letter_draft_file_draft_id", "draft_id"),  # the draft
        Index("ix_letter_draft_file_blob_id", "blob_id"),  # the foreign key
    )

    draft_id: Mapped[int] = mapped_column(ForeignKey("letter_draft.id", ondelete="CASCADE"))
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    name: Mapped[str] = mapped_column(String(255), info={"label": _l("Name")})
    mime: Mapped[str] = mapped_column(String(150), default="application/octet-stream")

    draft: Mapped[LetterDraft] = relationship(back_populates="files")
    blob: Mapped[Blob] = relationship()

    def __str__(self) -> str:
        return self.name


class ToldByLetter(Base):
    """What a user was told of by letter; `key` says of what, so that nobody is told twice."""

    __tablename__ = "told_by_letter"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_told_by_letter_at", "at", postgresql_using="brin"),  # what is old enough to be dropped
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class LetterTemplate(Versioned, Base):
    """Шаблон письма. Its subject and text may have fields in braces; app.domain.mail.templates knows which."""

    __tablename__ = "letter_template"

    name: Mapped[str] = mapped_column(String(100), unique=True, info={"label": _l("Name")})
    subject: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Subject")})
    text: Mapped[str] = mapped_column(Text, info={"label": _l("Text")})

    def __str__(self) -> str:
        return self.name
