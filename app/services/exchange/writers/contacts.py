"""What a file of contacts says of prospects."""

from __future__ import annotations

from sqlalchemy import ARRAY, Text, func, literal, or_, select, update

from app.domain import phones
from app.models.contacts import Contact
from app.services.exchange.saving import RowWriter


class ContactWriter(RowWriter):
    """Contacts, with the tails of prospects' phones, by which their next calls find them."""

    def write_parts(self) -> None:
        heads, table = self.staging.heads, Contact.__table__
        if "prospect_phone" not in self.staging.present:
            return
        written = or_(heads.c.is_new, heads.c.changed)
        mine = select(Contact.prospect_phone).join(heads, heads.c.target_id == Contact.id).where(written).distinct()
        tails = {text: phones.tail_of(text) for text in self.staging.run(mine).scalars()}
        texts = (literal([*of_all], ARRAY(Text)) for of_all in (tails, tails.values()))
        known = func.unnest(*texts).table_valued("phone", "tail", name="known").render_derived()
        same = (table.c.id == heads.c.target_id, table.c.prospect_phone == known.c.phone, written)
        other = table.c.prospect_tail != known.c.tail
        self.staging.run(update(table).where(*same, other).values(prospect_tail=known.c.tail))
