"""Participants of meetings by file: who takes part is added to the meeting that the line names."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
from app.domain.words import MeetingAnswer
from app.models.contacts import Contact, ContactParticipant
from app.services.exchange import TABLES, exporting
from tests.conftest import user_named
from tests.services.exchange.conftest import Imports, counts, wrong

HEAD = "Начало;Контрагент;Контактное лицо;Сотрудник"


def world(imports: Imports) -> None:
    """A client of Anna with two meetings at one time, and a person of another client of hers."""
    counts(imports("counterparties", "code;name;manager", "К1;Мак;anna", "К2;Лютик;anna"))
    counts(imports("persons", "counterparty;last_name;first_name", "К1;Семёнов;Иван", "К2;Чижов;Олег"))
    meetings = ("К1;2026-12-01 10:00;meeting;Цены;anna", "К1;2026-12-01 10:00;meeting;Сроки;anna")
    counts(
        imports("contacts", "counterparty;starts_at;kind;subject;manager", *meetings, "К2;2026-12-02 11:00;call;;anna")
    )


def taking_part(session: Session) -> dict[str, list[str]]:
    rows = session.scalars(select(ContactParticipant).order_by(ContactParticipant.id)).all()
    return {
        subject: [str(one) for one in rows if one.contact.subject == subject]
        for subject in {one.contact.subject for one in rows}
    }


def test_participants_come_in_by_file_and_go_out_so_that_it_comes_in_again(imports: Imports, session: Session) -> None:
    world(imports)
    lines = (
        "01.12.2026 10:00 цены;К1;семенов иван;",
        "01.12.2026 10:00 Цены;К1;Чижов Олег (К2);",
        "2026-12-01 10:00:00 Сроки;К1;;Борис Ёлкин",
        "02.12.2026 11:00;Лютик;;vera",
    )
    assert counts(imports("participants", HEAD, *lines)) == (4, 0, 0)
    assert taking_part(session) == {
        "Цены": ["Семёнов Иван", "Чижов Олег"],
        "Сроки": ["Борис Ёлкин"],
        "": ["Вера Орлова"],
    }
    header, *rows = exporting.export_rows(session, TABLES["participants"], exporting.PLAIN)
    assert [row[0] for row in rows] == ["01.12.2026 10:00 Цены"] * 2 + ["01.12.2026 10:00 Сроки", "02.12.2026 11:00"]
    again = [";".join(str(value or "") for value in row) for row in (header, *rows)]
    assert counts(imports("participants", *again)) == (0, 0, 4)


def test_what_participants_answered_goes_out_and_comes_in_again(imports: Imports, session: Session) -> None:
    world(imports)
    counts(imports("participants", HEAD, "02.12.2026 11:00;К2;Чижов Олег;", "02.12.2026 11:00;К2;;vera"))
    for one, says in zip(session.scalars(select(ContactParticipant)), MeetingAnswer, strict=False):
        one.answer, one.answered_at = says, datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC)
    session.flush()
    header, *rows = exporting.export_rows(session, TABLES["participants"], exporting.PLAIN)
    again = [";".join(str(value or "") for value in row) for row in (header, *rows)]
    assert counts(imports("participants", *again)) == (0, 0, 2)
    before = answers(session)
    session.execute(delete(ContactParticipant))
    assert counts(imports("participants", *again)) == (2, 0, 0)
    assert answers(session) == before


def test_an_answer_and_its_moment_stand_together(imports: Imports, session: Session) -> None:
    world(imports)
    line = "02.12.2026 11:00;К2;Чижов Олег;"
    told = "2026-03-01 09:05"
    head = f"{HEAD};Ответ;Время ответа"
    assert wrong(imports("participants", head, f"{line};придет;")) == [(2, "answered_at")]
    assert wrong(imports("participants", head, f"{line};;{told}")) == [(2, "answer")]
    assert wrong(imports("participants", f"{HEAD};Ответ", f"{line};придет")) == [(2, "answer")]
    assert wrong(imports("participants", head, f"{line};придет;2999-01-01 10:00")) == [(2, "answered_at")]
    assert wrong(imports("participants", head, f"{line};никогда;{told}")) == [(2, "answer")]
    assert counts(imports("participants", head, f"{line};НЕ ПРИДЕТ;{told}")) == (1, 0, 0)
    assert counts(imports("participants", f"{HEAD};Ответ", f"{line};may come")) == (0, 1, 0)
    assert [says for _who, says, _at in answers(session)] == [MeetingAnswer.TENTATIVE]


def answers(session: Session) -> list[tuple[str, MeetingAnswer | None, datetime | None]]:
    session.expire_all()
    rows = session.scalars(select(ContactParticipant).order_by(ContactParticipant.id))
    return [(str(row), row.answer, row.answered_at) for row in rows]


def test_a_file_with_a_wrong_line_says_which_and_changes_nothing(imports: Imports, session: Session) -> None:
    world(imports)
    lines = (
        "02.12.2026 11:00;К2;Чижов Олег;",
        "01.12.2026 10:00;К1;Семёнов Иван;",  # which of the two
        "01.12.2026 12:00;К1;Семёнов Иван;",
        "02.12.2026 11:00;К2;;",
        "02.12.2026 11:00;К2;Чижов Олег;anna",
        "02.12.2026 11:00;К2;Никто;",
        "завтра;К2;;anna",
    )
    told = wrong(imports("participants", HEAD, *lines))
    assert {(3, "meeting"), (4, "meeting"), (5, "meeting"), (6, "meeting"), (7, "person"), (8, "meeting")} <= {*told}
    assert 2 not in {line for line, _field in told}
    assert session.scalars(select(ContactParticipant)).all() == []


def test_nobody_adds_participants_to_meetings_that_he_does_not_see(imports: Imports, session: Session) -> None:
    world(imports)
    session.info["viewer"] = Viewer.of(user_named(session, "boris").id, {Sees.OWN})
    try:
        told = wrong(imports("participants", HEAD, "02.12.2026 11:00;К2;;boris"))
    finally:
        session.info.pop("viewer")
    assert told
    assert session.scalars(select(Contact).where(Contact.participants.any())).all() == []
