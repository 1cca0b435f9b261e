"""Radicale meets what devices send in whole lines, and none of what no device writes."""

import pytest

from app.dav.items import NOTHING, whole_lines

CARD = "BEGIN:VCARD\n{}\nEND:VCARD"


@pytest.mark.parametrize(
    ("sent", "met"),
    [
        ("NOTE:a\r\n  b\r\n\tc\r\n", "NOTE:a bc"),
        ("NOTE;QUOTED-PRINTABLE:=D0=\n=AF=\n=\n=41", "NOTE;QUOTED-PRINTABLE:=D0=AF=41"),
        ("PHOTO;BASE64:AA\nAA\n\n", "PHOTO;BASE64:AAAA"),
        ("NOTE:\n" + " x\n" * 300_000, "NOTE:" + "x" * 300_000),
        ("NOTE:a\nRRULE:FREQ=HOURLY;\n BYMONTH=13\na.rdate;X=Y:20260101\nExrule:\nX-RRULE:b", "NOTE:a\nX-RRULE:b"),
        ("NOTE;QUOTED-PRINTABLE:=\n" + "=41=\n" * 300_000, "NOTE;QUOTED-PRINTABLE:" + "=41" * 300_000),
    ],
    ids=["folded", "broken", "picture", "folds", "rules", "breaks"],
)
def test_lines_are_whole(sent: str, met: str) -> None:
    assert whole_lines(CARD.format(sent).encode()).decode() == CARD.format(met)


@pytest.mark.parametrize(
    "sent",
    [
        "PHOTO" + ";ENCODING=b" * 1000 + ":x",
        "x" * 2000,
        "X-LINE:x\n" * 2000,
        "AGENT:\n" + "BEGIN:VCARD\n" * 2000,
        "NOTE:\udcff",
    ],
    ids=["parameters", "name", "lines", "cards", "bytes"],
)
def test_what_no_device_writes_is_met_as_nothing(sent: str) -> None:
    assert whole_lines(CARD.format(sent).encode("utf-8", "surrogateescape")) == NOTHING
