"""Stock Flask-AppBuilder: whole pages, as a browser asks for them."""

from __future__ import annotations

from bench.client import Browser, Form
from bench.pages import got, sent
from bench.peers.peer import Peer, Rows, Screens, Sought, spread
from bench.place import USER

CONTAINS, EQUALS = 2, 3  # the places of these comparisons among those of a column of words

ROWS = (
    Rows("employee", "id, name", "SELECT id, first_name || ' ' || last_name FROM ab_user"),
    Rows(
        "company",
        "id, name, inn, phone, registered_on, employee_id",
        """SELECT id, name, inn, coalesce((SELECT phone FROM contact_info WHERE counterparty_id = c.id
                  AND person_id IS NULL AND phone <> '' ORDER BY id LIMIT 1), ''), registered_on, manager_id
           FROM counterparty c""",
    ),
    Rows(
        "person",
        "id, name, position, company_id",
        "SELECT id, name_sort, position, counterparty_id FROM contact_person",
    ),
    Rows(
        "activity",
        "id, subject, starts_at, kind, state, company_id, employee_id",
        "SELECT id, subject, starts_at AT TIME ZONE 'UTC', kind, state, counterparty_id, manager_id FROM contact",
    ),
    Rows(
        "deal",
        "id, number, made_on, amount, status, company_id, employee_id",
        "SELECT id, number, date, amount, status, counterparty_id, manager_id FROM buyer_order",
    ),
)


def screens(port: int, password: str, sought: Sought, clients: int) -> list[Screens]:
    browser = Browser(port)
    browser.log_in(USER, password)
    activity = Form(browser.get("/stockactivities/add").body.decode()).values | {
        "company": str(sought.company),
        "subject": "bench",
        "starts_at": "2030-01-01 10:00:00",
        "kind": "call",
        "state": "planned",
    }
    tasks = {"_flt_0_employee": sought.employee, f"_flt_{EQUALS}_state": "planned"}
    asked = {
        "companies, first page": got("/stockcompanies/list/"),
        "companies, page 1,000": got("/stockcompanies/list/", page_StockCompanies=999),
        "by a part of a name": got("/stockcompanies/list/", **{f"_flt_{CONTAINS}_name": sought.name}),
        "by phone": got("/stockcompanies/list/", **{f"_flt_{CONTAINS}_phone": sought.phone}),
        "card of a company": got(f"/stockcompanies/show/{sought.company}"),
        "tasks of one user": got("/stockactivities/list/", **tasks),
        "saving an activity": sent("/stockactivities/add", activity),
        "orders, first page": got("/stockdeals/list/"),
    }
    return spread(asked, browser, clients)


FAB = Peer(
    name="fab",
    port=8191,
    requirements="",
    maker=(
        *("flask", "--app", "stock:create", "fab", "create-admin", "--username", USER, "--password", "{password}"),
        *("--firstname", "Bench", "--lastname", "Bench", "--email", "bench@example.com"),
    ),
    served="stock:create()",
    rows=ROWS,
    settled="",
    clean="DELETE FROM activity WHERE subject = 'bench'",
    screens=screens,
)
