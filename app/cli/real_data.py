"""Real trade data in the shape of import tables: the Northwind company and the purchases of CDNOW."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import phonenumbers

from app.errors import Refused

Row = dict[str, str]
CENT = Decimal("0.01")
DUE_DAYS = 30  # Northwind keeps no payments: an order is due so long after its shipment

# ISO codes, so that a number without a country code can be completed.
COUNTRIES = {
    "Argentina": "AR", "Australia": "AU", "Austria": "AT", "Belgium": "BE", "Brazil": "BR", "Canada": "CA",
    "Denmark": "DK", "Finland": "FI", "France": "FR", "Germany": "DE", "Ireland": "IE", "Italy": "IT",
    "Japan": "JP", "Mexico": "MX", "Netherlands": "NL", "Norway": "NO", "Poland": "PL", "Portugal": "PT",
    "Singapore": "SG", "Spain": "ES", "Sweden": "SE", "Switzerland": "CH", "UK": "GB", "USA": "US",
    "Venezuela": "VE",
}  # fmt: skip


def tables_of(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Title, kind and content of every table, in the order in which they can be imported."""
    northwind, cdnow = folder / "northwind", folder / "cdnow" / "CDNOW_master.txt"
    if not northwind.is_dir() and not cdnow.is_file():
        raise Refused(f"{folder}: neither northwind/ nor cdnow/CDNOW_master.txt is there")
    if northwind.is_dir():
        for kind, rows in northwind_tables(northwind):
            yield "Northwind", kind, table(rows)
    if cdnow.is_file():
        for kind, rows in cdnow_tables(cdnow):
            yield "CDNOW", kind, table(rows)


def table(rows: Iterable[Row]) -> bytes:
    """The rows as a CSV file."""
    buffer = io.StringIO(newline="")
    writer = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(buffer, list(row))
            writer.writeheader()
        writer.writerow(row)
    return buffer.getvalue().encode()


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def northwind_tables(folder: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    customers, suppliers = read(folder / "customers.csv"), read(folder / "suppliers.csv")
    firms = [(f"NW-{row['customer_id']}", row, False) for row in customers]
    firms += [(f"NW-S{int(row['supplier_id']):03}", row, True) for row in suppliers]
    categories = {row["category_id"]: row["category_name"] for row in read(folder / "categories.csv")}
    orders = {row["order_id"]: row for row in read(folder / "orders.csv")}
    details = read(folder / "order_details.csv")
    yield "counterparties", (firm(code, row, is_supplier) for code, row, is_supplier in firms)
    yield "persons", (person(code, row) for code, row, _is_supplier in firms)
    yield "items", (item(row, categories) for row in read(folder / "products.csv"))
    yield "orders", (order_line(orders[row["order_id"]], row) for row in details)
    shipped = (row for row in details if orders[row["order_id"]]["shipped_date"])
    yield "shipments", (shipment_line(orders[row["order_id"]], row) for row in shipped)


def firm(code: str, row: Row, is_supplier: bool) -> Row:
    place = (row["address"], row["city"], row["region"], row["postal_code"], row["country"])
    page = row.get("homepage", "").split("#")
    return {
        "code": code,
        "name": row["company_name"],
        "is_buyer": "0" if is_supplier else "1",
        "is_supplier": "1" if is_supplier else "0",
        "group": "Northwind",
        "phone": phone(row["phone"], row["country"]),
        "address": ", ".join(part for part in place if part),
        "website": next((part for part in page if "." in part), ""),
        "comment": f"Fax {phone(row['fax'], row['country'])}" if row["fax"] else "",
    }


def person(code: str, row: Row) -> Row:
    first, _space, last = row["contact_name"].partition(" ")
    return {
        "counterparty": code,
        "last_name": last or first,
        "first_name": first if last else "",
        "position": row["contact_title"],
        "phone": phone(row["phone"], row["country"]),
    }


def phone(number: str, country: str) -> str:
    """The number with its country's code; as it stands where it cannot be one."""
    try:
        found = phonenumbers.parse(number, COUNTRIES.get(country))
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def item(row: Row, categories: dict[str, str]) -> Row:
    return {
        "code": item_code(row["product_id"]),
        "name": row["product_name"],
        "unit": row["quantity_per_unit"][:20],
        "group": categories.get(row["category_id"], ""),
        "price": row["unit_price"],
    }


def item_code(product_id: str) -> str:
    return f"NW-{int(product_id):03}"


def price(row: Row) -> str:
    """What was asked after the discount, which is a share there."""
    full = Decimal(row["unit_price"]) * (1 - Decimal(row["discount"]))
    return str(full.quantize(CENT, ROUND_HALF_UP))


def order_line(order: Row, row: Row) -> Row:
    return {
        "number": f"NW-{order['order_id']}",
        "date": order["order_date"],
        "counterparty": f"NW-{order['customer_id']}",
        "item": item_code(row["product_id"]),
        "quantity": row["quantity"],
        "price": price(row),
        "ship_on": order["required_date"],
        "pay_by": due(order["shipped_date"]),
    }


def due(shipped: str) -> str:
    return (date.fromisoformat(shipped) + timedelta(DUE_DAYS)).isoformat() if shipped else ""


def shipment_line(order: Row, row: Row) -> Row:
    return {
        "number": f"NW-{order['order_id']}",
        "date": order["shipped_date"],
        "counterparty": f"NW-{order['customer_id']}",
        "item": item_code(row["product_id"]),
        "quantity": row["quantity"],
        "price": price(row),
        "order": f"NW-{order['order_id']}",
    }


def cdnow_tables(path: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    """Fixed width, no header: customer, date, how many records, the amount of them all."""
    lines = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    first: dict[str, str] = {}
    for customer, day, *_rest in lines:
        first[customer] = min(day, first.get(customer, day))
    yield (
        "counterparties",
        (
            {
                "code": f"C{customer}",
                "name": f"CDNOW {customer}",
                "kind": "person",
                "group": "CDNOW",
                "registered_on": iso(day),
            }
            for customer, day in sorted(first.items())
        ),
    )
    yield "items", iter([{"code": "CD", "name": "Compact disc"}])
    yield "shipments", (row for number, line in enumerate(lines, 1) for row in purchase(number, line))


def purchase(number: int, line: list[str]) -> Iterator[Row]:
    """One purchase: where the amount cannot be divided by the records, some of them cost a cent more."""
    customer, day, records, amount = line
    quantity, cents = int(records), int(Decimal(amount) * 100)
    each, dearer = divmod(cents, quantity)
    for count, cents_each in ((dearer, each + 1), (quantity - dearer, each)):
        if count:
            yield {
                "number": f"CDNOW-{number:05}",
                "date": iso(day),
                "counterparty": f"C{customer}",
                "item": "CD",
                "quantity": str(count),
                "price": str(Decimal(cents_each) / 100),
            }


def iso(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"
