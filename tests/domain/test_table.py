"""Files as people send them."""

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest

from app.domain.formats.table import BadTable, Unreadable, open_table


def read(source: bytes | Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    with open_table(source) as table:
        return table.header, list(table.rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_usual_encoding_and_delimiter_is_recognised(encoding: str, delimiter: str) -> None:
    text = f"Код{delimiter}Название\r\nК1{delimiter}Ёлки\r\n"
    assert read(text.encode(encoding)) == (["Код", "Название"], [(2, ["К1", "Ёлки"])])


def test_commas_inside_quotes_do_not_make_the_delimiter() -> None:
    assert read(b'"a, b, c, d";e\n1;2\n')[0] == ["a, b, c, d", "e"]


def test_lines_are_numbered_as_a_person_sees_them_in_the_file() -> None:
    source = b'code,comment\n1,"two\nlines"\n\n2,x\n,\n3,"a\n\nb"\n4,y\n'
    assert [(line, cells[0]) for line, cells in read(source)[1]] == [(2, "1"), (5, "2"), (7, "3"), (10, "4")]


def test_utf8_is_believed_only_when_the_whole_file_is_utf8() -> None:
    source = b"code\n" + b"1\n" * 1_000_000 + "Ёж".encode("windows-1251")
    assert read(source)[1][-1][1] == ["Ёж"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", Unreadable.EMPTY),
        (b"\n \n", Unreadable.EMPTY),
        (b"PK\x03\x04 no workbook at all", Unreadable.WORKBOOK),
        (b"a,b\n\xff\x98", Unreadable.ENCODING),
        (b'a,b\n1,"' + b"x\n" * 800_000, Unreadable.QUOTES),
    ],
)
def test_a_file_that_is_no_table_says_why(source: bytes, reason: Unreadable) -> None:
    with pytest.raises(BadTable) as caught:
        read(source)
    assert caught.value.reason is reason


def test_a_workbook_gives_the_same_texts_as_a_csv_file_and_the_numbers_of_its_rows() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A3"], sheet["B3"], sheet["C3"] = "Код", "Дата", "Цена"
    sheet["A5"], sheet["B5"], sheet["C5"] = 12, dt.date(2026, 11, 23), 0.1 + 0.2
    sheet["A6"], sheet["B6"], sheet["C6"] = True, dt.datetime.fromisoformat("2026-11-23T09:30"), 1e-7
    sheet["A7"], sheet["B7"], sheet["C7"] = " 007 ", dt.datetime.fromisoformat("2026-11-23"), 12.5
    out = io.BytesIO()
    book.save(out)
    header, rows = read(out.getvalue())
    assert header == ["Код", "Дата", "Цена"]
    assert rows == [
        (5, ["12", "2026-11-23", "0.3"]),
        (6, ["1", "2026-11-23 09:30:00", "0.0000001"]),
        (7, ["007", "2026-11-23", "12.5"]),
    ]


def test_a_file_on_disk_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code\n" + "1\n" * 10)
    with open_table(path) as table:
        assert table.about == 10
        assert next(table.rows) == (2, ["1"])
