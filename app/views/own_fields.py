"""Own fields: what the company wants to know of its clients, people, items, orders and contacts beyond ours."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select
from wtforms import Field, TextAreaField

from app import roles
from app.domain.own_fields import PREFIX
from app.extensions import db
from app.models.own_fields import OwnField
from app.models.users import Role
from app.queries.own_fields import MODELS
from app.services import own_fields
from app.services.remarks import Remark
from app.web.datamodel import DataModel
from app.web.display import rows_url
from app.web.forms.fields import text_box, ticks
from app.web.lists.state import FILTER
from app.web.views import CrmView

LONGEST = 20_000  # letters of all the words of a list


class WordLines(TextAreaField):
    """A word a line."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0][:LONGEST].splitlines() if valuelist else []

    def _value(self) -> str:
        return "\n".join(self.data or ())


class RoleTicks:
    def __call__(self, field: RoleNames, **kwargs: Any) -> Markup:
        chosen = set(field.data or ())
        return ticks(field, ((name, gettext(name), name in chosen) for name in field.offered), **kwargs)


class RoleNames(Field):
    """Names of roles; none are all of them."""

    widget = RoleTicks()

    @property
    def offered(self) -> list[str]:
        """All but the administrator's, which everything is for, and those that the row names: they may be gone since,
        and without them the field would be for everybody.
        """
        there = db.session.scalars(select(Role.name).where(Role.name != roles.ADMIN).order_by(Role.id))
        return list(dict.fromkeys([*there, *(self.object_data or ())]))

    def process_formdata(self, valuelist: list[str]) -> None:
        offered = self.offered
        self.data = [name for name in valuelist if name in offered]


EXTRA = {
    "words": WordLines(_l("Words of the list"), description=_l("One a line."), **text_box(rows=5)),
    "seen_by": RoleNames(_l("Seen by"), description=_l("No tick: by all who see the row.")),
    "changed_by": RoleNames(_l("Changed by"), description=_l("No tick: by all who may change the row.")),
}


def kept_word(field: OwnField, word: str, count: int) -> str:
    """Says how many rows keep a word that the list has no longer, and leads to them."""
    told = ngettext("“%(word)s” stays in %(num)s row.", "“%(word)s” stays in %(num)s rows.", count, word=word)
    rows = rows_url(MODELS[field.owner], {f"{FILTER}0_{PREFIX}{field.key}": word})
    return Markup('{} <a href="{}">{}</a>').format(told, rows, gettext("Show")) if rows else told


class OwnFieldView(CrmView):
    datamodel = DataModel(OwnField, order_by={"name": "name", "position": "position"})
    route_base = "/own-fields"
    class_permission_name = "Own fields"
    exclude_route_methods = {"download", "show"}
    list_title, add_title = _l("Own fields"), _l("New own field")
    advice = _l(
        "What your company keeps of clients, people, goods, orders and contacts besides: a field that is added here"
        " stands in forms, cards, lists and files."
    )
    list_columns = ["name", "owner", "kind", "group", "key", "is_required", "position"]
    add_columns = [
        *("owner", "name", "kind", "words", "group", "position", "hint", "default", "is_required", "told_days"),
        *("seen_by", "changed_by"),
    ]
    edit_columns = [name for name in add_columns if name not in {"owner", "kind"}]
    add_fieldsets = [
        ("", {"fields": add_columns[:4]}),
        (_l("In the form"), {"fields": add_columns[4:10]}),
        (_l("For whom"), {"fields": add_columns[10:]}),
    ]
    edit_fieldsets = [("", {"fields": edit_columns[:2]}), *add_fieldsets[1:]]
    add_form_extra_fields = edit_form_extra_fields = EXTRA
    search_columns = ["owner", "name", "kind"]
    base_order = ("position", "asc")
    description_columns = {
        "words": _l("One a line."),
        "group": _l("A heading in forms and cards; empty: “Own fields”."),
        "default": _l("What a new row begins with."),
        "told_days": _l("For days of counterparties. Empty: never."),
    }

    def remarks_on(self, form: Any, item: OwnField) -> list[Remark]:
        """Rows that keep a word which is taken out of the list, and the way to them."""
        found = super().remarks_on(form, item)
        if item.id is None or "words" not in form:
            return found
        left = {word.strip() for word in form["words"].data or ()}
        gone = [word for word in item.words if word not in left]
        with self.datamodel.session.no_autoflush:
            counts = own_fields.rows_with(self.datamodel.session, item, gone)
        return [*found, *(Remark("words", kept_word(item, word, count)) for word, count in counts.items())]

    def pre_add(self, field: OwnField) -> None:
        own_fields.save_field(self.datamodel.session, field)

    pre_update = pre_add

    def pre_delete(self, field: OwnField) -> None:
        own_fields.empty_field(self.datamodel.session, field)
