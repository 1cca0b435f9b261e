"""Webhooks: addresses of the administrator that are told of events, and what was told."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import SelectMultipleField
from wtforms.validators import DataRequired

from app import clock
from app.domain.words import WebhookEvent
from app.models.captions import caption
from app.models.webhooks import Webhook, WebhookDelivery
from app.services.webhooks import webhooks
from app.web.datamodel import DataModel
from app.web.forms.fields import ticks
from app.web.mail import seal
from app.web.views import VERBS, CrmView

SECTION = "Webhooks"


class EventsWidget:
    def __call__(self, field: SelectMultipleField, **kwargs: Any) -> Markup:
        chosen = set(field.data or ())
        return ticks(field, [(event.value, caption(event), event.value in chosen) for event in WebhookEvent], **kwargs)


EVENTS = SelectMultipleField(
    _l("Events"),
    validators=[DataRequired(_l("Choose what it is told of."))],
    choices=[*WebhookEvent],
    widget=EventsWidget(),
)


def told_of(webhook: Webhook) -> str:
    return ", ".join(caption(WebhookEvent(event)) for event in webhook.events if event in set(WebhookEvent))


class WebhookDeliveryView(CrmView):
    datamodel = DataModel(WebhookDelivery, order_by={"made_at": "made_at"}, loads=["webhook"])
    route_base = "/webhook-deliveries"
    class_permission_name = SECTION
    method_permission_name = VERBS | {"again": "write"}
    exclude_route_methods = {"download", "add", "edit", "delete", "bulk"}
    list_title = _l("What webhooks were told")
    list_columns = ["made_at", "event", "webhook", "attempts", "sent_at", "dead_at", "answer"]
    show_columns = [*list_columns, "key", "payload"]
    add_columns = ["answer"]
    label_columns = {"key": _l("Id")}
    related_columns = {"webhook": [column for column in list_columns if column != "webhook"]}
    search_columns = ["webhook", "event", "made_at"]
    base_order = ("made_at", "desc")

    @action("again", _l("Tell again"), icon="fa-rotate-right", multiple=False)
    def again(self, item: WebhookDelivery) -> Response:
        webhooks.again(self.datamodel.session, item, now=clock.now())
        self.datamodel.session.commit()
        flash(_("It is told again within a minute."), "success")
        return redirect(url_for(".show", pk=item.id))


class WebhookView(CrmView):
    datamodel = DataModel(Webhook, order_by={"name": "name"}, computed={"told": told_of})
    route_base = "/webhooks"
    class_permission_name = SECTION
    exclude_route_methods = {"download", "bulk"}
    list_title, add_title = _l("Webhooks"), _l("New webhook")
    advice = _l(
        "A webhook tells another program what has happened here: a client is added, an order is done, a payment came."
        " Add the address at which that program listens."
    )
    label_columns = {"told": _l("Events")}
    list_columns = ["name", "url", "told", "is_on"]
    show_columns = list_columns
    add_columns = ["name", "url", "events", "is_on"]
    add_form_extra_fields = edit_form_extra_fields = {"events": EVENTS}
    description_columns = {
        "url": _l("Is told by POST, in JSON, with a signature; addresses of private networks are refused."),
    }
    related_views = [WebhookDeliveryView]
    base_order = ("name", "asc")
    not_in_place = tuple(add_columns)
    show_template = "crm/webhook.html"

    def new_values(self) -> dict[str, Any]:
        return {"is_on": True}

    def pre_update(self, item: Webhook) -> None:
        webhooks.complete(item)

    def pre_add(self, item: Webhook) -> None:
        webhooks.complete(item)
        self.datamodel.number(item)
        webhooks.new_secret(item, seal())

    def after_save_url(self, item: Webhook) -> str:
        return url_for(".show", pk=item.id)

    def beside(self, item: Webhook) -> dict[str, Any]:
        may = self.appbuilder.sm.has_access("can_write", SECTION)
        return {"secret": webhooks.secret_of(item.id, item.sealed_secret, seal()) if may else ""}
