"""What the lines of a file must keep besides the types of their values; each table names its rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    column,
    extract,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.domain import requisites
from app.domain.likeness import FIELDS, WHOLE, Likeness
from app.domain.words import ContactState, CounterpartyKind, InfoType, OfferOutcome
from app.formatting import plain
from app.models.base import NameKey
from app.models.captions import requisite_message
from app.models.contacts import Campaign, Contact, ContactParticipant
from app.models.counterparties import ContactPerson, Counterparty
from app.models.orders import BuyerOrder
from app.models.supply import Receipt, SupplierOrder
from app.models.tasks import Task
from app.models.users import User
from app.models.visibility import viewer_of
from app.queries import resemblance
from app.queries.sales.orders import goods_of_orders
from app.queries.sql import user_name
from app.services import duplicates
from app.services.checks import early_day, is_back, most_is
from app.services.exchange.fields import ReferenceField
from app.services.exchange.report import ImportReport
from app.services.exchange.sentences import each
from app.services.exchange.staging import Rule, Staging, owner_of
from app.services.purchasing.supplier_documents import received_before


def mend_requisites(line: int, values: dict[str, Any], report: ImportReport) -> None:
    """Zeros that a spreadsheet ate come back; INN, KPP and OGRN that cannot be right are kept; both are told."""
    inn, kpp, ogrn = (values.get(name) or "" for name in ("inn", "kpp", "ogrn"))
    if not (inn or kpp or ogrn):
        return
    for name, value in requisites.with_zeros(inn=inn, kpp=kpp, ogrn=ogrn).items():
        told = _("The zero that a spreadsheet took away is back: %(value)s.", value=value)
        report.warn(line, name, told)
        values[name] = value
    inn, kpp, ogrn = (values.get(name) or "" for name in ("inn", "kpp", "ogrn"))
    kind = CounterpartyKind(values.get("kind") or requisites.kind_of(inn))
    for problem in requisites.problems(inn=inn, kpp=kpp, ogrn=ogrn, kind=kind):
        report.warn(line, problem.field, requisite_message(problem))


def take_inn(_line: int, values: dict[str, Any], _report: ImportReport) -> None:
    """Who is named by his INN says it so."""
    word = values.get("code") or ""
    if not values.get("inn") and requisites.is_inn(word):
        values["inn"] = word


def find_backward_times(staging: Staging, report: ImportReport) -> None:
    """Nothing ends before it starts."""
    if "ends_at" not in staging.present:
        return
    heads = staging.heads
    wrong = select(heads.c.line).where(heads.c.ends_at < heads.c.starts_at)
    each(staging, report, "ends_at", wrong, lambda: _("The end is before the start."))


def find_backward_campaigns(staging: Staging, report: ImportReport) -> None:
    """No campaign ends before it begins, whichever of the two days the file leaves as it is."""
    heads = staging.heads
    begins, ends = (func.coalesce(heads.c[name], getattr(Campaign, name)) for name in ("begins", "ends"))
    lines = select(heads.c.line).outerjoin(Campaign, Campaign.id == staging.named("name"))
    name = "ends" if "ends" in staging.present else "begins"
    if name in staging.present:
        each(staging, report, name, lines.where(ends < begins), lambda: _("The end is before the start."))


def find_contacts_with_nobody(staging: Staging, report: ImportReport) -> None:
    """What app.services.contacts.contacts says: a counterparty or a prospect, in the row as it is going to be."""
    heads, names = staging.heads, ("counterparty", "prospect")
    stored = {"counterparty": Contact.counterparty_id.cast(Text), "prospect": func.nullif(Contact.prospect, "")}
    nobody = [
        func.coalesce(heads.c[name], null() if name in staging.asked.clear else stored[name]).is_(None)
        for name in names
    ]
    wrong = select(heads.c.line).outerjoin(Contact, Contact.id == heads.c.target_id).where(*nobody)
    at = next((name for name in names if name in staging.present), staging.known_by)
    each(staging, report, at, wrong, lambda: _("Choose a counterparty or name the prospect."))


def find_done_ahead(staging: Staging, report: ImportReport) -> None:
    """What app.domain.contact_times says: a contact that has happened is not in the future."""
    heads = staging.heads
    told = {"starts_at", "ends_at", "state"} & staging.present
    new = {name: func.coalesce(heads.c[name], getattr(Contact, name)) for name in ("starts_at", "ends_at", "state")}
    latest = func.greatest(new["starts_at"], new["ends_at"])
    wrong = (
        select(heads.c.line)
        .outerjoin(Contact, Contact.id == heads.c.target_id)
        .where(new["state"] == ContactState.DONE.value, latest > staging.now)
    )
    at = next(name for name in ("starts_at", "ends_at", "state") if name in told)
    each(staging, report, at, wrong, lambda: _("What has happened cannot be in the future."))


def find_tasks_done_ahead(staging: Staging, report: ImportReport) -> None:
    """Nothing is done on a day that is still to come."""
    if "done_on" in staging.present:
        wrong = select(staging.heads.c.line).where(staging.heads.c.done_on > staging.today)
        each(staging, report, "done_on", wrong, lambda: _("It has not happened yet: the day is in the future."))


def find_cancelled(staging: Staging, report: ImportReport) -> None:
    """What is cancelled was not done."""
    heads = staging.heads
    wrong = select(heads.c.line).join(Task, Task.id == heads.c.target_id)
    wrong = wrong.where(heads.c.done_on.is_not(None), Task.cancelled_on.is_not(None), staging.seen(Task))
    each(staging, report, "done_on", wrong, lambda: _("What is cancelled was not done."))


def find_gone_executors(staging: Staging, report: ImportReport) -> None:
    """Who no longer works here gets nothing more to do; of what was done he was the executor.

    It is told: in another base he may have what was cancelled, of which no table says the day.
    """
    heads = staging.heads
    wrong = select(heads.c.line).join(User, User.id == staging.named("executor"))
    wrong = wrong.where(heads.c.is_new, heads.c.done_on.is_(None), User.active.is_not(True))
    each(staging, report, "executor", wrong, lambda: _("This user no longer works here."), warning=True)


def find_taken_over(staging: Staging, report: ImportReport) -> None:
    """What app.services.planning.tasks says of the author: nobody else makes himself, or another, one."""
    viewer, author = viewer_of(staging.session), staging.named("author")
    if viewer is None or viewer.leads:
        return
    known = select(staging.heads.c.line).join(Task, Task.id == staging.heads.c.target_id)
    wrong = known.where(author != Task.author_id, Task.author_id != viewer.user_id)
    sentence = _("Only its author changes what is to be done: write down as the result what you know.")
    each(staging, report, "author", wrong, lambda: sentence)


KEPT_OF_TASKS = {"counterparty": Task.counterparty_id, "order": Task.order_id}


def find_other_tasks(staging: Staging, report: ImportReport) -> None:
    """A task is about one counterparty, whatever of him and his order the file leaves out.

    Where a known one keeps both, they are not the file's fault: an order may go to another, and leaves what is done.
    """
    heads, named = staging.heads, staging.named("counterparty")
    stays = {name: null() if name in staging.asked.clear else known for name, known in KEPT_OF_TASKS.items()}
    owner = func.coalesce(named, stays["counterparty"])
    order = func.coalesce(staging.named("order"), stays["order"])
    of_other = and_(named.is_not(None), named.is_distinct_from(Task.counterparty_id))
    is_told = or_(heads.c.is_new, of_other, order.is_distinct_from(Task.order_id))
    of_another = select(BuyerOrder.id).where(BuyerOrder.id == order, BuyerOrder.counterparty_id != owner).exists()
    is_about = func.coalesce(Task.supplier_order_id, Task.contact_id).is_not(None)
    wrong = select(heads.c.line).outerjoin(Task, Task.id == heads.c.target_id)
    wrong = wrong.where(or_(and_(is_told, of_another), and_(is_about, named != Task.counterparty_id)))
    name = next((name for name in ("order", "counterparty") if name in staging.present), staging.known_by)
    each(staging, report, name, wrong, lambda: _("It belongs to another counterparty."))


def minute_of(contact: Any) -> ColumnElement[str]:
    """The beginning, as a line that is read names it."""
    return func.to_char(contact.starts_at, "YYYY-MM-DD HH24:MI")


def begin_together(contact: Any, other: Any) -> ColumnElement[bool]:
    """They are two contacts of one counterparty, and their beginnings are named alike."""
    of_one = and_(other.counterparty_id == contact.counterparty_id, other.id != contact.id)
    return and_(of_one, minute_of(other) == minute_of(contact))


def find_vague_meetings(staging: Staging, report: ImportReport) -> None:
    """Two contacts of the counterparty begin at that minute, and the line does not say which is meant."""
    heads, meant, other = staging.heads, aliased(Contact), aliased(Contact)
    only_minute = heads.c.meeting == minute_of(meant)
    wrong = (
        select(heads.c.line)
        .join(meant, meant.id == staging.named("meeting"))
        .join(other, begin_together(meant, other))
        .where(or_(only_minute, func.lower(other.subject) == func.lower(meant.subject)))
        .distinct()
    )
    each(staging, report, "meeting", wrong, lambda: _("Several contacts begin at this time: add the subject."))


def find_no_participants(staging: Staging, report: ImportReport) -> None:
    """A line is one participant."""
    told = [staging.named(name) if name in staging.present else null() for name in ("person", "colleague")]
    wrong = select(staging.heads.c.line).where(func.num_nonnulls(*told) != 1)
    sentence = _("A line is one participant: a contact person or an employee.")
    each(staging, report, "meeting", wrong, lambda: sentence)


def find_half_answers(staging: Staging, report: ImportReport) -> None:
    """An answer and its moment stand together, in the row as it is going to be."""
    heads, told = staging.heads, {"answer", "answered_at"} & staging.present
    if not told:
        return
    lines = select(heads.c.line).outerjoin(ContactParticipant, ContactParticipant.id == heads.c.target_id)
    new = {}
    for name in ("answer", "answered_at"):
        stored = null() if name in staging.asked.clear else getattr(ContactParticipant, name)
        new[name] = func.coalesce(heads.c[name], stored) if name in told else getattr(ContactParticipant, name)
    answer, moment = new["answer"].is_not(None), new["answered_at"].is_not(None)
    wrong: tuple[tuple[str, ColumnElement[bool], Callable[[], str]], ...] = (
        ("answered_at", and_(answer, not_(moment)), lambda: _("Say when he answered.")),
        ("answer", and_(moment, not_(answer)), lambda: _("Say what he answered.")),
        (
            "answered_at",
            new["answered_at"] > func.now(),
            lambda: _("It has not happened yet: the day is in the future."),
        ),
    )
    for name, condition, sentence in wrong:
        each(staging, report, name if name in told else min(told), lines.where(condition), sentence)


def find_wrong_outcomes(staging: Staging, report: ImportReport) -> None:
    """What app.services.contacts.contacts says of an offer, of the row as it is going to be."""
    heads = staging.heads
    told = {"is_offer", "outcome", "reason"} & staging.present
    if not told:
        return
    new = {name: func.coalesce(heads.c[name], getattr(Contact, name)) for name in ("is_offer", "outcome", "reason")}
    lines = select(heads.c.line).outerjoin(Contact, Contact.id == heads.c.target_id)
    is_refused = func.coalesce(new["outcome"], "") == OfferOutcome.REFUSED.value
    has_reason = func.coalesce(new["reason"], "") != ""
    wrong: tuple[tuple[str, ColumnElement[bool], Callable[[], str]], ...] = (
        (
            "outcome",
            and_(new["outcome"].is_not(None), not_(func.coalesce(new["is_offer"], False))),
            lambda: _("Only an offer has an outcome."),
        ),
        ("reason", and_(is_refused, not_(has_reason)), lambda: _("Say why the offer was refused.")),
        ("reason", and_(has_reason, not_(is_refused)), lambda: _("Only a refused offer has a reason.")),
        (
            "outcome",
            and_(
                Contact.order_id.is_not(None),
                new["is_offer"],
                new["outcome"].is_distinct_from(OfferOutcome.ACCEPTED.value),
            ),
            lambda: _("An order comes of an accepted offer only."),
        ),
    )
    for name, condition, sentence in wrong:
        at = name if name in told else min(told)
        each(staging, report, at, lines.where(condition), sentence)


def find_handed_over(staging: Staging, report: ImportReport) -> None:
    """For whoever may not make somebody else responsible: known clients stay whose they are, new ones are his own."""
    if "manager" not in staging.present:
        return
    heads, viewer = staging.heads, viewer_of(staging.session)
    named, own = staging.named("manager"), viewer.user_id if viewer else None
    before = case((heads.c.is_new, own), else_=Counterparty.manager_id)
    cleared = and_(heads.c.is_new.is_(False), named.is_(None), literal("manager" in staging.asked.clear))
    wrong = (
        select(heads.c.line)
        .outerjoin(Counterparty, Counterparty.id == heads.c.target_id)
        .where(or_(named.is_not(None), cleared), named.is_distinct_from(before))
    )
    each(staging, report, "manager", wrong, lambda: _("You may not make somebody else responsible for a client."))


def find_responsibles(staging: Staging, report: ImportReport) -> None:
    """Whoever is responsible for a client is no additional manager of it as well."""
    main, user = Counterparty.manager_id, staging.named("manager")
    wrong = select(staging.heads.c.line).join(Counterparty, Counterparty.id == owner(staging)).where(main == user)
    sentence = _("Whoever is responsible for the client is not an additional manager as well.")
    each(staging, report, "manager", wrong, lambda: sentence)


def find_coming_days(staging: Staging, report: ImportReport) -> None:
    """A history has no future."""
    heads = staging.heads
    wrong = select(heads.c.line).where(heads.c.on > staging.today)
    each(staging, report, "on", wrong, lambda: _("A history ends today: the day is still to come."))


def find_orders_of_others(staging: Staging, report: ImportReport) -> None:
    """The order of a shipment or payment must be its own counterparty's."""
    if "order" not in staging.present:
        return
    heads = staging.heads
    order = model_of(staging, "order")
    wrong = (
        select(heads.c.line, heads.c.order)
        .join(order, order.id == staging.named("order"))
        .where(order.counterparty_id != owner(staging))
    )
    each(
        staging,
        report,
        "order",
        wrong,
        lambda order: _("Order %(order)s is of another counterparty.", order=order),
    )


