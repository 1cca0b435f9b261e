"""The frame of every page is made of kept pieces: each reader gets those of his language, rights and choices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from jinja2 import DictLoader, Environment
from sqlalchemy.orm import Session

from app.web.access.people import profile_of
from app.web.page import CompiledOnce
from tests.conftest import user_named

Login = Callable[..., FlaskClient]
PAGE = "/profile/"


def test_each_reads_the_frame_in_his_own_language(login: Login) -> None:
    here, abroad = login("anna"), login("boris")
    with abroad.session_transaction() as cookie:
        cookie["locale"] = "en"
    for _asked_again in range(2):
        assert 'data-text-undo="Отменить"' in here.get(PAGE).text
        assert 'data-text-undo="Undo it"' in abroad.get(PAGE).text


def test_the_bell_of_each_is_as_loud_as_he_wants_it(login: Login, session: Session) -> None:
    loud, quiet = login("anna"), login("boris")
    profile_of(user_named(session, "boris")).bell_sound = False
    session.commit()
    for _asked_again in range(2):
        assert " data-sound" in loud.get(PAGE).text
        assert " data-sound" not in quiet.get(PAGE).text


def test_what_was_searched_for_stands_in_the_box_of_that_page_alone(login: Login) -> None:
    anna, boris = login("anna"), login("boris")
    for _asked_again in range(2):
        assert 'value="Нефритовый &lt;b&gt;"' in anna.get("/search", query_string={"q": "Нефритовый <b>"}).text
        assert "Нефритовый" not in anna.get(PAGE).text + boris.get(PAGE).text


def compiled_page(folder: Path, source: str) -> str:
    """What a process that has just begun shows."""
    env = Environment(loader=DictLoader({"page": source}), bytecode_cache=CompiledOnce(str(folder)), autoescape=True)
    return env.get_template("page").render()


def test_what_one_process_has_compiled_others_do_not_compile_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    compile_ = Environment.compile
    monkeypatch.setattr(
        Environment, "compile", lambda env, source, *more: compiled.append(source) or compile_(env, source, *more)
    )
    assert compiled_page(tmp_path, "{{ 1 }}") == compiled_page(tmp_path, "{{ 1 }}") == "1"
    assert compiled_page(tmp_path, "{{ 2 }}") == "2"
    assert compiled == ["{{ 1 }}", "{{ 2 }}"]


def test_a_folder_that_cannot_be_written_costs_no_page(tmp_path: Path) -> None:
    assert compiled_page(tmp_path / "gone", "{{ 1 }}") == "1"
