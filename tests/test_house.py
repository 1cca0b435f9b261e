"""The house stands: the base is what the models say, and starting costs nothing."""

import ast
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import select

from app.factory import create_app
from app.models.base import Base
from app.models.settings import Policy
from app.views import APIS
from config import ROOT

CODE = ("app", "reports", "jobs", "bench")
# They have no rooms: most rooms read most of them; a script is a page's or everybody's.
MOST_FILES = {"app/models": 51, "app/services/demo": 23, "app/domain": 32, "app/static/js": 28}


def test_migrations_make_exactly_the_tables_of_the_models(app: Flask) -> None:
    with app.app_context():
        flask_migrate.check()


def test_starting_runs_no_sql_and_the_books_of_telephones_can_be_left_out(app: Flask, sql: list[str]) -> None:
    without = create_app(replace(app.config["CRM"], dav=False))
    assert sql == []
    theirs = ("/dav", "/devices", "/.well-known")
    assert [rule.rule for rule in without.url_map.iter_rules() if rule.rule.startswith(theirs)] == []
    assert [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith(theirs)] != []


def test_the_policy_row_exists(session: Any) -> None:
    assert session.scalars(select(Policy)).one().share_a == 70


def test_a_line_of_a_template_can_be_read() -> None:
    root = ROOT / "app" / "templates"
    lines = [
        (path.relative_to(root).as_posix(), place, len(line))
        for path in root.rglob("*.html")
        for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]
    assert len(lines) > 1000
    assert [found for found in lines if found[2] > 140] == []


def test_cells_of_a_table_say_on_a_phone_what_they_are() -> None:
    """There the head is not shown: each has its label, but the one that names the row and those of buttons."""
    mute = []
    for path in (ROOT / "app" / "templates").rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        if '<table class="table grid' in source:
            cells = re.findall(r"<td[^%{>]*(?:{.*?}[^>]*)*>", source)
            mute += [(path.name, cell) for cell in cells if not re.search(r"data-label|lead|tick|ops|colspan", cell)]
    assert mute == []


def test_attributes_of_a_tag_do_not_run_together() -> None:
    """Between two blocks of a template nothing stands of the end of a line: what they say would be one word."""
    glued = []
    for path in (ROOT / "app" / "templates").rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        for found in re.finditer(r"%}\n[ \t]*{%(?!-)", source):
            before = re.sub(r"{[{%#].*?[}%#]}", "", source[: found.start() + 2], flags=re.DOTALL)
            if before.rfind("<") > before.rfind(">"):
                glued.append((path.name, source.count("\n", 0, found.end()) + 1))
    assert glued == []


def test_a_landing_can_be_overlooked() -> None:
    """What lies in one folder: more than this wants a room."""
    files = Counter(
        path.parent.relative_to(ROOT).as_posix()
        for folder in (*CODE, "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css"} and path.name != "__init__.py" and "vendor" not in path.parts
    )
    assert len(files) > 50
    assert {folder: many for folder, many in files.items() if many > MOST_FILES.get(folder, 22)} == {}


def test_every_room_is_told_of() -> None:
    rooms = {
        path.parent.name for floor in ("queries", "services", "views") for path in (ROOT / "app" / floor).glob("*/*.py")
    }
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Rooms")[2].partition("##")[0]
    assert len(rooms) > 10
    assert {room for room in rooms if f"`{room}`" not in told} == set()


def test_a_class_name_stands_in_one_file() -> None:
    """A word that means two things is met with the wrong one in mind."""
    names = Counter(
        node.name
        for folder in CODE
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    assert {name for name, times in names.items() if times > 1} == set()


def test_an_index_names_its_reader() -> None:
    """Beside it, or above those that follow one another; a unique one is a rule, a helper has a docstring."""
    mute, seen = [], 0
    for path in (ROOT / "app" / "models").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        lines, told_to = source.splitlines(), 0
        for table in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)):
            for node in ast.walk(table):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Index":
                    seen += 1
                    above = node.lineno - 2
                    if any("# " in line for line in lines[above : node.end_lineno]) or told_to == above + 1:
                        told_to = node.end_lineno or 0
                    elif not any(each.arg == "unique" for each in node.keywords):
                        mute.append((path.name, node.lineno))
    assert seen > 100
    assert mute == []


def test_flows_lead_to_what_is_there() -> None:
    """Every `file:name` of the flows: a function, class, method or constant."""
    text = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
    steps = re.findall(r"`((?:app|reports|jobs)/[\w./]+?\.(?:py|js|html))(?::([\w.]+))?`", text)
    assert len(steps) > 60
    assert [f"{file}:{name}" for file, name in steps if not _has(ROOT / file, name)] == []


def _has(file: Path, name: str) -> bool:
    if not file.exists():
        return False
    at: Any = ast.parse(file.read_text()) if name else None
    for part in name.split(".") if name else ():
        at = next((node for node in at.body if part in _names(node)), None)
        if at is None:
            return False
    return True


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            return {each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name()):
            return {node.target.id}
    return set()


def test_settings_are_told_where_one_looks_for_them() -> None:
    read = set(re.findall(r'"(CRM_[A-Z_]+)"', (ROOT / "config.py").read_text(encoding="utf-8")))
    told = set(re.findall(r"CRM_[A-Z_]+", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert read - told == set()


def test_resources_for_programs_are_named_where_they_are_told_of() -> None:
    named = re.search(r"resources: ([^.]*)\.", (ROOT / "docs/rest.md").read_text(encoding="utf-8"))
    assert named is not None
    resources = {api.resource_name for api in APIS if getattr(api, "resource_name", None)}
    assert resources - set(re.findall(r"\w+", named[1])) == set()


def test_every_table_has_its_word_in_the_glossary() -> None:
    named = set(re.findall(r"`(\w+)`", (ROOT / "docs/glossary.md").read_text(encoding="utf-8")))
    ours = [each for each in Base.registry.mappers if each.class_.__module__.startswith("app.")]
    assert len(ours) > 100
    assert {each.class_ for each in ours if not {each.class_.__name__, each.local_table.name} <= named} == set()


def test_a_row_of_the_features_has_a_name_of_its_own() -> None:
    ids = re.findall(r"^\| ([A-Z]+\d+\w*) \|", (ROOT / "docs/features.md").read_text(encoding="utf-8"), re.M)
    assert len(ids) > 90
    assert [name for name, times in Counter(ids).items() if times > 1] == []