def find_mixed_signs(staging: Staging, report: ImportReport) -> None:
    """A document is a shipment or a return, never both."""
    lines = staging.lines
    first = func.first_value(lines.c.line).over(partition_by=lines.c.document, order_by=lines.c.line)
    sign = func.first_value(lines.c.quantity).over(partition_by=lines.c.document, order_by=lines.c.line)
    signs = select(lines.c.line, first.label("first"), lines.c.quantity, sign.label("sign")).subquery()
    opposite = or_(and_(signs.c.quantity > 0, signs.c.sign < 0), and_(signs.c.quantity < 0, signs.c.sign > 0))
    each(
        staging,
        report,
        "quantity",
        select(signs.c.line, signs.c.first).where(opposite),
        lambda line: _("A document cannot both ship and take back: the sign differs from line %(line)s.", line=line),
    )


def model_of(staging: Staging, reference: str) -> Any:
    """The model of the rows that the reference names."""
    return cast(ReferenceField, staging.field(reference)).key.class_


def owner(staging: Staging) -> ColumnElement[Any]:
    """Whose a document is."""
    return staging.named(owner_of(staging.table.values).name)


def find_no_suppliers(staging: Staging, report: ImportReport) -> None:
    """Only a supplier has prices, orders to him and payments."""
    heads = staging.heads
    wrong = (
        select(heads.c.line, heads.c.supplier)
        .join(Counterparty, Counterparty.id == staging.named("supplier"))
        .where(not_(Counterparty.is_supplier))
    )
    each(staging, report, "supplier", wrong, lambda code: _("Counterparty %(code)s is not a supplier.", code=code))


