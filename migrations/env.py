"""Alembic's side of `flask db`: the application's engine and the metadata that FAB and we share."""

from alembic import context
from flask import current_app

db = current_app.extensions["migrate"].db


def run() -> None:
    with db.engine.connect() as connection:
        # One migration at a time, whoever else starts.
        connection.exec_driver_sql("SELECT pg_advisory_lock(7426103)")
        connection.commit()
        try:
            context.configure(connection=connection, target_metadata=db.metadata, compare_type=True)
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.exec_driver_sql("SELECT pg_advisory_unlock(7426103)")


if context.is_offline_mode():
    raise SystemExit("migrations are run on a live database only")
run()
