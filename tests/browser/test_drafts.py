"""A director prepares a classification: what if, corrections by hand, posting; and holds one client where he is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, func, select

from app import clock
from app.domain.periods import months_from
from app.extensions import db
from app.models.classes import AbcRecord, AbcRun, Hold, StageRun
from app.models.classification_drafts import ClassificationDraft
from app.models.counterparties import Counterparty
from app.models.movements import Shipment
from tests.browser.conftest import PHONE, WIDE
from tests.factories import buyer
from tests.reports.trade import shipped

Visit = Callable[..., Page]
Rows = Callable[[Any], list[Any]]
NAMES = ("Кедр", "Сосна", "Ольха")
LAST_RUN = select(func.max(AbcRun.id)).scalar_subquery()


@pytest.fixture(autouse=True)
def trees(served: tuple[Flask, str]) -> Iterator[dict[str, int]]:
    """Three buyers whose month makes the classes A, B, C; nothing is left of them and of what they caused."""
    app, _address = served
    with app.app_context():
        session, month = db.session(), months_from(clock.today(), 1)
        runs = {model: session.scalar(select(func.coalesce(func.max(model.id), 0))) for model in (AbcRun, StageRun)}
        found = [buyer(session, name) for name in NAMES]
        for one, amount in zip(found, (750_000, 200_000, 50_000), strict=True):
            shipped(session, one, amount, month.first)
        session.commit()
        ids = {one.name: one.id for one in found}
        db.session.remove()
    yield ids
    with app.app_context():
        for model, last in runs.items():
            db.session.execute(delete(model).where(model.id > last))
        for table in (AbcRecord, Hold, Shipment):
            db.session.execute(delete(table).where(table.counterparty_id.in_(ids.values())))
        db.session.execute(delete(Counterparty).where(Counterparty.id.in_(ids.values())))
        db.session.execute(delete(ClassificationDraft))
        db.session.commit()
        db.session.remove()


def row(page: Page, name: str) -> Any:
    return page.locator(".grid tbody tr", has_text=name)


def test_thresholds_are_moved_and_the_screen_follows(visit: Visit, rows: Rows) -> None:
    page = visit("vera", "/what-if/abc?period=this-month&share_a=70&share_b=20&share_c=10")
    expect(row(page, "Сосна")).to_contain_text("B")
    before = rows(select(func.count()).select_from(AbcRun))
    share = page.get_by_label("Класс A, %")
    share.fill("78")
    expect(page.get_by_label("Класс C, %")).to_have_value("2")
    expect(row(page, "Сосна").locator("td").nth(2)).to_have_text("A")
    expect(share).to_be_focused()
    page.get_by_label("Класс B, %").fill("90")
    left = page.get_by_label("Класс C, %")
    expect(left).to_have_value("-68")
    expect(left).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Класс B, %").fill("20")
    expect(left).not_to_have_attribute("aria-invalid", "true")
    assert rows(select(func.count()).select_from(AbcRun)) == before


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_draft_is_corrected_by_hand_and_posted(
    visit: Visit, rows: Rows, trees: dict[str, int], size: dict[str, int]
) -> None:
    page = visit("vera", "/what-if/abc?period=this-month&share_a=70&share_b=20&share_c=10", size=size)
    page.get_by_role("button", name="Сначала исправить вручную").click()
    expect(page.locator("h1")).to_have_text("ABC-классы: черновик")
    page.wait_for_load_state()  # the page's scripts hear a choice
    page.get_by_label("Ольха").select_option("A")
    expect(page.locator("#totals")).to_contain_text("Вручную исправлен 1")
    page.get_by_label("Сосна").select_option("left_out")
    expect(row(page, "Сосна")).to_have_class("chosen")
    page.reload()
    expect(page.get_by_label("Ольха")).to_have_value("A")
    expect(page.get_by_label("Сосна")).to_have_value("left_out")
    page.get_by_label("Комментарий").fill("новый договор")
    page.get_by_role("button", name="Провести").click()
    expect(page.locator("h1")).to_have_text("ABC-анализ покупателей")
    expect(page.locator(".alert-success")).to_be_visible()
    mine = select(AbcRecord.counterparty_id, AbcRecord.abc).where(AbcRecord.run_id == LAST_RUN)
    found = rows(select(func.json_object_agg(*mine.subquery().c)))[0]
    assert {name: found.get(str(number)) for name, number in trees.items()} == {
        "Кедр": "A",
        "Сосна": None,
        "Ольха": "A",
    }
    page.goto(f"/standing/{trees['Ольха']}")
    expect(page.locator("main")).to_contain_text("новый договор")


def test_a_client_is_held_and_the_next_run_keeps_him(visit: Visit, rows: Rows, trees: dict[str, int]) -> None:
    page = visit("vera", f"/standing/{trees['Ольха']}")
    page.locator("select[name=abc]").select_option("A")
    page.get_by_label("Причина").fill("растёт вместе с нами")
    page.get_by_role("button", name="Установить").click()
    expect(page.locator("main")).to_contain_text("растёт вместе с нами")
    page.goto("/what-if/abc?period=this-month&share_a=70&share_b=20&share_c=10")
    page.get_by_role("button", name="Классифицировать:").click()
    expect(page.locator(".alert-success")).to_be_visible()
    mine = select(AbcRecord.abc).where(AbcRecord.run_id == LAST_RUN, AbcRecord.counterparty_id == trees["Ольха"])
    assert rows(mine) == ["A"]
    page.goto(f"/standing/{trees['Ольха']}")
    expect(page.locator("dl.facts")).to_contain_text("C")
