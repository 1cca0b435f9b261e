"""Sums in words, as Russian papers have them."""

from __future__ import annotations

from decimal import Decimal

UNITS = ("", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
FEMININE = {1: "одна", 2: "две"}
TEENS = (
    *("десять", "одиннадцать", "двенадцать", "тринадцать", "четырнадцать"),
    *("пятнадцать", "шестнадцать", "семнадцать", "восемнадцать", "девятнадцать"),
)
TENS = (
    *("", "", "двадцать", "тридцать", "сорок"),
    *("пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто"),
)
HUNDREDS = (
    *("", "сто", "двести", "триста", "четыреста"),
    *("пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот"),
)
Forms = tuple[str, str, str]  # of one, of two to four, of five and more
POWERS: tuple[Forms, ...] = (
    ("", "", ""),
    ("тысяча", "тысячи", "тысяч"),
    ("миллион", "миллиона", "миллионов"),
    ("миллиард", "миллиарда", "миллиардов"),
    ("триллион", "триллиона", "триллионов"),
)
THOUSANDS = 1
ROUBLES: Forms = ("рубль", "рубля", "рублей")
KOPECKS: Forms = ("копейка", "копейки", "копеек")


def form_of(count: int, forms: Forms) -> str:
    """The form of a noun beside the number."""
    last = count % 100
    if 11 <= last <= 14:
        return forms[2]
    return {1: forms[0], 2: forms[1], 3: forms[1], 4: forms[1]}.get(count % 10, forms[2])


def whole_in_words(number: int) -> str:
    """`две тысячи сорок один`; below a quadrillion."""
    if number == 0:
        return "ноль"
    words: list[str] = []
    for power in reversed(range(len(POWERS))):
        three = number // 1000**power % 1000
        if three:
            words += [*_three(three, feminine=power == THOUSANDS), form_of(three, POWERS[power])]
    return " ".join(word for word in words if word)


def roubles_in_words(amount: Decimal) -> str:
    """`Одна тысяча два рубля 05 копеек`; a sum below zero begins with «Минус»."""
    kopecks = int(abs(amount) * 100)
    whole, rest = divmod(kopecks, 100)
    words = f"{whole_in_words(whole)} {form_of(whole, ROUBLES)} {rest:02} {form_of(rest, KOPECKS)}"
    words = f"минус {words}" if amount < 0 else words
    return words[0].upper() + words[1:]


def _three(number: int, *, feminine: bool) -> list[str]:
    hundreds, rest = divmod(number, 100)
    if 10 <= rest <= 19:
        return [HUNDREDS[hundreds], TEENS[rest - 10]]
    tens, units = divmod(rest, 10)
    return [HUNDREDS[hundreds], TENS[tens], (feminine and FEMININE.get(units)) or UNITS[units]]
