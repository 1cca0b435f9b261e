"""Writes the counterparties, their contact persons and how to reach them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import CounterpartyKind
from app.models.counterparties import ContactInfoKind, CounterpartyGroup, InformationSource
from app.services.counterparties.counterparties import DIGITS
from app.services.demo import firms, words
from app.services.demo.base import MANY, Client, Habit, Size
from app.services.demo.firms import Firm, Name
from app.services.demo.load import copy
from app.services.demo.staff import Staff
from app.services.demo.words import latin, listed

COUNTERPARTY = listed(
    "id code name full_name kind inn kpp ogrn is_buyer is_supplier is_subcontractor is_other "
    "manager_id group_id source_id registered_on needs"
)
PERSON = listed("id counterparty_id last_name first_name middle_name position role birthday")
INFO = listed("counterparty_id person_id kind_id value extension phone phone_tail")
YEARS = 3 * 365


class People:
    """The counterparties as they are made: written to the base, and kept as clients for those who trade with them."""

    def __init__(self, session: Session, random: Random, size: Size, staff: Staff, today: date) -> None:
        self.session, self.random, self.size, self.staff, self.today = session, random, size, staff, today
        self.clients: list[Client] = []
        groups = (*words.GROUPS, words.SUPPLIER_GROUP, words.OTHER_GROUP)
        self.groups = catalogue(session, CounterpartyGroup, {name: {} for name in groups})
        sources = {name: {"kind": kind, "valid_days": days} for name, (kind, days) in words.SOURCES.items()}
        self.sources = catalogue(session, InformationSource, sources)
        self.kinds = {kind.name: kind.id for kind in session.scalars(select(ContactInfoKind))}
        # Many firms share few managers, and not evenly.
        self.weights = [1 / (place + 2) for place in range(len(staff.managers))]

    def write(self) -> Iterator[tuple[str, int]]:
        """Everybody into the base; tells the rows of each table as it is filled."""
        yield "counterparty", copy(self.session, "counterparty", COUNTERPARTY, self.counterparties())
        yield "contact_person", copy(self.session, "contact_person", PERSON, self.persons())
        yield "contact_info", copy(self.session, "contact_info", INFO, self.infos())

    def counterparties(self) -> Iterator[tuple[Any, ...]]:
        random, size = self.random, self.size
        habits = list(Habit)
        shares = [habit.share for habit in habits]
        names: set[str] = set()
        for number in range(1, size.buyers + size.others + 1):
            habit = random.choices(habits, shares)[0] if number <= size.buyers else None
            firm = firms.buyer(random) if habit else firms.business(random)
            while firm.name in names:
                firm = firms.buyer(random) if habit else firms.business(random)
            if size.buyers < MANY:  # two firms of one name look like a mistake
                names.add(firm.name)
            yield self.counterparty(number, firm, habit)

    def counterparty(self, number: int, firm: Firm, habit: Habit | None) -> tuple[Any, ...]:
        random, roll = self.random, self.random.random()
        client = self.client(number, firm, habit)
        self.clients.append(client)
        supplier, subcontractor, other = (
            not habit and roll < 0.5,
            not habit and 0.4 < roll < 0.8,
            not habit and roll > 0.75,
        )
        return (
            number,
            f"{number:0{DIGITS}d}",
            firm.name,
            firm.full_name,
            firm.kind.value,
            firm.inn,
            firm.kpp,
            firm.ogrn,
            habit is not None,
            supplier or bool(habit and roll < 0.02 and firm.inn),
            subcontractor,
            other,
            client.manager_id,
            self.group(client, supplier or subcontractor),
            client.source_id,
            client.since,
            random.choice(words.NEEDS) if random.random() < 0.2 else "",
        )

    def client(self, number: int, firm: Firm, habit: Habit | None) -> Client:
        random = self.random
        manager: int | None = random.choices(self.staff.managers, self.weights)[0] if habit else self.staff.buyer
        if habit is Habit.POTENTIAL and random.random() < 0.15:
            manager = None
        old = random.random() < 0.6 and habit is not Habit.POTENTIAL
        age = random.randint(YEARS, 2 * YEARS) if old else random.randint(20, YEARS)
        if habit is Habit.LOST:
            age = max(age, 500)
        return Client(
            id=number,
            habit=habit,
            since=self.today - timedelta(days=age),
            manager_id=manager,
            source_id=random.choice(self.sources) if habit and random.random() < 0.7 else None,
            place=firm.place,
            domain=firm.domain,
            head=firm.head,
            private=firm.kind is CounterpartyKind.PERSON and not firm.inn,
        )

    def group(self, client: Client, works_for_us: bool) -> int:
        if not client.habit:
            return self.groups[-2 if works_for_us else -1]
        return self.groups[4] if client.private else self.groups[client.id % 4]

    def persons(self) -> Iterator[tuple[Any, ...]]:
        """Every firm has one to four, as many in all as the size says."""
        random, quota, number = self.random, 0.0, 0
        share = self.size.persons / len(self.clients)
        birthdays = firms.birthdays(random, self.today)
        for client in self.clients:
            quota += share
            count = 1 if client.private else min(max(1, int(quota)), random.choice((1, 2, 2, 3, 4)))
            quota -= count
            names = [self.person(client, place) for place in range(count)]
            client.persons = tuple((number + n, latin(name.last)) for n, (name, _) in enumerate(names, 1))
            for name, (position, role) in names:
                number += 1
                yield number, client.id, *name, position, role, next(birthdays)

    def person(self, client: Client, place: int) -> tuple[Name, tuple[str, str]]:
        if client.head and place == 0:
            return client.head, ("" if client.private else "Предприниматель", "Принимает решение")
        return firms.person_name(self.random), self.random.choice(words.POSITIONS)

    def infos(self) -> Iterator[tuple[Any, ...]]:
        for client in self.clients:
            if not client.private:
                yield from self.of_firm(client)
            for person, surname in client.persons:
                yield from self.of_person(client, person, surname)

    def of_firm(self, client: Client) -> Iterator[tuple[Any, ...]]:
        random, kinds = self.random, self.kinds
        phone = firms.landline(random, client.place)
        yield client.id, None, kinds["Телефон"], phone.text, "", phone.e164, phone.tail
        if random.random() < 0.65:
            yield client.id, None, kinds["Эл. почта"], f"{random.choice(BOXES)}@{client.domain}", "", "", ""
        if random.random() < 0.55:
            yield client.id, None, kinds["Юридический адрес"], firms.address(random, client.place), "", "", ""
        if random.random() < 0.15:
            yield client.id, None, kinds["Адрес доставки"], firms.address(random, client.place), "", "", ""
        if random.random() < 0.15:
            yield client.id, None, kinds["Сайт"], f"https://{client.domain}", "", "", ""
        if random.random() < 0.02:
            yield client.id, None, kinds["Другое"], "Пропуск на въезд заказывать за сутки", "", "", ""

    def of_person(self, client: Client, person: int, surname: str) -> Iterator[tuple[Any, ...]]:
        random, kinds = self.random, self.kinds
        if random.random() < 0.8:
            phone = firms.mobile(random)
            yield client.id, person, kinds["Мобильный телефон"], phone.text, "", phone.e164, phone.tail
        if random.random() < 0.15 and not client.private:
            phone, extension = firms.landline(random, client.place), str(random.randint(10, 499))
            yield client.id, person, kinds["Телефон"], phone.text, extension, phone.e164, phone.tail
        if random.random() < 0.3:
            box = f"{surname}{person}" if client.private else surname
            yield client.id, person, kinds["Эл. почта"], f"{box}@{client.domain}", "", "", ""


BOXES = ("info", "zakaz", "office", "mail", "sales", "snab")


def catalogue(session: Session, model: Any, rows: Mapping[str, dict[str, Any]]) -> list[int]:
    """The numbers of the catalogue's rows of these names; those that are missing are added."""
    known = {row.name: row for row in session.scalars(select(model))}
    for name, values in rows.items():
        if name not in known:
            known[name] = model(name=name, **values)
            session.add(known[name])
    session.flush()
    return [known[name].id for name in rows]