def find_early_closings(staging: Staging, report: ImportReport) -> None:
    """An order is not closed before its day."""
    heads = staging.heads
    order = model_of(staging, "order")
    on = func.coalesce(heads.c.date, staging.today)
    wrong = (
        select(heads.c.line, heads.c.order)
        .join(order, order.id == staging.named("order"))
        .where(heads.c.is_new, order.date > on)
    )
    name = "date" if "date" in staging.present else "order"
    each(staging, report, name, wrong, lambda number: _("Order %(number)s is later than the closing.", number=number))


def early_days(*names: str, spared: bool = False) -> Rule:
    """What app.services.checks.check_days says of these days, in the order as it is going to be.

    Where a file leaves both days of a known order as they are, they are not its fault. `spared`: such a day is told
    and left out.
    """

    def find(staging: Staging, report: ImportReport) -> None:
        heads = staging.heads
        model: Any = staging.table.model
        lines = select(heads.c.line).outerjoin(model, model.id == heads.c.target_id)
        lines = lines.where(or_(heads.c.is_new, staging.seen(model)))
        for name in names:
            known = getattr(model, name)
            day = func.coalesce(heads.c[name], null() if name in staging.asked.clear else known)
            is_told = or_(heads.c.is_new, heads.c.date != model.date, day.is_distinct_from(known))
            at = name if name in staging.present else "date"
            wrong = lines.where(is_told, day < heads.c.date)
            each(staging, report, at, wrong, left_out_day if spared else early_day, warning=spared)
            if spared:
                staging.run(update(heads).where(heads.c.line.in_(wrong)).values({name: null()}))

    return find


