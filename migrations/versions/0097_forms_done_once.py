"""A form that is sent twice is done once: the act of its change keeps its key."""

from alembic import op

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None


def act_now(columns: str, values: str) -> str:
    """The act of this transaction, begun by its first change, as 0023 has it."""
    return f"""
        CREATE OR REPLACE FUNCTION journal_act_now() RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE act text := current_setting('vizavi.act', true);
        BEGIN
            IF coalesce(act, '') = '' THEN
                INSERT INTO journal_act (by_id, verb{columns})
                VALUES (
                    nullif(current_setting('vizavi.user', true), '')::int,
                    left(coalesce(current_setting('vizavi.verb', true), ''), 100){values}
                )
                RETURNING id INTO act;
                PERFORM set_config('vizavi.act', act, true);
            END IF;
            RETURN act;
        END $$"""


def upgrade() -> None:
    op.execute(
        act_now(", once", ",\n                    decode(nullif(current_setting('vizavi.once', true), ''), 'hex')")
    )


def downgrade() -> None:
    op.execute(act_now("", ""))
