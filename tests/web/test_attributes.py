from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from wtforms import widgets

from app.web.forms.attributes import attributes

VALUES = st.one_of(st.booleans(), st.none(), st.integers(), st.text(), st.text().map(Markup))
NAMES = st.sampled_from(["id", "class_", "data_lookup", "data-lookup-with", "aria_label", "for_", "value", "required"])


@given(st.dictionaries(NAMES, VALUES))
def test_attributes_are_those_of_wtforms(given):
    assert attributes(**given) == widgets.html_params(**given)


def test_every_input_is_written_by_ours():
    assert widgets.core.html_params is attributes is widgets.Input.html_params
    assert widgets.html_params is not attributes, "the other test compares with that of WTForms"
