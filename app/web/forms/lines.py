"""The rows of a document in a form: typed cell by cell, checked cell by cell, shown again as they were typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response, abort, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from wtforms import Field

from app import clock, formatting
from app.domain.digits import PERCENT, PRICE, QUANTITY
from app.domain.order_state import line_amount
from app.domain.vat import VatRate, rate_on, vat_of
from app.extensions import db
from app.models.captions import caption
from app.models.products import Item
from app.services import line_entry
from app.services.typed import LineDraft
from app.web.forms.fields import read_number, row_number

NUMBERS = {"quantity": QUANTITY, "price": PRICE, "discount": PERCENT}  # column: places
LABELS = {
    "item": _l("Item"),
    "quantity": _l("Quantity"),
    "price": _l("Price"),
    "discount": _l("Discount, %"),
    "vat": _l("VAT"),
}
REQUIRED = {"item", "quantity", "price"}
MOST = 1000
ZERO = Decimal(0)


@dataclass
class Row:
    """One row: what was typed, the numbers it means, what is wrong where."""

    item: Item | None
    typed: dict[str, str]
    values: dict[str, Decimal] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    vat: VatRate | None = None  # that of the item on the day of the document

    @property
    def amount(self) -> Decimal | None:
        if not {"quantity", "price"} <= self.values.keys():
            return None
        return line_amount(self.values["quantity"], self.values["price"], self.values.get("discount", ZERO))


class LinesWidget:
    def __call__(self, lines: LinesField, **_kwargs: Any) -> Markup:
        return Markup(render_template("crm/lines.html", lines=lines))


class LinesField(Field):
    """Rows of items; `data` is the list of Row. `source` is the address that offers items to pick from.

    `fixed`: the items are given, rows are not added; without `discounted` there is no column of discounts;
    `draft` is what a row means.

    Fields of a row arrive as `lines-7-quantity`; a row with nothing in it is passed over.
    """

    widget = LinesWidget()

    def __init__(
        self,
        label: Any = None,
        *,
        source: str = "",
        fixed: bool = False,
        discounted: bool = True,
        draft: type[LineDraft] = LineDraft,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.draft = draft
        self.source = source
        self.fixed = fixed
        self.discounted = discounted

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.data = self._posted(formdata) if formdata else [*(data or ())]

    def fill(self, lines: Iterable[Any]) -> None:
        """With lines of a document, or with what is left of them."""
        names = [name for name in NUMBERS if name != "discount" or self.discounted]
        given = [(line, {name: getattr(line, name) for name in names}) for line in lines]
        self.data = [
            Row(line.item, {name: formatting.as_typed(value) for name, value in values.items()}, values, vat=line.vat)
            for line, values in given
        ]

    def drop_empty(self) -> None:
        """Pass over the rows that the form offered and of which nothing was taken."""
        self.data = [row for row in self.data if row.typed.get("quantity") and row.values.get("quantity") != 0]

    def drafts(self) -> list[Any]:
        return [self.draft(item_id=row.item.id, vat=row.vat, **row.values) for row in self.data if row.item]

    @property
    def discount_label(self) -> str:
        return _("Discount, %")  # a template would take the sign for a format

    @property
    def rate_options(self) -> dict[VatRate | None, Markup]:
        """What a row offers for its rate of VAT, by the rate that is chosen there: the script reads the percent."""
        rates = [
            (rate, f'<option value="{rate.value}" data-percent="{rate.percent}"', escape(caption(rate)))
            for rate in VatRate
        ]
        return {
            chosen: Markup(
                "".join(f"{tag}{' selected' * (rate is chosen)}>{word}</option>" for rate, tag, word in rates)
            )
            for chosen in {None, *(row.vat for row in self.data)}
        }

    @property
    def total_vat(self) -> Decimal:
        return sum((vat_of(row.amount, row.vat) for row in self.data if row.amount and row.vat), ZERO)

    @property
    def total(self) -> Decimal:
        return sum((row.amount or ZERO for row in self.data), ZERO)

    def _posted(self, formdata: Any) -> list[Row]:
        typed: dict[int, dict[str, str]] = {}
        for key, value in formdata.items():
            place, _dash, column = key.removeprefix(f"{self.name}-").partition("-")
            if key.startswith(f"{self.name}-") and place.isdecimal() and len(place) < 7:
                typed.setdefault(int(place), {})[column] = value.strip()
        kept = [cells for _place, cells in sorted(typed.items()) if any(cells.get(c) for c in ("item", "quantity"))]
        ids = {number for cells in kept[: MOST + 1] if (number := row_number(cells.get("item", "")))}
        items = line_entry.items_of(db.session(), ids)
        return [self._row(cells, items) for cells in kept[: MOST + 1]]

    @staticmethod
    def _row(cells: dict[str, str], items: Mapping[int, Item]) -> Row:
        row = Row(items.get(row_number(cells.get("item", "")) or 0), cells)
        if rate := cells.get("vat"):
            try:
                row.vat = VatRate(rate)
            except ValueError:
                row.errors["vat"] = _("Choose one of the list.")
        for name, places in NUMBERS.items():
            text = cells.get(name, "")
            if not text:
                continue
            try:
                row.values[name] = read_number(text, places)
            except ValueError as wrong:
                row.errors[name] = str(wrong)
        return row

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        for row in self.data:
            if row.item is None:
                row.errors.setdefault("item", _("Choose an item."))
            for name in REQUIRED - {"item"}:
                if name not in row.values:
                    row.errors.setdefault(name, _("Fill this in."))
        self.errors = [] if self.data else [_("Add at least one line.")]
        if len(self.data) > MOST:
            self.errors.append(_("No more than %(most)s lines at once.", most=MOST))
        return not self.errors and not any(row.errors for row in self.data)

    def tell(self, at: str, message: str) -> bool:
        """Put the message at `lines-2-quantity`; False when that is not a place of these rows."""
        name, _dash, rest = at.partition("-")
        if name != self.name:
            return False
        place, _dash, column = rest.partition("-")
        if place.isdecimal() and int(place) < len(self.data):
            self.data[int(place)].errors[column] = message
        else:
            self.errors = [*self.errors, message]
        return True


def items_to_pick(prices: line_entry.Prices) -> Response:
    """A page of items for the script of the rows, each with its price for the chosen counterparty."""
    counterparty = row_number(request.args.get("counterparty", ""))
    page = max(request.args.get("page", 1, int), 1)
    on = _day(request.args.get("date", ""))
    found = line_entry.offer_items(db.session, request.args.get("q", ""), counterparty, page=page, prices=prices)
    return jsonify(results=[_described(offer, on) for offer in found.items], pagination={"more": found.more})


def pasted_lines(prices: line_entry.Prices) -> Response:
    """Rows copied from a spreadsheet as lines; what names no item comes back as unknown."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("rows"), list):
        abort(400)
    rows = [[str(cell) for cell in row[:8]] for row in sent["rows"][:MOST] if isinstance(row, list)]
    on = _day(sent.get("date", ""))
    pasted = line_entry.read_rows(db.session, rows, row_number(sent.get("counterparty", "")), prices=prices)
    lines = [
        {"item": _described(line.offer, on), **{name: formatting.localized(getattr(line, name)) for name in NUMBERS}}
        for line in pasted.lines
    ]
    return jsonify(rows=lines, unknown=pasted.unknown)


def _day(typed: object) -> date:
    """The day of the document, whose rate of VAT counts; today while none is typed."""
    try:
        return date.fromisoformat(str(typed))
    except ValueError:
        return clock.today()


def _described(offer: line_entry.OfferedItem, on: date) -> dict[str, Any]:
    """An item as a row of a document takes it."""
    hint = offer.item.code
    if offer.last:
        hint = _("%(code)s, last price %(price)s", code=hint, price=formatting.localized(offer.price))
    return {
        "id": offer.item.id,
        "text": offer.item.name,
        "hint": hint,
        "unit": offer.item.unit,
        "price": formatting.localized(offer.price),
        "discount": formatting.localized(offer.discount),
        "vat": rate_on(offer.item.vat, on).value,
    }
