"""What goes out comes in again and changes nothing."""

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.counterparties import ContactInfo
from app.services import exchange
from app.services.exchange import exporting
from app.services.exchange.exporting import OFFICE, PLAIN, Spelling
from tests.conftest import undone, user_named
from tests.services.exchange.conftest import NOW, TODAY, counts

pytestmark = pytest.mark.slow

FILES = {
    "counterparties": (
        "code,name,kind,inn,is_supplier,manager,group,phone,email,address,source,registered_on,comment",
        'К1,"Ромашка, ООО",company,7707083893,да,anna,Опт,+7 495 123-45-67 доб. 5; 8 912 345 67 89,a@b.ru,"Мира, 1",'
        'Сайт,2024-02-01,"две\nстроки"',
        "К2,Ёж,person,,,boris,,,,,,2024-02-01,",
        "П1,Плантация,company,,да,,,,,,,2024-02-01,",
    ),
    "persons": (
        "counterparty,last_name,first_name,birthday,phone,extension",
        "К1,Семёнов,Иван,1980-05-12,495 123-45-67; 912 345 67 89,101",
        "К2,Ёжикова,,,,77",
        "К1,Иванов,Иван,,+79160000777,",
        "К1,Иванов,Иван,,,",
    ),
    "items": (
        "code,name,unit,price,cost,is_service",
        "A,Чай,кг,10.50,,0",
        "B,=1+1,шт,0.34567,0.00001,1",
    ),
    "orders": (
        "number,date,counterparty,item,quantity,price,discount,manager,ship_on,comment",
        "1,2026-11-20,К1,A,2.5,10.55,5,anna,2026-11-30,да",
        "1,2026-11-20,К1,B,1,5,,anna,2026-11-30,да",
        "2,2026-11-20,К2,A,1,1,,,,",
        "2,2025-11-20,К2,B,1.234,0.34567,12.34,,,",
    ),
    "shipments": (
        "number,date,counterparty,item,quantity,price,cost,order",
        "Р1,2026-11-21,К1,A,2,10,7.5,1",
        "В1,2026-11-22,К1,A,-1,10,7.5,",
    ),
    "payments": ("number,date,counterparty,amount,order", "П1,2026-11-21,К1,-5.05,1"),
    "order-closings": ("order,reason,date,comment", "2,Нет оплаты,2026-11-22,не ждем"),
    "supplier-prices": (
        "supplier,item,date,price,lead_days,min_quantity,supplier_code",
        "П1,A,2026-11-01,9.50,14,2.5,ЧАЙ-1",
        "П1,A,2026-11-20,9.80,,,ЧАЙ-1",
    ),
    "supplier-orders": (
        "number,date,supplier,item,quantity,price,vat,manager,receive_on,pay_by,comment",
        "ЗС-1,2026-11-20,П1,A,2.5,10.55,10,pavel,2026-11-30,2026-12-10,да",
        "ЗС-1,2026-11-20,П1,B,1,5,,pavel,2026-11-30,2026-12-10,да",
        "ЗС-2,2025-11-20,П1,B,1.234,0.34567,,,,,",
    ),
    "supplier-order-closings": ("order,reason,date,comment", "ЗС-2,Нет оплаты,2026-11-22,не ждем"),
    "supplier-payments": (
        "number,date,supplier,amount,order,purpose",
        "О1,2026-11-21,П1,100.05,,За чай",
        "О2,2026-11-22,П1,-5.05,ЗС-1,",
    ),
    "contacts": (
        "counterparty,starts_at,kind,direction,state,importance,ends_at,person,manager,subject,source,campaign,"
        "prospect,prospect_person,prospect_phone,prospect_email",
        "К1,2026-11-23 10:00,meeting,in,done,high,2026-11-23 10:20,Семёнов Иван,anna,Чай,Сайт,Выставка,,,,",
        "К2,2026-11-24 10:00,call,,,,,,,,,,,,,",
        ",2026-11-24 10:00,call,,,,,,,,,,Ёлочка,Ольга,8 846 215-20-67,olga@uyut.example",
        ",2026-11-24 10:00,call,,,,,,,,,,Ёлочка,,,",
    ),
    "participants": (
        "meeting,counterparty,person,colleague",
        "2026-11-23 10:00,К1,Семёнов Иван,",
        "23.11.2026 10:00:00,К1,,anna",
    ),
    "campaigns": (
        "name,kind,begins,ends,window_days,budget,source,cost,manager",
        "Осень,advertising,2026-09-01,2026-11-30,60,60000,Сайт,20000.50,anna",
        "Обзвон,calls,2026-10-01,,30,,,8000,",
    ),
    "tasks": (
        "text,executor,due_on,author,done_on,counterparty,order",
        "Выслать образцы,anna,2026-11-25,vera,2026-11-22,К1,1",
        "Разобрать почту,anna,2026-11-25,,,,",
        "Разобрать почту,anna,2026-11-25,,,,",
    ),
    "manager-history": ("counterparty,on,manager", "К1,2023-03-01,boris", "К2,2023-04-01,"),
    "additional-managers": ("counterparty,manager,on", "К1,vera,2026-02-01", "К2,anna,"),
    "targets": (
        "manager,month,indicator,value",
        "anna,2026-11,revenue,100000.50",
        "boris,11.2026,Сумма выручки,7",
        "anna,2026-11-15,retention,5",
    ),
    "source-history": ("counterparty,on,source", "К1,2025-03-01,Сайт"),
}


