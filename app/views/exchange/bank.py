"""Statements of banks: a file is loaded, whoever is not recognised is asked about by one key, then all is posted."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms.meta import DefaultMeta

from app import clock
from app.domain.formats.payment_orders import MIME
from app.domain.text import readable
from app.domain.words import BankLineState, JobKind
from app.errors import Refused
from app.extensions import db
from app.models.bank import BankStatement
from app.models.counterparties import Counterparty
from app.models.jobs import StoredFile
from app.models.organisation import BankAccount
from app.queries import bank
from app.services.exchange.bank import posting
from app.services.exchange.bank.guessing import SIGNS, guesses
from app.services.exchange.bank.loading import LARGE, TotalsDiffer, load, outcome_in_words
from app.services.exchange.bank.ordering import payment_orders
from app.services.exchange.bank.recognising import answer, ask_again, client_of
from app.services.journal import act_of
from app.web.forms.fields import LookupField, row_number
from app.web.undo import flash_undoable
from app.web.work import ask_worker

SECTION = "Bank statements"
ASKED, SHOWN = 5, 50  # documents of a page: that are asked about, and of the table
LATEST = 20


class BankView(BaseView):
    route_base = "/bank-statements"
    default_view = "page"
    class_permission_name = SECTION

    @expose("/")
    @has_access
    @permission_name("read")
    def page(self) -> str:
        return self._page()

    def _page(self, problem: Refused | None = None) -> str:
        statements = db.session.scalars(bank.latest_statements(LATEST)).all()
        of_these = bank.counts_by_state([each.id for each in statements])
        counts = {(statement_id, state): count for statement_id, state, count in db.session.execute(of_these)}
        shown: str = self.render_template(
            "crm/exchange/bank.html",
            title=_("Bank statements"),
            problem=problem,
            differ=isinstance(problem, TotalsDiffer) or "confirm" in request.args,
            accounts=db.session.scalars(select(BankAccount).order_by(BankAccount.id)).all(),
            statements=statements,
            states=list(BankLineState),
            counts=counts,
            may_write=self._may_write(),
            zone=clock.zone(),
        )
        return shown

    def _may_write(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_write", SECTION))

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("write")
    def load(self) -> Response | tuple[str, int]:
        upload = request.files.get("file")
        try:
            if upload is None or not upload.filename:
                raise Refused(_("Choose a file."), field="file")
            content, confirmed = upload.read(), "confirmed" in request.form
            if len(content) > LARGE:
                return self._load_later(content, upload.filename, confirmed=confirmed)
            loaded = load(db.session(), content, upload.filename, confirmed=confirmed)
            told = outcome_in_words(loaded)
        except Refused as refused:
            db.session.rollback()
            return self._page(refused), 400
        act = act_of(db.session())
        statement_id = loaded.statement.id
        db.session.commit()
        flash_undoable(told, act)
        return redirect(url_for(".statement", statement_id=statement_id))

    def _load_later(self, content: bytes, name: str, *, confirmed: bool) -> Response:
        """Whoever comes back from the work finds the tick for totals that differ."""
        kept = StoredFile(name=readable(name)[-255:], size=len(content), content=content)
        params = {"name": kept.name, "confirmed": confirmed, "title": kept.name}
        return ask_worker(JobKind.BANK_FILE, params | {"back": url_for(".page", confirm=1)}, kept)

    @expose("/orders.txt")
    @has_access
    @permission_name("read")
    def orders(self) -> Response:
        """The chosen payments to suppliers as a file that the program of the bank takes."""
        if not self.appbuilder.sm.has_access("can_read", "Supplier payments"):
            abort(403)
        ids = list(filter(None, map(row_number, request.args.get("ids", "").split(","))))
        try:
            content = payment_orders(db.session(), ids, now=clock.now().astimezone(clock.zone()))
        except Refused as refused:
            flash(str(refused), "danger")
            return redirect(url_for("SupplierPaymentView.list"))
        headers = {"Content-Disposition": f'attachment; filename="payment-orders-{clock.today()}.txt"'}
        return FlaskResponse(content, content_type=f"{MIME}; charset=windows-1251", headers=headers)

    @expose("/<int:statement_id>")
    @has_access
    @permission_name("read")
    def statement(self, statement_id: int) -> str:
        statement = db.session.get(BankStatement, statement_id) or abort(404)
        sums = {state: totals for state, *totals in db.session.execute(bank.sums_by_state(statement_id))}
        waiting = bank.waiting_lines(statement_id).limit(ASKED)
        asked = db.session.scalars(waiting).all() if self._may_write() else []
        number = row_number(request.args.get("page", "")) or 0
        lines = bank.answered_lines(statement_id).offset(number * SHOWN).limit(SHOWN + 1)
        rows = db.session.scalars(lines).all()
        picker = LookupField(_("Counterparty"), model=Counterparty).bind(form=None, name="client", _meta=DefaultMeta())
        picker.process(None)
        shown: str = self.render_template(
            "crm/exchange/bank_statement.html",
            title=statement.name,
            statement=statement,
            tiles=[(state, *sums.get(state, (0, 0))) for state in BankLineState],
            asked=[(line, guesses(db.session(), line)) for line in asked],
            signs=SIGNS,
            picker=picker,
            lines=rows[:SHOWN],
            page=number,
            more=len(rows) > SHOWN,
            ready=BankLineState.KNOWN in sums,
            may_write=self._may_write(),
        )
        return shown

    @expose("/<int:statement_id>/answer/<int:line_id>", methods=["POST"])
    @has_access
    @permission_name("write")
    def answer(self, statement_id: int, line_id: int) -> Response:
        """`client`: whose the document is; `new`: a client as the bank names him; neither: nobody's; `again`: ask."""
        session = db.session()
        try:
            if "again" in request.form:
                ask_again(session, line_id)
                told = _("It is asked about again.")
            else:
                client = self._client(line_id)
                count = answer(session, line_id, client)
                name = client.name if client else _("Not of a client")
                told = ngettext("%(name)s: %(num)s document.", "%(name)s: %(num)s documents.", count, name=name)
            session.flush()
            act = act_of(session)
            session.commit()
            flash_undoable(told, act)
        except Refused as refused:
            session.rollback()
            flash(str(refused), "danger")
        return redirect(url_for(".statement", statement_id=statement_id))

    def _client(self, line_id: int) -> Counterparty | None:
        if "new" in request.form:
            if not self.appbuilder.sm.has_access("can_write", "Counterparties"):
                abort(403)
            return client_of(db.session(), line_id)
        if "aside" in request.form:
            return None
        client = db.session.get(Counterparty, row_number(request.form.get("client", "")) or 0)
        if client is None:
            raise Refused(_("Choose a client."))
        return client

    @expose("/<int:statement_id>/post", methods=["POST"])
    @has_access
    @permission_name("write")
    def post(self, statement_id: int) -> Response:
        if db.session.get(BankStatement, statement_id) is None:
            abort(404)
        here = url_for(".statement", statement_id=statement_id)
        if posting.recognised(db.session(), statement_id) > posting.LONG:
            return ask_worker(
                JobKind.BANK, {"statement": statement_id, "title": _("Posting of a statement"), "back": here}
            )
        count = posting.post(db.session(), statement_id)
        act = act_of(db.session())
        db.session.commit()
        flash_undoable(ngettext("Posted: %(num)s document.", "Posted: %(num)s documents.", count), act)
        return redirect(here)
