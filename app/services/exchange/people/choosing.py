"""What becomes of the rows of a file as whoever imports chose it: of all found ones, of new ones, of single ones."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.domain.formats.people import NAMES
from app.models.counterparties import ContactPerson, CounterpartyName
from app.services.exchange.bringing import let_go
from app.services.exchange.fields import Unfit
from app.services.exchange.report import MOST_LISTED, ImportReport, RowFound
from app.services.exchange.staging import RowVerdict, Staging


def sift(staging: Staging, report: ImportReport) -> None:
    """Leave the lines that are to be left, make new rows of those that are; a check tells of all of them.

    A person who is found with another client stays with him.
    """
    heads = staging.heads
    rename(staging, report)
    is_person = heads.c.last_name.is_not(None)
    # A card without a person is of its organisation.
    is_known = case((is_person, heads.c.target_id.is_not(None)), else_=staging.named("counterparty") > 0)
    verdict = verdict_of(staging, is_known)
    if staging.asked.dry_run:
        tell_people(staging, report, is_known, verdict)
    left = verdict == RowVerdict.LEAVE.value
    let_go(staging, left)
    report.left = staging.run(delete(heads).where(left)).rowcount
    anew = and_(is_person, heads.c.target_id.is_not(None), verdict == RowVerdict.TAKE.value)
    staging.run(update(heads).where(anew).values(target_id=null(), by_chance=False))
    stays = and_(heads.c.target_id == ContactPerson.id, staging.named("counterparty") != ContactPerson.counterparty_id)
    elsewhere = select(heads.c.line).join(ContactPerson, stays)
    let_go(staging, heads.c.line.in_(elsewhere))
    staging.run(update(heads).where(stays).values(counterparty__id=ContactPerson.counterparty_id))


def rename(staging: Staging, report: ImportReport) -> None:
    """Persons are called as whoever imports wrote it: a word each of their names, the last takes what is left."""
    named = [name for name in NAMES if name in staging.present]
    if not named:  # they were asked for before the columns of names were left out
        return
    called: list[dict[str, Any]] = []
    for line, text in staging.asked.choice.names.items():
        words = text.split(maxsplit=len(named) - 1)
        try:
            read = [staging.field(name).parser(staging.zone)(word) for name, word in zip(named, words, strict=False)]
        except Unfit as unfit:
            report.error(line, named[0], str(unfit))
        else:
            called.append({"of_line": line, **dict.fromkeys(named), **dict(zip(named, read, strict=False))})
    if called:
        heads = staging.heads
        is_his = and_(heads.c.line == bindparam("of_line"), heads.c.last_name.is_not(None))
        staging.connection.execute(
            update(heads).where(is_his).values({name: bindparam(name) for name in named}), called
        )


def verdict_of(staging: Staging, is_known: ColumnElement[bool]) -> ColumnElement[str]:
    choice = staging.asked.choice
    single = literal(json.dumps({str(line): verdict.value for line, verdict in choice.rows.items()}))
    of_line = cast(single, JSONB).op("->>", return_type=Text())(cast(staging.heads.c.line, Text))
    return func.coalesce(of_line, case((is_known, choice.found.value), else_=choice.new.value))


def tell_people(
    staging: Staging, report: ImportReport, is_known: ColumnElement[bool], verdict: ColumnElement[str]
) -> None:
    heads = staging.heads
    known_name = func.concat_ws(" ", ContactPerson.last_name, ContactPerson.first_name, ContactPerson.middle_name)
    title = func.concat_ws(" ", heads.c.last_name, heads.c.first_name, heads.c.middle_name)
    of_known = select(CounterpartyName.name).where(CounterpartyName.id == ContactPerson.counterparty_id)
    mine: Any = and_(ContactPerson.id == heads.c.target_id, staging.seen(ContactPerson))
    rows: Any = staging.run(
        select(
            heads.c.line,
            title,
            func.coalesce(heads.c.counterparty, ""),
            cast(ContactPerson.id, Integer),
            func.concat_ws(", ", func.btrim(known_name), of_known.scalar_subquery()),
            heads.c.by_chance,
            is_known,
            verdict,
        )
        .select_from(heads)
        .outerjoin(ContactPerson, mine)
        .order_by(is_known.desc(), heads.c.line)
        .limit(MOST_LISTED)
    )
    report.people = [
        RowFound(line, name, of, known_id, known if known_id else of if is_there else "", several, chosen)
        for line, name, of, known_id, known, several, is_there, chosen in rows
    ]
    report.people_count = staging.run(select(func.count()).select_from(heads)).scalar_one()
