"""Papers for clients: shown before they are made, made with a number and kept, begun as a letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app import formatting
from app.domain.formats.pdf import PDF, typeset
from app.domain.letters.fields import TemplateField
from app.domain.papers.agreed import PaperLine, agreed, vat_by_rate
from app.domain.periods import Period
from app.domain.vat import VatRate
from app.domain.words import DocumentKind, PaperKind
from app.errors import Refused
from app.formatting import show_period
from app.models.captions import caption
from app.models.corrections import CorrectionLine, OrderCorrection
from app.models.counterparties import ContactPerson, Counterparty
from app.models.deals import ExpectedDeal
from app.models.letters import LetterDraft
from app.models.orders import BuyerOrder, OrderLine
from app.models.organisation import Organisation
from app.models.papers import Paper, PaperTemplate
from app.models.users import User
from app.queries.sales.settlements import movements
from app.services.mail import composing, templates
from app.services.mail.sending import blob_of
from app.services.numbering import next_number
from app.services.papers import content
from app.services.papers.content import ActRow, Asked, Owed, Said
from app.services.papers.organisation import ours

LAYOUT = Path(__file__).with_name("paper.typ")
LANGUAGE = "ru"
MOST_ROWS = 5_000  # of an act
MOST_TAGGED = 500  # tags cost ten times the size of a paper


@dataclass(frozen=True)
class Subject:
    """What a paper is of: an order, a coming deal, or what a client owes over a period."""

    order: BuyerOrder | None = None
    deal: ExpectedDeal | None = None
    client: Counterparty | None = None
    period: Period | None = None

    @property
    def counterparty(self) -> Counterparty | None:
        return self.client or (self.order.counterparty if self.order else self.deal.counterparty if self.deal else None)

    @property
    def name(self) -> str:
        """Whom it is for; of an order whose counterparty the reader does not see, the name alone."""
        if self.counterparty is not None:
            return self.counterparty.full_name or self.counterparty.name
        return str(self.order.counterparty_name) if self.order else self.deal.prospect if self.deal else ""

    @property
    def person(self) -> ContactPerson | None:
        if self.order is not None:
            return self.order.person
        return self.deal.contact.person if self.deal and self.deal.contact else None


@dataclass(frozen=True)
class Laid:
    """A paper that is not kept yet."""

    title: str
    amount: Decimal
    pdf: bytes = field(repr=False)


def template_of(session: Session, kind: PaperKind, number: int | None = None) -> PaperTemplate:
    """The one that is chosen, else the main one of the kind."""
    asked = select(PaperTemplate).where(PaperTemplate.kind == kind)
    asked = asked.where(PaperTemplate.id == number) if number else asked.where(PaperTemplate.is_main)
    found = session.scalars(asked).one_or_none()
    if found is None:
        raise Refused(_("There is no such template: choose another one."), field="template")
    return found


def make(
    session: Session, kind: PaperKind, subject: Subject, template: PaperTemplate, author: User, *, today: date
) -> Paper:
    """A paper with the next number of its kind, kept as it is from now on."""
    us = _ours(session, kind)
    number = next_number(session, DocumentKind(kind.value), today.year)
    laid = lay_out(session, us, kind, subject, template, author, number, today=today)
    paper = Paper(
        kind=kind,
        number=number,
        date=today,
        title=laid.title,
        counterparty_id=subject.order.counterparty_id if subject.order else _id(subject.counterparty),
        order_id=_id(subject.order),
        deal_id=_id(subject.deal),
        template_id=template.id,
        amount=laid.amount,
        blob_id=blob_of(session, laid.pdf),
        made_by_id=author.id,
    )
    session.add(paper)
    session.flush()
    return paper


def preview(
    session: Session, kind: PaperKind, subject: Subject, template: PaperTemplate, author: User, *, today: date
) -> bytes:
    """The same paper, without a number of its own."""
    return lay_out(session, _ours(session, kind), kind, subject, template, author, "0000", today=today).pdf


def lay_out(
    session: Session,
    us: Organisation,
    kind: PaperKind,
    subject: Subject,
    template: PaperTemplate,
    author: User,
    number: str,
    *,
    today: date,
) -> Laid:
    """What is refused is told in the reader's language; the paper is in ours."""
    if kind is PaperKind.ACT:
        return _act(session, us, subject, template, author, number, today)
    lines = lines_of(session, subject)
    amount = content.total_of(lines)
    paid = subject.order.paid_amount if subject.order and kind is PaperKind.BILL else Decimal(0)
    if kind is PaperKind.BILL and amount <= paid:
        raise Refused(_("There is nothing left to pay."))
    until = {TemplateField.VALID_UNTIL: content.day(today + timedelta(days=template.valid_days))}
    said = said_of(session, template, subject, author, number, amount, until, today)
    with force_locale(LANGUAGE):
        buyer = subject.counterparty
        asked = Asked(
            buyer=content.company(buyer) if buyer else subject.name,
            person=subject.person.name if subject.person else "",
            address=subject.order.delivery_address if subject.order else "",
            paid=paid,
            purpose=purpose(subject, number, today, lines),
        )
        paper = content.goods_paper(us, template, said, lines, asked)
    return Laid(said.title, amount, typeset(layout(), paper))


def layout() -> str:
    return LAYOUT.read_text(encoding="utf-8")


