"""When a client was and will be talked to follows from the new contact alone; a change of anything else asks nothing."""

from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

# As those who take contacts away lock: what one of them looks for is not what another is about to write.
FROM_THE_NEW = """
    CREATE OR REPLACE FUNCTION client_contacts_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM client_figure WHERE counterparty_id IN (SELECT counterparty_id FROM came)
            ORDER BY counterparty_id FOR UPDATE;
        UPDATE client_figure kept
        SET last_contact_at = greatest(kept.last_contact_at, fresh.last),
            next_contact_at = least(kept.next_contact_at, fresh.next)
        FROM (
            SELECT counterparty_id, max(starts_at) FILTER (WHERE state = 'done') AS last,
                min(starts_at) FILTER (WHERE state = 'planned') AS next
            FROM came GROUP BY 1
        ) fresh
        WHERE kept.counterparty_id = fresh.counterparty_id
            AND (fresh.last > kept.last_contact_at OR fresh.next < kept.next_contact_at);
        RETURN NULL;
    END $$"""
FROM_ALL = """
    CREATE OR REPLACE FUNCTION client_contacts_after_{operation}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        clients integer[];
    BEGIN
        SELECT array_agg(DISTINCT counterparty_id) INTO clients
        FROM ({moved}) rows WHERE counterparty_id IS NOT NULL;
        IF clients IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM 1 FROM client_figure WHERE counterparty_id = ANY(clients) ORDER BY counterparty_id FOR UPDATE;
        UPDATE client_figure kept SET last_contact_at = fresh.last, next_contact_at = fresh.next
        FROM (
            SELECT client,
                coalesce((SELECT starts_at FROM contact WHERE counterparty_id = client AND state = 'done'
                          ORDER BY starts_at DESC LIMIT 1), '-infinity') AS last,
                coalesce((SELECT starts_at FROM contact WHERE counterparty_id = client AND state = 'planned'
                          ORDER BY starts_at LIMIT 1), 'infinity') AS next
            FROM unnest(clients) client
        ) fresh
        WHERE kept.counterparty_id = fresh.client
            AND (kept.last_contact_at, kept.next_contact_at) IS DISTINCT FROM (fresh.last, fresh.next);
        RETURN NULL;
    END $$"""
TIMES = "SELECT counterparty_id, state, starts_at FROM"
MOVED = f"({TIMES} came EXCEPT {TIMES} went) UNION ALL ({TIMES} went EXCEPT {TIMES} came)"
# As they were in 0027.
CAME, BOTH = "SELECT *, 1 AS sign FROM came", "SELECT *, 1 AS sign FROM came UNION ALL SELECT *, -1 AS sign FROM went"


def upgrade() -> None:
    op.execute(FROM_THE_NEW)
    op.execute(FROM_ALL.format(operation="update", moved=MOVED))


def downgrade() -> None:
    op.execute(FROM_ALL.format(operation="insert", moved=CAME))
    op.execute(FROM_ALL.format(operation="update", moved=BOTH))
