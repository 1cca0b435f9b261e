"""Whose papers these are: our organisation, in one row, and its accounts in banks."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.requisites import kind_of
from app.domain.words import CounterpartyKind
from app.models.base import Base, Versioned
from app.models.letters import Blob


class Organisation(Versioned, Base):
    """Организация: the one row with id 1, made by a migration; its name is empty until somebody says it."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        Index("ix_organisation_logo_id", "logo_id"),  # the foreign key
    )

    name: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Name")})
    full_name: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Full name")})
    inn: Mapped[str] = mapped_column(String(12), default="", server_default="", info={"label": _l("INN")})
    kpp: Mapped[str] = mapped_column(String(9), default="", server_default="", info={"label": _l("KPP")})
    ogrn: Mapped[str] = mapped_column(String(15), default="", server_default="", info={"label": _l("OGRN")})
    address: Mapped[str] = mapped_column(String(500), default="", server_default="", info={"label": _l("Address")})
    phone: Mapped[str] = mapped_column(String(100), default="", server_default="", info={"label": _l("Phone")})
    email: Mapped[str] = mapped_column(String(320), default="", server_default="", info={"label": _l("E-mail")})
    website: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _l("Website")})
    head_position: Mapped[str] = mapped_column(
        String(100), default="", server_default="", info={"label": _l("Position of the head")}
    )
    head_name: Mapped[str] = mapped_column(
        String(100), default="", server_default="", info={"label": _l("Name of the head")}
    )
    accountant_name: Mapped[str] = mapped_column(
        String(100), default="", server_default="", info={"label": _l("Chief accountant")}
    )
    logo_id: Mapped[int | None] = mapped_column(ForeignKey("blob.id"))

    logo: Mapped[Blob | None] = relationship(info={"label": _l("Logo")})
    accounts: Mapped[list[BankAccount]] = relationship(
        back_populates="organisation",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="BankAccount.is_main.desc(), BankAccount.id",
    )

    @property
    def kind(self) -> CounterpartyKind:
        """A company or an entrepreneur, as the INN says."""
        return kind_of(self.inn)

    def __str__(self) -> str:
        return self.name or str(_l("Our organisation"))


class BankAccount(Versioned, Base):
    """Банковский счет of our own. Bills are paid to the main one."""

    __tablename__ = "bank_account"
    __table_args__ = (
        UniqueConstraint("bic", "number", name="uq_bank_account_number"),
        Index("ix_bank_account_organisation_id", "organisation_id"),  # the foreign key
        Index("uq_bank_account_is_main", "is_main", unique=True, postgresql_where=text("is_main")),
    )

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), default=1, server_default="1"
    )
    number: Mapped[str] = mapped_column(String(20), info={"label": _l("Account number")})
    bic: Mapped[str] = mapped_column(String(9), info={"label": _l("BIC")})
    bank: Mapped[str] = mapped_column(String(200), info={"label": _l("Bank")})
    correspondent: Mapped[str] = mapped_column(
        String(20), default="", server_default="", info={"label": _l("Correspondent account")}
    )
    is_main: Mapped[bool] = mapped_column(default=False, server_default="false", info={"label": _l("Main account")})

    organisation: Mapped[Organisation] = relationship(back_populates="accounts", info={"label": _l("Our organisation")})

    def __str__(self) -> str:
        return f"{self.number}, {self.bank}"
