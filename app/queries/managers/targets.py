"""Whose plans there may be."""

from __future__ import annotations

from sqlalchemy import Select, or_, select

from app.domain.viewer import Viewer
from app.models.counterparties import Counterparty
from app.models.targets import Target
from app.models.users import User


def people_with_plans(viewer: Viewer | None) -> Select[User]:
    """Whoever has clients or a plan; a manager sees himself."""
    has_clients = select(Counterparty.id).where(Counterparty.manager_id == User.id, Counterparty.is_buyer).exists()
    has_plan = select(Target.id).where(Target.manager_id == User.id).exists()
    query = select(User).where(or_(has_clients, has_plan)).order_by(User.last_name, User.first_name, User.id)
    return query if viewer is None or viewer.sees_all else query.where(User.id == viewer.user_id)
