"""Fields of templates: words in braces that are filled in for each client.

`{имя|коллеги}` says what stands in the field's place where there is nothing to fill it in with.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import StrEnum

BRACES = re.compile(r"\{([^{}\n]{1,160})\}")
OTHERWISE = "|"
BETWEEN = re.compile(r"(?<=[.!?…]) +(?=[^a-zа-яё])")  # sentences; an abbreviation goes on in small letters


class TemplateField(StrEnum):
    """What may stand in braces; the values are what Russians type, `ENGLISH` has the others."""

    CLIENT = "клиент"
    CLIENT_WHOLE = "полное название"
    PERSON = "лицо"
    FIRST_NAME = "имя"
    NAME_AND_FATHERS = "имя отчество"
    POSITION = "должность"
    MANAGER = "менеджер"
    DEBT = "долг"
    OVERDUE = "просрочено"
    ORDER = "заказ"
    ORDER_DAY = "дата заказа"
    ORDER_SUM = "сумма заказа"
    ORDER_UNPAID = "не оплачено"
    TODAY = "сегодня"
    MARK = "оценка"
    PAPER = "номер документа"
    PAPER_DAY = "дата документа"
    PAPER_SUM = "сумма документа"
    VALID_UNTIL = "действует до"
    PERIOD = "период"


ENGLISH = {
    "client": TemplateField.CLIENT,
    "full name": TemplateField.CLIENT_WHOLE,
    "person": TemplateField.PERSON,
    "first name": TemplateField.FIRST_NAME,
    "name and patronymic": TemplateField.NAME_AND_FATHERS,
    "position": TemplateField.POSITION,
    "manager": TemplateField.MANAGER,
    "debt": TemplateField.DEBT,
    "overdue": TemplateField.OVERDUE,
    "order": TemplateField.ORDER,
    "order date": TemplateField.ORDER_DAY,
    "order amount": TemplateField.ORDER_SUM,
    "unpaid": TemplateField.ORDER_UNPAID,
    "today": TemplateField.TODAY,
    "mark": TemplateField.MARK,
    "paper": TemplateField.PAPER,
    "paper date": TemplateField.PAPER_DAY,
    "paper amount": TemplateField.PAPER_SUM,
    "valid until": TemplateField.VALID_UNTIL,
    "period": TemplateField.PERIOD,
}
MARK_FIELD = f"{{{TemplateField.MARK}}}"  # a letter keeps it: what goes out has links in its place
# Of papers alone: a letter has nothing to fill them in with.
OF_PAPERS = frozenset(
    {
        TemplateField.PAPER,
        TemplateField.PAPER_DAY,
        TemplateField.PAPER_SUM,
        TemplateField.VALID_UNTIL,
        TemplateField.PERIOD,
    }
)
KNOWN: Mapping[str, TemplateField] = {field.value: field for field in TemplateField} | ENGLISH


class WrongField(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """`name` is what stands in the braces."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class UnknownField(WrongField):
    """No such field."""


class EmptyField(WrongField):
    """The field is known, and there is nothing to fill it with."""


def field_of(inside: str) -> TemplateField | None:
    """The field that is meant by what stands in the braces."""
    name = inside.partition(OTHERWISE)[0]
    return KNOWN.get(" ".join(name.lower().replace("ё", "е").split()))


def check(text: str) -> None:
    """Raise UnknownField for the first of them."""
    for name in BRACES.findall(text):
        if field_of(name) is None:
            raise UnknownField(name)


def filled(text: str, values: Mapping[TemplateField, str]) -> str:
    """The text with its fields filled in; raises for one that is not known, or that there is nothing to put into."""

    def value(match: re.Match[str]) -> str:
        field = field_of(match[1])
        if field is None:
            raise UnknownField(match[1])
        name, says_otherwise, otherwise = match[1].partition(OTHERWISE)
        if not values.get(field) and not says_otherwise:
            raise EmptyField(name)
        return values.get(field) or otherwise.strip()

    return BRACES.sub(value, text)


def needed(text: str) -> set[TemplateField]:
    """The known fields of the text that do not say what stands there otherwise."""
    found = (field_of(name) for name in BRACES.findall(text) if OTHERWISE not in name)
    return {field for field in found if field is not None}


def check_filled(text: str, stays: Collection[str]) -> None:
    """Raise for the first field that was not filled in, known or not; those that stay are given with their braces."""
    for match in BRACES.finditer(text):
        if match[0] not in stays:
            raise (UnknownField if field_of(match[1]) is None else EmptyField)(match[1])


def filled_as_known(text: str, values: Mapping[TemplateField, str]) -> str:
    """The same without what there is nothing to say of.

    From a sentence go its parts between commas; it goes itself when its beginning does.
    """
    lines = []
    for line in text.split("\n"):
        sentences = [_told(sentence, values) for sentence in BETWEEN.split(line)]
        if any(sentences) or not line:
            lines.append(" ".join(filter(None, sentences)))
    return "\n".join(lines)


def _told(sentence: str, values: Mapping[TemplateField, str]) -> str:
    known = []
    for part in sentence.split(", "):
        try:
            known.append(filled(part, values))
        except EmptyField:
            if not known:
                return ""
    end = sentence[-1:] if sentence.endswith((".", "!", "?", "…")) else ""
    return ", ".join(known).removesuffix(end) + end
