"""Who is calling: one screen while the talk goes on."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app import clock
from app.domain import phones
from app.domain.words import ContactKind, ContactState, Direction
from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.orders import BuyerOrder
from app.services.counterparties import callers
from app.services.sales.board import to_ship
from app.web.display import display
from app.web.readings import note_shown

LONGEST = 100


class CallView(BaseView):
    """`/call?phone=` for a softphone and for the hand; `counterparty` and `person` choose among several."""

    route_base = "/call"
    default_view = "page"
    class_permission_name = "Contact persons"

    @expose("")
    @has_access
    @permission_name("read")
    def page(self) -> Any:
        text = typed_number(request.args.get("phone", ""))
        known = callers.find(db.session(), text) if phones.parse(text) else None
        numbers = ways_named(known.numbers if known else [])
        clients = {info.counterparty_id: info.counterparty for info in numbers}
        shown: dict[str, Any] = {}
        if len(clients) == 1:
            shown = self.client(next(iter(clients)), numbers)
        return self.render_template(
            "crm/counterparties/call.html",
            title=_("Who is calling?"),
            text=text,
            known=known,
            numbers=numbers,
            may_register=all(self.writes(section) for section in ("Contacts", "Counterparties")),
            new_contact_url=self.new_contact_url,
            now=clock.now(),
            today=clock.today(),
            **shown,
        )

    @expose("/beside/<int:pk>")
    @has_access
    @permission_name("read")
    def beside(self, pk: int) -> Any:
        """What is known of a client, for whoever writes something about him."""
        if db.session.get(Counterparty, pk) is None:
            abort(404)
        return self.render_template("crm/counterparties/beside.html", **self.client(pk, []))

    def client(self, counterparty_id: int, numbers: list[ContactInfo]) -> dict[str, Any]:
        """All about one client; the person is known when the number is of one person alone."""
        people = {info.person_id: info.person for info in numbers if info.person_id}
        person = next(iter(people.values())) if len(people) == 1 else None
        session, reads_contacts, reads_orders = db.session(), self.reads("Contacts"), self.reads("Orders")
        reads_money = self.reads("Shipments") and self.reads("Payments")
        person_id, today = person.id if person else None, clock.today()
        card = callers.card(session, counterparty_id, person_id, today=today, has_debt=reads_money)
        note_shown(person or card.counterparty)
        contacts = callers.contacts_of(session, counterparty_id) if reads_contacts else []
        orders = callers.unfinished_orders(session, counterparty_id) if reads_orders else []
        return {
            "debt": card.debt,
            "card": card,
            "person": person,
            "people": people.values() if len(people) > 1 else [],
            "planned": [c for c in contacts if c.state is ContactState.PLANNED],
            "past": [c for c in contacts if c.state is not ContactState.PLANNED],
            "orders": [(order, awaited(order, today)) for order in orders],
            "reads_contacts": reads_contacts,
            "reads_orders": reads_orders,
        }

    def writes(self, section: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_write", section))

    def reads(self, section: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_read", section))

    def new_contact_url(
        self,
        *,
        counterparty: Counterparty | None = None,
        person: ContactPerson | None = None,
        like: Contact | None = None,
        phone: str = "",
    ) -> str:
        """The form of this very call; "" for whoever may not register one."""
        if not self.writes("Contacts"):
            return ""
        given = {
            "counterparty": counterparty and counterparty.id,
            "person": person and person.id,
            "prospect": like and like.prospect,
            "prospect_person": like and like.prospect_person,
            "prospect_phone": phone,
            "kind": ContactKind.CALL,
            "direction": Direction.IN,
            "state": ContactState.DONE,
        }
        presets: dict[str, Any] = {f"_flt_0_{name}": str(value) for name, value in given.items() if value}
        return url_for("ContactView.add", **presets)


def awaited(order: BuyerOrder, today: date) -> list[tuple[str, bool]]:
    """What the order waits for, in words, each with whether it is late."""
    words = []
    if shipment := to_ship(order, today):
        words.append((_("ship on %(day)s", day=display(shipment.day)), shipment.urgency == "overdue"))
    if order.unpaid_amount > 0:
        text, day = _("not yet paid: %(amount)s", amount=display(order.unpaid_amount)), order.pay_by
        if day:
            due = _("pay by %(day)s", day=display(day))
            text = f"{text}, {due}"
        words.append((text, day is not None and day < today))
    return words


def typed_number(raw: str) -> str:
    """The number in the address: a softphone that forgets to encode its plus sends a space."""
    text = raw[:LONGEST].strip()
    return f"+{text}" if raw.startswith(" ") and text[:1].isdecimal() else text


def ways_named(numbers: Any) -> list[ContactInfo]:
    """Those of the counterparty and the person that the address names, of all when it names none."""
    counterparty, person = request.args.get("counterparty", type=int), request.args.get("person", type=int)
    return [
        info for info in numbers if counterparty in {None, info.counterparty_id} and person in {None, info.person_id}
    ]
