"""Additional managers: who works with a counterparty besides its responsible."""

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

TABLE = "additional_manager"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False),
        sa.UniqueConstraint("counterparty_id", "user_id", name=op.f(f"uq_{TABLE}_counterparty_id_user_id")),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f(f"fk_{TABLE}_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f(f"fk_{TABLE}_user_id_ab_user"), ondelete="CASCADE"
        ),
    )
    op.create_index(f"ix_{TABLE}_user_id", TABLE, ["user_id", "counterparty_id"])
    # The responsible is no additional one as well. The lock lets nobody hand the client over meanwhile.
    op.execute(f"""
        CREATE FUNCTION {TABLE}_not_main() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE main int;
        BEGIN
            IF current_setting('vizavi.undoing', true) = 'on' THEN RETURN NEW; END IF;
            SELECT manager_id INTO main FROM counterparty WHERE id = NEW.counterparty_id FOR NO KEY UPDATE;
            IF main = NEW.user_id THEN
                RAISE EXCEPTION 'the responsible manager' USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'ck_{TABLE}_not_main', TABLE = '{TABLE}';
            END IF;
            RETURN NEW;
        END $$""")
    op.execute(
        f"CREATE TRIGGER {TABLE}_not_main BEFORE INSERT OR UPDATE OF counterparty_id, user_id ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_not_main()"
    )
    # Programs that follow a client hear of it.
    op.execute(f"""
        CREATE FUNCTION {TABLE}_followed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE counterparty SET changed_at = clock_timestamp()
            WHERE id IN (SELECT counterparty_id FROM changed);
            RETURN NULL;
        END $$""")
    for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER {TABLE}_followed_{event.lower()} AFTER {event} ON {TABLE} "
            f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_followed()"
        )
    op.execute(f"""
        CREATE FUNCTION {TABLE}_becomes_main() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM {TABLE} WHERE counterparty_id = NEW.id AND user_id = NEW.manager_id;
            RETURN NULL;
        END $$""")
    op.execute(
        f"CREATE TRIGGER {TABLE}_becomes_main AFTER UPDATE OF manager_id ON counterparty FOR EACH ROW "
        "WHEN (OLD.manager_id IS DISTINCT FROM NEW.manager_id AND NEW.manager_id IS NOT NULL) "
        f"EXECUTE FUNCTION {TABLE}_becomes_main()"
    )


def downgrade() -> None:
    op.execute(f"DROP TRIGGER {TABLE}_becomes_main ON counterparty")
    op.drop_table(TABLE)
    for function in ("becomes_main", "followed", "not_main"):
        op.execute(f"DROP FUNCTION {TABLE}_{function}()")
