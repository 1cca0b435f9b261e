"""Charts of reports: names under bars are whole where there is room, a bar leads where its figure does. Choices."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE

Visit = Callable[..., Page]

CHART = """() => {
  const chart = globalThis.echarts?.getInstanceByDom(document.querySelector(".chart"));
  const [axis] = chart?.getOption()?.xAxis ?? [];
  return axis && { said: axis.data.map((name) => axis.axisLabel.formatter(name)), names: axis.data };
}"""
# Bars of nothing cannot be clicked: each is as high as the others.
DRAW = """() => {
  const element = document.querySelector(".chart");
  const spec = JSON.parse(element.dataset.chart);
  spec.grouped.forEach((part) => part.values.fill(1));
  spec.links = spec.grouped.map((part, place) => spec.labels.map((name, row) => `/reports/?place=${place}&row=${row}`));
  element.dataset.chart = JSON.stringify(spec);
  document.dispatchEvent(new Event("swapped"));
}"""
MIDDLE = """() => {
  const chart = echarts.getInstanceByDom(document.querySelector(".chart"));
  const { left, top } = document.querySelector(".chart canvas").getBoundingClientRect();
  const [x, y] = chart.convertToPixel({ seriesIndex: 1 }, [0, 0.5]);
  return [left + x, top + y];
}"""


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE])
def test_names_under_bars_are_whole(visit: Visit, size: dict[str, int]) -> None:
    page = visit("admin", "/reports/managers/", size=size)
    drawn = page.wait_for_function(CHART).json_value()
    assert drawn["names"]
    assert [said.replace("\n", " ") for said in drawn["said"]] == drawn["names"]


def test_a_bar_leads_where_its_figure_does(visit: Visit) -> None:
    page = visit("admin", "/reports/managers/")
    page.wait_for_function(CHART)
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(DRAW)
    page.mouse.click(*page.wait_for_function(MIDDLE).json_value())
    page.wait_for_url("**/reports/?place=1&row=0")


def test_other_days_of_which_one_is_empty_are_not_asked_for(visit: Visit) -> None:
    page = visit("admin", "/reports/managers/?period=this-month")
    page.locator("[name=period]").select_option(label="Другие даты…")
    first, last = page.locator("[data-for=days] input").all()
    last.fill("")
    page.locator("form[data-report] .btn-primary").click()
    expect(page.locator("[data-for=days] input:invalid")).to_have_count(1)
    assert page.locator("[name=period]").input_value() == f"{first.input_value()}.."
    assert page.url.endswith("?period=this-month")
