"""The reports of the product, in the order of the menu."""

from reports.classification.abc_buyers import AbcBuyers
from reports.classification.abc_xyz import AbcXyz
from reports.classification.call_these import CallThese
from reports.classification.class_moves import ClassMoves
from reports.classification.forecast import Forecast
from reports.classification.xyz_buyers import XyzBuyers
from reports.contacts.attraction import Attraction
from reports.contacts.campaigns import Campaigns
from reports.contacts.contacts import Contacts
from reports.contacts.moves import MovesReport
from reports.contacts.sales_plan import SalesPlan
from reports.contacts.sources import Sources
from reports.counterparties.completeness import Completeness
from reports.counterparties.contact_info import ContactInfoReport
from reports.counterparties.relations import Relations
from reports.kit.report import TableSet
from reports.managers.director import Director
from reports.managers.managers import Managers
from reports.managers.rating import ManagersRating
from reports.managers.rows import DirectorRows, ManagersRows
from reports.planning.work_plan import WorkPlanReport
from reports.purchasing.supplier_comparison import SupplierComparison
from reports.purchasing.supplier_reliability import SupplierReliability
from reports.purchasing.supplier_settlements import SupplierSettlements
from reports.sales.deals import Deals
from reports.sales.debts import Debts
from reports.sales.order_analysis import OrderAnalysis
from reports.sales.order_closing import OrderClosings
from reports.sales.order_documents import OrderDocuments
from reports.sales.orders import Orders
from reports.sales.settlements import Settlements

CATALOGUE: tuple[TableSet, ...] = (
    AbcBuyers(),
    XyzBuyers(),
    AbcXyz(),
    ClassMoves(),
    CallThese(),
    Forecast(),
    Relations(),
    Completeness(),
    Attraction(),
    Contacts(),
    MovesReport(),
    WorkPlanReport(),
    ContactInfoReport(),
    Sources(),
    Campaigns(),
    Deals(),
    Orders(),
    SalesPlan(),
    OrderAnalysis(),
    OrderDocuments(),
    Settlements(),
    Debts(),
    OrderClosings(),
    Director(),
    Managers(),
    ManagersRating(),
    ManagersRows(),
    DirectorRows(),
    SupplierReliability(),
    SupplierComparison(),
    SupplierSettlements(),
)


def report_named(slug: str) -> TableSet | None:
    return next((report for report in CATALOGUE if report.slug == slug), None)