@pytest.fixture(scope="module")
def company(app: Flask) -> Iterator[Session]:
    """Imported once: the tests leave it as it was."""
    with undone(app) as session, app.test_request_context():
        for kind, lines in FILES.items():
            assert run(session, kind, "\n".join(lines).encode()).wrong == []
        session.commit()
        yield session


@pytest.fixture
def trade(company: Session) -> Iterator[Session]:
    """The company, whatever is done to it here."""
    with company.begin_nested() as savepoint:
        yield company
        savepoint.rollback()


def run(session: Session, kind: str, source: bytes | Path) -> exchange.ImportReport:
    return exchange.run_import(session, kind, source, now=NOW, today=TODAY)


def test_every_table_is_tried_here() -> None:
    """But for address books, which go out as files of their own."""
    assert set(FILES) == {slug for slug, table in exchange.TABLES.items() if table.endings == ("csv", "xlsx")}


def unchanged(session: Session, report: exchange.ImportReport) -> bool:
    """Every row of the table was in the file, and there is nothing to say about any."""
    rows = session.scalar(select(func.count()).select_from(exchange.TABLES[report.kind].model))
    assert (report.ignored, report.warnings, counts(report)) == ([], [], (0, 0, rows))
    return bool(rows)


def exported(session: Session, kind: str, spelling: Spelling = PLAIN) -> bytes:
    return b"".join(block for _count, block in exporting.csv_blocks(session, exchange.TABLES[kind], spelling))


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("spelling", [PLAIN, OFFICE])
def test_a_csv_file_comes_in_again_and_changes_nothing(trade: Session, kind: str, spelling: Spelling) -> None:
    source = exported(trade, kind, spelling)
    assert source.startswith(b"\xef\xbb\xbf") is (spelling is OFFICE)
    assert unchanged(trade, run(trade, kind, source))


