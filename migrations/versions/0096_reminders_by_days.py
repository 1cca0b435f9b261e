"""A reminder by whole days rings at the same hour also across a change of clocks; those that are there stay."""

from alembic import op

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None

BY_HOURS = "happens - make_interval(mins => NEW.minutes_before)"
BY_DAYS = """(happens AT TIME ZONE NEW.zone - make_interval(days => NEW.minutes_before / 1440)) AT TIME ZONE NEW.zone
                - make_interval(mins => NEW.minutes_before % 1440)"""


def kept(due: str) -> str:
    """What a reminder is about, when that is and whether it is still to happen, as 0094 has it."""
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
                NEW.minutes_before IS NULL
                    OR CASE NEW.happening WHEN 'receive' THEN rest_quantity ELSE unpaid_amount END > 0
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
    op.execute(kept(BY_DAYS))


def downgrade() -> None:
    op.execute(kept(BY_HOURS))
