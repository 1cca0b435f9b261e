"""Puts back what one act did, whole: rows as they were before it, figures and sums derived anew.

The undo is an act of its own, so that it stands in the journal and can be undone. See docs/adr/0009-journal.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.words import Road
from app.errors import Refused
from app.models import authorship
from app.models.captions import name_of_table
from app.models.duplicates import DuplicatePair
from app.models.jobs import Job
from app.models.journal import DERIVED, GOING_ALONG, Act, RowChange, Watched, watched
from app.models.letters import Outgoing, begun_to_go
from app.models.movements import Payment
from app.models.orders import BuyerOrder
from app.models.supply import SupplierOrder
from app.models.visibility import RULES, viewer_of
from app.queries.journal import put_back_in_words, signature, titles_of
from app.queries.sql import one_of
from app.services.jobs import Outcome, Run
from app.services.journal import act_of
from app.services.purchasing import supply
from app.services.sales import allocating, posting

LOCK = 0x756E64  # the class of advisory locks: "und"
MANY = 5_000  # rows that are put back while the reader waits
MOST_NAMED = 3  # newer changes that a refusal tells
SELLING = frozenset({"buyer_order", "order_correction", "order_closing", "shipment", "payment"})
BUYING = frozenset({"supplier_order", "supplier_order_closing", "receipt", "supplier_payment"})


def undo(session: Session, act_id: int) -> Act:
    """Put back everything that the act did, and return it; refused when something newer stands on it, saying what."""
    return _undo(session, act_id, None)


def is_long(session: Session, act_id: int) -> bool:
    """A worker should do it: a person does not wait for so many rows."""
    rows = select(RowChange.id).where(RowChange.act_id == act_id).limit(MANY + 1).subquery()
    return (session.scalar(select(func.count()).select_from(rows)) or 0) > MANY


def undo_job(session: Session, job: Job, _run: Run) -> Outcome:
    again = undo(session, job.params["act"]).is_undo
    act = act_of(session)
    told = put_back_in_words(session, done_in_words(again=again), act)
    return Outcome({"told": told, "act": act, "is_undo": not again})


def done_in_words(*, again: bool) -> str:
    """`again`: what was undone is done once more."""
    return str(_("Redone.") if again else _("Undone."))


def restore(session: Session, act_id: int, table: str, row_id: int) -> Act:
    """Bring one deleted row back, with what hung on it and went with it; what else the act deleted stays deleted."""
    return _undo(session, act_id, (table, row_id))


def _undo(session: Session, act_id: int, only: tuple[str, int] | None) -> Act:
    act = session.get(Act, act_id)
    if act is None:
        raise Refused(_("The journal does not keep this change."))
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    authorship.by(session, Road.REDO if act.is_undo else Road.UNDO, str(act_id))
    authorship.sign(session)
    try:
        with session.begin_nested():
            _put_back(session, act, only)
    except IntegrityError as error:
        raise Refused(
            _("It cannot be put back: what it refers to is gone, or its number or name is taken meanwhile.")
        ) from error
    session.expire_all()
    return act


def _put_back(session: Session, act: Act, only: tuple[str, int] | None) -> None:
    tables = _collect(session, act)
    if only is not None:
        _narrow(session, tables, *only)
    for each in tables:
        _lock_rows(session, each)
    # What went by itself is what was asked for: it comes back, or why not is told.
    along = DERIVED if len(tables) > 1 else DERIVED - GOING_ALONG
    _refuse_newer(session, tables, along)
    _refuse_hanging(session, tables)
    _refuse_letters(session)
    unseen = _unseen(session, tables)
    owners = _owners(session, tables)
    _write(session, tables, along)
    if any(unseen[name] & hidden for name, hidden in _unseen(session, tables).items()):
        raise Refused(_("It changed rows that you do not see."))
    _derive(session, *(one | other for one, other in zip(owners, _owners(session, tables), strict=True)))
    if only is None:
        mine = "nullif(current_setting('vizavi.act', true), '')::bigint"
        session.execute(text(f"UPDATE journal_act SET undoes_id = :id WHERE id = {mine}"), {"id": act.id})


def _collect(session: Session, act: Act) -> list[Watched]:
    """The rows that the act changed, as they were before it (NULL: not there), into a table of this transaction."""
    session.execute(text("DROP TABLE IF EXISTS undone"))
    session.execute(
        text(
            "CREATE TEMP TABLE undone ON COMMIT DROP AS "
            "SELECT table_name, row_id, (array_agg(old ORDER BY id))[1] AS old, max(id) AS last_id "
            f"FROM journal_change WHERE act_id = {act.id} AND at = :at GROUP BY table_name, row_id"
        ),
        {"at": act.at},
    )
    session.execute(text("CREATE INDEX ON undone (table_name, row_id)"))
    session.execute(text("ANALYZE undone"))
    names = set(session.scalars(text("SELECT DISTINCT table_name FROM undone")))
    if not names:
        raise Refused(_("The journal does not keep this change."))
    return [each for name, each in watched().items() if name in names]


def _narrow(session: Session, tables: list[Watched], table: str, row_id: int) -> None:
    """Leave of the act this row and whatever referred to it, near or far."""
    session.execute(text("ALTER TABLE undone ADD kept boolean NOT NULL DEFAULT false"))
    session.execute(
        text("UPDATE undone SET kept = true WHERE table_name = :table AND row_id = :id AND old IS NOT NULL"),
        {"table": table, "id": row_id},
    )
    references = [
        (each.table.name, column.name, key.column.table.name)
        for each in tables
        for column in each.table.columns
        for key in column.foreign_keys
    ]
    grown = True
    while grown:
        grown = False
        for name, column, target in references:
            found = session.execute(
                text(
                    f"UPDATE undone u SET kept = true FROM undone o WHERE NOT u.kept AND u.table_name = '{name}' "
                    f"AND o.kept AND o.table_name = '{target}' AND (u.old->>'{column}')::int = o.row_id"
                )
            )
            grown = grown or bool(found.rowcount)  # type: ignore[attr-defined]
    session.execute(text("DELETE FROM undone WHERE NOT kept"))
    if not session.scalar(text("SELECT EXISTS (SELECT FROM undone)")):
        raise Refused(_("The journal does not keep this change."))


def _lock_rows(session: Session, each: Watched) -> None:
    ids = f"SELECT row_id FROM undone WHERE table_name = '{each.table.name}'"
    session.execute(text(f"SELECT id FROM {each.table.name} WHERE id IN ({ids}) ORDER BY id FOR UPDATE"))


def _refuse_newer(session: Session, tables: Iterable[Watched], along: frozenset[str]) -> None:
    """What the act left must be what stands there now: a change that was undone itself is none."""
    found: list[tuple[str, int, int]] = []
    for each in tables:
        name = each.table.name
        kept = ", ".join(f"'{column}'" for column in [*each.table.c.keys()] if column not in each.compared)
        left = f"newer.old - ARRAY[{kept}]::text[]"
        now = f"(SELECT to_jsonb(r) FROM (SELECT {', '.join(f't.{column}' for column in each.compared)}) r)"
        known = f"{now} - ARRAY(SELECT jsonb_object_keys({now} - ARRAY(SELECT jsonb_object_keys(newer.old))))"
        condition = (
            f"FROM undone u CROSS JOIN LATERAL (SELECT old, act_id FROM journal_change n WHERE n.table_name = '{name}' "
            "AND n.row_id = u.row_id AND n.id > u.last_id ORDER BY n.id LIMIT 1) newer "
            f"LEFT JOIN {name} t ON t.id = u.row_id WHERE u.table_name = '{name}' "
            f"AND {left} IS DISTINCT FROM CASE WHEN t.id IS NOT NULL THEN {known} END"
        )
        if name in along:  # the rules lay it anew
            newer = f"SELECT u.row_id {condition}"
            session.execute(text(f"DELETE FROM undone WHERE table_name = '{name}' AND row_id IN ({newer})"))
        else:
            newest = text(f"SELECT u.row_id, newer.act_id {condition} ORDER BY newer.act_id DESC LIMIT {MOST_NAMED}")
            found += [(name, row.row_id, row.act_id) for row in session.execute(newest)]
    if not found:
        return
    undone = select(Act.id).where(one_of(Act.id, {act for _name, _row, act in found}), Act.undoes_id.is_not(None))
    if session.scalar(undone.limit(1)):
        raise Refused(_("It is undone already, or something newer stands on it."))
    told = titles_of(session, [(name, row) for name, row, _act in found[:MOST_NAMED]])
    signs = [signature(session.get_one(Act, act)) for _name, _row, act in found[:MOST_NAMED]]
    raise Refused(
        _(
            "Something newer stands on it: %(what)s. Undo that first.",
            what="; ".join(f"{title} ({sign})" for title, sign in zip(told, signs, strict=True)),
        )
    )


def _refuse_hanging(session: Session, tables: Iterable[Watched]) -> None:
    """What came into being is taken away only with what came with it."""
    everything = watched()
    for each in tables:
        born = f"SELECT row_id FROM undone WHERE table_name = '{each.table.name}' AND old IS NULL"
        if not session.scalar(text(f"SELECT EXISTS ({born})")):
            continue
        for other in everything.values():
            if other.table.name in DERIVED:
                continue
            for column in other.table.columns:
                if any(key.column.table is each.table for key in column.foreign_keys):
                    with_it = f"SELECT FROM undone u WHERE u.table_name = '{other.table.name}' AND u.row_id = o.id"
                    on_it = f"FROM {other.table.name} o WHERE o.{column.name} IN ({born})"
                    hanging = session.scalar(text(f"SELECT count(*) {on_it} AND NOT EXISTS ({with_it})"))
                    if hanging:
                        what = f"{name_of_table(other.table.name)}: {hanging}"
                        raise Refused(_("Something newer hangs on it: %(what)s.", what=what))


def _refuse_letters(session: Session) -> None:
    """One that somebody has begun to send is written for good; nobody begins to while the undo lasts.

    One that is gone does not come back.
    """
    born = "SELECT row_id FROM undone WHERE table_name = 'letter' AND old IS NULL"
    locked = session.scalars(text(f"SELECT letter_id FROM outgoing WHERE letter_id IN ({born}) FOR UPDATE")).all()
    if session.scalar(select(exists().where(one_of(Outgoing.letter_id, locked), begun_to_go()))):
        raise Refused(_("It has gone out already."))
    # Its bytes and its way are not journalled: it would wait for ever.
    gone = "old IS NOT NULL AND NOT EXISTS (SELECT FROM letter WHERE id = row_id)"
    if session.scalar(text(f"SELECT EXISTS (SELECT FROM undone WHERE table_name = 'letter' AND {gone})")):
        raise Refused(_("A letter that was taken back does not come back: it is written anew."))


def _unseen(session: Session, tables: Iterable[Watched]) -> dict[str, set[int]]:
    """The rows that stand there and that the viewer does not see."""
    viewer = viewer_of(session)
    unseen: dict[str, set[int]] = {each.table.name: set() for each in tables}
    if viewer is None or viewer.sees_all:
        return unseen
    ruled = {model.__table__.name: model for model in RULES}  # type: ignore[attr-defined]
    for each in tables:
        model = ruled.get(each.table.name)
        if model is not None and each.table.name not in GOING_ALONG:
            rows = "SELECT row_id FROM undone WHERE table_name = :name"
            if model is DuplicatePair:  # it comes and goes with a client; the other one may be anybody's
                rows += " AND EXISTS (SELECT FROM duplicate_pair WHERE id = row_id)"
            ids = set(session.scalars(text(rows), {"name": each.table.name}))
            seen = set(session.scalars(select(model.id).where(one_of(model.id, ids))))  # type: ignore[attr-defined]
            unseen[each.table.name] = ids - seen
    return unseen


def _write(session: Session, tables: list[Watched], along: frozenset[str]) -> None:
    """Rows to which nothing can refer go first: what they replaced finds its number free."""
    referred = {key.column.table.name for each in watched().values() for key in each.table.foreign_keys}
    session.execute(text("SELECT set_config('vizavi.undoing', 'on', true)"))
    for each in tables:
        if each.table.name not in referred:
            _take_away(session, each)
    for each in tables:
        _bring_back(session, each, goes_along=each.table.name in along)
    for each in tables:
        _change_back(session, each)
    for each in reversed(tables):
        _take_away(session, each)
    session.execute(text("SELECT set_config('vizavi.undoing', '', true)"))


def _take_away(session: Session, each: Watched) -> None:
    name = each.table.name
    born = f"SELECT row_id FROM undone WHERE table_name = '{name}' AND old IS NULL"
    session.execute(text(f"DELETE FROM {name} WHERE id IN ({born})"))


def _columns(session: Session, each: Watched, among: Iterable[str]) -> list[str]:
    """Those that the table had when the act was done."""
    sample = f"SELECT old FROM undone WHERE table_name = '{each.table.name}' AND old IS NOT NULL LIMIT 1"
    then = set(session.scalars(text(f"SELECT jsonb_object_keys(old) FROM ({sample}) sample")))
    return [column for column in among if column in then]


def _bring_back(session: Session, each: Watched, *, goes_along: bool) -> None:
    name = each.table.name
    columns = _columns(session, each, (column for column in each.columns if column != "changed_at"))
    if not columns:
        return
    rows = (
        f"FROM undone u CROSS JOIN LATERAL jsonb_populate_record(NULL::{name}, u.old) r WHERE u.table_name = '{name}' "
        f"AND u.old IS NOT NULL AND NOT EXISTS (SELECT FROM {name} t WHERE t.id = u.row_id)"
    )
    values = ", ".join("r.version + 1" if column == "version" else f"r.{column}" for column in columns)
    again = ""
    if goes_along:
        for column in each.table.columns:
            for key in column.foreign_keys:
                there = f"EXISTS (SELECT FROM {key.column.table.name} p WHERE p.id = r.{column.name})"
                rows += f" AND (r.{column.name} IS NULL OR {there})"
        again = " ON CONFLICT DO NOTHING"
    into = ", ".join(f'"{column}"' for column in columns)  # some are called as words of SQL are
    session.execute(text(f"INSERT INTO {name} ({into}) SELECT {values} {rows}{again}"))


def _change_back(session: Session, each: Watched) -> None:
    name = each.table.name
    columns = _columns(session, each, (column for column in each.compared if column != "id"))
    if not columns:
        return
    version = ", version = t.version + 1" if "version" in each.columns else ""
    values = ", ".join(f'"{column}" = r.{column}' for column in columns) + version
    differ = " OR ".join(f"t.{column} IS DISTINCT FROM r.{column}" for column in columns)
    session.execute(
        text(
            f"UPDATE {name} t SET {values} FROM undone u "
            f"CROSS JOIN LATERAL jsonb_populate_record(NULL::{name}, u.old) r "
            f"WHERE u.table_name = '{name}' AND u.old IS NOT NULL AND t.id = u.row_id AND ({differ})"
        )
    )


def _owners(session: Session, tables: Iterable[Watched]) -> tuple[set[int], set[int]]:
    """Whose documents of selling, and of buying, the act touched, as they stand now."""
    found: dict[frozenset[str], set[int]] = {SELLING: set(), BUYING: set()}
    for each in tables:
        path = list(_way_up(each))
        for documents, owners in found.items():
            if any(step.table.name in documents for step in path):
                joins, last = "", "t"
                for step, above in pairwise(path):
                    joins += f" JOIN {above.table.name} {last}_ ON {last}_.id = {last}.{step.owner}"
                    last += "_"
                owners |= set(
                    session.scalars(
                        text(
                            f"SELECT DISTINCT {last}.counterparty_id FROM undone u JOIN {each.table.name} t "
                            f"ON t.id = u.row_id{joins} WHERE u.table_name = '{each.table.name}'"
                        )
                    )
                )
    return found[SELLING], found[BUYING]


def _way_up(each: Watched) -> Iterator[Watched]:
    """The table and those that its rows hang on, up to the one that says whose it is."""
    yield each
    if "counterparty_id" not in each.columns and each.owner is not None:
        (key,) = each.table.c[each.owner].foreign_keys
        yield from _way_up(watched()[key.column.table.name])


def _derive(session: Session, buyers: set[int], suppliers: set[int]) -> None:
    """Figures of the documents of these, as posting makes them."""

    def all_of(model: Any, owners: set[int]) -> list[int]:
        query = select(model.id).where(one_of(model.counterparty_id, owners))
        return list(session.scalars(query.execution_options(unscoped=True)))

    if buyers:
        posting.lock(session, buyers)
        allocating.count(session, all_of(Payment, buyers))
        posting.settle(session, orders=all_of(BuyerOrder, buyers), counterparties=buyers)
    if suppliers:
        supply.refresh(session, all_of(SupplierOrder, suppliers))