def purpose(subject: Subject, number: str, today: date, lines: list[PaperLine]) -> str:
    """What stands in the payment; by the number of the order the money finds it again."""
    taxes = vat_by_rate(lines)
    rates = ", ".join(f"{content.rate(of)} {much}" for of, much in taxes.items() if of is not VatRate.ZERO)
    order = f" (заказ {subject.order.number})" if subject.order else ""
    vat = f"в т.ч. НДС {rates}" if rates else "без НДС"
    return f"Оплата по счету {number} от {content.day(today)}{order}, {vat}"


def lines_of(session: Session, subject: Subject) -> list[PaperLine]:
    """What is offered or billed; a coming deal is one line, its sum."""
    if subject.order is not None:
        ordered = select(OrderLine).where(OrderLine.order_id == subject.order.id).order_by(OrderLine.position)
        changes = (
            select(CorrectionLine)
            .join(CorrectionLine.correction)
            .where(OrderCorrection.order_id == subject.order.id)
            .order_by(OrderCorrection.date, OrderCorrection.id, CorrectionLine.position)
        )
        lines = agreed(
            map(_line, session.scalars(ordered.options(selectinload(OrderLine.item)))),
            map(_line, session.scalars(changes.options(selectinload(CorrectionLine.item)))),
        )
    elif subject.deal is not None:
        deal, one = subject.deal, Decimal(1)
        name = deal.subject or "По предварительной договоренности"
        lines = [PaperLine(0, "", name, "", one, deal.amount, Decimal(0), VatRate.NONE, deal.amount)]
    else:
        lines = []
    if not lines:
        raise Refused(_("There are no lines: nothing to put on paper."))
    return lines


def _line(line: OrderLine | CorrectionLine) -> PaperLine:
    item = line.item
    terms = (line.quantity, line.price, line.discount, line.vat, line.amount)
    return PaperLine(item.id, item.code, item.name, item.unit, *terms)


def said_of(
    session: Session,
    template: PaperTemplate,
    subject: Subject,
    author: User,
    number: str,
    amount: Decimal,
    more: Mapping[TemplateField, str],
    today: date,
) -> Said:
    """The words of the template for this client and this order."""
    with force_locale(LANGUAGE):
        values = dict(templates.values_of(session, subject.counterparty, subject.person, author, today))
        values |= {TemplateField.PAPER: number, TemplateField.PAPER_DAY: content.day(today)}
        values.setdefault(TemplateField.CLIENT, subject.name)
        if subject.order is not None:
            values |= templates.values_of_order(subject.order)
        values |= {TemplateField.PAPER_SUM: formatting.money(amount), **more}
    return words_of(template, values)


def words_of(template: PaperTemplate, values: templates.Values) -> Said:
    """Sentences leave out what is not known; a title that lacks a word is refused."""
    title = templates.fill(template.title or "", values, "title")
    opening, closing = (templates.tell(getattr(template, name) or "", values, name) for name in ("opening", "closing"))
    return Said(title, opening, closing)


def _act(
    session: Session,
    us: Organisation,
    subject: Subject,
    template: PaperTemplate,
    author: User,
    number: str,
    today: date,
) -> Laid:
    client, period = subject.client, subject.period
    if client is None or period is None:
        raise Refused(_("Choose the counterparty and the period."), field="period")
    if period.first > today:
        raise Refused(_("The period %(period)s has not begun yet.", period=show_period(period)), field="period")
    period = Period(period.first, min(period.last, today))  # of days to come nobody can sign what is owed
    moved = session.execute(movements(client.id, on=period.last)).all()
    within = [row for row in moved if row.date >= period.first]
    if len(within) > MOST_ROWS:
        raise Refused(_("More than %(most)s documents: choose a shorter period.", most=MOST_ROWS), field="period")
    debt = moved[-1].debt if moved else Decimal(0)
    before = debt - sum(row.change for row in within)
    days = {TemplateField.PERIOD: f"{content.day(period.first)} – {content.day(period.last)}"}
    said = said_of(session, template, subject, author, number, abs(debt), days, today)
    with force_locale(LANGUAGE):
        rows = [
            ActRow(row.date, f"{caption(DocumentKind(row.kind))} {row.number}", row.shipped, row.returned + row.paid)
            for row in within
        ]
        owed = Owed(client.full_name or client.name, content.company(client), rows, before, debt, period)
        paper = content.act_paper(us, template, said, owed)
    return Laid(said.title, debt, typeset(layout(), paper, tagged=len(rows) < MOST_TAGGED))


def _ours(session: Session, kind: PaperKind) -> Organisation:
    us = ours(session)
    if not us.name:
        raise Refused(_("Fill in “Our organisation” first: papers have its name."))
    if kind is PaperKind.BILL and not us.accounts:
        raise Refused(_("Add an account to “Our organisation” first: the bill is paid to it."))
    return us


def _id(row: Any) -> int | None:
    return row.id if row is not None else None


def begin_letter(session: Session, paper: Paper, author: User, *, now: datetime) -> LetterDraft:
    """A letter to the client with the paper in it; once sent, it is a contact, of an offer a marked one."""
    person = Subject(order=paper.order, deal=paper.deal).person
    draft = composing.begin(session, author, counterparty=paper.counterparty, person=person, now=now)
    draft.subject = paper.title
    composing.keep(session, draft, {}, now=now)
    composing.attach(session, draft, paper.file_name, PDF, paper.blob.content)
    return draft
