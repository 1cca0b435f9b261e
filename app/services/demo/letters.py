"""Letters of the demo company: conversations with clients, an invitation, and somebody whom nobody knows yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domain.words import FolderRole, InfoType
from app.models.contacts import Contact
from app.models.counterparties import ContactInfo, ContactInfoKind, ContactPerson, Counterparty
from app.models.letters import Letter
from app.models.mailboxes import Mailbox, MailboxFolder, MailboxRight
from app.models.orders import BuyerOrder
from app.models.users import User, full_name
from app.services.mail.incoming.imap import Arrived
from app.services.mail.incoming.receiving import receive

DOMAIN = "vektor.example"
MOST = 5  # managers whose conversations are told
HOURS = timedelta(hours=1)
# Hours ago, who writes (ours or theirs), subject, text; `{number}` is of the client's last order.
TALKS = (
    (
        (76, False, "Заявка на поставку", "Добрый день!\n\nНужен тот же набор, но в двух партиях. Возможно?"),
        (73, True, "Re: Заявка на поставку", "Здравствуйте!\n\nДа, первую отгрузим в четверг, вторую через неделю."),
        (3, False, "Re: Заявка на поставку", "Устраивает. Пришлите, пожалуйста, счёт на первую партию."),
    ),
    (
        (50, True, "Заказ {number}: сроки", "Здравствуйте!\n\nЗаказ {number} собран, машина будет завтра до обеда."),
        (29, False, "Re: Заказ {number}: сроки", "Получили, спасибо. Двух упаковок не хватает, акт во вложении."),
    ),
    ((120, True, "Коммерческое предложение", "Здравствуйте!\n\nВысылаю предложение на квартал. Позвоню в пятницу."),),
)  # fmt: skip
STRANGERS = (
    ("Марина Седова", "sedova@novostroy-invest.example", "Запрос прайс-листа", "Добрый день!\n\nПодскажите цены на "
     "крепёж и сроки поставки в Тулу. Объём около тонны в месяц.\n\nМарина Седова, «Новострой-Инвест»"),
    ("Отдел закупок", "zakupki@stalprom.example", "Тендер на четвёртый квартал", "Приглашаем принять участие. "
     "Условия и список позиций пришлём по запросу."),
)  # fmt: skip
MEETING = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:{uid}
SEQUENCE:0
DTSTART:{start:%Y%m%dT%H%M%SZ}
DTEND:{end:%Y%m%dT%H%M%SZ}
SUMMARY:Показ образцов на складе
LOCATION:Склад клиента
END:VEVENT
END:VCALENDAR
"""


class Post:
    """Puts letters into mailboxes as a server would give them."""

    def __init__(self, session: Session, now: datetime, first: int = 1) -> None:
        self.session, self.now = session, now
        self.zone = ZoneInfo(session.scalars(select(func.current_setting("timezone"))).one())
        self.numbers = count(first)

    def mailbox(self, address: str, name: str, owner: User | None = None) -> Mailbox:
        """One whose letters stay in the product."""
        box = Mailbox(address=address, name=name, owner=owner, everybody_sends=owner is None)
        box.folders = [MailboxFolder(name=role.value.upper(), role=role) for role in FolderRole]
        self.session.add(box)
        self.session.flush()
        return box

    def put(self, box: Mailbox, role: FolderRole, letter: EmailMessage, ago: timedelta) -> Letter | None:
        number = next(self.numbers)
        letter["Message-ID"], letter["Date"] = f"<demo-{number}@{DOMAIN}>", format_datetime(self.now - ago)
        raw = letter.as_bytes()
        arrived = Arrived(uid=number, size=len(raw), received=self.now - ago, flags=(), raw=raw)
        folder = next(each for each in box.folders if each.role is role)
        return receive(self.session, folder, arrived, now=self.now, zone=self.zone)


