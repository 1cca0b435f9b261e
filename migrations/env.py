"""Alembic's side of `flask db`: the application's engine and the metadata that FAB and we share."""

from typing import Any

from alembic import context

from app.extensions import db
from app.models import journal


def of_models(name: str | None, kind: str, _parents: Any) -> bool:
    """The months of the journal come and go by the clock."""
    return not (kind == "table" and name and name.startswith("journal_change_"))


def run() -> None:
    with db.engine.connect() as connection:
        # One migration at a time, whoever else starts.
        connection.exec_driver_sql("SELECT pg_advisory_lock(7426103)")
        connection.exec_driver_sql("SET vizavi.verb = 'filling'")  # no change of anybody
        connection.commit()
        try:
            context.configure(
                connection=connection, target_metadata=db.metadata, compare_type=True, include_name=of_models
            )
            with context.begin_transaction():
                context.run_migrations()
                if context.get_context().get_current_revision() == context.get_head_revision():
                    journal.watch(connection)
        finally:
            connection.exec_driver_sql("RESET vizavi.verb")
            connection.exec_driver_sql("SELECT pg_advisory_unlock(7426103)")


if context.is_offline_mode():
    raise SystemExit("migrations are run on a live database only")
run()
