"""What a file of suppliers' prices brings besides the prices: the suppliers' own codes of items."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, not_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from app.models.suppliers import SupplierItem, SupplierPrice
from app.services.exchange.saving import RowWriter
from app.services.exchange.staging import Staging


def supplier_code() -> ColumnElement[Any]:
    """The code of the item of a price, as its supplier calls it."""
    mine = (SupplierItem.counterparty_id == SupplierPrice.counterparty_id) & (
        SupplierItem.item_id == SupplierPrice.item_id
    )
    return select(SupplierItem.code).where(mine).correlate(SupplierPrice).scalar_subquery()


class PriceWriter(RowWriter):
    """Prices of a supplier, and what he calls his items."""

    def write_parts(self) -> None:
        if "supplier_code" in self.staging.present:
            save_codes(self.staging)


def save_codes(staging: Staging) -> None:
    """What the supplier calls the item; of several prices the last line says it."""
    heads, supplier, item = staging.heads, staging.named("supplier"), staging.named("item")
    rows = (
        select(supplier, item, heads.c.supplier_code)
        .where(heads.c.supplier_code.is_not(None))
        .ext(distinct_on(supplier, item))
        .order_by(supplier, item, heads.c.line.desc())
    )
    table: Any = SupplierItem.__table__
    add = upsert(table).from_select(["counterparty_id", "item_id", "code"], rows, include_defaults=False)
    written = add.on_conflict_do_update(
        index_elements=["counterparty_id", "item_id"],
        set_={"code": add.excluded.code},
        where=table.c.code != add.excluded.code,
    ).returning(table.c.counterparty_id, table.c.item_id)
    pairs = written.cte("written")
    same = (supplier == pairs.c.counterparty_id) & (item == pairs.c.item_id)
    staging.run(update(heads).where(same, not_(heads.c.is_new)).values(changed=True))
