"""The XYZ report as a page: from a cell of clients to the plan of their contacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from app.views.contacts.work_plan import OF_CELL, cell_of, may_plan
from app.views.reports import PrintedTable, ReportView
from app.web.lists.chosen import may_mail
from app.web.reports.first_screen import FirstScreen


class XyzReportView(ReportView):
    """The XYZ report leads to the run that assigns its stages, and narrowed to a cell the plan of its contacts."""

    template = "crm/classification/report_xyz.html"

    def more(self, given: dict[str, str], tables: Sequence[PrintedTable], screen: FirstScreen) -> dict[str, Any]:
        may = self.appbuilder.sm.has_access
        plan = {name: given[name] for name in (*OF_CELL, "manager") if given.get(name)}
        return {
            "classify": url_for("WhatIfView.stages") if may("can_write", "Classification") else "",
            "history": may("can_read", "Classification"),
            "mailing_url": url_for("MailingView.begin", **plan) if cell_of(given) and may_mail() else "",  # type: ignore[arg-type]
            "plan_url": url_for("WorkPlanView.page", **plan) if cell_of(given) and may_plan() else "",  # type: ignore[arg-type]
        }
