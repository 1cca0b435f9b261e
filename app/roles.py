"""Roles: the sections of the product that each may use, and what part of the base it sees.

`flask permissions` writes the rights into the base. An administrator may change them
in the browser afterwards; what a role *sees* is decided here. A section is the
`class_permission_name` of its views; "Report *" stands for every report.
"""

from app.domain.viewer import Sees

ADMIN = "Admin"  # FAB's own name; has every right

SEES: dict[str, Sees] = {
    ADMIN: Sees.ALL,
    "Commercial director": Sees.ALL,
    "Marketing director": Sees.ALL,
    "Sales manager": Sees.OWN,
    "Marketing specialist": Sees.ALL,
    "Purchasing specialist": Sees.SUPPLIERS,
}

# Who controls the work of others: their tasks, their hours.
LEADS = frozenset({ADMIN, "Commercial director", "Marketing director"})

READ = frozenset({"read"})
WRITE = READ | {"write"}
FULL = WRITE | {"delete"}

CALENDAR = {"Calendar": READ, "Working time": READ}  # his own
OF_OTHERS = {  # sees their calendars and moves what is planned there; says when they work
    "Calendars of others": READ,
    "Working time": FULL,
}
SALES = CALENDAR | {
    "Counterparties": FULL,
    "Contact persons": FULL,
    "Contact information": FULL,
    "Contacts": FULL,
    "Orders": FULL,
    "Shipments": FULL,
    "Payments": FULL,
    "Closings": READ,
    "Deals": FULL,
    "Duplicates": WRITE,
    "Satisfaction": FULL,
    "Papers": FULL,
    "Consents": FULL,
    "Paper templates": READ,
}
SUPPLY = ("Suppliers", "Supplier orders", "Receipts", "Supplier payments", "Supplier closings")
REPORTS = {"Reports": READ, "Report *": READ}
JOURNAL = {"Journal": WRITE}  # his own changes, undone by himself
BELL = {"Reminders": FULL, "Tasks": FULL, "Devices": WRITE}  # everybody's own
MAIL = {
    "Letters": WRITE,
    "Mailings": WRITE,
    "Mailboxes": FULL,
    "Letter templates": READ,
}  # his own mailboxes, letters by their rows
EXCHANGE = {"Import": WRITE, "Export": WRITE, "API": READ}

# Role -> section -> verbs, for a role that does not exist yet and for a section that is new.
RIGHTS: dict[str, dict[str, frozenset[str]]] = {
    "Commercial director": SALES
    | OF_OTHERS
    | REPORTS
    | EXCHANGE
    | JOURNAL
    | BELL
    | MAIL
    | dict.fromkeys(SUPPLY, READ)
    | {
        "Items": FULL,
        "Catalogues": FULL,
        "Policy": WRITE,
        "Our organisation": READ,
        "Personal data": WRITE,
        "Paper templates": FULL,
        "Bank statements": WRITE,
        "Classification": FULL,
        "Work plans": WRITE,
        "Work plan rules": FULL,
        "Users": READ,
        "Responsible managers": WRITE,
        "Whole journal": READ,
        "Merging": WRITE,
        "Targets": WRITE,
        "Shared mailboxes": FULL,
        "Letter templates": FULL,
        "Mailings": FULL,
    },
    "Marketing director": SALES
    | OF_OTHERS
    | REPORTS
    | EXCHANGE
    | JOURNAL
    | BELL
    | MAIL
    | dict.fromkeys(SUPPLY, READ)
    | {
        "Orders": READ,
        "Shipments": READ,
        "Payments": READ,
        "Deals": READ,
        "Items": READ,
        "Catalogues": FULL,
        "Policy": READ,
        "Classification": FULL,
        "Work plans": WRITE,
        "Work plan rules": FULL,
        "Responsible managers": WRITE,
        "Whole journal": READ,
        "Merging": WRITE,
        "Targets": READ,
        "Letter templates": FULL,
        "Mailings": FULL,
    },
    "Sales manager": SALES
    | REPORTS
    | JOURNAL
    | BELL
    | MAIL
    | {
        "Targets": READ,
        "Counterparties": WRITE,
        "Contacts": WRITE,
        "Shipments": WRITE,
        "Payments": WRITE,
        "Items": READ,
        "Catalogues": READ,
        "Export": WRITE,
        "Classification": READ,
        "Work plans": WRITE,
        "Work plan rules": READ,
    },
    "Marketing specialist": REPORTS
    | CALENDAR
    | JOURNAL
    | BELL
    | MAIL
    | {
        "Letter templates": FULL,
        "Duplicates": WRITE,
        "Satisfaction": FULL,
        "Counterparties": WRITE,
        "Contact persons": WRITE,
        "Contact information": WRITE,
        "Contacts": WRITE,
        "Orders": READ,
        "Shipments": READ,
        "Closings": READ,
        "Deals": READ,
        "Items": READ,
        "Catalogues": WRITE,
        "Export": WRITE,
        "Classification": READ,
        "Work plans": WRITE,
        "Work plan rules": READ,
    },
    "Purchasing specialist": dict.fromkeys(SUPPLY, FULL)
    | CALENDAR
    | JOURNAL
    | BELL
    | MAIL
    | {
        "Counterparties": WRITE,
        "Contact persons": FULL,
        "Contact information": FULL,
        "Contacts": WRITE,
        "Items": WRITE,
        "Catalogues": READ,
        "Reports": READ,
        "Report contact-info": READ,
        "Report contacts": READ,
        "Report work-plan": READ,
        "Report deals": READ,
        "Report order-closing": READ,
        "Report supplier-reliability": READ,
        "Report supplier-comparison": READ,
        "Report supplier-settlements": READ,
        "Import": WRITE,
        "Export": WRITE,
    },
}


def sees(role: str) -> Sees | None:
    """What the role sees; None for a role that an administrator made himself."""
    return SEES.get(role)


def verbs(role: str, section: str) -> frozenset[str]:
    """What the role may do in the section, unless an administrator said otherwise."""
    rights = RIGHTS.get(role, {})
    return rights.get(section) or (
        rights.get("Report *", frozenset()) if section.startswith("Report ") else frozenset()
    )
