"""One journal of every change: what an act is and where rows of changes go; the models say which tables write it."""

from datetime import UTC, datetime
from itertools import pairwise

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# While rows are put back as they were, what they had caused is put back too.
HISTORIES = (
    "manager_record_of_new", "manager_record_of_changed", "manager_record_to_card",
    "source_record_of_new", "source_record_of_changed", "source_record_to_card",
    "source_record_of_contact", "order_move_keep", "contact_move_keep",
)  # fmt: skip
UNDOING = " IF current_setting('vizavi.undoing', true) = 'on' THEN RETURN NULL; END IF;"


def upgrade() -> None:
    op.create_table(
        "journal_act",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(length=100), server_default="", nullable=False),
        sa.Column("undoes_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_act")),
    )
    op.create_index("ix_journal_act_by_id_id", "journal_act", ["by_id", "id"])
    op.create_index("ix_journal_act_at", "journal_act", ["at"], postgresql_using="brin")
    op.create_index(
        "ix_journal_act_undoes_id",
        "journal_act",
        ["undoes_id"],
        postgresql_where=sa.text("undoes_id IS NOT NULL"),
    )
    kinds = sa.Enum("insert", "update", "delete", name="changekind", native_enum=False, length=20)
    op.create_table(
        "journal_change",
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("what", kinds, nullable=False),
        sa.Column("old", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("act_id", "id", "at", name=op.f("pk_journal_change")),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index("ix_journal_change_row", "journal_change", ["table_name", "row_id", "act_id"])
    op.create_index(
        "ix_journal_change_owner",
        "journal_change",
        ["table_name", "owner_id", "act_id"],
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.execute("CREATE TABLE journal_change_rest PARTITION OF journal_change DEFAULT")
    first = datetime.now(UTC).replace(day=1)
    months = [(first.year + (first.month - 1 + ahead) // 12, (first.month - 1 + ahead) % 12 + 1) for ahead in range(4)]
    for (year, month), (next_year, next_month) in pairwise(months):
        op.execute(
            f"CREATE TABLE journal_change_{year}_{month:02} PARTITION OF journal_change "
            f"FOR VALUES FROM ('{year}-{month:02}-01 00:00+00') TO ('{next_year}-{next_month:02}-01 00:00+00')"
        )
    op.execute("""
        CREATE FUNCTION journal_act_now() RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE act text := current_setting('vizavi.act', true);
        BEGIN
            IF coalesce(act, '') = '' THEN
                INSERT INTO journal_act (by_id, verb)
                VALUES (
                    nullif(current_setting('vizavi.user', true), '')::int,
                    left(coalesce(current_setting('vizavi.verb', true), ''), 100)
                )
                RETURNING id INTO act;
                PERFORM set_config('vizavi.act', act, true);
            END IF;
            RETURN act;
        END $$""")
    for name in HISTORIES:
        change(name, "BEGIN", f"BEGIN{UNDOING}")
    op.add_column("policy", sa.Column("journal_months", sa.Integer(), server_default="36", nullable=False))
    op.create_check_constraint(op.f("ck_policy_journal_months"), "policy", "journal_months BETWEEN 1 AND 1200")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_policy_journal_months"), "policy", type_="check")
    op.drop_column("policy", "journal_months")
    for name in HISTORIES:
        change(name, UNDOING, "")
    functions = "SELECT proname FROM pg_proc WHERE proname LIKE 'journal\\_of\\_%' OR proname = 'journal_act_now'"
    for name in op.get_bind().scalars(sa.text(functions)).all():
        op.execute(f"DROP FUNCTION {name}() CASCADE")
    op.drop_table("journal_change")
    op.drop_table("journal_act")


def change(function: str, old: str, new: str) -> None:
    body = op.get_bind().scalar(sa.text("SELECT prosrc FROM pg_proc WHERE proname = :name"), {"name": function})
    op.execute(
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $${body.replace(old, new, 1)}$$"
    )
