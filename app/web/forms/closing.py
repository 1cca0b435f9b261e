"""Orders are closed with a reason and returned to work, on their cards and in their lists; the list of the closed."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import abort, flash, get_template_attribute, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, select
from werkzeug.wrappers import Response
from wtforms import HiddenField, validators

from app.errors import Refused
from app.extensions import db
from app.models.closing import ClosingReason
from app.models.counterparties import Counterparty
from app.models.users import User
from app.queries.sql import one_of
from app.services.closing import Closable, Closed
from app.services.journal import act_of
from app.web.datamodel import DataModel
from app.web.filters import Filter, row_asked
from app.web.forms.documents import DocumentForm, document_page
from app.web.forms.fields import DateBox, LookupField, TypedDayField, id_of, row_number, text_field
from app.web.undo import flash_undoable
from app.web.views import CrmView

MOST = 500  # orders that are closed together
NAMED = 10  # of them in the title


class CloseForm(DocumentForm):
    """Why orders are closed; `orders` are their numbers in the base."""

    SECTIONS = (("", ("reason", "date", "comment", "orders")),)

    date = TypedDayField(_l("Date"), [validators.DataRequired()], widget=DateBox())
    reason = LookupField(_l("Reason of closing"), [validators.DataRequired()], model=ClosingReason)
    comment = text_field(_l("Comment"), 500)
    orders = HiddenField()


class OrdersToClose(CrmView):
    """A list of orders that are closed: one from its card, many from the list."""

    closable: ClassVar[Closable]

    @expose("/close", methods=["GET", "POST"])
    @has_access
    def close(self) -> str | Response:
        """Closing of one order or of many, always with a reason."""
        texts = request.values.get("orders", "").split(",")[:MOST]
        ids = [number for number in (row_number(text) for text in texts) if number]
        order = self.closable.order
        numbers = db.session.scalars(select(order.number).where(one_of(order.id, ids)).order_by(order.id)).all()
        if not numbers:
            abort(404)
        form = CloseForm.new(orders=",".join(map(str, ids)))
        view = type(self).__name__
        url = url_for(f"{view}.show", pk=ids[0]) if len(ids) == 1 else url_for(f"{view}.list")

        def save() -> Closed:
            return self.closable.close(
                db.session(),
                dict.fromkeys(ids, id_of(form.reason.data)),
                on=form.date.data,
                by_id=id_of(current_user),
                comment=(form.comment.data or "").strip(),
            )

        def then(closed: Closed) -> str:
            if closed.message:
                flash(closed.message, "warning")
            return url

        some = ", ".join(numbers[:NAMED]) + (" …" if numbers[NAMED:] else "")
        one = _("Closing of order %(number)s", number=some)
        title = one if len(ids) == 1 else _("Closing of orders: %(numbers)s", numbers=some)
        return document_page(self, title, form, save, cancel_url=url, then=then)

    @action("close_orders", _l("Close orders"), icon="fa-circle-xmark", single=False)
    def close_orders(self, items: list[Any]) -> Response:
        return redirect(url_for(f"{type(self).__name__}.close", orders=",".join(str(item.id) for item in items)))

    @expose("/reopen/<pk>", methods=["POST"])
    @has_access
    def reopen(self, pk: str) -> Response:
        """The closed order is returned to work."""
        order: Any = self.row(pk)
        return reopened(self.closable, [order.id], url_for(f"{type(self).__name__}.show", pk=order.id))


class ClosingsList(CrmView):
    """What was written off by every closing; orders are closed by their own form."""

    closable: ClassVar[Closable]
    orders_section: ClassVar[str]  # whoever closes orders there returns them to work

    include_route_methods = {"list", "show", "action", "action_post"}
    list_columns = ["order", "on", "counterparty", "reason", "closing_amount", "order_amount", "manager", "by"]
    add_columns = ["reason", "comment"]
    show_columns = [
        *("number", "on", "reason", "order", "counterparty", "manager"),
        *("closing_amount", "unpaid_amount", "order_amount", "by", "comment"),
    ]
    search_columns = ["reason", "on", "manager", "counterparty"]
    base_order = ("on", "desc")

    @action("reopen", _l("Return to work"), icon="fa-rotate-left")
    def reopen(self, items: Any) -> Response:
        closings = items if isinstance(items, list) else [items]
        ids = [closing.order_id for closing in closings]
        return reopened(self.closable, ids, url_for(f"{type(self).__name__}.list"))

    def may_act(self, name: str) -> bool:
        return bool(self.appbuilder.sm.has_access("can_write", self.orders_section))

    def offered_actions(self) -> dict[str, Any]:
        return super().offered_actions() if self.may_act("reopen") else {}

    def row_verbs(self, item: Any) -> Any:
        macro: Any = get_template_attribute("crm/_closing.html", "reopens")
        return macro(item, type(self).__name__) if self.may_act("reopen") else ""


def closings_of(closable: Closable) -> DataModel:
    """Closings with whose order each was."""
    return DataModel(
        closable.closing,
        searches={
            "manager": _of_order(closable, "manager_id", User),
            "counterparty": _of_order(closable, "counterparty_id", Counterparty),
        },
        order_by={"on": "on"},
        computed={
            "counterparty": lambda closing: closing.order.counterparty or closing.order.counterparty_name,
            "manager": lambda closing: closing.order.manager,
        },
        loads=["order.counterparty", "order.manager"],
    )


def reopened(closable: Closable, order_ids: list[int], url: str) -> Response:
    """Return these orders to work, and go on."""
    try:
        numbers = closable.reopen(db.session(), order_ids)
        act = act_of(db.session())
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "danger")
    else:
        flash_undoable(_("Returned to work: %(numbers)s.", numbers=", ".join(numbers)), act)
    return redirect(url)


def _of_order(closable: Closable, column: str, model: type[Any]) -> type[Filter]:
    """A filter by who the closed order belongs to."""

    class OfOrder(Filter):
        name, arg_name = _l("Equal to"), "rel_o_m"

        def condition(self, value: str) -> ColumnElement[bool]:
            whose = getattr(closable.order, column) == row_asked(value)
            found: ColumnElement[bool] = closable.closing.order.has(whose)
            return found

        def input(self) -> Any:
            return LookupField(model=model)

    return OfOrder
