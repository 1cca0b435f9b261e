"""The reports of the product, in the order of the menu."""

from reports.abc_buyers import AbcBuyers
from reports.kit.report import Board

CATALOGUE: tuple[Board, ...] = (AbcBuyers(),)


def report_named(slug: str) -> Board | None:
    return next((report for report in CATALOGUE if report.slug == slug), None)
