"""Roles: the screens (sections) of each with the rights to them, and what part of the base it sees.

`flask permissions` writes them into the base. An administrator may change the
rights of a role in the browser afterwards; what a role *sees* is decided here.
"""

from app.domain.viewer import Sees

ADMIN = "Admin"  # FAB's own name

SEES: dict[str, Sees] = {
    ADMIN: Sees.ALL,
    "Commercial director": Sees.ALL,
    "Marketing director": Sees.ALL,
    "Sales manager": Sees.OWN,
    "Marketing specialist": Sees.ALL,
    "Purchasing specialist": Sees.SUPPLIERS,
}


def sees(role: str) -> Sees | None:
    """What the role sees; None for a role that an administrator made himself."""
    return SEES.get(role)
