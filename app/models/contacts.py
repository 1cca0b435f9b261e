"""Contacts: every call, meeting and letter, planned and past, and the campaigns that they are part of."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.domain.repeating import RepeatUnit
from app.domain.viewer import Sees, Viewer
from app.domain.words import (
    CampaignKind,
    ContactKind,
    ContactState,
    Direction,
    Importance,
    MeetingAnswer,
    OfferOutcome,
)
from app.models.base import Base, Followed, Versioned, choice, followed, words_column
from app.models.counterparties import (
    ContactPerson,
    Counterparty,
    CounterpartyName,
    InformationSource,
    of_seen_counterparty,
)
from app.models.orders import BuyerOrder
from app.models.own_fields import Owning, own_indexes
from app.models.users import User
from app.models.visibility import visible_by


class Campaign(Versioned, Base):
    """Маркетинговое мероприятие. It touches a client for `window_days` after each contact that it caused."""

    __tablename__ = "campaign"
    __table_args__ = (
        # the foreign key
        Index("ix_campaign_manager_id", "manager_id", postgresql_where=text("manager_id IS NOT NULL")),
        CheckConstraint("ends >= begins", name="ends_after_begin"),
        CheckConstraint("window_days BETWEEN 1 AND 3650", name="window_days"),
        CheckConstraint("budget >= 0", name="budget"),
    )

    name: Mapped[str] = mapped_column(String(150), unique=True, info={"label": _l("Name")})
    kind: Mapped[CampaignKind] = mapped_column(
        choice(CampaignKind), default=CampaignKind.OTHER, server_default="other", info={"label": _l("Kind")}
    )
    begins: Mapped[date | None] = mapped_column(info={"label": _l("Begins")})
    ends: Mapped[date | None] = mapped_column(info={"label": _l("Ends")})
    window_days: Mapped[int] = mapped_column(default=60, server_default="60", info={"label": _l("Window, days")})
    budget: Mapped[Decimal | None] = mapped_column(Numeric(15, 2), info={"label": _l("Budget")})
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))

    manager: Mapped[User | None] = relationship(User, info={"label": _l("Responsible")})
    costs: Mapped[list[CampaignCost]] = relationship(
        back_populates="campaign", cascade="all, delete-orphan", passive_deletes=True, order_by="CampaignCost.id"
    )

    def __str__(self) -> str:
        return self.name


class CampaignCost(Base):
    """A source of a campaign with its own cost; without a source: what the campaign itself costs.

    The row of the campaign itself is always there: a trigger makes it with the campaign.
    """

    __tablename__ = "campaign_cost"
    __table_args__ = (
        UniqueConstraint("campaign_id", "source_id", postgresql_nulls_not_distinct=True),
        # the foreign key
        Index("ix_campaign_cost_source_id", "source_id", postgresql_where=text("source_id IS NOT NULL")),
        CheckConstraint("cost >= 0", name="cost"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("information_source.id"))
    cost: Mapped[Decimal] = mapped_column(
        Numeric(15, 2), default=Decimal(0), server_default="0", info={"label": _l("Cost")}
    )

    campaign: Mapped[Campaign] = relationship(back_populates="costs", info={"label": _l("Campaign")})
    source: Mapped[InformationSource | None] = relationship(info={"label": _l("Information source")})

    def __str__(self) -> str:
        return str(self.source or self.campaign)


class ContactSeries(Base):
    """Серия: contacts that were planned together by one rule; each is an ordinary contact."""

    __tablename__ = "contact_series"

    # The rule as it was asked for: app.domain.repeating.Repeat.
    every: Mapped[int]
    unit: Mapped[RepeatUnit] = mapped_column(choice(RepeatUnit))
    made: Mapped[int]

    def __str__(self) -> str:
        return str(self.id)


def seen_contact(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """Contacts of the counterparties that the viewer sees, his own with anybody, and those that he takes part in."""
    taken = ContactParticipant.__table__.c
    takes_part = select(taken.contact_id).where(taken.user_id == viewer.user_id)
    invited = cls.id.in_(takes_part.correlate_except(ContactParticipant.__table__))  # the viewer may be a column
    rule = or_(of_seen_counterparty(cls, viewer), invited)
    return or_(cls.manager_id == viewer.user_id, rule) if Sees.OWN in viewer.sees else rule


@visible_by(seen_contact)
class Contact(Owning, Followed, Versioned, Base):
    """Контакт (событие) with a counterparty, or with a prospect who is not in the base yet.

    For a prospect `counterparty` is None and the prospect_* columns say what was learned.
    """

    __tablename__ = "contact"
    __table_args__ = (
        followed("contact"),
        *own_indexes("contact"),
        Index("ix_contact_starts_at_id", "starts_at", "id"),  # the list, newest first
        Index("ix_contact_counterparty_id_starts_at_id", "counterparty_id", "starts_at", "id"),  # the card
        Index("ix_contact_person_id_starts_at_id", "person_id", "starts_at", "id"),  # the card of a person
        Index("ix_contact_manager_id_starts_at_id", "manager_id", "starts_at", "id"),  # the list of one user
        Index(  # what one user still has to do, with what his calendar is narrowed by
            "ix_contact_planned",
            *("manager_id", "starts_at", "id"),
            postgresql_include=["importance", "direction", "kind", "counterparty_id", "ends_at"],
            postgresql_where=text("state = 'planned'"),
        ),
        Index(
            "ix_contact_planned_all",
            *("starts_at", "id"),
            postgresql_include=["manager_id", "importance", "direction", "kind", "counterparty_id", "ends_at"],
            postgresql_where=text("state = 'planned'"),
        ),  # the same of all
        Index("ix_contact_done_ends_at", "ends_at", postgresql_where=text("state = 'done'")),  # who did how much
        Index("ix_contact_source_id", "source_id", postgresql_where=text("source_id IS NOT NULL")),  # the foreign key
        Index("ix_contact_campaign_id", "campaign_id", postgresql_where=text("campaign_id IS NOT NULL")),
        Index(  # who asked and is no client yet
            "ix_contact_inquiries", "starts_at", "id", postgresql_where=text("counterparty_id IS NULL")
        ),
        Index("ix_contact_basis_id", "basis_id", postgresql_where=text("basis_id IS NOT NULL")),  # the foreign key
        Index("ix_contact_work_plan_id", "work_plan_id", postgresql_where=text("work_plan_id IS NOT NULL")),
        Index(
            "ix_contact_series_id", "series_id", "starts_at", postgresql_where=text("series_id IS NOT NULL")
        ),  # this and the following
        Index(  # caller look-up of prospects by trailing digits
            "ix_contact_prospect_tail",
            "prospect_tail",
            postgresql_ops={"prospect_tail": "text_pattern_ops"},
            postgresql_where=text("prospect_tail <> ''"),
        ),
        Index(  # everything of one address, when its prospect becomes a client
            "ix_contact_prospect_email", text("lower(prospect_email)"), postgresql_where=text("prospect_email <> ''")
        ),
        Index(  # search of prospects by any word's beginning
            "ix_contact_prospect_words",
            "prospect_words",
            postgresql_using="gin",
            postgresql_where=text("prospect <> ''"),
        ),
        Index("ix_contact_offers", "outcome", "starts_at", "id", postgresql_where=text("is_offer")),  # what was offered
        Index("ix_contact_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),  # the foreign key
        CheckConstraint("ends_at >= starts_at", name="ends_after_start"),
        CheckConstraint("outcome IS NULL OR is_offer", name="outcome_of_offer"),
        CheckConstraint("(coalesce(outcome, '') = 'refused') = (reason <> '')", name="reason_of_refusal"),
        CheckConstraint(
            "order_id IS NULL OR NOT is_offer OR coalesce(outcome, '') = 'accepted'", name="order_of_accepted"
        ),
        CheckConstraint("counterparty_id IS NOT NULL OR prospect <> ''", name="with_somebody"),
    )

    counterparty_id: Mapped[int | None] = mapped_column(ForeignKey("counterparty.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id", ondelete="SET NULL"))
    prospect: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Prospect")})
    prospect_person: Mapped[str] = mapped_column(
        String(200), default="", server_default="", info={"label": _l("Prospect's contact person")}
    )
    prospect_phone: Mapped[str] = mapped_column(
        String(50), default="", server_default="", info={"label": _l("Prospect's phone")}
    )
    prospect_tail: Mapped[str] = mapped_column(String(30), default="", server_default="")
    prospect_email: Mapped[str] = mapped_column(
        String(200), default="", server_default="", info={"label": _l("Prospect's e-mail")}
    )
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    kind: Mapped[ContactKind] = mapped_column(
        choice(ContactKind), default=ContactKind.CALL, server_default="call", info={"label": _l("Kind")}
    )
    direction: Mapped[Direction] = mapped_column(
        choice(Direction), default=Direction.OUT, server_default="out", info={"label": _l("Direction")}
    )
    state: Mapped[ContactState] = mapped_column(
        choice(ContactState), default=ContactState.PLANNED, server_default="planned", info={"label": _l("State")}
    )
    importance: Mapped[Importance] = mapped_column(
        choice(Importance), default=Importance.NORMAL, server_default="normal", info={"label": _l("Importance")}
    )
    subject: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Subject")})
    text: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Gist")})
    place: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Place")})
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": _l("Start")})
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": _l("End")})
    source_id: Mapped[int | None] = mapped_column(ForeignKey("information_source.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    is_offer: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Offer")})
    outcome: Mapped[OfferOutcome | None] = mapped_column(
        choice(OfferOutcome), info={"label": _l("Outcome of the offer")}
    )
    reason: Mapped[str] = mapped_column(
        String(200), default="", server_default="", info={"label": _l("Reason of the refusal")}
    )
    order_id: Mapped[int | None] = mapped_column(ForeignKey("buyer_order.id", ondelete="SET NULL"))
    basis_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    work_plan_id: Mapped[int | None] = mapped_column(ForeignKey("work_plan.id", ondelete="SET NULL"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("contact_series.id", ondelete="SET NULL"))
    recording: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Recording")})
    prospect_words: Mapped[Any] = words_column("prospect || ' ' || prospect_person")

    why_moved = ""  # said when the time is changed; its move keeps it

    counterparty: Mapped[Counterparty | None] = relationship(info={"label": _l("Counterparty")})
    counterparty_name: Mapped[CounterpartyName | None] = relationship(
        primaryjoin=lambda: CounterpartyName.id == foreign(Contact.counterparty_id), viewonly=True
    )
    person: Mapped[ContactPerson | None] = relationship(info={"label": _l("Contact person")})
    manager: Mapped[User | None] = relationship(User, foreign_keys=[manager_id], info={"label": _l("Responsible")})
    source: Mapped[InformationSource | None] = relationship(info={"label": _l("Information source")})
    campaign: Mapped[Campaign | None] = relationship(info={"label": _l("Campaign")})
    # What it is about; of an accepted offer, what came of it.
    order: Mapped[BuyerOrder | None] = relationship(info={"label": _l("Order")})
    series: Mapped[ContactSeries | None] = relationship()
    basis: Mapped[Contact | None] = relationship(remote_side="Contact.id", info={"label": _l("Follows")})
    participants: Mapped[list[ContactParticipant]] = relationship(
        back_populates="contact",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="ContactParticipant.id",
        info={"label": _l("Participants")},
    )
    invitation: Mapped[MeetingInvitation | None] = relationship(
        back_populates="contact", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def colleagues(self) -> list[User]:
        return [one.user for one in self.participants if one.user is not None]

    @colleagues.setter
    def colleagues(self, users: list[User]) -> None:
        self._take_part("user", users)

    @property
    def persons(self) -> list[ContactPerson]:
        return [one.person for one in self.participants if one.person is not None]

    @persons.setter
    def persons(self, persons: list[ContactPerson]) -> None:
        self._take_part("person", persons)

    def _take_part(self, who: str, rows: list[Any]) -> None:
        """These and no others of their kind; whoever stays keeps his answer."""
        known = {getattr(one, who): one for one in self.participants}
        others = [one for one in self.participants if getattr(one, who) is None]
        staying = [known.get(row) or ContactParticipant(**{who: row}) for row in dict.fromkeys(rows)]
        if {*self.participants} != {*others, *staying}:
            self.participants = [*others, *staying]

    def __str__(self) -> str:
        return self.subject or str(self.counterparty or self.counterparty_name or self.prospect)


def of_seen_contact(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The rule of whatever belongs to one contact."""
    return cls.contact.has(seen_contact(Contact, viewer))