def left_out_day() -> str:
    return str(_("A day that is earlier than the date of the order is left out."))


def find_received_before(staging: Staging, report: ImportReport) -> None:
    """An order to a supplier begins no later than the first receipt by it."""
    heads, order = staging.heads, SupplierOrder
    mine = and_(Receipt.order_id == order.id, Receipt.stands())
    first = select(func.min(Receipt.date)).where(mine).correlate(order).scalar_subquery()
    known = select(heads.c.line).join(order, order.id == heads.c.target_id)
    wrong = known.where(heads.c.date != order.date, heads.c.date > first, staging.seen(order))
    each(staging, report, "date", wrong, received_before)


def find_changed_owner(staging: Staging, report: ImportReport) -> None:
    """A file never gives a document to another counterparty."""
    heads = staging.heads
    model: Any = staging.table.model
    wrong = (
        select(heads.c.line, heads.c.number, model.date, Counterparty.name)
        .join(model, model.id == heads.c.target_id)
        .join(Counterparty, Counterparty.id == model.counterparty_id)
        .where(model.counterparty_id != owner(staging), staging.seen(model))
    )

    def sentence(number: str, day: date, owner: str) -> str:
        return str(
            _(
                "Document %(number)s of %(day)s is of “%(owner)s”: a file does not give it to another counterparty.",
                number=number,
                day=f"{day:%d.%m.%Y}",
                owner=owner,
            )
        )

    each(staging, report, owner_of(staging.table.values).name, wrong, sentence)


