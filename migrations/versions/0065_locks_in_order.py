"""Triggers that write many clients at once take them in the order of their numbers, so that two never wait in a ring."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

DEBTS = [
    f"client_debt_after_{table}_{event}"
    for table in ("shipment", "payment")
    for event in ("insert", "update", "delete")
]
# An UPDATE takes rows as its join finds them; an INSERT that meets them takes them as they are sorted.
DEBT = (
    (
        "UPDATE client_figure kept SET debt = kept.debt + moved.change\n        FROM (",
        "INSERT INTO client_figure AS kept (counterparty_id, debt)",
    ),
    (
        ") moved\n        WHERE kept.counterparty_id = moved.counterparty_id;",
        "ON CONFLICT (counterparty_id) DO UPDATE SET debt = kept.debt + excluded.debt;",
    ),
)
CARDS = ["manager_record_to_card", "source_record_to_card"]
LOCK = (
    "UPDATE counterparty",
    "PERFORM 1 FROM counterparty WHERE id IN (SELECT counterparty_id FROM written) ORDER BY id FOR NO KEY UPDATE;\n"
    "            UPDATE counterparty",
)


def upgrade() -> None:
    for name in DEBTS:
        change(name, *DEBT)
    for name in CARDS:
        change(name, LOCK)


def downgrade() -> None:
    for name in DEBTS:
        change(name, *((new, old) for old, new in DEBT))
    for name in CARDS:
        change(name, LOCK[::-1])


def change(function: str, *pairs: tuple[str, str]) -> None:
    bind = op.get_bind()
    body = bind.scalar(sa.text(f"SELECT pg_get_functiondef('{function}'::regproc)"))
    for old, new in pairs:
        assert old in body, (function, old)
        body = body.replace(old, new)
    bind.exec_driver_sql(body)
