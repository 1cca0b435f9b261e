"""A base of the first release becomes one of today with everything that was in it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import readiness
from app.domain.words import Measure
from app.extensions import db
from app.models.contacts import Contact
from app.models.counterparties import ContactPerson, Counterparty
from app.models.figures import ClientFigure
from app.models.orders import BuyerOrder
from app.services import backups
from app.services.sales import posting
from config import ROOT, Settings
from tests.bases import Bases
from tests.conftest import app_on

pytestmark = pytest.mark.slow
FIRST = ROOT / "tests" / "data" / "first-release.sql"
EMPTY = {"alembic_version", "ab_api_key", "ab_register_user"}  # of which the release had no rows


def counted() -> dict[str, int]:
    names = db.session.scalars(text(backups.TABLES)).all()
    return {name: db.session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


def killed(_session: Session) -> Iterator[int]:
    raise KeyboardInterrupt


@pytest.fixture(scope="module")
def old(bases: Bases, settings: Settings) -> Iterator[tuple[dict[str, int], Result]]:
    """How many rows each table had, and what `prepare`, which `make run` begins with, said.

    It is killed before it has posted what orders were paid, and run again.
    """
    address = bases.new("first")
    with psycopg.connect(address.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(FIRST.read_text(encoding="utf-8"))
    app = app_on(settings, address)  # pg_dump asks where the engine leads, so that it is not `moved`
    with app.app_context():
        had = counted()
        db.session.remove()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(posting, "settle_all", killed)
            said = app.test_cli_runner().invoke(args=["prepare"])
        assert said.exit_code != 0
        again = app.test_cli_runner().invoke(args=["prepare"])
        assert again.exit_code == 0, again.output
        yield had, said
        db.session.remove()
        db.engine.dispose()
    bases.let_go(address)


def test_a_copy_is_made_first_and_what_changes_is_said(old: tuple[dict[str, int], Result], settings: Settings) -> None:
    said = old[1]
    (copy,) = Path(settings.backup_dir or "").glob("before-upgrade-of-0001-*")
    assert str(copy) in said.output
    for change in readiness.changes_since("0001"):
        assert change in said.output
    assert db.session.scalar(text("SELECT version_num FROM alembic_version")) == readiness.head()


def test_every_row_is_there(old: tuple[dict[str, int], Result]) -> None:
    had = old[0]
    assert {name for name, rows in had.items() if not rows} <= EMPTY
    has = counted()
    assert {name: rows for name, rows in had.items() if has.get(name, 0) < rows} == {}


def test_figures_are_what_they_were(old: tuple[dict[str, int], Result]) -> None:
    session = db.session
    order = session.scalars(select(BuyerOrder).where(BuyerOrder.number == "З-1")).one()
    assert (order.amount, order.shipped_amount, order.returned_amount, order.paid_amount) == (1050, 1050, 105, 700)
    person = session.scalars(select(ContactPerson)).one()
    assert (person.name, str(person.birthday), person.counterparty.inn) == ("Иванов Пётр", "1980-05-12", "7707083893")
    assert {one.subject for one in session.scalars(select(Contact))} == {"Предложить гвозди", "Спросил цену"}
    debt = select(ClientFigure.debt).join(Counterparty, Counterparty.id == ClientFigure.counterparty_id)
    assert session.scalar(debt.where(Counterparty.code == "К-1")) == Decimal(245)
    assert session.scalar(text("SELECT abc FROM abc_record")) == "A"
    assert session.scalar(text("SELECT abc_measure FROM policy")) == Measure.REVENUE
    assert session.scalar(text("SELECT obj_description('payment'::regclass, 'pg_class')")) is None
