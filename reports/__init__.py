"""The reports of the product, in the order of the menu."""

from reports.abc_buyers import AbcBuyers
from reports.abc_xyz import AbcXyz
from reports.attraction import Attraction
from reports.call_these import CallThese
from reports.class_moves import ClassMoves
from reports.completeness import Completeness
from reports.deals import Deals
from reports.kit.report import TableSet
from reports.order_analysis import OrderAnalysis
from reports.order_closing import OrderClosings
from reports.order_documents import OrderDocuments
from reports.sales_plan import SalesPlan
from reports.settlements import Settlements
from reports.supplier_comparison import SupplierComparison
from reports.supplier_reliability import SupplierReliability
from reports.supplier_settlements import SupplierSettlements
from reports.xyz_buyers import XyzBuyers

CATALOGUE: tuple[TableSet, ...] = (
    AbcBuyers(),
    XyzBuyers(),
    AbcXyz(),
    ClassMoves(),
    CallThese(),
    Completeness(),
    Attraction(),
    Deals(),
    SalesPlan(),
    OrderAnalysis(),
    OrderDocuments(),
    Settlements(),
    OrderClosings(),
    SupplierReliability(),
    SupplierComparison(),
    SupplierSettlements(),
)


def report_named(slug: str) -> TableSet | None:
    return next((report for report in CATALOGUE if report.slug == slug), None)
