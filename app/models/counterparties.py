"""Counterparties: buyers, suppliers, subcontractors and others, and how to reach them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ColumnElement,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    cast,
    exists,
    false,
    func,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from app.domain import ways
from app.domain.likeness import WHOLE
from app.domain.viewer import Sees, Viewer
from app.domain.words import CounterpartyKind, InfoType, SourceKind
from app.models.base import (
    Base,
    Followed,
    Versioned,
    choice,
    followed,
    middle_index,
    name_key,
    pattern_index,
    sort_column,
    words_column,
)
from app.models.own_fields import Owning, own_indexes
from app.models.users import User
from app.models.visibility import visible_by

OF_COUNTERPARTY = "vizavi_of_counterparty"  # marks, among the ways to see a row, that its counterparty is seen


def seen_counterparty(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The counterparties that the viewer sees; the rules of other models build on it."""
    rules: list[ColumnElement[bool]] = [false()]
    if Sees.OWN in viewer.sees:
        rules.append(cls.manager_id == viewer.user_id)
        if viewer.assisted is None:
            works = AdditionalManager.counterparty_id == cls.id, AdditionalManager.user_id == viewer.user_id
            rules.append(exists().where(*works).correlate_except(AdditionalManager))
        elif viewer.assisted:
            rules.append(cls.id == func.any(cast(numbers_in(viewer.assisted), ARRAY(Integer))))
    if Sees.SUPPLIERS in viewer.sees:
        rules.append(cls.is_supplier)
    return or_(*rules)


@lru_cache(maxsize=256)
def numbers_in(assisted: tuple[int, ...]) -> list[int]:
    """As the driver wants them: one list for the rules of all models."""
    return [*assisted]


def of_seen_counterparty(cls: Any, viewer: Viewer) -> ColumnElement[bool]:
    """The rule of whatever belongs to one counterparty."""
    rule: ColumnElement[bool] = cls.counterparty.has(seen_counterparty(Counterparty, viewer))
    return rule._annotate({OF_COUNTERPARTY: True})


class CounterpartyGroup(Base):
    """Группа контрагентов: a catalogue that users extend."""

    __tablename__ = "counterparty_group"
    name: Mapped[str] = mapped_column(String(100), unique=True, info={"label": _l("Name")})

    def __str__(self) -> str:
        return self.name


class InformationSource(Base):
    """Источник информации при обращении: how a buyer learned about us."""

    __tablename__ = "information_source"
    name: Mapped[str] = mapped_column(String(100), unique=True, info={"label": _l("Name")})
    kind: Mapped[SourceKind] = mapped_column(
        choice(SourceKind), default=SourceKind.OTHER, server_default="other", info={"label": _l("Kind")}
    )
    valid_days: Mapped[int] = mapped_column(default=0, server_default="0", info={"label": _l("Valid for, days")})

    def __str__(self) -> str:
        return self.name


