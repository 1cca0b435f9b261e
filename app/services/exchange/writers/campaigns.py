"""What a file of campaigns says of each campaign itself, on any of its lines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, not_, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from app.models.contacts import Campaign, CampaignCost
from app.services.exchange.matching import value_said
from app.services.exchange.saving import RowWriter


def of_the_campaign(_heads: Any) -> ColumnElement[bool]:
    """A line without a source is of the campaign itself."""
    return CampaignCost.source_id.is_(None)


class CampaignWriter(RowWriter):
    """Costs, and the campaigns that they are of: of several lines the last one says it."""

    def write_parts(self) -> None:
        staging, heads, table = self.staging, self.staging.heads, Campaign.__table__
        campaign = staging.named("name")
        for field in staging.table.head_fields:
            if field.aside is None or field.name not in staging.present:
                continue
            value, column = value_said(staging, field), table.c[field.attribute.key]
            told = select(campaign.label("id"), value.label("value"))
            if field.name not in staging.asked.clear or not column.nullable:
                told = told.where(value.is_not(None))
            last = told.ext(distinct_on(campaign)).order_by(campaign, heads.c.line.desc()).subquery()
            differs = column.is_distinct_from(last.c.value)
            other = select(table.c.id).join(last, table.c.id == last.c.id).where(differs)
            staging.run(update(heads).where(campaign.in_(other), not_(heads.c.is_new)).values(changed=True))
            values = {column: last.c.value, table.c.version: table.c.version + 1}
            staging.run(update(table).where(table.c.id == last.c.id, differs).values(values))
