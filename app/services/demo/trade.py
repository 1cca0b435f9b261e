"""Decides who orders when, how much, and what became of it; app.services.demo.documents makes the documents."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from itertools import accumulate, product
from random import Random

from app.services.demo import firms, words
from app.services.demo.base import Client, Habit, Size

DAYS = 3 * 365
SEASON = (0.55, 0.6, 0.85, 1.15, 1.35, 1.4, 1.3, 1.3, 1.2, 1.0, 0.8, 0.7)  # by month
WEEK = (1.2, 1.1, 1.0, 1.0, 1.1, 0.3, 0.0)


class Ship(IntEnum):
    """What was shipped: the first part, everything at once, everything in two parts."""

    NONE = 0
    PART = 1
    FULL = 2
    TWICE = 3


class Pay(IntEnum):
    """What was paid; a whole payment may name no order."""

    NONE = 0
    PART = 1
    FULL = 2
    OVER = 3
    TWICE = 4
    UNNAMED = 5


@dataclass(slots=True)
class Plan:
    """One order to be made. `scale` is the roubles of a line, `spread` how far from it lines go."""

    counterparty_id: int
    person_id: int | None
    manager_id: int | None
    ordered_on: date
    ship_on: date
    pay_by: date
    delivery_address: str
    comment: str
    lines: int
    scale: int
    spread: float
    discount: int
    delivery: bool
    favourites: int
    ship: Ship = Ship.NONE
    shipped_on: date | None = None
    rest_shipped_on: date | None = None
    returned_on: date | None = None
    pay: Pay = Pay.NONE
    paid_on: date | None = None
    rest_paid_on: date | None = None
    closed_on: date | None = None
    reason: str = ""


class Trade:
    """Three years of orders up to `today`, with season, growth, and clients who come, go and come back."""

    def __init__(self, random: Random, size: Size, clients: list[Client], today: date) -> None:
        self.random, self.size, self.today = random, size, today
        self.buyers = [client for client in clients if client.habit]
        self.start = today - timedelta(days=DAYS)
        days = [self.start + timedelta(days=n) for n in range(DAYS + 1)]
        self.pull = list(
            accumulate(WEEK[d.weekday()] * SEASON[d.month - 1] * (1 + 0.5 * n / DAYS) for n, d in enumerate(days))
        )
        share = sum(habit.share * habit.orders for habit in Habit)
        self.rate = size.orders / len(self.buyers) / share / 0.87  # some came later than three years ago

    def plans(self) -> Iterator[Plan]:
        for client in self.buyers:
            yield from self.of_client(client)
        yield from self.around_today()

    def of_client(self, client: Client) -> Iterator[Plan]:
        random, habit = self.random, client.habit
        days = self.days(client)
        if not habit or not days:
            return
        scale = int(min(max(random.lognormvariate(8.2, 1.1), 300), 400_000))
        favourites = int(random.random() ** 2 * self.size.goods)
        address = firms.address(random, client.place) if random.random() < 0.5 else ""
        terms = random.choice((-1, 0, 7, 14, 14, 30))  # of payment, in days after the shipment; -1: prepayment
        discount = random.choice((0, 0, 0, 3, 5, 7, 10))
        lines = max(1, round(random.triangular(0.3, 1.7, 1.0) * self.size.lines))
        steady = habit is Habit.STEADY
        for day in days:
            ship_on = self.workday(day + timedelta(days=random.randint(1, 9)))
            plan = Plan(
                counterparty_id=client.id,
                person_id=random.choice(client.persons)[0] if random.random() < 0.7 and client.persons else None,
                manager_id=client.manager_id,
                ordered_on=day,
                ship_on=ship_on,
                pay_by=self.workday(ship_on + timedelta(days=terms) if terms >= 0 else day + timedelta(days=2)),
                delivery_address=address,
                comment=random.choice(words.ORDER_COMMENTS),
                lines=lines if steady else max(1, min(20, round(lines * random.uniform(0.3, 1.7)))),
                scale=scale,
                spread=0.15 if steady else 0.85,
                discount=discount,
                delivery=bool(address) and random.random() < 0.2,
                favourites=favourites,
            )
            self.happen(plan)
            yield plan

    def days(self, client: Client) -> list[date]:
        """On which days the client orders."""
        random, habit = self.random, client.habit
        first = max(0, (client.since - self.start).days)
        last = DAYS
        if habit is Habit.LOST:
            last = max(first + 30, DAYS - random.randint(240, 700))
        if not habit or habit is Habit.POTENTIAL or first >= last:
            return []
        if habit is Habit.ONE_TIME:
            return [self.day(first, last) for _ in range(1 if random.random() < 0.8 else 2)]
        wanted = habit.orders * self.rate * random.lognormvariate(-0.06, 0.35) * (last - first) / DAYS
        count = max(3, round(wanted))
        if habit is Habit.STEADY:
            step = (last - first) / count
            even = (first + step * (n + 0.35 + random.random() * 0.3) for n in range(count))
            return [self.workday(self.start + timedelta(days=int(n)), back=True) for n in even]
        return [self.day(first, last) for _ in range(count)]

    def day(self, first: int, last: int) -> date:
        """A day between the two, the likelier the busier it is."""
        low, high = self.pull[first], self.pull[last]
        return self.start + timedelta(days=bisect_left(self.pull, low + self.random.random() * (high - low)))

    @staticmethod
    def workday(day: date, *, back: bool = False) -> date:
        weekday = day.weekday()
        if weekday < 5:
            return day
        return day - timedelta(days=weekday - 4) if back else day + timedelta(days=7 - weekday)

    def happen(self, plan: Plan) -> None:
        """What became of the order until today."""
        roll = self.random.random()
        if roll < 0.02:
            self.fall_through(plan)
            return
        self.ship(plan, second=roll > 0.9)
        self.pay(plan)
        if roll < 0.05 and plan.ship is Ship.FULL and plan.pay is Pay.FULL:
            self.give_back(plan)

    def fall_through(self, plan: Plan) -> None:
        """Nothing came of it; some day somebody closes it."""
        random = self.random
        closed = plan.ship_on + timedelta(days=random.randint(3, 30))
        if closed <= self.today and random.random() < 0.9:
            plan.closed_on, plan.reason = closed, random.choice(words.REFUSALS)

    def ship(self, plan: Plan, *, second: bool) -> None:
        random = self.random
        late = random.randint(1, 6) if random.random() < 0.15 else 0
        first = plan.ship_on + timedelta(days=late)
        if first > self.today:
            return
        plan.shipped_on = first
        if not second or plan.lines < 2:
            plan.ship = Ship.FULL
            return
        rest = first + timedelta(days=random.randint(2, 12))
        plan.ship, plan.rest_shipped_on = (Ship.TWICE, rest) if rest <= self.today else (Ship.PART, None)

    def pay(self, plan: Plan) -> None:
        random, roll = self.random, self.random.random()
        if roll < 0.03 and plan.pay_by > self.today - timedelta(days=400):
            return  # a bad debt
        late = random.randint(1, 25) if random.random() < 0.25 else -random.randint(0, 2)
        first = max(plan.ordered_on, plan.pay_by + timedelta(days=late))
        if first > self.today:
            return
        plan.paid_on = first
        if roll < 0.92:
            plan.pay = Pay.OVER if roll < 0.04 else Pay.UNNAMED if roll < 0.05 else Pay.FULL
            return
        rest = first + timedelta(days=random.randint(5, 30))
        plan.pay, plan.rest_paid_on = (Pay.TWICE, rest) if rest <= self.today else (Pay.PART, None)

    def give_back(self, plan: Plan) -> None:
        """A part of the goods comes back, the money for it too, and the order is closed."""
        random = self.random
        assert plan.shipped_on
        assert plan.paid_on
        returned = max(plan.shipped_on, plan.paid_on) + timedelta(days=random.randint(2, 20))
        closed = returned + timedelta(days=random.randint(1, 4))
        if closed <= self.today:
            plan.returned_on, plan.closed_on, plan.reason = returned, closed, words.RETURN_REASON

    def around_today(self) -> Iterator[Plan]:
        """Orders due yesterday, today and tomorrow, shipped and paid in each of the nine ways."""
        ships, pays = (Ship.NONE, Ship.PART, Ship.FULL), (Pay.NONE, Pay.PART, Pay.FULL)
        regulars = [c for c in self.buyers if c.habit in {Habit.STEADY, Habit.REGULAR}] or self.buyers
        for number, (shift, ship, pay) in enumerate(product((-1, 0, 1), ships, pays)):
            client, due = regulars[number % len(regulars)], self.today + timedelta(days=shift)
            yield Plan(
                counterparty_id=client.id,
                person_id=client.persons[0][0] if client.persons else None,
                manager_id=client.manager_id,
                ordered_on=self.today - timedelta(days=4 + number % 3),
                ship_on=due,
                pay_by=due,
                delivery_address="",
                comment="",
                lines=2 + number % 4,
                scale=9_000 + 1_000 * number,
                spread=0.5,
                discount=0,
                delivery=False,
                favourites=number,
                ship=ship,
                shipped_on=self.today - timedelta(days=2) if ship else None,
                pay=pay,
                paid_on=self.today - timedelta(days=3) if pay else None,
            )
