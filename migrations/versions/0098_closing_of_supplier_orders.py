"""Orders to suppliers are closed with a reason: what came of them stays owed, of the rest nothing is awaited.

Programs follow their changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ORDER, CLOSING = "supplier_order", "supplier_order_closing"
DUE = "CASE WHEN closed_on IS NULL THEN greatest(amount, received_amount) ELSE received_amount END"
TO_PAY = {
    "ix_supplier_order_to_pay": (["manager_id", "pay_by", "id"], ["counterparty_id", "number"]),
    "ix_supplier_order_to_pay_all": (["pay_by", "id"], ["manager_id", "counterparty_id", "number"]),
}
REASONS, OTHER = ("Отказ поставщика", "Сорван срок поставки"), "Прочее"
# Of an order to a supplier, what its reminders look at.
FOLLOWED = ("manager_id", "receive_on", "pay_by", "rest_quantity > 0", "unpaid_amount > 0")
LEFT = "CASE NEW.happening WHEN 'receive' THEN rest_quantity ELSE unpaid_amount END > 0"
AWAITED = f"NEW.minutes_before IS NULL OR {LEFT}"  # at a time that was chosen whatever has come and is paid
OWED_TOO = f"CASE WHEN closed_on IS NULL THEN {AWAITED} ELSE NEW.happening = 'pay' AND unpaid_amount > 0 END"


def kept(going_of_a_supply: str) -> str:
    """What a reminder is about, when that is and whether it is still to happen, as 0096 has it."""
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
                {going_of_a_supply}
            INTO day, going FROM supplier_order WHERE id = NEW.supplier_order_id;
        END IF;
        happens := coalesce(happens, (day + time '09:00') AT TIME ZONE NEW.zone);
        IF NEW.minutes_before IS NOT NULL AND NOT NEW.snoozed AND happens IS NOT NULL THEN
            NEW.due_at :=
                (happens AT TIME ZONE NEW.zone - make_interval(days => NEW.minutes_before / 1440)) AT TIME ZONE NEW.zone
                - make_interval(mins => NEW.minutes_before % 1440);
            IF TG_OP = 'UPDATE' AND happens > OLD.happens_at THEN
                NEW.done_at := NULL;
            END IF;
        END IF;
        NEW.happens_at := happens;
        NEW.changed_at := clock_timestamp();
        NEW.is_live := coalesce(going, false);
        RETURN NEW;
    END $$"""


def follow(*parts: str) -> None:
    """Reminders look again when one of these is another one."""
    old, new = (", ".join(f"{side}.{part}" for part in parts) for side in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER reminders_follow AFTER UPDATE ON {ORDER} FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION reminders_follow('supplier_order_id')"
    )


def computed(name: str, expression: str) -> None:
    kept_so = sa.Computed(expression, persisted=True)
    op.add_column(ORDER, sa.Column(name, sa.Numeric(15, 2), kept_so, nullable=False))


def left_to_pay(expression: str) -> None:
    """Its indexes go and come with it."""
    op.drop_column(ORDER, "unpaid_amount")
    computed("unpaid_amount", expression)
    for name, (columns, beside) in TO_PAY.items():
        where = sa.text("unpaid_amount > 0")
        op.create_index(name, ORDER, columns, postgresql_include=beside, postgresql_where=where)


def upgrade() -> None:
    op.create_table(
        CLOSING,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(50), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reason_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        *(
            sa.Column(name, sa.Numeric(15, 2), nullable=False)
            for name in ("closing_amount", "unpaid_amount", "order_amount")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f(f"fk_{CLOSING}_by_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["order_id"], [f"{ORDER}.id"], name=op.f(f"fk_{CLOSING}_order_id_{ORDER}"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["closing_reason.id"], name=op.f(f"fk_{CLOSING}_reason_id_closing_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{CLOSING}")),
        sa.UniqueConstraint("order_id", name=op.f(f"uq_{CLOSING}_order_id")),
    )
    for name, columns in {
        "by_id": ["by_id"],
        "number": ["number"],
        "on_date_id": ["on_date", "id"],
        "reason_id": ["reason_id"],
    }.items():
        op.create_index(f"ix_{CLOSING}_{name}", CLOSING, columns)
    op.execute(f"DROP TRIGGER reminders_follow ON {ORDER}")
    op.add_column(ORDER, sa.Column("received_amount", sa.Numeric(15, 2), server_default="0", nullable=False))
    op.add_column(ORDER, sa.Column("closed_on", sa.Date(), nullable=True))
    op.execute(
        f"UPDATE {ORDER} SET received_amount = came.amount FROM (SELECT order_id, sum(amount) AS amount FROM receipt "
        f"WHERE reversed_on IS NULL GROUP BY order_id) came WHERE came.order_id = {ORDER}.id"
    )
    op.add_column(ORDER, sa.Column("changed_at", MOMENT, server_default=sa.text("now()"), nullable=False))
    op.alter_column(ORDER, "changed_at", server_default=sa.text("clock_timestamp()"))
    op.create_index(f"ix_{ORDER}_changed_at", ORDER, ["changed_at"], postgresql_using="brin")
    op.execute(f"CREATE TRIGGER changed_at BEFORE UPDATE ON {ORDER} FOR EACH ROW EXECUTE FUNCTION keep_changed_at()")
    computed("due_amount", DUE)
    left_to_pay(f"{DUE} - paid_amount")
    follow(*FOLLOWED, "closed_on")
    op.execute(kept(OWED_TOO))
    # Where more came than was ordered, more is owed from now on.
    more = f"SELECT id FROM {ORDER} WHERE received_amount > amount"
    op.execute(f"UPDATE reminder SET happening = happening WHERE supplier_order_id IN ({more})")
    # They stand before «Прочее», which has the place 8 until now.
    op.execute(f"UPDATE closing_reason SET position = {8 + len(REASONS)} WHERE (name, position) = ('{OTHER}', 8)")
    reasons = ", ".join(f"('{name}', {place})" for place, name in enumerate(REASONS, 8))
    op.execute(f"INSERT INTO closing_reason (name, position) VALUES {reasons} ON CONFLICT DO NOTHING")


def downgrade() -> None:
    """Reasons stay: orders of buyers may have them."""
    for trigger in ("reminders_follow", "changed_at"):
        op.execute(f"DROP TRIGGER {trigger} ON {ORDER}")
    op.drop_column(ORDER, "changed_at")
    op.drop_column(ORDER, "due_amount")
    left_to_pay("amount - paid_amount")
    op.drop_column(ORDER, "closed_on")
    op.drop_column(ORDER, "received_amount")
    op.drop_table(CLOSING)
    follow(*FOLLOWED)
    op.execute(kept(AWAITED))
