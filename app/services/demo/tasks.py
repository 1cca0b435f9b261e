"""Tasks of the demo company: some late, some for today and ahead, some done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.words import Importance
from app.models.counterparties import Counterparty
from app.models.tasks import Task
from app.models.users import User
from app.services.demo.staff import LEADERS
from app.services.demo.words import latin

TEXTS = (
    "Выслать образцы и прайс",
    "Собрать отзывы о последней поставке",
    "Уточнить реквизиты и юридический адрес",
    "Подготовить коммерческое предложение",
    "Сверить взаиморасчёты за квартал",
    "Согласовать отсрочку платежа",
    "Отправить договор на подпись",
    "Выяснить, почему стали реже заказывать",
)
DAYS = (-6, -2, -1, 0, 0, 1, 3, 7)  # from today, of each manager's tasks
MOST = 20  # managers of a large company that have any


def write(session: Session, seed: int, managers: tuple[int, ...], today: date) -> Iterator[tuple[str, int]]:
    """Some tasks of each manager, given by himself or by the commercial director."""
    random = Random(f"{seed} tasks")
    head = session.scalars(select(User.id).where(User.username == latin(LEADERS[0][1]))).one()
    made = []
    for manager in managers[:MOST]:
        mine = select(Counterparty).where(Counterparty.manager_id == manager, Counterparty.is_buyer)
        clients = session.scalars(mine.order_by(Counterparty.id).limit(len(DAYS))).all()
        for days, client in zip(DAYS, clients, strict=False):
            due_on = today + timedelta(days=days)
            is_done = days < -1
            made.append(
                Task(
                    text=random.choice(TEXTS),
                    author_id=random.choice((head, manager)),
                    executor_id=manager,
                    due_on=due_on,
                    minutes=random.choice((15, 30, 60, 120)),
                    importance=random.choice((Importance.HIGH, Importance.NORMAL, Importance.NORMAL)),
                    counterparty_id=client.id,
                    done_on=due_on if is_done else None,
                    spent_minutes=random.choice((20, 40, 90)) if is_done else None,
                    result="Сделано, клиент доволен." if is_done else "",
                )
            )
    session.add_all(made)
    session.flush()
    yield "task", len(made)
