"""Before a mailbox is read for the first time: how many letters lie on its server, and from which day on they come."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import update
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import DateField, validators

from app import clock, nudge
from app.errors import OutOfReach, Refused
from app.models.mailboxes import Mailbox
from app.services.mail import mailboxes
from app.services.mail.incoming import fetching
from app.web.forms.words import PlainForm
from app.web.mail import company_incoming, seal, tokens
from app.web.views import CrmView

USUAL = timedelta(days=30)
SPANS = {
    timedelta(days=7): _l("A week"),
    USUAL: _l("30 days"),
    timedelta(days=90): _l("90 days"),
    timedelta(days=365): _l("A year"),
}


class DayForm(PlainForm):
    since = DateField(validators=[validators.InputRequired()])


def day_of(values: MultiDict[str, str]) -> date | None:
    """The day that is asked for; None for none, or one that no letter can be of."""
    form = DayForm(values)
    day: date | None = form.since.data if form.validate() else None
    return day if day is not None and mailboxes.EARLIEST <= day <= clock.today() else None


class FirstReading(CrmView):
    """Screens of a mailbox whose letters are not taken: nothing is before its owner has seen how many there are."""

    reading_verbs: ClassVar[dict[str, str]] = dict.fromkeys(
        ("reading", "start_reading", "stop_reading", "look_again"), "write"
    )

    @expose("/reading/<pk>")
    @has_access
    def reading(self, pk: str) -> str | Response:
        item = self.row_to_change(pk)
        if item.fetch_from is not None or not mailboxes.is_fetchable(item, company_incoming()):
            return redirect(url_for(".show", pk=item.id))
        return self._page(item)

    @expose("/start-reading/<pk>", methods=["POST"])
    @has_access
    def start_reading(self, pk: str) -> str | Response:
        item, since = self.row_to_change(pk), day_of(request.form)
        if not mailboxes.is_fetchable(item, company_incoming()):
            return redirect(url_for(".show", pk=item.id))
        if since is None:
            return self._page(item, str(_("Choose the day from which letters are taken: one that has come.")))
        mailboxes.start_fetching(item, since)
        self.datamodel.session.commit()
        nudge.soon(fetching.TASK_NOW, nudge.MAIL)
        flash(_("Letters are being fetched: they come into “Letters” one after another."), "success")
        return redirect(url_for(".show", pk=item.id))

    @expose("/stop-reading/<pk>", methods=["POST"])
    @has_access
    def stop_reading(self, pk: str) -> Response:
        """What has come stays; what comes later lies on the server until it is wanted again."""
        item = self.row_to_change(pk)
        item.fetch_from = None
        self.datamodel.session.commit()
        flash(_("Nothing more is fetched from it."), "success")
        return redirect(url_for(".show", pk=item.id))

    @expose("/look-again/<pk>", methods=["POST"])
    @has_access
    def look_again(self, pk: str) -> Response:
        """What was left on the server of a personal mailbox may be of somebody who is known by now."""
        item, session = self.row_to_change(pk), self.datamodel.session
        if item.owner_id is None or item.fetch_from is None:
            abort(404)
        try:
            is_begun = fetching.look_again(session, item.id)
        except Refused as refused:
            flash(str(refused), "danger")
            return redirect(url_for(".show", pk=item.id))
        if is_begun:
            session.commit()
            nudge.soon(fetching.TASK_NOW, nudge.MAIL)
            flash(_("What was left on the server is looked through again."), "success")
        else:
            flash(_("Letters come just now: try it again in a minute."), "info")
        return redirect(url_for(".show", pk=item.id))

    def _page(self, item: Mailbox, refused: str = "") -> str:
        today, asked, number = clock.today(), day_of(request.args), item.id
        days = {today - span: caption for span, caption in SPANS.items()}
        if asked is not None:
            days.setdefault(asked, _l("From the day that you chose"))
        found = None
        try:
            found = self._found(item, days)
        except OutOfReach as trouble:
            refused = trouble.sentence
        item = self.row(number)  # it may have been deleted while its server was waited for
        page: str = self.render_template(
            "crm/mail/reading.html",
            title=_("What lies on the server"),
            item=item,
            found=found,
            days=dict(sorted(days.items(), reverse=True)),
            chosen=asked or today - USUAL,
            asked=asked,
            today=today,
            earliest=mailboxes.EARLIEST,
            refused=refused,
        )
        return page

    def _found(self, item: Mailbox, days: dict[date, str]) -> mailboxes.OnServer:
        session = self.datamodel.session
        as_counted = (Mailbox.id == item.id, Mailbox.version == item.version)  # it may be set up anew meanwhile
        server = mailboxes.incoming_server(item, seal(), tokens(), company_incoming())
        read_up_to = {folder.name: (folder.uidvalidity, folder.last_uid) for folder in item.folders}
        session.commit()  # the base is not held while a server is waited for
        found = mailboxes.on_server(server, read_up_to, days)
        session.execute(update(Mailbox).where(*as_counted).values(fetching_works=True, fetching_stopped=""))
        session.commit()
        return found