@visible_by(seen_counterparty)
class Counterparty(Owning, Followed, Versioned, Base):
    """Контрагент. One may be a buyer, a supplier, a subcontractor and something else at once."""

    __tablename__ = "counterparty"
    __table_args__ = (
        followed("counterparty"),
        *own_indexes("counterparty"),
        Index("ix_counterparty_name_sort_id", "name_sort", "id"),  # the list, in the order of names
        Index("ix_counterparty_manager_id_name_sort_id", "manager_id", "name_sort", "id"),  # the list of one manager
        Index("ix_counterparty_words", "words", postgresql_using="gin"),  # search by any word's beginning
        Index("ix_counterparty_inn", "inn"),  # look-up by INN
        Index("ix_counterparty_kpp", "kpp"),  # look-up by KPP
        Index(  # look-up by OGRN, whole or its beginning
            "ix_counterparty_ogrn", "ogrn", postgresql_ops={"ogrn": "text_pattern_ops"}
        ),
        Index(  # duplicates; the counterparty that a file names; search by the beginning of a name
            "ix_counterparty_name_key", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}
        ),
        middle_index("counterparty", "name_key"),
        Index("ix_counterparty_group_id", "group_id"),  # the foreign key
        Index("ix_counterparty_source_id", "source_id"),  # the foreign key
        Index("ix_counterparty_registered_on_id", "registered_on", "id"),  # the list, newest first
        Index(
            "ix_counterparty_suppliers", "name_sort", "id", postgresql_where=text("is_supplier")
        ),  # pickers of suppliers
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("allowed_debt >= 0", name="allowed_debt"),
        CheckConstraint("allowed_days >= 0", name="allowed_days"),
    )

    code: Mapped[str] = mapped_column(String(50), unique=True, info={"label": _l("Code")})
    name: Mapped[str] = mapped_column(String(200), info={"label": _l("Name")})
    full_name: Mapped[str] = mapped_column(String(400), default="", server_default="", info={"label": _l("Full name")})
    kind: Mapped[CounterpartyKind] = mapped_column(
        choice(CounterpartyKind),
        default=CounterpartyKind.COMPANY,
        server_default="company",
        info={"label": _l("Kind")},
    )
    inn: Mapped[str] = mapped_column(String(12), default="", server_default="", info={"label": _l("INN")})
    kpp: Mapped[str] = mapped_column(String(9), default="", server_default="", info={"label": _l("KPP")})
    ogrn: Mapped[str] = mapped_column(String(15), default="", server_default="", info={"label": _l("OGRN")})
    # Somebody saw that the requisites fail their check sums and kept them.
    requisites_accepted: Mapped[bool] = mapped_column(
        default=False, server_default="false", info={"label": _l("Requisites accepted as they are")}
    )
    # Why it is not the one that has the same INN and KPP.
    distinct_reason: Mapped[str] = mapped_column(
        String(200), default="", server_default="", info={"label": _l("Why it is another counterparty")}
    )
    is_buyer: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("Buyer")})
    is_supplier: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Supplier")})
    is_subcontractor: Mapped[bool] = mapped_column(
        default=False, server_default="false", info={"label": _l("Subcontractor")}
    )
    is_other: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Other")})
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), info={"label": _l("Responsible manager")})
    group_id: Mapped[int | None] = mapped_column(ForeignKey("counterparty_group.id"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("information_source.id"))
    registered_on: Mapped[date] = mapped_column(
        server_default=text("CURRENT_DATE"), info={"label": _l("Registered on")}
    )
    needs: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Needs and preferences")})
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    # None: the debt is not limited.
    allowed_debt: Mapped[Decimal | None] = mapped_column(Numeric(15, 2), info={"label": _l("Allowed debt")})
    # None: the order's own pay-by date counts.
    allowed_days: Mapped[int | None] = mapped_column(info={"label": _l("Allowed days of debt")})
    name_sort: Mapped[str] = sort_column("name")
    name_key: Mapped[str] = deferred(mapped_column(Computed(name_key("name"), persisted=True)))
    words: Mapped[Any] = words_column("name || ' ' || full_name")

    manager: Mapped[User | None] = relationship(
        User, foreign_keys=[manager_id], info={"label": _l("Responsible manager")}
    )
    group: Mapped[CounterpartyGroup | None] = relationship(info={"label": _l("Group")})
    source: Mapped[InformationSource | None] = relationship(info={"label": _l("Information source")})
    additional: Mapped[list[AdditionalManager]] = relationship(
        back_populates="counterparty",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="AdditionalManager.id",
        info={"label": _l("Additional managers")},
    )

    @property
    def additional_managers(self) -> list[User]:
        return [one.user for one in self.additional]

    @additional_managers.setter
    def additional_managers(self, users: list[User]) -> None:
        """These and no others; whoever stays is one since the day that he was."""
        known = {one.user: one for one in self.additional}
        wanted = list(dict.fromkeys(users))
        if set(known) != set(wanted):
            self.additional = [known.get(user) or AdditionalManager(user=user) for user in wanted]

    def __str__(self) -> str:
        return self.name


@visible_by(of_seen_counterparty)
class AdditionalManager(Base):
    """Дополнительный менеджер: who works with a counterparty besides its responsible, and sees what he sees of it.

    The base keeps the responsible from being an additional one as well: see docs/adr/0015-additional-managers.md.
    """

    __tablename__ = "additional_manager"
    __table_args__ = (
        UniqueConstraint("counterparty_id", "user_id"),  # who works with a client besides its responsible
        Index("ix_additional_manager_user_id", "user_id", "counterparty_id"),  # whom one sees besides his own
    )
    # The base deletes the row of whoever becomes the responsible, perhaps before a form does.
    __mapper_args__: Any = {"confirm_deleted_rows": False}

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    since: Mapped[date] = mapped_column(server_default=text("CURRENT_DATE"), info={"label": _l("From")})

    counterparty: Mapped[Counterparty] = relationship(back_populates="additional", info={"label": _l("Counterparty")})
    user: Mapped[User] = relationship(User, lazy="joined", info={"label": _l("Employee")})

    def __str__(self) -> str:
        return str(self.user)


class CounterpartyName(Base):
    """What everybody may know of the counterparty of a document that he sees: no more than how it is called."""

    __table__ = Counterparty.__table__
    __mapper_args__: Any = {"include_properties": ["id", "code", "name"]}

    id: Mapped[int]
    code: Mapped[str]
    name: Mapped[str]

    def __str__(self) -> str:
        return self.name


class ContactInfoKind(Base):
    """Вид контактной информации: a catalogue that users extend."""

    __tablename__ = "contact_info_kind"
    name: Mapped[str] = mapped_column(String(100), unique=True, info={"label": _l("Name")})
    type: Mapped[InfoType] = mapped_column(choice(InfoType), info={"label": _l("Type")})
    for_counterparties: Mapped[bool] = mapped_column(
        default=True, server_default="true", info={"label": _l("For counterparties")}
    )
    for_persons: Mapped[bool] = mapped_column(default=True, server_default="true", info={"label": _l("For persons")})
    position: Mapped[int] = mapped_column(default=100, server_default="100", info={"label": _l("Place in lists")})

    def __str__(self) -> str:
        return self.name


@visible_by(of_seen_counterparty)
class ContactInfo(Base):
    """One address, phone, e-mail, web page or note of a counterparty or of one of its persons.

    `value` is what was typed. A phone is also kept normalised (`phone`, E.164)
    and as its digits backwards (`phone_tail`), so that any trailing digits are a
    prefix; app.domain.phones makes both. `counterparty_id` is always set, for a
    person's information too.
    """

    __tablename__ = "contact_info"
    __table_args__ = (
        Index("ix_contact_info_counterparty_id", "counterparty_id"),  # the card
        Index("ix_contact_info_person_id", "person_id"),  # the card of a person
        Index("ix_contact_info_kind_id", "kind_id"),  # the foreign key
        Index(  # caller look-up by trailing digits
            "ix_contact_info_phone_tail",
            "phone_tail",
            postgresql_ops={"phone_tail": "text_pattern_ops"},
            postgresql_where=text("phone_tail <> ''"),
        ),
        Index(  # whose whole number it is
            "ix_contact_info_phone_key", text(f"left(phone_tail, {WHOLE})"), postgresql_where=text("phone_tail <> ''")
        ),
        Index("ix_contact_info_extension", "extension", postgresql_where=text("extension <> ''")),  # caller look-up
        pattern_index("ix_contact_info_value", "lower(value)"),  # whose e-mail address it is, whole or its beginning
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id", ondelete="CASCADE"))
    kind_id: Mapped[int] = mapped_column(ForeignKey("contact_info_kind.id"))
    value: Mapped[str] = mapped_column(String(500), info={"label": _l("Value")})
    extension: Mapped[str] = mapped_column(String(20), default="", server_default="", info={"label": _l("Extension")})
    phone: Mapped[str] = mapped_column(String(30), default="", server_default="")
    phone_tail: Mapped[str] = mapped_column(String(30), default="", server_default="")
    comment: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Comment")})
    # Of an e-mail address: since when letters come back, and what the server said; another value is another address.
    returned_on: Mapped[date | None] = mapped_column(info={"label": _l("Letters come back since")})
    returned_words: Mapped[str] = mapped_column(String(500), default="", server_default="")

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})
    person: Mapped[ContactPerson | None] = relationship("ContactPerson", info={"label": _l("Contact person")})
    kind: Mapped[ContactInfoKind] = relationship(info={"label": _l("Kind")})

    @property
    def shown(self) -> str:
        """A phone in one format; with words beside it, and whatever is no phone, as it was typed."""
        return ways.readable_way(self.value, self.phone)

    @property
    def url(self) -> str:
        """`tel:`, `mailto:` or the page; "" for what no link can reach."""
        return ways.link(self.kind.type, self.value, self.phone, self.extension)

    def __str__(self) -> str:
        return self.value


