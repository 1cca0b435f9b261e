"""Files as people send them."""

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.domain.formats.limits import BadTable, Limits, Unreadable
from app.domain.formats.table import Table, read


def table_of(source: bytes, **asked: Any) -> Table:
    return read(io.BytesIO(source), **asked)


def parts(source: bytes, **asked: Any) -> tuple[list[str], list[tuple[int, list[str]]]]:
    table = table_of(source, **asked)
    return table.header, list(table.rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_usual_encoding_and_delimiter_is_recognised(encoding: str, delimiter: str) -> None:
    text = f"Код{delimiter}Название\r\nК1{delimiter}Ёлки\r\n"
    assert parts(text.encode(encoding)) == (["Код", "Название"], [(2, ["К1", "Ёлки"])])


def test_commas_inside_quotes_do_not_make_the_delimiter() -> None:
    assert parts(b'"a, b, c, d";e\n1;2\n')[0] == ["a, b, c, d", "e"]


def test_lines_are_numbered_as_a_person_sees_them_in_the_file() -> None:
    source = b'code,comment\n1,"two\nlines"\n\n2,x\n,\n3,"a\n\nb"\n4,y\n'
    assert [(line, cells[0]) for line, cells in parts(source)[1]] == [(2, "1"), (5, "2"), (7, "3"), (10, "4")]


def test_utf8_is_believed_only_when_the_whole_file_is_utf8() -> None:
    source = b"code\n" + (b"1" * 199 + b"\n") * 10_000 + "Ёж".encode("windows-1251")
    assert parts(source)[1][-1][1] == ["Ёж"]


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
        parts(source)
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
    header, rows = parts(out.getvalue())
    assert header == ["Код", "Дата", "Цена"]
    assert rows == [
        (5, ["12", "2026-11-23", "0.3"]),
        (6, ["1", "2026-11-23 09:30:00", "0.0000001"]),
        (7, ["007", "2026-11-23", "12.5"]),
    ]


def test_csv_is_read_as_it_is_asked_for() -> None:
    table = table_of(b"code\n" + b"1\n" * 10)
    assert table.about == 10
    assert next(table.rows) == (2, ["1"])


@pytest.mark.parametrize(
    ("rows", "reason", "line"),
    [
        (['Q1;"Лютик;;', "Q2;Мак;;", "Q3;Астра;;"], Unreadable.QUOTES, 2),
        (["Q1;Мак;;", 'Q2;"ООО "Ромашка"";;'], Unreadable.AFTER_QUOTE, 3),
        (['Q1;"Лютик;;', 'Q2;"Мак";;'], Unreadable.AFTER_QUOTE, 2),
        (['Q1;"Лютик;;', "Q2;Мак;;", 'Q3;Труба 5";;'], Unreadable.SWALLOWED, 2),
        (["Q0;Мак;;", 'Q1;;;"Лютик', "Q2;Мак;;", 'Q3;Астра;;"'], Unreadable.SWALLOWED, 3),
    ],
)
def test_a_quotation_mark_never_swallows_rows_or_changes_a_text(rows: list[str], reason: Unreadable, line: int) -> None:
    for delimiter in ";,\t":
        source = "\n".join(["code;name;inn;kpp", *rows]).replace(";", delimiter)
        with pytest.raises(BadTable) as caught:
            parts(source.encode())
        assert (caught.value.reason, caught.value.line) == (reason, line)


def test_marks_in_the_middle_of_a_text_and_several_lines_in_a_cell_are_kept() -> None:
    source = 'code,name,text\n1,ООО "Мак","Звонить:\nутром, вечером\nили ""днём"""\n2,Труба 5",\n'.encode()
    assert parts(source)[1] == [
        (2, ["1", 'ООО "Мак"', 'Звонить:\nутром, вечером\nили "днём"']),
        (5, ["2", 'Труба 5"', ""]),
    ]


KNOWN = frozenset({"код", "название", "телефон", "номер телефона"})


def test_the_header_is_found_under_titles_by_captions_that_are_known() -> None:
    source = "Клиенты, по городам, 2026 год;;\n\nПолучено из;1С;8.3\nКод *;Название:;№ телефона\nК1;Мак;1\n".encode()
    table = table_of(source, known=KNOWN)
    assert (table.line, table.header) == (4, ["Код *", "Название:", "№ телефона"])
    assert list(table.rows) == [(5, ["К1", "Мак", "1"])]


def test_without_known_captions_the_header_is_the_first_line_as_wide_as_the_table() -> None:
    table = table_of(b"List\n\na;b;c\n1;2;3\n")
    assert (table.line, table.header) == (3, ["a", "b", "c"])


def test_the_line_of_the_header_may_be_named() -> None:
    table = table_of("Код;Название\nчто;где\nК1;Мак\n".encode(), known=KNOWN, line=2)
    assert (table.header, list(table.rows)) == (["что", "где"], [(3, ["К1", "Мак"])])
    with pytest.raises(BadTable) as caught:
        table_of(b"a;b\n1;2\n", line=9)
    assert caught.value.reason is Unreadable.LINE


def test_a_line_for_excel_names_the_delimiter() -> None:
    assert parts("sep=;\r\nКод;Название\r\nК1;а,б,в,г\r\n".encode())[1] == [(3, ["К1", "а,б,в,г"])]


@pytest.mark.parametrize("total", ["Итого;;12 300,50", "ВСЕГО:;;5", ";Итого по складу;7", "Total;;1", "итого;;"])
def test_lines_that_only_add_up_are_no_rows_and_are_named(total: str) -> None:
    table = table_of(f"Код;Название;Сумма\nК1;Итого и К;1\n{total}\n".encode())
    assert list(table.rows) == [(2, ["К1", "Итого и К", "1"])]
    assert table.totals == [3]


def test_invisible_characters_and_odd_spaces_are_no_part_of_a_text() -> None:
    assert parts("code;name\nIN1\u200b;\u00a0A\u00a0B\u2009C\ufeff\n".encode())[1] == [(2, ["IN1", "A B C"])]


def test_what_keeps_excel_from_reading_a_formula_or_a_number_is_no_part_of_a_text() -> None:
    source = b'code;name\n="00012";\'=1+1\n\'770;\'+7 916\n"=""00012""";\'\'=x\n\'tis;=1+1\n'
    assert [cells for _line, cells in parts(source)[1]] == [
        ["00012", "=1+1"],
        ["770", "+7 916"],
        ["00012", "'=x"],
        ["'tis", "=1+1"],
    ]


def workbook(**sheets: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_table_is_found_on_any_sheet_that_is_shown() -> None:
    rows: list[list[object]] = [["Код", "Название"], ["К1", "Мак"]]
    book = workbook(hidden=rows, note=[["Заполните лист «Данные»"]], empty=[], data=rows, other=[["Код", "Вес"]])
    book["hidden"].sheet_state = "hidden"
    table = table_of(saved(book), known=KNOWN)
    assert (table.sheet, table.sheets) == ("data", ["note", "empty", "data", "other"])
    assert table_of(saved(book), known=KNOWN, sheet="other").header == ["Код", "Вес"]
    with pytest.raises(BadTable) as caught:
        table_of(saved(book), sheet="hidden")
    assert caught.value.reason is Unreadable.SHEET


def test_a_title_over_several_columns_is_the_title_of_each() -> None:
    book = workbook(
        a=[
            ["Список клиентов", None, None, None],
            ["Код", "Название", "Связь", None],
            [None, None, "Телефон", "Почта"],
            ["К1", "Мак", "1", "2"],
        ]
    )
    sheet = book["a"]
    for cells in ("A1:D1", "A2:A3", "B2:B3", "C2:D2"):
        sheet.merge_cells(cells)
    table = table_of(saved(book), known=KNOWN)
    assert (table.line, table.header) == (3, ["Код", "Название", "Телефон", "Почта"])
    assert list(table.rows) == [(4, ["К1", "Мак", "1", "2"])]
    book = workbook(a=[["Код", "Название", "Телефон", None], ["К1", "Мак", "1", "2"]])
    book["a"].merge_cells("C1:D1")
    assert parts(saved(book), known=KNOWN)[0] == ["Код", "Название", "Телефон", "Телефон"]


def test_cells_with_an_error_or_an_uncounted_formula_say_so() -> None:
    book = workbook(a=[["Код", "Название", "Сумма"], ["К1", "#N/A", "=1+1"], ["К2", "#REF!", 3]])
    for cell in ("B2", "B3"):
        book["a"][cell].data_type = "e"
    assert [cells for _line, cells in parts(saved(book))[1]] == [["К1", "#N/A", "#FORMULA!"], ["К2", "#REF!", "3"]]


def test_sheets_that_are_one_part_or_have_one_name_are_refused() -> None:
    book = saved(workbook(a=[["Код"]], b=[["Код"]]))
    for part, was, now in (
        ("xl/_rels/workbook.xml.rels", b"sheet2.xml", b"SHEET1.xml"),
        ("xl/workbook.xml", b'name="b"', b'name="a"'),
    ):
        with pytest.raises(BadTable) as caught:
            table_of(rewritten(book, part, was, now))
        assert caught.value.reason is Unreadable.WORKBOOK


def rewritten(book: bytes, part: str, was: bytes, now: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            assert name != part or was in content
            new.writestr(name, content.replace(was, now) if name == part else content)
    return out.getvalue()


@pytest.mark.parametrize("name", ["table.xls", "table.ods"])
def test_other_workbooks_are_read_too(name: str) -> None:
    table = table_of((Path(__file__).parent / "files" / name).read_bytes(), known=KNOWN)
    assert (table.sheet, table.header) == ("Данные", ["Код", "Название", "Дата", "Цена"])
    assert list(table.rows) == [(3, ["00012", "Болт М6", "2026-01-15", "0.345"])]
    assert table.totals == [4]


@pytest.mark.parametrize(
    ("source", "limits", "reason"),
    [
        (b"a" * 100, Limits(size=99), Unreadable.SIZE),
        (b"a;b;c\n1;2;3", Limits(columns=2), Unreadable.COLUMNS),
        (b"a;b\n1;" + b"x" * 200, Limits(cell=100), Unreadable.CELL),
        (b"a\0;b\n1;2", Limits(), Unreadable.BINARY),
        (saved(workbook(a=[["a"] * 30])), Limits(columns=20), Unreadable.COLUMNS),
        (saved(workbook(a=[["a"] * 30] * 30)), Limits(cells=800), Unreadable.CELLS),
        (saved(workbook(a=[["a"] * 30] * 30)), Limits(unpacked=10_000), Unreadable.UNPACKED),
    ],
)
def test_a_file_that_oversteps_a_limit_says_which(source: bytes, limits: Limits, reason: Unreadable) -> None:
    with pytest.raises(BadTable) as caught:
        list(read(io.BytesIO(source), limits).rows)
    assert caught.value.reason is reason
