"""Webhooks, and what is told to them: written by triggers, in the transaction of the event."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

# Function: the table and the moment it is called at, the event, when it is one, and what is told.
TOLD = {
    "webhook_of_client": (
        "counterparty",
        "client.made",
        "true",
        "'id', added.id, 'code', added.code, 'name', added.name, 'inn', added.inn, 'manager', added.manager_id",
    ),
    "webhook_of_payment": (
        "payment",
        "payment.came",
        "added.amount > 0",
        "'id', added.id, 'number', added.number, 'date', added.date, 'amount', added.amount::text, "
        "'counterparty', added.counterparty_id, 'order', added.order_id",
    ),
    "webhook_of_class": (
        "abc_record",
        "class.moved",
        "added.abc IS DISTINCT FROM added.old",
        "'counterparty', added.counterparty_id, 'on', added.on_date, 'what', 'abc', 'was', added.old, 'now', added.abc",
    ),
    "webhook_of_stage": (
        "stage_record",
        "class.moved",
        "(added.stage, added.xyz) IS DISTINCT FROM (added.old_stage, added.old_xyz)",
        "'counterparty', added.counterparty_id, 'on', added.on_date, 'what', 'stage', "
        "'was', concat_ws(' ', added.old_stage, added.old_xyz), 'now', concat_ws(' ', added.stage, added.xyz)",
    ),
    "webhook_of_answer": (
        "letter",
        "letter.answered",
        "added.direction = 'in' AND added.kind = 'letter' AND added.in_reply_to <> '' AND EXISTS "
        "(SELECT FROM letter asked WHERE asked.message_id = added.in_reply_to AND asked.direction = 'out')",
        "'id', added.id, 'at', added.at, 'sender', added.sender, 'subject', added.subject, "
        "'answers', (SELECT asked.id FROM letter asked WHERE asked.message_id = added.in_reply_to)",
    ),
}
# Who has no webhook pays for one look at an empty table.
WRITE = """
    IF EXISTS (SELECT FROM webhook WHERE is_on AND '{event}' = ANY (events)) THEN
        INSERT INTO webhook_delivery (webhook_id, event, payload)
        SELECT webhook.id, '{event}', jsonb_build_object({told}) FROM webhook {rows}
        WHERE webhook.is_on AND '{event}' = ANY (webhook.events) AND {when};
    END IF;
    RETURN NULL;"""
DONE = (
    "'id', NEW.id, 'number', NEW.number, 'date', NEW.date, 'counterparty', NEW.counterparty_id, "
    "'amount', (NEW.amount + NEW.corrected_amount)::text, 'completed_on', NEW.completed_on"
)


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("events", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary()),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.UniqueConstraint("name", name=op.f("uq_webhook_name")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_by", sa.Uuid()),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("dead_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.String(300), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook"), ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["next_try_at", "id"],
        postgresql_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index("ix_webhook_delivery_webhook_id_id", "webhook_delivery", ["webhook_id", "id"])
    op.create_index("ix_webhook_delivery_made_at_id", "webhook_delivery", ["made_at", "id"])
    for function, (table, event, when, told) in TOLD.items():
        body = WRITE.format(event=event, told=told, rows="CROSS JOIN added", when=when)
        op.execute(f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} END$$")
        op.execute(
            f"CREATE TRIGGER {function} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    body = WRITE.format(event="order.done", told=DONE, rows="", when="true")
    op.execute(f"CREATE FUNCTION webhook_of_order() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} END$$")
    op.execute(
        "CREATE TRIGGER webhook_of_order AFTER UPDATE OF completed_on ON buyer_order FOR EACH ROW "
        "WHEN (OLD.completed_on IS NULL AND NEW.completed_on IS NOT NULL) EXECUTE FUNCTION webhook_of_order()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER webhook_of_order ON buyer_order")
    op.execute("DROP FUNCTION webhook_of_order()")
    for function, (table, *_) in TOLD.items():
        op.execute(f"DROP TRIGGER {function} ON {table}")
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
