"""A reminder less than a day before rings so many minutes before, in an hour that comes twice too.

By local time it was told of the second such hour, and rang an hour off.
"""

from alembic import op

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None

# By local time: whole days before are the same hour of another day.
BY_DAYS = "(happens AT TIME ZONE NEW.zone - make_interval(days => NEW.minutes_before / 1440)) AT TIME ZONE NEW.zone"
OWED = """CASE WHEN closed_on IS NULL THEN NEW.minutes_before IS NULL
                    OR CASE NEW.happening WHEN 'receive' THEN rest_quantity ELSE unpaid_amount END > 0
                ELSE NEW.happening = 'pay' AND unpaid_amount > 0 END"""


def kept(begins: str) -> str:
    """As 0098 has it; `begins`: from what the rest of a day is subtracted."""
    due = f"{begins} - make_interval(mins => NEW.minutes_before % 1440)"
    return f"""
    CREATE OR REPLACE FUNCTION reminder_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        happens timestamptz;
        day date;
        going boolean;
    BEGIN
        IF NEW.contact_id IS NOT NULL THEN
            SELECT starts_at, state = 'planned' INTO happens, going FROM contact WHERE id = NEW.contact_id;
        ELSIF NEW.task_id IS NOT NULL THEN
            SELECT due_on, done_on IS NULL AND cancelled_on IS NULL INTO day, going FROM task WHERE id = NEW.task_id;
        ELSIF NEW.order_id IS NOT NULL THEN
            SELECT CASE NEW.happening WHEN 'ship' THEN ship_on ELSE pay_by END,
                CASE WHEN closed_on IS NULL THEN NEW.minutes_before IS NULL
                    OR CASE NEW.happening WHEN 'ship' THEN rest_quantity ELSE unpaid_amount END > 0
                ELSE NEW.happening = 'pay' AND unpaid_amount > 0 END
            INTO day, going FROM buyer_order WHERE id = NEW.order_id;
        ELSE
            SELECT CASE NEW.happening WHEN 'receive' THEN receive_on ELSE pay_by END,
                {OWED}
            INTO day, going FROM supplier_order WHERE id = NEW.supplier_order_id;
        END IF;
        happens := coalesce(happens, (day + time '09:00') AT TIME ZONE NEW.zone);
        IF NEW.minutes_before IS NOT NULL AND NOT NEW.snoozed AND happens IS NOT NULL THEN
            NEW.due_at := {due};
            IF TG_OP = 'UPDATE' AND happens > OLD.happens_at THEN
                NEW.done_at := NULL;
            END IF;
        END IF;
        NEW.happens_at := happens;
        NEW.changed_at := clock_timestamp();
        NEW.is_live := coalesce(going, false);
        RETURN NEW;
    END $$"""


def upgrade() -> None:
    op.execute(kept(f"CASE WHEN NEW.minutes_before < 1440 THEN happens ELSE {BY_DAYS} END"))
    op.execute("""
        UPDATE reminder SET happening = happening WHERE is_live AND NOT snoozed AND minutes_before < 1440
        AND due_at <> happens_at - make_interval(mins => minutes_before)""")


def downgrade() -> None:
    op.execute(kept(BY_DAYS))
