"""The addresses of a page, built once: a card has eighty of them, and one takes Werkzeug longer than its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, has_request_context
from flask.globals import request_ctx
from werkzeug.routing import Rule

from app.web.page import Templates

MOST_KEPT = 4096
LONGEST = 60  # characters of a word in a kept address
FIRST_MARK = 2_147_480_000  # numbers of no row stand in a kept address where those of rows will
LARGEST = FIRST_MARK - 1
OF_FLASK = {"_anchor", "_external", "_method", "_scheme"}  # ways of building, not values of the address


class LateRule(Rule):
    """Compiles what builds its address when the first one is built: a process builds few of a thousand kinds."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled, name = super()._compile_builder, "_build_unknown" if append_unknown else "_build"

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            setattr(rule, name, compiled(append_unknown).__get__(rule, None))
            built: tuple[str, str] = getattr(rule, name)(**values)
            return built

        return build


class Site(Flask):
    """The application, which keeps what its addresses are made of."""

    url_rule_class = LateRule
    jinja_environment = Templates

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._patterns: dict[tuple[Any, ...], str] = {}
        super().__init__(*args, **kwargs)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None of ours is a coroutine: Flask would look at each hook of each request."""
        return func

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        adapter = request_ctx.url_adapter if has_request_context() else None
        if adapter is None or endpoint[0] == ".":
            return super().url_for(endpoint, **values)
        key: list[Any] = [endpoint, adapter.script_name, adapter.default_method]
        marks: dict[str, int] = {}
        numbers: list[int] = []
        for name, value in values.items():
            if type(value) is int and 0 <= value <= LARGEST:
                marks[name] = FIRST_MARK + len(numbers)
                numbers.append(value)
                key.append(name)
            elif type(value) is str and len(value) <= LONGEST and name not in OF_FLASK:
                key.append((name, value))
            elif value is not None or name not in OF_FLASK:
                return super().url_for(endpoint, **values)
        address = self._pattern(tuple(key), endpoint, values | marks)
        if not address:
            return super().url_for(endpoint, **values)
        for place, number in enumerate(numbers):
            address = address.replace(str(FIRST_MARK + place), str(number))
        return address

    def _pattern(self, key: tuple[Any, ...], endpoint: str, values: dict[str, Any]) -> str:
        """The address with marks in place of numbers; "" where a word of it looks like one."""
        kept = self._patterns.get(key)
        if kept is None:
            kept = super().url_for(endpoint, **values)
            if any(type(value) is str and str(FIRST_MARK)[:7] in value for value in values.values()):
                kept = ""
            if len(self._patterns) >= MOST_KEPT:
                self._patterns.clear()
            self._patterns[key] = kept
        return kept
