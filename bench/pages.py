"""The pages that are measured, each with the least SQL that answers the same question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count, cycle
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlencode

import psycopg

from bench.client import Browser, Cost, Form

FIRST_PLANNED = date(2030, 1, 9)  # a working day

COUNTERPARTIES = """
    SELECT c.id, c.name, c.inn, c.is_buyer, c.is_supplier, c.is_subcontractor, c.is_other, c.registered_on,
           u.first_name, u.last_name, g.name
    FROM {source} c LEFT JOIN ab_user u ON u.id = c.manager_id LEFT JOIN counterparty_group g ON g.id = c.group_id
    ORDER BY c.name_sort, c.id LIMIT 25"""
DEEP = """(SELECT f.* FROM (SELECT id FROM counterparty ORDER BY name_sort, id OFFSET 24975 LIMIT 25) k
           JOIN counterparty f USING (id))"""
FOUND = "(SELECT * FROM counterparty WHERE words @@ to_tsquery('simple', %(words)s))"
BY_PHONE = """(SELECT * FROM counterparty WHERE id IN (
                  SELECT counterparty_id FROM contact_info WHERE phone_tail LIKE %(tail)s AND phone_tail <> ''))"""
CARD = """
    SELECT c.*, u.first_name, u.last_name, g.name, s.name,
           (SELECT json_agg(r) FROM (SELECT * FROM contact_info WHERE counterparty_id = c.id LIMIT 10) r),
           (SELECT json_agg(r) FROM (SELECT id, name_sort, position FROM contact_person WHERE counterparty_id = c.id
                                     ORDER BY name_sort, id LIMIT 10) r),
           (SELECT json_agg(r) FROM (SELECT id, starts_at, kind, state, subject FROM contact
                                     WHERE counterparty_id = c.id ORDER BY starts_at DESC, id DESC LIMIT 10) r),
           (SELECT json_agg(r) FROM (SELECT id, number, date, amount, status FROM buyer_order
                                     WHERE counterparty_id = c.id ORDER BY date DESC, id DESC LIMIT 10) r),
           (SELECT json_agg(r) FROM (SELECT id, number, date, amount FROM shipment
                                     WHERE counterparty_id = c.id ORDER BY date DESC, id DESC LIMIT 10) r),
           (SELECT json_agg(r) FROM (SELECT id, number, date, amount FROM payment
                                     WHERE counterparty_id = c.id ORDER BY date DESC, id DESC LIMIT 10) r)
    FROM counterparty c LEFT JOIN ab_user u ON u.id = c.manager_id LEFT JOIN counterparty_group g ON g.id = c.group_id
    LEFT JOIN information_source s ON s.id = c.source_id WHERE c.id = %(card)s"""
CONTACTS = """
    SELECT c.id, c.starts_at, c.kind, c.direction, c.state, c.importance, c.subject, p.name, u.first_name, u.last_name
    FROM contact c LEFT JOIN counterparty p ON p.id = c.counterparty_id LEFT JOIN ab_user u ON u.id = c.manager_id
    ORDER BY c.starts_at DESC, c.id DESC LIMIT 25"""
ORDERS = """
    SELECT o.id, o.number, o.date, o.amount, o.status, p.name, u.first_name, u.last_name
    FROM buyer_order o JOIN counterparty p ON p.id = o.counterparty_id LEFT JOIN ab_user u ON u.id = o.manager_id
    ORDER BY o.date DESC, o.id DESC LIMIT 25"""
CALLER = """
    SELECT i.value, c.name, p.name_sort FROM contact_info i JOIN counterparty c ON c.id = i.counterparty_id
    LEFT JOIN contact_person p ON p.id = i.person_id WHERE i.phone_tail LIKE %(tail)s AND i.phone_tail <> '' LIMIT 25"""
SAVE = """
    INSERT INTO contact (counterparty_id, subject, starts_at, ends_at) VALUES (%(card)s, 'bench', now(), now())"""

CALENDAR = """
    SELECT e.*, p.name FROM (
        (SELECT starts_at AS at, 1 AS rank, id, counterparty_id FROM contact
         WHERE manager_id = %(who)s AND state = 'planned' AND starts_at >= %(since)s ORDER BY starts_at, id LIMIT 50)
        UNION ALL
        (SELECT due_on, 2, id, counterparty_id FROM task
         WHERE executor_id = %(who)s AND done_on IS NULL AND cancelled_on IS NULL AND due_on >= %(since)s
         ORDER BY due_on, id LIMIT 50)
        UNION ALL
        (SELECT ship_on, 3, id, counterparty_id FROM buyer_order
         WHERE manager_id = %(who)s AND closed_on IS NULL AND rest_quantity > 0 AND ship_on >= %(since)s
         ORDER BY ship_on, id LIMIT 50)
        UNION ALL
        (SELECT pay_by, 4, id, counterparty_id FROM buyer_order
         WHERE manager_id = %(who)s AND closed_on IS NULL AND unpaid_amount > 0 AND pay_by >= %(since)s
         ORDER BY pay_by, id LIMIT 50)
    ) e LEFT JOIN counterparty p ON p.id = e.counterparty_id ORDER BY 1, 2, 3 LIMIT 50"""
IMPORTANT = """
    SELECT c.id, c.starts_at, p.name FROM contact c LEFT JOIN counterparty p ON p.id = c.counterparty_id
    WHERE c.manager_id = %(who)s AND c.state = 'planned' AND c.importance = 'high' AND c.starts_at >= %(since)s
    ORDER BY c.starts_at, c.id LIMIT 50"""
OF_CLIENT = """
    (SELECT id, starts_at AS at FROM contact
     WHERE manager_id = %(who)s AND counterparty_id = %(card)s AND state = 'planned')
    UNION ALL (SELECT id, ship_on FROM buyer_order WHERE manager_id = %(who)s AND counterparty_id = %(card)s
               AND closed_on IS NULL AND rest_quantity > 0)
    UNION ALL (SELECT id, pay_by FROM buyer_order WHERE manager_id = %(who)s AND counterparty_id = %(card)s
               AND closed_on IS NULL AND unpaid_amount > 0)
    ORDER BY 2, 1 LIMIT 50"""
MONTH = """
    SELECT d, count(*) FROM (
        SELECT starts_at::date AS d FROM contact WHERE manager_id = %(who)s AND state = 'planned'
            AND starts_at >= %(first)s AND starts_at < %(last)s
        UNION ALL SELECT ship_on FROM buyer_order WHERE manager_id = %(who)s AND closed_on IS NULL AND rest_quantity > 0
            AND ship_on >= %(first)s AND ship_on < %(last)s
        UNION ALL SELECT pay_by FROM buyer_order WHERE manager_id = %(who)s AND closed_on IS NULL AND unpaid_amount > 0
            AND pay_by >= %(first)s AND pay_by < %(last)s) e GROUP BY d"""

ORDER = """
    SELECT o.*, c.name, (SELECT json_agg(r) FROM (
        SELECT l.*, i.name FROM buyer_order_line l JOIN item i ON i.id = l.item_id WHERE l.order_id = o.id) r)
    FROM buyer_order o JOIN counterparty c ON c.id = o.counterparty_id WHERE o.id = %(order)s"""
SAVE_ORDER = "UPDATE buyer_order SET comment = comment WHERE id = %(order)s"
SALES = """
    SELECT counterparty_id, sum(revenue) AS sold FROM buyer_month WHERE month >= %(year)s
    GROUP BY 1 ORDER BY sold DESC LIMIT 500"""

CLEAN = "DELETE FROM contact WHERE counterparty_id = %(card)s AND subject = 'bench'"


@dataclass(frozen=True)
class Facts:
    """What the base has that pages are asked for."""

    card: int
    phone: str
    values: dict[str, Any]
    planner: str  # the login of who has planned most
    middle: str  # a place in his calendar
    orders: list[int]  # open ones of ten lines, or of about as many; none, where no order has lines


def facts(connection: psycopg.Connection) -> Facts:
    """A counterparty who has a phone of his own and, of the first of them, about as many orders as is usual."""
    row = connection.execute(
        """SELECT c.id, i.value, i.phone_tail
           FROM (SELECT * FROM counterparty WHERE is_buyer ORDER BY id LIMIT 1000) c
           JOIN contact_info i ON i.counterparty_id = c.id AND i.phone_tail <> '' AND i.person_id IS NULL
           ORDER BY abs((SELECT count(*) FROM buyer_order o WHERE o.counterparty_id = c.id) - 15), c.id, i.id LIMIT 1"""
    ).fetchone()
    planner = connection.execute(
        """SELECT u.id, u.username, c.starts_at, c.id FROM ab_user u JOIN LATERAL (
               SELECT count(*) AS many, percentile_disc(0.5) WITHIN GROUP (ORDER BY starts_at) AS middle FROM contact
               WHERE manager_id = u.id AND state = 'planned') m ON m.many > 0
           JOIN LATERAL (SELECT id, starts_at FROM contact WHERE manager_id = u.id AND state = 'planned'
                         AND starts_at = m.middle LIMIT 1) c ON true
           WHERE u.active ORDER BY m.many DESC, u.id LIMIT 1"""
    ).fetchone()
    assert row is not None
    assert planner is not None
    who, login, at, number = planner
    first = at.date().replace(day=1)
    values = {"card": row[0], "tail": row[2][:10] + "%", "who": who, "since": date.today(), "middle": at}  # noqa: DTZ011
    values |= {"first": first, "last": first + timedelta(days=42)}
    orders = connection.execute(
        """SELECT l.order_id FROM buyer_order_line l JOIN buyer_order o ON o.id = l.order_id
           WHERE o.closed_on IS NULL AND o.id > (SELECT max(id) - 20000 FROM buyer_order)
           GROUP BY 1 ORDER BY abs(count(*) - 10), 1 LIMIT 64"""
    ).fetchall()
    numbers = [order[0] for order in orders]
    values["order"] = numbers[0] if numbers else 0
    return Facts(row[0], row[1], values, login, f"{int(at.timestamp() * 1_000_000)}_1_{number}", numbers)


def nothing(_client: Browser) -> None:
    pass


@dataclass(frozen=True)
class Page:
    """One action of a user: `ask` does it once and gives what it cost; `floor` is bare SQL.

    `prepare` is called as often before, out of what is measured.
    """

    name: str
    ask: Callable[[Browser], Cost]
    floor: str
    values: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[Browser], None] = nothing


def got(path: str, **query: object) -> Callable[[Browser], Cost]:
    address = f"{path}?{urlencode(query)}" if query else path
    return lambda client: client.get(address).cost


def sent(path: str, form: dict[str, str]) -> Callable[[Browser], Cost]:
    """Posts a form that was opened before; what its cookie says of it is for the page that follows."""

    def ask(client: Browser) -> Cost:
        cookies = dict(client.cookies)
        cost = client.send(path, form).cost
        client.cookies = cookies
        return cost

    return ask


def planned(client: Browser, company: int) -> Callable[[Browser], Cost]:
    """Saves a contact, each on the working day of another week: nobody plans hundreds on one."""
    form = Form(client.get("/contacts/add").body.decode()).values | {"counterparty": str(company), "subject": "bench"}
    form["confirmed"] = "y"  # a kept base may have what was planned in former runs
    weeks = count()

    def ask(client: Browser) -> Cost:
        day = FIRST_PLANNED + timedelta(weeks=next(weeks) % 500)
        return sent("/contacts/add", form | {"starts_at": f"{day}T10:00", "ends_at": f"{day}T10:30"})(client)

    return ask


def reported(path: str, **query: object) -> Callable[[Browser], Cost]:
    """A report that a worker may have to make first; whoever comes within ten minutes is shown that."""
    address = f"{path}?{urlencode(query)}"

    def ask(client: Browser) -> Cost:
        answer = client.get(address)
        while client.wait_for(answer):
            answer = client.get(address)
        return answer.cost

    return ask


def pages(client: Browser, known: Facts) -> list[Page]:
    rare, common = {"words": "добровольск:* & олес:*"}, {"words": "строй:*"}
    by_word = COUNTERPARTIES.format(source=FOUND)
    days = {"start": known.values["first"], "end": known.values["last"]}
    month = {"view": "month", "responsible": known.planner, **days}
    digits = "".join(c for c in known.phone if c.isdigit())
    return [
        Page("counterparties, first page", got("/counterparties/list/"), COUNTERPARTIES.format(source="counterparty")),
        Page(
            "counterparties, page 1,000",
            got("/counterparties/list/", page_CounterpartyView=999),
            COUNTERPARTIES.format(source=DEEP),
        ),
        Page("… by a rare word", got("/counterparties/list/", _flt_0_words="добровольск олес"), by_word, rare),
        Page("… by a common word", got("/counterparties/list/", _flt_0_words="строй"), by_word, common),
        Page(
            "… by phone",
            got("/counterparties/list/", _flt_0_phone=digits),
            COUNTERPARTIES.format(source=BY_PHONE),
            known.values,
        ),
        Page("search box, a common word", got("/search", q="строй"), by_word, common),
        Page("who is calling", got("/call", phone=digits), CALLER, known.values),
        Page("card of a counterparty", got(f"/counterparties/show/{known.card}"), CARD, known.values),
        Page("contact: the form", got("/contacts/add"), "SELECT 1"),
        Page("contact: saving", planned(client, known.card), SAVE, known.values),
        Page("contacts, first page", got("/contacts/list/"), CONTACTS),
        Page("calendar of one user", got("/calendar/", responsible=known.planner), CALENDAR, known.values),
        Page(
            "… from its middle on",
            got("/calendar/", responsible=known.planner, after=known.middle),
            CALENDAR,
            known.values | {"since": known.values["middle"]},
        ),
        Page(
            "… by importance",
            got("/calendar/", responsible=known.planner, importance="high", event="contact"),
            IMPORTANT,
            known.values,
        ),
        Page(
            "… of one counterparty",
            got("/calendar/", responsible=known.planner, counterparty=known.card),
            OF_CLIENT,
            known.values,
        ),
        Page("… of everybody", got("/calendar/", responsible="all"), "SELECT 1"),
        Page("… a month", got("/calendar/grid", **month), MONTH, known.values),
        Page("orders, first page", got("/orders/list/"), ORDERS),
        *order_pages(known),
        Page(
            "sales of a year by client",
            reported("/reports/abc-buyers/", period="this-year"),
            SALES,
            {"year": known.values["first"].replace(month=1, day=1)},
        ),
        Page("home", got("/"), "SELECT 1"),
    ]


def order_pages(known: Facts) -> Iterator[Page]:
    """An order opened; and what was opened saved as it is: once, for a form is old when another has saved."""
    if not known.orders:
        return
    numbers = cycle(known.orders)
    opened: SimpleQueue[tuple[str, dict[str, str]]] = SimpleQueue()

    def prepare(client: Browser) -> None:
        path = f"/orders/edit/{next(numbers)}"
        opened.put((path, Form(client.get(path).body.decode()).values))

    def saved(client: Browser) -> Cost:
        return sent(*opened.get())(client)

    yield Page("order of ten lines, opened", got(f"/orders/edit/{known.orders[0]}"), ORDER, known.values)
    yield Page("order of ten lines, saved", saved, SAVE_ORDER, known.values, prepare)