@visible_by(of_seen_counterparty)
class Note(Base):
    """Заметка: what somebody thought worth keeping of a counterparty, told in its feed."""

    __tablename__ = "note"
    __table_args__ = (
        Index("ix_note_counterparty_id_made_at_id", "counterparty_id", "made_at", "id"),  # the feed
        Index("ix_note_by_id", "by_id", postgresql_where=text("by_id IS NOT NULL")),  # the foreign key
        CheckConstraint("text <> ''", name="text"),
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(
        "made_at", DateTime(timezone=True), server_default=func.now(), info={"label": _l("Created")}
    )
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(Text, info={"label": _l("Note")})

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})
    by: Mapped[User | None] = relationship(User, foreign_keys=[by_id], info={"label": _l("Author")})

    def __str__(self) -> str:
        return self.text


PERSON_NAME = "btrim(last_name || ' ' || first_name || ' ' || middle_name)"


@visible_by(of_seen_counterparty)
class ContactPerson(Owning, Followed, Versioned, Base):
    """Контактное лицо контрагента."""

    __tablename__ = "contact_person"
    __table_args__ = (
        followed("contact_person"),
        *own_indexes("contact_person"),
        Index("ix_contact_person_name_sort_id", "name_sort", "id"),  # the list
        Index("ix_contact_person_counterparty_id_name_sort_id", "counterparty_id", "name_sort", "id"),  # the card
        Index("ix_contact_person_words", "words", postgresql_using="gin"),  # search by any word's beginning
        middle_index("contact_person", "name_sort"),
        CheckConstraint("last_name <> ''", name="last_name"),
        CheckConstraint("birthday_days BETWEEN 0 AND 60", name="birthday_days"),
    )

    counterparty_id: Mapped[int] = mapped_column(ForeignKey("counterparty.id", ondelete="CASCADE"))
    last_name: Mapped[str] = mapped_column(String(100), info={"label": _l("Last name")})
    first_name: Mapped[str] = mapped_column(
        String(100), default="", server_default="", info={"label": _l("First name")}
    )
    middle_name: Mapped[str] = mapped_column(
        String(100), default="", server_default="", info={"label": _l("Middle name")}
    )
    position: Mapped[str] = mapped_column(String(150), default="", server_default="", info={"label": _l("Position")})
    role: Mapped[str] = mapped_column(String(100), default="", server_default="", info={"label": _l("Role")})
    birthday: Mapped[date | None] = mapped_column(info={"label": _l("Birthday")})
    birthday_told: Mapped[bool] = mapped_column(
        default=True, server_default="true", info={"label": _l("Remind of the birthday")}
    )
    birthday_days: Mapped[int] = mapped_column(
        default=3, server_default="3", info={"label": _l("Days before the birthday")}
    )
    comment: Mapped[str] = mapped_column(Text, default="", server_default="", info={"label": _l("Comment")})
    # The lines of the vCard that he came with: what the product has no place for goes out again with him.
    card: Mapped[str] = deferred(
        mapped_column(Text, default="", server_default="", nullable=False, info={"label": _l("Lines of the vCard")})
    )
    name_sort: Mapped[str] = sort_column(PERSON_NAME)
    words: Mapped[Any] = words_column(PERSON_NAME)

    counterparty: Mapped[Counterparty] = relationship(info={"label": _l("Counterparty")})

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.last_name, self.first_name, self.middle_name) if part)

    def __str__(self) -> str:
        return self.name
