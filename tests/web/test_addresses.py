"""Addresses that are put together from kept pieces are those that Flask builds."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.routing import BuildError, Rule

from app.web.addresses import FIRST_MARK, LARGEST, Site

CARD, LIST, FACT = "CounterpartyView.show", "CounterpartyView.list", "CounterpartyView.fact"


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        (CARD, {"pk": 7}),
        (CARD, {"pk": 123456, "began": "1-2-3"}),
        (CARD, {"pk": LARGEST}),
        (FACT, {"pk": 7, "name": "phone"}),
        (FACT, {"pk": 7, "name": "имя / и"}),
        (LIST, {}),
        (LIST, {"_flt_0_words": "ООО «Ромашка» & Ко"}),
        (LIST, {"page": 3, "q": str(FIRST_MARK)}),
        (LIST, {"page": FIRST_MARK, "size": 12}),
        (LIST, {"first": 12, "second": 34, "third": 12}),
        (LIST, {"choice": ["a", "b"], "flag": True, "nothing": None}),
        (LIST, {"_external": True, "_anchor": "top"}),
        (LIST, {"q": "длинное " * 20}),
        ("static", {"filename": "js/theme.js"}),
    ],
)
def test_an_address_is_what_flask_builds(app: Flask, endpoint: str, values: dict[str, Any]) -> None:
    with app.test_request_context("/", base_url="http://localhost/under"):
        built = Flask.url_for(app, endpoint, **values)
        assert [url_for(endpoint, **values) for _time in range(2)] == [built, built]


def test_addresses_of_two_rows_differ(app: Flask) -> None:
    with app.test_request_context():
        assert [url_for(CARD, pk=number) for number in (5, 50)] == ["/counterparties/show/5", "/counterparties/show/50"]


def test_an_address_of_no_screen_is_refused_each_time(app: Flask) -> None:
    for _time in range(2):
        with app.test_request_context(), pytest.raises(BuildError):
            url_for("NoView.show", pk=1)


def test_what_builds_an_address_is_compiled_when_the_first_one_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[bool] = []
    compile_now = Rule._compile_builder

    def noted(rule: Rule, append_unknown: bool = True) -> Any:
        compiled.append(append_unknown)
        return compile_now(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", noted)
    site = Site("site", static_folder=None)
    site.add_url_rule("/a/<int:n>", "a")
    assert compiled == []
    with site.test_request_context():
        assert [url_for("a", n=1), url_for("a", n=2), url_for("a", n=3, q="x")] == ["/a/1", "/a/2", "/a/3?q=x"]
    assert compiled == [True]