def write(session: Session, managers: tuple[int, ...], now: datetime) -> Iterator[tuple[str, int]]:
    """Conversations of a few managers with their clients, each in a mailbox of his own; strangers in the shared one."""
    post = Post(session, now)
    shared = post.mailbox(f"info@{DOMAIN}", "Отдел продаж")
    session.add_all(MailboxRight(mailbox=shared, user_id=manager) for manager in managers)
    for place, (name, address, subject, said) in enumerate(STRANGERS, start=4):
        letter = said_by(f"{name} <{address}>", shared.address, subject, said)
        post.put(shared, FolderRole.INBOX, letter, HOURS * place)
    for manager in session.scalars(select(User).where(User.id.in_(managers[:MOST])).order_by(User.id)):
        box = post.mailbox(f"{manager.username}@{DOMAIN}", full_name(manager), manager)
        clients = reachable(session, manager.id)
        for talk, (client, person, address) in zip(TALKS, clients, strict=False):
            tell(post, box, talk, client, f"{person.name} <{address}>")
        for _client, person, address in clients[-1:]:
            invite(post, box, f"{person.name} <{address}>")
    for model in (Letter, Contact):  # letters of clients are contacts too
        yield model.__tablename__, session.scalar(select(func.count(model.id))) or 0


def reachable(session: Session, manager_id: int) -> list[tuple[Counterparty, ContactPerson, str]]:
    """A few clients of the manager with a person who has an address."""
    found = (
        select(Counterparty, ContactPerson, ContactInfo.value)
        .join(ContactPerson, ContactPerson.counterparty_id == Counterparty.id)
        .join(ContactInfo, ContactInfo.person_id == ContactPerson.id)
        .join(ContactInfoKind, ContactInfoKind.id == ContactInfo.kind_id)
        .where(Counterparty.manager_id == manager_id, ContactInfoKind.type == InfoType.EMAIL)
        .where(Counterparty.id.in_(select(BuyerOrder.counterparty_id)))  # a talk is of an order
        .ext(distinct_on(Counterparty.id))
        .order_by(Counterparty.id, ContactPerson.id, ContactInfo.id)
        .limit(len(TALKS))
    )
    return [(client, person, address) for client, person, address in session.execute(found)]


def tell(
    post: Post, box: Mailbox, talk: tuple[tuple[int, bool, str, str], ...], client: Counterparty, person: str
) -> None:
    orders = select(BuyerOrder.number).where(BuyerOrder.counterparty_id == client.id)
    number = post.session.scalar(orders.order_by(BuyerOrder.date.desc(), BuyerOrder.id.desc()).limit(1)) or ""
    before = ""
    for hours, is_ours, subject, said in talk:
        sender, to = (f"{box.name} <{box.address}>", person) if is_ours else (person, box.address)
        words = said.format(number=number)
        letter = said_by(sender, to, subject.format(number=number), f"{words}{before}")
        role = FolderRole.SENT if is_ours else FolderRole.INBOX
        if "акт во вложении" in said:
            letter.add_attachment("Недостача: 2 упаковки.".encode(), "text", "plain", filename="Акт.txt")
        post.put(box, role, letter, HOURS * hours)
        at = (post.now - HOURS * hours).astimezone(post.zone)
        quoted = "\n".join(f"> {line}" for line in words.splitlines())
        before = f"\n\n{at:%d.%m.%Y %H:%M}, {sender.partition(' <')[0]} пишет:\n{quoted}"


def invite(post: Post, box: Mailbox, person: str) -> None:
    """The last of them asks for a meeting."""
    start = (post.now + timedelta(days=3)).replace(hour=8, minute=0, second=0)
    letter = said_by(person, box.address, "Приглашение: показ образцов", "Приезжайте, покажем образцы.")
    meeting = MEETING.format(uid=f"demo-{box.id}@{DOMAIN}", start=start, end=start + HOURS)
    letter.add_alternative(meeting, subtype="calendar", params={"method": "REQUEST"})
    post.put(box, FolderRole.INBOX, letter, HOURS * 2)


def said_by(sender: str, to: str, subject: str, said: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, to, subject
    letter.set_content(said)
    return letter
