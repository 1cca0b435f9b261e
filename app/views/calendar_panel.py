"""What stands beside the calendar: a contact, a task or an order in tabs, each of which is read when it is opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import abort, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import clock
from app.domain.order_state import by_line, percent_done
from app.domain.words import ContactState, DocumentKind, FeedKind
from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, Counterparty
from app.models.deals import ExpectedDeal
from app.models.figures import ClientFigure
from app.models.letters import Letter
from app.models.movements import Payment, Shipment
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.tasks import Task
from app.queries.client_list import main_phone, phone_of_contact
from app.queries.sales.orders import lines_of_order
from app.queries.sales.settlements import latest_movements
from app.services.counterparties import callers
from app.views.client_columns import phone
from app.views.counterparties.call import awaited
from app.web.cards.feed import feed_page
from app.web.display import card_url
from app.web.forms.fields import row_number

AHEAD = 5  # planned contacts of a client, the nearest
LETTERS = 3  # of a contact
MOVEMENTS = 15  # of money: the whole is in the report
SECTIONS_OF_ROWS = {
    Contact: "Contacts",
    Task: "Tasks",
    BuyerOrder: "Orders",
    SupplierOrder: "Supplier orders",
    ExpectedDeal: "Deals",
}
TABS: Mapping[str, Any] = {
    "about": _l("The matter"),
    "documents": _l("Documents"),
    "settlements": _l("Debt"),
    "client": _l("Client"),
    "contacts": _l("Contacts"),
    "history": _l("History"),
}
DOCUMENTS = (FeedKind.SHIPMENT, FeedKind.SHARE, FeedKind.CORRECTION, FeedKind.PAPER, FeedKind.CLOSING)
TALKS = (FeedKind.CONTACT, FeedKind.LETTER)
HISTORIES = {  # what became of the row itself: by which name the feed knows it
    Contact: ("contact", (FeedKind.CONTACT_MOVE, FeedKind.TASK, FeedKind.CHANGE)),
    Task: ("task", (FeedKind.TASK_MOVE, FeedKind.CHANGE)),
    BuyerOrder: ("order", (FeedKind.ORDER_MOVE, FeedKind.CONTACT, FeedKind.TASK, FeedKind.LETTER, FeedKind.CHANGE)),
}


class PanelScreens:
    """Panels of the calendar's rows; `tab` of the address says which part is told."""

    @expose("/order/<pk>")
    @has_access
    @permission_name("read")
    def order(self, pk: str) -> str:
        order = self.row(BuyerOrder, pk)
        return self.panel(
            order,
            "crm/calendar/panel_order.html",
            shipped_percent=percent_done(order.planned_amount - order.rest_amount, order.planned_amount),
            paid_percent=percent_done(order.paid_amount, order.due_amount),
            may={name: self.writes(name) for name in ("Shipments", "Payments", "Orders")},
        )

    @expose("/contact/<pk>")
    @has_access
    @permission_name("read")
    def contact(self, pk: str) -> str:
        return self.panel(self.row(Contact, pk), "crm/calendar/panel_contact.html")

    @expose("/task/<pk>")
    @has_access
    @permission_name("read")
    def task(self, pk: str) -> str:
        return self.panel(self.row(Task, pk), "crm/calendar/panel_task.html")

    @expose("/supply/<pk>")
    @has_access
    @permission_name("read")
    def supply(self, pk: str) -> str:
        may = {name: self.writes(name) for name in ("Receipts", "Supplier payments", "Supplier orders")}
        return self.panel(self.row(SupplierOrder, pk), "crm/calendar/panel_supply.html", may=may)

    @expose("/deal/<pk>")
    @has_access
    @permission_name("read")
    def deal(self, pk: str) -> str:
        return self.panel(self.row(ExpectedDeal, pk), "crm/calendar/panel_deal.html")

    def panel(self, row: Any, template: str, **more: Any) -> str:
        client, session = row.counterparty, db.session()
        tabs, asked = self.tabs_of_row(row), request.args.get("tab", "")
        tab = asked if asked in tabs else "about"
        is_contact = isinstance(row, Contact)
        of_contact = select(phone_of_contact()).select_from(Contact).where(Contact.id == row.id)
        of_client = select(main_phone(ContactInfo.counterparty_id, Counterparty.id)).select_from(Counterparty)
        number = of_contact if is_contact else of_client.where(Counterparty.id == client.id) if client else None
        knows_debt = client is not None and self.reads_money()
        debt = select(ClientFigure.debt).where(ClientFigure.counterparty_id == client.id) if knows_debt else None
        page: str = self.render_template(  # type: ignore[attr-defined]
            template,
            title=str(row),
            item=row,
            client=client,
            name=client or getattr(row, "counterparty_name", None) or getattr(row, "prospect", ""),
            debt=session.scalar(debt) if debt is not None else None,
            phone=phone(found) if number is not None and (found := session.scalar(number)) else "",
            write_about={"contact": row.id} if is_contact else {"counterparty": client.id} if client else {},
            next_about={"_flt_0_order": row.id} if isinstance(row, BuyerOrder) else {},
            card_url=card_url(type(row), row.id),
            tabs={name: TABS[name] for name in tabs},
            tab=tab,
            **self.told_by_tab(tab, row),
            **more,
        )
        return page

    def tabs_of_row(self, row: Any) -> Collection[str]:
        """The parts that there are of the row, and that the reader may see."""
        has_client = row.counterparty is not None
        found = {
            "about": True,
            "documents": isinstance(row, BuyerOrder),
            "settlements": has_client and self.reads_money() and not isinstance(row, SupplierOrder),
            "client": has_client,
            "contacts": has_client and self.reads("Contacts"),
            "history": type(row) in HISTORIES,
        }
        return [name for name, there in found.items() if there]

    def told_by_tab(self, tab: str, row: Any) -> dict[str, Any]:
        """What is read for the tab alone."""
        client, session = row.counterparty, db.session()
        match tab:
            case "documents":
                return {"events": feed_page(session, "order", row.id, DOCUMENTS).events}
            case "settlements":
                found = session.execute(latest_movements(client.id, MOVEMENTS)).all()
                return {"movements": [(each, DocumentKind(each.kind), document_url(each)) for each in found]}
            case "client":
                person = getattr(row, "person_id", None)
                contacts = callers.contacts_of(session, client.id) if self.reads("Contacts") else ()
                orders = callers.unfinished_orders(session, client.id) if self.reads("Orders") else ()
                return {
                    "card": callers.card(session, client.id, person, today=clock.today()),
                    "planned": [each for each in contacts if each.state is ContactState.PLANNED],
                    "past": [each for each in contacts if each.state is not ContactState.PLANNED],
                    "orders": [(order, awaited(order, clock.today())) for order in orders],
                }
            case "contacts":
                ahead = (
                    select(Contact)
                    .where(Contact.counterparty_id == client.id, Contact.state == ContactState.PLANNED)
                    .where(Contact.starts_at > clock.now())  # what is late stands among the events
                    .order_by(Contact.starts_at, Contact.id)
                    .limit(AHEAD)
                    .options(joinedload(Contact.person))
                )
                events = feed_page(session, "counterparty", client.id, TALKS).events
                return {"ahead": session.scalars(ahead).all(), "events": events}
            case "history":
                owner, kinds = HISTORIES[type(row)]
                return {"events": feed_page(session, owner, row.id, kinds).events}
        talks = feed_page(session, "counterparty", client.id, TALKS).events if client else ()
        return {"events": talks, **self.told_of_matter(row)}

    @staticmethod
    def told_of_matter(row: Any) -> dict[str, Any]:
        """What the first tab has of its own for this kind of row."""
        match row:
            case BuyerOrder():
                return {"lines": by_line(db.session.execute(lines_of_order(row.id)))}
            case SupplierOrder():
                return {"lines": row.lines}
            case Contact():
                letters = select(Letter).where(Letter.contact_id == row.id).order_by(Letter.at.desc(), Letter.id.desc())
                return {"letters": db.session.scalars(letters.limit(LETTERS)).all()}
        return {}

    def row(self, model: Any, pk: str) -> Any:
        if not self.reads(SECTIONS_OF_ROWS[model]):
            abort(403)
        return db.session.get(model, row_number(pk) or 0) or abort(404)

    def reads(self, section: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_read", section))  # type: ignore[attr-defined]

    def writes(self, section: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_write", section))  # type: ignore[attr-defined]

    def reads_money(self) -> bool:
        return self.reads("Shipments") and self.reads("Payments")


def document_url(movement: Any) -> str:
    """The card of a document of settlements.movements."""
    return card_url(Payment if movement.kind == DocumentKind.PAYMENT else Shipment, movement.id)
