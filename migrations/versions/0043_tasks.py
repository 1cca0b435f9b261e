"""Tasks, the moves of their days, and reminders of them."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

OPEN = "done_on IS NULL AND cancelled_on IS NULL"
AUTHOR = "nullif(current_setting('vizavi.user', true), '')::int"
REASON = "coalesce(current_setting('vizavi.reason', true), '')"
MOVED = f"""
    CREATE FUNCTION task_move_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('vizavi.undoing', true) = 'on' THEN RETURN NULL; END IF;
        INSERT INTO task_move (task_id, was_on, now_on, by_id, reason)
        VALUES (NEW.id, OLD.due_on, NEW.due_on, {AUTHOR}, {REASON});
        RETURN NULL;
    END $$"""
MINUTES = """
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
OF_A_TASK = f"""
        ELSIF NEW.task_id IS NOT NULL THEN
            SELECT due_on, {OPEN} INTO day, going FROM task WHERE id = NEW.task_id;"""


def kept(of_a_task: str) -> str:
    """What a reminder is about, when that is and whether it is still to happen, as 0035 has it, or of tasks too."""
    return f"""
    CREATE OR REPLACE FUNCTION reminder_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        happens timestamptz;
        day date;
        going boolean;
    BEGIN
        IF NEW.contact_id IS NOT NULL THEN
            SELECT starts_at, state = 'planned' INTO happens, going FROM contact WHERE id = NEW.contact_id;{of_a_task}
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
        happens := coalesce(happens, (day + time '09:00') AT TIME ZONE NEW.zone);{MINUTES}"""


# It goes to whoever does the task now.
FOLLOW = """
    CREATE FUNCTION reminders_follow_task() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE reminder SET user_id = CASE WHEN user_id = OLD.executor_id THEN NEW.executor_id ELSE user_id END
        WHERE task_id = NEW.id;
        RETURN NULL;
    END $$"""
FOLLOWED = ("{}.executor_id", "{}.due_on", "{}.done_on", "{}.cancelled_on")
HAPPENING = (
    "CASE happening WHEN 'start' THEN contact_id WHEN 'ship' THEN order_id WHEN 'receive' THEN supplier_order_id "
    "{}ELSE coalesce(order_id, supplier_order_id) END IS NOT NULL"
)
REFERS = (
    ("author_id", "ab_user", None),
    ("executor_id", "ab_user", None),
    ("counterparty_id", "counterparty", None),
    ("order_id", "buyer_order", "SET NULL"),
    ("supplier_order_id", "supplier_order", "SET NULL"),
    ("contact_id", "contact", "SET NULL"),
)


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("executor_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("importance", sa.String(length=20), server_default="normal", nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("counterparty_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("supplier_order_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("spent_minutes", sa.Integer(), nullable=True),
        sa.Column("result", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("text <> ''", name=op.f("ck_task_text")),
        sa.CheckConstraint("done_on IS NULL OR cancelled_on IS NULL", name=op.f("ck_task_one_end")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 60000", name=op.f("ck_task_minutes")),
        sa.CheckConstraint("spent_minutes BETWEEN 0 AND 60000", name=op.f("ck_task_spent_minutes")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_task_{column}_{table}"), ondelete=ondelete
            )
            for column, table, ondelete in REFERS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_changed_at", "task", ["changed_at"], postgresql_using="brin")
    op.create_index("ix_task_open", "task", ["executor_id", "due_on", "id"], postgresql_where=sa.text(OPEN))
    op.create_index("ix_task_open_all", "task", ["due_on", "id"], postgresql_where=sa.text(OPEN))
    for owner in ("executor_id", "author_id", "counterparty_id"):
        op.create_index(f"ix_task_{owner}_due_on", "task", [owner, "due_on", "id"])
    op.create_index("ix_task_due_on_id", "task", ["due_on", "id"])
    for owner in ("order_id", "contact_id"):
        where = sa.text(f"{owner} IS NOT NULL")
        op.create_index(f"ix_task_{owner}_due_on", "task", [owner, "due_on", "id"], postgresql_where=where)
    op.create_index(
        "ix_task_supplier_order_id",
        "task",
        ["supplier_order_id"],
        postgresql_where=sa.text("supplier_order_id IS NOT NULL"),
    )
    op.create_table(
        "task_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("was_on", sa.Date(), nullable=False),
        sa.Column("now_on", sa.Date(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_move_task_id_task"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["by_id"], ["ab_user.id"], name=op.f("fk_task_move_by_id_ab_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_move")),
    )
    op.create_index("ix_task_move_task_id_id", "task_move", ["task_id", "id"])
    op.create_index("ix_task_move_by_id", "task_move", ["by_id"], postgresql_where=sa.text("by_id IS NOT NULL"))
    op.execute("CREATE TRIGGER changed_at BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION keep_changed_at()")
    op.execute(MOVED)
    op.execute(
        "CREATE TRIGGER task_move_keep AFTER UPDATE OF due_on ON task FOR EACH ROW "
        "WHEN (OLD.due_on <> NEW.due_on AND NEW.done_on IS NULL AND NEW.cancelled_on IS NULL) "
        "EXECUTE FUNCTION task_move_keep()"
    )

    op.add_column("reminder", sa.Column("task_id", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_reminder_task_id_task"), "reminder", "task", ["task_id"], ["id"], ondelete="CASCADE")
    op.create_index("ix_reminder_task_id", "reminder", ["task_id"], postgresql_where=sa.text("task_id IS NOT NULL"))
    about("contact_id, order_id, supplier_order_id, task_id", "WHEN 'due' THEN task_id ")
    op.execute(kept(OF_A_TASK))
    op.execute(FOLLOW)
    old, new = (", ".join(part.format(side) for part in FOLLOWED) for side in ("OLD", "NEW"))
    op.execute(
        "CREATE TRIGGER reminders_follow AFTER UPDATE ON task FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION reminders_follow_task()"
    )


def about(columns: str, of_a_task: str) -> None:
    """What a reminder may be about."""
    for name, condition in (
        ("about_one", f"num_nonnulls({columns}) = 1"),
        ("happening", HAPPENING.format(of_a_task)),
    ):
        op.drop_constraint(op.f(f"ck_reminder_{name}"), "reminder", type_="check")
        op.create_check_constraint(op.f(f"ck_reminder_{name}"), "reminder", condition)


def downgrade() -> None:
    op.execute("DELETE FROM reminder WHERE task_id IS NOT NULL")
    op.execute(kept(""))
    about("contact_id, order_id, supplier_order_id", "")
    op.drop_column("reminder", "task_id")
    op.drop_table("task_move")
    op.drop_table("task")
    op.execute("DROP FUNCTION reminders_follow_task(), task_move_keep()")
