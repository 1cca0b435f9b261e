"""A campaign is kept whole: with the costs of its sources and its own."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.contacts import Campaign, CampaignCost

LONGEST_WINDOW = 3650  # days


def keep(session: Session, campaign: Campaign, costs: Mapping[int | None, Decimal] | None) -> None:
    """Save the campaign; `costs` by the number of the source, None for the campaign itself; not given: as they are."""
    if campaign.begins and campaign.ends and campaign.ends < campaign.begins:
        raise Refused(_("The end is before the start."), field="ends")
    if not 1 <= campaign.window_days <= LONGEST_WINDOW:
        raise Refused(_("From 1 to %(most)s days.", most=LONGEST_WINDOW), field="window_days")
    if campaign.budget is not None and campaign.budget < 0:
        raise Refused(_("Not less than zero."), field="budget")
    session.add(campaign)
    session.flush()
    if costs is None:
        return
    session.refresh(campaign, ["costs"])  # the base has made the row of the campaign itself
    there = {row.source_id: row for row in campaign.costs}
    for source_id, row in there.items():
        if source_id is None:
            row.cost = costs.get(None, Decimal(0))
        elif source_id not in costs:
            campaign.costs.remove(row)
        else:
            row.cost = costs[source_id]
    for source_id in costs.keys() - there.keys():
        campaign.costs.append(CampaignCost(source_id=source_id, cost=costs[source_id]))
    session.flush()
