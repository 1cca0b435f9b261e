"""What became of coming deals: one rule for rows and for conditions."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from app.domain.words import DealState
from app.models.deals import ExpectedDeal


def state_of(deal: ExpectedDeal) -> DealState:
    if deal.order_id is not None:
        return DealState.ORDERED
    return DealState.COMING if deal.ended_on is None else DealState.GIVEN_UP


def in_state(state: DealState) -> ColumnElement[bool]:
    if state is DealState.ORDERED:
        return ExpectedDeal.order_id.is_not(None)
    over = ExpectedDeal.ended_on.is_not(None) if state is DealState.GIVEN_UP else ExpectedDeal.ended_on.is_(None)
    return over & ExpectedDeal.order_id.is_(None)
