"""Files of 1C are read by local names, line by line, and what is no such file is told from it."""

import io
import json
import re
import zipfile
from decimal import Decimal

import pytest

from app.domain.formats.commerceml import Holds, Passed, answers
from app.domain.formats.limits import LIMITS, BadTable, Limits, Unreadable
from app.domain.formats.sheets import Sheets
from app.domain.formats.table import Table

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
ROOT = "КоммерческаяИнформация"
ORDER = (
    "<{p}Документ><{p}Ид>1</{p}Ид><{p}Номер>7</{p}Номер><{p}ХозОперация>{kind}</{p}ХозОперация>"
    "<{p}Сумма>90</{p}Сумма><{p}Контрагенты><{p}Контрагент><{p}Ид>vizavi-К-1</{p}Ид>"
    "<{p}Наименование>Ромашка</{p}Наименование><{p}Контакты>"
    "<{p}Контакт><{p}Тип>Телефон рабочий</{p}Тип><{p}Значение>1</{p}Значение></{p}Контакт>"
    "<{p}Контакт><{p}Тип>ТелефонМобильный</{p}Тип><{p}Значение>2</{p}Значение></{p}Контакт></{p}Контакты>"
    "</{p}Контрагент></{p}Контрагенты><{p}Товары><{p}Товар><{p}Ид>tea</{p}Ид><{p}Наименование>Чай</{p}Наименование>"
    "<{p}ЦенаЗаЕдиницу>50</{p}ЦенаЗаЕдиницу><{p}Количество>2</{p}Количество><{p}Сумма>{amount}</{p}Сумма>"
    "{more}</{p}Товар></{p}Товары></{p}Документ>"
)


CASH = "Выплата наличных денег"
POSTED = (
    "<ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>{}</Наименование><Значение>{}</Значение>"
    "</ЗначениеРеквизита></ЗначенияРеквизитов>"
)


def order(prefix: str = "", kind: str = "Заказ товара", amount: str = "100", more: str = "") -> str:
    return ORDER.format(p=prefix, kind=kind, amount=amount, more=more)


def read(stream: io.BytesIO, limits: Limits, sheet: str = "", **asked: str) -> Table:
    """A sheet of the file, the first that it has unless it is named."""
    sheets = Sheets.of(json.loads(json.dumps(part)) for part in answers(stream, limits, **asked))
    return sheets.table(sheet or next(each for each in Holds if each in sheets.found))


def rows(text: str, head: str = HEAD, prefix: str = "", encoding: str = "utf-8") -> list[dict[str, str]]:
    named = f' xmlns:{prefix.rstrip(":")}="urn:1C.ru:commerceml_2"' if prefix else ""
    content = f"{head}<{prefix}{ROOT}{named}>{text}</{prefix}{ROOT}>".encode(encoding)
    found = read(io.BytesIO(content), LIMITS)
    return [dict(zip(found.header, cells, strict=True)) for _line, cells in found.rows]


@pytest.mark.parametrize("prefix", ["", "c:"])
def test_names_are_local_and_contacts_are_spelled_both_ways(prefix: str) -> None:
    (row,) = rows(order(prefix), prefix=prefix)
    assert (row["counterparty"], row["phone"], row["item_key"], row["price"]) == ("К-1", "1; 2", "tea", "50")


@pytest.mark.parametrize(
    ("head", "encoding"),
    [(HEAD, "utf-8-sig"), ('<?xml version="1.0" encoding="windows-1251"?>', "windows-1251")],
)
def test_the_declared_encoding_is_trusted(head: str, encoding: str) -> None:
    assert rows(order(), head, encoding=encoding)[0]["item_name"] == "Чай"


@pytest.mark.parametrize(
    ("amount", "more", "price", "discount"),
    [
        ("100", "", "50", ""),
        ("90", "<Скидки><Скидка><Процент>10</Процент></Скидка></Скидки>", "50", "10"),
        ("90", "", "45.00000", ""),
        (
            "100",
            "<Налоги><Налог><Наименование>НДС</Наименование><УчтеноВСумме>false</УчтеноВСумме><Сумма>22</Сумма></Налог></Налоги>",
            "61.00000",
            "",
        ),
    ],
)
def test_a_line_costs_what_its_sum_says_with_the_tax(amount: str, more: str, price: str, discount: str) -> None:
    (row,) = rows(order(amount=amount, more=more))
    assert (row["price"], row["discount"]) == (price, discount)


@pytest.mark.parametrize("number", ["1e999999", "1e-999999", "9" * 40, "9e999999"])
def test_a_number_that_nobody_can_count_with_stays_in_its_cell(number: str) -> None:
    lines = order(amount=number), order().replace(">2<", f">{number}<")
    paid, counted = rows("".join(lines))
    assert paid["price"] == ("0.00000" if "-" in number else "50")
    assert (counted["quantity"], counted["price"]) == (number, "50")
    stocks = f'<Склад КоличествоНаСкладе="{number}"/>' * 2
    (row,) = rows(f"<Предложение>{stocks}</Предложение>")
    assert Decimal(row["stock"] or 0) < 1


