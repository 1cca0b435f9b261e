"""Reminders follow their event by a plan that a connection keeps: an import moves thousands of orders."""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

COLUMNS = ("contact_id", "order_id", "supplier_order_id")
CHANGE = "UPDATE reminder SET user_id = CASE WHEN user_id = {was} THEN coalesce({now}, {was}) ELSE user_id END WHERE"
KEPT = CHANGE.format(was="OLD.manager_id", now="NEW.manager_id")
PLANNED = (
    "CREATE OR REPLACE FUNCTION reminders_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NULL; END $$"
)
ANEW = f"EXECUTE format('{CHANGE.format(was='$2', now='$3')} %I = $1', TG_ARGV[0]) USING NEW.id, OLD.manager_id, NEW.manager_id;"


def upgrade() -> None:
    op.execute(
        PLANNED.format(" ".join(f"IF TG_ARGV[0] = '{name}' THEN {KEPT} {name} = NEW.id; END IF;" for name in COLUMNS))
    )


def downgrade() -> None:
    op.execute(PLANNED.format(ANEW))
