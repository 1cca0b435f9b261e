"""Templates of papers: what a clerk may write in them, and which of them is taken."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models.papers import PaperTemplate
from app.services.mail.templates import refuse_unknown
from app.services.papers.main_one import settle_main


def complete(session: Session, template: PaperTemplate) -> None:
    """Refuse fields that there are not; the first of a kind, and one that is said to be, is the main one."""
    for field in ("title", "opening", "closing"):
        refuse_unknown(getattr(template, field) or "", field)
    settle_main(session, template, PaperTemplate.kind == template.kind)


def refuse_main(template: PaperTemplate) -> None:
    if template.is_main:
        raise Refused(_("It is taken unless another is chosen: make another one the main one first."))
