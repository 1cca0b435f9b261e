"""When two counterparties are probably one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_


def same_taxpayer(inn: Any, kpp: Any, other_inn: Any, other_kpp: Any) -> ColumnElement[bool]:
    """One INN, and no KPP that says they are two branches."""
    kpps = func.coalesce(kpp, ""), func.coalesce(other_kpp, "")
    return and_(inn != "", inn == other_inn, or_(kpps[0] == kpps[1], kpps[0] == "", kpps[1] == ""))


def same_name(key: Any, inn: Any, other_key: Any, other_inn: Any) -> ColumnElement[bool]:
    """One name, whatever the legal form, and no INN that says they are two companies."""
    return and_(
        key == other_key, or_(func.coalesce(inn, "") == "", func.coalesce(other_inn, "") == "", inn == other_inn)
    )
