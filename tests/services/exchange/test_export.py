"""What goes out comes in again and changes nothing."""

import io
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.models.counterparties import ContactInfo
from app.services import exchange
from app.services.exchange import exporting
from app.services.exchange.exporting import OFFICE, PLAIN, Spelling
from tests.conftest import user_named
from tests.services.exchange.conftest import NOW, TODAY, Imports, counts

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
    ),
    "items": ("code,name,unit,price,cost,is_service", "A,Чай,кг,10.50,,0", "B,=1+1,шт,0,3,1"),
    "orders": (
        "number,date,counterparty,item,quantity,price,discount,manager,ship_on,comment",
        "1,2026-11-20,К1,A,2.5,10.55,5,anna,2026-11-30,да",
        "1,2026-11-20,К1,B,1,5,,anna,2026-11-30,да",
        "2,2026-11-20,К2,A,1,1,,,,",
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
    "contacts": (
        "counterparty,starts_at,kind,direction,state,importance,ends_at,person,manager,subject,source,campaign",
        "К1,2026-11-23 10:00,meeting,in,done,high,2026-11-23 10:20,Семёнов Иван,anna,Чай,Сайт,Выставка",
        "К2,2026-11-24 10:00,call,,,,,,,,,",
    ),
}


@pytest.fixture
def company(imports: Imports) -> None:
    for kind, lines in FILES.items():
        assert imports(kind, *lines).wrong == []


def exported(session: Session, kind: str, spelling: Spelling = PLAIN) -> bytes:
    return b"".join(block for _count, block in exporting.csv_blocks(session, exchange.TABLES[kind], spelling))


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("spelling", [PLAIN, OFFICE])
def test_a_csv_file_comes_in_again_and_changes_nothing(
    session: Session, company: None, kind: str, spelling: Spelling
) -> None:
    source = exported(session, kind, spelling)
    assert source.startswith(b"\xef\xbb\xbf") is (spelling is OFFICE)
    report = exchange.run_import(session, kind, source, now=NOW, today=TODAY)
    rows = len({line.split(",")[0] for line in FILES[kind][1:]}) if kind not in {"contacts", "supplier-prices"} else 2
    assert report.ignored == []
    assert counts(report) == (0, 0, rows)


@pytest.mark.parametrize("kind", FILES)
def test_a_workbook_comes_in_again_and_changes_nothing(
    session: Session, company: None, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.xlsx"
    exporting.write_xlsx(session, exchange.TABLES[kind], path, captions=True)
    report = exchange.run_import(session, kind, path, now=NOW, today=TODAY)
    assert report.ignored == []
    assert (report.wrong, report.created, report.updated) == ([], 0, 0)
    assert report.skipped


def test_a_workbook_has_numbers_dates_and_no_formulas(session: Session, company: None) -> None:
    out = io.BytesIO()
    exporting.write_xlsx(session, exchange.TABLES["orders"], out)
    sheet = openpyxl.load_workbook(out).worksheets[0]
    assert [cell.value for cell in sheet[1]][:3] == ["number", "date", "counterparty"]
    assert sheet["B2"].is_date
    assert (sheet["E2"].value, sheet["F2"].value) == (2.5, 10.55)
    out = io.BytesIO()
    exporting.write_xlsx(session, exchange.TABLES["items"], out)
    assert openpyxl.load_workbook(out).worksheets[0]["B3"].value == "=1+1"
    assert openpyxl.load_workbook(out).worksheets[0]["B3"].data_type == "s"


def test_names_and_values_are_for_programs(session: Session, company: None) -> None:
    header, first, second, _third = exported(session, "counterparties").decode().replace("две\nстроки", "").splitlines()
    assert header.startswith("code,name,full_name,kind,inn")
    assert first.startswith('К1,"Ромашка, ООО",,company,7707083893')
    assert "+7 495 123-45-67 доб. 5; 8 912 345 67 89" in first
    assert second.startswith("К2,Ёж,,person,")


def test_an_extension_kept_apart_from_the_phone_goes_out_with_it(session: Session, company: None) -> None:
    """Also of a second phone, and of a counterparty: neither has a column of its own."""
    session.execute(update(ContactInfo).where(ContactInfo.value == "8 912 345 67 89").values(extension="33"))
    source = exported(session, "counterparties")
    assert "8 912 345 67 89 доб. 33" in source.decode()
    assert counts(exchange.run_import(session, "counterparties", source, now=NOW, today=TODAY)) == (0, 0, 3)


@pytest.mark.parametrize("kind", ["counterparties", "persons", "orders", "shipments", "payments", "contacts"])
def test_a_manager_takes_out_only_what_he_sees(session: Session, company: None, kind: str) -> None:
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN})
    text = exported(session, kind).decode()
    del session.info["viewer"]
    for word in ("К1", "Ромашка", "Семёнов", "Р1", "П1"):
        assert word not in text


def test_rows_are_fetched_in_batches(session: Session, imports: Imports) -> None:
    imports("items", "code,name", *(f"{i:05},Чай" for i in range(5000)))
    counts, blocks = zip(*exporting.csv_blocks(session, exchange.TABLES["items"]), strict=True)
    assert counts == (2000, 2000, 1001)
    assert b"".join(blocks).count(b"\r\n") == 5001


def test_texts_that_excel_would_count_are_harmless_and_come_back_unharmed(imports: Imports, session: Session) -> None:
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
    assert counts(imports("items", "code,name", *[line.replace(",\"'", ",\"''") for line in lines]))[0] == len(texts)
    office = b"".join(
        block for _rows, block in exporting.csv_blocks(session, exchange.TABLES["items"], OFFICE)
    ).decode()
    cells = {line.split(";")[0]: line.split(";")[1] for line in office.splitlines()[1:]}
    names = [cells[code].strip('"') for code in book]
    assert names[:4] == ["'" + text for text in texts[:4]]
    assert names[8:] == texts[8:]
    for spelling in (OFFICE, PLAIN):
        file = b"".join(block for _rows, block in exporting.csv_blocks(session, exchange.TABLES["items"], spelling))
        report = exchange.run_import(session, "items", file, now=NOW, today=TODAY)
        assert counts(report) == (0, 0, len(texts))
