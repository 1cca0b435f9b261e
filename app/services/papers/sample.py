"""A paper on goods that nobody has, for whoever changes its template."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.domain.formats.pdf import typeset
from app.domain.letters.fields import TemplateField
from app.domain.papers.agreed import PaperLine
from app.domain.periods import Period
from app.domain.vat import standard_on
from app.domain.words import PaperKind
from app.models.papers import PaperTemplate
from app.services.papers import content
from app.services.papers.content import ActRow, Asked, Owed
from app.services.papers.making import LANGUAGE, layout, words_of
from app.services.papers.organisation import ours

CLIENT = "ООО «Ромашка»"
REQUISITES = f"{CLIENT}, ИНН 7707083893, КПП 770701001"
VALUES = {
    TemplateField.CLIENT: CLIENT,
    TemplateField.CLIENT_WHOLE: "Общество с ограниченной ответственностью «Ромашка»",
    TemplateField.PERSON: "Иванова Мария Петровна",
    TemplateField.FIRST_NAME: "Мария",
    TemplateField.NAME_AND_FATHERS: "Мария Петровна",
    TemplateField.POSITION: "Директор",
    TemplateField.MANAGER: "Анна Петрова",
    TemplateField.DEBT: "120 000,00",
    TemplateField.OVERDUE: "20 000,00",
    TemplateField.ORDER: "ЗП-2026-00012",
    TemplateField.ORDER_SUM: "24 400,00",
    TemplateField.ORDER_UNPAID: "24 400,00",
    TemplateField.PAPER: "0000",
    TemplateField.PAPER_SUM: "24 400,00",
}
DAYS = (TemplateField.TODAY, TemplateField.ORDER_DAY, TemplateField.PAPER_DAY, TemplateField.VALID_UNTIL)
GOODS = (  # code, name, unit, quantity, price, discount, amount
    ("000001", "Кабель силовой ВВГнг(А)-LS 3×2,5", "м", "100", "120.00", "0", "12000"),
    ("000002", "Автоматический выключатель 16 А", "шт", "20", "400.00", "10", "7200"),
    ("000003", "Доставка до склада", "усл", "1", "5200.00", "0", "5200"),
)


def sample(session: Session, template: PaperTemplate, *, today: date) -> bytes:
    """The paper as PDF, with our own requisites."""
    us, period = ours(session), Period(date(today.year, 1, 1), today)
    values = VALUES | dict.fromkeys(DAYS, content.day(today))
    values[TemplateField.PERIOD] = f"{content.day(period.first)} – {content.day(period.last)}"
    said = words_of(template, values)
    with force_locale(LANGUAGE):
        if template.kind is PaperKind.ACT:
            rows = [
                ActRow(period.first, "Реализация РТ-2026-00001", Decimal(24400), Decimal(0)),
                ActRow(today, "Оплата ОП-2026-00001", Decimal(0), Decimal(10000)),
            ]
            owed = Owed(CLIENT, REQUISITES, rows, Decimal(0), Decimal(14400), period)
            return typeset(layout(), content.act_paper(us, template, said, owed))
        asked = Asked(REQUISITES, VALUES[TemplateField.PERSON], "Москва, ул. Лесная, д. 5", Decimal(0), "Образец")
        vat = standard_on(today)
        lines = [
            PaperLine(0, code, name, unit, Decimal(quantity), Decimal(price), Decimal(discount), vat, Decimal(amount))
            for code, name, unit, quantity, price, discount, amount in GOODS
        ]
        return typeset(layout(), content.goods_paper(us, template, said, lines, asked))
