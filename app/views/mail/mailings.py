"""Mailings to a selection: begun from a list or a cell, looked at, sent; how it went; who wants no more of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as AnyResponse

from app import clock
from app.domain.words import JobKind, MailingResult, WhyNoLetter
from app.errors import Refused
from app.extensions import csrf, db
from app.models.contacts import Campaign
from app.models.counterparties import Counterparty
from app.models.letters import LetterTemplate
from app.models.mailings import Mailing, MailingRecipient, StopAddress
from app.queries.contacts.work_plan import clients_of
from app.queries.mail.mailings import counts, left_out, results, who_is_left_out
from app.queries.mail.people import mailboxes_of
from app.services.mail import mailings
from app.views.contacts.work_plan import ON, cell_of
from app.web.access.rights import require
from app.web.datamodel import DataModel
from app.web.filters import Contains
from app.web.forms.fields import row_number
from app.web.lists.chosen import ChosenRows, screen_named
from app.web.lists.state import natural
from app.web.views import VERBS, CrmView
from app.web.work import ask_worker

SECTION = "Mailings"
OF_LISTS = {"CounterpartyView": "clients", "PersonView": "persons"}
PAGE = 100
MOST_NAMED = 20  # of those who get no letter, before it goes out
LOADED = joinedload(MailingRecipient.counterparty_name), joinedload(MailingRecipient.person)
FIELDS: dict[str, Any] = {"template": LetterTemplate, "campaign": Campaign}


class MailingView(CrmView):
    datamodel = DataModel(Mailing, searches={"name": Contains}, order_by={"created_at": "id"})
    route_base = "/mailings"
    class_permission_name = SECTION
    method_permission_name = VERBS | {"begin": "write", "keep": "write", "halt": "write"}
    exclude_route_methods = {"download", "add", "edit", "fact"}
    list_title = _l("Mailings")
    advice = _l(
        "A mailing begins in the list of counterparties or of contact persons:"
        " tick who is to get it and press “Mailing”."
    )
    list_columns = ["created_at", "name", "subject", "author", "campaign", "sent_at"]
    show_columns = ["name", "author", "template", "mailbox", "campaign"]
    add_columns = ["name"]  # begun from what is chosen elsewhere
    search_columns = ["name", "author", "campaign", "created_at"]
    base_order = ("created_at", "desc")

    @expose("/begin", methods=["POST"])
    @has_access
    def begin(self) -> AnyResponse:
        """To what was chosen in a list, to the clients of a cell, or to those whom a report names."""
        require("Letters")
        session = self.datamodel.session
        try:
            mailing = mailings.begin(
                session, current_user, _("Mailing of %(day)s", day=f"{clock.today():%d.%m.%Y}"), **recipients_asked()
            )
            session.commit()
        except Refused as refused:
            session.rollback()
            flash(str(refused), "danger")
            return redirect(url_for(".list"))
        return redirect(url_for(".show", pk=mailing.id))

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> str:
        return self._page(self.row(pk))

    def _page(self, mailing: Mailing, refused: Refused | None = None) -> str:
        session = self.datamodel.session
        shown: dict[str, Any] = {}
        asked, number = request.args.get("result", ""), natural(request.args.get("page")) or 0
        if mailing.sent_at is None:
            needed = mailings.needed(mailing)
            many = dict(session.execute(left_out(mailing.id, needed)).all())
            why = {WhyNoLetter(each): count for each, count in many.items() if each is not None}
            who = who_is_left_out(mailing.id, needed).options(*LOADED).limit(MOST_NAMED)
            shown = {
                "waiting": many.get(None, 0),
                "left_out": list(why.items()),
                "who": [(row, WhyNoLetter(each)) for row, each in session.execute(who)] if why else [],
                "templates": session.scalars(select(LetterTemplate).order_by(LetterTemplate.name)).all(),
                "mailboxes": session.scalars(mailboxes_of(mailing.author_id)).all(),
                "campaigns": session.scalars(select(Campaign).order_by(Campaign.name)).all(),
                "preview": mailings.preview(session, mailing, today=clock.today()) if mailing.text else [],
            }
        else:
            found = results(mailing.id)
            if asked in set(MailingResult):
                became = found.selected_columns.became
                found = found.where(became == asked)
            rows = session.execute(found.options(*LOADED).limit(PAGE + 1).offset(number * PAGE)).all()
            became_of: dict[str, int] = dict(session.execute(counts(mailing.id)).all())
            shown = {
                "rows": [(row, MailingResult(became)) for row, became in rows[:PAGE]],
                "more": len(rows) > PAGE,
                "counts": [(result, became_of[result]) for result in MailingResult if result in became_of],
            }
        may = self.appbuilder.sm.has_access
        page: str = self.render_template(
            "crm/mail/mailing.html",
            title=mailing.name,
            item=mailing,
            refused=refused,
            result=asked,
            page=number,
            may_write=may("can_write", SECTION)
            and may("can_write", "Letters")
            and mailing.author_id == current_user.id,
            delete_url=url_for(".delete", pk=mailing.id) if may("can_delete", SECTION) else "",
            **shown,
        )
        return page

    @expose("/keep/<pk>", methods=["POST"])
    @has_access
    def keep(self, pk: str) -> str | AnyResponse:
        """What is typed is kept and the first letters of it are shown; by the other button it goes out."""
        require("Letters")
        mailing, session = self.row(pk), self.datamodel.session
        if mailing.author_id != current_user.id:
            abort(403)
        try:
            if mailing.sent_at is not None:
                raise Refused(_("This mailing has been sent already."))
            self._take(mailing)
            session.commit()
            if request.form.get("press") == "send":
                mailings.refuse_unsound(session, mailing)
                site = current_app.config["CRM"].public_url
                title, back = _("Mailing: %(name)s", name=mailing.name), url_for(".show", pk=mailing.id)
                return ask_worker(JobKind.MAILING, {"mailing": mailing.id, "site": site, "title": title, "back": back})
            mailings.refuse_template(mailing)
        except Refused as refused:
            session.rollback()
            return self._page(self.row(pk), refused)
        return redirect(url_for(".show", pk=mailing.id))

    @expose("/halt/<pk>", methods=["POST"])
    @has_access
    def halt(self, pk: str) -> AnyResponse:
        """What has not gone yet does not go."""
        require("Letters")
        mailing, session = self.row(pk), self.datamodel.session
        if mailing.author_id != current_user.id:
            abort(403)
        halted = mailings.halt(session, mailing)
        session.commit()
        if halted:
            flash(ngettext("%(num)s letter does not go out.", "%(num)s letters do not go out.", halted), "success")
        else:
            flash(_("Nothing is left to stop: its letters have gone, or are being sent."), "info")
        return redirect(url_for(".show", pk=pk))

    def _take(self, mailing: Mailing) -> None:
        form, session = request.form, self.datamodel.session
        mailing.name = form.get("name", "").strip()[:150] or mailing.name
        for name, model in FIELDS.items():
            number = row_number(form.get(name, "")) or 0
            setattr(mailing, name, session.scalar(select(model).where(model.id == number)))
        allowed = {box.id: box for box in session.scalars(mailboxes_of(current_user.id))}
        mailing.mailbox = allowed.get(row_number(form.get("mailbox", "")) or 0)
        mailing.subject = mailing.template.subject if mailing.template else ""
        mailing.text = mailing.template.text if mailing.template else ""

    def pre_delete(self, item: Mailing) -> None:
        if item.sent_at is not None:
            raise Refused(_("A mailing that was sent stays: its letters are with the clients."))


def recipients_asked() -> dict[str, Iterable[int]]:
    """Numbers of clients and persons: ticked in a list or all that its filters find, of a cell, or named one by one."""
    session, asked = db.session(), request.values
    screen = asked.get("screen", "")
    if screen in OF_LISTS:
        return {OF_LISTS[screen]: ChosenRows.of_form(screen_named(screen)).numbers(session)}
    cell = cell_of(asked) if asked.get("stage") or asked.get("abc") else None
    if cell is not None:
        found = clients_of(cell, ON.value(session, asked.get("on") or ON.default, clock.today()), clock.zone())
        return {"clients": session.scalars(found.with_only_columns(Counterparty.id)).all()}
    numbers = (row_number(part) for part in asked.get("clients", "").split(",")[: mailings.MOST])
    return {"clients": [number for number in numbers if number]}


class StopListView(CrmView):
    datamodel = DataModel(StopAddress, searches={"address": Contains}, order_by={"on": "on"})
    route_base = "/stop-list"
    class_permission_name = SECTION
    list_title, add_title = _l("Stop list"), _l("New address of the stop list")
    list_columns = ["address", "reason", "on", "by", "mailing"]
    add_columns = show_columns = ["address", "reason"]
    search_columns = ["address", "on"]
    base_order = ("on", "desc")

    def pre_add(self, item: StopAddress) -> None:
        item.on, item.by_id = item.on or clock.today(), item.by_id or current_user.id
        mailings.drop_waiting(self.datamodel.session, item.address)


def unsubscribe(secret: str) -> Response | tuple[str, int] | str:
    """Without a login: a page with one button for people; programs of mail press it by themselves (RFC 8058)."""
    session = db.session()
    session.info["viewer"] = None  # whoever holds the secret says it of himself
    row = mailings.recipient_of(session, secret)
    if row is None:
        return render_template("crm/mail/unsubscribe.html", title=_("The link is not known."), row=None), 404
    if request.method == "POST":
        mailings.unsubscribe(session, row, now=clock.now(), today=clock.today())
        session.commit()
    return render_template("crm/mail/unsubscribe.html", title=_("Mailings"), row=row)


def init_app(app: Flask) -> None:
    address = f"{mailings.UNSUBSCRIBE}<secret>"
    app.add_url_rule(address, "unsubscribe", csrf.exempt(unsubscribe), methods=["GET", "POST"])
