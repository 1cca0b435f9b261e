"""Tryton: calls that screens of its desktop client make, 25 rows a page.

Persons are there with their telephones and addresses, as contact mechanisms of their company. What Tryton has for an
activity is an opportunity: of a company, of an employee, with a day and a state.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Any

from bench.peers.peer import Peer, Rows, Screens, Sought

PAGE = 25
COUNTED = 10 * PAGE  # it counts no further, in the measure of its own pages of a thousand
NUMBERED = 10_000_000  # parties of employees come after those of companies
DATABASE = "peer_tryton"

ROWS = (
    Rows(
        "currency_currency",
        "id, name, code, symbol, digits, rounding, active",
        "SELECT 1, 'Rouble', 'RUB', 'RUB', 2, 0.01, true",
    ),
    Rows(
        "party_party",
        "id, code, name, active",
        f"""SELECT id, id::text, name, true FROM counterparty
            UNION ALL SELECT {NUMBERED}, '{NUMBERED}', 'We', true
            UNION ALL SELECT {NUMBERED} + id, ({NUMBERED} + id)::text, first_name || ' ' || last_name, true
            FROM ab_user""",
    ),
    Rows(
        "party_identifier",
        "id, party, code, code_compact, type, active",
        "SELECT id, id, inn, inn, 'ru_vat', true FROM counterparty WHERE inn <> ''",
    ),
    Rows(
        "party_address",
        "id, party, street_unstructured, active",
        """SELECT i.id, counterparty_id, value, true FROM contact_info i JOIN contact_info_kind k ON k.id = kind_id
           WHERE type = 'address'""",
    ),
    Rows(
        "party_contact_mechanism",
        "id, party, name, type, value, value_compact, active",
        """SELECT i.id, i.counterparty_id, p.name_sort, CASE type WHEN 'web' THEN 'website' ELSE type END, value,
                  coalesce(nullif(phone, ''), value), true
           FROM contact_info i JOIN contact_info_kind k ON k.id = kind_id LEFT JOIN contact_person p ON p.id = person_id
           WHERE type <> 'address'""",
    ),
    Rows("company_company", "id, party, currency", f"SELECT 1, {NUMBERED}, 1"),
    Rows("company_employee", "id, party, company", f"SELECT id, {NUMBERED} + id, 1 FROM ab_user"),
    Rows(
        "sale_opportunity",
        "id, number, company, currency, party, employee, description, start_date, conversion_probability, state",
        """SELECT id, id::text, 1, 1, counterparty_id, manager_id, subject, starts_at::date, 0.5,
                  CASE state WHEN 'planned' THEN 'lead' WHEN 'done' THEN 'converted' ELSE 'cancelled' END
           FROM contact""",
    ),
    Rows(
        "sale_sale",
        """id, number, company, currency, party, sale_date, untaxed_amount_cache, tax_amount_cache, total_amount_cache,
           invoice_method, invoice_state, shipment_method, shipment_state, state""",
        """SELECT id, number, 1, 1, counterparty_id, date, amount, 0, amount, 'order', 'none', 'order', 'none',
                  CASE WHEN closed_on IS NOT NULL THEN 'cancelled' WHEN status = 'done' THEN 'done'
                  ELSE 'processing' END
           FROM buyer_order""",
    ),
)
# What a screen reads: the fields of its view, and with them what its client adds.
ALWAYS = ("rec_name", "_timestamp", "_write", "_delete")
COMPANIES = ("code", "name", "lang", "lang.rec_name", "tax_identifier", "tax_identifier.rec_name", *ALWAYS)
OPPORTUNITIES = (
    *("company", "company.rec_name", "number", "reference", "start_date", "end_date", "employee", "employee.rec_name"),
    *("description", "party", "party.rec_name", "amount", "state", "conversion_probability", *ALWAYS),
)
SALES = (
    *("company", "company.rec_name", "number", "reference", "quotation_expire", "sale_date", "party", "party.rec_name"),
    *("warehouse", "warehouse.rec_name", "untaxed_amount", "description", "state", "invoice_state", "to_invoice"),
    *("shipment_state", "to_ship", *ALWAYS),
)
MECHANISM = ("type", "value", "name", "party", "party.rec_name", "address", "address.rec_name", "language", "url")
ADDRESS = ("party", "party.rec_name", "party_name", "street_single_line", "postal_code", "city", "country")
CARD = (
    *("name", "code", "active", "replaced_by", "replaced_by.rec_name", "lang", "lang.rec_name", "addresses"),
    *("contact_mechanisms", "categories", "categories.rec_name", "identifiers", "identifiers.type", "identifiers.code"),
    *(f"addresses.{field}" for field in (*ADDRESS, *ALWAYS)),
    *(f"contact_mechanisms.{field}" for field in (*MECHANISM, *ALWAYS)),
    *ALWAYS,
)


@dataclass
class Desk:
    """A client of Tryton, with the session that it has from logging in."""

    port: int
    session: str = ""
    connection: HTTPConnection | None = None

    def call(self, method: str, *parameters: object) -> Any:
        self.connection = self.connection or HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {"Content-Type": "application/json"}
        if self.session:
            headers["Authorization"] = f"Session {self.session}"
        body = json.dumps({"id": 1, "method": method, "params": parameters})
        self.connection.request("POST", f"/{DATABASE}/rpc/", body, headers)
        response = self.connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200 or "error" in answer:
            raise SystemExit(f"{method}: {response.status} {answer}")
        return answer["result"]

    def log_in(self, username: str, password: str) -> None:
        number, session, *_ = self.call("common.db.login", username, {"password": password}, "en")
        self.session = b64encode(f"{username}:{number}:{session}".encode()).decode()

    def of(self, model: str, verb: str, *parameters: object) -> Any:
        return self.call(f"model.{model}.{verb}", *parameters, {"language": "en", "company": 1})

    def listed(self, model: str, fields: tuple[str, ...], *domain: object, page: int = 0) -> None:
        """A list in its own order: numbers of a page, how many there are when it is full, the fields of its rows."""
        found = self.of(model, "search", domain, page * PAGE, PAGE, None)
        if len(found) == PAGE:
            self.of(model, "search_count", domain, 0, COUNTED)
        self.of(model, "read", found, fields)

    def card(self, company: int) -> None:
        self.of("party.party", "read", [company], CARD)
        self.of("party.party", "resources", company)

    def saved(self, company: int, employee: int) -> None:
        day = {"__class__": "date", "year": 2030, "month": 1, "day": 1}
        values = {"company": 1, "currency": 1, "party": company, "employee": employee, "start_date": day}
        values |= {"description": "bench", "conversion_probability": 0.5}
        self.of("sale.opportunity", "create", [values])


def screens(port: int, password: str, sought: Sought, clients: int) -> list[Screens]:
    first = Desk(port)
    first.log_in("admin", password)
    return [screens_of(Desk(port, first.session), sought) for _ in range(clients)]


def screens_of(desk: Desk, sought: Sought) -> Screens:
    companies = partial(desk.listed, "party.party", COMPANIES)
    planned = (("employee", "=", sought.employee), ("state", "=", "lead"))
    return {
        "companies, first page": companies,
        "companies, page 1,000": partial(companies, page=999),
        "by a part of a name": partial(companies, ("name", "ilike", f"%{sought.name}%")),
        "by phone": partial(companies, ("contact_mechanisms.value_compact", "ilike", f"%{sought.phone}%")),
        "card of a company": partial(desk.card, sought.company),
        "tasks of one user": partial(desk.listed, "sale.opportunity", OPPORTUNITIES, *planned),
        "saving an activity": partial(desk.saved, sought.company, sought.employee),
        "orders, first page": partial(desk.listed, "sale.sale", SALES),
    }


TRYTON = Peer(
    name="tryton",
    port=8192,
    requirements="tryton-requirements.txt",
    maker=(
        *("trytond-admin", "--database", "{database}", "--update", "sale", "sale_opportunity"),
        *("--activate-dependencies", "--email", "bench@example.com"),
    ),
    served="trytond.application:app",
    rows=ROWS,
    settled="""
        INSERT INTO "res_user-company_company" ("user", company) SELECT id, 1 FROM res_user WHERE login = 'admin';
        UPDATE res_user SET company = 1 WHERE login = 'admin'""",
    clean="DELETE FROM sale_opportunity WHERE description = 'bench'",
    screens=screens,
)
