"""Coming deals: with whom, for how much, and what became of them."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.deals import ExpectedDeal


def complete(_session: Session, deal: ExpectedDeal, *, today: date) -> None:
    """Check the deal and fill in what follows: whose its contact or its order is, and that an ordered deal is over."""
    if deal.counterparty is None and deal.contact is not None:
        deal.counterparty = deal.contact.counterparty
        deal.prospect = deal.prospect or deal.contact.prospect
    if deal.counterparty is None and deal.order is not None:
        deal.counterparty = deal.order.counterparty
    if deal.counterparty is None and not deal.prospect:
        raise Refused(_("Choose a counterparty or name the prospect."), field="counterparty")
    if deal.order is not None and deal.order.counterparty != deal.counterparty:
        raise Refused(_("This order belongs to another counterparty."), field="order")
    if deal.order is not None:
        deal.ended_on = deal.ended_on or max(deal.order.date, today)
    if deal.ended_on is not None and deal.ended_on > today:
        raise Refused(_("A deal cannot end in the future."), field="ended_on")


def give_up(deal: ExpectedDeal, *, today: date) -> None:
    """Nothing came of the deal."""
    if deal.ended_on is not None:
        raise Refused(_("This deal is over already."))
    deal.ended_on = today
