"""The site's side of the exchange: 1C comes with a key, sends files in parts, has them imported, takes orders."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.formats import commerceml_writing as xml
from app.domain.formats.commerceml import ROOT, Holds
from app.domain.formats.limits import LIMITS, MEGABYTE
from app.domain.formats.table import ZIP
from app.domain.passwords import digest
from app.domain.text import readable
from app.domain.words import JobKind, JobState, OneCSubject
from app.errors import Refused
from app.formatting import currency_code
from app.models.jobs import Job, StoredFile
from app.models.one_c import OneCFile, OneCKey, OneCOrder, OneCPart, OneCSession
from app.models.orders import BuyerOrder
from app.models.users import User
from app.queries.sql import one_of
from app.services import exchange, jobs
from app.services.access import keys
from app.services.exchange.commerceml import writing
from app.services.exchange.commerceml.tables import COMMERCEML, DOCUMENTS
from app.services.exchange.opening import Place
from app.services.exchange.report import ImportReport
from app.services.exchange.staging import ImportTable
from app.services.jobs import Outcome, Run

PART = 8 * MEGABYTE  # of a file, in one request
ALIVE = timedelta(hours=12)  # a session that says nothing for so long is over
RETENTION = timedelta(days=90)  # the journal
FILES = timedelta(days=1)  # parts of files
GIVEN = 500  # orders in one answer
ENDS = (f"</{ROOT}>", f":{ROOT}>")  # of a file that is whole
HOLDS = {
    OneCSubject.CATALOG: (Holds.ITEMS, Holds.PRICES),
    OneCSubject.SALE: (Holds.ORDERS, Holds.SHIPMENTS, Holds.PAYMENTS),
}


def parts_of(subject: OneCSubject) -> list[ImportTable]:
    """The tables that a file of this subject may hold."""
    return [COMMERCEML.parts[sheet] for sheet in HOLDS[subject]]


# -- keys ------------------------------------------------------------------------------------------------


def make_key(session: Session, key: OneCKey, *, now: datetime) -> str:
    """Keep the key; gives its password, which nobody can ask for again."""
    if session.scalar(select(OneCKey.id).where(OneCKey.name == key.name)):
        raise Refused(_("There is such a login already."), field="name")
    return keys.keep(session, key, secrets.token_urlsafe(18), now=now)


def key_of(session: Session, login: str, secret: str) -> OneCKey | None:
    """The key that is in force, of a user who is not switched off."""
    mine = select(OneCKey).join(OneCKey.user).where(OneCKey.name == login, OneCKey.hash == digest(secret))
    return session.scalar(mine.where(OneCKey.revoked_at.is_(None), User.active.is_(True)))


# -- sessions --------------------------------------------------------------------------------------------


def begin(session: Session, key: OneCKey, subject: OneCSubject, *, now: datetime) -> str:
    """A session, by the value of its cookie."""
    token = secrets.token_urlsafe(24)
    session.add(OneCSession(key=key, mark=digest(token), subject=subject, began_at=now, seen_at=now))
    key.used_at = now
    session.flush()
    return token


def of_cookie(session: Session, token: str, subject: OneCSubject, *, now: datetime) -> OneCSession | None:
    """The session that goes on, locked: what a 1C asks at once is answered one after another."""
    mine = select(OneCSession).join(OneCSession.key).join(OneCKey.user)
    mine = mine.where(
        OneCSession.mark == digest(token), OneCSession.subject == subject, OneCSession.seen_at > now - ALIVE
    )
    mine = mine.where(OneCKey.revoked_at.is_(None), User.active.is_(True)).with_for_update(of=OneCSession)
    talk = session.scalar(mine)
    if talk is not None:
        talk.seen_at = now
    return talk


def journal(session: Session, before: int | None, limit: int) -> Sequence[OneCSession]:
    """The latest sessions first."""
    query = select(OneCSession).options(
        joinedload(OneCSession.key), selectinload(OneCSession.files).joinedload(OneCFile.job)
    )
    query = query.order_by(OneCSession.id.desc()).limit(limit)
    return session.scalars(query.where(OneCSession.id < before) if before else query).all()


def refusals(talk: OneCSession) -> list[str]:
    """What went wrong in the session: what was not answered, and why files did not come in."""
    answers = [answer_of(file.job) for file in talk.files if file.job]
    return [*filter(None, [talk.refused]), *(said[1] for said in answers if said[0] == "failure")]


def tidy(session: Session, *, now: datetime) -> int:
    """Drop the parts of files of sessions that are over, and sessions that are old; returns how many of these."""
    over = select(OneCFile.id).join(OneCFile.session).where(OneCSession.seen_at < now - FILES)
    session.execute(delete(OneCPart).where(OneCPart.file_id.in_(over)))
    gone = delete(OneCSession).where(OneCSession.seen_at < now - RETENTION).returning(OneCSession.id)
    return len(session.scalars(gone).all())


# -- files -----------------------------------------------------------------------------------------------


def start(session: Session, talk: OneCSession) -> None:
    """A 1C that begins anew sends its files anew."""
    session.execute(delete(OneCFile).where(OneCFile.session_id == talk.id))


def add_part(session: Session, talk: OneCSession, name: str, part: bytes) -> OneCFile | None:
    """Put the part to the end of the file, unless it is the last one sent once more; pictures are not kept."""
    name = _plain(name)
    if not name.lower().endswith((".xml", ".zip")):
        return None
    if not part or len(part) > PART:
        raise Refused(_("A part of a file is from 1 byte to %(most)s MB.", most=PART // MEGABYTE))
    file = _file(session, talk, name)
    if file is not None and file.job_id is not None:  # it was imported: another one of the same name
        session.delete(file)
        session.flush()
        file = None
    if file is None:
        file = OneCFile(session_id=talk.id, name=name)
        session.add(file)
        session.flush()
    mark = hashlib.sha256(part).hexdigest()
    if file.last_hash == mark:
        return file
    others = select(OneCFile.size).where(OneCFile.session_id == talk.id)
    if sum(session.scalars(others)) + len(part) > LIMITS.size:
        raise Refused(_("The files of the session are larger than %(limit)s MB.", limit=LIMITS.size // MEGABYTE))
    session.add(OneCPart(file_id=file.id, content=part))
    file.size, file.last_hash = file.size + len(part), mark
    session.flush()
    return file


def is_whole(session: Session, file: OneCFile) -> bool:
    """The file ends as such a file ends."""
    parts = select(OneCPart).where(OneCPart.file_id == file.id)
    begins = parts.with_only_columns(func.substring(OneCPart.content, 1, len(ZIP))).order_by(OneCPart.id).limit(1)
    end = func.substring(OneCPart.content, func.greatest(func.octet_length(OneCPart.content) - 199, 1))
    ends = session.scalars(parts.with_only_columns(end).order_by(OneCPart.id.desc()).limit(2)).all()
    tail = b"".join(reversed(ends))
    if session.scalar(begins) == ZIP:
        return b"PK\x05\x06" in tail
    return any(end.encode(code) in tail for end in ENDS for code in ("utf-8", "windows-1251"))


def _plain(name: str) -> str:
    return readable(name.replace("\\", "/").rpartition("/")[2])[-255:]


def _file(session: Session, talk: OneCSession, name: str) -> OneCFile | None:
    return session.scalar(select(OneCFile).where(OneCFile.session_id == talk.id, OneCFile.name == name))


def imported(session: Session, talk: OneCSession, name: str, title: str, back: str) -> OneCFile:
    """The file, with the work that imports it; asked for once, however often 1C asks how far it is."""
    name = _plain(name)
    file = _file(session, talk, name)
    if file is None:
        archives = select(OneCFile).where(OneCFile.session_id == talk.id, OneCFile.name.ilike("%.zip"))
        archive = session.scalar(archives.order_by(OneCFile.id.desc()).limit(1))
        if archive is None:
            raise Refused(_("There is no file “%(name)s” in this session.", name=name))
        file = OneCFile(session_id=talk.id, name=name, archive_id=archive.id)
        session.add(file)
        session.flush()
    if file.job_id is None:
        source = session.get_one(OneCFile, file.archive_id) if file.archive_id else file
        parts = select(OneCPart.content).where(OneCPart.file_id == source.id).order_by(OneCPart.id)
        content = b"".join(session.scalars(parts))
        kept = StoredFile(name=source.name, size=len(content), content=content)
        params = {"key": talk.key_id, "subject": talk.subject, "member": name if file.archive_id else ""}
        params |= {"name": name, "title": title, "back": back}
        job = jobs.enqueue(session, JobKind.ONE_C, user_id=talk.key.user_id, params=params, file=kept)
        file.job = job
        session.flush()
    return file


def answer_of(job: Job) -> list[str]:
    """What 1C is told of the import of a file."""
    if job.state in jobs.UNFINISHED:
        percent = 100 * job.progress // job.total if job.total else 0
        return ["progress", _("%(percent)s %% is done.", percent=percent)]
    if job.state is JobState.FAILED:
        return ["failure", job.error]
    return answer_by(job.result or {})


def answer_by(report: Mapping[str, Any]) -> list[str]:
    if report.get("wrong_count"):
        line = _("Line")
        told = [f"{line} {row['line']}: {row['text']}" for row in report["wrong"][:10]]
        return ["failure", _("Nothing was imported, errors: %(count)s.", count=report["wrong_count"]), *told]
    counts = {name: report.get(name, 0) for name in ("created", "updated", "skipped")}
    return ["success", _("Created: %(created)s, updated: %(updated)s, unchanged: %(skipped)s.", **counts)]


def import_job(session: Session, job: Job, run: Run) -> Outcome:
    """A file that a 1C sent: whole or not at all. What came from it need not go to it."""
    report = exchange.run_import(
        session,
        COMMERCEML.slug,
        jobs.sent_file(job).content,
        now=run.now,
        today=run.today,
        lacking=exchange.lacking("can_write", run.rights),
        place=Place(member=job.params["member"]),
        mapping={"price": kind} if (kind := session.get_one(OneCKey, job.params["key"]).price_kind) else None,
        only=HOLDS[OneCSubject(job.params["subject"])],
        tell_rows=True,
        progress=run.progress,
    )
    if not report.wrong_count:
        _note_brought(session, job.params["key"], report)
    told = report.to_dict()
    return Outcome(told | {"told": " ".join(answer_by(told)[1:])}, done=not report.wrong_count)


def _note_brought(session: Session, key_id: int, report: ImportReport) -> None:
    rows = [told for part in report.parts if part.kind == DOCUMENTS.slug for told in part.rows.values()]
    ids = {row.id for row in rows if row.id}
    versions = select(BuyerOrder.id, BuyerOrder.version).where(one_of(BuyerOrder.id, ids))
    values = [
        {"key_id": key_id, "order_id": number, "version": version} for number, version in session.execute(versions)
    ]
    _upsert(session, values, ("version",))


# -- orders ----------------------------------------------------------------------------------------------


def waiting(session: Session, talk: OneCSession) -> Sequence[tuple[int, int]]:
    """Orders, with their versions, that this 1C does not have so yet."""
    has = OneCOrder
    mine = (has.order_id == BuyerOrder.id) & (has.key_id == talk.key_id)
    query = select(BuyerOrder.id, BuyerOrder.version).outerjoin(has, mine).where(BuyerOrder.date >= talk.key.since)
    other = or_(has.version.is_(None), has.version != BuyerOrder.version)
    return [(row.id, row.version) for row in session.execute(query.where(other).order_by(BuyerOrder.id).limit(GIVEN))]


def give(session: Session, talk: OneCSession, *, now: datetime) -> Iterator[bytes]:
    """New and changed orders; they go again until 1C confirms that it has them."""
    encoding = talk.key.encoding
    found = waiting(session, talk)
    ids = [number for number, _version in found]
    given = [
        {"key_id": talk.key_id, "order_id": number, "given_version": version, "session_id": talk.id}
        for number, version in found
    ]
    if found:
        talk.given, talk.confirmed_at = len(found), None
    _upsert(session, given, ("given_version", "session_id"))
    yield xml.opening(now, encoding)
    for order in writing.orders(session, ids):
        yield xml.document(order, currency_code(), encoding)
    yield xml.closing(encoding)


def confirm(session: Session, talk: OneCSession, *, now: datetime) -> None:
    """1C has what it was given in this session."""
    mine = OneCOrder.session_id == talk.id
    session.execute(
        update(OneCOrder).where(mine).values(version=OneCOrder.given_version, given_version=None, session_id=None)
    )
    talk.confirmed_at = now


def _upsert(session: Session, values: list[dict[str, Any]], names: Sequence[str]) -> None:
    if not values:
        return
    add = insert(OneCOrder)
    changed = {name: add.excluded[name] for name in names}
    session.execute(add.on_conflict_do_update(index_elements=["key_id", "order_id"], set_=changed), values)


def first_day(today: date) -> date:
    """From which day orders go to a new 1C, unless another one is chosen."""
    return today.replace(day=1)
