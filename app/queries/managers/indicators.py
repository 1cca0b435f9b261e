"""Показатели работы менеджеров: what each is called, what it means and what it is made of.

To add one: a line here. A figure that no source has yet needs its part in app.queries.managers.facts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.domain.indicators import Family, Figure, Formula, Unit, change, percent_of
from app.queries.managers import company, facts, promises
from app.queries.managers.facts import FactSource

FAMILIES: dict[Family, LazyString] = {
    Family.MONEY: _l("Money"),
    Family.DEALS: _l("Sales and deals"),
    Family.COMPLETENESS: _l("Completeness"),
    Family.ORDERS: _l("Orders"),
    Family.DEBT: _l("Debts"),
    Family.CONTACTS: _l("Contacts"),
    Family.STAGES: _l("Relationship stages"),
    Family.SUPPLY: _l("Suppliers"),
}


@dataclass(frozen=True)
class Indicator:
    """`made` says of which sums; without it the figure is the sum of its own name.

    Its percent is of the company's total, or of the manager's own sum `percent_of`; percents and averages have none.
    """

    name: str
    label: LazyString
    definition: LazyString
    family: Family
    source: FactSource
    made: Formula | None = None
    unit: Unit = Unit.COUNT
    percent_of: str = ""
    less_is_better: bool = False
    usual: bool = False  # shown to whoever chose nothing

    @property
    def formula(self) -> Formula:
        return self.made or Formula(self.name)

    @property
    def is_added_up(self) -> bool:
        """A total of managers is the sum; of percents and averages it is the mean."""
        return not self.formula.per

    @property
    def percent_name(self) -> str:
        """ "" where the figure has no percent beside it."""
        return f"{self.name}_pct" if self.is_added_up else ""

    @property
    def percent(self) -> Formula | None:
        """Of the manager's own sums; None: the share of the total."""
        return percent_of(self.name, self.percent_of) if self.percent_of else None

    @property
    def parts(self) -> tuple[str, ...]:
        """The sums that it and its percent are made of."""
        return (*self.formula.parts, *(self.percent.parts if self.percent else ()))

    def changed(self, value: Figure, was: Figure) -> Figure:
        """By how many percent of what it was; a percent changes by points."""
        if self.unit is not Unit.PERCENT:
            return change(value, was)
        return None if value is None or was is None else value - was