def test_between_elements_there_may_be_more_than_a_text_has() -> None:
    content = f"<{ROOT}>{order().replace('><', f'>{chr(10) * 200}<')}</{ROOT}>".encode()
    assert len(list(read(io.BytesIO(content), Limits(cell=100)).rows)) == 1


def test_every_row_has_a_line_of_its_own_even_where_the_file_has_but_one() -> None:
    found = read(io.BytesIO(f"<{ROOT}>{order() * 3}</{ROOT}>".encode()), LIMITS)
    lines = [line for line, _cells in found.rows]
    assert len(set(lines)) == 3


@pytest.mark.parametrize(
    ("kind", "more", "sheet", "passed"),
    [
        ("Счет на оплату", "", "orders", [(1, Passed.OTHER_KIND, "Счет на оплату 7")]),
        ("Заказ товара", "<Роль>Покупатель</Роль>", "orders", [(1, Passed.OTHER_KIND, "Заказ товара 7")]),
        ("Отпуск товара", "<Роль>Покупатель</Роль>", "shipments", [(1, Passed.OTHER_KIND, "Отпуск товара 7")]),
        ("Заказ товара", "<Валюта>USD</Валюта>", "orders", [(1, Passed.CURRENCY, "Заказ товара 7, USD")]),
        ("Отпуск товара", POSTED.format("ПометкаУдаления", "true"), "shipments", [(1, "unposted", "Отпуск товара 7")]),
        (
            "Выплата наличных денег",
            POSTED.format("Проведен", "false"),
            "payments",
            [(1, "unposted", "Выплата наличных денег 7")],
        ),
    ],
)
def test_what_is_no_document_of_ours_is_passed_over(kind: str, more: str, sheet: str, passed: list[object]) -> None:
    text = order(kind=kind).replace("</Документ>", f"{more}</Документ>")
    found = read(io.BytesIO(f"<{ROOT}>{text}</{ROOT}>".encode()), LIMITS, sheet)
    assert list(found.rows) == []
    assert found.passed == passed


def test_documents_that_hang_on_an_order_are_of_it_and_of_its_buyer() -> None:
    below = order(kind="Возврат товара").replace("Документ>", "ПодчиненныйДокумент>", 1)
    below = re.sub("<Контрагенты>.*</Контрагенты>", "", below).replace("</Документ>", "</ПодчиненныйДокумент>")
    text = order().replace("</Документ>", f"<ПодчиненныеДокументы>{below}</ПодчиненныеДокументы></Документ>")
    content = f"<{ROOT}>{text}</{ROOT}>".encode()
    found = read(io.BytesIO(content), LIMITS, "shipments")
    (row,) = [dict(zip(found.header, cells, strict=True)) for _line, cells in found.rows]
    told = (row["order"], row["counterparty"], row["quantity"], row["said_amount"])
    assert told == ("1", "К-1", "-2", "-90")
    assert len(list(read(io.BytesIO(content), LIMITS, "orders").rows)) == 1


GOOD = f"{HEAD}<{ROOT}>{order()}</{ROOT}>".encode()


def packed(content: bytes, name: str = "orders.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def prices(kinds: int) -> bytes:
    every = "".join(f"<ТипЦены><Ид>{kind}</Ид></ТипЦены>" for kind in range(kinds))
    return f"<{ROOT}>{every}<Предложение/></{ROOT}>".encode()


@pytest.mark.parametrize(
    ("content", "reason", "limits"),
    [
        (b"", Unreadable.EMPTY, LIMITS),
        (b"<html/>", Unreadable.NO_COMMERCEML, LIMITS),
        (b"1CClientBankExchange", Unreadable.XML, LIMITS),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + GOOD[len(HEAD) :], Unreadable.ENTITIES, LIMITS),
        (GOOD[:-40], Unreadable.XML, LIMITS),
        (GOOD.replace(b"UTF-8", b"koi-99"), Unreadable.XML, LIMITS),
        (f"<{ROOT}>{'<Группа>' * 60}".encode(), Unreadable.XML, LIMITS),
        (GOOD, Unreadable.SIZE, Limits(size=100)),
        (GOOD.replace("Чай".encode(), b"a" * 200), Unreadable.CELL, Limits(cell=100)),
        (f"<{ROOT}><!--{'x' * 200_000}--></{ROOT}>".encode(), Unreadable.CELL, Limits(cell=100)),
        (prices(3), Unreadable.COLUMNS, Limits(columns=2)),
        (packed(GOOD)[:200], Unreadable.ARCHIVE, LIMITS),
        (packed(GOOD).replace(b"orders.xml", b"orders.txt"), Unreadable.MEMBER, LIMITS),
        (packed(GOOD * 100), Unreadable.UNPACKED, Limits(unpacked=1000)),
    ],
)
def test_a_bad_file_says_what_is_wrong_with_it(content: bytes, reason: Unreadable, limits: Limits) -> None:
    with pytest.raises(BadTable) as bad:
        list(read(io.BytesIO(content), limits).rows)
    assert bad.value.reason is reason


def test_of_an_archive_one_file_is_read() -> None:
    with pytest.raises(BadTable, match=re.escape("member")):
        read(io.BytesIO(packed(GOOD)), LIMITS, member="import.xml")
    assert len(list(read(io.BytesIO(packed(GOOD)), LIMITS, member="orders.xml").rows)) == 1
