"""Statements of banks in the exchange format of 1C (1CClientBankExchange), as banks really write them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from app.domain.formats.limits import MEGABYTE, BadTable, Limits, Unreadable

FIRST = "1CClientBankExchange"
LARGEST = 64 * MEGABYTE
CODE_PAGES = {"windows": "windows-1251", "dos": "cp866"}
DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
OF_NAME = re.compile(r"^\s*(?:ИНН\s*)?(?:\d{10}|\d{12,13})?(?:\s*[/\\,]\s*\d{9})?[\s,/\\]*", re.IGNORECASE)
SUMS = ("opening", "received", "spent", "closing")
BATCH = 500  # documents that travel together
# The keys of the format; what a bank adds is kept all the same, and told.
KNOWN = {
    *("Номер", "Дата", "Сумма", "КвитанцияДата", "КвитанцияВремя", "КвитанцияСодержание", "ДатаСписано"),
    *("ДатаПоступило", "ВидПлатежа", "ВидОплаты", "Код", "КодНазПлатежа", "НазначениеПлатежа", "Очередность"),
    *("СтатусСоставителя", "ПоказательКБК", "ОКАТО", "ПоказательОснования", "ПоказательПериода", "ПоказательНомера"),
    *("ПоказательДаты", "ПоказательТипа", "СрокАкцепта", "ВидАккредитива", "СрокПлатежа", "ПлатежПоПредст"),
    *("ДополнУсловия", "НомерСчетаПоставщика", "ДатаОтсылкиДок"),
    *(f"НазначениеПлатежа{n}" for n in range(1, 7)),
    *(f"УсловиеОплаты{n}" for n in range(1, 4)),
    *(
        side + part
        for side in ("Плательщик", "Получатель")
        for part in ("", "1", "2", "3", "4", "Счет", "ИНН", "КПП", "РасчСчет", "Банк1", "Банк2", "БИК", "Корсчет")
    ),
}


@dataclass(frozen=True)
class PaperSide:
    """Who pays, or who is paid."""

    account: str
    inn: str
    kpp: str
    name: str
    bank: str
    bic: str


@dataclass(frozen=True)
class BankPaper:
    """One document of a statement; `line` is where it begins, `said` everything that it says."""

    line: int
    kind: str
    number: str
    on: date
    amount: Decimal
    payer: PaperSide
    payee: PaperSide
    purpose: str
    written_off: date | None
    received: date | None
    said: dict[str, str]


@dataclass(frozen=True)
class AccountSection:
    """What the bank says of one account in all; None: it does not say."""

    line: int
    account: str
    begins: date | None
    ends: date | None
    opening: Decimal | None
    received: Decimal | None
    spent: Decimal | None
    closing: Decimal | None


@dataclass
class Statement:
    accounts: list[str] = field(default_factory=list)
    begins: date | None = None
    ends: date | None = None
    sections: list[AccountSection] = field(default_factory=list)
    papers: list[BankPaper] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # keys that the format has not


# -- reading, behind the gate ----------------------------------------------------------------------------------


def answers(stream: BinaryIO, limits: Limits) -> Iterator[Any]:
    """The statement in parts that can travel from one process to another."""
    statement = read(stream.read(limits.size + 1), limits)
    yield _plain(asdict(replace(statement, papers=[])))
    for first in range(0, len(statement.papers), BATCH):
        yield [_plain(asdict(paper)) for paper in statement.papers[first : first + BATCH]]


def assembled(parts: Iterator[Any]) -> Statement:
    """The statement that `answers` took apart."""
    head = next(parts)
    statement = Statement(
        head["accounts"],
        _day_of(head["begins"]),
        _day_of(head["ends"]),
        [
            AccountSection(
                each["line"],
                each["account"],
                _day_of(each["begins"]),
                _day_of(each["ends"]),
                *(None if each[name] is None else Decimal(each[name]) for name in SUMS),
            )
            for each in head["sections"]
        ],
        unknown=head["unknown"],
    )
    for part in parts:
        for each in part:
            each |= {name: _day_of(each[name]) for name in ("on", "written_off", "received")}
            each |= {
                "amount": Decimal(each["amount"]),
                "payer": PaperSide(**each["payer"]),
                "payee": PaperSide(**each["payee"]),
            }
            statement.papers.append(BankPaper(**each))
    return statement


def _plain(value: Any) -> Any:
    """What JSON can carry."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, date | Decimal) else value