INDICATORS = (
    Indicator(
        "completeness",
        _l("Completeness: buyers, %"),
        _l(
            "Filled kinds of contact information of the manager's buyers, in percent of all that the catalogue has for "
            "them. Two phones of a kind count once; a phone or an address that cannot be one does not count."
        ),
        Family.COMPLETENESS,
        facts.COMPLETENESS_MONTHS,
        percent_of("buyers_filled", "buyers_possible"),
        Unit.PERCENT,
        usual=True,
    ),
    Indicator(
        "completeness_persons",
        _l("Completeness: contact persons, %"),
        _l("The same of the contact persons of the manager's buyers."),
        Family.COMPLETENESS,
        facts.COMPLETENESS_MONTHS,
        percent_of("persons_filled", "persons_possible"),
        Unit.PERCENT,
        usual=True,
    ),
    Indicator(
        "completeness_personal",
        _l("Completeness: personal data, %"),
        _l("Birthdays, positions and roles of contact persons that are known, in percent of all."),
        Family.COMPLETENESS,
        facts.COMPLETENESS_MONTHS,
        percent_of("personal_filled", "personal_possible"),
        Unit.PERCENT,
        usual=True,
    ),
    Indicator(
        "contacts",
        _l("Contacts"),
        _l("Contacts with buyers that were done and ended in the period."),
        Family.CONTACTS,
        facts.CONTACTS,
        usual=True,
    ),
    Indicator(
        "minutes",
        _l("Contacts, minutes"),
        _l("How long they lasted: from the start to the end, added up."),
        Family.CONTACTS,
        facts.CONTACTS,
        usual=True,
    ),
    Indicator(
        "stage_up",
        _l("Stage rose"),
        _l(
            "Buyers whose stage or class is better at the end of the period than before it: lost, potential, one-time, "
            "Z, Y, X. Of a client who changed hands each manager answers for his own days."
        ),
        Family.STAGES,
        facts.STAGES,
        usual=True,
    ),
    Indicator(
        "stage_down",
        _l("Stage fell"),
        _l("Buyers whose stage or class is worse at the end of the period than before it."),
        Family.STAGES,
        facts.STAGES,
        less_is_better=True,
        usual=True,
    ),
    Indicator(
        "stage_change",
        _l("Change of stages"),
        _l("Risen less fallen; the percent is of the buyers who have a stage at the end."),
        Family.STAGES,
        facts.STAGES,
        percent_of="buyers",
        usual=True,
    ),
    Indicator(
        "retention",
        _l("Share of lost buyers, %"),
        _l(
            "The retention coefficient: buyers who became lost in the period, in percent of those who have a stage at "
            "its end. Less is better."
        ),
        Family.STAGES,
        facts.STAGES,
        percent_of("lost", "buyers"),
        Unit.PERCENT,
        less_is_better=True,
        usual=True,
    ),
    Indicator(
        "attraction",
        _l("Attraction of buyers, %"),
        _l(
            "Buyers who became one-time, or regular, in the period, in percent of those who were one-time or regular "
            "before it. A one-time buyer who became regular counts too."
        ),
        Family.STAGES,
        facts.STAGES,
        percent_of("came", "bought"),
        Unit.PERCENT,
    ),
    Indicator(
        "attrition",
        _l("Loss of buyers, %"),
        _l(
            "Buyers who had a stage before the period and became lost in it, in percent of those who were one-time or "
            "regular before it. Less is better."
        ),
        Family.STAGES,
        facts.STAGES,
        percent_of("left", "bought"),
        Unit.PERCENT,
        less_is_better=True,
    ),
    Indicator(
        "retention_net",
        _l("Attraction less loss, %"),
        _l("The coefficient of attraction and retention: attraction of buyers less loss of them."),
        Family.STAGES,
        facts.STAGES,
        percent_of("net", "bought"),
        Unit.PERCENT,
    ),
    Indicator(
        "orders_done",
        _l("Orders done"),
        _l(
            "Orders shipped and paid in full for the first time in the period; a later return leaves them. The percent "
            "is of the orders that were open in it."
        ),
        Family.ORDERS,
        facts.ORDERS,
        percent_of="orders_open",
        usual=True,
    ),
    Indicator(
        "revenue",
        _l("Revenue"),
        _l("Shipments less returns."),
        Family.MONEY,
        facts.SALES,
        unit=Unit.MONEY,
        usual=True,
    ),
    Indicator(
        "profit",
        _l("Profit"),
        _l("Revenue less cost; what has no cost is counted with the cost 0."),
        Family.MONEY,
        facts.SALES,
        unit=Unit.MONEY,
        usual=True,
    ),
    Indicator(
        "margin",
        _l("Profitability, %"),
        _l("Profit in percent of revenue."),
        Family.MONEY,
        facts.SALES,
        percent_of("profit", "revenue"),
        Unit.PERCENT,
    ),
    Indicator(
        "payments",
        _l("Payments"),
        _l("Money received from buyers less refunds."),
        Family.MONEY,
        facts.PAYMENTS,
        unit=Unit.MONEY,
        usual=True,
    ),
    Indicator(
        "discounts",
        _l("Discounts given by hand"),
        _l("Prices of shipped lines less what was asked for them."),
        Family.MONEY,
        facts.DISCOUNTS,
        unit=Unit.MONEY,
        less_is_better=True,
    ),
    Indicator("deals", _l("Deals"), _l("Shipments; returns are not counted."), Family.DEALS, facts.SALES),
    Indicator(
        "first_deals",
        _l("First deals"),
        _l("Shipments to buyers to whom nothing was ever shipped before."),
        Family.DEALS,
        facts.SALES,
    ),
    Indicator(
        "deals_per_client",
        _l("Deals per client"),
        _l("Shipments divided by the clients they went to."),
        Family.DEALS,
        facts.SALES,
        Formula("deals", "clients"),
    ),
    Indicator(
        "revenue_per_deal",
        _l("Average sum of a deal"),
        _l("The sum of shipments divided by their number; returns are left out."),
        Family.DEALS,
        facts.SALES,
        Formula("sold", "deals"),
        Unit.MONEY,
    ),
    Indicator("orders_made", _l("Orders made"), _l("Orders dated in the period."), Family.ORDERS, facts.ORDERS_MADE),
    Indicator(
        "orders_paid",
        _l("Of them paid"),
        _l("Orders dated in the period that are paid in full by now."),
        Family.ORDERS,
        facts.ORDERS_MADE,
    ),
    Indicator(
        "orders_partly_paid",
        _l("Of them partly paid"),
        _l("Orders dated in the period that are paid in part by now."),
        Family.ORDERS,
        facts.ORDERS_MADE,
    ),
    Indicator(
        "orders_unpaid",
        _l("Of them unpaid"),
        _l("Orders dated in the period for which nothing is paid by now."),
        Family.ORDERS,
        facts.ORDERS_MADE,
        less_is_better=True,
    ),
    Indicator(
        "orders_left",
        _l("Orders not finished"),
        _l("Orders of buyers that are neither done nor closed at the end of the last day."),
        Family.ORDERS,
        company.UNFINISHED,
        less_is_better=True,
    ),
    Indicator(
        "late_shipments",
        _l("Shipments that are late"),
        _l("Orders with something left to ship whose day to ship was before today. Known of today alone."),
        Family.ORDERS,
        company.LATE,
        less_is_better=True,
    ),
    Indicator(
        "late_payments",
        _l("Payments that are late"),
        _l("Orders with something left to pay whose day to pay was before today. Known of today alone."),
        Family.ORDERS,
        company.LATE,
        less_is_better=True,
    ),
    Indicator(
        "ship_kept",
        _l("Shipped as promised"),
        _l(
            "Orders shipped in full by the day that was planned first, however often it was moved. The percent is of "
            "all whose first day fell into the period and is over; what was closed by then is left out."
        ),
        Family.ORDERS,
        promises.TO_SHIP,
        percent_of="ship_promised",
    ),
    Indicator(
        "pay_kept",
        _l("Paid as promised"),
        _l(
            "Orders paid in full by the day that was planned first. The percent is of all whose first day fell into "
            "the period and is over."
        ),
        Family.ORDERS,
        promises.TO_PAY,
        percent_of="pay_promised",
    ),
    Indicator(
        "order_moves",
        _l("Moves of orders"),
        _l("How many times the day of a shipment or of a payment was moved in the period."),
        Family.ORDERS,
        promises.ORDER_MOVES,
        less_is_better=True,
    ),
    Indicator(
        "contact_moves",
        _l("Moves of contacts"),
        _l("How many times planned contacts with clients were moved in the period."),
        Family.CONTACTS,
        promises.CONTACT_MOVES,
        less_is_better=True,
    ),
    Indicator(
        "closed_orders",
        _l("Orders closed"),
        _l("Orders that were closed in the period, whatever the reason."),
        Family.ORDERS,
        company.CLOSINGS,
        less_is_better=True,
    ),
    Indicator(
        "closed_amount",
        _l("Closed and not shipped"),
        _l("The price of what was left to ship in the orders that were closed in the period."),
        Family.ORDERS,
        company.CLOSINGS,
        unit=Unit.MONEY,
        less_is_better=True,
    ),
    Indicator(
        "debt",
        _l("Debt of buyers"),
        _l("What the clients whom the manager has on the last day owe at its end."),
        Family.DEBT,
        facts.DEBTS,
        unit=Unit.MONEY,
        less_is_better=True,
    ),
    Indicator(
        "debtors",
        _l("Debtors"),
        _l("How many clients owe us on the last day."),
        Family.DEBT,
        facts.DEBTS,
        less_is_better=True,
    ),
    Indicator(
        "overdue",
        _l("Overdue debt"),
        _l("What of the debt should have been paid before the last day; money repays what is due first."),
        Family.DEBT,
        facts.DEBTS,
        unit=Unit.MONEY,
        less_is_better=True,
    ),
    Indicator(
        "overdue_debtors",
        _l("Debtors who are late"),
        _l("How many clients have overdue debt on the last day."),
        Family.DEBT,
        facts.DEBTS,
        less_is_better=True,
    ),
)
BY_NAME = {indicator.name: indicator for indicator in INDICATORS}

