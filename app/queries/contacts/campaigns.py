"""Which campaigns run, and by which sources."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, or_, select

from app.models.contacts import Campaign, CampaignCost


def running_with(source_id: int, day: date) -> Select[Campaign]:
    """The campaigns of the source whose period has the day in it; one without a first day has none."""
    mine = select(CampaignCost.campaign_id).where(CampaignCost.source_id == source_id)
    in_time = (Campaign.begins <= day, or_(Campaign.ends.is_(None), Campaign.ends >= day))
    return select(Campaign).where(Campaign.id.in_(mine), *in_time).order_by(Campaign.begins.desc(), Campaign.id)
