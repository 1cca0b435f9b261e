"""Suppliers: what they deliver, their prices by day and terms, and whose offer of an item is best."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from flask import abort, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, or_
from werkzeug.wrappers import Response
from wtforms import SelectField, validators
from wtforms.meta import DefaultMeta

from app import clock
from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.products import Item
from app.models.suppliers import SupplierItem, SupplierPrice
from app.queries.purchasing.suppliers import price_history, risen_since
from app.queries.search import counterparty_matches, item_matches, like_prefix
from app.services.purchasing import supplier_facts
from app.services.purchasing.suppliers import check_supplier, set_price, set_terms
from app.services.typed import PriceDraft, TermsDraft
from app.views.purchasing.supply_forms import PriceForm, TermsForm
from app.web.datamodel import DataModel
from app.web.filters import Filter, one_of_list, typed
from app.web.forms.documents import document_page
from app.web.forms.fields import LookupField, id_of, offered, row_number
from app.web.lookup import Lookup, pickable
from app.web.views import VERBS, CrmView

HISTORY = 50
NAMES = ["code", "article", "name", "unit", "barcode"]


class PricedItems(DataModel):
    """Items of suppliers, each with the price of today: one statement for a page of them."""

    def page(self, *args: Any, **kwargs: Any) -> tuple[int, list[Any]]:
        count, items = super().page(*args, **kwargs)
        supplier_facts.put_prices(self.session, items, clock.today())
        return count, items


def by_words(_model: Any, text: str) -> ColumnElement[bool]:
    """Our name or code of the item, or the supplier's code."""
    return or_(SupplierItem.item.has(item_matches(text)), SupplierItem.code.ilike(like_prefix(text.strip())))


def price_value(name: str) -> Any:
    return lambda row: getattr(row.price_now, name, None)


def dearer(price: SupplierPrice, before: SupplierPrice | None) -> Decimal | None:
    """By how many per cent the price grew."""
    return (price.price - before.price) * 100 / before.price if before and before.price else None


RECENTLY = timedelta(days=30)


class Risen(Filter):
    name, arg_name = _l("Equal to"), "eq"

    def condition(self, value: str) -> ColumnElement[bool]:
        today = clock.today()
        return one_of_list(value, {"risen": risen_since(today - RECENTLY, today)})

    def input(self) -> Any:
        return SelectField(choices=offered({"risen": _l("Risen within 30 days")}))


class SupplierItemView(CrmView):
    datamodel = PricedItems(
        SupplierItem,
        searches={"words": typed(by_words), "change": Risen},
        computed={name: price_value(name) for name in ("price", "on", "lead_days", "min_quantity", "source")},
    )
    route_base = "/supplier-items"
    class_permission_name = "Suppliers"
    method_permission_name = VERBS | {"price": "write"}
    show_template = "crm/purchasing/supplier_item_card.html"
    list_title, add_title = _l("Items of suppliers"), _l("New item of a supplier")
    label_columns = {
        "words": _l("Item, code or supplier's code"),
        "price": _l("Price"),
        "change": _l("Change of the price"),
        "on": _l("Price since"),
        "lead_days": _l("Lead time, days"),
        "min_quantity": _l("Smallest quantity"),
        "source": _l("Source of the price"),
    }
    list_columns = ["item", "counterparty", "code", "name", "unit", "price", "on", "min_quantity"]
    show_columns = ["item", "counterparty", *NAMES, "price", "on", "source", "lead_days", "min_quantity"]
    add_columns = ["counterparty", "item", *NAMES]
    search_columns = ["words", "counterparty", "item", "change"]
    add_form_extra_fields = edit_form_extra_fields = {
        "counterparty": LookupField(_l("Supplier"), [validators.DataRequired()], model=Counterparty, offers="Supplier")
    }

    def beside(self, item: SupplierItem) -> dict[str, Any]:
        query = price_history(item.counterparty_id, item.item_id).limit(HISTORY)
        prices = [row.SupplierPrice for row in db.session.execute(query)]
        changes = [dearer(price, before) for price, before in zip_longest(prices, prices[1:])]
        return {"prices": list(zip(prices, changes, strict=True)), "today": clock.today()}

    def row(self, pk: Any) -> Any:
        item = super().row(pk)
        supplier_facts.put_prices(db.session, [item], clock.today())
        return item

    def pre_add(self, item: SupplierItem) -> None:
        check_supplier(self.datamodel.session, item.counterparty.id)

    pre_update = pre_add

    @expose("/price/<pk>", methods=["GET", "POST"])
    @has_access
    def price(self, pk: str) -> str | Response:
        """A new price of the item at its supplier; the form begins with what holds now."""
        row: SupplierItem = self.row(pk)
        was = row.price_now
        form = PriceForm.new(**{"lead_days": was.lead_days, "min_quantity": was.min_quantity} if was else {})
        given = {"supplier_id": row.counterparty_id, "item_id": row.item_id}
        title = _("Price of %(item)s from %(supplier)s", item=row.item, supplier=row.counterparty)

        return document_page(
            self,
            title,
            form,
            lambda: set_price(db.session, form.draft_of(PriceDraft, **given)),
            cancel_url=url_for("SupplierItemView.show", pk=row.id),
        )


class SuppliersView(BaseView):
    """What is said of a supplier as such: his terms, and his offer among those of others."""

    route_base = "/suppliers"
    default_view = "compare"
    class_permission_name = "Suppliers"

    @expose("/compare")
    @has_access
    @permission_name("read")
    def compare(self) -> str:
        """Everybody who offers the item."""
        number = row_number(request.args.get("item", ""))
        item = db.session.get(Item, number) if number else None
        picker = LookupField(_l("Item"), model=Item).bind(form=None, name="item", _meta=DefaultMeta())
        picker.process(None, item)
        offers = supplier_facts.offers(db.session, item.id, clock.today()) if item else []
        shown: str = self.render_template(
            "crm/purchasing/suppliers_compare.html",
            title=_("Comparison of suppliers"),
            item=item,
            offers=offers,
            picker=picker,
        )
        return shown

    @expose("/terms/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def terms(self, pk: str) -> str | Response:
        """How the supplier works from a day on; the form begins with what holds now."""
        supplier = db.session.get(Counterparty, row_number(pk) or 0)
        record = supplier_facts.supplier_on_day(db.session, supplier.id, clock.today()) if supplier else None
        if supplier is None or record is None:
            abort(404)
        names = ("reliability", "lead_days", "delivery")
        form = TermsForm.new(**{name: getattr(record.now, name) for name in names} if record.now else {})
        given = {"supplier_id": supplier.id, "by_id": id_of(current_user)}
        return document_page(
            self,
            _("Terms of %(supplier)s", supplier=supplier.name),
            form,
            lambda: set_terms(db.session, form.draft_of(TermsDraft, **given)),
            cancel_url=url_for("CounterpartyView.show", pk=supplier.id, side="supplier"),
        )


pickable(
    Lookup(
        Counterparty,
        name="Supplier",
        section="Counterparties",
        find=lambda _model, text: counterparty_matches(text),
        order=(Counterparty.name_sort, Counterparty.id),
        hint=lambda row: _("INN %(inn)s", inn=row.inn) if row.inn else row.code,
        some=Counterparty.is_supplier,
    )
)