# Of no manager: they are the company's own.
OF_SUPPLY = (
    Indicator(
        "payable",
        _l("Debt to suppliers"),
        _l("What we owe suppliers at the end of the last day: received and not paid."),
        Family.SUPPLY,
        company.PAYABLE,
        unit=Unit.MONEY,
        less_is_better=True,
    ),
    Indicator(
        "supplies_left",
        _l("Supplier orders not finished"),
        _l("Orders to suppliers of which something is still awaited. Known of today alone."),
        Family.SUPPLY,
        company.SUPPLIER_ORDERS,
        less_is_better=True,
    ),
    Indicator(
        "late_receipts",
        _l("Receipts that are late"),
        _l("Orders to suppliers with something awaited whose day was before today. Known of today alone."),
        Family.SUPPLY,
        company.SUPPLIER_ORDERS,
        less_is_better=True,
    ),
    Indicator(
        "late_supplier_payments",
        _l("Payments of ours that are late"),
        _l("Orders to suppliers that should have been paid before today and are not. Known of today alone."),
        Family.SUPPLY,
        company.SUPPLIER_ORDERS,
        less_is_better=True,
    ),
)
OF_COMPANY = {indicator.name: indicator for indicator in (*INDICATORS, *OF_SUPPLY)}


def sources_of(indicators: Collection[Indicator]) -> list[FactSource]:
    """Each once, in the order they are first needed."""
    return list({indicator.source.name: indicator.source for indicator in indicators}.values())