@visible_by(of_seen_contact)
class ContactParticipant(Base):
    """Участник: who takes part besides the responsible, a person of a client or a colleague, and what he answered."""

    __tablename__ = "contact_participant"
    __table_args__ = (
        UniqueConstraint("contact_id", "person_id"),
        UniqueConstraint("contact_id", "user_id"),
        # the foreign key
        Index("ix_contact_participant_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
        Index(  # what a colleague is invited to: his calendar, his rows
            "ix_contact_participant_user_id", "user_id", "contact_id", postgresql_where=text("user_id IS NOT NULL")
        ),
        CheckConstraint("(person_id IS NULL) <> (user_id IS NULL)", name="person_or_user"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="moment_of_answer"),
    )

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    answer: Mapped[MeetingAnswer | None] = mapped_column(choice(MeetingAnswer), info={"label": _l("Answer")})
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": _l("Answered at")})

    contact: Mapped[Contact] = relationship(back_populates="participants", info={"label": _l("Contact")})
    person: Mapped[ContactPerson | None] = relationship(lazy="joined", info={"label": _l("Contact person")})
    user: Mapped[User | None] = relationship(User, lazy="joined", info={"label": _l("Employee")})

    def __str__(self) -> str:
        return str(self.user or self.person or "—")


@visible_by(of_seen_contact)
class MeetingInvitation(Base):
    """Приглашение на встречу: what its participants were told last, and who of them by which address.

    `uid` is the same in all letters about the meeting, `sequence` grows with each that changes it.
    """

    __tablename__ = "meeting_invitation"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), unique=True)
    uid: Mapped[str] = mapped_column(String(100), unique=True)
    organizer: Mapped[str] = mapped_column(String(320))  # where the answers go
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    is_cancelled: Mapped[bool] = mapped_column(default=False, server_default="false")
    told: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    what: Mapped[str] = mapped_column(String(200), default="", server_default="")
    place: Mapped[str] = mapped_column(String(200), default="", server_default="")
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    contact: Mapped[Contact] = relationship(back_populates="invitation", info={"label": _l("Contact")})

    def says(self, contact: Contact) -> bool:
        """Whether the letters say of the meeting what stands in it."""
        if contact.state is ContactState.CANCELLED:
            return self.is_cancelled
        told = (self.is_cancelled, self.what, self.place, self.starts_at, self.ends_at)
        return told == (False, str(contact)[:200], contact.place, contact.starts_at, contact.ends_at)
