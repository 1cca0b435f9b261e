"""What was written in this letter, and what it only repeats."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOOKED_AT = 200_000  # characters: no answer begins behind them
MARK = r"[ \t]*+(?:>[ \t]*+)?"  # never tried in parts: a line of blanks is read once
END = r"[ \t]{0,9}$"  # bounded: it is tried after each sign that may end a line
DAYS = "пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье"
WRITES = r"(?:пишет|написал(?:а|\(а\))?|wrote|писал\(?а?\)?)"
FIELDS = "Отправлено|Дата|Sent|Date|Кому|To|Копия|Cc"
BEGINNINGS = (
    # Thunderbird, Yandex: 02.03.2026 10:00, Анна пишет:
    rf"^{MARK}[^\n>]{{0,120}}\d[^\n]{{0,160}}{WRITES}:{END}",
    # Gmail: пн, 2 мар. 2026 г. в 10:00, Анна <anna@…>:
    rf"^{MARK}(?:{DAYS})[.,]?(?=[^\n]{{0,80}}\d{{4}})[^\n]{{4,244}}(?:<[^<>\n]+>|\]):?{END}",
    # Mail.ru: 2 марта 2026, 10:00 "Анна" <anna@…>:
    rf"^{MARK}\d{{1,2}}[./]\d\d[./]\d{{2,4}},? \d{{1,2}}:\d\d[^\n]{{0,20}}[,\"][^\n]{{0,160}}<[^<>\n]+>:{END}",
    rf"^{MARK}(?:On|Am|Le) [^\n]{{5,200}}(?:wrote|schrieb|a écrit) ?:{END}",
    r"^[ \t]*-{2,}[ \t]*(?:Original Message|Исходное сообщение|Пересылаемое сообщение|Forwarded message"
    r"|Конец пересылаемого)[ \t]*-{2,}",
    # Outlook: От: … Отправлено: …
    rf"^(?:_{{10,}}[ \t]*\n)?[*]?(?:От|From):[*]?[ \t][^\n]+\n(?:[*]?(?:{FIELDS}):[^\n]*\n)+",
)
QUOTE = re.compile("|".join(BEGINNINGS), re.I | re.M)
SIGNATURE = re.compile(r"(?:-- ?|Отправлено (?:из|с) [^\n]+|Sent from my [^\n]+)(?:\n|$)")


@dataclass(frozen=True)
class PartedText:
    """The new words, and the quote below them; both together are the whole text."""

    own: str
    quote: str = ""


def parted(text: str) -> PartedText:
    """The letter without what it quotes; whole where somebody wrote below or between the quotes."""
    text = text.replace("\r\n", "\n")
    match = QUOTE.search(text, 0, LOOKED_AT)
    own = text[: match.start()].strip() if match else ""
    if match is None or not own or _goes_on(text[match.end() :]):
        return PartedText(text.strip())
    return PartedText(own, text[match.start() :].strip())


def _goes_on(tail: str) -> bool:
    """Somebody wrote under what he quoted; a signature is nothing new."""
    lines = [line for line in tail.split("\n") if line.strip()]
    own = [line for line in lines if not line.lstrip().startswith(">")]
    return len(own) < len(lines) and bool(own) and not SIGNATURE.match("\n".join(own))
