"""All tables, so that importing this package makes the metadata whole."""

from app.models import (
    classes,
    contacts,
    counterparties,
    jobs,
    movements,
    orders,
    products,
    settings,
    users,
    visibility,
)

__all__ = [
    "classes",
    "contacts",
    "counterparties",
    "jobs",
    "movements",
    "orders",
    "products",
    "settings",
    "users",
    "visibility",
]
