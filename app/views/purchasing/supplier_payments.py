"""Payments to suppliers."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import validators

from app import clock
from app.models.counterparties import Counterparty
from app.models.supply import SupplierOrder, SupplierPayment
from app.queries.search import begins
from app.services.purchasing.supplier_payments import complete
from app.web.datamodel import DataModel
from app.web.filters import typed
from app.web.forms.fields import NEXT_NUMBER, LookupField, MoneyField, row_number
from app.web.lists.state import presets
from app.web.views import CrmView


class SupplierPaymentView(CrmView):
    datamodel = DataModel(
        SupplierPayment,
        searches={"number": typed(lambda _model, text: begins(SupplierPayment.number, text))},
        order_by={"date": "date", "number": "number"},
    )
    route_base = "/supplier-payments"
    class_permission_name = "Supplier payments"
    list_title, add_title = _l("Supplier payments"), _l("New supplier payment")
    list_columns = ["number", "date", "counterparty", "order", "amount", "purpose"]
    show_columns = list_columns[1:]
    add_columns = ["counterparty", "order", "date", "amount", "purpose", "number"]
    search_columns = ["number", "date", "counterparty"]
    optional_columns = ["number"]
    description_columns = {"number": NEXT_NUMBER}
    within = {"order": "counterparty"}
    base_order = ("date", "desc")
    add_form_extra_fields = edit_form_extra_fields = {
        "counterparty": LookupField(_l("Supplier"), [validators.DataRequired()], model=Counterparty, offers="Supplier"),
        "amount": MoneyField(_l("Amount"), [validators.InputRequired()], description=_l("A minus: he gave it back.")),
    }

    def new_values(self) -> dict[str, Any]:
        """Of today; by an order what is left to pay of it."""
        number = row_number(presets(self.add_columns).get("order", ""))
        order = self.datamodel.session.get(SupplierOrder, number) if number else None
        if order is None:
            return {"date": clock.today()}
        left = max(order.unpaid_amount, 0) or None
        return {"date": clock.today(), "counterparty": order.counterparty, "amount": left}

    def pre_add(self, item: SupplierPayment) -> None:
        complete(self.datamodel.session, item)

    pre_update = pre_add
