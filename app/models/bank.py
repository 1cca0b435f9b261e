"""Statements of banks: what came to our accounts and what left them, and the payments that it became."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.words import BankLineState, RecognisedBy
from app.models.base import Base, choice
from app.models.counterparties import Counterparty, of_seen_counterparty
from app.models.movements import Payment
from app.models.supply import SupplierPayment
from app.models.users import User
from app.models.visibility import visible_by, whole_company

Day = date


@visible_by(whole_company)
class BankStatement(Base):
    """Выписка банка, as one file brought it."""

    __tablename__ = "bank_statement"
    __table_args__ = (Index("ix_bank_statement_by_id", "by_id"),)  # the foreign key

    name: Mapped[str] = mapped_column(String(255), info={"label": _l("File")})
    begins: Mapped[date | None] = mapped_column(info={"label": _l("From")})
    ends: Mapped[date | None] = mapped_column(info={"label": _l("To")})
    at: Mapped[datetime] = mapped_column(
        "loaded_at", DateTime(timezone=True), server_default=func.now(), info={"label": _l("Loaded")}
    )
    by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))

    by: Mapped[User | None] = relationship(User, foreign_keys=[by_id], info={"label": _l("Author")})

    def __str__(self) -> str:
        return self.name


@visible_by(of_seen_counterparty)
class BankLine(Base):
    """One document of a statement; what the bank says of the other side stays, whoever that is for us."""

    __tablename__ = "bank_line"
    __table_args__ = (
        Index(  # a document of a statement comes once, whatever files it stands in
            "uq_bank_line_document",
            *("account", "incoming", "on", "number_key", "amount", "partner_account", "inn"),
            unique=True,
        ),
        Index("ix_bank_line_statement_id_state", "statement_id", "state", "id"),  # the page of a statement
        Index(  # who was meant by such an account before
            "ix_bank_line_partner", "partner_account", "inn", "id", postgresql_where=text("state <> 'waiting'")
        ),
        Index("ix_bank_line_counterparty_id", "counterparty_id"),  # the foreign key
        Index("ix_bank_line_payment_id", "payment_id"),  # the foreign key
        Index("ix_bank_line_supplier_payment_id", "supplier_payment_id"),  # the foreign key
        CheckConstraint("amount > 0", name="amount"),
    )

    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statement.id", ondelete="CASCADE"))
    line: Mapped[int]
    account: Mapped[str] = mapped_column(String(20), info={"label": _l("Account number")})
    incoming: Mapped[bool] = mapped_column(info={"label": _l("Money came")})
    kind: Mapped[str] = mapped_column(String(100), info={"label": _l("Kind")})
    number: Mapped[str] = mapped_column(String(50), info={"label": _l("Number")})
    number_key: Mapped[str] = mapped_column(String(50))
    on: Mapped[Day] = mapped_column(info={"label": _l("Date")})
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2), info={"label": _l("Amount")})
    partner_account: Mapped[str] = mapped_column(String(40), info={"label": _l("Account of the other side")})
    inn: Mapped[str] = mapped_column(String(20), info={"label": _l("INN")})
    kpp: Mapped[str] = mapped_column(String(20), info={"label": _l("KPP")})
    partner: Mapped[str] = mapped_column(String(400), info={"label": _l("Name")})
    purpose: Mapped[str] = mapped_column(Text, info={"label": _l("Purpose")})
    said: Mapped[dict[str, str]] = mapped_column(JSONB, info={"label": _l("All that the bank says")})
    state: Mapped[BankLineState] = mapped_column(
        choice(BankLineState), default=BankLineState.WAITING, server_default="waiting", info={"label": _l("State")}
    )
    recognised_by: Mapped[RecognisedBy | None] = mapped_column(
        choice(RecognisedBy), info={"label": _l("Recognised by")}
    )
    counterparty_id: Mapped[int | None] = mapped_column(ForeignKey("counterparty.id", ondelete="SET NULL"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id", ondelete="SET NULL"))
    supplier_payment_id: Mapped[int | None] = mapped_column(ForeignKey("supplier_payment.id", ondelete="SET NULL"))

    statement: Mapped[BankStatement] = relationship(info={"label": _l("Bank statement")})
    counterparty: Mapped[Counterparty | None] = relationship(info={"label": _l("Counterparty")})
    payment: Mapped[Payment | None] = relationship(info={"label": _l("Payment")})
    supplier_payment: Mapped[SupplierPayment | None] = relationship(info={"label": _l("Supplier payment")})

    def __str__(self) -> str:
        return self.number
