"""Recipients as people type them."""

from __future__ import annotations

import pytest

from app.domain.letters.addresses import BadAddress, Recipient, WrongRecipient, recipients, spellings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.ru", [Recipient("a@b.ru")]),
        (" A.B+c@Client.RU ", [Recipient("A.B+c@client.ru")]),
        ("Иванов И. И. <i@b.ru>, p@b.ru; o@b.ru\nk@b.ru", [
            Recipient("i@b.ru", "Иванов И. И."), Recipient("p@b.ru"), Recipient("o@b.ru"), Recipient("k@b.ru")]),
        ('"Петров, Пётр" <p@b.ru>', [Recipient("p@b.ru", "Петров, Пётр")]),
        ("инфо <info@почта.рф>", [Recipient("info@xn--80a1acny.xn--p1ai", "инфо")]),
        ("a@b.ru, A@B.RU", [Recipient("a@b.ru")]),
        (" , ;\n", []),
    ],
)  # fmt: skip
def test_names_brackets_commas_and_lines_are_understood(text: str, expected: list[Recipient]) -> None:
    assert recipients(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ivan", BadAddress.NOT_ONE),
        ("ivan@", BadAddress.NOT_ONE),
        ("ivan@localhost", BadAddress.NOT_ONE),
        ("ivan@127.0.0.1", BadAddress.NOT_ONE),
        ("ivan@-client.ru", BadAddress.NOT_ONE),
        (f"ivan@{'client.' * 36}ru", BadAddress.NOT_ONE),
        ("ivan@client..ru", BadAddress.NOT_ONE),
        ("i van@client.ru", BadAddress.NOT_ONE),
        ("ivan@client.ru\r\nBcc: spy@evil.ru", BadAddress.NOT_ONE),
        ("<ivan@client.ru> x@y.ru", BadAddress.NOT_ONE),
        ("иван@client.ru", BadAddress.CYRILLIC_NAME),
        ("ivan@mаil.ru", BadAddress.LOOKALIKE),
        ("iv\u0430n@mail.ru", BadAddress.LOOKALIKE),
        (", ".join(f"a{n}@b.ru" for n in range(101)), BadAddress.TOO_MANY),
    ],
)
def test_what_cannot_be_reached_is_named(text: str, why: BadAddress) -> None:
    with pytest.raises(WrongRecipient) as refusal:
        recipients(text)
    assert refusal.value.why is why


@pytest.mark.parametrize(
    ("address", "same"),
    [
        (" Info@ПОЧТА.рф", {"info@почта.рф", "info@xn--80a1acny.xn--p1ai"}),
        ("info@XN--80A1ACNY.XN--P1AI", {"info@почта.рф", "info@xn--80a1acny.xn--p1ai"}),
        ("info@localhost", {"info@localhost"}),
        ("a.b.ru", {"a.b.ru"}),
    ],
)
def test_an_address_is_one_in_either_alphabet(address: str, same: set[str]) -> None:
    assert spellings(address) == same
