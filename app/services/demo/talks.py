"""Writes the contacts: what was said to whom, what is planned, what was forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.periods import months_from
from app.domain.words import CampaignKind, ContactKind, ContactState, Direction, Importance, OfferOutcome
from app.models.contacts import Campaign
from app.models.counterparties import InformationSource
from app.services.contacts.campaigns import keep
from app.services.demo import firms, words
from app.services.demo.base import Client, Habit, Size
from app.services.demo.load import copy, run
from app.services.demo.people import catalogue
from app.services.demo.staff import Staff
from app.services.demo.words import listed

COLUMNS = listed(
    "id counterparty_id person_id prospect prospect_person prospect_phone prospect_tail prospect_email manager_id "
    "kind direction state importance subject text starts_at ends_at source_id campaign_id "
    "basis_id is_offer outcome reason"
)
KINDS = (ContactKind.CALL, ContactKind.EMAIL, ContactKind.MEETING, ContactKind.LETTER, ContactKind.OTHER)
KIND_SHARES = (50, 25, 12, 4, 9)
IMPORTANCE_SHARES = (15, 70, 15)
OUTCOME_SHARES = (30, 15, 25, 20, 10)  # the last: nobody wrote down what came of it
AHEAD = (0, 0, 0, 1, 1, 2, 3, 4, 5, 7, 10, 14, 21, 30)  # in how many days people plan to talk
# How much one talks to a client, beside one who orders now and then.
TALKS = {Habit.STEADY: 3.0, Habit.REGULAR: 2.0, Habit.LOST: 1.2, Habit.ONE_TIME: 0.5, Habit.POTENTIAL: 0.8}
NOBODY = ("", "", "", "", "")

# Of an accepted offer came the first order of the next three weeks.
ORDERED = """
    UPDATE contact SET order_id = came.order_id
    FROM (
        SELECT DISTINCT ON (offer.id) offer.id, made.id AS order_id
        FROM contact offer JOIN buyer_order made
          ON made.counterparty_id = offer.counterparty_id
         AND made.date BETWEEN offer.starts_at::date AND offer.starts_at::date + 21
        WHERE offer.outcome = 'accepted'
        ORDER BY offer.id, made.date, made.id
    ) came
    WHERE came.id = contact.id"""

# Of every so many clients somebody asked in a talk of the last year how satisfied he is.
MARKS = """
    INSERT INTO satisfaction_mark (counterparty_id, on_date, mark, comment, contact_id, by_id)
    SELECT counterparty_id, starts_at::date, 2 + mod(counterparty_id + id / 4, 4),
           CASE WHEN mod(id / 4, 2) = 0 THEN ''
                WHEN mod(counterparty_id + id / 4, 4) > 1 THEN 'Доволен сроками' ELSE 'Просит чаще звонить' END,
           id, manager_id
    FROM contact
    WHERE state = 'done' AND mod(counterparty_id, 3) = 0 AND mod(id, 4) = 0
      AND starts_at > timestamp '{now}' - interval '1 year'"""


def campaign(year: int, kind: CampaignKind, month: int) -> dict[str, Any]:
    """Held for a whole month."""
    days = months_from(date(year, month, 1), 1)
    return {"kind": kind, "begins": days.first, "ends": days.last}


class Talks:
    """Contacts of all kinds with the clients, and with prospects who are not in the base yet.

    Times are local and naive: PostgreSQL reads them in the company's time zone.
    """

    def __init__(
        self, session: Session, random: Random, size: Size, staff: Staff, clients: list[Client], now: datetime
    ) -> None:
        self.session, self.random, self.size, self.staff, self.clients, self.now = (
            session, random, size, staff, clients, now,
        )  # fmt: skip
        years = range(now.year - 3, now.year + 1)
        held = [(year, *told) for year in years for told in words.CAMPAIGNS]
        started = [each for each in held if (each[0], each[3]) <= (now.year, now.month)]
        named = {f"{name} {year}": campaign(year, kind, month) for year, name, kind, month, _costs in started}
        ids = catalogue(session, Campaign, named)
        self.campaigns = {(year, month): n for (year, _, _, month, _), n in zip(started, ids, strict=True)}
        self.advertised: dict[tuple[int, int], list[int]] = {}  # by year and month the sources of a campaign
        for campaign_id, (year, _, _, month, costs) in zip(ids, started, strict=True):
            self.advertised[year, month] = self.spend(campaign_id, costs)
        self.number = 0
        self.heard = Random(f"{size} heard")
        self.offers = Random(f"{size} offers")  # of its own: the rest of the company stays as it is

    def spend(self, campaign_id: int, costs: Mapping[str, int]) -> list[int]:
        """What the campaign costs itself, and by its sources, whose numbers are told."""
        known = {source.name: source.id for source in self.session.scalars(select(InformationSource))}
        campaign = self.session.get_one(Campaign, campaign_id)
        keep(self.session, campaign, {known.get(name): Decimal(cost) for name, cost in costs.items()})
        return [known[name] for name in costs if name]

    def write(self) -> Iterator[tuple[str, int]]:
        yield "contact", copy(self.session, "contact", COLUMNS, self.rows())
        run(self.session.connection(), ORDERED)
        run(self.session.connection(), MARKS.format(now=self.now))

    def rows(self) -> Iterator[tuple[Any, ...]]:
        random = self.random
        share = sum(TALKS.get(client.habit, 1.0) if client.habit else 0.3 for client in self.clients)
        rate = self.size.contacts * 0.98 / share
        quota = 0.0
        for client in self.clients:
            quota += rate * (TALKS.get(client.habit, 1.0) if client.habit else 0.3) * random.uniform(0.4, 1.6)
            count = int(quota)
            quota -= count
            yield from self.with_client(client, count)
        for _ in range(self.size.contacts // 50 + 1):
            yield self.with_prospect()

    def with_client(self, client: Client, count: int) -> Iterator[tuple[Any, ...]]:
        random, basis = self.random, None
        since = max((self.now.date() - client.since).days, 1)
        manager = client.manager_id or random.choice(self.staff.managers)
        for place in range(count):
            first = place == 0 and since < 3 * 365
            ahead = place > 0 and random.random() < 0.08
            starts = self.ahead() if ahead else self.past(since if first else random.randint(0, min(since, 3 * 365)))
            source = client.source_id if first or random.random() < 0.04 else None
            person = random.choice(client.persons)[0] if client.persons and random.random() < 0.85 else None
            follows = basis if basis and random.random() < 0.15 else None
            basis = self.number + 1
            yield self.row((client.id, person, *NOBODY), manager, starts, source, follows, came=first)

    def with_prospect(self) -> tuple[Any, ...]:
        random = self.random
        firm, person, phone = firms.buyer(random), firms.person_name(random), firms.mobile(random)
        email = f"{words.latin(person.last)}@{firm.domain}" if random.random() < 0.5 else ""
        who = (None, None, firm.name, f"{person.first} {person.last}", phone.text, phone.tail, email)
        starts = self.ahead() if random.random() < 0.15 else self.past(random.randint(0, 300))
        sources = [client.source_id for client in self.clients[:200] if client.source_id]
        return self.row(who, random.choice(self.staff.managers), starts, random.choice(sources), None, came=True)

    def ahead(self) -> datetime:
        return self.at(self.now.date() + timedelta(days=self.random.choice(AHEAD)))

    def past(self, days: int) -> datetime:
        return self.at(self.now.date() - timedelta(days=days))

    def at(self, day: date) -> datetime:
        """A working hour of that day, or of the Monday after it."""
        if day.weekday() > 4 and day != self.now.date():
            day += timedelta(days=7 - day.weekday())
        return datetime.combine(day, time(self.random.randint(9, 17), self.random.choice((0, 10, 15, 20, 30, 40, 45))))

    def row(
        self,
        who: tuple[Any, ...],
        manager: int,
        starts: datetime,
        source: int | None,
        basis: int | None,
        *,
        came: bool,
    ) -> tuple[Any, ...]:
        random = self.random
        self.number += 1
        kind = random.choices(KINDS, KIND_SHARES)[0]
        incoming = came or random.random() < 0.35
        state = self.state(starts)
        campaign = None
        if not incoming and (starts.year, starts.month) in self.campaigns and random.random() < 0.3:
            campaign = self.campaigns[starts.year, starts.month]
        sources = self.advertised.get((starts.year, starts.month))
        if incoming and source is None and sources and self.heard.random() < 0.5:
            source = self.heard.choice(sources)
        minutes = random.choice((30, 45, 60, 90)) if kind is ContactKind.MEETING else random.choice((5, 5, 10, 15, 20))
        return (
            self.number,
            *who,
            manager,
            kind.value,
            (Direction.IN if incoming else Direction.OUT).value,
            state.value,
            random.choices(tuple(Importance), IMPORTANCE_SHARES)[0].value,
            random.choice(words.SUBJECTS[kind.value][incoming] if who[0] else words.PROSPECT_SUBJECTS),
            random.choice(words.RESULTS) if state is ContactState.DONE else "",
            starts,
            starts + timedelta(minutes=minutes),
            source,
            campaign,
            basis,
            *self.offer(state, incoming=incoming, client=who[0] is not None),
        )

    def offer(self, state: ContactState, *, incoming: bool, client: bool) -> tuple[bool, str | None, str]:
        """Whether something was offered, what the client said, and why he refused."""
        chance = self.offers
        if incoming or not client or state is not ContactState.DONE or chance.random() < 0.7:
            return False, None, ""
        outcome = chance.choices((*OfferOutcome, None), OUTCOME_SHARES)[0]
        reason = chance.choice(words.NO_THANKS) if outcome is OfferOutcome.REFUSED else ""
        return True, outcome and outcome.value, reason

    def state(self, starts: datetime) -> ContactState:
        """What is over was held or cancelled; of the last three weeks something was forgotten."""
        roll = self.random.random()
        if starts > self.now:
            return ContactState.PLANNED
        if roll < 0.25 and starts > self.now - timedelta(days=21):
            return ContactState.PLANNED
        return ContactState.CANCELLED if roll > 0.95 else ContactState.DONE
