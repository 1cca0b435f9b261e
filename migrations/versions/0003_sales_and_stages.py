"""Sales by buyer and month with the triggers that keep them; stages of buyers; classes and stages held by hand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# docs/adr/0004-sales-by-month.md. `{moved}`: the documents that came (sign 1) and that went (sign -1).
FOLLOW = """
    CREATE FUNCTION buyer_month_after_{operation}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO buyer_month AS kept
            (counterparty_id, month, revenue, cost, quantity, shipments, documents, last_on)
        SELECT counterparty_id, date_trunc('month', date::timestamp)::date,
               sum(sign * amount) * 100, sum(sign * cost_amount) * 100, sum(sign * quantity) * 1000,
               coalesce(sum(sign) FILTER (WHERE kind = 'shipment'), 0), sum(sign),
               max(date) FILTER (WHERE kind = 'shipment' AND sign = 1)
        FROM ({moved}) moved
        GROUP BY 1, 2
        HAVING sum(sign * amount) <> 0 OR sum(sign * cost_amount) <> 0 OR sum(sign * quantity) <> 0
            OR sum(sign) <> 0 OR coalesce(sum(sign) FILTER (WHERE kind = 'shipment'), 0) <> 0
            OR max(date) FILTER (WHERE kind = 'shipment' AND sign = 1)
                IS DISTINCT FROM max(date) FILTER (WHERE kind = 'shipment' AND sign = -1)
        ORDER BY 1, 2
        ON CONFLICT (counterparty_id, month) DO UPDATE SET
            revenue = kept.revenue + excluded.revenue,
            cost = kept.cost + excluded.cost,
            quantity = kept.quantity + excluded.quantity,
            shipments = kept.shipments + excluded.shipments,
            documents = kept.documents + excluded.documents,
            last_on = greatest(kept.last_on, excluded.last_on);
        {after}
        RETURN NULL;
    END $$"""
# The rows are locked by now, so that what these statements see is what will be committed.
AFTER_GONE = """
        UPDATE buyer_month kept
        SET last_on = (
            SELECT max(date) FROM shipment
            WHERE counterparty_id = kept.counterparty_id AND kind = 'shipment'
              AND date >= kept.month AND date < kept.month + interval '1 month')
        FROM (
            SELECT counterparty_id, date_trunc('month', date::timestamp)::date AS month
            FROM ({moved}) moved WHERE kind = 'shipment'
            GROUP BY 1, 2
            HAVING max(date) FILTER (WHERE sign = -1) > coalesce(max(date) FILTER (WHERE sign = 1), '-infinity')
        ) gone
        WHERE kept.counterparty_id = gone.counterparty_id AND kept.month = gone.month;
        DELETE FROM buyer_month kept
        USING (SELECT DISTINCT counterparty_id, date_trunc('month', date::timestamp)::date AS month FROM old_rows) gone
        WHERE kept.counterparty_id = gone.counterparty_id AND kept.month = gone.month AND kept.documents = 0;"""
DOCUMENT = "counterparty_id, date, kind, amount, cost_amount, quantity"
CAME = f"SELECT 1 AS sign, {DOCUMENT} FROM new_rows"
WENT = f"SELECT -1 AS sign, {DOCUMENT} FROM old_rows"
OPERATIONS = {
    "insert": (CAME, "REFERENCING NEW TABLE AS new_rows"),
    "update": (f"{CAME} UNION ALL {WENT}", "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "delete": (WENT, "REFERENCING OLD TABLE AS old_rows"),
}
FILL = """
    INSERT INTO buyer_month (counterparty_id, month, revenue, cost, quantity, shipments, documents, last_on)
    SELECT counterparty_id, date_trunc('month', date::timestamp)::date,
           sum(amount) * 100, sum(cost_amount) * 100, sum(quantity) * 1000,
           count(*) FILTER (WHERE kind = 'shipment'), count(*), max(date) FILTER (WHERE kind = 'shipment')
    FROM shipment GROUP BY 1, 2 ORDER BY 1, 2"""


def keep_sales() -> None:
    op.execute("""
        UPDATE shipment SET quantity = lines.quantity
        FROM (SELECT shipment_id, sum(quantity) AS quantity FROM shipment_line GROUP BY 1) lines
        WHERE lines.shipment_id = shipment.id""")
    op.execute(FILL)
    for operation, (moved, rows) in OPERATIONS.items():
        after = "" if operation == "insert" else AFTER_GONE.format(moved=moved)
        op.execute(FOLLOW.format(operation=operation, moved=moved, after=after))
        op.execute(
            f"CREATE TRIGGER buyer_month_after_{operation} AFTER {operation} ON shipment {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION buyer_month_after_{operation}()"
        )


def know_old_classes() -> None:
    op.execute("""
        UPDATE abc_record SET old = (
            SELECT before.abc FROM abc_record before
            WHERE before.counterparty_id = abc_record.counterparty_id AND before.on_date < abc_record.on_date
            ORDER BY before.on_date DESC, before.id DESC LIMIT 1)""")


def upgrade() -> None:
    op.create_table(
        "stage_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column(
            "periodicity",
            sa.Enum(
                "day",
                "week",
                "decade",
                "month",
                "quarter",
                "half_year",
                "year",
                name="periodicity",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column(
            "measure",
            sa.Enum(
                "revenue", "profit", "sales", "quantity", "intervals", name="stagemeasure", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.Column("one_time_from", sa.Integer(), nullable=False),
        sa.Column("one_time_to", sa.Integer(), nullable=False),
        sa.Column("x_to", sa.Numeric(precision=9, scale=2), nullable=False),
        sa.Column("y_to", sa.Numeric(precision=9, scale=2), nullable=False),
        sa.Column("z_to", sa.Numeric(precision=9, scale=2), nullable=False),
        sa.Column("moves", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f("fk_stage_run_by_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_run")),
    )
    op.create_index(op.f("ix_stage_run_by_id"), "stage_run", ["by_id"], unique=False)
    op.create_table(
        "buyer_month",
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("revenue", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("shipments", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_buyer_month_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("counterparty_id", "month", name=op.f("pk_buyer_month")),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("abc", sa.Enum("A", "B", "C", name="abcclass", native_enum=False, length=20), nullable=True),
        sa.Column(
            "stage",
            sa.Enum("potential", "one_time", "regular", "lost", name="stage", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("xyz", sa.Enum("X", "Y", "Z", name="xyzclass", native_enum=False, length=20), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("until_date", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(abc IS NULL) <> (stage IS NULL)", name=op.f("ck_hold_one_of")),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f("fk_hold_by_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_hold_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(op.f("ix_hold_by_id"), "hold", ["by_id"], unique=False)
    op.create_index("ix_hold_counterparty_id_id", "hold", ["counterparty_id", "id"], unique=False)
    op.create_index("ix_hold_until_date", "hold", ["until_date"], unique=False)
    op.create_table(
        "stage_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum("potential", "one_time", "regular", "lost", name="stage", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("xyz", sa.Enum("X", "Y", "Z", name="xyzclass", native_enum=False, length=20), nullable=True),
        sa.Column(
            "old_stage",
            sa.Enum("potential", "one_time", "regular", "lost", name="stage", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("old_xyz", sa.Enum("X", "Y", "Z", name="xyzclass", native_enum=False, length=20), nullable=True),
        sa.Column("purchases", sa.Integer(), nullable=False),
        sa.Column("value", sa.Numeric(precision=17, scale=3), nullable=False),
        sa.Column("variation", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column(
            "computed_stage",
            sa.Enum("potential", "one_time", "regular", "lost", name="stage", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("computed_xyz", sa.Enum("X", "Y", "Z", name="xyzclass", native_enum=False, length=20), nullable=True),
        sa.Column("held_until", sa.Date(), nullable=True),
        sa.Column("hold_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_stage_record_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["hold.id"], name=op.f("fk_stage_record_hold_id_hold"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["stage_run.id"], name=op.f("fk_stage_record_run_id_stage_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_record")),
        sa.UniqueConstraint("run_id", "counterparty_id", name=op.f("uq_stage_record_run_id_counterparty_id")),
    )
    op.create_index(
        "ix_stage_record_by_hand", "stage_record", ["on_date"], unique=False, postgresql_where=sa.text("run_id IS NULL")
    )
    op.create_index(
        "ix_stage_record_counterparty_id_on_date_id", "stage_record", ["counterparty_id", "on_date", "id"], unique=False
    )
    op.create_index(
        "ix_stage_record_hold_id",
        "stage_record",
        ["hold_id"],
        unique=False,
        postgresql_where=sa.text("hold_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stage_record_lost",
        "stage_record",
        ["counterparty_id"],
        unique=False,
        postgresql_where=sa.text("stage = 'lost'"),
    )
    op.add_column(
        "abc_record",
        sa.Column("old", sa.Enum("A", "B", "C", name="abcclass", native_enum=False, length=20), nullable=True),
    )
    op.add_column(
        "abc_record",
        sa.Column("computed", sa.Enum("A", "B", "C", name="abcclass", native_enum=False, length=20), nullable=True),
    )
    op.add_column("abc_record", sa.Column("held_until", sa.Date(), nullable=True))
    op.add_column("abc_record", sa.Column("hold_id", sa.Integer(), nullable=True))
    op.alter_column("abc_record", "run_id", existing_type=sa.INTEGER(), nullable=True)
    op.create_index(
        "ix_abc_record_by_hand", "abc_record", ["on_date"], unique=False, postgresql_where=sa.text("run_id IS NULL")
    )
    op.create_index(
        "ix_abc_record_hold_id",
        "abc_record",
        ["hold_id"],
        unique=False,
        postgresql_where=sa.text("hold_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_abc_record_hold_id_hold"), "abc_record", "hold", ["hold_id"], ["id"], ondelete="SET NULL"
    )
    op.add_column(
        "policy",
        sa.Column(
            "stage_measure",
            sa.Enum(
                "revenue", "profit", "sales", "quantity", "intervals", name="stagemeasure", native_enum=False, length=20
            ),
            server_default="revenue",
            nullable=False,
        ),
    )
    op.add_column(
        "shipment", sa.Column("quantity", sa.Numeric(precision=15, scale=3), server_default="0", nullable=False)
    )
    keep_sales()
    know_old_classes()


def downgrade() -> None:
    for operation in OPERATIONS:
        op.execute(f"DROP TRIGGER buyer_month_after_{operation} ON shipment")
        op.execute(f"DROP FUNCTION buyer_month_after_{operation}()")
    op.execute("DELETE FROM abc_record WHERE run_id IS NULL")
    op.drop_column("shipment", "quantity")
    op.drop_column("policy", "stage_measure")
    op.drop_constraint(op.f("fk_abc_record_hold_id_hold"), "abc_record", type_="foreignkey")
    op.drop_index("ix_abc_record_hold_id", table_name="abc_record", postgresql_where=sa.text("hold_id IS NOT NULL"))
    op.drop_index("ix_abc_record_by_hand", table_name="abc_record", postgresql_where=sa.text("run_id IS NULL"))
    op.alter_column("abc_record", "run_id", existing_type=sa.INTEGER(), nullable=False)
    op.drop_column("abc_record", "hold_id")
    op.drop_column("abc_record", "held_until")
    op.drop_column("abc_record", "computed")
    op.drop_column("abc_record", "old")
    op.drop_index("ix_stage_record_lost", table_name="stage_record", postgresql_where=sa.text("stage = 'lost'"))
    op.drop_index("ix_stage_record_hold_id", table_name="stage_record", postgresql_where=sa.text("hold_id IS NOT NULL"))
    op.drop_index("ix_stage_record_counterparty_id_on_date_id", table_name="stage_record")
    op.drop_index("ix_stage_record_by_hand", table_name="stage_record", postgresql_where=sa.text("run_id IS NULL"))
    op.drop_table("stage_record")
    op.drop_index("ix_hold_until_date", table_name="hold")
    op.drop_index("ix_hold_counterparty_id_id", table_name="hold")
    op.drop_index(op.f("ix_hold_by_id"), table_name="hold")
    op.drop_table("hold")
    op.drop_table("buyer_month")
    op.drop_index(op.f("ix_stage_run_by_id"), table_name="stage_run")
    op.drop_table("stage_run")
