"""Attributes of a tag are written as WTForms writes them, by our own faster function."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from wtforms import widgets

from app.web.forms.attributes import attributes

VALUES = st.one_of(st.booleans(), st.none(), st.integers(), st.text(), st.text().map(Markup))
NAMES = st.sampled_from(["id", "class_", "data_lookup", "data-lookup-with", "aria_label", "for_", "value", "required"])


@given(st.dictionaries(NAMES, VALUES))
def test_attributes_are_those_of_wtforms(asked: dict[str, Any]) -> None:
    assert attributes(**asked) == widgets.html_params(**asked)


def test_every_input_is_written_by_ours() -> None:
    assert widgets.core.html_params is attributes is widgets.Input.html_params
    assert widgets.html_params is not attributes, "the other test compares with that of WTForms"
