"""Own fields: what they are called and hold, and the column beside a row that keeps their values."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.birthdays import MOST_DAYS
from app.domain.own_fields import Owner, OwnKind, OwnReader
from app.models.base import Base, Versioned, choice


class OwnField(Versioned, Base):
    """Свойство: a field that an administrator added to every row of one table."""

    __tablename__ = "own_field"
    __table_args__ = (
        UniqueConstraint("owner", "key"),
        UniqueConstraint("owner", "name"),
        CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,39}$'", name="key"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(
            f"told_days IS NULL OR told_days BETWEEN 0 AND {MOST_DAYS} AND owner = 'counterparty' AND kind = 'date'",
            name="told_days",
        ),
    )

    owner: Mapped[Owner] = mapped_column(choice(Owner), info={"label": _l("Added to")})
    name: Mapped[str] = mapped_column(String(100), info={"label": _l("Name")})
    key: Mapped[str] = mapped_column(String(40), info={"label": _l("Name for programs and files")})
    kind: Mapped[OwnKind] = mapped_column(choice(OwnKind), info={"label": _l("Holds")})
    words: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=list, server_default="{}", info={"label": _l("Words of the list")}
    )
    group: Mapped[str] = mapped_column(
        "group_name", String(100), default="", server_default="", info={"label": _l("Group")}
    )
    position: Mapped[int] = mapped_column(default=100, server_default="100", info={"label": _l("Place in the form")})
    hint: Mapped[str] = mapped_column(String(300), default="", server_default="", info={"label": _l("Hint")})
    is_required: Mapped[bool] = mapped_column(
        default=False, server_default="false", info={"label": _l("Must be filled in")}
    )
    default: Mapped[str] = mapped_column(
        "default_text", String(1000), default="", server_default="", info={"label": _l("In a new row")}
    )
    # The day of a client comes each year: who works with him is told so many days before; empty: nobody is.
    told_days: Mapped[int | None] = mapped_column(info={"label": _l("Told each year, days before")})
    # Names of roles; none: everybody who sees, or changes, the row.
    seen_by: Mapped[list[str]] = mapped_column(
        ARRAY(String(64)), default=list, server_default="{}", info={"label": _l("Seen by")}
    )
    changed_by: Mapped[list[str]] = mapped_column(
        ARRAY(String(64)), default=list, server_default="{}", info={"label": _l("Changed by")}
    )

    @property
    def reader(self) -> OwnReader:
        return OwnReader(self.kind, tuple(self.words or ()))

    def __str__(self) -> str:
        return self.name


class Owning:
    """A row with values of own fields, by the field's key; a field without a value is not there."""

    own: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}", sort_order=98)


# In any case, ё as е; texts, links and words of lists alike.
OWN_WORDS = (
    "jsonb_to_tsvector('simple'::regconfig, replace(replace({}::text, 'ё', 'е'), 'Ё', 'Е')::jsonb, '[\"string\"]')"
)


def own_indexes(table: str) -> tuple[Index, Index]:
    """What answers “is” and “has the word”; one for bounds and order is made with each field that has them."""
    return (
        Index(f"ix_{table}_own", "own", postgresql_using="gin", postgresql_ops={"own": "jsonb_path_ops"}),
        Index(
            f"ix_{table}_own_words",
            literal_column(OWN_WORDS.format("own")).label("expression"),
            postgresql_using="gin",
        ),
    )
