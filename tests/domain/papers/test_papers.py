"""Sums in words on numbers that are hard to say, and the payment code of the standard."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.domain.letters.fields import TemplateField, UnknownField, filled_as_known
from app.domain.papers.amount_in_words import roubles_in_words, whole_in_words
from app.domain.papers.payment_code import Payee, payment_code


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "Ноль рублей 00 копеек"),
        ("0.01", "Ноль рублей 01 копейка"),
        ("1", "Один рубль 00 копеек"),
        ("2.02", "Два рубля 02 копейки"),
        ("11.11", "Одиннадцать рублей 11 копеек"),
        ("14.14", "Четырнадцать рублей 14 копеек"),
        ("21.21", "Двадцать один рубль 21 копейка"),
        ("40", "Сорок рублей 00 копеек"),
        ("100.05", "Сто рублей 05 копеек"),
        ("111", "Сто одиннадцать рублей 00 копеек"),
        ("1000", "Одна тысяча рублей 00 копеек"),
        ("1001", "Одна тысяча один рубль 00 копеек"),
        ("2002.99", "Две тысячи два рубля 99 копеек"),
        ("11000", "Одиннадцать тысяч рублей 00 копеек"),
        ("12345.60", "Двенадцать тысяч триста сорок пять рублей 60 копеек"),
        ("21000", "Двадцать одна тысяча рублей 00 копеек"),
        ("90016", "Девяносто тысяч шестнадцать рублей 00 копеек"),
        ("1000000", "Один миллион рублей 00 копеек"),
        ("2000003", "Два миллиона три рубля 00 копеек"),
        ("5012000", "Пять миллионов двенадцать тысяч рублей 00 копеек"),
        ("1000000001", "Один миллиард один рубль 00 копеек"),
        ("-42.50", "Минус сорок два рубля 50 копеек"),
        (
            "9999999999999.99",
            "Девять триллионов девятьсот девяносто девять миллиардов девятьсот девяносто девять миллионов "
            "девятьсот девяносто девять тысяч девятьсот девяносто девять рублей 99 копеек",
        ),
    ],
)
def test_a_sum_in_words(amount: str, words: str) -> None:
    assert roubles_in_words(Decimal(amount)) == words


def test_every_number_is_said_otherwise() -> None:
    numbers = {*range(2_000), *range(2_000, 1_000_000, 1_000), *range(1_001, 10**12, 10**9 + 2_003_007)}
    assert len({whole_in_words(number) for number in numbers}) == len(numbers)


PAYEE = Payee("ООО «Вектор|Снаб»", "40702810800030005413", "ВТБ", "044525187", "", "7707083893", "770701001")


def test_a_payment_code_is_of_the_standard() -> None:
    assert payment_code(PAYEE, Decimal("1200.50"), "Оплата по счету СЧ-1") == (
        "ST00012|Name=ООО «Вектор Снаб»|PersonalAcc=40702810800030005413|BankName=ВТБ|BIC=044525187|CorrespAcc=0"
        "|PayeeINN=7707083893|KPP=770701001|Sum=120050|Purpose=Оплата по счету СЧ-1"
    )


def test_a_payment_code_has_no_longer_texts_than_banks_read() -> None:
    code = payment_code(PAYEE, Decimal(0), "о" * 500)
    assert "Sum" not in code
    assert code.endswith("Purpose=" + "о" * 210)


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ("имя", "Добрый день, Мария! Действует до 13.12. Вопросы, т. е. уточнения: Воронцов А. С.\nСпасибо."),
        ("", "Добрый день! Действует до 13.12. Вопросы, т. е. уточнения: Воронцов А. С.\nСпасибо."),
        ("без менеджера", "Добрый день! Действует до 13.12. Вопросы.\nСпасибо."),
        ("ничего", "Добрый день! Вопросы.\nСпасибо."),
    ],
)
def test_a_sentence_of_a_paper_leaves_out_what_is_not_known(known: str, text: str) -> None:
    template = (
        "Добрый день, {имя}! Действует до {действует до}. Вопросы, т. е. уточнения: {менеджер}, {должность}."
        "\n{лицо}, вам долг {долг} руб. и скидка.\nСпасибо."
    )
    values = {
        TemplateField.FIRST_NAME: "Мария" if known == "имя" else "",
        TemplateField.VALID_UNTIL: "" if known == "ничего" else "13.12",
        TemplateField.MANAGER: "Воронцов А. С." if known in {"имя", ""} else "",
        TemplateField.DEBT: "10,00",
    }
    assert filled_as_known(template, values) == text
    with pytest.raises(UnknownField):
        filled_as_known("{чего нет}", values)