@pytest.mark.parametrize("kind", FILES)
def test_a_workbook_comes_in_again_and_changes_nothing(trade: Session, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    exporting.write_xlsx(trade, exchange.TABLES[kind], path, captions=True)
    assert unchanged(trade, run(trade, kind, path))


def test_a_workbook_has_numbers_dates_and_no_formulas(trade: Session) -> None:
    out = io.BytesIO()
    exporting.write_xlsx(trade, exchange.TABLES["orders"], out)
    sheet = openpyxl.load_workbook(out).worksheets[0]
    assert [cell.value for cell in sheet[1]][:3] == ["number", "date", "counterparty"]
    assert sheet["B2"].is_date
    assert (sheet["E2"].value, sheet["F2"].value) == (2.5, 10.55)
    out = io.BytesIO()
    exporting.write_xlsx(trade, exchange.TABLES["items"], out)
    assert openpyxl.load_workbook(out).worksheets[0]["B3"].value == "=1+1"
    assert openpyxl.load_workbook(out).worksheets[0]["B3"].data_type == "s"


def test_names_and_values_are_for_programs(trade: Session) -> None:
    header, first, second, _third = exported(trade, "counterparties").decode().replace("две\nстроки", "").splitlines()
    assert header.startswith("code,name,full_name,kind,inn")
    assert first.startswith('К1,"Ромашка, ООО",,company,7707083893')
    assert "+7 495 123-45-67 доб. 5; 8 912 345 67 89" in first
    assert second.startswith("К2,Ёж,,person,")


@pytest.mark.parametrize(
    ("language", "words"), [("ru", "Юридическое лицо;7707083893;;;да;"), ("en", "Company;7707083893;;;yes;")]
)
def test_captions_words_and_flags_are_those_of_one_language(
    trade: Session, app: Flask, language: str, words: str
) -> None:
    with app.test_request_context(), force_locale(language):
        assert words in exported(trade, "counterparties", OFFICE).decode()


def test_an_extension_kept_apart_from_the_phone_goes_out_with_it(trade: Session) -> None:
    """Also of a second phone, and of a counterparty: neither has a column of its own."""
    trade.execute(update(ContactInfo).where(ContactInfo.value == "8 912 345 67 89").values(extension="33"))
    source = exported(trade, "counterparties")
    assert "8 912 345 67 89 доб. 33" in source.decode()
    assert counts(run(trade, "counterparties", source)) == (0, 0, 3)


@pytest.mark.parametrize("kind", ["counterparties", "persons", "orders", "shipments", "payments", "contacts"])
def test_a_manager_takes_out_only_what_he_sees(trade: Session, kind: str) -> None:
    trade.info["viewer"] = Viewer.of(user_named(trade, "boris").id, {Sees.OWN})
    text = exported(trade, kind).decode()
    del trade.info["viewer"]
    for word in ("К1", "Ромашка", "Семёнов", "Р1", "П1"):
        assert word not in text


def test_rows_are_fetched_in_batches(trade: Session) -> None:
    run(trade, "items", "\n".join(["code,name", *(f"{i:05},Чай" for i in range(5000))]).encode())
    counts, blocks = zip(*exporting.csv_blocks(trade, exchange.TABLES["items"]), strict=True)
    assert counts == (2000, 2000, 1003)
    assert b"".join(blocks).count(b"\r\n") == 5003


def test_texts_that_excel_would_count_are_harmless_and_come_back_unharmed(trade: Session) -> None:
    texts = [
        "=1+1",
        "+7 916 700-00-02 доб. 1",
        "-скидка",
        "@a",
        "'=x",
        "''",
        "'90-е",
        "'770",
        "-5",
        "+79167000002",
        "1-2",
    ]
    lines = [f'A{n},"{text}"' for n, text in enumerate(texts)]
    book = [f"A{n}" for n in range(len(texts))]
    source = "\n".join(["code,name", *(line.replace(",\"'", ",\"''") for line in lines)]).encode()
    assert counts(run(trade, "items", source))[0] == len(texts)
    office = b"".join(block for _rows, block in exporting.csv_blocks(trade, exchange.TABLES["items"], OFFICE)).decode()
    cells = {line.split(";")[0]: line.split(";")[1] for line in office.splitlines()[1:]}
    names = [cells[code].strip('"') for code in book]
    assert names[:4] == ["'" + text for text in texts[:4]]
    assert names[8:] == texts[8:]
    for spelling in (OFFICE, PLAIN):
        file = b"".join(block for _rows, block in exporting.csv_blocks(trade, exchange.TABLES["items"], spelling))
        assert counts(run(trade, "items", file)) == (0, 0, len(texts) + 2)  # with those of the company
