import pytest

from app.domain.phones import Phone, parse, search_tail

TAIL = "98765432197"


@pytest.mark.parametrize(
    "text",
    [
        "8 (912) 345-67-89",
        "+7 912 345 67 89",
        "+79123456789",
        "79123456789",
        "9123456789",
        "8-912-345-67-89 моб.",
        "т. 8(912)3456789",
        "tel:+79123456789",
        "sip:+79123456789@10.0.0.1",
        "٨٩١٢٣٤٥٦٧٨٩",
        "8 912 345 67 89",
        "8 912 345-67-89, 8 495 123-45-67 Иван",
    ],
)
def test_every_spelling_of_a_number_is_the_same_number(text: str) -> None:
    assert parse(text) == Phone("+79123456789", "", TAIL)
    assert search_tail(text) == TAIL[:-1]


@pytest.mark.parametrize(
    "text",
    [
        "8-912-3456789 доб. 204",
        "8-912-3456789 (доб 204)",
        "8-912-3456789, добавочный 204",
        "8 912 345 67 89 вн.204",
        "8 912 345 67 89 внутр. № 204",
        "+7 912 345-67-89 ext. 204",
        "tel:+79123456789;ext=204",
        "+79123456789 x204",
        "+79123456789 Х204",
        "+79123456789#204",
        "+79123456789,204",
    ],
)
def test_an_extension_is_told_from_the_number(text: str) -> None:
    assert parse(text) == Phone("+79123456789", "204", TAIL)
    assert search_tail(text) == TAIL[:-1]


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("(495) 123-45-67", Phone("+74951234567", "", "76543215947")),
        ("+1 206 555 0100", Phone("+12065550100", "", "00105556021")),
        ("8 10 1 206 555 0100", Phone("+12065550100", "", "00105556021")),
        ("+375 29 123-45-67", Phone("+375291234567", "", "765432192573")),
        ("1204", Phone("", "", "4021")),
        ("/ ١٢٠٤", Phone("", "", "4021")),
        ("доб. 204", Phone("", "204", "")),
        ("345-67-89", Phone("", "", "9876543")),
        ("345-67-89, 345-67-90", Phone("", "", "9876543")),
        ("(5) 555-3932", Phone("", "", "23935555")),
        ("0621-08460", Phone("", "", "064801260")),
        ("(206) 555-9857", Phone("", "", "7589555602")),
        ("40702810800030005413 в банке 044525187", Phone("", "", "781525440314500030008018207" + "04")),
    ],
)
def test_other_numbers_keep_their_digits(text: str, phone: Phone) -> None:
    assert parse(text) == phone


@pytest.mark.parametrize("text", ["", "   ", "нет", "+", "--- ---", "x", "доб.", "½"])
def test_a_text_without_digits_is_no_number(text: str) -> None:
    assert parse(text) is None
    assert search_tail(text) == ""


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("6789", "8 (912) 345-67-89"),
        ("345-67-89", "+7 912 345 67 89"),
        ("83456789", "+7 495 834-56-789"),
        ("8 000 123-45-67", "+7 000 123-45-67"),
        ("7 000 123-45-67", "8 000 123-45-67"),
        ("555 0100", "+1 206 555 0100"),
        ("206 555 0100", "+1 206 555 0100"),
        ("12065550100", "+1 206 555 0100"),
        ("+81 3 1234 5678", "+81 3 1234 5678"),
        ("81312345678", "+81 3 1234 5678"),
        ("0621 08460", "0621-08460"),
        ("1204", "1204"),
        ("6789 доб. 204", "8-912-3456789 доб. 204"),
    ],
)
def test_what_is_typed_is_the_end_of_what_is_stored(typed: str, stored: str) -> None:
    found = parse(stored)
    assert found is not None
    assert search_tail(typed)
    assert found.tail.startswith(search_tail(typed))


def test_the_first_digit_of_what_is_no_whole_russian_number_counts() -> None:
    for typed in ("+81 3 1234 5678", "12345678901", "812-34-56"):
        assert search_tail(typed) == typed.strip("+").replace(" ", "").replace("-", "")[::-1]
