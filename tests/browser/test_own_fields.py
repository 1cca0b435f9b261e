"""A field made in the browser stands at once wherever its table does; a change of many rows is taken back by a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select, text, update

from app.extensions import db
from app.models.counterparties import Counterparty
from app.models.own_fields import OwnField
from tests.web.test_rest import Program

Visit = Callable[..., Page]
Rows = Callable[[Any], list[Any]]
COLUMNS = "_col_CounterpartyView=code,name,own_rayon"


@pytest.fixture
def tidied(served: tuple[Flask, str]) -> Iterator[Flask]:
    """Afterwards the base has neither the field nor its values."""
    yield served[0]
    with served[0].app_context():
        for name in db.session.scalars(select(OwnField.id)):
            db.session.execute(text(f"DROP INDEX IF EXISTS own_{name}"))
        db.session.execute(delete(OwnField))
        db.session.execute(update(Counterparty).values(own={}, comment=""))
        db.session.execute(delete(Counterparty).where(Counterparty.code == "B901"))
        db.session.commit()
        db.session.remove()


def made(visit: Visit) -> Page:
    page = visit("admin", "/own-fields/add")
    page.get_by_label("Наименование").fill("Район")
    page.get_by_role("button", name="Сохранить").click()
    page.wait_for_url("**/own-fields/list/**")
    return page


def test_a_field_made_now_stands_everywhere_now(visit: Visit, rows: Rows, tidied: Flask, tmp_path: Path) -> None:
    page = made(visit)
    page.goto("/counterparties/edit/5")
    page.get_by_label("Район").fill("Южный")
    page.get_by_role("button", name="Сохранить").click()
    page.wait_for_url("**/counterparties/show/5")
    expect(page.locator("[data-fact$='/own_rayon']")).to_contain_text("Южный")

    page.goto(f"/counterparties/list/?{COLUMNS}&_flt_0_own_rayon=южн")
    expect(page.locator(".list th[data-column='own_rayon']")).to_have_text("Район")
    expect(page.locator(".list tbody tr")).to_have_count(1)
    cell = page.locator("td[data-fact='/counterparties/fact/5/own_rayon']")
    cell.dblclick()
    cell.get_by_role("textbox").fill("Южный берег")
    cell.get_by_role("textbox").press("Enter")
    expect(cell).to_have_text("Южный берег")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Excel").click()
    taken.value.save_as(tmp_path / "list.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "list.xlsx").worksheets[0]
    assert [row[2] for row in sheet.iter_rows(values_only=True)] == ["Район", "Южный берег"]

    (tmp_path / "file.csv").write_text("code;name;Район\nB901;Из файла;Горный\n", encoding="utf-8")
    loaded = tidied.test_cli_runner().invoke(args=["import", "counterparties", str(tmp_path / "file.csv")])
    assert loaded.exit_code == 0, loaded.output
    assert rows(select(Counterparty.own).where(Counterparty.code == "B901")) == [{"rayon": "Горный"}]

    with tidied.app_context():
        program = Program(tidied, db.session(), "admin")
        db.session.remove()
    number = rows(select(Counterparty.id).where(Counterparty.code == "B005"))[0]
    assert program("GET", f"counterparty/{number}").get_json()["result"]["own"] == {"rayon": "Южный берег"}
    assert program("PUT", f"counterparty/{number}", json={"own": {"rayon": "Север"}}).status_code == 200
    assert rows(select(Counterparty.own).where(Counterparty.id == number)) == [{"rayon": "Север"}]

    page.goto("/reports/abc-buyers?columns=buyer,own_counterparty_rayon")
    expect(page.get_by_role("columnheader", name="Район").first).to_be_visible()


def test_a_change_of_many_rows_and_a_deletion_are_taken_back_by_a_key(visit: Visit, rows: Rows, tidied: Flask) -> None:
    page = made(visit)
    own = select(Counterparty.own).where(Counterparty.code.in_(("B010", "B011")))
    page.goto(f"/counterparties/list/?{COLUMNS}&_flt_0_words=Ромашка 1")
    for code in ("B010", "B011"):
        page.get_by_role("row").filter(has_text=code).locator(".tick input").check()
    page.locator(".picked").get_by_role("button", name="Изменить").click()
    page.wait_for_url("**/counterparties/bulk*")
    page.locator("#field").select_option("own_rayon")
    page.locator("#own_rayon").fill("Центр")
    page.get_by_role("button", name="Посчитать").click()
    page.get_by_role("button", name="Изменить 2").click()
    expect(page.locator("[data-undo]")).to_be_visible()
    assert rows(own) == [{"rayon": "Центр"}] * 2
    page.wait_for_load_state()  # the page's scripts hear keys
    page.keyboard.press("Control+KeyZ")
    expect(page.get_by_text("Отменено")).to_be_visible()
    assert rows(own) == [{}] * 2

    number = rows(select(Counterparty.id).where(Counterparty.code == "B012"))[0]
    page.goto(f"/counterparties/show/{number}")
    page.locator("details.more summary").click()
    page.get_by_role("button", name="Удалить").click()
    expect(page.locator("[data-undo]")).to_be_visible()
    assert rows(select(Counterparty.id).where(Counterparty.id == number)) == []
    page.wait_for_load_state()  # the page's scripts hear keys
    page.keyboard.press("Control+KeyZ")
    expect(page.get_by_text("Отменено")).to_be_visible()
    assert rows(select(Counterparty.id).where(Counterparty.id == number)) == [number]
