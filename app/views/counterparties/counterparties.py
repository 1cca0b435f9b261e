"""Counterparties: buyers, suppliers, subcontractors and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, FromClause, literal, null, select, true
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import validators

from app import clock
from app.domain import phones
from app.domain.viewer import Sees
from app.models.counterparties import ContactInfo, Counterparty
from app.models.visibility import viewer_of
from app.queries.classification.rhythm import rhythms
from app.queries.classification.standing import history_json
from app.queries.counterparties.history import card_changes_json
from app.queries.counterparties.phones import phone_ends
from app.queries.sales.settlements import overdue
from app.queries.search import counterparty_matches, email_is
from app.services import duplicates
from app.services.classification import why
from app.services.classification.rhythm import rhythm_in_words
from app.services.purchasing import supplier_facts
from app.services.remarks import Remark
from app.views.client_columns import OF_CLIENT
from app.views.contacts.contacts import ContactView
from app.views.counterparties.contact_info import ContactInfoView
from app.views.counterparties.hand_over import complete, may_hand_over
from app.views.counterparties.persons import PersonView
from app.views.purchasing.supplier_orders import SupplierOrderView
from app.views.sales.orders import OrderView
from app.views.sales.payments import PaymentView
from app.views.sales.shipments import ShipmentView
from app.web.datamodel import DataModel
from app.web.display import CardEvent
from app.web.filters import Contains, Exactly, typed
from app.web.forms.remarks import answering
from app.web.lookup import Lookup, pickable
from app.web.rest import RestApi
from app.web.views import VERBS, CrmView

FEWEST_DIGITS = 4  # of a phone
FLAGS = ["is_buyer", "is_supplier", "is_subcontractor", "is_other"]
REQUISITES = ["code", "name", "full_name", "kind", "inn", "kpp", "ogrn", "requisites_accepted"]
MANAGED = ["manager", "group", "source"]
ABOUT = ["needs", "comment"]
TERMS = ["allowed_debt", "allowed_days"]
# Whoever both buys and supplies has a card of two sides.
OF_SIDE: dict[str, Any] = {"buyer": (OrderView, ShipmentView, PaymentView), "supplier": (SupplierOrderView,)}


def by_phone(_model: Any, text: str) -> ColumnElement[bool]:
    return Counterparty.id.in_(select(ContactInfo.counterparty_id).where(phone_ends(text)))


def by_email(_model: Any, text: str) -> ColumnElement[bool]:
    return Counterparty.id.in_(select(ContactInfo.counterparty_id).where(email_is(text)))


def roles_of(counterparty: Counterparty) -> list[str]:
    """Buyer, supplier …: one may be several at once."""
    return [str(Counterparty.__table__.c[flag].info["label"]) for flag in FLAGS if getattr(counterparty, flag)]


def card_events(rows: list[dict[str, Any]] | None) -> list[CardEvent]:
    words = {"manager": _l("Responsible manager"), "source": _l("Information source")}
    return [
        CardEvent(date.fromisoformat(row["on"]), words[row["what"]], row["name"] or "—", row["author"] or "")
        for row in rows or ()
    ]


def sees_own_alone(session: Session) -> bool:
    viewer = viewer_of(session)
    return viewer is not None and not viewer.sees_all and Sees.OWN in viewer.sees


class CounterpartyView(CrmView):
    datamodel = DataModel(
        Counterparty,
        searches={"words": typed(lambda _model, text: counterparty_matches(text)), "phone": typed(by_phone)},
        order_by={"name": "name_sort", "registered_on": "registered_on"},
        computed={"roles": roles_of},
    )
    route_base = "/counterparties"
    class_permission_name = "Counterparties"
    method_permission_name = VERBS | {"hand_over": "write"}
    list_title, add_title = _l("Counterparties"), _l("New counterparty")
    label_columns = {"words": _l("Name, code or INN"), "phone": _l("Phone"), "roles": _l("Roles")}
    facts = OF_CLIENT
    list_columns = ["name", "abc", "stage", "manager", "phone", "last_contact", "next_contact", "debt"]
    more_columns = ["code", "inn", "kpp", "roles", "kind", "group", "source", "registered_on", *TERMS, *ABOUT]
    show_fieldsets = [
        ("", {"fields": ["roles", *MANAGED, "registered_on", *REQUISITES[1:7], "code"]}),
        (_l("About the client"), {"fields": ABOUT}),
    ]
    add_fieldsets = [
        ("", {"fields": ["name", "full_name", "kind", *FLAGS]}),
        (_l("Requisites"), {"fields": ["inn", "kpp", "ogrn", "requisites_accepted", "code"]}),
        (_l("Work"), {"fields": [*MANAGED, *TERMS, *ABOUT]}),
    ]
    search_columns = ["words", "phone", "manager", "group", *FLAGS]
    optional_columns = ["code"]
    description_columns = {
        "code": _l("Empty: the next number is given."),
        "allowed_debt": _l("Empty: debt is not limited."),
        "allowed_days": _l("Days after a shipment; empty: by the day of payment of the order."),
    }
    validators_columns = {name: [validators.NumberRange(min=0, message=_l("Not less than zero."))] for name in TERMS}
    show_template = "crm/counterparties/counterparty_card.html"
    base_order = ("name", "asc")
    related_views = [
        *(ContactInfoView, PersonView, ContactView),
        *(OrderView, ShipmentView, PaymentView),
        SupplierOrderView,
    ]

    watched = ("inn", "kpp", "name")
    answer = "distinct_reason"
    add_form_extra_fields = edit_form_extra_fields = answering(answer, _l("Why it is another counterparty"), 200)

    def remarks(self, typed: Mapping[str, str], own: int | None) -> list[Remark]:
        return duplicates.remarks(self.datamodel.session, own=own, **typed)

    def new_values(self) -> dict[str, Any]:
        """Whoever sees his own clients alone adds a client of his own."""
        return {"manager": current_user} if sees_own_alone(self.datamodel.session) else {}

    def side(self, item: Counterparty) -> str:
        """What the card shows the counterparty as; nothing where there is no choice."""
        if not item.is_supplier or not self.appbuilder.sm.has_access("can_read", "Suppliers"):
            return ""
        asked = request.args.get("side")
        return asked if asked in OF_SIDE else "buyer" if item.is_buyer else "supplier"

    def related_of(self, item: Counterparty) -> Sequence[CrmView]:
        views = super().related_of(item)
        if self.side(item) != "supplier":
            return [view for view in views if not isinstance(view, OF_SIDE["supplier"])]
        kept = [view for view in views if not isinstance(view, OF_SIDE["buyer"])]
        return sorted(kept, key=lambda view: not isinstance(view, OF_SIDE["supplier"]))

    def beside(self, item: Counterparty) -> dict[str, Any]:
        if self.side(item) == "supplier":
            session, today = self.datamodel.session, clock.today()
            items, more = supplier_facts.items_of(session, item.id, today)
            told = supplier_facts.supplier_on_day(session, item.id, today)
            return {"side": "supplier", "told": told, "supplied": items, "more_supplied": more}
        return {"side": self.side(item)} | self.as_buyer(item)

    def as_buyer(self, item: Counterparty) -> dict[str, Any]:
        """His changes of hands, debt, class and stage with their history, and his rhythm, in one statement."""
        session, today, may = self.datamodel.session, clock.today(), self.appbuilder.sm.has_access
        pays, classed = may("can_read", "Payments"), item.is_buyer and may("can_read", "Classification")
        history = history_json(item.id, today) if classed else null()
        query = select(history.label("history"), card_changes_json(item.id).label("changes"))
        beside: FromClause = select(literal(1).label("row")).subquery("one")
        for wanted, rows in (
            (pays, overdue(today, [item.id]).where(Counterparty.id == item.id)),
            (classed, rhythms(today, item.id)),
        ):
            if wanted:
                found = rows.subquery()
                query, beside = query.add_columns(*found.c), beside.outerjoin(found, true())
        row = session.execute(query.select_from(beside)).one()
        parts = {"changes": card_events(row.changes)} | ({"balance": row} if pays else {})
        if classed:
            parts |= {"history": why.history_from(row.history, today), "rhythm": rhythm_in_words(row, today)}
        return parts

    def pre_add(self, item: Counterparty) -> None:
        complete(self.datamodel.session, item)

    pre_update = pre_add

    def offered_actions(self) -> dict[str, Any]:
        return self.actions if may_hand_over() else {}

    @action("hand_over", _l("Hand over"), icon="fa-people-arrows")
    def hand_over(self, items: Counterparty | list[Counterparty]) -> Response:
        rows = items if isinstance(items, list) else [items]
        return redirect(url_for("HandOverView.page", clients=",".join(str(item.id) for item in rows)))


class CounterpartyApi(RestApi):
    resource_name = "counterparty"
    datamodel = DataModel(
        Counterparty,
        searches={
            **dict.fromkeys(("code", "inn"), (Contains, Exactly)),
            **dict.fromkeys(("kpp", "ogrn"), Exactly),
            "email": typed(by_email, "eq"),
            "phone": typed(by_phone, "eq"),
        },
        order_by={"name": "name_sort", "registered_on": "registered_on"},
    )
    class_permission_name = "Counterparties"
    list_columns = ["id", *REQUISITES, *FLAGS, "manager.username", "group.name", "source.name", "registered_on"]
    show_columns = [*list_columns, "distinct_reason", *TERMS, *ABOUT]
    add_columns = edit_columns = [*REQUISITES, "distinct_reason", *FLAGS, *MANAGED, *TERMS, *ABOUT]
    search_columns = ["code", "inn", "kpp", "ogrn", "email", "phone", "manager", "group", *FLAGS]
    base_order = ("name", "asc")
    optional_columns = ["code"]
    before_save = staticmethod(complete)
    remarks = staticmethod(duplicates.of_counterparty)


def by_letters_or_digits(_model: Any, text: str) -> ColumnElement[bool]:
    """Of whatever a person on the telephone is known by: words of the name, INN, code, digits of a phone."""
    named = select(Counterparty.id).where(counterparty_matches(text))
    if len(phones.digits_of(text)) < FEWEST_DIGITS:
        return Counterparty.id.in_(named)
    reached = select(ContactInfo.counterparty_id).where(phone_ends(text))
    return Counterparty.id.in_(named.union(reached))


pickable(
    Lookup(
        Counterparty,
        name="Client",
        section="Counterparties",
        find=by_letters_or_digits,
        order=(Counterparty.name_sort, Counterparty.id),
        hint=lambda row: _("INN %(inn)s", inn=row.inn) if row.inn else row.code,
    )
)
pickable(
    Lookup(
        Counterparty,
        section="Counterparties",
        find=lambda _model, text: counterparty_matches(text),
        order=(Counterparty.name_sort, Counterparty.id),
        hint=lambda row: _("INN %(inn)s", inn=row.inn) if row.inn else row.code,
    )
)
