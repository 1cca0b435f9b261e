"""Indicators of managers as a page: under the figures it says what each of them means."""

from __future__ import annotations

from typing import Any

from app.queries.managers.indicators import INDICATORS
from app.views.reports import ReportView


class ManagersReportView(ReportView):
    template = "crm/managers/report.html"

    def more(self, given: dict[str, str]) -> dict[str, Any]:
        return {"definitions": {one.name: one.definition for one in INDICATORS}}
