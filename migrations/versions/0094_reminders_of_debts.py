"""What is owed for a closed order is still reminded of; reminders that are there stay as they are."""

from alembic import op

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None

OPEN_ALONE = """closed_on IS NULL AND (NEW.minutes_before IS NULL
                    OR CASE NEW.happening WHEN 'ship' THEN rest_quantity ELSE unpaid_amount END > 0)"""
# At a time that was chosen an open order is reminded of even when it is shipped or paid.
OWED_TOO = """CASE WHEN closed_on IS NULL THEN NEW.minutes_before IS NULL
                    OR CASE NEW.happening WHEN 'ship' THEN rest_quantity ELSE unpaid_amount END > 0
                ELSE NEW.happening = 'pay' AND unpaid_amount > 0 END"""


def kept(going_of_an_order: str) -> str:
    """What a reminder is about, when that is and whether it is still to happen, as 0043 has it."""
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
                {going_of_an_order}
            INTO day, going FROM buyer_order WHERE id = NEW.order_id;
        ELSE
            SELECT CASE NEW.happening WHEN 'receive' THEN receive_on ELSE pay_by END,
                NEW.minutes_before IS NULL
                    OR CASE NEW.happening WHEN 'receive' THEN rest_quantity ELSE unpaid_amount END > 0
            INTO day, going FROM supplier_order WHERE id = NEW.supplier_order_id;
        END IF;
        happens := coalesce(happens, (day + time '09:00') AT TIME ZONE NEW.zone);
        IF NEW.minutes_before IS NOT NULL AND NOT NEW.snoozed AND happens IS NOT NULL THEN
            NEW.due_at := happens - make_interval(mins => NEW.minutes_before);
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
    op.execute(kept(OWED_TOO))


def downgrade() -> None:
    op.execute(kept(OPEN_ALONE))
