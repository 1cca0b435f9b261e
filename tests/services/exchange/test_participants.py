"""Participants of meetings by file: who takes part is added to the meeting that the line names."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.viewer import Sees, Viewer
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
