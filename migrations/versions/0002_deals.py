"""Deals: figures and states of orders, allocations, corrections, closing, numbers, coming deals, suppliers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closing_reason",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), server_default="100", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closing_reason")),
        sa.UniqueConstraint("name", name=op.f("uq_closing_reason_name")),
    )
    op.create_table(
        "number_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "order",
                "correction",
                "shipment",
                "return",
                "payment",
                "closing",
                "supplier_order",
                "receipt",
                name="documentkind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_series")),
        sa.UniqueConstraint("kind", "year", name=op.f("uq_number_series_kind_year")),
    )
    op.create_table(
        "supplier_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=50), server_default="", nullable=False),
        sa.Column("article", sa.String(length=50), server_default="", nullable=False),
        sa.Column("name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("barcode", sa.String(length=50), server_default="", nullable=False),
        sa.Column("unit", sa.String(length=20), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_supplier_item_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_supplier_item_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_item")),
        sa.UniqueConstraint("counterparty_id", "item_id", name=op.f("uq_supplier_item_counterparty_id_item_id")),
    )
    op.create_index("ix_supplier_item_code", "supplier_item", ["counterparty_id", "code"], unique=False)
    op.create_index("ix_supplier_item_item_id", "supplier_item", ["item_id"], unique=False)
    op.create_table(
        "supplier_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("receive_on", sa.Date(), nullable=True),
        sa.Column("pay_by", sa.Date(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
        sa.Column("rest_quantity", sa.Numeric(precision=15, scale=3), server_default="0", nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"], ["counterparty.id"], name=op.f("fk_supplier_order_counterparty_id_counterparty")
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["ab_user.id"], name=op.f("fk_supplier_order_manager_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_order")),
        sa.UniqueConstraint("number", name=op.f("uq_supplier_order_number")),
    )
    op.create_index(
        "ix_supplier_order_awaited",
        "supplier_order",
        ["manager_id", "receive_on", "id"],
        unique=False,
        postgresql_where=sa.text("rest_quantity > 0"),
    )
    op.create_index(
        "ix_supplier_order_counterparty_id_receive_on",
        "supplier_order",
        ["counterparty_id", "receive_on"],
        unique=False,
    )
    op.create_index("ix_supplier_order_date_id", "supplier_order", ["date", "id"], unique=False)
    op.create_index("ix_supplier_order_manager_id", "supplier_order", ["manager_id"], unique=False)
    op.create_table(
        "supplier_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("price", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=True),
        sa.Column("min_quantity", sa.Numeric(precision=15, scale=3), nullable=True),
        sa.Column(
            "source",
            sa.Enum("hand", "receipt", "import", name="pricesource", native_enum=False, length=20),
            server_default="hand",
            nullable=False,
        ),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.CheckConstraint("lead_days >= 0", name=op.f("ck_supplier_price_lead_days")),
        sa.CheckConstraint("min_quantity > 0", name=op.f("ck_supplier_price_min_quantity")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_supplier_price_price")),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_supplier_price_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_supplier_price_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_price")),
        sa.UniqueConstraint(
            "counterparty_id", "item_id", "on_date", name=op.f("uq_supplier_price_counterparty_id_item_id_on_date")
        ),
    )
    op.create_index(
        "ix_supplier_price_item_id_counterparty_id_on_date",
        "supplier_price",
        ["item_id", "counterparty_id", "on_date"],
        unique=False,
    )
    op.create_table(
        "supplier_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column(
            "reliability",
            sa.Enum("high", "medium", "low", name="reliability", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("lead_days", sa.Integer(), nullable=True),
        sa.Column("delivery", sa.String(length=500), server_default="", nullable=False),
        sa.Column("comment", sa.String(length=500), server_default="", nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("lead_days >= 0", name=op.f("ck_supplier_terms_lead_days")),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f("fk_supplier_terms_by_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_supplier_terms_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_terms")),
        sa.UniqueConstraint("counterparty_id", "on_date", name=op.f("uq_supplier_terms_counterparty_id_on_date")),
    )
    op.create_index(op.f("ix_supplier_terms_by_id"), "supplier_terms", ["by_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"], ["counterparty.id"], name=op.f("fk_receipt_counterparty_id_counterparty")
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["ab_user.id"], name=op.f("fk_receipt_manager_id_ab_user")),
        sa.ForeignKeyConstraint(["order_id"], ["supplier_order.id"], name=op.f("fk_receipt_order_id_supplier_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("number", name=op.f("uq_receipt_number")),
    )
    op.create_index("ix_receipt_counterparty_id_date_id", "receipt", ["counterparty_id", "date", "id"], unique=False)
    op.create_index("ix_receipt_date_id", "receipt", ["date", "id"], unique=False)
    op.create_index("ix_receipt_manager_id", "receipt", ["manager_id"], unique=False)
    op.create_index("ix_receipt_order_id", "receipt", ["order_id"], unique=False)
    op.create_table(
        "supplier_order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=15, scale=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_supplier_order_line_price")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_supplier_order_line_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_supplier_order_line_item_id_item")),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["supplier_order.id"],
            name=op.f("fk_supplier_order_line_order_id_supplier_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_order_line")),
    )
    op.create_index("ix_supplier_order_line_item_id", "supplier_order_line", ["item_id"], unique=False)
    op.create_index(
        "ix_supplier_order_line_order_id_position", "supplier_order_line", ["order_id", "position"], unique=False
    )
    op.create_table(
        "expected_deal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=200), server_default="", nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=True),
        sa.Column("prospect", sa.String(length=200), server_default="", nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("probability", sa.Integer(), server_default="50", nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "counterparty_id IS NOT NULL OR prospect <> ''", name=op.f("ck_expected_deal_with_somebody")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_expected_deal_amount")),
        sa.CheckConstraint("probability BETWEEN 0 AND 100", name=op.f("ck_expected_deal_probability")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_expected_deal_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_expected_deal_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["ab_user.id"], name=op.f("fk_expected_deal_manager_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["buyer_order.id"], name=op.f("fk_expected_deal_order_id_buyer_order"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expected_deal")),
    )
    op.create_index("ix_expected_deal_contact_id", "expected_deal", ["contact_id"], unique=False)
    op.create_index("ix_expected_deal_counterparty_id", "expected_deal", ["counterparty_id"], unique=False)
    op.create_index(
        "ix_expected_deal_expected_on_id",
        "expected_deal",
        ["expected_on", "id"],
        unique=False,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_index(
        "ix_expected_deal_manager_id_expected_on_id", "expected_deal", ["manager_id", "expected_on", "id"], unique=False
    )
    op.create_index("ix_expected_deal_order_id", "expected_deal", ["order_id"], unique=False)
    op.create_table(
        "order_closing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reason_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("closing_amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("unpaid_amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("order_amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f("fk_order_closing_by_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["buyer_order.id"], name=op.f("fk_order_closing_order_id_buyer_order"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reason_id"], ["closing_reason.id"], name=op.f("fk_order_closing_reason_id_closing_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_closing")),
        sa.UniqueConstraint("order_id", name=op.f("uq_order_closing_order_id")),
    )
    op.create_index("ix_order_closing_by_id", "order_closing", ["by_id"], unique=False)
    op.create_index("ix_order_closing_number", "order_closing", ["number"], unique=False)
    op.create_index("ix_order_closing_on_date_id", "order_closing", ["on_date", "id"], unique=False)
    op.create_index("ix_order_closing_reason_id", "order_closing", ["reason_id"], unique=False)
    op.create_table(
        "order_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["ab_user.id"], name=op.f("fk_order_correction_manager_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["buyer_order.id"], name=op.f("fk_order_correction_order_id_buyer_order"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_correction")),
        sa.UniqueConstraint("number", name=op.f("uq_order_correction_number")),
    )
    op.create_index(op.f("ix_order_correction_manager_id"), "order_correction", ["manager_id"], unique=False)
    op.create_index(
        "ix_order_correction_order_id_date_id", "order_correction", ["order_id", "date", "id"], unique=False
    )
    op.create_table(
        "receipt_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=15, scale=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_receipt_line_price")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_receipt_line_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_receipt_line_item_id_item")),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_line_receipt_id_receipt"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_line")),
    )
    op.create_index("ix_receipt_line_item_id", "receipt_line", ["item_id"], unique=False)
    op.create_index("ix_receipt_line_receipt_id_position", "receipt_line", ["receipt_id", "position"], unique=False)
    op.create_table(
        "order_correction_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=15, scale=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("discount", sa.Numeric(precision=5, scale=2), server_default="0", nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.CheckConstraint("discount BETWEEN 0 AND 100", name=op.f("ck_order_correction_line_discount")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_order_correction_line_price")),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_order_correction_line_quantity")),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["order_correction.id"],
            name=op.f("fk_order_correction_line_correction_id_order_correction"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_order_correction_line_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_correction_line")),
    )
    op.create_index(
        "ix_order_correction_line_correction_id_position",
        "order_correction_line",
        ["correction_id", "position"],
        unique=False,
    )
    op.create_index("ix_order_correction_line_item_id", "order_correction_line", ["item_id"], unique=False)
    op.create_table(
        "payment_allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_payment_allocation_amount")),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["buyer_order.id"],
            name=op.f("fk_payment_allocation_order_id_buyer_order"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_allocation_payment_id_payment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_allocation")),
        sa.UniqueConstraint("payment_id", "order_id", name=op.f("uq_payment_allocation_payment_id_order_id")),
    )
    op.create_index(
        "ix_payment_allocation_order_id",
        "payment_allocation",
        ["order_id"],
        unique=False,
        postgresql_include=["amount"],
    )
    op.add_column(
        "buyer_order", sa.Column("quantity", sa.Numeric(precision=15, scale=3), server_default="0", nullable=False)
    )
    op.add_column(
        "buyer_order",
        sa.Column("shipped_quantity", sa.Numeric(precision=15, scale=3), server_default="0", nullable=False),
    )
    op.add_column(
        "buyer_order",
        sa.Column("returned_quantity", sa.Numeric(precision=15, scale=3), server_default="0", nullable=False),
    )
    op.add_column(
        "buyer_order", sa.Column("rest_quantity", sa.Numeric(precision=15, scale=3), server_default="0", nullable=False)
    )
    op.add_column(
        "buyer_order",
        sa.Column("corrected_amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
    )
    op.add_column(
        "buyer_order",
        sa.Column("shipped_amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
    )
    op.add_column(
        "buyer_order",
        sa.Column("returned_amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
    )
    op.add_column(
        "buyer_order", sa.Column("rest_amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False)
    )
    op.add_column(
        "buyer_order", sa.Column("paid_amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False)
    )
    op.add_column("buyer_order", sa.Column("shipped_on", sa.Date(), nullable=True))
    op.add_column("buyer_order", sa.Column("paid_on", sa.Date(), nullable=True))
    op.add_column("buyer_order", sa.Column("closed_on", sa.Date(), nullable=True))
    # What was posted before the figures were kept.
    op.execute(
        """
        WITH moved AS (
            SELECT order_id, item_id, quantity AS planned, amount, 0 AS shipped, 0 AS returned FROM buyer_order_line
            UNION ALL
            SELECT s.order_id, l.item_id, 0, 0, greatest(l.quantity, 0), greatest(-l.quantity, 0)
            FROM shipment_line l JOIN shipment s ON s.id = l.shipment_id WHERE s.order_id IS NOT NULL
        ), goods AS (
            SELECT order_id, sum(planned) AS planned, sum(amount) AS amount, sum(shipped) AS shipped,
                   sum(returned) AS returned, greatest(sum(planned) - sum(shipped) + sum(returned), 0) AS rest
            FROM moved GROUP BY order_id, item_id
        ), figures AS (
            SELECT order_id, sum(planned) AS quantity, sum(shipped) AS shipped, sum(returned) AS returned,
                   sum(rest) AS rest, sum(round(rest * amount / nullif(planned, 0), 2)) AS rest_amount
            FROM goods GROUP BY order_id
        ), money AS (
            SELECT order_id, sum(greatest(amount, 0)) AS shipped, sum(greatest(-amount, 0)) AS returned,
                   max(date) AS last
            FROM shipment WHERE order_id IS NOT NULL GROUP BY order_id
        )
        UPDATE buyer_order o
        SET quantity = f.quantity, shipped_quantity = f.shipped, returned_quantity = f.returned,
            rest_quantity = f.rest, rest_amount = coalesce(f.rest_amount, 0),
            shipped_amount = coalesce(m.shipped, 0), returned_amount = coalesce(m.returned, 0), shipped_on = m.last
        FROM figures f LEFT JOIN money m ON m.order_id = f.order_id WHERE f.order_id = o.id
        """
    )
    op.add_column(
        "buyer_order",
        sa.Column(
            "unpaid_amount",
            sa.Numeric(precision=15, scale=2),
            sa.Computed(
                "CASE WHEN closed_on IS NULL THEN greatest(amount + corrected_amount, shipped_amount - returned_amount, 0) ELSE greatest(shipped_amount - returned_amount, 0) END - paid_amount",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    op.add_column(
        "buyer_order",
        sa.Column(
            "shipment_state",
            sa.Enum("none", "partly", "full", name="shipmentstate", native_enum=False, length=20),
            sa.Computed(
                "CASE WHEN rest_quantity <= 0 THEN 'full' WHEN rest_quantity >= quantity THEN 'none' ELSE 'partly' END",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    op.add_column(
        "buyer_order",
        sa.Column(
            "payment_state",
            sa.Enum("none", "partly", "full", name="paymentstate", native_enum=False, length=20),
            sa.Computed(
                "CASE WHEN paid_amount >= amount + corrected_amount THEN 'full' WHEN paid_amount <= 0 THEN 'none' ELSE 'partly' END",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    op.add_column(
        "buyer_order",
        sa.Column(
            "status",
            sa.Enum("new", "in_work", "partly", "done", "closed", name="orderstatus", native_enum=False, length=20),
            sa.Computed(
                "CASE WHEN closed_on IS NOT NULL THEN 'closed' WHEN rest_quantity <= 0 AND paid_amount >= amount + corrected_amount THEN 'done' WHEN rest_quantity > 0 AND rest_quantity < quantity OR paid_amount > 0 AND paid_amount < amount + corrected_amount THEN 'partly' WHEN rest_quantity <= 0 OR paid_amount >= amount + corrected_amount THEN 'in_work' ELSE 'new' END",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    op.add_column(
        "buyer_order",
        sa.Column(
            "done_on",
            sa.Date(),
            sa.Computed(
                "CASE WHEN rest_quantity <= 0 AND paid_amount >= amount + corrected_amount THEN greatest(shipped_on, paid_on) END",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_buyer_order_done_on",
        "buyer_order",
        ["done_on"],
        unique=False,
        postgresql_where=sa.text("done_on IS NOT NULL"),
    )
    op.create_index("ix_buyer_order_status_date_id", "buyer_order", ["status", "date", "id"], unique=False)
    op.create_index(
        "ix_buyer_order_to_pay",
        "buyer_order",
        ["manager_id", "pay_by", "id"],
        unique=False,
        postgresql_where=sa.text("closed_on IS NULL AND paid_amount < amount + corrected_amount"),
    )
    op.create_index(
        "ix_buyer_order_to_ship",
        "buyer_order",
        ["manager_id", "ship_on", "id"],
        unique=False,
        postgresql_where=sa.text("closed_on IS NULL AND rest_quantity > 0"),
    )
    op.create_index(
        "ix_buyer_order_unpaid",
        "buyer_order",
        ["counterparty_id"],
        unique=False,
        postgresql_where=sa.text("unpaid_amount <> 0"),
    )
    op.add_column("counterparty", sa.Column("allowed_debt", sa.Numeric(precision=15, scale=2), nullable=True))
    op.add_column("counterparty", sa.Column("allowed_days", sa.Integer(), nullable=True))
    op.add_column(
        "payment", sa.Column("allocated_amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False)
    )
    op.add_column("payment", sa.Column("by_hand", sa.Boolean(), server_default="false", nullable=False))
    op.create_index(
        "ix_payment_free",
        "payment",
        ["counterparty_id"],
        unique=False,
        postgresql_where=sa.text("allocated_amount <> amount AND NOT by_hand"),
    )
    op.add_column(
        "shipment_line", sa.Column("discount", sa.Numeric(precision=5, scale=2), server_default="0", nullable=False)
    )
    op.create_check_constraint(op.f("ck_counterparty_allowed_debt"), "counterparty", "allowed_debt >= 0")
    op.create_check_constraint(op.f("ck_counterparty_allowed_days"), "counterparty", "allowed_days >= 0")
    op.create_check_constraint(op.f("ck_shipment_line_discount"), "shipment_line", "discount BETWEEN 0 AND 100")
    op.drop_index("ix_shipment_counterparty_id_date_id", table_name="shipment")
    op.create_index(
        "ix_shipment_counterparty_id_date_id",
        "shipment",
        ["counterparty_id", "date", "id"],
        postgresql_include=["order_id", "amount"],
    )
    op.drop_index("ix_payment_counterparty_id_date_id", table_name="payment")
    op.create_index(
        "ix_payment_counterparty_id_date_id",
        "payment",
        ["counterparty_id", "date", "id"],
        postgresql_include=["order_id", "amount"],
    )
    op.bulk_insert(
        sa.table("closing_reason", sa.column("name"), sa.column("position")),
        [
            {"name": name, "position": position}
            for position, name in enumerate(
                (
                    "Выполнен полностью",
                    "Отказ покупателя: цена",
                    "Отказ покупателя: срок",
                    "Отказ покупателя: нет в наличии",
                    "Отказ покупателя: качество",
                    "Нет оплаты",
                    "Ошибка оформления",
                    "Прочее",
                ),
                start=1,
            )
        ],
    )


def downgrade() -> None:
    op.drop_index("ix_payment_counterparty_id_date_id", table_name="payment")
    op.create_index("ix_payment_counterparty_id_date_id", "payment", ["counterparty_id", "date", "id"])
    op.drop_index("ix_shipment_counterparty_id_date_id", table_name="shipment")
    op.create_index("ix_shipment_counterparty_id_date_id", "shipment", ["counterparty_id", "date", "id"])
    op.drop_constraint(op.f("ck_shipment_line_discount"), "shipment_line")
    op.drop_constraint(op.f("ck_counterparty_allowed_days"), "counterparty")
    op.drop_constraint(op.f("ck_counterparty_allowed_debt"), "counterparty")
    op.drop_column("shipment_line", "discount")
    op.drop_index(
        "ix_payment_free", table_name="payment", postgresql_where=sa.text("allocated_amount <> amount AND NOT by_hand")
    )
    op.drop_column("payment", "by_hand")
    op.drop_column("payment", "allocated_amount")
    op.drop_column("counterparty", "allowed_days")
    op.drop_column("counterparty", "allowed_debt")
    op.drop_index("ix_buyer_order_unpaid", table_name="buyer_order", postgresql_where=sa.text("unpaid_amount <> 0"))
    op.drop_index(
        "ix_buyer_order_to_ship",
        table_name="buyer_order",
        postgresql_where=sa.text("closed_on IS NULL AND rest_quantity > 0"),
    )
    op.drop_index(
        "ix_buyer_order_to_pay",
        table_name="buyer_order",
        postgresql_where=sa.text("closed_on IS NULL AND paid_amount < amount + corrected_amount"),
    )
    op.drop_index("ix_buyer_order_status_date_id", table_name="buyer_order")
    op.drop_index("ix_buyer_order_done_on", table_name="buyer_order", postgresql_where=sa.text("done_on IS NOT NULL"))
    op.drop_column("buyer_order", "done_on")
    op.drop_column("buyer_order", "status")
    op.drop_column("buyer_order", "payment_state")
    op.drop_column("buyer_order", "shipment_state")
    op.drop_column("buyer_order", "unpaid_amount")
    op.drop_column("buyer_order", "closed_on")
    op.drop_column("buyer_order", "paid_on")
    op.drop_column("buyer_order", "shipped_on")
    op.drop_column("buyer_order", "paid_amount")
    op.drop_column("buyer_order", "rest_amount")
    op.drop_column("buyer_order", "returned_amount")
    op.drop_column("buyer_order", "shipped_amount")
    op.drop_column("buyer_order", "corrected_amount")
    op.drop_column("buyer_order", "rest_quantity")
    op.drop_column("buyer_order", "returned_quantity")
    op.drop_column("buyer_order", "shipped_quantity")
    op.drop_column("buyer_order", "quantity")
    op.drop_index("ix_payment_allocation_order_id", table_name="payment_allocation", postgresql_include=["amount"])
    op.drop_table("payment_allocation")
    op.drop_index("ix_order_correction_line_item_id", table_name="order_correction_line")
    op.drop_index("ix_order_correction_line_correction_id_position", table_name="order_correction_line")
    op.drop_table("order_correction_line")
    op.drop_index("ix_receipt_line_receipt_id_position", table_name="receipt_line")
    op.drop_index("ix_receipt_line_item_id", table_name="receipt_line")
    op.drop_table("receipt_line")
    op.drop_index("ix_order_correction_order_id_date_id", table_name="order_correction")
    op.drop_index(op.f("ix_order_correction_manager_id"), table_name="order_correction")
    op.drop_table("order_correction")
    op.drop_index("ix_order_closing_reason_id", table_name="order_closing")
    op.drop_index("ix_order_closing_on_date_id", table_name="order_closing")
    op.drop_index("ix_order_closing_number", table_name="order_closing")
    op.drop_index("ix_order_closing_by_id", table_name="order_closing")
    op.drop_table("order_closing")
    op.drop_index("ix_expected_deal_order_id", table_name="expected_deal")
    op.drop_index("ix_expected_deal_manager_id_expected_on_id", table_name="expected_deal")
    op.drop_index(
        "ix_expected_deal_expected_on_id", table_name="expected_deal", postgresql_where=sa.text("ended_on IS NULL")
    )
    op.drop_index("ix_expected_deal_counterparty_id", table_name="expected_deal")
    op.drop_index("ix_expected_deal_contact_id", table_name="expected_deal")
    op.drop_table("expected_deal")
    op.drop_index("ix_supplier_order_line_order_id_position", table_name="supplier_order_line")
    op.drop_index("ix_supplier_order_line_item_id", table_name="supplier_order_line")
    op.drop_table("supplier_order_line")
    op.drop_index("ix_receipt_order_id", table_name="receipt")
    op.drop_index("ix_receipt_manager_id", table_name="receipt")
    op.drop_index("ix_receipt_date_id", table_name="receipt")
    op.drop_index("ix_receipt_counterparty_id_date_id", table_name="receipt")
    op.drop_table("receipt")
    op.drop_index(op.f("ix_supplier_terms_by_id"), table_name="supplier_terms")
    op.drop_table("supplier_terms")
    op.drop_index("ix_supplier_price_item_id_counterparty_id_on_date", table_name="supplier_price")
    op.drop_table("supplier_price")
    op.drop_index("ix_supplier_order_manager_id", table_name="supplier_order")
    op.drop_index("ix_supplier_order_date_id", table_name="supplier_order")
    op.drop_index("ix_supplier_order_counterparty_id_receive_on", table_name="supplier_order")
    op.drop_index(
        "ix_supplier_order_awaited", table_name="supplier_order", postgresql_where=sa.text("rest_quantity > 0")
    )
    op.drop_table("supplier_order")
    op.drop_index("ix_supplier_item_item_id", table_name="supplier_item")
    op.drop_index("ix_supplier_item_code", table_name="supplier_item")
    op.drop_table("supplier_item")
    op.drop_table("number_series")
    op.drop_table("closing_reason")
