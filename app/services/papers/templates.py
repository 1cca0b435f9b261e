"""Templates of papers: what a clerk may write in them, and which of them is taken."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.papers import PaperTemplate
from app.services.mail.templates import refuse_unknown


def complete(session: Session, template: PaperTemplate) -> None:
    """Refuse fields that there are not; the first of a kind, and one that is said to be, is the main one."""
    for field in ("title", "opening", "closing"):
        refuse_unknown(getattr(template, field) or "", field)
    with session.no_autoflush:
        others = (PaperTemplate.kind == template.kind) & (PaperTemplate.id != (template.id or 0))
        if template.is_main:
            session.execute(update(PaperTemplate).where(others, PaperTemplate.is_main).values(is_main=False))
        elif session.scalar(select(PaperTemplate.id).where(others, PaperTemplate.is_main)) is None:
            template.is_main = True


def refuse_main(template: PaperTemplate) -> None:
    if template.is_main:
        raise Refused(_("It is taken unless another is chosen: make another one the main one first."))
