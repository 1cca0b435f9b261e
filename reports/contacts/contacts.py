"""Отчет по контактам: what was said to whom in a period, how often and for how long."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Date as SqlDate
from sqlalchemy import DateTime, Integer, Select, cast, func, literal, select
from sqlalchemy.orm import Session, aliased

from app.domain.periods import DAY
from app.domain.words import ContactKind, ContactState, Direction, Importance, OfferOutcome
from app.models.captions import CAPTIONS
from app.models.contacts import Campaign, Contact
from app.models.counterparties import ContactPerson, Counterparty, CounterpartyName, InformationSource
from app.models.users import User
from app.queries.sql import user_name
from reports.contacts.sales_plan import Month
from reports.kit.columns import Choice, Date, DayTime, Number, Text
from reports.kit.params import ChoiceParam, LookupParam, PeriodParam
from reports.kit.report import Choices, Report
from reports.kit.setup import Shape

WORDS = {"kind": ContactKind, "direction": Direction, "state": ContactState}


def any_of(words: Any) -> dict[str, Any]:
    """Every word of a closed list, and none."""
    return {"": _l("Any"), **{word.value: CAPTIONS[words, word] for word in words}}


class Contacts(Report):
    """A contact stands in the period by the day of its start.

    Whoever sees a contact with a counterparty that he does not see reads its name alone.
    """

    slug = "contacts"
    title = _l("Report of contacts")
    group = _l("Contacts")
    description = _l("Every call, meeting and letter of a period with its gist: how many, and how many minutes.")
    params = (
        PeriodParam("period", _l("Period"), default="this-month", days=(Contact.starts_at,)),
        LookupParam("counterparty", _l("Counterparty"), model=Counterparty, key="code"),
        LookupParam("manager", _l("Responsible"), model=User, key="username"),
        ChoiceParam("kind", _l("Kind"), options=any_of(ContactKind)),
        ChoiceParam("direction", _l("Direction"), options=any_of(Direction)),
        ChoiceParam("state", _l("State"), options=any_of(ContactState)),
        LookupParam("person", _l("Contact person"), model=ContactPerson, key="last_name"),
        LookupParam("source", _l("Information source"), model=InformationSource, key="name"),
        LookupParam("campaign", _l("Campaign"), model=Campaign, key="name"),
    )

    def shape(self, asked: Choices) -> Shape:
        return Shape(
            columns=(
                DayTime("at", _l("Start"), link=("Contact", "id")),
                DayTime("until", _l("End"), aside=True),
                Text("counterparty", _l("Counterparty"), width=34, link=("Counterparty", "counterparty_id")),
                Choice("kind", _l("Kind"), width=16, words=ContactKind),
                Text("subject", _l("Subject"), width=30),
                Text("text", _l("Gist"), width=64),
                Number("minutes", _l("Minutes"), width=10),
                Choice("direction", _l("Direction"), width=13, words=Direction),
                Choice("state", _l("State"), width=15, words=ContactState),
                Choice("importance", _l("Importance"), width=12, aside=True, words=Importance),
                Text("person", _l("Contact person"), width=26, link=("ContactPerson", "person_id")),
                Text("manager", _l("Responsible"), width=24),
                Number("contacts", _l("Contacts"), width=10, aside=True),
                Text("source", _l("Information source"), width=24, aside=True),
                Text("campaign", _l("Campaign"), width=24, aside=True),
                Choice("outcome", _l("Outcome of the offer"), aside=True, words=OfferOutcome),
                Text("basis", _l("Follows"), width=24, aside=True, link=("Contact", "basis_id")),
                Date("day", _l("Day"), aside=True),
                Month("month", _l("Month"), aside=True),
            ),
            order=("at",),
            groups=(
                "counterparty",
                "person",
                "manager",
                "kind",
                "direction",
                "state",
                "source",
                "campaign",
                "day",
                "month",
            ),
        )

    def query(self, session: Session, asked: Choices) -> Select:
        period, name, basis = asked["period"], aliased(CounterpartyName), aliased(Contact)
        day = cast(Contact.starts_at, SqlDate)
        rows = (
            select(
                Contact.id,
                cast(Contact.starts_at, DateTime()).label("at"),
                cast(Contact.ends_at, DateTime()).label("until"),
                Counterparty.id.label("counterparty_id"),
                func.coalesce(name.name, Contact.prospect).label("counterparty"),
                ContactPerson.id.label("person_id"),
                func.coalesce(
                    func.concat_ws(" ", ContactPerson.last_name, func.nullif(ContactPerson.first_name, "")),
                    Contact.prospect_person,
                ).label("person"),
                *(Contact.kind, Contact.direction, Contact.state, Contact.importance, Contact.subject, Contact.text),
                func.coalesce(user_name(User), str(_("Nobody"))).label("manager"),
                literal(1).label("contacts"),
                cast(func.extract("epoch", Contact.ends_at - Contact.starts_at) / 60, Integer).label("minutes"),
                InformationSource.name.label("source"),
                Campaign.name.label("campaign"),
                Contact.outcome,
                func.nullif(basis.subject, "").label("basis"),
                basis.id.label("basis_id"),
                day.label("day"),
                cast(func.date_trunc("month", day), SqlDate).label("month"),
            )
            .outerjoin(name, name.id == Contact.counterparty_id)
            .outerjoin(Counterparty, Counterparty.id == Contact.counterparty_id)
            .outerjoin(ContactPerson, ContactPerson.id == Contact.person_id)
            .outerjoin(User, User.id == Contact.manager_id)
            .outerjoin(InformationSource, InformationSource.id == Contact.source_id)
            .outerjoin(Campaign, Campaign.id == Contact.campaign_id)
            .outerjoin(basis, basis.id == Contact.basis_id)
            .where(Contact.starts_at >= period.first, Contact.starts_at < period.last + DAY)
        )
        for param in ("counterparty", "manager", "person", "source", "campaign"):
            if asked[param]:
                rows = rows.where(getattr(Contact, f"{param}_id") == asked[param].id)
        for param, words in WORDS.items():
            if asked[param]:
                rows = rows.where(getattr(Contact, param) == words(asked[param]))
        return rows
