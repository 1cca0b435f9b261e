"""Reports by letter: who gets what and when; each recipient has his letter of a time once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import Select, delete, func, select, true
from sqlalchemy.orm import Session, joinedload

from app.domain.sending_times import SendingTimes
from app.domain.words import SendingOutcome
from app.errors import Refused
from app.models.letters import Letter
from app.models.lists import SavedView
from app.models.subscriptions import ReportRecipient, ReportSending, ReportSubscription
from app.models.users import User
from app.queries.sql import one_of

MOST_RECIPIENTS = 100
ATTEMPTS = 5  # a report that killed its worker so often is given up until its next time
TASK = "jobs.subscriptions.run"


@dataclass(frozen=True)
class Carried:
    """What came of a letter to one recipient."""

    outcome: SendingOutcome
    letter: Letter | None = None


Make = Callable[[Session, ReportSubscription, User], Carried]


def subscribe(
    session: Session,
    view: SavedView,
    user_id: int,
    *,
    times: SendingTimes,
    recipients: Collection[int],
    skip_empty: bool,
    now: datetime,
) -> ReportSubscription:
    """The kept setting goes to these users from the next time on."""
    if times.month_day is None and not times.weekdays:
        raise Refused(_("Choose days of the week, or a day of the month."), field="weekdays")
    if times.month_day is not None and not 1 <= times.month_day <= 31:
        raise Refused(_("A day of the month is from 1 to 31."), field="month_day")
    known = set(session.scalars(select(User.id).where(User.active, User.id.in_(recipients))))
    if not known or len(known) > MOST_RECIPIENTS:
        raise Refused(_("Choose from 1 to %(most)s recipients.", most=MOST_RECIPIENTS), field="recipients")
    made = ReportSubscription(
        view=view,
        user_id=user_id,
        weekdays="".join(map(str, sorted(times.weekdays))) if times.month_day is None else "",
        month_day=times.month_day,
        at=times.at,
        zone=times.zone.key,
        skip_empty=skip_empty,
        next_at=times.after(now),
        recipients=[ReportRecipient(user_id=number) for number in sorted(known)],
    )
    session.add(made)
    session.flush()
    return made


def pause(session: Session, subscription: ReportSubscription, *, paused: bool, now: datetime) -> None:
    """What was due while it was paused is not made up for."""
    subscription.paused = paused
    if not paused:
        subscription.next_at = subscription.times.after(now)


def pass_over_due(session: Session, *, now: datetime) -> None:
    """After the base was brought back: what was due may have gone since, and what goes next is of its next time."""
    due = select(ReportSubscription).where(~ReportSubscription.paused, ReportSubscription.next_at <= now)
    for subscription in session.scalars(due):
        subscription.next_at = subscription.times.after(now)
    session.flush()


def send_now(session: Session, subscription: ReportSubscription, *, now: datetime) -> None:
    """Besides its times, which go on as they were."""
    if subscription.paused:
        raise Refused(_("It is paused: resume it first."))
    subscription.next_at = now


def leave(session: Session, subscription: ReportSubscription, user_id: int) -> None:
    """The user gets it no more; a subscription that nobody gets ends."""
    session.execute(
        delete(ReportRecipient).where(
            ReportRecipient.subscription_id == subscription.id, ReportRecipient.user_id == user_id
        )
    )
    left = select(func.count()).where(ReportRecipient.subscription_id == subscription.id)
    if not session.scalar(left):
        session.delete(subscription)


def begin(session: Session, *, now: datetime) -> int | None:
    """The number of the subscription that is due first; None when nothing is due.

    The try is counted in a transaction before the work: a kill does not take that back.
    """
    subscription = session.scalars(
        select(ReportSubscription)
        .where(~ReportSubscription.paused, ReportSubscription.next_at <= now)
        .order_by(ReportSubscription.next_at, ReportSubscription.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if subscription is None:
        return None
    subscription.attempts += 1
    return subscription.id


def is_given_up(subscription: ReportSubscription) -> bool:
    """Its letter is not made any more before its next time."""
    return subscription.attempts > ATTEMPTS


def carry(session: Session, number: int, make: Make, *, now: datetime) -> None:
    """One letter of the subscription that is due, or the end of one time.

    The letter and the mark that it was made are one transaction: whoever is killed in between has done neither.
    """
    subscription = session.get(ReportSubscription, number, with_for_update={"skip_locked": True})
    if subscription is None or subscription.paused or subscription.next_at > now:
        return  # another worker has it
    user = None if not subscription.user.active else session.scalars(_unserved(subscription)).first()
    if user is None:
        subscription.paused = not subscription.user.active  # nobody answers for it any more
        subscription.next_at, subscription.attempts = subscription.times.after(now), 0
        return
    carried = make(session, subscription, user)
    session.add(
        ReportSending(
            subscription_id=subscription.id,
            user_id=user.id,
            due_at=subscription.next_at,
            outcome=carried.outcome,
            letter=carried.letter,
        )
    )
    if is_given_up(subscription):
        subscription.next_at = subscription.times.after(now)
    subscription.attempts = 0


def _unserved(subscription: ReportSubscription) -> Select[tuple[User]]:
    served = select(ReportSending.user_id).where(
        ReportSending.subscription_id == subscription.id, ReportSending.due_at == subscription.next_at
    )
    gets = select(ReportRecipient.user_id).where(ReportRecipient.subscription_id == subscription.id)
    return select(User).where(User.active, User.id.in_(gets), User.id.not_in(served)).order_by(User.id).limit(1)


def histories(
    session: Session, found: Sequence[ReportSubscription], *, most: int
) -> Mapping[int, Sequence[ReportSending]]:
    """The latest sendings of each, by its number, in one statement."""
    sending, subscription = ReportSending, ReportSubscription
    newest = (sending.due_at.desc(), sending.id.desc())
    of_one = select(sending.id).where(sending.subscription_id == subscription.id).order_by(*newest).limit(most)
    latest = of_one.correlate(subscription).lateral("latest")
    query = (
        select(sending)
        .select_from(subscription)
        .join(latest, true())
        .join(sending, sending.id == latest.c.id)
        .where(one_of(subscription.id, (each.id for each in found)))
        .options(joinedload(sending.user))
        .order_by(*newest)
    )
    made: dict[int, list[ReportSending]] = {each.id: [] for each in found}
    for one in session.scalars(query):
        made[one.subscription_id].append(one)
    return made
