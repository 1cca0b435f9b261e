"""The menu: every screen of the product, in the order people see them."""

from flask_appbuilder import AppBuilder


def register(appbuilder: AppBuilder) -> None:
    """Put every view into the application and into the menu."""