def question_payments(staging: Staging, report: ImportReport) -> None:
    """The same number of one counterparty with another sum or another day of the year is a question, not an update."""
    heads = staging.heads
    model: Any = staging.table.model
    known = select(heads.c.line, heads.c.number, model.date, model.amount)
    sums = known.join(model, model.id == heads.c.target_id)
    sums = sums.where(heads.c.amount != model.amount, model.stands(), staging.seen(model))
    same_year = extract("year", model.date) == extract("year", heads.c.date)
    same_number = and_(model.number == heads.c.number, model.counterparty_id == owner(staging))
    days = known.join(model, same_number).where(heads.c.is_new, same_year, staging.seen(model))

    def sentence(number: str, day: date, amount: Decimal) -> str:
        return str(
            _(
                "Payment %(number)s of this counterparty is known: %(day)s, %(amount)s. "
                "Confirm that this line is right.",
                number=number,
                day=f"{day:%d.%m.%Y}",
                amount=f"{amount:f}",
            )
        )

    for name, query in (("amount", sums), ("date", days)):
        if name in staging.present:
            each(staging, report, name, query, sentence, warning=staging.asked.confirmed)


def find_given_back(staging: Staging, report: ImportReport) -> None:
    """What app.services.checks says of a payment of which something was given back, and of what was given back."""
    heads = staging.heads
    model: Any = staging.table.model
    payment, refund = aliased(model), aliased(model)
    changed = select(heads.c.line).join(model, model.id == heads.c.target_id)
    changed = changed.where(heads.c.amount != model.amount, model.stands())
    back = select(-func.sum(refund.amount)).where(refund.stands(), refund.id != model.id)
    given = func.coalesce(back.where(refund.refund_of_id == model.id).scalar_subquery(), 0)
    less = changed.add_columns(given).where(given > 0, heads.c.amount < given)
    others = func.coalesce(back.where(refund.refund_of_id == payment.id).correlate(model, payment).scalar_subquery(), 0)
    of_refund = changed.join(payment, payment.id == model.refund_of_id)
    left = payment.amount - others
    each(staging, report, "amount", less, is_back)
    each(staging, report, "amount", of_refund.add_columns(left).where(-heads.c.amount > left), most_is)
    each(staging, report, "amount", of_refund.where(heads.c.amount > 0), given_back_sign)


