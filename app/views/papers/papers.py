"""Papers for clients: made from an order, a coming deal or settlements, kept, sent by letter; and their templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

from flask import Response as Answered
from flask import abort, make_response, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import clock
from app.domain.formats.pdf import PDF
from app.domain.letters.fields import TemplateField
from app.domain.periods import Period
from app.domain.words import PaperKind
from app.errors import Refused
from app.models.captions import caption
from app.models.counterparties import Counterparty
from app.models.deals import ExpectedDeal
from app.models.orders import BuyerOrder
from app.models.papers import Paper, PaperTemplate
from app.services.papers import making, templates
from app.services.papers.making import Subject
from app.services.papers.sample import sample
from app.views.reports import ChoiceControl
from app.web.datamodel import DataModel
from app.web.forms.fields import row_number
from app.web.views import VERBS, CrmView
from reports.kit.params import PeriodParam

SECTION = "Papers"
OF = {"order": BuyerOrder, "deal": ExpectedDeal, "counterparty": Counterparty}
PERIOD = PeriodParam("period", _l("Period"), default="this-year")  # of an act
FRAMED = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
WORDS = ["title", "opening", "closing"]
LOOK = ["shows_codes", "shows_discounts", "shows_vat", "shows_signers", "valid_days"]


def pdf_answer(pdf: bytes, name: str) -> Answered:
    """A paper that a frame of ours, or a page apart, shows."""
    answer = send_file(BytesIO(pdf), mimetype=PDF, download_name=name)
    answer.headers["Content-Security-Policy"] = FRAMED
    return answer


def sentence_page(sentence: str) -> Answered:
    """A sentence where a paper was to be shown."""
    answer = make_response(sentence, 422)
    answer.mimetype = "text/plain"
    answer.headers["Content-Security-Policy"] = FRAMED
    return answer


class PaperView(CrmView):
    datamodel = DataModel(Paper, order_by={"date": "date"}, loads=["counterparty", "order", "deal"])
    route_base = "/papers"
    class_permission_name = SECTION
    method_permission_name = VERBS | {"new": "write", "preview": "write", "letter": "write", "file": "read"}
    exclude_route_methods = {"download", "add", "edit", "bulk"}
    list_title = _l("Papers for clients")
    list_columns = ["date", "kind", "number", "counterparty", "order", "amount", "made_by"]
    show_columns = [*list_columns, "template", "made_at"]
    add_columns = ["title"]  # its own screen asks for more
    search_columns = ["number", "kind", "counterparty", "order", "date", "made_by"]
    base_order = ("date", "desc")
    show_template = "crm/papers/paper.html"

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def new(self) -> Any:
        """Choose the template, and of an act the period; then it is made, and perhaps begun as a letter."""
        kind, of = self._kind(), {name: request.args[name] for name in OF if name in request.args}
        refused = None
        if request.method == "POST":
            session = self.datamodel.session
            try:
                paper = self._laid(making.make)
                if request.form.get("press") != "letter":
                    session.commit()
                    return redirect(url_for(".show", pk=paper.id))
                draft = making.begin_letter(session, paper, current_user, now=clock.now())
                session.commit()
                return redirect(url_for("LetterView.write", draft=draft.id))
            except Refused as wrong:
                session.rollback()
                refused = wrong
        subject = self._subject()
        of_kind = select(PaperTemplate).where(PaperTemplate.kind == kind)
        return self.render_template(
            "crm/papers/new.html",
            title=caption(kind),
            kind=kind,
            subject=subject,
            of=of,
            refused=refused,
            typed=request.form,
            period=ChoiceControl(PERIOD, dict(request.form), refused),
            templates=self.datamodel.session.scalars(
                of_kind.order_by(PaperTemplate.is_main.desc(), PaperTemplate.name)
            ).all(),
            may_write=self.appbuilder.sm.has_access("can_write", "Letters"),
        )

    @expose("/preview", methods=["POST"])
    @has_access
    def preview(self) -> Answered:
        try:
            pdf = self._laid(making.preview)
        except Refused as refused:
            self.datamodel.session.rollback()
            return sentence_page(str(refused))
        return pdf_answer(pdf, "preview.pdf")

    @expose("/file/<pk>")
    @has_access
    def file(self, pk: str) -> Answered:
        paper: Paper = self.row(pk)
        return pdf_answer(paper.blob.content, paper.file_name)

    @expose("/letter/<pk>", methods=["POST"])
    @has_access
    def letter(self, pk: str) -> Response:
        """Begin a letter with the paper in it."""
        if not self.appbuilder.sm.has_access("can_write", "Letters"):
            abort(403)
        session = self.datamodel.session
        draft = making.begin_letter(session, self.row(pk), current_user, now=clock.now())
        session.commit()
        return redirect(url_for("LetterView.write", draft=draft.id))

    def _laid(self, lay: Callable[..., Any]) -> Any:
        session, kind = self.datamodel.session, self._kind()
        subject = replace(self._subject(), period=self._period())
        template = making.template_of(session, kind, row_number(request.form.get("template", "")))
        return lay(session, kind, subject, template, current_user, today=clock.today())

    @staticmethod
    def _kind() -> PaperKind:
        word = request.args.get("kind", "")
        return PaperKind(word) if word in set(PaperKind) else abort(404)

    def _subject(self) -> Subject:
        """What the address names; only what the reader sees."""
        found = {name: self._seen(model, request.args[name]) for name, model in OF.items() if name in request.args}
        if self._kind() is not PaperKind.ACT:
            if ("order" in found) == ("deal" in found):
                abort(404)
            return Subject(order=found.get("order"), deal=found.get("deal"))
        if "counterparty" not in found:
            abort(404)
        return Subject(client=found["counterparty"])

    def _period(self) -> Period | None:
        typed = request.form.get("period", "")
        return PERIOD.value(self.datamodel.session, typed, clock.today()) if typed else None

    def _seen(self, model: Any, number: str) -> Any:
        asked = select(model).where(model.id == (row_number(number) or 0))
        return self.datamodel.session.scalar(asked) or abort(404)


class PaperTemplateView(CrmView):
    datamodel = DataModel(PaperTemplate, order_by={"name": "name"})
    route_base = "/paper-templates"
    class_permission_name = "Paper templates"
    method_permission_name = VERBS | {"preview": "write"}
    exclude_route_methods = {"download", "bulk"}
    list_title, add_title = _l("Paper templates"), _l("New paper template")
    list_columns = ["name", "kind", "title", "is_main"]
    add_columns = show_columns = ["kind", "name", "is_main", *WORDS, *LOOK]
    add_fieldsets = [
        ("", {"fields": ["kind", "name", "is_main"]}),
        (_l("Words"), {"fields": WORDS}),
        (_l("Look"), {"fields": LOOK}),
    ]
    search_columns = ["name", "kind"]
    base_order = ("name", "asc")
    not_in_place = tuple(add_columns)
    add_template = edit_template = "crm/papers/template.html"
    description_columns = {
        "opening": _l(
            "Fields are filled in for each client: %(fields)s",
            fields=", ".join(f"{{{each}}}" for each in TemplateField),
        )
    }

    def pre_add(self, item: PaperTemplate) -> None:
        templates.complete(self.datamodel.session, item)

    pre_update = pre_add

    def pre_delete(self, item: PaperTemplate) -> None:
        templates.refuse_main(item)

    @expose("/preview", methods=["POST"])
    @has_access
    def preview(self) -> Answered:
        """What is typed in the form, on goods that nobody has; nothing is kept."""
        form = self.add_form.refresh()
        template = PaperTemplate()
        for name in self.add_columns:
            setattr(template, name, form[name].data)
        try:
            return pdf_answer(sample(self.datamodel.session, template, today=clock.today()), "preview.pdf")
        except Refused as refused:
            return sentence_page(str(refused))
