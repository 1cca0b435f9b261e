"""Recipients as people type them."""

from __future__ import annotations

import pytest

from app.domain.letters.addresses import BadAddress, Recipient, WrongRecipient, recipients


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
