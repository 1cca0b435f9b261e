"""One table, one section, whatever the road: screen, export, import, REST."""

from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.baseviews import BaseCRUDView
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.counterparties import ContactInfo, CounterpartyGroup
from app.services.exchange import TABLES, exporting
from app.services.exchange.fields import CATALOGUES, CONTACT_INFORMATION
from app.services.exchange.staging import RowChoice
from app.web.rest import RestApi
from tests.services.exchange.conftest import Imports, counts, wrong

# Screens of the same rows seen from another side have sections of their own.
OTHER_SIDES = {"BoardView", "StandingView", "SuppliersView", "ExpectedDealView"}


def sections(app: Flask) -> dict[type, dict[str, str]]:
    """Model → road → section."""
    found: dict[type, dict[str, str]] = {}
    for view in app.appbuilder.baseviews:  # type: ignore[attr-defined]
        if isinstance(view, BaseCRUDView | RestApi) and type(view).__name__ not in OTHER_SIDES:
            found.setdefault(view.datamodel.obj, {})[type(view).__name__] = view.class_permission_name
    for slug, table in TABLES.items():
        found.setdefault(table.model, {})[slug] = table.section
    return found


def test_every_road_to_a_table_asks_for_one_section(app: Flask) -> None:
    known = sections(app)
    assert len(known) > 15
    for model, roads in known.items():
        assert len(set(roads.values())) == 1, (model.__name__, roads)
    alone = {table.slug for table in TABLES.values() if len(known[table.model]) == 1}
    of_clients = {"manager-history", "source-history", "additional-managers"}
    # Prices are shown on the screens of Suppliers, what is of clients on their cards, plans as one table.
    assert alone == {"campaigns", "supplier-prices", "targets", "participants"} | of_clients
    # Closings are made from the order, and those alone who have the right say who works with a client.
    guarded = {table.slug for table in TABLES.values() if table.written_by}
    assert guarded == {"order-closings", "supplier-order-closings", "manager-history", "additional-managers"}


def test_prices_of_suppliers_are_of_the_section_of_suppliers(login: Any) -> None:
    assert login("maria").get("/export/supplier-prices.csv").status_code == 403
    assert login("pavel").get("/export/supplier-prices.csv").status_code == 200


def test_contact_information_needs_its_own_section(imports: Imports, session: Session) -> None:
    file = "code,name,phone,email", "К1,Мак,+74951234567,a@b.ru"
    report = imports("counterparties", *file, lacking=[CONTACT_INFORMATION])
    assert [title.split(" (")[0] for title in report.ignored] == ["phone", "email"]
    assert session.scalars(select(ContactInfo)).all() == []
    assert counts(imports("counterparties", *file))[0] == 0
    kept = TABLES["counterparties"].without([CONTACT_INFORMATION])
    (header, row) = exporting.export_rows(session, kept, exporting.PLAIN)
    assert "phone" not in header
    assert "+74951234567" not in map(str, row)


def test_nobody_is_looked_for_by_contact_information_without_its_section(imports: Imports) -> None:
    by_address = RowChoice(search=frozenset({"email"}))
    file = "counterparty;last_name", "Мак;Чижов"
    assert wrong(imports("persons", *file, choice=by_address)) == [(2, "counterparty")]
    with pytest.raises(Refused, match="email"):
        imports("persons", *file, choice=by_address, lacking=[CONTACT_INFORMATION])


def test_catalogues_grow_by_those_who_may_write_them(imports: Imports, session: Session) -> None:
    file = "code,name,group", "К1,Мак,Опт"
    assert wrong(imports("counterparties", *file, lacking=[CATALOGUES])) == [(2, "group")]
    assert session.scalars(select(CounterpartyGroup)).all() == []
    assert counts(imports("counterparties", *file)) == (1, 0, 0)
    assert counts(imports("counterparties", *file, lacking=[CATALOGUES])) == (0, 0, 1)
