"""StoryView: a view whose card has a head, facts that are edited in place, and the feed of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.own_fields import PREFIX
from app.domain.words import FeedKind
from app.services.own_fields import may_change
from app.web.cards.feed import FeedPage, feed_page
from app.web.cards.paper import PaperTable, plain
from app.web.display import NOTHING, display
from app.web.forms import own_fields
from app.web.views import VERBS, CrmView

STORY_VERBS = VERBS | {"feed": "read"}


@dataclass(frozen=True)
class CardFact:
    """A fact of a card; one with an address is edited in place."""

    name: str
    label: Any
    value: Any
    edit_url: str = ""

    @property
    def is_void(self) -> bool:
        return self.value in (NOTHING, "")


class StoryView(CrmView):
    """Declare `card_facts`, the columns that stand at the left, and `story`: whose feed it is and what it tells.

    A fact is edited in place when it is a field of the form, by the form's own rules; `not_in_place` are the others.
    """

    show_template = "crm/card.html"
    method_permission_name = STORY_VERBS
    card_facts: Sequence[str] = ()
    story: tuple[str, tuple[FeedKind, ...]] = ("", ())

    def _init_properties(self) -> None:
        self.show_columns = self.show_columns or [*self.card_facts]
        super()._init_properties()

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> str:
        item = self.row(pk)
        return str(
            self.render_template(
                self.show_template,
                pk=item.id,
                title=self.title_of(item),
                item=item,
                view=self,
                facts=self.facts_of(item),
                **self.urls_of(item),
                **self.beside(item),
                feed=self.feed_of(item),
            )
        )

    def told_of(self, item: Any) -> list[tuple[Any, Any]]:
        return [(one.label, one.value) for one in self.facts_of(item)]

    def paper_tables(self, item: Any) -> list[PaperTable]:
        events = [
            (
                each.on,
                " · ".join(
                    text
                    for text in map(plain, (each.title, each.text, each.tag, each.foot))
                    if text not in {"", NOTHING}
                ),
            )
            for each in self.feed_of(item).events
        ]
        return [*super().paper_tables(item), PaperTable(_("What happened"), (_("When"), _("What")), events)]

    def is_in_place(self, name: str) -> bool:
        return name not in self.not_in_place

    def urls_of(self, item: Any) -> dict[str, Any]:
        """Where every card leads: the list, the form, the deletion, the feed; "" without the right."""
        may = self.appbuilder.sm.has_access
        writes, deletes = (may(verb, self.class_permission_name) for verb in ("can_write", "can_delete"))
        return {
            "list_url": url_for(f"{self.endpoint}.list"),
            "edit_url": url_for(f"{self.endpoint}.edit", pk=item.id) if writes and self.offers("edit") else "",
            "delete_url": url_for(f"{self.endpoint}.delete", pk=item.id) if deletes and self.offers("delete") else "",
            "feed_url": self.feed_url(item),
            "card_actions": [a for a in self.offered_actions().values() if a.single and self.may_act(a.name)],
        }

    def feed_url(self, item: Any) -> str:
        return url_for(f"{self.endpoint}.feed", pk=item.id, side=request.args.get("side"))

    def facts_of(self, item: Any) -> list[CardFact]:
        """In the order they are declared."""
        writes = self.appbuilder.sm.has_access("can_write", self.class_permission_name)
        free = {*(self.edit_columns or ())} - {*self.not_in_place} if writes else set()
        at = url_for(f"{self.endpoint}.fact", pk=item.id, name="-").removesuffix("-") if free else ""
        session = self.datamodel.session
        found = [
            CardFact(name, self.label_columns[name], self.shown(item, name), f"{at}{name}" if name in free else "")
            for name in self.card_facts
        ]
        for field, value in own_fields.facts(session, item):
            name, may = PREFIX + field.key, at and may_change(session, field)
            found.append(CardFact(name, field.name, display(value), f"{at}{name}" if may else ""))
        return found

    def shown(self, item: Any, name: str) -> Any:
        value = self.datamodel.value_of(item, name)
        format_ = self.formatters_columns.get(name)
        return format_(value) if format_ else display(value)

    def story_of(self, item: Any) -> tuple[str, tuple[FeedKind, ...]]:
        """Whose feed this row has, and of what kinds."""
        return self.story

    def feed_of(self, item: Any) -> FeedPage:
        owner, kinds = self.story_of(item)
        return feed_page(
            self.datamodel.session,
            owner,
            item.id,
            kinds,
            chosen=request.args.get("kind", ""),
            began=request.args.get("after", ""),
        )

    @expose("/feed/<pk>", methods=["GET"])
    @has_access
    def feed(self, pk: str) -> str:
        """The feed alone, or its next page: what swap.js puts into the card."""
        item = self.row(pk)
        return render_template("crm/card_feed.html", feed=self.feed_of(item), feed_url=self.feed_url(item))

    # -- in place -----------------------------------------------------------------------------------
