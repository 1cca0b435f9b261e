"""A planned contact is repeated by a rule whose days are seen before; of a series, this one and the following."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import abort, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import format_date, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import clock
from app.domain.repeating import MOST, MOST_EVERY, OnDayOff, Repeat, RepeatUnit
from app.errors import Refused
from app.extensions import db
from app.models.contacts import Contact
from app.services.contacts import series
from app.services.diaries import diary_of
from app.services.journal import act_of
from app.views.contacts.verbs import asked_moment, before_deletion, moment_in_words
from app.web.access.rights import require
from app.web.forms.fields import row_number
from app.web.undo import flash_undoable

UNITS = {RepeatUnit.DAY: _l("days"), RepeatUnit.WEEK: _l("weeks"), RepeatUnit.MONTH: _l("months")}
ON_DAYS_OFF = {
    OnDayOff.MOVE: _l("to the next working day"),
    OnDayOff.SKIP: _l("skip it"),
    OnDayOff.KEEP: _l("leave it"),
}
TYPED = ("every", "unit", "times", "until", "on_day_off")
USUAL = {"every": "1", "unit": "week", "times": "10", "until": "", "on_day_off": "move"}


class SeriesView(BaseView):
    route_base = "/series"
    class_permission_name = "Contacts"

    @expose("/<int:pk>")
    @has_access
    @permission_name("write")
    def page(self, pk: int) -> str | tuple[str, int]:
        """The rule with the days that it gives; of a contact in a series, all of them and what is done to them."""
        return self._page(self._row(pk))

    def _page(self, contact: Contact, refused: Refused | None = None) -> str | tuple[str, int]:
        session, typed = db.session(), texts()
        shown: dict[str, Any] = {}
        if contact.series_id:
            all_of = select(Contact).where(Contact.series_id == contact.series_id)
            shown["rows"] = session.scalars(all_of.order_by(Contact.starts_at, Contact.id)).all()
        else:
            try:
                days = series.days_of(session, contact, repeat_asked(typed), zone=clock.zone())
                shown["days"] = [(day, format_date(day, "EEE")) for day in days]
            except Refused as problem:
                refused = refused or problem
        names = get_locale().days["format"]["short"]
        page: str = self.render_template(
            "crm/contacts/series.html",
            title=_("Series: %(what)s", what=contact),
            item=contact,
            typed=typed,
            units=UNITS.items(),
            on_days_off=ON_DAYS_OFF.items(),
            weekdays=[(number, names[number], str(number) in typed["on"]) for number in range(7)],
            limits={"every": MOST_EVERY, "times": MOST},
            refused=refused,
            moment=request.form.get("at", ""),
            **shown,
        )
        return (page, 400) if refused else page

    @expose("/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("write")
    def make(self, pk: int) -> Any:
        def done(contact: Contact) -> str:
            made = series.make(db.session(), contact, repeat_asked(texts()), zone=clock.zone())
            return ngettext("%(num)s contact is in the series.", "%(num)s contacts are in the series.", len(made))

        return self._done(pk, done)

    @expose("/<int:pk>/move", methods=["POST"])
    @has_access
    @permission_name("write")
    def move(self, pk: int) -> Any:
        def done(contact: Contact) -> str:
            session, now = db.session(), clock.now()
            at = asked_moment(diary_of(session, contact.manager, now=now, zone=clock.zone()), now)
            reason = request.form.get("reason", "")
            many = series.move(session, contact, at, reason=reason, now=now, zone=clock.zone())
            told = ngettext(
                "%(num)s contact is moved: from %(when)s.",
                "%(num)s contacts are moved: from %(when)s.",
                many,
                when=moment_in_words(at),
            )
            return str(told)

        return self._done(pk, done)

    @expose("/<int:pk>/cancel", methods=["POST"])
    @has_access
    @permission_name("write")
    def cancel(self, pk: int) -> Any:
        def done(contact: Contact) -> str:
            many = series.cancel(db.session(), contact)
            return str(ngettext("%(num)s contact is cancelled.", "%(num)s contacts are cancelled.", many))

        return self._done(pk, done)

    @expose("/<int:pk>/delete", methods=["POST"])
    @has_access
    @permission_name("write")
    def delete(self, pk: int) -> Any:
        require("Contacts", "can_delete")

        def done(contact: Contact) -> str:
            told = before_deletion(series.following(db.session(), contact))
            many = series.delete(db.session(), contact)
            sentence = ngettext("%(num)s contact is deleted.", "%(num)s contacts are deleted.", many)
            return f"{sentence} {told}".strip()

        return self._done(pk, done)

    def _done(self, pk: int, verb: Callable[[Contact], str]) -> str | tuple[str, int] | Response:
        """Do it whole, and offer to undo it whole; whoever did it to an older version looks once more."""
        session, contact = db.session(), self._row(pk)
        try:
            if row_number(request.form.get("version", "")) != contact.version:
                raise Refused(_("Somebody changed this contact a moment ago: look once more."))
            told = verb(contact)
            act = act_of(session)
            session.commit()
        except Refused as refused:
            session.rollback()
            return self._page(self._row(pk), refused)
        flash_undoable(told, act)
        stays = session.scalar(select(Contact.id).where(Contact.id == pk))
        return redirect(url_for("ContactView.show", pk=pk) if stays else url_for("ContactView.list"))

    @staticmethod
    def _row(pk: int) -> Contact:
        return db.session().scalar(select(Contact).where(Contact.id == pk)) or abort(404)


def texts() -> dict[str, Any]:
    """What was typed, or what is usual."""
    given = request.values
    return {name: given.get(name, USUAL[name]).strip() for name in TYPED} | {"on": given.getlist("on")}


def repeat_asked(typed: dict[str, Any]) -> Repeat:
    try:
        until = date.fromisoformat(typed["until"]) if typed["until"] else None
    except ValueError:
        raise Refused(_("This is no day."), field="until") from None
    if typed["unit"] not in {*RepeatUnit} or typed["on_day_off"] not in {*OnDayOff}:
        raise Refused(_("Choose one of the list."), field="unit")
    return Repeat(
        every=row_number(typed["every"]) or 0,
        unit=RepeatUnit(typed["unit"]),
        weekdays=frozenset(int(day) for day in typed["on"] if day in {*"0123456"})
        if typed["unit"] == RepeatUnit.WEEK
        else frozenset(),
        times=None if until and not typed["times"] else row_number(typed["times"]) or 0,
        until=until,
        on_day_off=OnDayOff(typed["on_day_off"]),
    )
