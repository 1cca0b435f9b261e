"""CardDAV and CalDAV by Radicale. It is GPL-3.0: `CRM_DAV=0` leaves this package out, and nothing else needs it.

See docs/adr/0012-books-for-telephones.md.
"""

from flask import Flask
from flask_appbuilder import AppBuilder

from app.dav import view
from app.dav.page import DevicesView

__all__ = ["init_app"]


def init_app(app: Flask, appbuilder: AppBuilder) -> None:
    view.init_app(app)
    appbuilder.add_view_no_menu(DevicesView)
