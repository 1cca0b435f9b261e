"""Rights are written once; what an administrator changed stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import PermissionView, Role, User
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import roles
from app.services.access import permissions


@pytest.fixture
def write(app: Flask, session: Session) -> Iterator[Any]:
    """`write()` as the command does it."""

    def run() -> None:
        with app.app_context():
            permissions.write(app.appbuilder)
            app.appbuilder.session.commit()
        session.expire_all()

    return run


def rights_of(session: Session, role: str) -> set[tuple[str, str]]:
    found = session.scalars(select(Role).where(Role.name == role)).one()
    return {(right.permission.name, right.view_menu.name) for right in found.permissions}


def test_every_role_of_the_product_is_there_with_its_rights(session: Session) -> None:
    for role in roles.RIGHTS:
        mine = rights_of(session, role)
        assert ("can_read", "Counterparties") in mine
        assert {name for name, _ in mine} <= {"can_read", "can_write", "can_delete"}
    assert ("can_delete", "Contacts") not in rights_of(session, "Sales manager")
    assert ("can_read", "Report abc-buyers") in rights_of(session, "Sales manager")
    assert ("can_write", "Users") in rights_of(session, roles.ADMIN)


def test_writing_again_changes_nothing(session: Session, write: Any) -> None:
    def everything() -> set[tuple[str, tuple[str, str]]]:
        names = session.scalars(select(Role.name))
        return {(name, right) for name in names for right in rights_of(session, name)}

    before = everything(), session.scalar(select(func.count()).select_from(PermissionView))
    write()
    assert (everything(), session.scalar(select(func.count()).select_from(PermissionView))) == before


def test_what_an_administrator_gave_and_took_stays(session: Session, write: Any) -> None:
    role = session.scalars(select(Role).where(Role.name == "Sales manager")).one()
    policy = next(
        right
        for right in session.scalars(select(PermissionView))
        if (right.permission.name, right.view_menu.name) == ("can_write", "Policy")
    )
    kept = [right for right in role.permissions if right.view_menu.name != "Contacts"]
    role.permissions = [*kept, policy]
    session.commit()
    write()
    mine = rights_of(session, "Sales manager")
    assert ("can_write", "Policy") in mine
    assert not [section for _, section in mine if section == "Contacts"]


def test_a_new_section_comes_with_its_default_rights(session: Session, write: Any) -> None:
    persons = [r for r in session.scalars(select(PermissionView)) if r.view_menu.name == "Contact persons"]
    for right in persons:
        right.role = []
        session.delete(right)
    session.commit()
    assert ("can_read", "Contact persons") not in rights_of(session, "Sales manager")
    write()
    assert {name for name, section in rights_of(session, "Sales manager") if section == "Contact persons"} == {
        "can_read",
        "can_write",
        "can_delete",
    }


def test_a_section_that_is_no_more_goes_with_its_rights(app: Flask, session: Session, write: Any) -> None:
    with app.app_context():
        sm = app.appbuilder.sm
        right = sm.add_permission_view_menu("can_read", "Gone")
        sm.add_permission_role(sm.find_role("Sales manager"), right)
    assert ("can_read", "Gone") in rights_of(session, "Sales manager")
    write()
    assert ("can_read", "Gone") not in rights_of(session, "Sales manager")


def test_a_role_that_lacks_is_made_again(session: Session, write: Any) -> None:
    role = session.scalars(select(Role).where(Role.name == "Purchasing specialist")).one()
    for user in session.scalars(select(User)):
        user.roles = [r for r in user.roles if r is not role]
    session.delete(role)
    session.commit()
    write()
    assert ("can_read", "Counterparties") in rights_of(session, "Purchasing specialist")


def test_rights_are_of_sections_that_exist(app: Flask) -> None:
    sections = {view.class_permission_name for view in app.appbuilder.baseviews}
    expected = {section for rights in roles.RIGHTS.values() for section in rights if not section.startswith("Report")}
    later = {"Reports", "Classification", "Import", "Export"}
    assert expected - sections - later == set()
