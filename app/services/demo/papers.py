"""What the demo company has given to its clients on paper: a bill and an offer of its newest orders."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import PaperKind
from app.models.orders import BuyerOrder
from app.models.users import User
from app.services.papers.making import Subject, make, template_of

KINDS = (PaperKind.BILL, PaperKind.OFFER)


def write(session: Session, today: date) -> None:
    newest = select(BuyerOrder).where(BuyerOrder.unpaid_amount > 0, BuyerOrder.paid_amount == 0)
    orders = session.scalars(newest.order_by(BuyerOrder.date.desc(), BuyerOrder.id.desc()).limit(len(KINDS)))
    for kind, order in zip(KINDS, orders, strict=False):
        author = session.get_one(User, order.manager_id)
        make(session, kind, Subject(order=order), template_of(session, kind), author, today=today)
