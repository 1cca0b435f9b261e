"""One journal of every change of every business table, written by the base itself.

See docs/adr/0009-journal.md. Whoever adds a table need do nothing: it is journalled unless LEFT_OUT says why not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import BigInteger, Connection, DateTime, Identity, Index, String, Table, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.domain.words import ChangeKind, Road
from app.models.base import choice, metadata
from app.models.users import User


class Act(Model):
    """One transaction that changed something: who, when and by which verb (see app.models.authorship)."""

    __tablename__ = "journal_act"
    __table_args__ = (
        Index("ix_journal_act_by_id_id", "by_id", "id"),  # the journal of one user
        Index("ix_journal_act_at", "at", postgresql_using="brin"),  # what is older than the journal is kept
        Index("ix_journal_act_undoes_id", "undoes_id", postgresql_where=text("undoes_id IS NOT NULL")),  # who undid it
        Index("uq_journal_act_once", "once", unique=True, postgresql_where=text("once IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    # No foreign key: a journal must not stop a save, nor an account from being deleted.
    by_id: Mapped[int | None]
    verb: Mapped[str] = mapped_column(String(100), default="", server_default="")
    undoes_id: Mapped[int | None] = mapped_column(BigInteger)
    once: Mapped[bytes | None] = mapped_column(deferred=True)  # of a request that may be repeated: authorship.digest_of

    by: Mapped[User | None] = relationship(User, primaryjoin=lambda: User.id == foreign(Act.by_id), viewonly=True)

    @property
    def is_undo(self) -> bool:
        """It put another act back whole: whoever undoes it does that one again."""
        return self.undoes_id is not None and self.verb.startswith(Road.UNDO)


class RowChange(Model):
    """What an act did to one row. `old` is the whole row before; what became of it stands in its next change.

    `owner_id` is the row that it hangs on, such as the order of a line.
    """

    __tablename__ = "journal_change"
    __table_args__ = (
        Index("ix_journal_change_row", "table_name", "row_id", "act_id"),  # the history of a row
        Index(  # the history of a card: of what hangs on it
            "ix_journal_change_owner",
            "table_name",
            "owner_id",
            "act_id",
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
        Index(  # what was deleted since a time
            "ix_journal_change_deleted", "table_name", "id", postgresql_where=text("what = 'delete'")
        ),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    act_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(63))
    row_id: Mapped[int]
    owner_id: Mapped[int | None]
    what: Mapped[ChangeKind] = mapped_column(choice(ChangeKind))
    old: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


# Every other table is journalled.
LEFT_OUT = {
    "journal_act": "the journal itself",
    "journal_change": "the journal itself",
    "buyer_month": "kept by triggers from shipments",
    "client_figure": "kept by triggers from shipments, payments, contacts and records of classes and stages",
    "completeness_month": "figures of a month's end, written once",
    "number_series": "a number that was given once is not given again",
    "job": "work of machines, dropped after days",
    "stored_file": "files of work, dropped after days",
    "rights_stamp": "a mark for caches",
    "notice": "told to one user by rules that tell it again",
    "phone_call": "told by a telephone exchange; the contact that it becomes is journalled",
    "guess": "failed logins",
    "inquiry_count": "counts of minutes",
    "inquiry_duty": "whose turn it is",
    "inquiry_key": "secrets of sites: what was revoked stays so",
    "login_session": "logins",
    "app_password": "secrets of accounts",
    "device_book": "made of other tables for telephones",
    "device_refusal": "what one's own device did not get through: nobody else reads it",
    "device_item": "made of other tables for telephones",
    "recovery_code": "secrets of accounts",
    "second_factor": "secrets of accounts",
    "user_profile": "accounts",
    "list_habit": "how one likes to see a list",
    "import_habit": "how one likes to read a file",
    "saved_view": "how one likes to see a list",
    "role_rule": "accounts",
    "mailbox": "secrets of mailboxes",
    "mailbox_folder": "how far a machine has read",
    "letter_place": "where a machine found it",
    "letter_thread": "made of letters by rules",
    "letter_invite": "what a letter says of a meeting",
    "satisfaction_ask": "secrets of letters",
    "letter_source": "the bytes of a letter, which never change",
    "blob": "bytes, which never change",
    "outgoing": "the work of machines",
    "disposal": "what was destroyed: nobody changes it",
    "reading": "who looked at what: nobody changes it",
    "webhook": "secrets of programs",
    "one_c_key": "secrets of programs",
    "program_key": "secrets of programs",
    "one_c_session": "the work of machines",
    "one_c_file": "the work of machines",
    "one_c_part": "bytes, which never change",
    "one_c_order": "the work of machines",
    "webhook_delivery": "the work of machines",
    "told_by_letter": "what a machine has told",
    "letter_draft": "one's own: nobody else reads it",
    "letter_draft_file": "one's own: nobody else reads it",
}
ACCOUNTS = "ab_"  # tables of Flask-AppBuilder: people, roles and rights have the log of safety

# No change of theirs is told; that they went with what they hang on is kept, so that they come back with it.
GOING_ALONG = frozenset({"mailing_recipient", "reminder", "report_mailing"})

# What app.services keep equal to the documents: a change of nothing else is no change.
KEPT = {
    "buyer_order": (
        "quantity", "shipped_quantity", "returned_quantity", "rest_quantity", "corrected_amount", "shipped_amount",
        "returned_amount", "rest_amount", "paid_amount", "shipped_on", "paid_on", "closed_on", "completed_on",
    ),
    "order_move": ("reason",),  # said after it: who takes the move back takes it too
    "payment": ("allocated_amount",),
    "supplier_order": ("rest_quantity", "received_on", "received_amount", "paid_amount", "closed_on"),
    "report_subscription": ("attempts",),
    "letter": ("state",),
    "letter_party": ("state", "answer", "at"),
}  # fmt: skip
KEPT_EVERYWHERE = frozenset({"version", "changed_at"})
# A connection plans the comparison of old and new rows once, perhaps for a statement that met none:
# compared one by one, the rows of an import would cost their square.
PLANNED = "enable_nestloop=off"
# Written by rules and searches, or going along: put back where nothing newer stands on them, never a reason to refuse.
DERIVED = frozenset({"payment_allocation", "duplicate_pair"}) | GOING_ALONG


@dataclass(frozen=True)
class Watched:
    """How a table is journalled."""

    table: Table
    columns: tuple[str, ...]  # all but those that the base computes
    compared: tuple[str, ...]  # a change of one of them is a change
    owner: str | None  # the column of what the row hangs on


def watched() -> dict[str, Watched]:
    return {table.name: _watched(table) for table in metadata.sorted_tables if is_journalled(table.name)}


def is_journalled(name: str) -> bool:
    return name not in LEFT_OUT and not name.startswith(ACCOUNTS)


def _watched(table: Table) -> Watched:
    columns = tuple(column.name for column in table.columns if column.computed is None)
    kept = KEPT_EVERYWHERE.union(KEPT.get(table.name, ()))
    owners = (
        column.name
        for column in table.columns
        for key in column.foreign_keys
        if key.ondelete == "CASCADE" and is_journalled(key.column.table.name)
    )
    return Watched(table, columns, tuple(name for name in columns if name not in kept), next(owners, None))


def watch(connection: Connection) -> None:
    """Make the triggers of every table as the models say; what is right already stays untouched."""
    functions = connection.execute(
        text("SELECT proname, prosrc, proconfig FROM pg_proc WHERE proname LIKE 'journal\\_of\\_%'")
    )
    made = {row.proname: (row.prosrc, row.proconfig) for row in functions}
    on = set(connection.scalars(text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'journal_delete'")))
    for name, each in watched().items():
        function, body = f"journal_of_{name}", _body(each)
        if made.get(function) != (body, [PLANNED]):
            connection.exec_driver_sql(
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SET {PLANNED} AS $${body}$$"
            )
        if name not in on:
            events = {"DELETE": "OLD TABLE AS gone"}
            if name not in GOING_ALONG:
                events |= {"INSERT": "NEW TABLE AS added", "UPDATE": "OLD TABLE AS gone NEW TABLE AS added"}
            for event, rows in events.items():
                connection.exec_driver_sql(
                    f"CREATE TRIGGER journal_{event.lower()} AFTER {event} ON {name} REFERENCING {rows} "
                    f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
                )


def _body(each: Watched) -> str:
    """Old rows go in whole and are compared when they are read; here it is only asked whether a row differs at all."""
    name, owner = each.table.name, each.owner or "NULL::int"

    def columns(names: tuple[str, ...], of: str) -> str:
        return ", ".join(f"{of}.{column}" for column in names)

    def write(what: ChangeKind, rows: str) -> str:
        return f"""
        WITH rows AS MATERIALIZED ({rows}),
            act AS MATERIALIZED (SELECT journal_act_now() AS id WHERE EXISTS (SELECT FROM rows))
        INSERT INTO journal_change (act_id, at, table_name, row_id, owner_id, what, old)
        SELECT act.id, now(), '{name}', rows.id, rows.owner_id, '{what}', rows.old FROM rows, act;"""

    owner_of_gone = f"gone.{each.owner}" if each.owner else owner
    whole = f"(SELECT to_jsonb(r) FROM (SELECT {columns(each.columns, 'gone')}) r)"
    inserted = f"SELECT id, {owner} AS owner_id, NULL::jsonb AS old FROM added"
    changed = (
        f"SELECT gone.id, {owner_of_gone} AS owner_id, {whole} AS old FROM gone JOIN added ON added.id = gone.id "
        f"WHERE ({columns(each.compared, 'gone')}) IS DISTINCT FROM ({columns(each.compared, 'added')})"
    )
    deleted = f"SELECT gone.id, {owner_of_gone} AS owner_id, {whole} AS old FROM gone"
    return f"""
    BEGIN
        IF current_setting('vizavi.verb', true) = 'filling' THEN RETURN NULL;
        ELSIF TG_OP = 'INSERT' THEN {write(ChangeKind.INSERT, inserted)}
        ELSIF TG_OP = 'UPDATE' THEN {write(ChangeKind.UPDATE, changed)}
        ELSE {write(ChangeKind.DELETE, deleted)}
        END IF;
        RETURN NULL;
    END """