def _day_of(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def read(content: bytes, limits: Limits) -> Statement:
    """The whole statement; BadTable with the line where it is none, or is cut."""
    if len(content) > min(limits.size, LARGEST):
        raise BadTable(Unreadable.SIZE, limit=LARGEST)
    lines = _decoded(content).splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise BadTable(Unreadable.EMPTY)
    if lines[first].strip().lower() != FIRST.lower():
        raise BadTable(Unreadable.NO_STATEMENT, first + 1)
    return _Reading(lines, first + 1).statement


def _decoded(content: bytes) -> str:
    """UTF-8 first, whatever is declared; then what is declared."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = re.search(rb"\r?\n\xca\xee\xe4\xe8\xf0\xee\xe2\xea\xe0=", content)  # "Кодировка=" in windows-1251
        dos = re.search(rb"\r?\n\x8a\xae\xa4\xa8\xe0\xae\xa2\xaa\xa0=", content)  # and in cp866
        text = content.decode(CODE_PAGES["dos" if dos and not said else "windows"], "replace")
    if "\0" in text:
        raise BadTable(Unreadable.BINARY, text[: text.index("\0")].count("\n") + 1)
    return text


class _Reading:
    """The lines of a file on their way into a statement."""

    def __init__(self, lines: list[str], first: int) -> None:
        self.statement = Statement()
        self.unknown: dict[str, None] = {}
        kind, begun, said = "", 0, {}
        for number, line in enumerate(lines[first:], first + 1):
            text = line.strip()
            if not text:
                continue
            key, equals, value = (part.strip() for part in text.partition("="))
            match key:
                case "СекцияРасчСчет" | "СекцияДокумент":
                    if kind:
                        raise BadTable(Unreadable.CUT, begun)
                    kind, begun, said = key, number, {"": value}
                case "КонецРасчСчет" if kind == "СекцияРасчСчет":
                    self.section(begun, said)
                    kind = ""
                case "КонецДокумента" if kind == "СекцияДокумент":
                    self.paper(begun, said)
                    kind = ""
                case "КонецФайла" if not kind:
                    break
                case _ if not equals or key.startswith(("Конец", "Секция")):
                    is_last = kind and number == len(lines)
                    raise BadTable(Unreadable.CUT, begun) if is_last else BadTable(Unreadable.ODD_LINE, number)
                case _ if kind:
                    said[key] = value
                case _:
                    self.header(number, key, value)
        else:
            raise BadTable(Unreadable.CUT, begun if kind else len(lines))
        self.statement.unknown = list(self.unknown)

    def header(self, number: int, key: str, value: str) -> None:
        match key:
            case "РасчСчет" if value:
                self.statement.accounts.append(value)
            case "ДатаНачала":
                self.statement.begins = _day(value, number)
            case "ДатаКонца":
                self.statement.ends = _day(value, number)

    def section(self, line: int, said: dict[str, str]) -> None:
        names = ("НачальныйОстаток", "ВсегоПоступило", "ВсегоСписано", "КонечныйОстаток")
        sums = (_sum(said[name], line) if said.get(name) else None for name in names)
        begins, ends = (_day(said.get(name, ""), line) for name in ("ДатаНачала", "ДатаКонца"))
        self.statement.sections.append(AccountSection(line, said.get("РасчСчет", ""), begins, ends, *sums))

    def paper(self, line: int, said: dict[str, str]) -> None:
        kind = said.pop("")
        self.unknown |= dict.fromkeys(key for key in said if key not in KNOWN)
        on, amount = _day(said.get("Дата", ""), line), _sum(said.get("Сумма", ""), line)
        if on is None or amount <= 0:
            raise BadTable(Unreadable.ODD_DOCUMENT, line)
        purpose = said.get("НазначениеПлатежа", "")
        if not purpose:
            purpose = " ".join(filter(None, (said.get(f"НазначениеПлатежа{n}", "") for n in range(1, 7))))
        self.statement.papers.append(
            BankPaper(
                line,
                kind,
                said.get("Номер", ""),
                on,
                amount,
                _side(said, "Плательщик"),
                _side(said, "Получатель"),
                " ".join(purpose.split()),
                _day(said.get("ДатаСписано", ""), line),
                _day(said.get("ДатаПоступило", ""), line),
                {key: value for key, value in said.items() if value},
            )
        )


def _side(said: dict[str, str], side: str) -> PaperSide:
    name = said.get(f"{side}1") or OF_NAME.sub("", said.get(side, ""), count=1) or said.get(side, "")
    return PaperSide(
        "".join((said.get(f"{side}Счет") or said.get(f"{side}РасчСчет", "")).split()),
        said.get(f"{side}ИНН", "").strip("0") and said.get(f"{side}ИНН", ""),
        said.get(f"{side}КПП", "").strip("0") and said.get(f"{side}КПП", ""),
        " ".join(name.split()),
        said.get(f"{side}Банк1", ""),
        said.get(f"{side}БИК", ""),
    )


def _day(text: str, line: int) -> date | None:
    """Years of two digits are of our century up to 49."""
    if not text:
        return None
    found = DAY.fullmatch(text)
    try:
        day, month, year = map(int, found.groups()) if found else (0, 0, 0)
        return date(year if year > 99 else 2000 + year if year < 50 else 1900 + year, month, day)
    except ValueError:
        raise BadTable(Unreadable.ODD_DOCUMENT, line) from None


def _sum(text: str, line: int) -> Decimal:
    try:
        amount = Decimal(re.sub(r"[\s\u00a0']", "", text).replace(",", "."))
    except InvalidOperation:
        raise BadTable(Unreadable.ODD_DOCUMENT, line) from None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 13:
        raise BadTable(Unreadable.ODD_DOCUMENT, line)
    return amount.quantize(Decimal("0.01"))


# -- what it means for us --------------------------------------------------------------------------------------


def number_key(number: str) -> str:
    """Equal for a number as it was given and as a bank shortens it: its last digits without zeros before them."""
    digits = re.findall(r"\d+", number)
    return (digits[-1].lstrip("0") or "0")[-9:] if digits else number.strip().lower()


@dataclass(frozen=True)
class Mismatch:
    """A total that is not what it should be."""

    line: int
    account: str
    what: str  # "received", "spent" or "closing"
    said: Decimal
    counted: Decimal


def mismatches(statement: Statement) -> list[Mismatch]:
    """Where the totals of an account are not those of its documents, or do not add up."""
    found = []
    came_to, went_from = defaultdict[str, Decimal](Decimal), defaultdict[str, Decimal](Decimal)
    for paper in statement.papers:
        if paper.payer.account != paper.payee.account:
            came_to[paper.payee.account] += paper.amount
            went_from[paper.payer.account] += paper.amount
    for section in statement.sections:
        mine = section.account
        came, went = came_to[mine], went_from[mine]
        both = (section.opening, section.received, section.spent, section.closing)
        if None not in both:
            closing = section.opening + section.received - section.spent  # type: ignore[operator]
            if closing != section.closing:
                found.append(Mismatch(section.line, mine, "closing", section.closing or Decimal(0), closing))
        for what, said, counted in (("received", section.received, came), ("spent", section.spent, went)):
            if said is not None and said != counted:
                found.append(Mismatch(section.line, mine, what, said, counted))
    return found
