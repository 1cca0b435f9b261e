"""A report on paper: every page has its head and its number, wide tables lie, too many rows are refused."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from pypdf import PageObject, PdfReader
from sqlalchemy.orm import Session

from app.domain.formats.pdf import FONT, typeset
from app.errors import Refused
from reports.kit.paper import MOST, to_pdf
from reports.kit.table import COUNT, ReportTable
from reports.sales.settlements import Settlements
from tests.factories import buyer
from tests.reports.trade import shipped

TODAY = date(2026, 5, 31)
NAME = "Общество с ограниченной ответственностью «Ромашка, Лютик и Компания #1 по заготовке трав»"


@pytest.fixture(autouse=True)
def language(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def settlements(session: Session, **asked: str) -> ReportTable:
    (made,) = Settlements().tables(session, asked, today=TODAY)
    return made


def printed(*tables: ReportTable) -> list[PageObject]:
    out = io.BytesIO()
    to_pdf(tables, out)
    return list(PdfReader(out).pages)


def lies(page: PageObject) -> bool:
    return bool(page.mediabox.width > page.mediabox.height)


def test_every_page_has_the_head_and_its_number(session: Session) -> None:
    for client in (buyer(session, NAME), buyer(session, "Дуб")):
        for day in range(1, 31):
            shipped(session, client, 1000, date(2026, 5, day))
    pages = printed(settlements(session, group="counterparty"), settlements(session))
    texts = [re.sub(r"\s+", " ", page.extract_text()) for page in pages]
    assert [f"{place} / {len(pages)}" in text for place, text in enumerate(texts, 1)] == [True] * len(pages)
    assert [text.count("Документ Дата") for text in texts] == [1] * len(pages)
    assert "Контрагент: Дуб" in texts[0]
    assert "На дату: 31.05.2026" in texts[0]
    assert "".join(texts).replace("\xa0", " ").count("Итого 60 000,00") == 2
    assert "".join(texts).count("по заготовке трав") >= 31  # wrapped, not cut
    assert not lies(pages[0])  # grouped it needs no column of clients
    assert lies(pages[-1])


def test_a_narrow_table_stands(session: Session) -> None:
    shipped(session, buyer(session), 5, TODAY)
    (page,) = printed(settlements(session, columns="counterparty,debt"))
    assert not lies(page)
    assert "Итого" in page.extract_text()
    (bare,) = printed(settlements(session, columns="counterparty,date"))  # nothing is added up
    assert "Итого" not in bare.extract_text()


def test_a_text_is_never_a_template() -> None:
    template = f'#set text(font: "{FONT}")\n#json(bytes(sys.inputs.data)).text'
    paper = typeset(template, {"text": '#panic("read") $x$ «Ромашка» #{'})
    assert '#panic("read") $x$ «Ромашка» #{' in PdfReader(io.BytesIO(paper)).pages[0].extract_text()


def test_too_many_rows_are_refused_before_any_is_read(session: Session) -> None:
    table = settlements(session)
    long = replace(table, rows=iter(()), totals={(): {**table.total, COUNT: MOST + 1}})
    with pytest.raises(Refused, match="Excel"):
        printed(long)
