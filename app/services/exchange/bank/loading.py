"""A statement of a bank as a file: read behind the gate, checked as a whole, kept once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.formats import bank_statement
from app.domain.formats.bank_statement import BankPaper, Mismatch, Statement, number_key
from app.domain.formats.limits import LIMITS, BadTable
from app.domain.text import readable
from app.domain.words import BankLineState, RecognisedBy, Road
from app.errors import Refused
from app.formatting import money
from app.models import authorship
from app.models.bank import BankLine, BankStatement
from app.models.jobs import Job
from app.models.organisation import BankAccount
from app.models.visibility import viewer_of
from app.processes import gate
from app.services.exchange.bank.recognising import recognise
from app.services.exchange.opening import sentence
from app.services.jobs import Outcome, Progress, Run, sent_file, unwatched
from app.services.journal import act_of

SLUG = "bank-statement"
LARGE = 256 * 1024  # bytes of a file that is the work of a worker
ANALYZED = 1000  # new documents from which the base is told how many there are, before they are recognised


@dataclass(frozen=True)
class Loaded:
    """What a file brought: its new documents, those that were known already, those of accounts that are not ours."""

    statement: BankStatement
    new: int
    known: int
    foreign: int
    unknown_keys: tuple[str, ...] = ()


class TotalsDiffer(Refused):
    """The totals of the file are not those of its documents: refused unless a person knows why."""


def load(
    session: Session, source: Path | bytes, name: str, *, confirmed: bool = False, progress: Progress = unwatched
) -> Loaded:
    """Keep the documents of our accounts that no file brought before, and recognise whose they are.

    `confirmed`: totals that differ are known to.
    """
    statement = read_statement(source)
    progress(1, 3)
    own = set(session.scalars(select(BankAccount.number)))
    named = {section.account for section in statement.sections} | set(statement.accounts)
    if not own & (named | {p.payer.account for p in statement.papers} | {p.payee.account for p in statement.papers}):
        raise Refused(_not_ours(sorted(filter(None, named))), field="file")
    if not confirmed and (wrong := [each for each in bank_statement.mismatches(statement) if each.account in own]):
        raise TotalsDiffer(" ".join(mismatch_in_words(each) for each in wrong), field="confirmed")
    authorship.by(session, Road.IMPORT, SLUG)
    viewer = viewer_of(session)
    kept = BankStatement(
        name=readable(name)[-255:],
        begins=statement.begins,
        ends=statement.ends,
        by_id=viewer.user_id if viewer else None,
    )
    session.add(kept)
    session.flush()
    mine = list(lines_of(statement.papers, own, kept.id))
    new = _inserted(session, mine)
    progress(2, 3)
    foreign = sum(not {p.payer.account, p.payee.account} & own for p in statement.papers)
    recognise(session, kept.id)
    return Loaded(kept, new, len(mine) - new, foreign, tuple(statement.unknown))


def outcome_in_words(loaded: Loaded) -> str:
    """What came, in words; Refused where all of it was here."""
    if not loaded.new and loaded.known:
        raise Refused(_("Every document of this file is loaded already."))
    words = [_("New documents: %(new)s, loaded before: %(known)s.", new=loaded.new, known=loaded.known)]
    if loaded.foreign:
        words.append(_("Of other accounts, left out: %(count)s.", count=loaded.foreign))
    if loaded.unknown_keys:
        words.append(_("Keys that the format does not have: %(keys)s.", keys=", ".join(loaded.unknown_keys[:10])))
    return " ".join(words)


def load_job(session: Session, job: Job, run: Run) -> Outcome:
    """A large file that was sent in the browser: `params` are its name, and whether totals that differ are known to."""
    content, confirmed = sent_file(job).content, job.params["confirmed"]
    loaded = load(session, content, job.params["name"], confirmed=confirmed, progress=run.progress)
    return Outcome({"told": outcome_in_words(loaded), "act": act_of(session)})


def read_statement(source: Path | bytes) -> Statement:
    try:
        with gate.opened(source, SLUG, LIMITS) as parts:
            return bank_statement.assembled(parts)
    except BadTable as bad:
        raise Refused(sentence(bad), field="file") from None


def _not_ours(accounts: list[str]) -> str:
    if not accounts:
        return str(_("The file names no account of ours."))
    told = _(
        "The file is of accounts that are not ours: %(accounts)s. Ours stand in “Our organisation”.",
        accounts=", ".join(accounts[:5]),
    )
    return str(told)


def mismatch_in_words(wrong: Mismatch) -> str:
    """A total that differs, in words."""
    said: dict[str, Any] = {"line": wrong.line, "account": wrong.account}
    said |= {"said": money(wrong.said), "counted": money(wrong.counted)}
    sentences = {
        "received": _("Line %(line)s: account %(account)s received %(said)s, its documents bring %(counted)s.", **said),
        "spent": _("Line %(line)s: account %(account)s spent %(said)s, its documents take %(counted)s.", **said),
        "closing": _("Line %(line)s: account %(account)s is left with %(said)s, not %(counted)s.", **said),
    }
    return str(sentences[wrong.what])


def lines_of(papers: Iterable[BankPaper], own: set[str], statement_id: int) -> Iterator[dict[str, Any]]:
    """The documents of our accounts as rows; the day is that on which the money moved."""
    for paper in papers:
        outgoing, incoming = paper.payer.account in own, paper.payee.account in own
        if not (outgoing or incoming):
            continue
        partner = paper.payee if outgoing else paper.payer
        between = outgoing and incoming
        yield {
            "statement_id": statement_id,
            "line": paper.line,
            "account": (paper.payer if outgoing else paper.payee).account,
            "incoming": not outgoing,
            "kind": paper.kind[:100],
            "number": paper.number[:50],
            "number_key": number_key(paper.number)[:50],
            "on": (paper.written_off if outgoing else paper.received) or paper.on,
            "amount": paper.amount,
            "partner_account": partner.account[:40],
            "inn": partner.inn[:20],
            "kpp": partner.kpp[:20],
            "partner": readable(partner.name)[:400],
            "purpose": readable(paper.purpose),
            "said": paper.said,
            "state": BankLineState.ASIDE if between else BankLineState.WAITING,
            "recognised_by": RecognisedBy.OWN if between else None,
        }


def _inserted(session: Session, rows: list[dict[str, Any]]) -> int:
    """How many of the rows no file brought before."""
    if not rows:
        return 0
    kept = session.scalars(insert(BankLine).on_conflict_do_nothing().returning(BankLine.id), rows).all()
    if len(kept) >= ANALYZED:
        session.execute(text("ANALYZE bank_line"))
    return len(kept)