def given_back_sign() -> str:
    return str(_("It was given back: the amount is below zero."))


def warn_of_reversed(staging: Staging, report: ImportReport) -> None:
    """A document that was reversed here is known, and stays reversed."""
    heads = staging.heads
    model: Any = staging.table.model
    known = select(heads.c.line, model.number).join(model, model.id == heads.c.target_id).where(~model.stands())

    def sentence(number: str) -> str:
        return str(_("Document %(number)s is reversed here: a file does not bring it back.", number=number))

    each(staging, report, "number", known, sentence, warning=True)


def warn_of_zeros(staging: Staging, report: ImportReport) -> None:
    """A new code that a known one differs from by zeros at its beginning alone: a spreadsheet ate them."""
    heads = staging.heads
    model: Any = staging.table.model
    bare = func.ltrim(heads.c.code, "0")
    alike = (
        select(heads.c.line, heads.c.code, model.code.label("known"))
        .join(model, and_(func.ltrim(model.code, "0") == bare, model.code != heads.c.code))
        .where(heads.c.is_new, bare != "", staging.seen(model))
    )
    each(
        staging,
        report,
        "code",
        alike,
        lambda code, known: _(
            "Code “%(code)s” is new, yet “%(known)s” is known: were zeros lost?", code=code, known=known
        ),
        warning=True,
    )


def warn_of_duplicates(staging: Staging, report: ImportReport) -> None:
    """A new counterparty that is known under another code, in the base or in this file; branches are no news.

    A client that whoever imports may not see is told by his manager, and not of a name.
    """
    heads = staging.heads
    coming = side_of(heads)
    people = func.coalesce(heads.c.kind, "") == CounterpartyKind.PERSON.value  # are often namesakes
    known = resemblance.alike(coming, resemblance.kept(), lambda _ref, _other: true()).subquery("known")
    beside = resemblance.alike(coming, side_of(heads.alias("other")), lambda ref, other: other < ref).subquery("beside")
    other = heads.alias("other_line")
    place = func.concat(_("Line").lower(), " ", other.c.line)
    is_seen = staging.seen(Counterparty)
    queries: tuple[tuple[Any, Select[Any]], ...] = (
        (
            known,
            select(heads.c.line, Counterparty.code, Counterparty.name, user_name(User), is_seen)
            .join(known, known.c.ref == heads.c.line)
            .join(Counterparty, Counterparty.id == known.c.other)
            .outerjoin(User, User.id == Counterparty.manager_id)
            .where(or_(is_seen, known.c.likeness != Likeness.NAME.value)),
        ),
        (
            beside,
            select(heads.c.line, func.coalesce(other.c.code, place), other.c.name, literal(""), true())
            .join(beside, beside.c.ref == heads.c.line)
            .join(other, other.c.line == beside.c.other),
        ),
    )
    for found, query in queries:
        told = query.where(
            found.c.likeness != Likeness.BRANCH.value, not_(and_(found.c.likeness == Likeness.NAME.value, people))
        )
        first = told.add_columns(found.c.likeness).ext(distinct_on(heads.c.line))  # the strongest sign of a line
        strength = case(*((found.c.likeness == one.value, place) for place, one in enumerate(Likeness)))
        lines = first.order_by(heads.c.line, strength, found.c.other).subquery()
        for field in dict.fromkeys(FIELDS.values()):
            signs = [one.value for one, at in FIELDS.items() if at == field]
            of_field = select(*list(lines.c)[:-1]).where(lines.c.likeness.in_(signs))
            each(staging, report, field, of_field, duplicate, warning=True)


