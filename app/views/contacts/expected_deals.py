"""Coming deals with buyers and prospects."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response
from wtforms import SelectField, validators

from app import clock
from app.domain.words import DealState
from app.errors import Refused
from app.models.deals import ExpectedDeal
from app.queries.contacts.expected_deals import in_state, state_of
from app.services.contacts import expected_deals
from app.web.datamodel import DataModel
from app.web.filters import Filter, word_of
from app.web.forms.fields import offered, words_of
from app.web.views import VERBS, CrmView

ABOUT = ["subject", "counterparty", "prospect", "expected_on", "amount", "probability", "manager", "contact", "comment"]
OUTCOME = ["order", "ended_on"]


class InState(Filter):
    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        return in_state(word_of(value, DealState))

    def input(self) -> Any:
        return SelectField(choices=offered(words_of(DealState)))


class ExpectedDealView(CrmView):
    datamodel = DataModel(
        ExpectedDeal,
        searches={"state": InState},
        order_by={"expected_on": "expected_on"},
        computed={
            "state": state_of,
            "with_whom": lambda deal: deal.counterparty or deal.prospect,
            "weighted": lambda deal: round(deal.amount * deal.probability / 100, 2),
        },
        loads=["counterparty"],
    )
    route_base = "/expected-deals"
    class_permission_name = "Deals"
    method_permission_name = VERBS | {"give_up": "write"}
    list_title, add_title = _l("Coming deals"), _l("New coming deal")
    label_columns = {
        "with_whom": _l("With whom"),
        "state": _l("What became of it"),
        "weighted": _l("By its probability"),
        "prospect": _l("Prospect who is not in the base"),
    }
    list_columns = ["subject", "with_whom", "expected_on", "amount", "probability", "weighted", "manager", "state"]
    show_columns = [*ABOUT[:6], "weighted", "state", *ABOUT[6:], *OUTCOME]
    add_columns = ABOUT
    edit_fieldsets = [("", {"fields": ABOUT}), (_l("What became of it"), {"fields": OUTCOME})]
    search_columns = ["state", "manager", "expected_on", "counterparty"]
    description_columns = {"ended_on": _l("Empty: the deal is still awaited.")}
    validators_columns = {
        "amount": [validators.NumberRange(min=0.01, message=_l("The amount must be above zero."))],
        "probability": [validators.NumberRange(0, 100, _l("A probability is from 0 to 100 percent."))],
    }
    within = {"order": "counterparty", "contact": "counterparty"}
    base_order = ("expected_on", "asc")
    show_template = "crm/contacts/deal_card.html"

    def new_values(self) -> dict[str, Any]:
        return {"manager": current_user}

    def pre_add(self, item: ExpectedDeal) -> None:
        expected_deals.complete(self.datamodel.session, item, today=clock.today())

    pre_update = pre_add

    @action("give_up", _l("Nothing came of it"), icon="fa-ban", multiple=False)
    def give_up(self, deal: ExpectedDeal) -> Response:
        try:
            expected_deals.give_up(deal, today=clock.today())
            self.datamodel.edit(deal)
            flash(_("The deal is given up."), "success")
        except Refused as refused:
            flash(str(refused), "warning")
        return redirect(url_for("ExpectedDealView.show", pk=deal.id))
