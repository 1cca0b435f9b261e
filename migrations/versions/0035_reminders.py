"""Reminders, and the triggers that move them with what they are about."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

# What it is about, when that is and whether it is still to happen; a time moved on rings again.
# At a time that was chosen an order is reminded of even when it is shipped or paid.
KEPT = """
    CREATE FUNCTION reminder_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        happens timestamptz;
        day date;
        going boolean;
    BEGIN
        IF NEW.contact_id IS NOT NULL THEN
            SELECT starts_at, state = 'planned' INTO happens, going FROM contact WHERE id = NEW.contact_id;
        ELSIF NEW.order_id IS NOT NULL THEN
            SELECT CASE NEW.happening WHEN 'ship' THEN ship_on ELSE pay_by END,
                closed_on IS NULL AND (NEW.minutes_before IS NULL
                    OR CASE NEW.happening WHEN 'ship' THEN rest_quantity ELSE unpaid_amount END > 0)
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
# It goes to whoever is responsible now.
FOLLOW = """
    CREATE FUNCTION reminders_follow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format(
            'UPDATE reminder SET user_id = CASE WHEN user_id = $2 THEN coalesce($3, $2) ELSE user_id END WHERE %I = $1',
            TG_ARGV[0]
        ) USING NEW.id, OLD.manager_id, NEW.manager_id;
        RETURN NULL;
    END $$"""
ABOUT = {
    "contact": ("contact_id", ("{}.manager_id", "{}.starts_at", "{}.state")),
    "buyer_order": (
        "order_id",
        ("{}.manager_id", "{}.ship_on", "{}.pay_by", "{}.closed_on", "{}.rest_quantity > 0", "{}.unpaid_amount > 0"),
    ),
    "supplier_order": (
        "supplier_order_id",
        ("{}.manager_id", "{}.receive_on", "{}.pay_by", "{}.rest_quantity > 0", "{}.unpaid_amount > 0"),
    ),
}


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("supplier_order_id", sa.Integer(), nullable=True),
        sa.Column("happening", sa.String(length=20), server_default="start", nullable=False),
        sa.Column("minutes_before", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snoozed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text", sa.String(length=200), server_default="", nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("happens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "num_nonnulls(contact_id, order_id, supplier_order_id) = 1", name=op.f("ck_reminder_about_one")
        ),
        sa.CheckConstraint("minutes_before >= 0", name=op.f("ck_reminder_minutes_before")),
        sa.CheckConstraint(
            "CASE happening WHEN 'start' THEN contact_id WHEN 'ship' THEN order_id WHEN 'receive' THEN supplier_order_id "
            "ELSE coalesce(order_id, supplier_order_id) END IS NOT NULL",
            name=op.f("ck_reminder_happening"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_reminder_{column}_{table}"), ondelete="CASCADE"
            )
            for column, table in (
                ("user_id", "ab_user"),
                ("contact_id", "contact"),
                ("order_id", "buyer_order"),
                ("supplier_order_id", "supplier_order"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
    )
    op.create_index(
        "ix_reminder_ringing",
        "reminder",
        ["user_id", "due_at", "id"],
        postgresql_where=sa.text("is_live AND done_at IS NULL"),
    )
    op.create_index("ix_reminder_changed_at", "reminder", ["changed_at"], postgresql_using="brin")
    op.execute(KEPT)
    op.execute(
        "CREATE TRIGGER reminder_kept BEFORE INSERT OR UPDATE ON reminder FOR EACH ROW EXECUTE FUNCTION reminder_kept()"
    )
    op.execute(FOLLOW)
    for table, (column, parts) in ABOUT.items():
        op.create_index(
            f"ix_reminder_{column}", "reminder", [column], postgresql_where=sa.text(f"{column} IS NOT NULL")
        )
        old, new = (", ".join(part.format(side) for part in parts) for side in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER reminders_follow AFTER UPDATE ON {table} FOR EACH ROW "
            f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION reminders_follow('{column}')"
        )
    op.add_column("user_profile", sa.Column("remind_before", sa.Integer(), nullable=True))
    op.add_column("user_profile", sa.Column("bell_sound", sa.Boolean(), server_default="true", nullable=False))


def downgrade() -> None:
    op.drop_column("user_profile", "bell_sound")
    op.drop_column("user_profile", "remind_before")
    for table in ABOUT:
        op.execute(f"DROP TRIGGER reminders_follow ON {table}")
    op.drop_table("reminder")
    op.execute("DROP FUNCTION reminders_follow(), reminder_kept()")