def side_of(heads: Any) -> resemblance.Side:
    """The new counterparties of a file, as they are compared."""
    texts = [func.coalesce(heads.c[name], "").label(name) for name in ("inn", "kpp")]
    key: Any = NameKey(heads.c.name)
    parties = select(heads.c.line.label("ref"), *texts, key.label("name_key")).where(heads.c.is_new)
    info = func.jsonb_to_recordset(heads.c.infos).table_valued(
        *(column(part, Text) for part in ("type", "value", "tail"))
    )
    info = info.render_derived(name=f"{heads.name}_info", with_types=True)
    by_phone = and_(info.c.type == InfoType.PHONE.value, func.length(info.c.tail) >= WHOLE)
    by_email = info.c.type == InfoType.EMAIL.value
    way = case((by_phone, func.left(info.c.tail, WHOLE)), else_=func.lower(info.c.value))
    ways = (
        select(heads.c.line.label("ref"), info.c.type, way.label("key"))
        .select_from(heads)
        .join(info, true())
        .where(heads.c.is_new, or_(by_phone, by_email))
    )
    return resemblance.Side(parties.cte(f"{heads.name}_party"), ways.cte(f"{heads.name}_way"))


def duplicate(code: str, name: str, manager: str | None, is_seen: bool) -> str:
    if not is_seen:
        return duplicates.of_another(manager)
    return str(_("Looks like “%(name)s” (%(code)s): is it the same counterparty?", name=name, code=code))


def spare_namesakes(staging: Staging, report: ImportReport) -> None:
    """Of several persons of one name nobody is changed when neither a phone nor an e-mail tells who is meant."""
    heads = staging.heads
    unclear = heads.c.by_chance
    each(
        staging,
        report,
        "last_name",
        select(heads.c.line).where(unclear),
        lambda: _("Several persons of this name are known: without a phone or an e-mail of theirs none is changed."),
        warning=True,
    )
    kept = {field.name: field.stored for field in staging.table.head_fields if field.name in staging.present}
    del kept["counterparty"]
    same = heads.c.target_id == ContactPerson.id
    staging.run(update(heads).where(unclear, same).values(kept | {"infos": null()}))


def warn_of_quantities(staging: Staging, report: ImportReport) -> None:
    """More is shipped by an order than was ordered, or taken back than was shipped: the form asks, a file is told.

    For when the documents are written: what is wrong is seen in the order as a whole.
    """
    if "order" not in staging.present:
        return
    heads, lines = staging.heads, staging.lines
    order = staging.named("order")
    written = and_(order.is_not(None), or_(heads.c.is_new, heads.c.changed))
    goods = goods_of_orders(staging.run(select(order).where(written).distinct()).scalars().all())
    line = func.max(lines.c.line).label("line")
    rows = (
        select(line, goods.c.planned, goods.c.shipped, goods.c.returned)
        .select_from(lines)
        .join(heads, and_(heads.c.document == lines.c.document, written))
        .join(goods, and_(goods.c.order_id == order, goods.c.item_id == lines.c.item__id))
        .group_by(goods.c.order_id, goods.c.item_id, goods.c.planned, goods.c.shipped, goods.c.returned)
        .subquery()
        .c
    )
    done = rows.shipped - rows.returned
    more = select(rows.line, done, rows.planned).where(done > rows.planned)
    less = select(rows.line, rows.returned, rows.shipped).where(rows.returned > rows.shipped)
    each(staging, report, "quantity", more, beyond_order, warning=True)
    each(staging, report, "quantity", less, beyond_shipped, warning=True)


def warn_of_early(staging: Staging, report: ImportReport) -> None:
    """A shipment, or a return, that is earlier than its order: the form refuses it, of a history it is told.

    For when it is known what the file changes.
    """
    if "order" not in staging.present:
        return
    heads = staging.heads
    order = model_of(staging, "order")
    early = select(heads.c.line, order.number).join(order, order.id == staging.named("order"))
    early = early.where(heads.c.date < order.date, or_(heads.c.is_new, heads.c.changed))
    each(staging, report, "date", early, earlier, warning=True)


def earlier(number: str) -> str:
    return str(_("It is earlier than its order %(number)s.", number=number))


def beyond_order(shipped: Decimal, planned: Decimal) -> str:
    return str(
        _(
            "By this order %(shipped)s is shipped, ordered were %(planned)s.",
            shipped=plain(shipped),
            planned=plain(planned),
        )
    )


def beyond_shipped(returned: Decimal, shipped: Decimal) -> str:
    return str(
        _(
            "By this order %(returned)s is taken back, shipped were %(shipped)s.",
            returned=plain(returned),
            shipped=plain(shipped),
        )
    )
