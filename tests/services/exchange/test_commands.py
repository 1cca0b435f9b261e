"""The commands that exchange tables, as a script meets them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy import text as statement
from sqlalchemy.orm import Session

from app.extensions import db
from app.models.counterparties import ContactInfo, ContactPerson, Counterparty
from app.models.movements import Shipment
from app.models.orders import BuyerOrder
from app.models.products import Item
from app.services import exchange
from tests.bases import Bases
from tests.conftest import moved

pytestmark = pytest.mark.slow

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    return lambda *arguments: app.test_cli_runner().invoke(args=[str(a) for a in arguments])


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    path = tmp_path / "goods.csv"
    path.write_text("Код;Название\nA;Чай\nB;Кофе\n", encoding="windows-1251")
    return path


@pytest.mark.parametrize(
    "command",
    ["demo", "permissions", "users add ivan --role Admin", "classify abc", "backup to"],
)
def test_of_a_base_that_is_not_prepared_each_command_says_so_in_a_line(
    app: Flask, bases: Bases, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = bases.new("bare")
    with moved(app, address):
        done = app.test_cli_runner().invoke(args=command.split())
    bases.let_go(address)
    assert done.exit_code == 1
    assert "prepare" in done.output.splitlines()[-1]
    assert "Traceback" not in done.output


def test_import_prints_what_it_did(run: Run, goods: Path, session: Session) -> None:
    first, again = run("import", "items", goods), run("import", "items", goods)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout.splitlines()[:4] == ["created: 2", "updated: 0", "skipped: 0", "wrong: 0"]
    assert again.stdout.splitlines()[:4] == ["created: 0", "updated: 0", "skipped: 2", "wrong: 0"]
    assert session.scalar(select(func.count()).select_from(Item)) == 2


def test_a_dry_run_changes_nothing(run: Run, goods: Path, session: Session) -> None:
    assert "created: 2" in run("import", "items", goods, "--dry-run").stdout
    assert session.scalar(select(func.count()).select_from(Item)) == 0


def test_a_wrong_file_ends_with_2_names_its_lines_and_changes_nothing(
    run: Run, tmp_path: Path, session: Session
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,name,price\nA,tea,5\nB,tea,dear\n")
    result = run("import", "items", path)
    assert result.exit_code == 2
    assert "line 3, price:" in result.stdout
    assert len(result.stderr.splitlines()) == 1
    assert session.scalar(select(func.count()).select_from(Item)) == 0


def test_lines_that_cannot_be_put_aside_leave_the_others_out_too(run: Run, tmp_path: Path, session: Session) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,name,price\nA,tea,5\nB,tea,dear\n")
    (tmp_path / "a.csv.wrong.xlsx").mkdir()
    result = run("import", "items", path, "--skip-wrong")
    assert (result.exit_code, len(result.stderr.strip().splitlines())) == (2, 1)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Item)) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "birds", "{goods}"),
        ("import", "items", "/nowhere.csv"),
        ("import", "items", "{goods}", "--map", "code"),
        ("import", "items", "{goods}", "--map", "code=Нет"),
        ("import", "items", "{empty}"),
        ("export", "items", "-o", "/tmp/x.pdf"),
        ("export", "items", "-o", "{folder}/nowhere/x.csv"),
        ("export", "items", "-o", "{folder}/nowhere/x.xlsx"),
        ("real-data", "{folder}"),
    ],
)
def test_bad_input_is_one_line_and_2(run: Run, goods: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "empty.csv").touch()
    words = {"goods": goods, "empty": tmp_path / "empty.csv", "folder": tmp_path}
    result = run(*(argument.format(**words) for argument in arguments))
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1


def test_columns_are_named_by_map(run: Run, tmp_path: Path, session: Session) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Арт;Что;Название\nA;Чай;нет\n")
    assert run("import", "items", path, "--map", "code=Арт", "--map", "name=Что").exit_code == 0
    assert session.scalars(select(Item.name)).one() == "Чай"


def test_columns_are_remembered_and_people_are_chosen_by_line(run: Run, tmp_path: Path, session: Session) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Кто;Клиент\nЧижов;Птицы\nЩеглов;Птицы\n")
    told = ("--map", "last_name=Кто", "--map", "counterparty_name=Клиент", "--search", "last_name")
    assert "left: 1" in run("import", "outlook-csv", path, *told, "--row", "3=leave").stdout
    again = run("import", "outlook-csv", path, "--dry-run", "--new", "leave")
    assert "line 2: Чижов, found Чижов, Птицы: update" in again.stdout
    assert "line 3: Щеглов, new: leave" in again.stdout
    assert "as the last time" in again.stdout
    assert "as the last time" not in run("import", "outlook-csv", path, "--dry-run", "--guess").stdout
    assert run("import", "outlook-csv", path, "--row", "x=leave").exit_code == 2


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_export_writes_import_reads(run: Run, goods: Path, tmp_path: Path, ending: str) -> None:
    run("import", "items", goods)
    path = tmp_path / f"out.{ending}"
    assert run("export", "items", "-o", path).stdout == "rows: 2\n"
    assert "created: 0\nupdated: 0\nskipped: 2" in run("import", "items", path).stdout
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


NORTHWIND = {
    "customers": "customer_id,company_name,contact_name,contact_title,address,city,region,postal_code,country,"
    "phone,fax\n"
    "ALFKI,Alfreds Futterkiste,Maria Anders,Owner,Obere Str. 57,Berlin,,12209,Germany,030-0074321,030-0076545\n",
    "suppliers": "supplier_id,company_name,contact_name,contact_title,address,city,region,postal_code,country,"
    "phone,fax,homepage\n1,Exotic Liquids,Cher,Manager,49 Gilbert St.,London,,EC1,UK,(171) 555-2222,,\n",
    "categories": "category_id,category_name\n1,Beverages\n",
    "products": "product_id,product_name,category_id,quantity_per_unit,unit_price\n1,Chai,1,10 boxes x 30 bags,18\n",
    "orders": "order_id,customer_id,order_date,required_date,shipped_date\n"
    "10,ALFKI,1996-07-04,1996-08-01,1996-07-16\n11,ALFKI,1996-07-05,1996-08-02,\n",
    "order_details": "order_id,product_id,unit_price,quantity,discount\n10,1,9.99,3,0.15\n11,1,18,1,0\n",
}


def test_real_data_becomes_a_company_once(run: Run, tmp_path: Path, session: Session) -> None:
    for folder in ("northwind", "cdnow"):
        (tmp_path / folder).mkdir()
    for name, text in NORTHWIND.items():
        (tmp_path / "northwind" / f"{name}.csv").write_text(text)
    (tmp_path / "cdnow" / "CDNOW_master.txt").write_text(" 00001 20210101  3   10.00\r\n 00001 20210101  1    0.00\r\n")
    first, again = run("real-data", tmp_path), run("real-data", tmp_path)
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert all("created 0, updated 0" in line for line in again.stdout.splitlines()[:-1])
    sums: dict[str, Any] = dict(session.execute(select(Shipment.number, Shipment.amount)).all())
    assert {number: str(amount) for number, amount in sums.items()} == {
        "NW-10": "25.47",  # 9.99 less 15 % is 8.49
        "CDNOW-00001": "10.00",  # 3.33, 3.33 and 3.34
        "CDNOW-00002": "0.00",
    }
    orders = session.scalars(select(BuyerOrder).order_by(BuyerOrder.number)).all()
    assert [(o.ship_on and o.ship_on.isoformat(), o.pay_by and o.pay_by.isoformat()) for o in orders] == [
        ("1996-08-01", "1996-08-15"),
        ("1996-08-02", None),
    ]
    suppliers = select(Counterparty.name).where(Counterparty.is_supplier)
    assert session.scalars(suppliers).all() == ["Exotic Liquids"]
    assert {person.name for person in session.scalars(select(ContactPerson))} == {"Anders Maria", "Cher"}
    assert "+49300074321" in session.scalars(select(ContactInfo.phone)).all()


def test_a_base_that_goes_away_ends_the_command_with_one_line(committed: Flask, goods: Path) -> None:
    with (
        committed.app_context(),
        db.engine.connect() as keeper,
        db.engine.connect() as watcher,
        ThreadPoolExecutor() as pool,
    ):
        watcher = watcher.execution_options(isolation_level="AUTOCOMMIT")
        keeper.execute(select(func.pg_advisory_xact_lock(exchange.LOCK, func.hashtext("items"))))
        work = pool.submit(committed.test_cli_runner().invoke, args=["import", "items", str(goods)])
        waiting = statement(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()"
        )
        while not watcher.execute(waiting).all():
            assert not work.done(), work.result().output
        result = work.result()
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(Item)) == 0


@pytest.mark.parametrize("kind", ["orders", "shipments"])
def test_documents_greater_than_the_base_keeps_are_refused_at_their_line(
    run: Run, kind: str, tmp_path: Path, session: Session
) -> None:
    path = tmp_path / "big.csv"
    line = "A,2026-11-02,Ромашка,Чай,{quantity},{price}\n"
    for quantity, price in (("99999999", "9999999"), ("999999999999", "0")):
        path.write_text(
            "number,date,counterparty,item,quantity,price\n" + 2 * line.format(quantity=quantity, price=price)
        )
        refused = run("import", kind, path, "--make-unknown")
        assert refused.exit_code == 2
        assert "line 2, quantity: Документ слишком велик" in refused.stdout


def test_documents_that_together_are_too_great_are_refused(run: Run, tmp_path: Path, session: Session) -> None:
    path = tmp_path / "big.csv"
    lines = "".join(f"A{number},2026-11-02,Ромашка,Чай,1000,9000000000\n" for number in range(3))
    path.write_text(f"number,date,counterparty,item,quantity,price\n{lines}")
    refused = run("import", "shipments", path, "--make-unknown")
    assert refused.exit_code == 2
    assert "слишком велики" in refused.stderr
    assert session.scalar(select(func.count()).select_from(Shipment)) == 0
