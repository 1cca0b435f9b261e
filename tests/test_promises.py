"""What the whole code base promises."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Any

import flask_migrate
from alembic.script import ScriptDirectory
from flask import Flask
from grimp import build_graph
from sqlalchemy import inspect, select, text

from app import readiness
from app.domain.words import JobKind, NoticeKind
from app.extensions import db
from app.models.bell import Notice
from app.models.counterparties import Counterparty
from app.models.products import Item
from app.models.supply import SupplierOrder
from app.models.users import User
from app.web.work import KINDS
from config import ROOT
from jobs import schedule
from tests import forget_surroundings
from tests.bases import Bases
from tests.conftest import moved, undone, undone_to


def lint_imports(root: Path) -> str:
    """What import-linter says of a tree; empty when every contract is kept."""
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    checked = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    return checked.stdout if checked.returncode else ""


def test_what_the_starter_of_the_tests_told_the_product_is_not_told_to_what_they_start(tmp_path: Path) -> None:
    lines = tmp_path / ".env"
    lines.write_text("CRM_PORT=8080\nCRM_REAL_DATA=/there\nOTHER=1\n")
    kept = {"PATH": "/bin", "CRM_REAL_DATA": "/here", "OTHER": "2"}
    told = {"CRM_DATABASE_URL": "postgresql://his/own", "MAKEFLAGS": "w", "MAKELEVEL": "1", "MFLAGS": "-w"}
    told |= {"PGHOST": "his", "PYTHONPATH": "/his", "http_proxy": "http://his", "HTTPS_PROXY": "http://his"}
    environ = {**kept, **told}
    forget_surroundings(environ, lines)
    assert environ == {**kept, "CRM_PORT": ""}
    assert not told.keys() & os.environ.keys()


def test_imports_keep_their_contracts() -> None:
    assert lint_imports(ROOT) == ""


def test_modules_do_not_import_one_another_in_a_circle() -> None:
    """The contracts of import-linter are of folders: on one floor they would let it pass."""
    graph = build_graph("app", "reports", "jobs", exclude_type_checking_imports=True, cache_dir=None)
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()


def test_an_import_against_a_contract_is_found(tmp_path: Path) -> None:
    wrong = {
        "app/domain/abc.py": "app.models.orders",
        "app/queries/sales/board.py": "app.queries.contacts.contacts",
        "app/services/purchasing/supply.py": "app.queries.sales.orders",
        "app/services/classification/runs.py": "app.services.exchange",
        "app/views/items.py": "app.services.demo",
    }
    for part in ("app", "reports", "jobs"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=lambda _, names: {n for n in names if n == "static"})
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, target in wrong.items():
        with (tmp_path / file).open("a", encoding="utf-8") as module:
            module.write(f"\nimport {target}\n")
    said = lint_imports(tmp_path)
    importers = [file.removesuffix(".py").replace("/", ".") for file in wrong]
    assert [name for name in importers if name not in said] == []
    assert said.count("BROKEN") == 5


def test_migrations_are_one_line_from_the_first_to_the_last(app: Flask) -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert len(scripts.get_heads()) == 1
    assert revisions == sorted(revisions, reverse=True)
    assert revisions[0] == readiness.head()


def test_migrations_go_down_to_nothing_and_up_again(app: Flask, bases: Bases, migrated: str) -> None:
    address = bases.new("migrations", of=migrated)
    with moved(app, address), app.app_context():
        flask_migrate.downgrade(revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
        flask_migrate.upgrade()
        flask_migrate.check()
    bases.let_go(address)


def test_notices_of_a_kind_that_the_product_before_it_does_not_know_go_with_their_migration(
    app: Flask, bases: Bases, migrated: str
) -> None:
    address = bases.new("kinds", of=migrated)
    with moved(app, address), app.app_context():
        client, user = (
            Counterparty(code="1", name="Ромашка"),
            User(username="u", first_name="", last_name="", email="u"),
        )
        db.session.add_all([client, user])
        db.session.flush()
        db.session.add(Notice(user_id=user.id, kind=NoticeKind.ANNIVERSARY, key="1", counterparty_id=client.id))
        db.session.add(Notice(user_id=user.id, kind=NoticeKind.BIRTHDAY, key="2", counterparty_id=client.id))
        db.session.commit()
        db.session.remove()
        flask_migrate.downgrade(revision="0083")
        assert db.session.scalars(text("SELECT kind FROM notice")).all() == ["birthday"]
        db.session.remove()
    bases.let_go(address)


def test_the_day_of_receipt_that_was_promised_first_is_found_in_the_journal(
    app: Flask, bases: Bases, migrated: str
) -> None:
    """Of an order that never moved it is the day that holds."""
    address, days = bases.new("receipts", of=migrated), [date(2026, 3, day) for day in (10, 12, 11)]
    with moved(app, address), app.app_context():
        supplier = Counterparty(code="1", name="Завод", is_supplier=True)
        orders = [SupplierOrder(number=n, date=days[0], counterparty=supplier, receive_on=days[0]) for n in "12"]
        orders.append(SupplierOrder(number="3", date=days[0], counterparty=supplier))
        db.session.add_all(orders)
        db.session.commit()
        for day in days[1:]:
            orders[0].receive_on = day
            db.session.commit()
        db.session.remove()
        flask_migrate.downgrade(revision="0100")
        flask_migrate.upgrade()
        found = db.session.execute(text("SELECT receive_on, first_receive_on FROM supplier_order ORDER BY number"))
        assert found.all() == [(days[2], days[0]), (days[0], days[0]), (None, None)]
        db.session.remove()
    bases.let_go(address)


def test_a_worker_can_import_everything_that_happens_by_the_clock() -> None:
    class Recorder:
        def __init__(self) -> None:
            self.asked: list[Any] = []

        def register(self, func: Any, *_: Any, **__: Any) -> None:
            self.asked.append(func)

    recorder = Recorder()
    schedule.register_all(recorder)  # type: ignore[arg-type]
    assert recorder.asked
    for func in recorder.asked:
        assert getattr(import_module(func.__module__), func.__name__) is func


def test_what_a_test_commits_is_gone_and_what_its_file_was_filled_with_stays(app: Flask) -> None:
    with undone(app) as filled:
        filled.add(Item(code="filled", name="Чай"))
        filled.commit()
        for _test in range(2):
            with undone_to(filled) as session:
                assert session.scalars(select(Item.code)).all() == ["filled"]
                session.add(Item(code="of a test", name="Кофе"))
                session.commit()


def test_every_kind_of_work_has_what_does_it_and_a_page(app: Flask) -> None:
    assert set(KINDS) == set(JobKind)
    assert [kind.page for kind in KINDS.values() if kind.page not in app.view_functions] == []


def test_addresses_of_reports_are_made_in_one_place() -> None:
    """By report_url: an address or an endpoint typed by hand is found by nobody who looks for the report."""
    typed = re.compile(r"""['"`]/reports/[a-z]|['"`]\w+ReportView\.""")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("app", "reports", "jobs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".js"} and "vendor" not in path.parts
        for line in path.read_text().splitlines()
        if typed.search(line)
    ]
    assert found == []


def test_only_the_workshop_touches_the_insides_of_flask_appbuilder() -> None:
    """Underscore names of FAB, and its widgets, are used in app/web alone."""
    inside = ("flask_appbuilder.widgets", "flask_appbuilder.forms", "flask_appbuilder.models.filters", "_base_filters")
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for folder in ("app/views", "app/services", "app/queries", "reports", "jobs", "app/cli")
        for path in (ROOT / folder).rglob("*.py")
        for name in inside
        if name in path.read_text()
    ]
    assert found == []
